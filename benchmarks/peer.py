"""What a peer must offer to be timed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import contextlib

    import numpy as np

    from benchmarks.workloads import Workload


class Training(Protocol):
    """A network ready to train. `run` must not return before the work is done."""

    quantum: int  # `run` does a multiple of so many steps

    def run(self, steps: int) -> None: ...

    def loss(self) -> float: ...


class Inference(Protocol):
    """A network ready to predict its fixed input."""

    def call(self) -> object: ...

    def output(self) -> np.ndarray: ...

    def context(self) -> contextlib.AbstractContextManager[object]: ...


class Peer(Protocol):
    """One way to train and run a workload. `None`: this peer does not do it."""

    def version(self) -> str: ...

    def variants(self, workload: Workload, mode: str) -> tuple[str, ...]:
        """Settings for "train" or "infer". Of several, a trial keeps the fastest."""
        ...

    def train(
        self, workload: Workload, threads: int, variant: str, *, stepwise: bool
    ) -> Training | None: ...

    def infer(
        self, workload: Workload, threads: int, batch: int, variant: str
    ) -> Inference | None: ...
