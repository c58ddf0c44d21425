"""The compiled engine: a step graph as one native call for many steps.

Live arrays belong to the caller and are used in place; feeds are read where they lie. The calling
thread is thread 0; the others of a run wait in a pool and enter the same native function.
"""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from constnet.errors import UsageError
from constnet.loopir import walk
from constnet.lowering.lower import lower
from constnet.passes import run as run_passes
from constnet.runtime import host
from constnet.runtime.batches import RunResult
from constnet.runtime.library import FeedStructure, Job, load_train, pointers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from constnet.ir.graph import Graph
    from constnet.loopir.types import Buffer, Program
    from constnet.lowering.target import Target
    from constnet.runtime.batches import Batches, Feed
    from constnet.runtime.toolchain import Compiler

    Array = NDArray[np.generic]

ALIGNMENT = 64


class StepLike(Protocol):
    """A graph and which output takes the place of which input."""

    @property
    def graph(self) -> Graph:
        """What one step computes."""
        ...

    @property
    def donations(self) -> dict[int, int]:
        """Output position to the input position whose memory it takes."""
        ...


def aligned(size: int) -> NDArray[np.uint8]:
    """Zeroed bytes whose first is at a multiple of 64."""
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size]


def program_of(
    step: StepLike, target: Target, numerics: Literal["fma", "exact"], name: str
) -> Program:
    """The loop program of a step."""
    return lower(run_passes(step.graph), target, numerics, step.donations, name)


