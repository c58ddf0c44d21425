"""Ctrl-C at a step boundary: the first is noted and obeyed soon, the second at once."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Interrupts:
    """While open, Ctrl-C sets `seen`; a second Ctrl-C raises KeyboardInterrupt where it is."""

    def __init__(self) -> None:
        self.seen = False
        self._outer: Any = None

    def __enter__(self) -> Self:
        # Python delivers signals to the main thread only; elsewhere there is nothing to catch.
        if threading.current_thread() is threading.main_thread():
            self._outer = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._outer is not None:
            signal.signal(signal.SIGINT, self._outer)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.seen:
            raise KeyboardInterrupt
        self.seen = True
