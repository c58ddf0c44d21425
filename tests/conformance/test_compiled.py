"""Compiled C against the interpreter: equal bits in exact mode, for every sample."""

import numpy as np
import pytest

import constnet.ops  # noqa: F401  (registers every operation)
from constnet import interpreter
from constnet.ir.graph import GraphBuilder
from constnet.ir.location import Location
from constnet.ops.op import registry
from constnet.runtime.predictor import NativePredictor
from constnet.runtime.toolchain import find_compiler
from constnet.testing.gradcheck import type_of

COMPILER = find_compiler()
OPERATIONS = list(registry().values())


def graph_of(op, samples):
    """One graph with a node for each sample; also the arrays for its inputs."""
    builder, arrays, outputs = GraphBuilder(op.name), [], []
    for number, sample in enumerate(samples):
        types = tuple(type_of(array) for array in sample.inputs)
        values = [builder.input(f"s{number}x{k}", type_) for k, type_ in enumerate(types)]
        arrays += sample.inputs
        made = op.infer(sample.attrs, types)
        outputs += builder.add(op.name, sample.attrs, values, made, Location())
    return builder.build(outputs), arrays


@pytest.mark.skipif(COMPILER is None, reason="no C compiler was found: see `constnet doctor`")
@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_compiled_has_the_bits_of_the_interpreter(op):
    graph, arrays = graph_of(op, op.samples)
    compiled = NativePredictor(graph, {}, "exact", COMPILER)(*arrays)
    for found, expected in zip(compiled, interpreter.run(graph, arrays), strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
        numbers = ~np.isnan(expected)
        assert found[numbers].tobytes() == expected[numbers].tobytes()
