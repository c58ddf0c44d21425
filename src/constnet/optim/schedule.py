"""What every schedule is: the learning rate as a function of the step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import overload

import numpy as np

from constnet import dtypes, interpreter
from constnet.configurable import Configurable
from constnet.errors import UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Tensor, Trace, tracing


class Schedule(Configurable, ABC):
    """Base of every schedule. A subclass is a frozen dataclass that writes `rate`.

    Called on the step counter of a graph (`uint32[]`, 0 at the first step) it gives the learning
    rate as a scalar of the network's dtype. Called on whole numbers it gives what the graph would
    compute in float64, for plots and tests.

    Example:
        >>> from constnet import optim
        >>> optim.ExponentialDecay(0.1, 0.5)(2)
        0.025
    """

    @abstractmethod
    def rate(self, step: Tensor, time: Tensor) -> Tensor:
        """The learning rate as a scalar of the dtype of `time`.

        Args:
            step: number of steps done, uint32[]: for comparisons, which are exact in it.
            time: the same number as a floating-point scalar.
        """

    @overload
    def __call__(self, step: Tensor) -> Tensor: ...
    @overload
    def __call__(self, step: int) -> float: ...
    @overload
    def __call__(self, step: np.ndarray | list[int] | range) -> np.ndarray: ...
    def __call__(
        self, step: Tensor | int | np.ndarray | list[int] | range
    ) -> Tensor | float | np.ndarray:
        """The learning rate of one step or several; see the class."""
        if isinstance(step, Tensor):
            return self.rate(step, step.astype(step.trace.dtype or dtypes.float32))
        steps = _checked(type(self).__name__, np.asarray(step))
        rates = self._evaluate(steps)
        return float(rates) if steps.ndim == 0 else rates

    def _evaluate(self, steps: np.ndarray) -> np.ndarray:
        trace = Trace(GraphBuilder("schedule"), dtype=dtypes.float64)
        with tracing(trace):
            rate = self(trace.input("step", TensorType((), dtypes.uint32)))
        graph = trace.builder.build([rate.value])
        rates = [interpreter.run(graph, [step])[0] for step in steps.ravel()]
        return np.asarray(rates, np.float64).reshape(steps.shape)


def _checked(name: str, steps: np.ndarray) -> np.ndarray:
    if steps.dtype.kind not in "iu" or (steps.size and not 0 <= steps.min() <= steps.max() < 2**32):
        message = (
            f"{name} was called on {steps!r}; steps are whole numbers from 0 to 2**32 - 1. Give "
            "the number of steps done before."
        )
        raise UsageError(message)
    return steps.astype(np.uint32)
