"""A step as a program: its state is changed in place, and it has the bits of the whole sequence."""

from types import SimpleNamespace

import numpy as np
import pytest

from constnet import nn
from constnet.errors import UsageError
from constnet.export import export_model, verify_artefact
from constnet.export.recording import expected
from constnet.export.stream import donations_of, most_steps, trace_stream

X = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")


def made(net, shape=(9, 4), numerics="exact"):
    net.build(shape)
    net.initialize(3)
    return SimpleNamespace(net=net, numerics=numerics)


def gated():
    return made(
        nn.Sequential(
            nn.Conv1D(6, 3, padding="causal"), nn.LSTM(5, return_sequences=True), nn.Dense(3)
        )
    )


def test_states_are_changed_in_place():
    network = trace_stream(gated(), numerics="exact")
    spaces = {buffer.name: buffer.space for buffer in network.program.buffers}
    assert {name: spaces[name] for name in network.stream.slots} == {
        "layers.0.last": "state",
        "layers.1.h": "state",
        "layers.1.c": "state",
    }
    assert donations_of(network.stream).keys() == {1, 2, 3}
    assert [str(type_) for type_ in network.input_types] == ["float32[1, 4]"]
    assert [str(type_) for type_ in network.output_types] == ["float32[1, 3]"]


def test_recorded_steps_follow_one_another():
    model = gated()
    network = trace_stream(model, numerics="exact", batch=2)
    steps = expected(network, [(X[:, t],) for t in range(9)])
    whole = model.net.forward(X)
    np.testing.assert_array_equal(np.stack([y for (y,) in steps], 1), whole)


def test_a_full_cache_begins_again_where_calls_are_compared():
    model = made(nn.MultiHeadAttention(2, causal=True, capacity=4))
    network = trace_stream(model, numerics="exact")
    assert most_steps(network.stream) == 4
    steps = expected(network, [(X[:1, t % 4],) for t in range(8)])
    np.testing.assert_array_equal(steps[0], steps[4])
    np.testing.assert_array_equal(steps[3], steps[7])
    assert (steps[0][0] != steps[1][0]).any()


@pytest.mark.parametrize("form", ["net.c", "net.h"])
@pytest.mark.parametrize("arena", ["static", "caller"])
def test_exact_artefacts_agree_in_bits(form, arena, tmp_path):
    model = gated()
    export_model(model, tmp_path / form, stream=True, arena=arena, batch=2)
    report = verify_artefact(model, tmp_path / form, inputs=X[0], count=20)
    assert (report.ok, report.calls, report.differing) == (True, 25, 0)


def test_fma_artefacts_agree_with_the_host(tmp_path):
    model = made(nn.Sequential(nn.GRU(5), nn.Dense(3)), numerics="fma")
    export_model(model, tmp_path / "net.c", stream=True)
    report = verify_artefact(model, tmp_path / "net.c", count=10)
    assert (report.ok, report.differing_from_host) == (True, 0)


def test_ids_positions_and_a_cache(tmp_path):
    block = nn.TransformerBlock(2, 12, causal=True, rotary=True, kv_heads=1)
    net = nn.Sequential(nn.Embedding(7, 8), nn.SinusoidalPosition(), block, nn.Dense(7))
    model = made(net, 6)
    source, _ = export_model(model, tmp_path / "net.c", stream=True)
    assert "inputs=int32" in source.read_text()
    report = verify_artefact(model, source, count=15)
    assert (report.ok, report.differing) == (True, 0)


def test_a_network_without_memory(tmp_path):
    model = made(nn.Sequential(nn.Dense(3), nn.ReLU()))
    export_model(model, tmp_path / "net.c", stream=True)
    assert verify_artefact(model, tmp_path / "net.c", count=3).ok


def test_refused(tmp_path):
    with pytest.raises(UsageError, match=r"Bidirectional.* cannot run step by step"):
        export_model(made(nn.Bidirectional(nn.GRU(2))), tmp_path / "net.c", stream=True)
    with pytest.raises(UsageError, match=r"stream=True is for C: give a path that ends in \.c"):
        export_model(gated(), tmp_path / "net.rs", stream=True)
    with pytest.raises(UsageError, match="is not built, so it cannot be exported"):
        trace_stream(SimpleNamespace(net=nn.GRU(3)), numerics="exact")
    with pytest.raises(UsageError, match="input_dtypes has 2 names; the network has 1 inputs"):
        trace_stream(gated(), numerics="exact", input_dtypes=["float32"] * 2)
