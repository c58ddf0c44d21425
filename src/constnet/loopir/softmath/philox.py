"""Philox 4x32-10, the counter-based random generator, as lets of the loop language.

Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3,
and the Random123 library, whose known answers the tests use.
"""

from __future__ import annotations

from constnet import dtypes
from constnet.loopir.types import Cast, Const, Expr, Let, Local

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)

Words = tuple[Expr, Expr, Expr, Expr]


def philox_words(
    counter: Words, key: tuple[Expr, Expr], prefix: str = "philox"
) -> tuple[list[Let], Words]:
    """Return the lets that compute a block and its four uint32 words.

    Args:
        counter: Four uint32 expressions, each cheap: the first may be evaluated twice.
        key: Two uint32 expressions, evaluated in every round.
        prefix: Begins the name of each let, so that two blocks can stand in one body.
    """
    lets: list[Let] = []
    words = counter
    for number in range(ROUNDS):
        round_key = (_key(key[0], 0, number), _key(key[1], 1, number))
        words = _round(lets, words, round_key, f"{prefix}_{number}")
    return lets, words


def _key(word: Expr, which: int, number: int) -> Expr:
    step = KEY_STEPS[which] * number % 2**32
    return word + Const(step, dtypes.uint32) if step else word


def _round(lets: list[Let], words: Words, key: tuple[Expr, Expr], prefix: str) -> Words:
    high0, low0 = _multiply(lets, words[0], MULTIPLIERS[0], f"{prefix}_a")
    high1, low1 = _multiply(lets, words[2], MULTIPLIERS[1], f"{prefix}_b")
    first = _let(lets, f"{prefix}_0", high1 ^ words[1] ^ key[0])
    second = _let(lets, f"{prefix}_1", low1)
    third = _let(lets, f"{prefix}_2", high0 ^ words[3] ^ key[1])
    fourth = _let(lets, f"{prefix}_3", low0)
    return first, second, third, fourth


def _multiply(lets: list[Let], word: Expr, factor: int, name: str) -> tuple[Expr, Expr]:
    """The high and the low half of a 32 by 32 bit product."""
    wide = Cast(word, dtypes.uint64) * Const(factor, dtypes.uint64)
    product = _let(lets, name, wide)
    high = Cast(product >> Const(32, dtypes.uint64), dtypes.uint32)
    return high, Cast(product, dtypes.uint32)


def _let(lets: list[Let], name: str, value: Expr) -> Local:
    lets.append(Let(name, value))
    return Local(name, value.dtype)
