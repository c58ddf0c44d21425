"""Programs for machines without vectors, and in fma mode, for every sample of every record.

`test_compiled.py` does the same for this machine in exact mode. Ten records are one program.
"""

import math

import numpy as np
import pytest

import constnet.ops  # noqa: F401  (registers every operation)
from constnet import interpreter
from constnet.ir.graph import GraphBuilder
from constnet.ir.location import Location
from constnet.lowering.target import PORTABLE
from constnet.ops.nest import Contraction, SumOfProducts
from constnet.ops.op import registry
from constnet.runtime.predictor import NativePredictor
from constnet.testing.gradcheck import type_of
from constnet.testing.suite import results_of
from tests.lowered import COMPILERS, assert_same_bits

RECORDS = list(registry().values())
GROUPS = [RECORDS[at : at + 10] for at in range(0, len(RECORDS), 10)]
ULPS = 4
"""Our functions are within 2 units of the truth, NumPy's in float32 as well."""

pytestmark = [
    pytest.mark.skipif(not COMPILERS, reason="no C compiler: see `constnet doctor`"),
    pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"{group[0].name}-{group[-1].name}"),
]


def graph_of(group):
    """One graph with a node for each sample of each record; also its arrays, and each's record."""
    builder, arrays, outputs, made_by = GraphBuilder("samples"), [], [], []
    for op in group:
        for number, sample in enumerate(op.samples):
            types = tuple(type_of(array) for array in sample.inputs)
            names = [f"{op.name}{number}x{k}" for k in range(len(types))]
            values = [builder.input(n, t) for n, t in zip(names, types, strict=True)]
            arrays += sample.inputs
            made = op.infer(sample.attrs, types)
            outputs += builder.add(op.name, sample.attrs, values, made, Location())
            made_by.append((op, sample))
    return builder.build(outputs), arrays, made_by


def test_portable_program_has_the_bits_of_the_interpreter(group):
    graph, arrays, _ = graph_of(group)
    compiled = NativePredictor(graph, {}, "exact", COMPILERS[0], target=PORTABLE)
    assert_same_bits(compiled(*arrays), interpreter.run(graph, arrays))


def terms_of_a_sum(op, sample):
    """How many products one output adds; 0 where it adds none."""
    types = tuple(type_of(array) for array in sample.inputs)
    nest = op.nest(sample.attrs, types) if op.nest else None
    if isinstance(nest, Contraction):
        return nest.depth
    return math.prod(nest.depth) if isinstance(nest, SumOfProducts) else 0


def test_fma_is_near_the_reference(group):
    graph, arrays, made_by = graph_of(group)
    results = iter(NativePredictor(graph, {}, "fma", COMPILERS[0])(*arrays))
    for op, sample in made_by:
        with np.errstate(all="ignore"):
            references = results_of(op, sample)
        for expected, found in zip(references, results, strict=False):
            check_near(op, sample, expected, found)


def check_near(op, sample, expected, found):
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected, err_msg=op.name)
    elif terms_of_a_sum(op, sample):
        wide = [array.astype(np.float64) for array in sample.inputs]
        truth = op.reference(sample.attrs, *wide)
        bound = 16.0 * terms_of_a_sum(op, sample) * np.finfo(expected.dtype).eps
        np.testing.assert_allclose(found, truth, rtol=0, atol=bound, err_msg=op.name)
    elif op.name == "scan":  # what is rounded in one step, the next ones carry on
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    else:
        np.testing.assert_array_max_ulp(found, expected, ULPS)
