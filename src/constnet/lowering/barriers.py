"""Where threads must wait for each other.

A call on one thread (thread 0) and a call that all threads share may not touch the same bytes, one
of them writing, without a barrier between them; neither may two shared calls, since their shares
differ. Calls of thread 0 among themselves are in order anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constnet.loopir.types import Buffer, Call, Kernel

Range = tuple[str, int, int]
"""Memory (an arena or a buffer), first byte, end."""


@dataclass
class _Since:
    """What was touched since the last barrier, by thread 0 alone and by all threads."""

    alone_read: list[Range]
    alone_written: list[Range]
    shared_read: list[Range]
    shared_written: list[Range]


def place_barriers(
    calls: list[Call], kernels: dict[str, Kernel], buffers: dict[str, Buffer]
) -> list[Call]:
    """The calls with `barrier` set where one is needed before."""
    result: list[Call] = []
    since = _Since([], [], [], [])
    for call in calls:
        kernel = kernels[call.kernel]
        reads, writes = _touched(call, kernel, buffers)
        need = _conflict(writes, since.shared_read) or _conflict(
            reads + writes, since.shared_written
        )
        if kernel.parallel:
            need = need or _conflict(reads + writes, since.alone_written)
            need = need or _conflict(writes, since.alone_read)
        if need:
            since = _Since([], [], [], [])
        (since.shared_read if kernel.parallel else since.alone_read).extend(reads)
        (since.shared_written if kernel.parallel else since.alone_written).extend(writes)
        result.append(replace(call, barrier=need))
    return result


def _touched(
    call: Call, kernel: Kernel, buffers: dict[str, Buffer]
) -> tuple[list[Range], list[Range]]:
    reads: list[Range] = []
    writes: list[Range] = []
    for piece, param in zip(call.args, kernel.params, strict=True):
        buffer = buffers[piece.buffer]
        if buffer.space == "constant":
            continue
        memory = "arena" if buffer.space == "arena" else buffer.name
        first = buffer.offset + piece.start * buffer.dtype.bytes
        touched = (memory, first, first + param.extent * param.dtype.bytes)
        if param.access != "write":
            reads.append(touched)
        if param.access != "read":
            writes.append(touched)
    return reads, writes


def _conflict(left: list[Range], right: list[Range]) -> bool:
    return any(a[0] == b[0] and a[1] < b[2] and b[1] < a[2] for a in left for b in right)
