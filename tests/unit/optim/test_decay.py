"""Which parameters decay; the arithmetic is tested with `Optimizer`."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn, optim
from constnet.lowering.lower import lower
from constnet.lowering.target import PORTABLE
from constnet.passes import run
from constnet.train.step import build_step

SHAPES = {"layers.0.weight": (4, 3), "layers.0.bias": (3,), "layers.1.weight": (3,)}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ((), set()),
        (("vectors",), {"layers.0.bias", "layers.1.weight"}),
        (("*.bias",), {"layers.0.bias"}),
        (("layers.1.*", "*.bias"), {"layers.0.bias", "layers.1.weight"}),
    ],
)
def test_patterns_and_vectors(patterns, expected):
    optimizer = optim.AdamW(exclude_from_decay=patterns)
    assert optimizer.undecayed(SHAPES) == expected
    again = optim.from_config(optimizer.config())
    assert again.exclude_from_decay == patterns


def test_one_pattern_needs_no_tuple():
    assert optim.AdamW(exclude_from_decay="vectors").exclude_from_decay == ("vectors",)


@pytest.mark.parametrize("given", [3, ("",), (1,), None])
def test_what_is_no_pattern(given):
    with pytest.raises(cn.UsageError, match=r"AdamW\(exclude_from_decay=.*expected patterns"):
        optim.AdamW(exclude_from_decay=given)


def test_a_pattern_that_matches_nothing():
    with pytest.raises(
        cn.UsageError, match=r"'\*\.beta', which matches none of the parameters lay"
    ):
        optim.SGD(l2=0.1, exclude_from_decay="*.beta").undecayed(SHAPES)


def trained(exclude, x, y):
    net = nn.Sequential(nn.Dense(2, 20), nn.LayerNorm(), nn.Dense(20, 1))
    optimizer = optim.AdamW(0.01, weight_decay=0.5, exclude_from_decay=exclude)
    model = cn.Model(net, "mse", optimizer, dtype="float64")
    model.fit(x, y, epochs=5, verbose=0)
    return model


def test_only_what_is_not_excluded_shrinks():
    x = np.zeros((8, 2))  # so that the first kernel has no gradient
    free, kept = trained("*0.weight", x, x[:, :1]), trained("vectors", x, x[:, :1])
    start = cn.Model(nn.from_config(free.net.config()), "mse", dtype="float64")
    start = start.get_weights()["layers.0.weight"]
    np.testing.assert_array_equal(free.get_weights()["layers.0.weight"], start)
    shrunk = start * (1 - 0.01 * 0.5) ** 5
    np.testing.assert_allclose(kept.get_weights()["layers.0.weight"], shrunk, rtol=1e-12)


def test_the_update_stays_one_pass_without_a_mask_in_memory():
    x = np.ones((8, 2))
    programs = []
    for exclude in ((), ("vectors",)):
        model = trained(exclude, x, x[:, :1])
        source = model.tables(x, x[:, :1]).source(8)
        step = build_step(model.store().recipe, source)
        programs.append(lower(run(step.graph), PORTABLE, "fma", step.donations, "step"))
    plain, excluding = programs
    assert len(excluding.kernels) == len(plain.kernels)
    assert excluding.arena_bytes == plain.arena_bytes
    assert len(excluding.buffers) == len(plain.buffers)
