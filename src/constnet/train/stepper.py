"""`Stepper`: a compiled network that takes sequences one step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.dtypes import as_dtype
from constnet.errors import UsageError
from constnet.ir.types import TensorType
from constnet.nn import argument
from constnet.nn.embedding import token_limits
from constnet.nn.streaming import State, step_shapes, trace_step
from constnet.train.engines import make_predictor
from constnet.train.inputs import check_ids
from constnet.train.step import bind_for_inference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from constnet.train.engine import Numerics
    from constnet.train.store import Store

Array = np.ndarray[Any, np.dtype[Any]]


class Stepper:
    """One step of a sequence per call, for a fixed number of streams; from `Model.stepper`.

    The output of a step has the bits that it has in the whole sequence in exact mode.

    Example:
        >>> import constnet as cn
        >>> net = cn.nn.Sequential(cn.nn.Dense(4), cn.nn.GRU(3))
        >>> net.build((10, 2))
        >>> stepper = cn.Model(net).stepper()
        >>> state = stepper.initial_state()
        >>> y, state = stepper([[1.0, 2.0]], state)
        >>> y.shape
        (1, 3)
    """

    def __init__(
        self,
        store: Store,
        numerics: Numerics,
        batch: int = 1,
        input_dtypes: Sequence[str] | None = None,
    ) -> None:
        recipe = store.recipe
        self._store, self._net = store, recipe.net
        rows = argument.extent("stepper", "batch", batch)
        self._limits = token_limits(recipe.net)
        self._types = [
            TensorType((rows, *shape[1:]), as_dtype(name))
            for shape, name in zip(recipe.net.input_shapes, self._names(input_dtypes), strict=True)
        ]
        self._graph = trace_step(
            recipe.net, self._types, recipe.dtype, lambda trace: bind_for_inference(recipe, trace)
        )
        live = {
            name: array
            for name, array in store.arrays.items()
            if name == "theta" or name.startswith(("state.", "frozen."))
        }
        store.pull()
        self._run = make_predictor(self._graph.graph, live, numerics)

    def _names(self, given: Sequence[str] | None) -> Sequence[str]:
        """The dtype of each input."""
        count = len(self._limits)
        if given is None:
            own = self._store.recipe.dtype.name
            return [own if limit is None else "int32" for limit in self._limits]
        if len(given) != count:
            message = f"input_dtypes has {len(given)} names; the network has {count} inputs."
            raise UsageError(message)
        return given

    def initial_state(self) -> State:
        """The state before the first step: zeros."""
        return self._graph.zeros()

    def __call__(
        self, x: ArrayLike | tuple[ArrayLike, ...], state: State
    ) -> tuple[Array | tuple[Array, ...], State]:
        """One step: its output (a tuple where there are several), and the state after it.

        Args:
            x: the inputs at one time, batch first; a tuple for several inputs.
            state: from `initial_state` or the step before; it is not changed.

        Raises:
            DataError: an id that the embedding of that input has no row for.
            ShapeError: `x` is no step of the sequences that the network was built for.
            UsageError: the state is of another network, or a cache in it is full.
        """
        given = [
            np.asarray(one) for one in cast("tuple[Any, ...]", x if type(x) is tuple else (x,))
        ]
        step_shapes(self._net, given)
        for number, (array, type_) in enumerate(zip(given, self._types, strict=True)):
            self._check(number, array, type_)
        before = self._graph.check(state)
        self._store.pull()
        arrays = [before.arrays[name] for name in self._graph.slots]
        results = self._run(*given, *arrays)
        outputs = results[: self._graph.outputs]
        after = dict(zip(self._graph.slots, results[self._graph.outputs :], strict=True))
        return outputs[0] if len(outputs) == 1 else outputs, State(after, self._graph.network)

    def _check(self, number: int, array: Array, type_: TensorType) -> None:
        """Refuse another number of rows, ids without a row, and dtypes that do not fit."""
        name = f"x[{number}]" if len(self._types) > 1 else "x"
        if len(array) != type_.shape[0]:
            message = (
                f"{name} has {len(array)} rows; this stepper runs {type_.shape[0]} streams. Make "
                f"another with model.stepper({len(array)})."
            )
            raise UsageError(message)
        limit = self._limits[number]
        if limit is not None:
            check_ids(name, array, limit)
        elif not np.can_cast(array.dtype, type_.dtype.numpy, "same_kind"):
            message = (
                f"{name} has dtype {array.dtype}; this stepper takes {type_.dtype}. Convert it, or "
                f"make the stepper with input_dtypes."
            )
            raise UsageError(message)
