from constnet.ir.body import Body
from constnet.ops.scan_attributes import Scan
from constnet.testing import trace

ATTRS = Scan(Body(trace(list)), carries=2, sequences=1, length=3)


def test_inputs_are_carries_sequences_and_invariants():
    assert ATTRS.split("abcde") == (["a", "b"], ["c"], ["d", "e"])


def test_outputs_are_carries_and_what_steps_made():
    assert ATTRS.split_outputs("abc") == (["a", "b"], ["c"])
