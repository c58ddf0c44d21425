"""Panels of a block of a matrix against NumPy."""

import numpy as np
import pytest

from constnet import dtypes
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.loopir.run import run
from constnet.loopir.types import Buffer, Call, Kernel, Program, Slice
from constnet.loopir.verify import verify
from constnet.lowering.packing import Block, Operand, pack_kernel
from constnet.lowering.scope import Scratch
from constnet.lowering.storage import Place, Storage

F = dtypes.float32


def panels_of(array, strides, block, lanes):
    """Pack a block by the kernel; `strides` are those of the outer side and of k."""
    builder = GraphBuilder("matrix")
    value = builder.input("m", TensorType(array.shape, F))
    operand = Operand(value, Place(value), *strides)
    storage = Storage(builder.build([value]), {})
    outer, size, begin, depth = block
    scope = pack_kernel(storage, Block(operand, outer, size, begin, depth), Scratch("to"), lanes)
    params = tuple(pointer.param() for pointer in scope.pointers.values())
    starts = [pointer.start for pointer in scope.pointers.values()]
    kernel = Kernel("pack", params, tuple(scope.body), "contraction", parallel=True)
    buffers = (Buffer("m", F, array.size, "input"), Buffer("to", F, outer * depth, "output"))
    call = Call("pack", (Slice("m", starts[0]), Slice("to", starts[1])))
    program = Program("p", buffers, (kernel,), (call,), 0, "exact")
    verify(program)
    return run(program, {"m": array.reshape(-1)})["to"]


def expected(matrix, size, begin, depth):
    """The panels of a matrix (outer, k), one after the other."""
    part = matrix[:, begin : begin + depth]
    panels = [part[at : at + size].T.reshape(-1) for at in range(0, len(matrix), size)]
    return np.concatenate(panels)


BLOCKS = [(12, 4, 0, 9), (13, 5, 3, 6), (3, 8, 0, 1), (17, 16, 2, 7), (8, 8, 8, 1)]


@pytest.mark.parametrize("lanes", [1, 4, 16])
@pytest.mark.parametrize("block", BLOCKS)
def test_k_contiguous_is_transposed(block, lanes):
    outer, size, begin, depth = block
    matrix = np.arange(outer * 9, dtype=np.float32).reshape(outer, 9)
    found = panels_of(matrix, (9, 1), block, lanes)
    np.testing.assert_array_equal(found, expected(matrix, size, begin, depth))


@pytest.mark.parametrize("lanes", [1, 4, 16])
@pytest.mark.parametrize("block", BLOCKS)
def test_outer_contiguous_is_copied(block, lanes):
    outer, size, begin, depth = block
    stored = np.arange(9 * outer, dtype=np.float32).reshape(9, outer)
    found = panels_of(stored, (1, outer), block, lanes)
    np.testing.assert_array_equal(found, expected(stored.T, size, begin, depth))


def test_neither_contiguous_is_copied_element_by_element():
    stored = np.arange(9 * 10 * 2, dtype=np.float32).reshape(9, 10, 2)
    found = panels_of(stored, (2, 20), (10, 4, 1, 8), 8)
    np.testing.assert_array_equal(found, expected(stored[:, :, 0].T, 4, 1, 8))
