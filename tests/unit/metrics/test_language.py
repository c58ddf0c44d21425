import math

import numpy as np
import pytest

from constnet import losses, metrics
from constnet.errors import ShapeError, UsageError

RNG = np.random.default_rng(0)
LABELS, LOGITS = RNG.integers(0, 5, (3, 4)), RNG.normal(size=(3, 4, 5))
SHARES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=-1, keepdims=True)
SURPRISE = -np.log(np.take_along_axis(SHARES, LABELS[..., None], axis=-1)[..., 0])


@pytest.mark.parametrize("targets", [LABELS, np.eye(5)[LABELS]])
def test_perplexity_and_bits_of_labels_and_one_hot_targets(targets):
    logits = metrics.Perplexity(from_logits=True)(targets, LOGITS)
    np.testing.assert_allclose(logits, np.exp(SURPRISE.mean()), rtol=1e-12)
    shares = metrics.Perplexity()(targets, 3 * SHARES)
    np.testing.assert_allclose(shares, np.exp(SURPRISE.mean()), rtol=1e-12)
    bits = metrics.BitsPerCharacter(from_logits=True)(targets, LOGITS)
    np.testing.assert_allclose(bits, SURPRISE.mean() / math.log(2), rtol=1e-12)


def test_a_mask_leaves_positions_out():
    mask = RNG.uniform(size=(3, 4)) < 0.5
    bits = metrics.BitsPerCharacter()(LABELS, SHARES, mask)
    np.testing.assert_allclose(bits, SURPRISE[mask].mean() / math.log(2), rtol=1e-12)


def test_knowing_nothing_is_as_many_as_there_are_classes():
    assert metrics.Perplexity(from_logits=True)([0, 3], np.zeros((2, 8))) == pytest.approx(8.0)
    assert metrics.BitsPerCharacter(from_logits=True)([1], np.zeros((1, 8))) == pytest.approx(3.0)


def test_names_beside_a_loss_of_logits():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    assert metrics.get("perplexity", loss) == metrics.Perplexity(from_logits=True)
    assert metrics.get("bpc", loss) == metrics.BitsPerCharacter(from_logits=True)
    assert metrics.get("bits_per_character") == metrics.BitsPerCharacter()


def test_settings_and_shapes_are_checked():
    with pytest.raises(UsageError, match="from_logits must be"):
        metrics.Perplexity(from_logits=1)
    with pytest.raises(ShapeError, match=r"perplexity\] targets are int32\[3, 5\]"):
        metrics.Perplexity()(np.zeros((3, 5), int), LOGITS)
