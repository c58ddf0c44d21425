import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.autodiff import gradients
from constnet.errors import DTypeError, ShapeError
from constnet.testing import trace
from constnet.testing.gradcheck import type_of

RNG = np.random.default_rng(0)


def inputs(samples, heads, key_heads, queries, keys, units=3, values=4):
    return (
        RNG.normal(size=(samples, heads, queries, units)),
        RNG.normal(size=(samples, key_heads, keys, units)),
        RNG.normal(size=(samples, key_heads, keys, values)),
    )


def formula(q, k, v, *, allowed=None, scale=None):
    """Weights and result, head by head, as in the paper."""
    group = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, group, 1), np.repeat(v, group, 1)
    scores = np.einsum("nhtd,nhsd->nhts", q, k) * (scale or q.shape[-1] ** -0.5)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    if allowed is not None:
        powers = np.where(allowed, powers, 0.0)
    total = powers.sum(-1, keepdims=True)
    weights = np.divide(powers, total, where=total > 0, out=np.zeros_like(powers))
    return weights, weights @ v


def formula_gradients(q, k, v, ct, *, allowed=None):
    """By hand: softmax backwards, then the products; groups of heads are summed."""
    samples, key_heads, keys, units = k.shape
    group = q.shape[1] // key_heads
    weights, _ = formula(q, k, v, allowed=allowed)
    wide_k, wide_v = np.repeat(k, group, 1), np.repeat(v, group, 1)
    ct_weights = ct @ wide_v.swapaxes(-1, -2)
    ct_scores = weights * (ct_weights - (weights * ct_weights).sum(-1, keepdims=True))
    ct_scores *= units**-0.5
    ct_k = (ct_scores.swapaxes(-1, -2) @ q).reshape(samples, key_heads, group, keys, units)
    ct_v = (weights.swapaxes(-1, -2) @ ct).reshape(samples, key_heads, group, keys, -1)
    return ct_scores @ wide_k, ct_k.sum(2), ct_v.sum(2)


CASES = [
    pytest.param((2, 4, 2, 5, 5), False, None, id="groups"),
    pytest.param((2, 4, 1, 5, 5), True, None, id="causal"),
    pytest.param((2, 2, 2, 3, 7), False, (2, 1, 1, 7), id="keys masked"),
    pytest.param((2, 2, 2, 3, 7), False, (3, 7), id="one mask for all"),
    pytest.param((2, 4, 2, 3, 7), False, (2, 4, 3, 7), id="a mask for each head"),
    pytest.param((2, 4, 2, 3, 7), False, (1, 4, 1, 7), id="a mask for each head, all samples"),
    pytest.param((1, 2, 1, 5, 5), True, (1, 1, 1, 5), id="causal and masked"),
    pytest.param((1, 2, 1, 75, 75), True, None, id="causal in blocks"),
    pytest.param((1, 1, 1, 140, 9), False, (1, 1, 140, 9), id="masked in blocks"),
]


@pytest.mark.parametrize(("sizes", "causal", "mask_shape"), CASES)
def test_value_and_gradients(sizes, causal, mask_shape):
    q, k, v = inputs(*sizes)
    mask = None if mask_shape is None else RNG.uniform(size=mask_shape) < 0.5
    allowed = np.ones((q.shape[2], k.shape[2]), bool)
    allowed = np.tril(allowed) if causal else allowed
    allowed = allowed if mask is None else allowed & mask
    ct = RNG.normal(size=(*q.shape[:3], v.shape[3]))

    def traced(*given):
        y = ops.attention(*given[:3], causal=causal, mask=mask)
        return [y, *gradients(y, given[:3], given[3])]

    graph = trace(traced, *map(type_of, (q, k, v, ct)), dtype=dtypes.float64)
    y, *found = interpreter.run(graph, [q, k, v, ct])
    np.testing.assert_allclose(y, formula(q, k, v, allowed=allowed)[1], rtol=1e-12, atol=1e-14)
    expected = formula_gradients(q, k, v, ct, allowed=allowed)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


def test_arrays_and_another_scale():
    q, k, v = inputs(1, 2, 2, 3, 3)
    expected = formula(q, k, v, scale=0.7)[1]
    np.testing.assert_allclose(ops.attention(q, k, v, scale=0.7), expected, rtol=1e-12)


def test_a_query_that_sees_no_key_gets_zeros():
    q, k, v = inputs(1, 1, 1, 2, 3)
    mask = np.array([[False] * 3, [True] * 3])
    y = ops.attention(q, k, v, mask=mask)
    np.testing.assert_array_equal(y[0, 0, 0], 0.0)
    assert np.isfinite(y).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("keys", [5, 31, 33, 70])
def test_masked_keys_do_not_change_a_bit(dtype, keys):
    """What a cache of any capacity rests on: the order of no sum depends on the number of keys."""
    q, k, v = (array.astype(dtype) for array in inputs(2, 4, 2, 1, 90))
    cut = ops.attention(q, k[:, :, :keys].copy(), v[:, :, :keys].copy())
    masked = ops.attention(q, k, v, mask=np.arange(90) < keys)
    np.testing.assert_array_equal(masked, cut)


def test_each_query_has_the_bits_that_it_has_alone():
    q, k, v = (array.astype("float32") for array in inputs(1, 2, 1, 140, 140))
    y = ops.attention(q, k, v, causal=True)
    for t in (0, 1, 63, 64, 139):
        alone = ops.attention(q[:, :, t : t + 1].copy(), k, v, mask=np.arange(140) <= t)
        np.testing.assert_array_equal(y[:, :, t : t + 1], alone)


def test_dropout_gets_every_block_once():
    q, k, v = inputs(2, 2, 1, 70, 3)  # 140 queries for each of two pairs: three blocks each

    def by_block(weights, block):
        return weights * ops.cast(block + 1, weights.dtype)

    y = ops.attention(q, k, v, dropout=by_block)
    factor = (np.arange(140) // 64 + 1 + 3 * np.arange(2)[:, None]).reshape(2, 2, 70, 1)
    np.testing.assert_allclose(y, formula(q, k, v)[1] * factor, rtol=1e-12)


Q, K, V = inputs(2, 4, 2, 3, 5)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "match"),
    [
        ((Q[0], K, V), {}, ShapeError, r"q float64\[4, 3, 3\].*each has four axes"),
        ((Q, K[:1], V), {}, ShapeError, r"samples, units of q and k, heads and length"),
        ((Q[:, :3], K, V), {}, ShapeError, r"the heads of q be a multiple of those of k"),
        ((Q, K, V), {"causal": True}, ShapeError, "causal needs as many queries as keys"),
        ((Q, K, V), {"mask": np.ones((3, 4), bool)}, ShapeError, r"does not broadcast to .*\(2, 4"),
        ((Q, K, V), {"mask": np.ones((3, 5))}, DTypeError, r"float64\[3, 5\]; it is of bools"),
        (tuple(a.astype("int32") for a in (Q, K, V)), {}, DTypeError, "they must be floats"),
    ],
)
def test_refused(arguments, options, error, match):
    with pytest.raises(error, match=match):
        ops.attention(*(np.ascontiguousarray(a) for a in arguments), **options)
