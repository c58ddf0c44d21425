"""Where the user wrote what became a node: file, line, and the path of the layer."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

_PACKAGE = str(Path(__file__).resolve().parent.parent)
_layer_path: ContextVar[str] = ContextVar("layer_path", default="")
_fixed: ContextVar[Location | None] = ContextVar("fixed_location", default=None)


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the user's program; `layer` is a dotted path such as `layers.4`."""

    file: str = ""
    line: int = 0
    layer: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file else ""
        return ", ".join(part for part in (place, self.layer) if part)


def here() -> Location:
    """The innermost frame outside this package, with the layer being traced."""
    fixed = _fixed.get()
    if fixed is not None:
        return fixed
    frame = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame.f_code.co_filename.startswith(_PACKAGE) and frame.f_back is not None:
        frame = frame.f_back
    return Location(frame.f_code.co_filename, frame.f_lineno, _layer_path.get())


@contextmanager
def layer_scope(name: str) -> Generator[str]:
    """Nodes made inside belong to the layer `name`, below the layer already open."""
    outer = _layer_path.get()
    path = f"{outer}.{name}" if outer else name
    token = _layer_path.set(path)
    try:
        yield path
    finally:
        _layer_path.reset(token)


@contextmanager
def at(location: Location) -> Generator[None]:
    """Nodes made inside belong to `location`: a gradient to the layer it is the gradient of."""
    token = _fixed.set(location)
    try:
        yield
    finally:
        _fixed.reset(token)
