"""The suite catches a record whose fields contradict each other."""

from dataclasses import replace

import numpy as np
import pytest

import constnet.ops  # noqa: F401  (registers every operation)
from constnet.loopir.types import constant, index
from constnet.ops.op import NoGradient, Reject, get
from constnet.testing import suite

ADD, FLIP = get("add"), get("flip")


def test_good_records_pass():
    suite.check_operation(ADD)
    suite.check_operation(FLIP)


@pytest.mark.parametrize(
    ("record", "match"),
    [
        (replace(ADD, reference=lambda _attrs, x, y: x - y), "ULP"),
        (replace(ADD, reference=lambda _attrs, x, _y: x[:1]), r"\[add\] infer says"),
        (replace(ADD, scalar=lambda _attrs, x, _y: x), "ULP"),
        (replace(ADD, vjp=NoGradient("")), r"\[add\] says .* without a reason"),
        (replace(FLIP, element=lambda _attrs, _types, at, read: read(0, at)), "flip"),
        (
            replace(FLIP, element=lambda _a, _t, at, read: read(0, (at[0] + 1, *at[1:]))),
            r"\[flip\] reads axis 0 of float32\[3, 4\] at 1 to 3",
        ),
        (
            replace(FLIP, element=lambda _a, _t, _at, read: read(0, (constant(0, index),))),
            r"\[flip\] reads float32\[3, 4\] at 1 indices",
        ),
    ],
)
def test_contradictions_are_caught(record, match):
    with pytest.raises(AssertionError, match=match):
        suite.check_operation(record)


def test_accepting_what_must_be_refused_is_caught():
    sample = ADD.samples[0]
    types = tuple(suite.type_of(array) for array in sample.inputs)
    with pytest.raises(AssertionError, match=r"\[add\] accepted .* on float32\[2, 3\]"):
        suite.check_rejects(replace(ADD, rejects=(Reject(sample.attrs, types, ""),)))


def test_another_message_is_caught():
    wrong = replace(ADD.rejects[0], match="something else")
    with pytest.raises(AssertionError, match=r"'something else' is not in"):
        suite.check_rejects(replace(ADD, rejects=(wrong,)))


def test_sample_graph_has_one_node():
    graph = suite.sample_graph(ADD, ADD.samples[0])
    assert [node.op for node in graph.nodes] == ["add"]
    np.testing.assert_array_equal(graph.outputs[0].type.shape, (2, 3))
