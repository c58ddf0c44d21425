from dataclasses import replace

import pytest

import constnet.ops  # noqa: F401  (registers every operation)
from constnet.errors import VerifyError
from constnet.ir.signature import signature
from constnet.ops import op as records


def test_a_name_is_taken_once():
    with pytest.raises(VerifyError, match=r"operation 'add' is registered twice"):
        records.register(records.get("add"))


def test_a_half_filled_record_is_refused():
    whole = records.get("add")
    with pytest.raises(VerifyError, match=r"'half' has 0 of scalar, element and nest"):
        records.register(replace(whole, name="half", scalar=None))
    with pytest.raises(VerifyError, match=r"'half' needs at least one sample"):
        records.register(replace(whole, name="half", samples=()))
    assert "half" not in records.registry()


def test_an_unknown_name_lists_the_known():
    with pytest.raises(VerifyError, match=r"no operation is called 'ad'; there are: .*add"):
        records.get("ad")


def test_registering_declares_the_signature():
    for name, op in records.registry().items():
        assert signature(name).attrs is op.attrs


def test_every_record_that_has_no_gradient_says_why():
    for op in records.registry().values():
        assert callable(op.vjp) or op.vjp.reason


def test_without_attrs():
    assert records.without_attrs(lambda x, y: x - y)(records.NoAttrs(), 5, 3) == 2
