"""Mixup: shares, pairs, losses and metrics against NumPy."""

import math
from dataclasses import replace

import numpy as np
import pytest

import constnet as cn
from constnet import dtypes, interpreter, nn
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Trace, tracing
from constnet.runtime.batches import Batches
from constnet.train.interpreter_engine import InterpreterEngine
from constnet.train.mixing import beta_quantiles, mix
from constnet.train.objective import Batch
from constnet.train.step import build_step

RNG = np.random.default_rng(0)
X = RNG.normal(size=(9, 2, 2, 1))
Y = RNG.integers(0, 3, 9).astype(np.int32)


def mixed(x, y, weight=None, alpha=0.4, seed=1):
    """Inputs, both targets, both weights, their shares and what metrics see, as arrays."""
    trace = Trace(GraphBuilder("mix"), training=True, dtype=dtypes.float64)
    arrays = [np.asarray([seed, 7], np.uint32), np.asarray(3, np.uint32), x, y]
    arrays += [] if weight is None else [weight]
    with tracing(trace):
        tensors = [
            trace.input(f"in{i}", TensorType(a.shape, dtypes.as_dtype(a.dtype)))
            for i, a in enumerate(arrays)
        ]
        trace.extras |= {"seed": tensors[0], "step": tensors[1]}
        batch = Batch((tensors[2],), (tensors[3],), *tensors[4:])
        made = mix(batch, alpha, dtypes.float64)
        one, other = made.targets
        wanted = [made.xs[0], one.ys[0], other.ys[0], one.share, other.share, made.ys[0]]
        wanted += [] if weight is None else [one.weight, other.weight, made.weight]
    graph = trace.builder.build(tensor.value for tensor in wanted)
    return interpreter.run(graph, arrays)


def partners(x, seed=1):
    """Which row each was paired with, from labels that are row numbers."""
    return mixed(x, np.arange(len(x), dtype=np.int32), seed=seed)[2]


def test_inputs_are_means_and_targets_come_in_pairs():
    m, (x, y1, y2, share, rest, _) = partners(X), mixed(X, Y)
    r = share[:, None, None, None]
    np.testing.assert_allclose(x, r * X + (1 - r) * X[m], atol=1e-12)
    np.testing.assert_array_equal(y1, Y)
    np.testing.assert_array_equal(y2, Y[m])
    np.testing.assert_allclose(rest, 1 - share)
    assert len(np.unique(share)) > 5


def test_every_other_row_may_be_the_partner_and_all_have_one():
    offsets = set()
    for seed in range(60):
        m = partners(X, seed)
        assert sorted(m) == list(range(9))
        offsets.add(int((m[0] - 0) % 9))
        assert ((m - np.arange(9)) % 9 == m[0]).all()
    assert offsets == set(range(1, 9))


def test_metrics_see_the_target_and_weight_of_the_larger_share():
    weight = RNG.uniform(size=9)
    _, y1, y2, share, _, seen, w1, w2, seen_weight = mixed(X, Y, weight)
    m = partners(X)
    np.testing.assert_array_equal(seen, np.where(share >= 0.5, y1, y2))
    np.testing.assert_array_equal((w1, w2), (weight, weight[m]))
    np.testing.assert_array_equal(seen_weight, np.where(share >= 0.5, w1, w2))


def test_bytes_are_mixed_as_floats():
    x = RNG.integers(0, 256, X.shape, dtype=np.uint8)
    m, (found, _, _, share, _, _) = partners(X), mixed(x, Y)
    r = share[:, None, None, None]
    np.testing.assert_allclose(found, r * x + (1 - r) * x[m], atol=1e-10)


def test_one_sample_alone_stays_as_it_is():
    net = nn.Sequential(nn.Dense(1, 1))
    plain, alone = cn.Model(net, "mse"), cn.Model(nn.from_config(net.config()), "mse")
    first = plain.fit(X[:1, 0, 0], X[:1, 0, 0], verbose=0)
    assert alone.fit(X[:1, 0, 0], X[:1, 0, 0], mixup=0.5, verbose=0)["loss"] == first["loss"]


