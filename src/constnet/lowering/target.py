"""What a schedule may know about the machine that a program is built for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constnet.dtypes import DType


@dataclass(frozen=True, slots=True)
class Target:
    """A machine as the schedule sees it.

    `vector_bytes` is the width of a vector register (0: scalar code only), `registers` how many of
    them there are, `fma` whether a multiply-add that rounds once is one instruction, `cores` how
    many threads can run at once, `l1` and `l2` the data caches of one core in bytes.
    """

    name: str
    vector_bytes: int
    registers: int
    fma: bool
    cores: int
    l1: int
    l2: int

    def lanes(self, dtype: DType) -> int:
        """Elements of `dtype` in one vector register; 1 where there are no vectors."""
        return max(1, self.vector_bytes // dtype.bytes)


PORTABLE = Target("c99", vector_bytes=0, registers=8, fma=False, cores=1, l1=16384, l2=65536)
"""Strict C99 for any machine: scalar code, one thread."""
