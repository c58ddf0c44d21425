"""Where threads must wait for each other.

A call on one thread (thread 0) and a call that all threads share may not touch the same bytes, one
of them writing, without a barrier between them; neither may two shared calls, since their shares
differ. Calls of thread 0 among themselves are in order anyway.

In a repeat, the end of an iteration meets the beginning of the next: its calls are looked at twice.
A piece that moves counts as all the places it is ever at. A repeat whose iterations threads share
is one shared call: its iterations do not depend on each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from constnet.loopir import walk
from constnet.loopir.types import Repeat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from constnet.loopir.types import Buffer, Call, Kernel, Param, Slice

Range = tuple[str, int, int]
"""Memory (an arena or a buffer), first byte, end."""
ROUNDS = 2
"""Iterations that are looked at: whatever two of them do to each other, neighbours do."""


@dataclass
class _Since:
    """What was touched since the last barrier, by thread 0 alone and by all threads."""

    alone_read: list[Range] = field(default_factory=list["Range"])
    alone_written: list[Range] = field(default_factory=list["Range"])
    shared_read: list[Range] = field(default_factory=list["Range"])
    shared_written: list[Range] = field(default_factory=list["Range"])


def place_barriers(
    calls: Iterable[Call | Repeat], kernels: Mapping[str, Kernel], buffers: Mapping[str, Buffer]
) -> list[Call | Repeat]:
    """The calls with `barrier` set where one is needed before."""
    return _Placing(kernels, buffers).place(calls, ())


@dataclass
class _Placing:
    """One walk over the calls of a program, in order."""

    kernels: Mapping[str, Kernel]
    buffers: Mapping[str, Buffer]
    since: _Since = field(default_factory=_Since)

    def place(
        self, calls: Iterable[Call | Repeat], around: tuple[Repeat, ...]
    ) -> list[Call | Repeat]:
        """Barriers before those of `calls` that need one."""
        result: list[Call | Repeat] = []
        for call in calls:
            if not isinstance(call, Repeat):
                touched = self._touched(call, around)
                shared = self.kernels[call.kernel].parallel
                need = self._meet(*touched, shared=shared) or call.barrier
                result.append(replace(call, barrier=need))
            elif call.workers:
                need = self._meet(*self._all_touched(call, around), shared=True) or call.barrier
                result.append(replace(call, barrier=need))
            else:
                inside: list[Call | Repeat] = list(call.calls)
                for _ in range(ROUNDS):
                    inside = self.place(inside, (*around, call))
                result.append(replace(call, calls=tuple(inside)))
        return result

    def _meet(self, reads: list[Range], writes: list[Range], *, shared: bool) -> bool:
        """Whether a call needs a barrier; notes what it touches."""
        since = self.since
        need = _conflict(writes, since.shared_read) or _conflict(
            reads + writes, since.shared_written
        )
        if shared:
            need = need or _conflict(reads + writes, since.alone_written)
            need = need or _conflict(writes, since.alone_read)
        if need:
            since = self.since = _Since()
        (since.shared_read if shared else since.alone_read).extend(reads)
        (since.shared_written if shared else since.alone_written).extend(writes)
        return need

    def _all_touched(
        self, repeat: Repeat, around: tuple[Repeat, ...]
    ) -> tuple[list[Range], list[Range]]:
        reads: list[Range] = []
        writes: list[Range] = []
        for call, inner in walk.placed_calls(repeat.calls, (*around, repeat)):
            touched = self._touched(call, inner)
            reads += touched[0]
            writes += touched[1]
        return reads, writes

    def _touched(self, call: Call, around: tuple[Repeat, ...]) -> tuple[list[Range], list[Range]]:
        reads: list[Range] = []
        writes: list[Range] = []
        for piece, param in zip(call.args, self.kernels[call.kernel].params, strict=True):
            touched = self._range(piece, param, around)
            if touched is None:
                continue
            if param.access != "write":
                reads.append(touched)
            if param.access != "read":
                writes.append(touched)
        return reads, writes

    def _range(self, piece: Slice, param: Param, around: tuple[Repeat, ...]) -> Range | None:
        """The bytes an argument covers in some iteration; None for what is never written."""
        buffer = self.buffers[piece.buffer]
        if buffer.space == "constant":
            return None
        memory = "arena" if buffer.space == "arena" else buffer.name
        first, last = walk.reach(piece, around)
        begin = buffer.offset + first * buffer.dtype.bytes
        end = buffer.offset + (last + param.extent) * buffer.dtype.bytes
        return memory, begin, end


def _conflict(left: list[Range], right: list[Range]) -> bool:
    return any(a[0] == b[0] and a[1] < b[2] and b[1] < a[2] for a in left for b in right)
