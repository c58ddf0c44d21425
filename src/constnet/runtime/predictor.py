"""A compiled network for one batch size, as a Python function that costs about a microsecond.

Inputs are copied into buffers whose addresses the native function already has, outputs are copied
out: for small arrays that is cheaper than handing addresses over at every call.
"""

from __future__ import annotations

import ctypes
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

from constnet.loopir import walk
from constnet.lowering.lower import lower
from constnet.passes import run as run_passes
from constnet.runtime import host
from constnet.runtime.engine import aligned, outer_buffers
from constnet.runtime.library import Barrier, load_call, pointers

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from constnet.ir.graph import Graph
    from constnet.lowering.target import Target
    from constnet.runtime.toolchain import Compiler

    Array = NDArray[np.generic]

SHORT_FLOPS = 100_000
"""A call of less arithmetic (some microseconds) keeps Python's lock: giving it away costs more."""


class NativePredictor:
    """Runs a graph once per call; reads the live arrays of `state` (`constnet.train.engine`)."""

    def __init__(
        self,
        graph: Graph,
        state: dict[str, Array],
        numerics: Literal["fma", "exact"],
        compiler: Compiler,
        *,
        threads: int | None = None,
        target: Target | None = None,
    ) -> None:
        """Lower, compile and bind; graph inputs that `state` lacks are arguments of a call."""
        program = lower(run_passes(graph), target or host.host_target(), numerics, {}, "predict")
        self.program = program
        library = load_call(program, compiler)
        self._given: list[Array] = []
        self._results: list[Array] = []
        self._keep: list[object] = [state, library]
        types = {value.name: value.type for value in graph.inputs}
        made = iter(value.type for value in graph.outputs)
        addresses: list[int] = []
        for buffer in outer_buffers(program):
            if buffer.name in state:
                array: Array = state[buffer.name]
                self._keep.append(array)
            else:
                is_output = buffer.space == "output"
                type_ = next(made) if is_output else types[buffer.name]
                array = aligned(buffer.bytes).view(type_.dtype.numpy).reshape(type_.shape)
                (self._results if is_output else self._given).append(array)
            addresses.append(array.ctypes.data)
        arena = aligned(program.arena_bytes)
        table = pointers([*addresses, arena.ctypes.data])
        self._keep += [arena, table]
        count = (threads or host.threads()) if walk.is_shared(program) else 1
        self._call = self._entry(library, table, count)
        self.single = self._single()

    def _entry(
        self, library: ctypes.CDLL, table: ctypes.Array[ctypes.c_void_p], count: int
    ) -> Callable[[], object]:
        """The native call with everything bound."""
        if count == 1:
            flops = walk.flops(self.program)
            alone = library.cn_call_alone
            if flops < SHORT_FLOPS:
                alone = ctypes.PyDLL(library._name)["cn_call_alone"]  # noqa: SLF001  (its path)
                alone.restype = None
                return functools.partial(alone, ctypes.byref(table))
            return functools.partial(alone, ctypes.addressof(table))
        barrier = Barrier()
        shared, where = library.cn_call, ctypes.byref(barrier)
        self._keep.append(barrier)
        pool, at = ThreadPoolExecutor(count - 1), ctypes.addressof(table)

        def call() -> None:
            others = [pool.submit(shared, at, n, count, where) for n in range(1, count)]
            shared(at, 0, count, where)
            for other in others:
                other.result()

        return call

    def _single(self) -> Callable[[Array], Array]:
        """A function of one array for the common case, with nothing left to look up."""
        if len(self._given) != 1 or len(self._results) != 1:
            return lambda x: self(x)[0]
        given, call, copy = self._given[0], self._call, self._results[0].copy

        def single(x: Array) -> Array:
            given[...] = x
            call()
            return copy()

        return single

    def __call__(self, *xs: Array) -> tuple[Array, ...]:
        """The outputs of one batch, in arrays of their own."""
        for buffer, x in zip(self._given, xs, strict=True):
            buffer[...] = x
        self._call()
        return tuple([result.copy() for result in self._results])  # a list is quicker to fill
