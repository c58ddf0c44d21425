"""Random graphs: every step applies an operation to earlier values; unread values are outputs.

`random_graph(pick)` draws its choices from `pick(count)`, a number below `count`, so that
hypothesis (which shrinks) and a plain generator (which is fast) make the same graphs.
"""

from constnet import dtypes, ops
from constnet.autodiff import gradients
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.contraction import Matmul
from constnet.ops.samples import spread
from constnet.ops.tensor import Trace, apply, constant, tracing

EXTENTS = [1, 2, 3, 4, 5, 8, 16, 17, 33, 40]
MOST_ELEMENTS = 4096

UNARY = [
    ops.negative, ops.abs, ops.relu, ops.tanh, ops.sigmoid, ops.sign, ops.floor,
    lambda x: x * 0.5, lambda x: x + 1.0, lambda x: ops.sqrt(ops.abs(x)),
    lambda x: ops.exp(-ops.abs(x)), lambda x: ops.stop_gradient(x) * x,
    lambda x: x.astype("int32").astype(x.dtype),
]  # fmt: skip
BINARY = [
    ops.add, ops.subtract, ops.multiply, ops.maximum, ops.minimum,
    lambda x, y: ops.where(x < y, x, y * 0.25), lambda x, y: x / (1.0 + ops.abs(y)),
]  # fmt: skip


class Drawing:
    """The graph so far and where choices come from."""

    def __init__(self, pick, dtype):
        self.pick, self.dtype = pick, dtype
        self.trace = Trace(GraphBuilder("random"), dtype=dtype)
        self.values = []

    def input(self, shape, dtype=None):
        name = f"x{len(self.trace.builder.inputs)}"
        return self.trace.input(name, TensorType(tuple(shape), dtype or self.dtype))

    def any_shape(self):
        rank = (2, 2, 1, 3, 4, 0)[self.pick(6)]
        shape = [EXTENTS[self.pick(len(EXTENTS))] for _ in range(rank)]
        while _size(shape) > MOST_ELEMENTS:
            shape[shape.index(max(shape))] = 2
        return shape

    def any_value(self):
        return self.values[self.pick(len(self.values))]

    def recent_value(self):
        return self.values[-1 - self.pick(min(3, len(self.values)))]


def _size(shape):
    total = 1
    for extent in shape:
        total *= extent
    return total


def unary(draw):
    return UNARY[draw.pick(len(UNARY))](draw.recent_value())


def binary(draw):
    x = draw.recent_value()
    fits = [v for v in draw.values if _broadcasts(v.shape, x.shape)]
    return BINARY[draw.pick(len(BINARY))](x, fits[draw.pick(len(fits))])


def _broadcasts(given, wanted):
    pairs = zip(reversed(given), reversed(wanted), strict=False)
    return len(given) <= len(wanted) and all(g in (1, w) for g, w in pairs)


def reduction(draw):
    x = draw.any_value()
    axes = [axis for axis in range(len(x.shape)) if draw.pick(2)] or None
    reduce = (ops.sum, ops.max, ops.mean)[draw.pick(3)]
    return reduce(x, axes, keepdims=bool(draw.pick(2))) * 0.25


def softmax(draw):
    x = draw.any_value()
    if not x.shape:
        return ops.exp(-ops.abs(x))
    return ops.softmax(x, axis=draw.pick(len(x.shape)))


def matmul(draw):
    x = draw.recent_value()
    if len(x.shape) < 2:
        x = ops.reshape(x, (-1, 1) if draw.pick(2) else (1, -1))
    if draw.pick(3) == 0:
        return ops.tanh(_square(draw, x))
    left, right = bool(draw.pick(2)), bool(draw.pick(2))
    depth = x.shape[-2] if left else x.shape[-1]
    columns = EXTENTS[draw.pick(len(EXTENTS))]
    weight = (columns, depth) if right else (depth, columns)
    y = draw.input((*x.shape[:-2], *weight))
    product = apply("matmul", Matmul(left, right), x, y)
    if draw.pick(2):
        return ops.tanh(product + draw.input((columns,)))
    return product * 0.25


