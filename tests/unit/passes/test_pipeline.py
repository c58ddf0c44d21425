import numpy as np

from constnet import dtypes, ops
from constnet.autodiff import gradients
from constnet.interpreter import run
from constnet.ir.text import to_text
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.samples import spread
from constnet.passes import PASSES
from constnet.passes import run as run_passes
from constnet.testing import trace

SHAPES = [(8, 6), (6, 16), (16,), (16, 3), (3,)]
TYPES = [TensorType(shape, dtypes.float32) for shape in SHAPES]
ARRAYS = [spread(*shape, phase=0.1 * number) for number, shape in enumerate(SHAPES)]


def step(x, first, bias, second, last):
    hidden = ops.relu(x @ first + bias)
    loss = -ops.mean(ops.log_softmax(hidden @ second + last)[:, 0])
    parameters = [first, bias, second, last]
    found = gradients(loss, parameters)
    updated = [
        p - 0.1 * g / (ops.sqrt(g * g) + 1e-8) for p, g in zip(parameters, found, strict=True)
    ]
    return [loss, *updated]


def test_every_pass_keeps_every_bit_and_legality():
    graph = trace(step, *TYPES)
    expected = [array.tobytes() for array in run(graph, ARRAYS)]
    for each in PASSES:
        graph = verify(each(graph))
        assert [array.tobytes() for array in run(graph, ARRAYS)] == expected
    final = verify(run_passes(graph))
    assert [array.tobytes() for array in run(final, ARRAYS)] == expected


def test_idempotent_deterministic_and_smaller():
    graph = trace(step, *TYPES)
    once = run_passes(graph)
    assert run_passes(once) is once
    assert to_text(run_passes(trace(step, *TYPES))) == to_text(once)
    assert len(once.nodes) < len(graph.nodes)


def test_updates_move_against_the_gradient():
    graph = run_passes(trace(step, *TYPES))
    loss, *updated = run(graph, ARRAYS)
    lower, *_ = run(
        graph, [ARRAYS[0], *[p + 0.01 * (u - p) for p, u in zip(ARRAYS[1:], updated, strict=True)]]
    )
    assert np.isfinite(loss)
    assert lower < loss
