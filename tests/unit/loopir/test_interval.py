import pytest

from constnet import dtypes
from constnet.loopir import types as ir
from constnet.loopir.builder import idx, var
from constnet.loopir.interval import Interval, interval_of

i, j, unknown = var("i"), var("j"), var("u")
KNOWN = {"i": Interval(0, 7), "j": Interval(-3, 5)}


@pytest.mark.parametrize(
    ("expr", "low", "high"),
    [
        (i * 8 + j, -3, 61),
        (i - j, -5, 10),
        (j * -2, -10, 6),
        (i // 2, 0, 3),
        (j // 2, -1, 2),
        (i % 4, 0, 3),
        (i % 16, 0, 7),
        (unknown % 4, -3, 3),
        (i << idx(2), 0, 28),
        (i >> idx(1), 0, 3),
        (ir.minimum(unknown, 5), None, 5),
        (ir.maximum(ir.minimum(unknown, 5), 0), 0, 5),
        (ir.select(i < 3, i, j), -3, 7),
        (unknown + i, None, None),
        (ir.Cast(i, dtypes.int64), 0, 7),
        (ir.Cast(ir.Local("f", dtypes.float32), ir.index), None, None),
    ],
)
def test_interval(expr, low, high):
    assert interval_of(expr, KNOWN) == (low, high)


def test_every_value_lies_inside():
    for a in range(8):
        for b in range(-3, 6):
            values = {"i": Interval(a, a), "j": Interval(b, b)}
            for expr in (i * 8 + j, i - j, j // 2, i % 4, ir.maximum(i, j)):
                exact, whole = interval_of(expr, values), interval_of(expr, KNOWN)
                assert whole.low <= exact.low <= exact.high <= whole.high
