"""`Model`: a network with what it is trained by; fit, evaluate, predict, save and load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet import nn, optim
from constnet.dtypes import as_dtype
from constnet.errors import UsageError
from constnet.nn import building
from constnet.nn.parameter import Parameter
from constnet.train import checkpoint, fit_call
from constnet.train.choices import build_from_sizes, choose_losses, choose_metrics
from constnet.train.evaluation import Evaluator, check_batch
from constnet.train.history import History
from constnet.train.inputs import check_inputs
from constnet.train.labels import class_answers
from constnet.train.prediction import Known, Predictors, predict_graph
from constnet.train.recipe import Recipe
from constnet.train.report import print_summary
from constnet.train.resume import record_of
from constnet.train.stepper import Stepper
from constnet.train.store import Store
from constnet.train.tables import check_targets, collect
from constnet.train.weights import check_names

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Unpack

    from constnet.ir.graph import Graph
    from constnet.losses import Loss
    from constnet.metrics import Metric
    from constnet.nn import Layer
    from constnet.optim import Optimizer
    from constnet.train.engine import Numerics
    from constnet.train.fitting import Fit
    from constnet.train.tables import Tables

Array = np.ndarray[Any, np.dtype[Any]]
_MAX_SEED = 2**64


class Model:
    """A network, its loss, optimizer and metrics, trained by one compiled program.

    Args:
        net: a layer, usually `nn.Sequential` or `nn.Network`.
        loss: an object or a name such as "mse"; a list with one per output. None where the model
            only predicts.
        optimizer: an object or a name such as "adam".
        metrics: objects or names; for several outputs, a list of them per output.
        seed: of initial weights, shuffling, dropout and samplers; a run is a function of it.
        dtype: "float32" or "float64".
        numerics: "fma" (a multiply-add may round once) or "exact" (the same bits on every target).

    Example:
        >>> import numpy as np, constnet as cn
        >>> net = cn.nn.Sequential(cn.nn.Dense(1, 1, kernel_initializer="zeros"))
        >>> model = cn.Model(net, loss="mse", optimizer=cn.optim.SGD(0.1))
        >>> log = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=50, verbose=0)
        >>> bool(log["loss"][-1] < 1e-3)
        True
    """

    def __init__(
        self,
        net: Layer[Any, Any],
        loss: str | Loss | Sequence[str | Loss] | None = None,
        optimizer: str | Optimizer = "adam",
        metrics: Sequence[str | Metric | Sequence[str | Metric]] = (),
        *,
        seed: int = 0,
        dtype: str = "float32",
        numerics: Numerics = "fma",
    ) -> None:
        if not isinstance(cast("object", net), nn.Layer):
            message = f"Model was given {net!r} as its network; expected a layer such as nn.Dense."
            raise UsageError(message)
        if dtype not in ("float32", "float64"):
            message = f"Model: dtype is {dtype!r}; expected 'float32' or 'float64'."
            raise UsageError(message)
        if numerics not in ("fma", "exact"):
            message = f"Model: numerics is {numerics!r}; expected 'fma' or 'exact'."
            raise UsageError(message)
        if type(seed) is not int or not 0 <= seed < _MAX_SEED:
            message = f"Model: seed is {seed!r}; expected a whole number from 0 to 2**64 - 1."
            raise UsageError(message)
        self.net = net
        self._is_guessed = build_from_sizes(net)
        self.losses = choose_losses(loss)
        self.optimizer = optim.get(optimizer)
        self.metrics = choose_metrics(metrics, self.losses)
        self.seed, self.dtype = seed, dtype
        self.numerics: Numerics = numerics
        self.history = History()
        self.metadata: dict[str, Any] = {}  # what the user wants kept in the file: JSON values
        self.stop_training = False
        self.custom_layers: Mapping[str, type[Layer[Any, Any]]] = {}
        self.custom: Sequence[type[Any]] = ()
        self._store: Store | None = None
        self._predictors: Predictors | None = None
        self._latest: Known | None = None
        self._running: Fit | None = None

    def fit(
        self, x: object, y: object | None = None, **options: Unpack[fit_call.Options]
    ) -> History:
        """Train, all steps in one compiled program, and return the history.

        Args:
            x: an array, rows first (a tuple of arrays for several inputs), or a `data.Sampler`.
                Arrays and memory maps are read where they lie.
            y: targets, rows first; a tuple for several outputs.
            options: by keyword:
                epochs: the number of the last epoch (1).
                batch_size: rows per step (32, or all if there are fewer); the last batch of an
                    epoch has what is left.
                steps: steps of an epoch; one pass over the rows if left out, needed for a Sampler.
                validation_data: (x, y) or (x, y, sample_weight), evaluated after each epoch.
                validation_split: the fraction of the last rows to validate on instead.
                shuffle: a new order of the rows for each epoch (True).
                class_weight: {label: weight} for the loss.
                sample_weight: for loss and metrics, one weight per row, `(N,)`, or per position of
                    a sequence or image, such as `(N, T)`. Bools are a mask: the loss is then the
                    mean over what it keeps, and targets elsewhere are not looked at.
                mixup: mix each sample with another one, inputs and targets, with shares drawn from
                    Beta(mixup, mixup); 0.2 is usual for images. Metrics of training then compare
                    with the target of the larger share.
                accumulate: work a batch through in this many parts (1) and update once: as much
                    memory as a part needs, the gradient of the whole batch.
                initial_epoch: the number of the first epoch, counted from 0.
                callbacks: `constnet.callbacks` objects.
                verbose: 0 nothing, 1 a bar, 2 lines, "auto" a bar on a terminal and lines else.
                resume: a file to write as training goes on, and to go on from if it exists: killed
                    at any moment and called again, training ends in the same bits.

        Raises:
            DataError: rows are missing, not finite, or targets are out of range.
            DivergenceError: a loss was not finite; the model is in its last good state.
            KeyboardInterrupt: Ctrl-C; the model stands at the end of a step.
        """
        self.stop_training = False
        self.history = History()
        return fit_call.run(self, x, y, options)

    def evaluate(
        self,
        x: object,
        y: object,
        *,
        batch_size: int | None = None,
        sample_weight: object | None = None,
    ) -> dict[str, Any]:
        """The loss and every metric over arrays, by name; arguments as in `fit`."""
        return self.evaluator(self.tables(x, y, sample_weight), batch_size)()

    def predict(self, x: object, *, batch_size: int | None = None) -> Any:
        """The network's output for each row: an array, or a tuple of arrays for several outputs.

        Args:
            x: an array, rows first; a tuple of arrays for several inputs.
            batch_size: rows that run at once; no answer depends on it.
        """
        latest = self._latest
        if latest is not None and batch_size is None and type(x) is np.ndarray:
            shape, dtype, assignments, call = latest
            if x.shape == shape and x.dtype is dtype and Parameter.assignments == assignments:
                return call(x)
        return self._predict(x, batch_size)

    def _predict(self, x: object, batch_size: int | None) -> Any:
        """`predict` with all checks; remembers the program for a next call of the same shape."""
        known = self._predictors.known(x) if self._predictors and batch_size is None else None
        if known is not None:
            self._latest = known
            return known[-1](cast("Array", x))
        tables = collect(x)
        self.build_for(tables.shapes(), [x.dtype.name for x in tables.xs])
        check_inputs(tables, self.net, finite=False)
        check_batch(batch_size)
        predictors = self._ready_predictors()
        outputs = predictors.run(tables.xs, batch_size)
        predictors.remember(tables.xs[0])
        return outputs[0] if len(outputs) == 1 else outputs

    def predictor(
        self, rows: int = 1, dtype: str | None = None
    ) -> Callable[..., tuple[Array, ...]]:
        """The compiled network for batches of exactly `rows`, without `predict`'s checks.

        Arrays given to it are of `dtype`, the model's if left out.
        """
        names = (dtype or self.dtype,) * len(self.store().recipe.net.input_shapes)
        return self._ready_predictors().get(rows, names)

    def stepper(self, batch: int = 1, input_dtypes: Sequence[str] | None = None) -> Stepper:
        """The network one step of a sequence at a time, compiled; see `Stepper`.

        Args:
            batch: streams that run at once.
            input_dtypes: one for each input; the model's if left out, int32 for ids.
        """
        return Stepper(self.store(), self.numerics, batch, input_dtypes)

    def predict_classes(self, x: object, *, batch_size: int | None = None) -> Array:
        """The class of each row: its name where the network has class names, else its number."""
        return class_answers(self, self.predict(x, batch_size=batch_size))

    def summary(self) -> None:
        """Print the table of layers, with shapes, parameters and memory."""
        print_summary(self)

    def save(self, path: str | os.PathLike[str], *, checkpoint: bool = False) -> None:
        """Write one `.safetensors` file, atomically.

        Args:
            path: where; what is there stays untouched if writing fails (`StorageError`).
            checkpoint: also write optimizer slots and counters, to go on training.
        """
        _save(self, path, checkpoint=checkpoint)

    def export(self, path: str | os.PathLike[str], **options: Any) -> Any:
        """Write the network as source without dependencies; see `constnet.export`."""
        from constnet.export import export_model

        return export_model(self, path, **options)

    def verify(self, artefact: str | os.PathLike[str], **options: Any) -> Any:
        """Compile an exported artefact and compare it with this model; see `constnet.export`."""
        from constnet.export import verify_artefact

        return verify_artefact(self, artefact, **options)

    @property
    def step(self) -> int:
        """Steps trained so far."""
        return self.store().step

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step: the schedule's, times `learning_rate_scale`."""
        return self.optimizer.schedule(self.step) * self.learning_rate_scale

    @property
    def learning_rate_scale(self) -> float:
        """A factor on the learning rate, 1 at first; may be set at any time."""
        return float(self.store().arrays["hyper"][0])

    @learning_rate_scale.setter
    def learning_rate_scale(self, scale: float) -> None:
        if not (np.isfinite(scale) and scale >= 0):
            message = f"learning_rate_scale was set to {scale}; expected a number of at least 0."
            raise UsageError(message)
        self.store().arrays["hyper"][0] = scale

    def get_weights(self) -> dict[str, Array]:
        """Copies of all parameters and states, by path."""
        self.store().pull()
        return {path: array.copy() for path, (_, array) in self.store().targets().items()}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Take parameters and states by path; all of them must be there, in their shapes."""
        targets = self.store().targets()
        check_names(weights, {path: array.shape for path, (_, array) in targets.items()})
        for path, (_, array) in targets.items():
            array[...] = weights[path]
        self.store().bind()

    def store(self) -> Store:
        """The live arrays; made when they are first needed, and again when layers were frozen.

        Freezing begins a new training: optimizer slots and the step counter start at 0.

        Raises:
            UsageError: the network's sizes are not known yet.
        """
        if not self.net.is_built:
            message = (
                f"{self.net!r} is not built, so its sizes are unknown. Call fit or predict with "
                "data, or net.build(shape)."
            )
            raise UsageError(message)
        trained = {k: p.shape for k, p in self.net.parameters().items() if p.trainable}
        if self._store is None or self._store.recipe.shapes() != trained:
            self._store = self._new_store(self._store)
            self._predictors = None
            self._latest = None
        return self._store

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the (first) input without the batch axis."""
        return self.net.input_shapes[0]

    def arrays(self) -> dict[str, Array]:
        """The live arrays by graph input name, such as `theta`."""
        self.store().pull()
        return self.store().arrays

    def predict_graph(self, rows: int = 1, dtype: str | None = None) -> Graph:
        """The network in inference mode as a graph, for batches of `rows`."""
        return predict_graph(self.store(), rows, (dtype or self.dtype,))

    def build_for(self, shapes: Sequence[tuple[int, ...]], dtypes: Sequence[str] = ()) -> None:
        """Build the network for these input shapes, without batch axis, if it is not built."""
        is_other = self._is_guessed and len(shapes) == 1 and shapes[0] != self.input_shape
        if not self.net.is_built or is_other:
            building.complete(self.net, shapes, dtypes)

    def tables(self, x: object, y: object, sample_weight: object | None = None) -> Tables:
        """Arrays to train or evaluate on, checked against the network and its losses."""
        tables = collect(x, y, sample_weight)
        self.check_trainable()
        self.build_for(tables.shapes(), [x.dtype.name for x in tables.xs])
        check_inputs(tables, self.net)
        check_targets(tables, self.losses, self.store().recipe.score_shapes(tables.xs))
        return tables

    def check_trainable(self) -> None:
        """Refuse to train or evaluate without a loss."""
        if not self.losses:
            message = (
                "this model has no loss, so it can predict only. Make it with one: "
                "Model(net, loss='mse')"
            )
            raise UsageError(message)

    def evaluator(self, tables: Tables, batch_size: int | None) -> Evaluator:
        """An evaluation of these tables that can be repeated."""
        self.store().pull()
        return Evaluator(self.store(), tables, batch_size, self.numerics)

    def attach(self, fit: Fit | None, *, moved: bool = False) -> None:
        """Say which fit is running; if arrays moved, programs over them are made again."""
        self._running = fit
        if moved:
            self._predictors = None
            self._latest = None

    def training_record(self) -> tuple[dict[str, Any] | None, dict[str, Array]]:
        """What a running fit needs to be resumed; nothing while none runs."""
        return (None, {}) if self._running is None else record_of(self._running)

    def check_same(self, content: checkpoint.Content, path: Path) -> None:
        """Refuse to resume from a file of another model."""
        checks = {
            "network": (content.net.config(), self.net.config()),
            "losses": ([one.config() for one in content.losses], [o.config() for o in self.losses]),
            "optimizer": (content.optimizer.config(), self.optimizer.config()),
            "dtype": (content.dtype, self.dtype),
            "numerics": (content.numerics, self.numerics),
            "seed": (content.seed, self.seed),
        }
        for name, (there, here) in checks.items():
            if there != here:
                message = f"{path} is of a model with another {name}: {there}; this one has {here}."
                raise UsageError(message)

    def _new_store(self, old: Store | None) -> Store:
        arrays = {**self.net.parameters(), **self.net.states()}
        if not all(parameter.has_data for parameter in arrays.values()):
            self.net.initialize(self.seed, self.dtype)
        groups = self.metrics or tuple(() for _ in self.losses)
        recipe = Recipe.of(self.net, self.losses, self.optimizer, groups, as_dtype(self.dtype))
        store = Store(recipe, (self.seed & 0xFFFFFFFF, self.seed >> 32))
        if old is not None:
            store.arrays["hyper"][...] = old.arrays["hyper"]
        return store

    def _ready_predictors(self) -> Predictors:
        store = self.store()
        store.pull()
        if self._predictors is None:
            self._predictors = Predictors(store, self.numerics)
        return self._predictors


_save = checkpoint.save