class NativeEngine:
    """A compiled step and its live arrays (`constnet.train.engine.Engine`)."""

    def __init__(  # noqa: PLR0913  (an engine is made of all of these)
        self,
        full: StepLike,
        partial: StepLike | None,
        feeds: Sequence[Feed],
        batches: Batches | None,
        state: dict[str, Array],
        numerics: Literal["fma", "exact"],
        compiler: Compiler,
        *,
        threads: int | None = None,
        target: Target | None = None,
    ) -> None:
        """Lower, compile and bind; `threads` and `target` default to this machine's."""
        target = target or host.host_target()
        wanted = threads or host.threads()
        self.state = state
        self._keep: list[object] = []
        program = program_of(full, target, numerics, "full")
        rest = program_of(partial, target, numerics, "partial") if partial is not None else None
        self.program = program
        shared = any(walk.is_shared(p) for p in (program, rest) if p is not None)
        self.threads = wanted if shared else 1
        self._library = load_train(program, rest, compiler)
        self._job = Job()
        self._bind(program, rest, feeds, batches)
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

    def run(self, steps: int) -> RunResult:
        """Run up to `steps` steps in one native call; stops after a loss that is not finite."""
        job, call = ctypes.byref(self._job), self._library.cn_run
        if self._pool is None:
            done = call(job, steps, 0, 1)
        else:
            others = [
                self._pool.submit(call, job, steps, thread, self.threads)
                for thread in range(1, self.threads)
            ]
            done = call(job, steps, 0, self.threads)
            for other in others:
                other.result()
        return RunResult(done, bool(self._job.finite))

    @property
    def full_buffers(self) -> int:
        """Address of the pointers that the program of a whole batch reads."""
        return int(self._job.full or 0)

    def _bind(
        self,
        program: Program,
        rest: Program | None,
        feeds: Sequence[Feed],
        batches: Batches | None,
    ) -> None:
        """Fill the driver's structure with the addresses of everything."""
        loss = np.zeros(1, self._loss_dtype(program))
        arena = aligned(max(program.arena_bytes, rest.arena_bytes if rest is not None else 0))
        extra = {self._loss_name(program): loss}
        staging = self._stage(feeds, batches)
        job = self._job
        job.full = self._buffers(program, arena, {**extra, **staging})
        if rest is not None:
            job.partial = self._buffers(rest, arena, {**extra, **staging})
        job.step = self._address(self.state["step"])
        job.loss, job.loss_bytes = self._address(loss), loss.dtype.itemsize
        job.ordered_epoch = -1
        if batches is not None:
            _check_partial(batches, rest)
            self._bind_feeds(program, feeds, batches, staging)

    def _stage(self, feeds: Sequence[Feed], batches: Batches | None) -> dict[str, Array]:
        """Memory for one gathered batch of every feed."""
        if batches is None:
            return {}
        staging: dict[str, Array] = {}
        for feed in feeds:
            row = feed.table.nbytes // max(1, len(feed.table))
            staging[feed.input_name] = aligned(row * batches.batch)
        return staging

    def _bind_feeds(
        self,
        program: Program,
        feeds: Sequence[Feed],
        batches: Batches,
        staging: Mapping[str, Array],
    ) -> None:
        job = self._job
        job.rows, job.batch, job.shuffle = batches.rows, batches.batch, int(batches.shuffle)
        job.first_step = batches.first_step
        job.seed[:] = [int(word) for word in batches.seed]
        order = np.zeros(batches.rows if batches.shuffle else 1, np.int32)
        job.order = self._address(order)
        slots = {b.name: number for number, b in enumerate(outer_buffers(program))}
        structures = (FeedStructure * max(1, len(feeds)))()
        for number, feed in enumerate(feeds):
            _check_feed(feed, batches, outer_buffers(program)[slots[feed.input_name]])
            row = feed.table.nbytes // max(1, len(feed.table))
            structures[number] = FeedStructure(
                self._address(feed.table), self._address(staging[feed.input_name]), row,
                slots[feed.input_name],
            )  # fmt: skip
        self._keep.append(structures)
        job.feeds, job.feed_count = ctypes.addressof(structures), len(feeds)

    def _buffers(self, program: Program, arena: Array, extra: Mapping[str, Array]) -> int:
        """Address of the array of pointers that a program's `run_once` reads."""
        named = {**self.state, **extra}
        addresses = [self._address(named[buffer.name]) for buffer in outer_buffers(program)]
        array = pointers([*addresses, self._address(arena)])
        self._keep.append(array)
        return ctypes.addressof(array)

    def _address(self, array: Array) -> int:
        self._keep.append(array)
        return array.ctypes.data

    def _loss_name(self, program: Program) -> str:
        return next(b.name for b in reversed(outer_buffers(program)) if b.space == "output")

    def _loss_dtype(self, program: Program) -> np.dtype[np.generic]:
        return next(b.dtype.numpy for b in reversed(outer_buffers(program)) if b.space == "output")


def outer_buffers(program: Program) -> list[Buffer]:
    """The buffers that a caller binds, in the order of the entry's pointers."""
    return [b for b in program.buffers if b.space not in ("arena", "constant")]


def _check_partial(batches: Batches, rest: Program | None) -> None:
    left = batches.rows % batches.batch
    if left and rest is None:
        message = (
            f"{batches.rows} rows in batches of {batches.batch} leave {left} for the last one, but "
            "no step for it was given. Give `partial`."
        )
        raise UsageError(message)


def _check_feed(feed: Feed, batches: Batches, buffer: Buffer) -> None:
    table, rows = feed.table, batches.rows
    if not table.flags.c_contiguous or len(table) < rows:
        message = (
            f"the table of {feed.input_name} has shape {table.shape} and strides "
            f"{table.strides}; a feed needs {rows} rows next to each other in memory. "
            "Use numpy.ascontiguousarray."
        )
        raise UsageError(message)
    dtype = np.dtype(np.uint8) if table.dtype == np.bool_ else table.dtype
    if dtype != buffer.dtype.numpy or table[0].size * batches.batch != buffer.extent:
        message = (
            f"the table of {feed.input_name} has rows of {table[0].size} {table.dtype}; the step "
            f"reads {buffer.extent // batches.batch} {buffer.dtype} a row. Convert the table."
        )
        raise UsageError(message)
