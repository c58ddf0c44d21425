"""Copies of a matrix in the other order, block by block, against NumPy."""

import numpy as np
import pytest

from constnet import dtypes
from constnet.loopir.run import run
from constnet.loopir.types import (
    Binary,
    Buffer,
    Call,
    Kernel,
    Load,
    Param,
    Program,
    Slice,
    constant,
    index,
)
from constnet.loopir.verify import verify
from constnet.loopir.walk import subexpressions
from constnet.lowering.scope import Scope
from constnet.lowering.transposition import transposed
from constnet.lowering.vectors import NotVectorizableError

F = dtypes.float32


def times(expr, factor):
    return Binary("mul", expr, constant(factor, index))


def copy_of(depth, columns, lanes, *, contiguous=True):
    """A program that turns (columns, depth) in memory into (depth, columns)."""

    def read(k, column, width):
        if width > 1 and not contiguous:
            raise NotVectorizableError
        return [], Load("p", Binary("add", times(column, depth), k), F, width)

    def write(k, column):
        return "z", Binary("add", times(k, columns), column)

    body = transposed(Scope(None), read, write, (depth, columns), lanes)
    size = depth * columns
    params = (Param("p", F, size, "read"), Param("z", F, size, "write"))
    kernel = Kernel("turn", params, tuple(body), "pointwise")
    buffers = (Buffer("from", F, size, "input"), Buffer("to", F, size, "output"))
    program = Program(
        "p", buffers, (kernel,), (Call("turn", (Slice("from"), Slice("to"))),), 0, "exact"
    )
    verify(program)
    return program


@pytest.mark.parametrize("lanes", [1, 4, 8, 16])
@pytest.mark.parametrize(
    ("depth", "columns"), [(1, 1), (4, 4), (16, 16), (17, 19), (3, 40), (40, 3), (33, 7)]
)
@pytest.mark.parametrize("contiguous", [True, False])
def test_every_element_reaches_its_place(depth, columns, lanes, contiguous):
    x = np.arange(depth * columns, dtype=np.float32)
    program = copy_of(depth, columns, lanes, contiguous=contiguous)
    found = run(program, {"from": x})["to"].reshape(depth, columns)
    np.testing.assert_array_equal(found, x.reshape(columns, depth).T)


def widest_load(statements):
    """Lanes of the widest load in nested loops."""
    widest = 0
    for statement in statements:
        widest = max(widest, widest_load(getattr(statement, "body", ())))
        value = getattr(statement, "value", None)
        loads = [e for e in subexpressions(value) if isinstance(e, Load)] if value else []
        widest = max([widest, *(load.lanes for load in loads)])
    return widest


def test_blocks_are_as_wide_as_a_register_where_memory_allows():
    assert widest_load(copy_of(32, 32, 8).kernels[0].body) == 8
    assert widest_load(copy_of(32, 32, 8, contiguous=False).kernels[0].body) == 1
    assert widest_load(copy_of(5, 32, 8).kernels[0].body) == 4
