"""The attributes of `scan`: the graph of one step, and how its inputs and outputs are grouped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from constnet.ir.body import Body  # noqa: TC001  (dataclass field, read at run time)
from constnet.ir.graph import Attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scan(Attrs):
    """`body` takes carries, items of the sequences, invariants; it makes carries and outputs."""

    body: Body
    carries: int
    sequences: int
    length: int
    reverse: bool = False
    recompute: bool = False

    def split(self, inputs: Sequence[T]) -> tuple[list[T], list[T], list[T]]:
        """Inputs of the node or of the body: carries, sequences (or items), invariants."""
        end = self.carries + self.sequences
        given = list(inputs)
        return given[: self.carries], given[self.carries : end], given[end:]

    def split_outputs(self, outputs: Sequence[T]) -> tuple[list[T], list[T]]:
        """Outputs of the node or of the body: carries, outputs of the steps."""
        made = list(outputs)
        return made[: self.carries], made[self.carries :]
