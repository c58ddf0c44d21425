"""What the graph knows about an operation without knowing the operation: attributes and types.

`constnet.ops` declares one signature for each record; `verify` and `text` look it up here, so that
nothing in `ir` imports an operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from constnet.errors import VerifyError
from constnet.ir.types import TensorType

if TYPE_CHECKING:
    from constnet.ir.graph import Attrs

Infer = Callable[[Any, tuple[TensorType, ...]], tuple[TensorType, ...]]


@dataclass(frozen=True, slots=True)
class Signature:
    """The class of an operation's attributes, and its rule from input types to output types."""

    attrs: type[Attrs]
    infer: Infer


_signatures: dict[str, Signature] = {}


def declare(op: str, signature: Signature) -> None:
    """Make an operation known to the graph."""
    _signatures[op] = signature


def signature(op: str) -> Signature:
    """The signature of an operation by name."""
    if op not in _signatures:
        known = ", ".join(sorted(_signatures)) or "none: import constnet.ops"
        message = f"no operation is called {op!r}; there are: {known}"
        raise VerifyError(message)
    return _signatures[op]
