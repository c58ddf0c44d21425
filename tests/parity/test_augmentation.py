"""Augmented training: the same bits compiled as on the interpreter, on any number of threads."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.runtime.batches import Batches
from constnet.runtime.engine import NativeEngine
from constnet.train.interpreter_engine import InterpreterEngine
from constnet.train.step import build_step
from tests.lowered import COMPILERS

pytestmark = pytest.mark.skipif(not COMPILERS, reason="no C compiler: see `constnet doctor`")
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 9, 10, 2))
LAYERS = {
    "moved": [nn.RandomFlip("both"), nn.RandomShift(2, 0.3, "reflect"), nn.RandomCrop(7, 8, 2)],
    "covered": [nn.Cutout(4, value=3.0), nn.RandomShift(1, 1, "edge"), nn.RandomCrop(9, 9)],
    "turned": [nn.RandomRotation(40, "edge"), nn.RandomZoom(0.3, value=5.0)],
    "colored": [nn.RandomBrightness(9.0), nn.RandomContrast(0.7)],
}


def trained(make, layers, dtype, steps=3):
    """theta after a few steps on an engine."""
    x = IMAGES.astype(dtype)
    net = nn.Sequential(*layers, nn.Rescaling(1 / 255), nn.Flatten(), nn.Dense(3))
    model = cn.Model(nn.from_config(net.config()), "mse", cn.optim.Adam(0.1), numerics="exact")
    tables = model.tables(x, np.ones((12, 3), np.float32))
    step = build_step(model.store().recipe, tables.source(12))
    state = {name: array.copy() for name, array in model.store().arrays.items()}
    engine = make(step, None, tables.feeds(), Batches(12, 12, False, (1, 2)), state)
    engine.run(steps)
    return engine.state["theta"]


def native(threads):
    def make(*parts):
        return NativeEngine(*parts, "exact", COMPILERS[0], threads=threads)

    return make


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("kind", LAYERS)
def test_compiled_steps_are_the_interpreters(kind, dtype):
    engines = (InterpreterEngine, native(1), native(3))
    results = [trained(make, LAYERS[kind], dtype) for make in engines]
    assert np.abs(results[0]).sum() > 0
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])
