"""Networks with loops that tests of scans share: each takes `scan`, options of it, and arrays."""

import numpy as np

from constnet import ops
from constnet.ops.samples import spread

OPTIONS = [{}, {"reverse": True}, {"recompute": True}, {"reverse": True, "recompute": True}]


def wide(*shape, phase=0.0):
    return spread(*shape, low=-0.8, high=0.9, phase=phase, dtype="float64")


def unrolled(body, initial, sequences=(), *, length=None, reverse=False, recompute=False):
    """What `ops.scan` means, step by step in one graph."""
    del recompute
    carry, outputs = tuple(initial), []
    steps = range(length or sequences[0].shape[0])
    for step in reversed(steps) if reverse else steps:
        carry, made = body(carry, tuple(sequence[step] for sequence in sequences))
        outputs.append(made)
    if reverse:
        outputs.reverse()
    return carry, tuple(ops.stack(list(each)) for each in zip(*outputs, strict=True))


def total(parts):
    """One scalar in which every element of every part has its own weight."""
    sums = [
        ops.sum(part * spread(*part.shape, low=0.5, high=1.5, dtype="float64"))
        for part in parts
        if part.dtype.is_float
    ]
    result = sums[0]
    for each in sums[1:]:
        result = result + each
    return result


def lstm(scan, options, x, h, c, w, u, b):
    def step(carry, items):
        hidden, cell = carry
        z = items[0] @ w + hidden @ u + b
        gates = ops.sigmoid(z[:, :9])
        cell = gates[:, :3] * cell + gates[:, 3:6] * ops.tanh(z[:, 9:])
        hidden = gates[:, 6:] * ops.tanh(cell)
        return (hidden, cell), (hidden,)

    final, outputs = scan(step, (h, c), (x,), **options)
    return (*final, *outputs)


def cumulative(scan, options, x, h):
    def step(carry, items):
        rows = ops.relu(items[0] * carry[0] - carry[1][0])
        return (rows + carry[0], carry[1]), (ops.max(rows, axis=1), carry[0])

    final, outputs = scan(step, (h, h[:1] * 2.0), (x,), **options)
    return (final[0], *outputs)


def mapped(scan, options, x, w):
    _, outputs = scan(lambda _, i: ((), (ops.softmax(i[0] @ w), i[1])), (), (x, x * 2.0), **options)
    return outputs


def counted(scan, options, h, w):
    def step(carry, _):
        new = ops.tanh(carry[0] @ w) * (carry[1].astype("float64") * 0.25)
        return (new, carry[1] + 1), (new,)

    final, outputs = scan(step, (h, np.int32(1)), (), length=4, **options)
    return (final[0], *outputs)


def nested(scan, options, x, w):
    def outer(carry, items):
        def inner(state, given):
            new = ops.tanh(state[0] * w[0] + given[0] @ w + carry[0])
            return (new,), (new * items[0][0],)

        (last,), (rows,) = scan(inner, (carry[0],), (items[0],), **options)
        return (last,), (ops.sum(rows, axis=0),)

    final, outputs = scan(outer, (w[1],), (x,), **options)
    return (*final, *outputs)


def chosen(scan, options, x, table):
    indices = np.array([[2, 0], [1, 1], [0, 2]], "int32")

    def step(carry, items):
        rows = ops.take(table, items[1])
        new = ops.where(items[0] > 0.0, carry[0] + rows, carry[0] * 0.5)
        return (new,), (ops.sum(new, axis=0),)

    final, outputs = scan(step, (x[0] * 2.0,), (x, indices), **options)
    return (*final, *outputs)


CASES = {
    "lstm": (lstm, [wide(4, 2, 3), wide(2, 3, phase=0.2), wide(2, 3, phase=0.4),
                    wide(3, 12, phase=0.6), wide(3, 12, phase=0.7), wide(12, phase=0.8)]),
    "cumulative": (cumulative, [wide(3, 2, 2) + 2.0, wide(2, 2, phase=0.3) + 1.0]),
    "mapped": (mapped, [wide(3, 2, 4), wide(4, 3, phase=0.5)]),
    "counted": (counted, [wide(2, 3), wide(3, 3, phase=0.5)]),
    "nested": (nested, [wide(3, 2, 3), wide(3, 3, phase=0.5)]),
    "chosen": (chosen, [wide(3, 2, 2), wide(3, 2, phase=0.5)]),
}  # fmt: skip
