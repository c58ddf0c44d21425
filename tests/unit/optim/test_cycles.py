import numpy as np
import pytest

from constnet import optim
from constnet.errors import UsageError

NAMES = ("CosineDecay", "CosineDecayRestarts", "OneCycle")


def test_rates_are_those_of_pytorch(entry):
    schedule = optim.schedule_from_config({"class": entry["name"], **entry["arguments"]})
    np.testing.assert_allclose(schedule(range(30)), entry["rates"], rtol=1e-11, atol=1e-16)


def test_restarts_lie_on_their_steps():
    schedule = optim.CosineDecayRestarts(1.0, 1000, t_mul=2.0, m_mul=0.5)
    rates = schedule([0, 1000, 3000, 7000])
    np.testing.assert_allclose(rates, [1.0, 0.5, 0.25, 0.125], rtol=1e-14)
    assert schedule(999) < 1e-5


def test_warmup_hands_over_at_its_end():
    schedule = optim.Warmup(optim.ExponentialDecay(1.0, 0.5), 4, start=0.2)
    np.testing.assert_allclose(schedule(range(7)), [0.2, 0.4, 0.6, 0.8, 1.0, 0.5, 0.25])
    assert optim.Warmup(0.1, 2)(5) == 0.1


def test_rates_after_the_end_stay():
    assert optim.OneCycle(1.0, 10)(500) == pytest.approx(4e-6)
    assert optim.CosineDecay(1.0, 10, alpha=0.1)(500) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.CosineDecay(0.1, 10, warmup_steps=3), "a warm-up needs both"),
        (lambda: optim.CosineDecayRestarts(0.1, 1, 1.001), "restarts more than 1024 times"),
        (lambda: optim.OneCycle(0.1, 3), "no step to go up in"),
        (lambda: optim.Warmup("cosine", 3), "after must be a Schedule or a number"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()