def test_token_ids_have_no_mean():
    model = cn.Model(nn.Sequential(nn.Embedding(5, 2), nn.Flatten(), nn.Dense(1)), "mse")
    ids = np.ones((4, 3), np.int32)
    with pytest.raises(cn.UsageError, match=r"an input is int32\[4, 3\]: whole numbers such as"):
        model.fit(ids, np.ones(4), mixup=0.2, verbose=0)


@pytest.mark.parametrize("alpha", [0.1, 0.2, 0.5, 1.0, 2.0, 30.0])
def test_quantiles_are_those_of_the_distribution(alpha):
    table = beta_quantiles(alpha, 1024)
    assert (np.diff(table) >= 0).all()
    np.testing.assert_allclose(table, 1 - table[::-1], atol=1e-15)
    np.testing.assert_allclose(table.var(), 1 / (4 * (2 * alpha + 1)), rtol=0.01)
    drawn = np.sort(np.random.default_rng(1).beta(alpha, alpha, 200_000))
    expected = drawn[((np.arange(1024) + 0.5) / 1024 * len(drawn)).astype(int)]
    np.testing.assert_allclose(table, expected, atol=0.02)


def test_quantiles_of_known_distributions():
    chances = (np.arange(100) + 0.5) / 100
    np.testing.assert_allclose(beta_quantiles(1.0, 100), chances, atol=1e-9)  # uniform
    arcsine = np.sin(math.pi * chances / 2) ** 2
    np.testing.assert_allclose(beta_quantiles(0.5, 100), arcsine, atol=1e-7)
    assert beta_quantiles(0.3, 3)[1] == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("kind", ["none", "rows", "mask", "classes"])
def test_the_loss_is_the_mean_of_both_by_their_shares(kind):
    """The share and the partner are read from a twin that mixes the same draws."""
    x = X.reshape(9, 4)
    weight = {"rows": RNG.uniform(size=9), "mask": RNG.uniform(size=9) < 0.5}.get(kind)
    loss = cn.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = cn.Model(nn.Sequential(nn.Dense(4, 3)), loss, cn.optim.SGD(0.0), dtype="float64")
    tables = model.tables(x, Y, weight)
    table = np.array([1.0, 2.0, 5.0]) if kind == "classes" else np.ones(3)
    by_class = tuple(table) if kind == "classes" else None
    recipe = replace(model.store().recipe, mixup=0.4, class_weight=by_class)
    step = build_step(recipe, tables.source(9))
    engine = InterpreterEngine(
        step, None, tables.feeds(), Batches(9, 9, False, (0, 0)), model.store().arrays
    )
    graph, arrays = engine.inputs()
    found = float(interpreter.run(graph.graph, arrays)[-1])
    # The layers' streams begin at 16, as in a trace without a stream, so draws are the same.
    seed, at = model.store().arrays["seed"], model.store().arrays["step"]
    trace = Trace(GraphBuilder("draws"), dtype=dtypes.float64)
    with tracing(trace):
        inputs = [trace.input("seed", TensorType((2,), dtypes.uint32))]
        inputs.append(trace.input("step", TensorType((), dtypes.uint32)))
        trace.extras |= {"seed": inputs[0], "step": inputs[1]}
        rows = cn.ops.constant(np.arange(9.0)[:, None])
        made = mix(Batch((rows,), (rows,)), 0.4, dtypes.float64)
        outputs = [made.targets[1].ys[0].value, made.targets[0].share.value]
    m, share = interpreter.run(trace.builder.build(outputs), [seed, at])
    m, r = m[:, 0].astype(int), share[:, None]
    scores = (r * x + (1 - r) * x[m]) @ model.get_weights()["layers.0.weight"]
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    w = np.ones(9) if weight is None else weight.astype(float)
    own = -log_p[np.arange(9), Y] * w * table[Y]
    other = -log_p[np.arange(9), Y[m]] * w[m] * table[Y[m]]
    count = weight.sum() if kind == "mask" else 9
    expected = np.sum(share * own + (1 - share) * other) / count
    np.testing.assert_allclose(found, expected, rtol=1e-12)
