"""`Symbol`: what a layer gives when it is called on `nn.Input`, the functional form.

Layers are checked as they are connected, so a wrong shape is an error at the line that made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from constnet.dtypes import DType
    from constnet.nn.layer import Layer


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One use of a layer in a functional network."""

    layer: Layer[Any, Any]
    inputs: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """An input of a functional network (`call` is None) or one output of a layer in it.

    `shape` is without the batch axis.
    """

    shape: tuple[int, ...]
    dtype: DType
    call: Call | None = None
    output: int = 0

    def __str__(self) -> str:
        maker = "nn.Input" if self.call is None else repr(self.call.layer)
        return f"(batch{''.join(f', {extent}' for extent in self.shape)}) from {maker}"
