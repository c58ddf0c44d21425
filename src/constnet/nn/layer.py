"""`Layer`: the base of everything a network is made of.

A layer holds parameters, sublayers and settings, and composes operations in `call`; it has no code
for a device. Type checkers compare sizes written as types (`Dense[L[2], L[8]]`) across `>>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeGuard, TypeVar, cast, overload

import numpy as np

from constnet.errors import ConstnetError, ShapeError, UsageError
from constnet.ir.location import layer_scope
from constnet.nn import argument, building, eager, regularizer, streaming
from constnet.nn.describable import Describable
from constnet.nn.init import get as get_initializer
from constnet.nn.internals import Internals
from constnet.nn.parameter import Parameter
from constnet.nn.symbol import Symbol
from constnet.ops.tensor import Tensor, current_trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from constnet.nn.init import Initializer
    from constnet.nn.regularizer import Regularizer
    from constnet.nn.sequential import Sequential

if TYPE_CHECKING:
    from typing_extensions import TypeVar as _TypeVar  # the checkers' own, never imported

    # Sizes that are not written as types are Any, so `class Mine(nn.Layer)` needs no brackets.
    I = _TypeVar("I", default=Any)
    O = _TypeVar("O", default=Any)
else:
    I = TypeVar("I")
    O = TypeVar("O")
P = TypeVar("P")
Shape = tuple[int, ...]
Array = np.ndarray[Any, np.dtype[Any]]


class Layer(Describable, streaming.Streaming, Generic[I, O]):
    """Base of all layers. A custom layer sets sublayers in `__init__` and composes in `call`.

    Own parameters are made in `build`, which gets the input shapes without the batch axis.

    Example:
        >>> class Scale(Layer):
        ...     def build(self, shape):
        ...         self.weight = self.parameter("weight", shape, "ones")
        ...     def call(self, x):
        ...         return x * self.weight
        >>> Scale().forward(np.array([[1.0, 2.0]]))
        array([[1., 2.]])
    """

    has_identity: ClassVar[bool] = True
    internals: Internals

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Make the state here, so that a custom `__init__` need not call the base's."""
        self = super().__new__(cls, *args, **kwargs)
        object.__setattr__(self, "internals", Internals())
        return self

    def __init_subclass__(cls, **kwargs: object) -> None:
        """`build` of a subclass is a hook; called from outside it builds the whole layer."""
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = building.completed(cls.build)  # type: ignore[method-assign]

    def call(self, *_inputs: Any, **_: Any) -> Any:
        """Compose operations; tensors have the batch axis first. Each layer overrides this."""
        message = f"{self!r} has no `call`. Write `def call(self, x)` in {type(self).__name__}."
        raise UsageError(message)

    def build(self, *input_shapes: Any, **_: Any) -> None:
        """Make all parameters and check all shapes.

        Args:
            input_shapes: one shape per input, without the batch axis; `4` stands for `(4,)`.

        Raises:
            ShapeError: sizes that must agree do not; the message names both layers.
        """
        if not self.internals.building:
            building.complete(self, input_shapes)

    def check_inputs(self, *input_shapes: Shape) -> None:
        """Refuse input shapes this layer cannot take; called on every use. Override at will."""

    @overload
    def __call__(self, *inputs: Tensor) -> Tensor: ...
    @overload
    def __call__(self, *inputs: Symbol) -> Symbol: ...
    def __call__(self, *inputs: Any) -> Any:
        """Apply a layer of one output to tensors of a trace, or to `nn.Input`s."""
        outputs = self._dispatch(inputs)
        if len(outputs) != 1:
            message = (
                f"{self!r} has {len(outputs)} outputs. Call `layer.apply(...)`, which returns them "
                "as a tuple."
            )
            raise UsageError(message)
        return outputs[0]

    @overload
    def apply(self, *inputs: Tensor) -> tuple[Tensor, ...]: ...
    @overload
    def apply(self, *inputs: Symbol) -> tuple[Symbol, ...]: ...
    def apply(self, *inputs: Any) -> tuple[Any, ...]:
        """Apply the layer; as many outputs as it has, always as a tuple."""
        return self._dispatch(inputs)

    def _dispatch(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        if inputs and all(isinstance(given, Symbol) for given in inputs):
            return building.connect(self, inputs)
        for given in inputs:
            if not isinstance(given, Tensor):
                message = (
                    f"{self!r} was called on a {type(given).__name__}; expected tensors of a trace "
                    "or `nn.Input`s. For arrays use `layer.forward(x)`."
                )
                raise UsageError(message)
        if not self.internals.name:
            return self._apply(inputs)
        with layer_scope(self.internals.name):
            return self._apply(inputs)

    def _apply(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        state = self.internals
        shapes = tuple(tensor.shape[1:] for tensor in inputs)
        state.sources = building.sources(inputs)
        for name, child in self.children():
            child.internals.name = name
        if (running := streaming.running()) is not None:
            return running.apply(self, inputs)
        self.check_inputs(*shapes)
        if state.input_shapes is None:
            building.run_hook(self, shapes)
        stream = building.next_stream()
        return building.finish(self, inputs, stream, self.call(*inputs))

    def parameter(
        self,
        name: str,
        shape: Shape,
        initializer: str | Initializer = "glorot_uniform",
        regularizer: str | Regularizer | None = None,
    ) -> Parameter:
        """A trained array of this layer; call it in `build`."""
        return self._add(name, shape, initializer, regularizer, is_state=False)

    def state_variable(
        self,
        name: str,
        shape: Shape,
        initializer: str | Initializer = "zeros",
    ) -> Parameter:
        """An array that is kept and saved but not trained; call it in `build`."""
        return self._add(name, shape, initializer, None, is_state=True)

    def _add(
        self,
        name: str,
        shape: Shape,
        initializer: str | Initializer,
        penalty: str | Regularizer | None,
        *,
        is_state: bool,
    ) -> Parameter:
        made = Parameter(
            name,
            argument.parameter_shape(repr(self), name, shape),
            get_initializer(initializer),
            is_state=is_state,
            regularizer=regularizer.get(penalty),
        )
        made.trainable = made.trainable and self.internals.trainable
        self.internals.parameters[name] = made
        return made

    def children(self) -> Iterator[tuple[str, Layer[Any, Any]]]:
        """Sublayers kept as attributes, or in lists, tuples and dicts that are, in that order."""
        for name, value in vars(self).items():
            if name not in ("internals", "_given"):
                yield from _layers_in(name, value)

    def walk(self) -> Iterator[tuple[str, Layer[Any, Any]]]:
        """This layer (path "") and all below it, each once, with its dotted path."""
        yield from self._walk("", set[int]())

    def _walk(self, path: str, seen: set[int]) -> Iterator[tuple[str, Layer[Any, Any]]]:
        if id(self) in seen:
            return
        seen.add(id(self))
        yield path, self
        for name, child in self.children():
            yield from child._walk(f"{path}.{name}" if path else name, seen)  # noqa: SLF001

    def parameters(self) -> dict[str, Parameter]:
        """Trained arrays by path such as `layers.0.weight`, frozen ones included."""
        return {path: found for path, found in self._arrays() if not found.is_state}

    def states(self) -> dict[str, Parameter]:
        """Arrays that are kept and not trained, by path."""
        return {path: found for path, found in self._arrays() if found.is_state}

    def _arrays(self) -> Iterator[tuple[str, Parameter]]:
        for path, layer in self.walk():
            for name, found in layer.internals.parameters.items():
                yield f"{path}.{name}" if path else name, found

    def initialize(self, seed: int = 0, dtype: str = "float32") -> Self:
        """Fill parameters and states: a pure function of (seed, path).

        Args:
            seed: any whole number; its low 64 bits count.
            dtype: `float32` or `float64`.

        Raises:
            UsageError: the layer is not built, or the dtype is not a float.
        """
        if not self.is_built:
            message = f"{self!r} is not built, so its sizes are unknown. Call `build(shape)` first."
            raise UsageError(message)
        if str(dtype) not in ("float32", "float64"):
            message = f"{self!r}: dtype is {dtype}; expected 'float32' or 'float64'."
            raise UsageError(message)
        for path, found in self._arrays():
            found.initialize(seed, path, np.dtype(str(dtype)))
        return self

    @property
    def is_built(self) -> bool:
        """Whether shapes are known and parameters exist."""
        return self.internals.input_shapes is not None

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """Input shapes without the batch axis, known once built."""
        return self._known(self.internals.input_shapes)

    @property
    def output_shapes(self) -> tuple[Shape, ...]:
        """Output shapes without the batch axis, known once built."""
        return self._known(self.internals.output_shapes)

    def _known(self, shapes: tuple[Shape, ...] | None) -> tuple[Shape, ...]:
        if shapes is None:
            message = f"{self!r} is not built, so its shapes are unknown. Call `build(shape)`."
            raise UsageError(message)
        return shapes

    @property
    def trainable(self) -> bool:
        """Whether an optimizer may change the parameters. Setting it reaches all sublayers."""
        return self.internals.trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for _, layer in self.walk():
            layer.internals.trainable = value
            for found in layer.internals.parameters.values():
                found.trainable = value and not found.is_state

    def forward(
        self,
        *inputs: ArrayLike,
        training: bool = False,
        seed: int = 0,
        step: int = 0,
    ) -> Array:
        """Run on arrays with the interpreter; builds from the input's shape where needed.

        Args:
            inputs: arrays, batch axis first. The first float one decides the dtype of a layer
                that has none yet; afterwards inputs are converted to the layer's.
            training: as in training: dropout drops, running statistics move.
            seed: of the random numbers; a function of (seed, step).
            step: of the random numbers.

        Returns:
            The first output. `last_input`, `last_output` and, where there are several,
            `last_inputs`, `last_outputs` can be read afterwards, here and in all sublayers.
        """
        return eager.forward(self, inputs, training=training, seed=seed, step=step)

    def backward(self, *output_gradients: ArrayLike) -> Array:
        """Gradient with respect to the first input of the last `forward`, given its outputs'.

        Those of all inputs can be read as `input_grads`. Sets `grad` of every parameter
        (`layer.weight_grad`), replacing what was there.

        Raises:
            UsageError: `forward` was not called before.
            ShapeError: the gradient does not have the output's shape.
        """
        return eager.backward(self, output_gradients)

    @property
    def last_inputs(self) -> tuple[Array, ...]:
        """What the last `forward` gave this layer."""
        return eager.record_of(self).inputs

    @property
    def last_outputs(self) -> tuple[Array, ...]:
        """What this layer made of it."""
        return eager.record_of(self).outputs

    @property
    def last_input(self) -> Array:
        """The first of `last_inputs`."""
        return self.last_inputs[0]

    @property
    def last_output(self) -> Array:
        """The first of `last_outputs`."""
        return self.last_outputs[0]

    @property
    def input_grads(self) -> tuple[Array, ...]:
        """What the last `backward` found for each input; zeros for whole numbers."""
        return eager.input_gradients_of(self)

    if not TYPE_CHECKING:

        def __setattr__(self, name, value):  # noqa: ANN001, ANN204  (checkers must not see this)
            if name in self.internals.parameters and not isinstance(value, Parameter):
                message = (
                    f"{self!r}: {name} is a parameter and was assigned a {type(value).__name__}. "
                    f"Write `layer.{name}.data = values` to change its values."
                )
                raise UsageError(message)
            object.__setattr__(self, name, value)

        def __getattr__(self, name):  # noqa: ANN001, ANN204  (checkers must not see this)
            parameters = (
                self.__dict__["internals"].parameters if "internals" in self.__dict__ else {}
            )
            if name.endswith("_grad") and name.removesuffix("_grad") in parameters:
                return eager.gradient_of(self, parameters[name.removesuffix("_grad")])
            message = f"{type(self).__name__} has no attribute {name!r}"
            if not name.startswith("_") and "internals" in self.__dict__ and not self.is_built:
                message += "; it is not built yet: parameters appear after `build` or `forward`"
            raise AttributeError(message, name=name, obj=self)

    @overload
    def __rshift__(self, other: SizeKeeping) -> Sequential[I, O]: ...
    @overload
    def __rshift__(self, other: Layer[O, P]) -> Sequential[I, P]: ...
    def __rshift__(self, other: Layer[Any, Any]) -> Sequential[Any, Any]:
        """`a >> b` is `Sequential(a, b)`; type checkers compare the sizes where both are typed."""
        from constnet.nn.sequential import chain

        if not is_layer(other):
            return NotImplemented
        return chain(self, other)

    def shape_error(self, problem: str, way_out: str) -> ConstnetError:
        """A `ShapeError` that says what this layer received, what it takes, and the way out."""
        received = f"{building.place(self)} receives {' and '.join(self.internals.sources)}"
        return ShapeError(f"{received}; {problem}. {way_out}")


class SizeKeeping(Layer[Any, Any]):
    """A layer that keeps the extent of the last axis; `>>` keeps the size on its left."""


class ShapeKeeping(SizeKeeping):
    """A layer whose output has its input's shape."""


def _layers_in(name: str, value: object) -> Iterator[tuple[str, Layer[Any, Any]]]:
    if is_layer(value):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for idx, item in enumerate(cast("list[object]", value)):
            yield from _layers_in(f"{name}.{idx}", item)
    elif isinstance(value, dict):
        for key, item in cast("dict[object, object]", value).items():
            yield from _layers_in(f"{name}.{key}", item)


def is_layer(value: object) -> TypeGuard[Layer[Any, Any]]:
    """Whether `value` is a layer."""
    return isinstance(value, Layer)


def is_training() -> bool:
    """Whether the trace that is open is of a training step."""
    return current_trace().training
