"""Model files: round trips, and every way in which a file can be wrong."""

import errno
import json
import os
import struct

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.runtime import toolchain

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


def make(optimizer=None):
    net = nn.Sequential(nn.Normalization().adapt(X), nn.Dense(3, 4), nn.BatchNorm(), nn.Dense(1))
    return cn.Model(net, "huber", optimizer or cn.optim.Adam(0.01), ["mae"], seed=9)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model.safetensors"
    model = make()
    model.fit(X, Y, epochs=2, verbose=0)
    model.metadata["note"] = {"unit": "m"}
    model.save(path, checkpoint=True)
    return model, path


def test_a_loaded_model_predicts_and_trains_the_same_bits(saved):
    model, path = saved
    loaded = cn.load(path)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.metadata == {"note": {"unit": "m"}}
    assert loaded.seed == 9
    assert loaded.step == 2
    assert loaded.evaluate(X, Y) == model.evaluate(X, Y)
    again = cn.load(path)
    assert loaded.fit(X, Y, verbose=0).history == again.fit(X, Y, verbose=0).history


def test_the_curves_of_training_come_back(tmp_path, saved):
    model, path = saved
    assert cn.load(path).history.history == model.history.history
    assert cn.load(path).history.epoch == [0, 1]
    model.save(tmp_path / "plain")
    assert cn.load(tmp_path / "plain").history.history == model.history.history
    untrained = make()
    untrained.build_for([(3,)])
    untrained.save(tmp_path / "untrained")
    assert cn.load(tmp_path / "untrained").history.epoch == []


def test_a_run_that_is_resumed_keeps_its_curves(tmp_path):
    model = make()
    model.fit(X, Y, epochs=3, verbose=0, resume=tmp_path / "run")
    assert cn.load(tmp_path / "run").history.history == model.history.history


def test_equal_models_make_equal_files(tmp_path):
    for name in ("a", "b"):
        model = make()
        model.fit(X, Y, verbose=0)
        model.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def split(data):
    """A safetensors file as its header and the bytes that follow."""
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header, body):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def edited(path, tmp_path, change):
    """The file with its constnet header changed by `change`."""
    header, body = split(path.read_bytes())
    inner = json.loads(header["__metadata__"]["constnet"])
    change(inner)
    header["__metadata__"]["constnet"] = json.dumps(inner)
    place = tmp_path / "edited.safetensors"
    place.write_bytes(joined(header, body))
    return place


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("format", 2, "written by a newer constnet"),
        ("format", True, "its format is True"),
        ("format", "1", "its format is '1'"),
        ("kind", "virus", "'kind' is 'virus'"),
        ("net", {"class": "Popen", "arguments": {}}, "Popen"),
        ("net", [], "'net'"),
        ("input_shapes", [[4]], "'input_shapes'"),
        ("input_shapes", [[-1]], "'input_shapes'"),
        ("input_shapes", [[2**40]], "'input_shapes'"),
        ("input_shapes", 3, "'input_shapes'"),
        ("frozen", ["nowhere"], "'frozen'"),
        ("frozen", ["layers.1.weight"], "slot.m|slot"),
        ("losses", [{"class": "Evil"}], "'losses'"),
        ("losses", "mse", "'losses'"),
        ("optimizer", {"class": "Adam", "learning_rate": "high"}, "'optimizer'"),
        ("optimizer", None, "'optimizer'"),
        ("metrics", [[{"class": "?"}]], "'metrics'"),
        ("metrics", {}, "'metrics'"),
        ("dtype", "float64", r"tensor '.*' is float32"),
        ("dtype", "int8", "'dtype' is 'int8'"),
        ("numerics", "fast", "'numerics' is 'fast'"),
        ("seed", -1, "'seed' is -1"),
        ("seed", 2**64, "'seed'"),
        ("step", 2**32, "'step'"),
        ("step", 1, "digest"),
        ("hyper", [1], "'hyper'"),
        ("hyper", ["x", 0, 0, 0], "'hyper'"),
        ("hyper", [10**400, 0, 0, 0], "'hyper'"),
        ("hyper", [1e300, 0, 0, 0], "'hyper'"),
        ("hyper", [-1, 0, 0, 0], "'hyper'"),
        ("training", [], "'training'"),
        ("metadata", 7, "'metadata'"),
        ("metadata", {"constnet.history": [1]}, "its history of training is not understood"),
        ("metadata", {"a": {"float": []}}, "digest"),
        ("metadata", {"a": {"array": [1], "shape": [2**40], "dtype": "int8"}}, "'metadata'"),
        ("digest", "00", "digest"),
        ("extra", 1, "unknown"),
    ],
)
def test_each_field_of_the_header_is_checked(saved, tmp_path, field, value, match):
    place = edited(saved[1], tmp_path, lambda inner: inner.__setitem__(field, value))
    with pytest.raises(cn.FormatError, match=match):
        cn.load(place)