def _square(draw, x):
    """A value times its own transpose, which may be taken by a flag or by a movement."""
    if draw.pick(2):
        return apply("matmul", Matmul(transpose_rhs=True), x, x)
    return ops.matmul(ops.swapaxes(x, -1, -2), x)


def movement(draw):
    x = draw.any_value()
    rank = len(x.shape)
    if rank == 0:
        return ops.broadcast_to(x, (EXTENTS[draw.pick(6)], EXTENTS[draw.pick(6)]))
    axis = draw.pick(rank)
    choice = draw.pick(7)
    if choice == 0:
        axes = list(range(rank))
        return ops.transpose(x, axes[axis:] + axes[:axis])
    if choice == 1:
        return ops.reshape(x, (-1,))
    if choice == 2:
        return ops.flip(x, axis)
    if choice == 3:
        return _slice(draw, x, axis)
    if choice == 4:
        return ops.pad(x, [(draw.pick(3), draw.pick(3)) for _ in x.shape], 0.5)
    if choice == 5 and _size(x.shape) * 3 <= MOST_ELEMENTS:
        return ops.broadcast_to(x, (3, *x.shape))
    return ops.reshape(x, (x.shape[axis], -1))


def _slice(draw, x, axis):
    extent = x.shape[axis]
    start = draw.pick(extent)
    stop = start + 1 + draw.pick(extent - start)
    step = 1 + draw.pick(2)
    return x[(*(slice(None),) * axis, slice(start, stop, step))]


def concatenation(draw):
    x = draw.any_value()
    if not x.shape:
        return ops.stack([x, x * 2.0])
    axis = draw.pick(len(x.shape))
    fits = [v for v in draw.values if v.shape == x.shape]
    parts = [x, fits[draw.pick(len(fits))], ops.tanh(x)][: 2 + draw.pick(2)]
    if _size(x.shape) * len(parts) > MOST_ELEMENTS:
        return parts[-1]
    return ops.concatenate(parts, axis=axis)


def gathering(draw):
    x = draw.any_value()
    if not x.shape:
        return x
    count = 1 + draw.pick(6)
    rows = draw.input((count,), dtypes.int32)
    if draw.pick(2):
        return ops.scatter_add(ops.take(x, rows), rows, 4)
    return ops.take(x, rows)


def searching(draw):
    x = draw.any_value()
    if not x.shape:
        return x
    return ops.argmax(x, axis=draw.pick(len(x.shape))).astype(x.dtype)


def fresh(draw):
    return draw.input(draw.any_shape())


def fixed(draw):
    array = spread(*draw.any_shape(), dtype=str(draw.dtype))
    return constant(array, draw.trace)


STEPS = [
    unary, unary, unary, binary, binary, binary, reduction, reduction, softmax, matmul, matmul,
    movement, movement, movement, concatenation, gathering, searching, fresh, fixed,
]  # fmt: skip


def random_graph(pick, most_steps=14, dtype=dtypes.float32):
    """A graph, and donations of outputs to inputs of the same type that are worth trying."""
    draw = Drawing(pick, dtype)
    with tracing(draw.trace):
        draw.values = [draw.input(draw.any_shape())]
        for _ in range(3 + pick(most_steps)):
            value = STEPS[pick(len(STEPS))](draw)
            if 0 < _size(value.shape) <= 4 * MOST_ELEMENTS:
                draw.values.append(value)
        if pick(4) == 0:
            floats = [v for v in draw.values[:4] if v.dtype == dtype]
            draw.values += gradients(ops.sum(draw.values[-1]), floats)
        outputs = [v.value for v in draw.values if v.value not in _read(draw)]
        outputs += [draw.any_value().value for _ in range(pick(3))]
        graph = draw.trace.builder.build(outputs)
    return graph, donations_of(graph, pick)


def _read(draw):
    return {value for node in draw.trace.builder.nodes for value in node.inputs}


def donations_of(graph, pick):
    """Some outputs and the inputs whose memory they take; an input serves once."""
    donations, free = {}, list(range(len(graph.inputs)))
    for number, value in enumerate(graph.outputs):
        fits = [n for n in free if graph.inputs[n].type == value.type]
        if fits and pick(4):
            donations[number] = fits[pick(len(fits))]
            free.remove(donations[number])
    return donations
