"""Every nest says what its operation's reference computes."""

import numpy as np
import pytest

import constnet.ops  # noqa: F401  (registers every operation)
from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import Local, constant, index
from constnet.ops import nest, op
from constnet.testing.gradcheck import type_of

CONTRACTIONS = [
    pytest.param(record, sample, id=f"{record.name}-{number}")
    for record in op.registry().values()
    if record.nest is not None
    for number, sample in enumerate(record.samples)
    if isinstance(record.nest(sample.attrs, tuple(map(type_of, sample.inputs))), nest.Contraction)
]


@pytest.mark.parametrize(("record", "sample"), CONTRACTIONS)
def test_contraction_reads_what_the_reference_reads(record, sample):
    loops = record.nest(sample.attrs, tuple(map(type_of, sample.inputs)))
    lhs, rhs = sample.inputs
    found = np.zeros((*loops.batch, loops.rows, loops.columns), lhs.dtype)
    for place in np.ndindex(found.shape):
        *batch, row, column = (constant(each, index) for each in place)
        for k in range(loops.depth):
            left = loops.lhs(tuple(batch), row, constant(k, index))
            right = loops.rhs(tuple(batch), constant(k, index), column)
            product = lhs[tuple(map(at, left))] * rhs[tuple(map(at, right))]
            found[place] = found[place] + product
    assert found.tobytes() == record.reference(sample.attrs, lhs, rhs).tobytes()


def at(expr):
    return int(evaluate(expr, {}))


def test_index_functions_are_symbolic():
    record = op.get("matmul")
    sample = record.samples[0]
    loops = record.nest(sample.attrs, tuple(map(type_of, sample.inputs)))
    i, k = Local("i", index), Local("k", index)
    assert loops.lhs((), i, k) == (i, k)
