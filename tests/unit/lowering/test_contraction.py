"""Every schedule of a product, in one program for each width of vectors."""

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.loopir.verify import verify
from constnet.lowering.contraction import column_blocks, tile_rows
from constnet.lowering.lower import lower
from constnet.ops.contraction import Matmul
from constnet.ops.tensor import Trace, apply, tracing
from tests.lowered import COMPILERS, arrays_for, assert_same_bits, outputs_of, target_of

PLAIN, LEFT, RIGHT, BOTH = (
    Matmul(),
    Matmul(transpose_lhs=True),
    Matmul(transpose_rhs=True),
    Matmul(transpose_lhs=True, transpose_rhs=True),
)
# (batch axes, rows, depth, columns, flags): what is met
SHAPES = [
    ((), 1, 1, 1, PLAIN),  # nothing to fill lanes
    ((), 1, 1, 40, PLAIN),  # depth 1
    ((), 5, 1, 33, BOTH),
    ((), 1, 7, 200, PLAIN),  # stream, less than one pass
    ((), 1, 8, 200, PLAIN),  # stream, exactly one pass
    ((), 3, 37, 130, PLAIN),  # stream, a rest of the depth and of the columns
    ((), 2, 30, 90, LEFT),
    ((), 2, 30, 90, RIGHT),  # few rows, columns not in lanes
    ((), 50, 20, 1, PLAIN),  # one column
    ((), 50, 20, 1, LEFT),  # swapped: rows fill lanes
    ((), 7, 12, 19, PLAIN),  # a tile with rows and columns left over
    ((), 13, 9, 70, RIGHT),  # panel
    ((), 31, 17, 5, LEFT),
    ((3,), 6, 10, 18, PLAIN),
    ((2, 2), 5, 4, 9, BOTH),
    ((2,), 9, 11, 1, RIGHT),
    ((), 20, 1000, 23, PLAIN),  # packed, blocks of k
    ((), 41, 600, 50, LEFT),
    ((), 41, 520, 50, RIGHT),
    ((), 33, 257, 100, BOTH),
    ((), 97, 130, 150, PLAIN),  # packed, one block, everything left over
    ((2,), 20, 260, 65, RIGHT),  # too large for the cache, with a batch
]
MOST_REGISTERS = 32


def graph_of(shapes, dtype):
    """One graph with a product of its own operands for each shape."""
    trace = Trace(GraphBuilder("products"), dtype=dtype)
    with tracing(trace):
        outputs = []
        for number, (batch, rows, depth, columns, flags) in enumerate(shapes):
            left = (depth, rows) if flags.transpose_lhs else (rows, depth)
            right = (columns, depth) if flags.transpose_rhs else (depth, columns)
            lhs = trace.input(f"l{number}", TensorType((*batch, *left), dtype))
            rhs = trace.input(f"r{number}", TensorType((*batch, *right), dtype))
            outputs.append(apply("matmul", flags, lhs, rhs).value)
    return trace.builder.build(outputs)


@pytest.mark.parametrize(
    ("dtype", "vector_bytes"),
    [
        (dtypes.float32, 64),
        (dtypes.float64, 32),
        *(
            pytest.param(dtype, width, marks=pytest.mark.slow)
            for dtype in (dtypes.float32, dtypes.float64)
            for width in (0, 16, 32, 64)
            if (dtype.bytes, width) not in ((4, 64), (8, 32))
        ),
    ],
    ids=str,
)
def test_every_schedule(dtype, vector_bytes):
    graph = graph_of(SHAPES, dtype)
    arrays = arrays_for(graph)
    program = lower(graph, target_of(vector_bytes), "exact")
    verify(program)
    found = outputs_of(program, graph, arrays, compiler=COMPILERS[0], threads=2)
    assert_same_bits(found, interpreter.run(graph, arrays))


@pytest.mark.parametrize(
    "dtype", [dtypes.float32, pytest.param(dtypes.float64, marks=pytest.mark.slow)], ids=str
)
def test_fma_stays_near_the_true_product(dtype):
    graph = graph_of(SHAPES, dtype)
    arrays = arrays_for(graph)
    program = lower(graph, target_of(64, fma=True), "fma")
    found = outputs_of(program, graph, arrays)
    wide = graph_of(SHAPES, dtypes.float64)
    truth = interpreter.run(wide, [array.astype(np.float64) for array in arrays])
    for number, (result, wanted) in enumerate(zip(found, truth, strict=True)):
        depth = SHAPES[number][2]
        bound = 4.0 * (depth + 1) * np.finfo(dtype.numpy).eps  # |a b| <= 4, one rounding a step
        worst = np.max(np.abs(result - wanted), initial=0.0)
        assert worst <= bound * depth, f"{SHAPES[number]}: {worst}"


EPILOGUES = {
    "bias and relu": lambda p, b, _z: [ops.relu(p + b)],
    "product stored too": lambda p, _b, _z: [p, ops.tanh(p)],
    "two results": lambda p, b, z: [r := ops.relu(p + b), ops.where(r > 0.5, z, 0.0)],
    "a transposed operand": lambda p, _b, z: [p + ops.reshape(z.T, z.shape)],
    "a flipped operand": lambda p, _b, z: [p * ops.flip(z, 1)],
    "every other column": lambda p, _b, z: [p + ops.concatenate([z, z], 1)[:, ::2]],
    "its own row": lambda p, _b, _z: [p - ops.broadcast_to(p[:1], p.shape)],
    "a sum of itself": lambda p, _b, _z: [p - ops.sum(p, 1, keepdims=True)],
    "truth values": lambda p, _b, z: [p > z],
    "another dtype": lambda p, _b, _z: [ops.floor(p).astype("int32"), p.astype("float64") * 0.5],
}
SIZES = [(1, 5, 100), (6, 7, 20), (9, 300, 17), (40, 160, 90)]


@pytest.mark.parametrize("vector_bytes", [pytest.param(0, marks=pytest.mark.slow), 64])
def test_work_on_the_result(vector_bytes):
    trace = Trace(GraphBuilder("epilogues"))
    outputs = []
    with tracing(trace):
        for rows, depth, columns in SIZES:
            lhs, rhs, bias, other = (
                trace.input("x", TensorType(shape, dtypes.float32))
                for shape in ((rows, depth), (depth, columns), (columns,), (rows, columns))
            )
            for epilogue in EPILOGUES.values():
                scaled = lhs * float(len(outputs) + 1)
                outputs += [t.value for t in epilogue(ops.matmul(scaled, rhs), bias, other)]
    graph = trace.builder.build(outputs)
    arrays = arrays_for(graph)
    program = lower(graph, target_of(vector_bytes), "exact")
    verify(program)
    found = outputs_of(program, graph, arrays, threads=2)
    assert_same_bits(found, interpreter.run(graph, arrays))


@pytest.mark.parametrize("columns", [1, 3, 16, 40, 100, 257])
@pytest.mark.parametrize("lanes", [1, 4, 16])
def test_column_blocks_cover_every_column_once(columns, lanes):
    blocks = column_blocks(columns, lanes, 3)
    assert sum(map(sum, blocks)) == columns
    assert max(map(len, blocks)) <= 3
    assert {width for block in blocks for width in block} <= {2**n for n in range(5)}


@pytest.mark.parametrize("vectors", [1, 2, 3, 4])
def test_accumulators_fit_the_registers(vectors):
    for registers in (16, MOST_REGISTERS):
        for rows in (1, 2, 7, 24, 97):
            height = tile_rows(rows, vectors, registers)
            assert 1 <= height <= rows
            assert height * vectors < registers