@pytest.mark.parametrize("field", ["net", "seed", "digest", "training", "format"])
def test_a_missing_field_is_refused(saved, tmp_path, field):
    with pytest.raises(cn.FormatError, match=r"cannot be read as a constnet model"):
        cn.load(edited(saved[1], tmp_path, lambda inner: inner.pop(field)))


@pytest.mark.parametrize("cut", [0, 4, 8, 100, 2000, -1])
def test_a_truncated_file_is_refused(saved, tmp_path, cut):
    place = tmp_path / "cut"
    place.write_bytes(saved[1].read_bytes()[:cut])
    with pytest.raises(cn.FormatError, match="truncated or no safetensors file"):
        cn.load(place)


def test_a_changed_weight_is_noticed(saved, tmp_path):
    data = bytearray(saved[1].read_bytes())
    data[-3] ^= 1
    place = tmp_path / "flipped"
    place.write_bytes(bytes(data))
    with pytest.raises(cn.FormatError, match="damaged or changed"):
        cn.load(place)


def test_other_files_are_refused(tmp_path):
    place = tmp_path / "file"
    place.write_bytes(joined({"__metadata__": {"format": "pt"}}, b""))
    with pytest.raises(cn.FormatError, match="its metadata has format"):
        cn.load(place)
    place.write_bytes(joined({"__metadata__": {"constnet": '{"a": 1, "a": 2}'}}, b""))
    with pytest.raises(cn.FormatError, match="occurs twice"):
        cn.load(place)
    place.write_bytes(joined({"__metadata__": {"constnet": '{"a": NaN}'}}, b""))
    with pytest.raises(cn.FormatError, match="NaN is not a JSON number"):
        cn.load(place)
    place.write_bytes(joined({"__metadata__": {"constnet": "[" * 100_000}}, b""))
    with pytest.raises(cn.FormatError, match="not strict JSON"):
        cn.load(place)
    with pytest.raises(cn.UsageError, match="there is no model file"):
        cn.load(tmp_path / "missing")


def test_a_full_disk_leaves_the_old_file(saved, tmp_path, monkeypatch):
    model, _ = saved
    place = tmp_path / "model.safetensors"
    model.save(place)
    before = place.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(cn.StorageError, match="No space left on device"):
        model.save(place)
    assert place.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["model.safetensors"]


def test_custom_layers_are_named_by_the_reader(tmp_path):
    class Twice(nn.Layer):
        def call(self, x):
            return x * 2.0

    model = cn.Model(nn.Sequential(nn.Dense(3, 1), Twice()))
    model.save(tmp_path / "custom")
    with pytest.raises(cn.FormatError, match="Twice"):
        cn.load(tmp_path / "custom")
    loaded = cn.load(tmp_path / "custom", custom_layers={"Twice": Twice})
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_bytes_changed_at_random_are_refused_and_never_compiled(saved, tmp_path, monkeypatch):
    def compiled(*_, **__):
        raise AssertionError("a damaged file reached the compiler")

    monkeypatch.setattr(toolchain.Compiler, "run", compiled)
    rng = np.random.default_rng(0)
    data = saved[1].read_bytes()
    place = tmp_path / "fuzzed"
    for _ in range(300):
        changed = bytearray(data)
        spot = int(rng.integers(len(changed)))
        changed[spot] ^= int(rng.integers(1, 256))
        place.write_bytes(bytes(changed))
        try:
            cn.load(place)
        except cn.FormatError:
            continue
        raise AssertionError(f"byte {spot} was changed and nobody noticed")
