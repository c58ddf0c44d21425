"""What a peer must offer to be timed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import contextlib

    from benchmarks.workloads import Workload


class Training(Protocol):
    """A network ready to train. `run` must not return before the work is done."""

    quantum: int  # `run` does a multiple of so many steps

    def run(self, steps: int) -> None: ...

    def loss(self) -> float: ...


class Inference(Protocol):
    """A network ready to predict its fixed input."""

    def call(self) -> object: ...

    def context(self) -> contextlib.AbstractContextManager[object]: ...


class Peer(Protocol):
    """One way to train and run a workload. `None`: this peer does not do it."""

    def version(self) -> str: ...

    def train(self, workload: Workload, threads: int, *, stepwise: bool) -> Training | None: ...

    def infer(self, workload: Workload, threads: int, batch: int) -> Inference | None: ...
