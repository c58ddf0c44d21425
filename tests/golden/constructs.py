"""One kernel for each construct of the loop language, with 64 elements in and out.

Every kernel reads x and y (and n, int32) and writes z (and m, int32). `VECTORS` holds those that
only the host dialect prints.
"""

import numpy as np

from constnet import dtypes
from constnet.loopir import softmath
from constnet.loopir import types as ir
from constnet.loopir.builder import declare, idx, let, load, loop, splat, store, var

F, I, B = dtypes.float32, dtypes.int32, dtypes.bool_
SIZE, LANES = 64, 16
X, Y = ir.Param("x", F, SIZE, "read"), ir.Param("y", F, SIZE, "read")
N = ir.Param("n", I, SIZE, "read")
Z, M = ir.Param("z", F, SIZE, "write"), ir.Param("m", I, SIZE, "write")
i, k = var("i"), var("k")


def kernel(name, *body, parallel=False):
    return ir.Kernel(name, (X, Y, N, Z, M), tuple(body), "pointwise", parallel, ("layers.0",))


def each(value, param=Z, mode="serial"):
    return loop("i", SIZE, [store(param, i, value)], mode=mode)


def vectors(value, param=Z):
    return loop("i", SIZE, [store(param, i, value)], step=LANES)


x, y, n = load(X, i), load(Y, i), load(N, i)
vx, vy, vn = load(X, i, LANES), load(Y, i, LANES), load(N, i, LANES)
total, total_value = declare("total", ir.constant(0.0, F))
product, product_value = let("product", load(X, k) * load(Y, k))
positive, positive_value = let("positive", vx > 0.0)
wide, wide_value = declare("wide", splat(0.0, F, LANES))
square = ir.Function(
    "square_f32",
    (ir.Local("a", F),),
    (ir.Let("b", ir.Local("a", F) * ir.Local("a", F)),),
    ir.Local("b", F) + 1.0,
    "a * a + 1",
)
bits = ir.Bitcast(x, dtypes.uint32) ^ ir.Const(0x80000000, dtypes.uint32)
small = ir.cast(n, dtypes.uint8) * ir.Const(3, dtypes.uint8)

SCALARS = (
    kernel("arithmetic", each((x + y * 2.0) / (x * x + 1.0) - y)),
    kernel("order", each(ir.minimum(x, y) + ir.maximum(x, 0.5))),
    kernel("rounding", each(ir.Unary("sqrt", ir.Unary("abs", x)) + ir.Unary("floor", y))),
    kernel("negative", each(-x)),
    kernel("choice", each(ir.select((x < y) & (x > -1.0) | y.eq(0.0), x, -1.5))),
    kernel("multiply_add", each(ir.MulAdd(x, y, x))),
    kernel("special", each(ir.select(x < y, float("inf"), ir.Const(float("nan"), F)))),
    kernel("integers", each((n * 5 - 7) // 3 + (n << ir.Const(2, I)) % idx(11), M)),
    kernel("narrow", each(ir.cast(small, I), M)),
    kernel(
        "unsigned",
        each(ir.Bitcast(ir.cast(n, dtypes.uint32) * ir.Const(2654435761, dtypes.uint32), I), M),
    ),
    kernel("conversion", each(ir.cast(n, F) + ir.cast(x < y, F))),
    kernel("reinterpretation", each(ir.Bitcast(bits, F))),
    kernel("function", each(ir.Apply(square, (x,)) * softmath.exp(y))),
    kernel(
        "accumulator",
        total,
        loop("k", SIZE, [product, ir.Assign("total", total_value + product_value)]),
        store(Z, 0, total_value),
        loop("i", SIZE, [store(Z, i, x)], start=1),
    ),
    kernel("shares", each(x + 1.0, mode="parallel"), parallel=True),
    kernel("hints", each(x + 1.0, mode="vectorize"), each(n, M, mode="unroll")),
    kernel(
        "keyword",
        ir.Comment("a name that C keeps */"),
        *(loop("int", SIZE, [store(Z, var("int"), load(X, var("int")))]),),
    ),
)
VECTORS = (
    kernel("vector_arithmetic", vectors((vx + vy * 2.0) / (vx * vx + 1.0) - vy)),
    kernel("vector_order", vectors(ir.minimum(vx, vy) + ir.maximum(vx, 0.5))),
    kernel(
        "vector_rounding", vectors(ir.Unary("sqrt", ir.Unary("abs", vx)) + ir.Unary("floor", vy))
    ),
    kernel("vector_multiply_add", vectors(ir.MulAdd(vx, ir.Splat(load(Y, 3), LANES), vy))),
    kernel("vector_choice", vectors(ir.select((vx < vy) & (vx > -1.0), vx, -1.5))),
    kernel(
        "vector_mask",
        loop("i", SIZE, [positive, store(Z, i, ir.cast(positive_value, F))], step=LANES),
    ),
    kernel("vector_conversion", vectors(ir.cast(vn, F) + ir.Bitcast(ir.Bitcast(vx, I), F))),
    kernel("vector_integers", vectors(vn * 5 + (vn >> ir.Const(1, I, LANES)), M)),
    kernel("vector_function", vectors(ir.Apply(square, (vx,)) * softmath.exp(vy))),
    kernel(
        "vector_accumulator",
        wide,
        loop("i", SIZE, [ir.Assign("wide", wide_value + vx)], step=LANES, mode="unroll"),
        store(Z, 0, wide_value),
        loop("i", SIZE, [store(Z, i, x)], start=LANES),
    ),
)


def program(kernels, numerics="exact"):
    """All kernels called once; each writes outputs of its own."""
    inputs = [ir.Buffer(p.name, p.dtype, SIZE, "input") for p in (X, Y, N)]
    outputs = [
        ir.Buffer(f"{p.name}_{each_.name}", p.dtype, SIZE, "output")
        for each_ in kernels
        for p in (Z, M)
    ]
    pieces = tuple(ir.Slice(p.name) for p in (X, Y, N))
    calls = tuple(
        ir.Call(each_.name, (*pieces, ir.Slice(f"z_{each_.name}"), ir.Slice(f"m_{each_.name}")))
        for each_ in kernels
    )
    return ir.Program("constructs", (*inputs, *outputs), tuple(kernels), calls, 0, numerics)


def inputs():
    """Ordinary numbers with zeros of both signs, infinities, NaN and denormals among them."""
    rng = np.random.default_rng(0)
    xs, ys = (rng.normal(0, 3, SIZE).astype(np.float32) for _ in range(2))
    xs[:6] = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-42]
    ys[6:9] = [np.nan, -0.0, 0.0]
    return {"x": xs, "y": ys, "n": rng.integers(-40, 40, SIZE).astype(np.int32)}
