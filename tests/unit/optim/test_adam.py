import numpy as np
import pytest

from constnet import optim
from constnet.errors import UsageError

NAMES = ("Adam", "AdamW", "Nadam")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_follow_those_of_pytorch(entry, dtype, agrees):
    agrees(entry, dtype)


def test_bias_correction_keeps_its_digits_in_float32(one_step):
    update = one_step(optim.Adam(beta_1=0.9, beta_2=0.9999999, epsilon=1e-30), 1, "float32")
    ones, zeros = np.ones(1, "float32"), np.zeros(1, "float32")
    theta, *_ = update(0, zeros, ones, zeros, zeros)
    np.testing.assert_allclose(theta, -0.001, rtol=1e-5)


def test_nadam_needs_no_slot_for_its_product_of_betas(one_step):
    """After many steps of a constant gradient the closed form equals the product itself."""
    optimizer = optim.Nadam(momentum_decay=0.02)
    update = one_step(optimizer, 1, "float64")
    ones = np.ones(1)
    t = 300
    mu = 0.9 * (1 - 0.5 * 0.96 ** (0.02 * np.arange(1, t + 2)))
    product = np.prod(mu[:t])
    theta, *_ = update(t - 1, np.zeros(1), ones, ones, ones)
    size = (1 - mu[t - 1]) / (1 - product) + mu[t] / (1 - product * mu[t])
    root = np.sqrt(1 / -np.expm1(t * np.log(0.999)))
    np.testing.assert_allclose(theta, -0.001 * size / (root + 1e-7), rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.Adam(beta_2=1.0), "beta_2 must be"),
        (lambda: optim.Adam(epsilon=0), "epsilon must be a finite number and above 0"),
        (lambda: optim.Adam(amsgrad="no"), "amsgrad must be True or False"),
        (lambda: optim.Nadam(momentum_decay=0), "momentum_decay must be"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()
