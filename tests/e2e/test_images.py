"""Networks over images from data to C: trained in the compiled step, exported, verified."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.export import export_model, verify_artefact


def network():
    return nn.Sequential(
        nn.Rescaling(1 / 16),
        nn.Reshape((8, 8, 1)),
        nn.Conv2D(8, 3, padding="same", use_bias=False),
        nn.BatchNorm(momentum=0.9),
        nn.ReLU(),
        nn.MaxPool2D(),
        nn.DepthwiseConv2D(3, padding="same"),
        nn.BatchNorm(momentum=0.9),
        nn.ReLU(),
        nn.SpatialDropout2D(0.1),
        nn.Conv2D(16, 1, activation="relu"),
        nn.AveragePool2D(),
        nn.Flatten(),
        nn.Dense(10),
    )


@pytest.fixture(scope="module")
def model():
    """A small network trained on the digits, in exact mode."""
    (x, y), test = cn.data.digits()
    loss = cn.losses.SparseCategoricalCrossentropy(from_logits=True)
    made = cn.Model(
        network(),
        loss=loss,
        optimizer=cn.optim.Adam(1e-2),
        metrics=["accuracy"],
        seed=0,
        numerics="exact",
    )
    history = made.fit(x, y, epochs=4, batch_size=32, validation_data=test, verbose=0)
    return made, history


def test_the_loss_falls_and_digits_are_told_apart(model):
    _, history = model
    losses = history.history["loss"]
    assert losses[-1] < 0.3 * losses[0]
    assert history.history["val_accuracy"][-1] > 0.85


def test_the_compiled_step_agrees_with_the_interpreter(model):
    """Predictions of the compiled network are those of `net.forward`, bit for bit."""
    made, _ = model
    _, (x, _) = cn.data.digits()
    expected = made.net.forward(x[:16].astype("float32"))
    np.testing.assert_array_equal(made.predict(x[:16].astype("float32")), expected)


@pytest.mark.parametrize("numerics", ["exact", "fma"])
def test_the_artefact_is_the_folded_network(model, numerics, tmp_path):
    made, _ = model
    _, (x, _) = cn.data.digits()
    source, _ = export_model(made, tmp_path / "net.c", numerics=numerics)
    report = verify_artefact(made, source, inputs=x[:50].astype("float32"), count=10)
    assert report.ok, str(report)
    assert report.differing == 0 or numerics == "fma"
    text = source.read_text()
    assert "folded     the factors of layers.3, layers.7 are in the weights before them" in text
    assert "moving_variance" not in text


def test_folding_moves_a_prediction_by_rounding_only(model):
    made, _ = model
    _, (x, y) = cn.data.digits()
    from constnet import interpreter
    from constnet.export.network import trace_network

    network = trace_network(made, numerics="exact", batch=len(x))
    known = {**network.values, "x0": x.astype("float32")}
    (found,) = interpreter.run(network.graph, [known[one.name] for one in network.graph.inputs])
    plain = made.predict(x)
    np.testing.assert_allclose(found, plain, rtol=1e-4, atol=1e-4)
    assert (np.argmax(found, 1) == np.argmax(plain, 1)).mean() > 0.99
    assert np.mean(np.argmax(found, 1) == y) > 0.85


def test_saved_and_loaded(model, tmp_path):
    made, _ = model
    _, (x, _) = cn.data.digits()
    made.save(tmp_path / "net.safetensors")
    again = cn.load(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(again.predict(x), made.predict(x))
