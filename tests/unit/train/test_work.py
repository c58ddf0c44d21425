"""A batch in parts: the gradient, loss and metrics of the whole, against one pass and NumPy."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.runtime.batches import Batches
from constnet.train.interpreter_engine import InterpreterEngine
from constnet.train.step import build_step

RNG = np.random.default_rng(0)
X = RNG.normal(size=(11, 5))
Y = RNG.integers(0, 3, 11)
WEIGHTS = {"none": None, "rows": RNG.uniform(size=11), "mask": RNG.uniform(size=11) < 0.4}
LOSS = cn.losses.SparseCategoricalCrossentropy(from_logits=True)


def model_of(*layers, optimizer=None):
    options = {"metrics": ["accuracy"], "dtype": "float64"}
    return cn.Model(nn.Sequential(*layers), LOSS, optimizer or cn.optim.SGD(0.1), **options)


def after(model, rows, weight=None, steps=2, **changes):
    """The state after steps of whole batches in parts of `rows`, on the interpreter."""
    tables = model.tables(X, Y, weight)
    recipe = replace(model.store().recipe, micro_rows=rows, **changes)
    state = {name: array.copy() for name, array in model.store().arrays.items()}
    step = build_step(recipe, tables.source(11))
    engine = InterpreterEngine(step, None, tables.feeds(), Batches(11, 11, False, (1, 2)), state)
    engine.run(steps)
    return engine.state


def plain():
    penalty = nn.regularizers.L2(0.1)
    return nn.Dense(5, 6, kernel_regularizer=penalty), nn.Tanh(), nn.Dense(6, 3)


@pytest.mark.parametrize("rows", [1, 4, 5, 11, 20])
@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("class_weight", [None, (1.0, 3.0, 0.5)])
def test_parts_of_any_size_add_up_to_the_whole(rows, kind, class_weight):
    model = model_of(*plain())
    changes = {"class_weight": class_weight}
    whole = after(model, None, WEIGHTS[kind], **changes)
    parts = after(model, rows, WEIGHTS[kind], **changes)
    for name, array in whole.items():
        np.testing.assert_allclose(parts[name], array, rtol=1e-12, atol=1e-15, err_msg=name)
    assert whole["step"] == 2


def test_operations_on_parameters_alone_have_their_gradient():
    class Unit(nn.Layer):
        def build(self, shape):
            self.weight = self.parameter("weight", (shape[0], 3))

        def call(self, x):
            weight = self.weight.as_tensor(x.trace)
            return x @ (weight / cn.ops.sum(weight * weight))

    model = model_of(Unit())
    whole, parts = after(model_of(Unit()), None), after(model, 4)
    np.testing.assert_allclose(parts["theta"], whole["theta"], rtol=1e-12)


def test_clipping_and_decay_see_the_sum():
    optimizer = cn.optim.AdamW(0.1, global_clipnorm=0.1, exclude_from_decay="vectors")
    model = model_of(*plain(), optimizer=optimizer)
    whole, parts = after(model, None), after(model, 3)
    np.testing.assert_allclose(parts["theta"], whole["theta"], rtol=1e-9)


def test_batch_norm_moves_once_for_each_part():
    layer = nn.BatchNorm(momentum=0.9)
    model = model_of(layer, nn.Dense(5, 3))
    state = after(model, 4, steps=1)
    mean = np.zeros(5)
    for rows in (X[:4], X[4:8], X[8:]):
        mean = 0.9 * mean + 0.1 * rows.mean(axis=0)
    np.testing.assert_allclose(state["state.layers.0.moving_mean"], mean, rtol=1e-12)


def test_states_that_no_layer_updates_are_not_written():
    layer = nn.Normalization()
    layer.adapt(X)
    model = model_of(layer, nn.BatchNorm(), nn.Dense(5, 3))
    tables = model.tables(X, Y)
    recipe = replace(model.store().recipe, micro_rows=4)
    step = build_step(recipe, tables.source(11))
    written = {step.graph.inputs[source].name for source in step.donations.values()}
    states = {name for name in written if name.startswith("state.")}
    assert states == {"state.layers.1.moving_mean", "state.layers.1.moving_variance"}


def test_parts_draw_their_own_random_numbers():
    class Draws(nn.Layer):
        def build(self, shape):
            self.seen = self.state_variable("seen", (4, *shape)[:1])

        def call(self, x):
            if nn.is_training():
                drawn = nn.random.uniform((4,))
                self.seen.assign(self.seen.as_tensor(x.trace) * 10.0 + drawn)
            return x

    model = model_of(Draws(), nn.Dense(5, 3))
    first, both = (after(model, rows, steps=1)["state.layers.0.seen"] for rows in (11, 6))
    assert (first < 1).all()
    second = both - 10.0 * first  # the first part's key is that of one part alone
    assert ((second >= 0) & (second < 1)).all()
    assert np.abs(second - first).min() > 1e-3


def test_fit_in_parts_is_fit_at_once():
    logs = []
    for parts in (1, 2, 4):
        net = nn.Sequential(nn.Dense(5, 6), nn.Tanh(), nn.Dense(6, 3))
        model = cn.Model(net, LOSS, cn.optim.Adam(0.01), ["accuracy"], dtype="float64")
        logs.append(model.fit(X, Y, batch_size=8, epochs=3, accumulate=parts, verbose=0))
    for one, other in itertools.pairwise(logs):
        np.testing.assert_allclose(one["loss"], other["loss"], rtol=1e-12)
        np.testing.assert_allclose(one["accuracy"], other["accuracy"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accumulate": 3, "batch_size": 8}, "accumulate is 3, and batch_size 8 is no multiple"),
        ({"accumulate": 0}, "accumulate is 0; expected at least 1"),
        ({"accumulate": 1.5}, r"accumulate is 1\.5; expected a whole number"),
        ({"mixup": 0.0}, r"mixup is 0\.0; expected the alpha of a Beta distribution"),
        ({"mixup": True}, "mixup is True"),
    ],
)
def test_refused_options(options, message):
    with pytest.raises(cn.UsageError, match=message):
        model_of(*plain()).fit(X, Y, verbose=0, **options)


def test_a_run_is_resumed_with_the_same_parts(tmp_path):
    path, options = tmp_path / "run.ckpt", {"batch_size": 4, "verbose": 0}
    model_of(*plain()).fit(X, Y, resume=path, accumulate=2, **options)
    with pytest.raises(cn.UsageError, match="micro_rows=2 there, None here"):
        model_of(*plain()).fit(X, Y, resume=path, accumulate=1, epochs=2, **options)
    with pytest.raises(cn.UsageError, match=r"mixup=None there, 0\.2 here"):
        model_of(*plain()).fit(X, Y, resume=path, accumulate=2, mixup=0.2, epochs=2, **options)
