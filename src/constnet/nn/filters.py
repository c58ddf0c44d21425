"""`FilterLayer`: what all layers have that move trained filters over an image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from constnet import ops
from constnet.ir.types import TensorType
from constnet.nn import activation as activations
from constnet.nn import argument, spatial
from constnet.nn import init as initializers
from constnet.nn import regularizer as regularizers
from constnet.nn.layer import I, Layer, O
from constnet.nn.spatial import SpatialLayer, Window
from constnet.nn.streaming import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from constnet.nn.init import Initializer
    from constnet.nn.parameter import Parameter
    from constnet.nn.regularizer import Regularizer
    from constnet.nn.spatial import Extents, Padding
    from constnet.ops.tensor import Tensor


class FilterLayer(SpatialLayer[I, O], Generic[I, O]):
    """Base of convolutions: a window of weights, then bias and activation."""

    padding_words: ClassVar[tuple[str, ...]] = ("valid", "same")
    weight: Parameter
    bias: Parameter
    weight_grad: np.ndarray[Any, np.dtype[Any]]
    bias_grad: np.ndarray[Any, np.dtype[Any]]

    def __init__(  # noqa: PLR0913  (what all of these layers take, by name)
        self,
        kernel_size: Extents,
        strides: Extents,
        padding: Padding,
        *,
        dilation: Extents,
        activation: str | Layer[Any, Any] | None,
        use_bias: bool,
        kernel_initializer: str | Initializer,
        bias_initializer: str | Initializer,
        kernel_regularizer: str | Regularizer | None,
        bias_regularizer: str | Regularizer | None,
    ) -> None:
        name, rank = repr(self), self.spatial_rank
        words = self.padding_words if rank == 1 else self.padding_words[:2]
        self.window = Window(
            spatial.extents(name, "kernel_size", kernel_size, rank),
            spatial.extents(name, "strides", strides, rank),
            spatial.padding(name, padding, rank, words),
            spatial.extents(name, "dilation", dilation, rank),
        )
        self.use_bias = argument.flag(name, "use_bias", use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activation = None if activation is None else activations.get(activation)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """Rank, channels of a built layer, and images no smaller than the window."""
        super().check_inputs(*input_shapes)
        if self.is_built:
            self.need_channels(self.input_shapes[0][-1], input_shapes[0][-1])
        self.window.check(self, "kernel_size", input_shapes[0][:-1])

    def filtered(self, x: Tensor, window: Window) -> Tensor:
        """The image under this window."""
        raise NotImplementedError

    def call(self, x: Tensor) -> Tensor:
        """Apply the layer's own window."""
        return self.filtered(x, self.window)

    def why_not_streamed(self) -> str | None:
        """Its window must not see inputs that are yet to come."""
        window = self.window
        sees_one = window.reach == (1,) and not isinstance(window.padding, tuple)
        if window.strides == (1,) and (sees_one or window.padding == "causal"):
            return None
        return "its window sees later inputs or skips some; use Conv1D with padding='causal'"

    def stream_state(self, *inputs: Tensor) -> dict[str, Slot]:
        """The inputs that the next window sees as well."""
        x, seen = inputs[0], self.window.reach[0] - 1
        if not seen:
            return {}
        dtype = x.trace.dtype or self.weight.as_tensor(x.trace).dtype
        return {"last": Slot(TensorType((x.shape[0], seen, x.shape[1]), dtype))}

    def stream(
        self, inputs: tuple[Tensor, ...], state: Mapping[str, Tensor]
    ) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
        """One window: the inputs it has seen and the new one."""
        now = ops.expand_dims(as_weight_dtype(inputs[0], self.weight.as_tensor(inputs[0].trace)), 1)
        image = ops.concatenate([state["last"], now], axis=1) if state else now
        y = ops.squeeze(self.filtered(image, replace(self.window, padding="valid")), 1)
        return (y,), {"last": image[:, 1:]} if state else {}

    def make_bias(self, filters: int) -> None:
        """Make `bias`, if there is one."""
        if self.use_bias:
            self.bias = self.parameter(
                "bias", (filters,), self.bias_initializer, self.bias_regularizer
            )

    def finish(self, y: Tensor) -> Tensor:
        """Bias and activation."""
        if self.use_bias:
            y = y + self.bias.as_tensor(y.trace)
        return y if self.activation is None else self.activation(y)


def as_weight_dtype(x: Tensor, weight: Tensor) -> Tensor:
    """`x` in the dtype of the weights, so that an image of bytes may be given."""
    return ops.cast(x, weight.dtype)
