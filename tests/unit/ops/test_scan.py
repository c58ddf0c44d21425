import re

import numpy as np
import pytest

from constnet import dtypes, interpreter, nn, ops
from constnet.errors import ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.tensor import Trace, tracing
from constnet.testing import trace

RNG = np.random.default_rng(0)


def floats(*shape):
    return RNG.normal(size=shape).astype("float32")


def of(array):
    return TensorType(array.shape, dtypes.as_dtype(array.dtype))


def run(function, *arrays):
    graph = verify(trace(function, *(of(array) for array in arrays)))
    return interpreter.run(graph, list(arrays))


def test_running_sum_on_arrays():
    xs = floats(6, 3)
    final, (sums,) = ops.scan(lambda c, i: ((c[0] + i[0],), (c[0] + i[0],)), (xs[0] * 0,), (xs,))
    np.testing.assert_allclose(sums, np.cumsum(xs, axis=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(final[0], sums[-1])


def test_reverse_keeps_outputs_at_their_step():
    xs = floats(5, 2)
    _, (sums,) = ops.scan(
        lambda c, i: ((c[0] + i[0],), (c[0],)), (np.zeros(2, "float32"),), (xs,), reverse=True
    )
    expected = np.cumsum(xs[::-1], axis=0)[::-1] - xs
    np.testing.assert_allclose(sums, expected, rtol=1e-4, atol=1e-5)


def test_outer_tensors_parameters_and_constants_are_invariants():
    weight, xs, h = floats(3, 3), floats(4, 2, 3), floats(2, 3)
    layer = nn.Dense(3, 3, use_bias=False)
    layer.build(3)

    def function(weight, xs, h):
        h.trace.bindings[id(layer.weight)] = weight
        double = xs * 2.0

        def step(carry, items):
            new = ops.tanh(items[0] + carry[0] @ layer.weight) + double[0]
            return (new,), (new * np.float32(0.5),)

        (final,), (outputs,) = ops.scan(step, (h,), (xs,))
        return final, outputs

    found, outputs = run(function, weight, xs, h)
    for step in range(4):
        h = np.tanh(xs[step] + h @ weight) + 2 * xs[0]
        np.testing.assert_allclose(outputs[step], h / 2, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found, h, rtol=1e-5, atol=1e-6)


def test_map_without_carries_and_loop_without_sequences():
    xs, w = floats(4, 2, 3), floats(3, 2)
    (), (products,) = ops.scan(lambda _, i: ((), (i[0] @ w,)), (), (xs,))
    np.testing.assert_allclose(products, xs @ w, rtol=1e-5, atol=1e-6)
    (count, power), () = ops.scan(
        lambda c, _: ((c[0] + 1, c[1] * 2.0), ()),
        (np.int32(0), np.float32(1)), length=7,
    )  # fmt: skip
    assert (count, power) == (7, 128)
    assert count.dtype == np.int32


def test_scan_in_a_scan_reaches_tensors_two_levels_up():
    xs, scale = floats(3, 4, 2), floats(2)

    def function(xs, scale):
        def row(carry, items):
            def column(inner, given):
                return (inner[0] + given[0] * scale + carry[0],), ()

            (total,), _ = ops.scan(column, (items[0][0],), (items[0],))
            return (carry[0] + total,), (total,)

        (final,), (totals,) = ops.scan(row, (scale,), (xs,))
        return final, totals

    found, totals = run(function, xs, scale)
    carry = scale
    for number, rows in enumerate(xs):
        total = rows[0] + sum(row * scale + carry for row in rows)
        carry = carry + total
        np.testing.assert_allclose(totals[number], total, rtol=1e-4)
    np.testing.assert_allclose(found, carry, rtol=1e-4)


def test_random_numbers_count_streams_and_are_the_same_at_each_step():
    opened = Trace(GraphBuilder("g"), dtype=dtypes.float32)
    with tracing(opened):
        opened.extras["seed"] = opened.input("seed", TensorType((2,), dtypes.uint32))
        opened.extras["step"] = opened.input("step", TensorType((), dtypes.uint32))
        before = nn.random.uniform((3,))
        _, (drawn,) = ops.scan(lambda *_: ((), (nn.random.uniform((3,)),)), (), length=2)
        after = nn.random.uniform((3,))
    graph = opened.builder.build(x.value for x in (before, drawn, after))
    seed = np.array([1, 2], "uint32")
    before, drawn, after = interpreter.run(graph, [seed, np.array(5, "uint32")])
    np.testing.assert_array_equal(drawn[0], drawn[1])
    expected = [ops.random.uniform(seed, np.array(5, "uint32"), 16 + n, (3,)) for n in range(3)]
    np.testing.assert_array_equal([before, drawn[0], after], expected)


def test_arrays_in_an_open_trace_are_constants():
    def function(x):
        (final,), _ = ops.scan(lambda c, i: ((c[0] + i[0] * x,), ()), (0.0,), (np.float32([1, 2]),))
        return final

    assert run(function, np.float32(3))[0] == 9


def keep(carry, _items):
    return carry, ()


X = floats(4, 3)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (
            lambda: ops.scan(keep, (X,), (X, X[:3])), ShapeError,
            r"sequence 0 is float32\[4, 3\] and sequence 1 is float32\[3, 3\]: 4 and 3 steps",
        ),
        (lambda: ops.scan(keep, (X,), (np.float32(1),)), ShapeError, r"sequence 0 is float32\[\]"),
        (lambda: ops.scan(keep, (X,)), UsageError, r"no sequences and length=None"),
        (lambda: ops.scan(keep, (X,), (X,), length=5), ShapeError, r"length=5, and sequence 0 is"),
        (lambda: ops.scan(keep, (X,), (X[:0],)), ShapeError, r"float32\[0, 3\]: no steps"),
        (lambda: ops.scan(keep, (X,), length=0), ShapeError, r"length=0: no steps"),
        (
            lambda: ops.scan(lambda c, _: ((c[0][0],), ()), (X,), length=2), ShapeError,
            r"carry 0 is float32\[4, 3\] before a step and float32\[3\] after it",
        ),
        (
            lambda: ops.scan(lambda c, _: ((c[0].astype("int32"),), ()), (X,), length=2),
            ShapeError, r"carry 0 is float32\[4, 3\] before a step and int32\[4, 3\] after",
        ),
        (lambda: ops.scan(keep, (), (X,)), UsageError, r"returned no carry and no output"),
        (
            lambda: ops.scan(lambda c, _: ((*c, *c), ()), (X,), length=2), ShapeError,
            r"1 carries go into the body and 2 come out",
        ),
        (
            lambda: ops.scan(lambda c, _: c[0], (X,), length=2), UsageError,
            r"the body returned \(Tensor\); expected two tuples",
        ),
        (
            lambda: ops.scan(lambda c, _: (c[0], ()), (X,), length=2), UsageError,
            r"the body returned \(Tensor, tuple\); expected two tuples",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_tensor_that_leaves_the_body_is_refused():
    kept = []

    def function(x):
        def step(carry, _):
            kept.append(carry[0] * 2.0)
            return carry, ()

        ops.scan(step, (x,), length=2)
        return kept[0] + x

    with pytest.raises(UsageError, match=r"was made in the body of a scan and is used after it"):
        run(function, X)


def test_state_assigned_in_a_body_is_refused():
    norm = nn.BatchNorm()
    norm.build(3)
    opened = Trace(GraphBuilder("g"), training=True, dtype=dtypes.float32)
    opened.extras["bind_missing"] = True
    match = re.escape("assigns state %moving_mean, %moving_variance, of which each step")
    x = opened.input("x", of(X))
    with tracing(opened), pytest.raises(UsageError, match=match):
        ops.scan(lambda c, _: ((norm(c[0]),), ()), (x,), length=2)
