import math

import numpy as np
import pytest

from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import Binary, Local, index
from constnet.ops.indexing import delinearize, linearize, literal, plus, regroup, times


def locals_of(extents):
    return tuple(Local(f"i{axis}", index) for axis in range(len(extents)))


def operators(expr):
    if not isinstance(expr, Binary):
        return []
    return [expr.op, *operators(expr.lhs), *operators(expr.rhs)]


@pytest.mark.parametrize("extents", [(2, 3, 4), (1, 5, 1), (7,), ()])
def test_linearize_and_delinearize_are_inverse(extents):
    grid = np.indices(extents, dtype="int32")
    values = {f"i{axis}": grid[axis] for axis in range(len(extents))}
    position = linearize(locals_of(extents), extents)
    flat = np.arange(math.prod(extents)).reshape(extents)
    np.testing.assert_array_equal(np.broadcast_to(evaluate(position, values), extents), flat)
    for axis, back in enumerate(delinearize(position, extents)):
        np.testing.assert_array_equal(np.broadcast_to(evaluate(back, values), extents), grid[axis])


@pytest.mark.parametrize(
    ("given", "wanted", "allowed"),
    [
        ((8, 28, 28), (8, 784), {"mul", "add"}),
        ((8, 784), (8, 28, 28), {"div", "rem"}),
        ((3, 4), (3, 1, 4), set()),
        ((1, 3, 4, 1), (3, 4), set()),
    ],
)
def test_axes_that_stay_meet_no_arithmetic(given, wanted, allowed):
    # `given` is where an output index lives, `wanted` the input's extents
    read = regroup(locals_of(given), given, wanted)
    assert {op for expr in read for op in operators(expr)} == allowed


def test_trivial_terms_vanish():
    i = Local("i", index)
    assert plus(i, 0) is i
    assert times(i, 1) is i
    assert literal(3).value == 3
