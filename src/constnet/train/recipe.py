"""What a training step is made of: network, losses, optimizer, metrics, element type.

A `Recipe` is read by the builders of `constnet.train.step` and holds no arrays that training moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from constnet import ops
from constnet.dtypes import as_dtype
from constnet.errors import UsageError
from constnet.ir.types import TensorType
from constnet.train.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from constnet.dtypes import DType
    from constnet.losses import Loss
    from constnet.metrics import Metric
    from constnet.nn import Layer, Parameter
    from constnet.ops.tensor import Tensor
    from constnet.optim import Optimizer

LOSS_STATES = ("metric.loss.sum", "metric.loss.count")


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """Everything `build_step` needs to know.

    Args:
        net: a built network.
        losses: one per output of the network.
        optimizer: the update rule.
        metrics: for each output, its metrics.
        dtype: element type of parameters and activations.
        class_weight: weight of each class by label, or None.
        mixup: samples are mixed with shares of Beta(mixup, mixup), or None.
        micro_rows: rows of the parts that a batch is worked through in, or None.
    """

    net: Layer[Any, Any]
    losses: tuple[Loss, ...]
    optimizer: Optimizer
    metrics: tuple[tuple[Metric, ...], ...]
    dtype: DType
    trainable: dict[str, Parameter]
    frozen: dict[str, Parameter]
    states: dict[str, Parameter]
    layout: Layout
    class_weight: tuple[float, ...] | None = None
    mixup: float | None = None
    micro_rows: int | None = None

    @classmethod
    def of(
        cls,
        net: Layer[Any, Any],
        losses: tuple[Loss, ...],
        optimizer: Optimizer,
        metrics: tuple[tuple[Metric, ...], ...],
        dtype: DType,
        class_weight: tuple[float, ...] | None = None,
    ) -> Recipe:
        """A recipe of a built network, its parameters sorted into trainable and frozen."""
        parameters = net.parameters()
        trainable = {path: p for path, p in parameters.items() if p.trainable}
        frozen = {path: p for path, p in parameters.items() if not p.trainable}
        undecayed = optimizer.undecayed({path: tuple(p.shape) for path, p in parameters.items()})
        layout = Layout.of({path: tuple(p.shape) for path, p in trainable.items()}, undecayed)
        return cls(
            net,
            losses,
            optimizer,
            metrics,
            dtype,
            trainable,
            frozen,
            net.states(),
            layout,
            class_weight,
        )

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every trained parameter, by path."""
        return {path: parameter.shape for path, parameter in self.trainable.items()}

    def named_metrics(self) -> dict[str, tuple[int, Metric]]:
        """Each metric by its name in logs, with the output it looks at.

        Raises:
            UsageError: two metrics have one name.
        """
        named: dict[str, tuple[int, Metric]] = {}
        for output, metrics in enumerate(self.metrics):
            for metric in metrics:
                name = metric.name if len(self.metrics) == 1 else f"y{output}_{metric.name}"
                if name in named or name == "loss":
                    message = (
                        f"two metrics of output {output} are called {name!r} (the loss is always "
                        "reported as 'loss'). List each metric once."
                    )
                    raise UsageError(message)
                named[name] = (output, metric)
        return named

    def metric_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every float64 accumulator by its input name."""
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(LOSS_STATES, ())
        for name, (_, metric) in self.named_metrics().items():
            for state, shape in metric.states().items():
                shapes[f"metric.{name}.{state}"] = tuple(shape)
        return shapes

    def metric_results(self, state: dict[str, np.ndarray]) -> dict[str, float | np.ndarray]:
        """The loss and every metric from their accumulators."""
        total, count = (float(state[name]) for name in LOSS_STATES)
        results: dict[str, float | np.ndarray] = {"loss": total / count if count else float("nan")}
        for name, (_, metric) in self.named_metrics().items():
            own = {key: state[f"metric.{name}.{key}"] for key in metric.states()}
            results[name] = metric.result(own)
        return results

    def score_shapes(self, xs: Sequence[np.ndarray]) -> tuple[tuple[int, ...], ...]:
        """Shapes of what the losses see of inputs such as `xs`, without the batch axis."""
        from constnet.train.step import build_predict

        types = [TensorType((1, *x.shape[1:]), as_dtype(x.dtype)) for x in xs]
        graph = build_predict(self, types, post_processing=False)
        return tuple(value.type.shape[1:] for value in graph.outputs)

    def as_input(self, x: Tensor) -> Tensor:
        """An input, floats in the recipe's dtype; layers convert bytes and labels themselves."""
        return ops.cast(x, self.dtype) if x.dtype.is_float and x.dtype != self.dtype else x

    def as_target(self, y: Tensor) -> Tensor:
        """A target: floats in the recipe's dtype, labels as they are."""
        return ops.cast(y, self.dtype) if y.dtype.is_float and y.dtype != self.dtype else y

    def state_dtype(self, path: str) -> DType:
        """Element type of a state variable."""
        return as_dtype(self.states[path].data.dtype)

    def learning_rate(self, step: Tensor) -> Tensor:
        """The schedule's value at `step`, in the recipe's dtype."""
        return self.optimizer.schedule(step)
