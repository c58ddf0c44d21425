"""A model as the content of a file, and back: what each field of the header means and must be.

    tensors   each parameter and state by path; in a checkpoint also slot.NAME (flat, laid out as
              theta), metric.NAME.STATE and callback.INDEX.NAME
    header    kind, net, input_shapes, frozen, losses, optimizer, metrics, dtype, numerics, seed,
              step, hyper, training, metadata

Nothing of a file is believed: the network is built again from its description, and every tensor
must have exactly the name, shape and dtype that this network has, before one is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet import losses, metrics, nn, optim
from constnet.errors import ConstnetError, FormatError
from constnet.train import files
from constnet.train.history import History
from constnet.train.layout import Layout
from constnet.train.packing import pack, unpack

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from constnet.losses import Loss
    from constnet.metrics import Metric
    from constnet.nn import Layer
    from constnet.optim import Optimizer
    from constnet.train.engine import Numerics
    from constnet.train.model import Model

Array = np.ndarray[Any, np.dtype[Any]]
FIELDS = (
    "kind", "net", "input_shapes", "frozen", "losses", "optimizer", "metrics", "dtype", "numerics",
    "seed", "step", "hyper", "training", "metadata",
)  # fmt: skip
HISTORY_KEY = "constnet.history"  # in metadata: a file without it is as good as before
_FREE_PREFIXES = ("metric.", "callback.")
_MAX_STEP = 2**32 - 1
_MAX_HYPER = 3e38
_MAX_SEED = 2**64 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """Everything a model file holds, checked."""

    kind: str
    net: Layer[Any, Any]
    losses: tuple[Loss, ...]
    optimizer: Optimizer
    metrics: tuple[tuple[Metric, ...], ...]
    dtype: str
    numerics: Numerics
    seed: int
    step: int
    hyper: tuple[float, ...]
    arrays: dict[str, Array]
    training: dict[str, Any] | None
    metadata: dict[str, Any]
    history: History


def save(model: Model, path: str | os.PathLike[str], *, checkpoint: bool) -> None:
    """Write `model` to `path` atomically; with `checkpoint` all that training needs to go on."""
    store = model.store()
    recipe = store.recipe
    arrays: dict[str, Array] = {name: value for name, (_, value) in store.targets().items()}
    training: dict[str, Any] | None = None
    if checkpoint:
        arrays |= {k: v for k, v in store.arrays.items() if k.startswith(("slot.", "metric."))}
        record, callback_arrays = model.training_record()
        arrays |= callback_arrays
        training = None if record is None else pack(record)
    header = {
        "kind": "checkpoint" if checkpoint else "model",
        "net": recipe.net.config(),
        "input_shapes": [list(shape) for shape in recipe.net.input_shapes],
        "frozen": list(recipe.frozen),
        "losses": [loss.config() for loss in recipe.losses],
        "optimizer": recipe.optimizer.config(),
        "metrics": [[metric.config() for metric in group] for group in recipe.metrics],
        "dtype": recipe.dtype.name,
        "numerics": model.numerics,
        "seed": model.seed,
        "step": store.step,
        "hyper": [float(value) for value in store.arrays["hyper"]],
        "training": training,
        "metadata": pack(model.metadata | _history_entry(model, training)),
    }
    files.write(path, header, arrays)


def _history_entry(model: Model, training: dict[str, Any] | None) -> dict[str, Any]:
    """The curves of the last fit; a fit that can be resumed keeps its own in `training`."""
    if training is not None or not model.history.epoch:
        return {}
    return {HISTORY_KEY: model.history.to_record()}


def read(
    path: str | os.PathLike[str],
    custom_layers: Mapping[str, type[Layer[Any, Any]]] | None = None,
    custom: Sequence[type[Any]] = (),
) -> Content:
    """Read and check a model file; see `constnet.load`."""
    reader = files.Reader(path)
    header = _Header(reader)
    net = _network(reader, header, custom_layers)
    content = _content(header, net, custom)
    _check_entries(reader, content)
    arrays = reader.arrays()
    parameters = {**net.parameters(), **net.states()}
    for name, parameter in parameters.items():
        parameter.data = arrays.pop(name).copy()
    content.arrays.update(arrays)
    return content


def _content(header: _Header, net: Layer[Any, Any], custom: Sequence[type[Any]]) -> Content:
    """Everything but the tensors."""

    def loss(config: dict[str, Any]) -> Loss:
        return losses.from_config(config, _of(custom, losses.Loss))

    def metric(config: dict[str, Any]) -> Metric:
        return metrics.from_config(config, _of(custom, metrics.Metric))

    def optimizer(config: dict[str, Any]) -> Optimizer:
        return optim.from_config(config, _of(custom, optim.Optimizer))

    metadata, training = header.record("metadata") or {}, header.record("training")
    groups = [header.build_list("metrics", group, metric) for group in header.items("metrics")]
    made: tuple[Loss, ...] = tuple(header.build_each("losses", loss))
    if len(groups) != len(made):
        header.refuse("metrics", f"one list for each of {len(made)} losses")
    return Content(
        kind=header.text("kind", ("model", "checkpoint")),
        net=net,
        losses=made,
        optimizer=header.build("optimizer", optimizer),
        metrics=tuple(tuple(group) for group in groups),
        dtype=header.text("dtype", ("float32", "float64")),
        numerics=cast("Numerics", header.text("numerics", ("fma", "exact"))),
        seed=header.whole("seed", _MAX_SEED),
        step=header.whole("step", _MAX_STEP),
        hyper=header.numbers("hyper"),
        arrays={},
        training=training,
        history=_history(header, metadata.pop(HISTORY_KEY, None), training),
        metadata=metadata,
    )


def _history(header: _Header, stored: object, training: dict[str, Any] | None) -> History:
    """The curves that a file keeps; none where it was never trained."""
    record = stored if training is None else training.get("history")
    if record is None:
        return History()
    try:
        return History.from_record(record)
    except ValueError as error:
        header.reader.refuse(f"its history of training is not understood: {error}")


class _Header:
    """Typed reading of the header's fields; each error names the field and what it holds."""

    def __init__(self, reader: files.Reader) -> None:
        self.reader = reader
        self.fields = reader.header
        missing = [name for name in FIELDS if name not in self.fields]
        unknown = [name for name in self.fields if name not in FIELDS]
        if missing or unknown:
            reader.refuse(f"its header lacks {missing} and has unknown {unknown[:8]}")

    def refuse(self, name: str, expected: str) -> None:
        """Raise the error about one field."""
        found = repr(self.fields[name])
        self.reader.refuse(f"its field {name!r} is {found[:80]}, expected {expected}")

    def text(self, name: str, allowed: tuple[str, ...]) -> str:
        """A word out of a few."""
        if self.fields[name] not in allowed:
            self.refuse(name, " or ".join(map(repr, allowed)))
        return str(self.fields[name])

    def whole(self, name: str, high: int) -> int:
        """A whole number from 0 to `high`."""
        value = self.fields[name]
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
            self.refuse(name, f"a whole number from 0 to {high}")
        return int(value)

    def items(self, name: str) -> list[Any]:
        """A list of anything."""
        if not isinstance(self.fields[name], list):
            self.refuse(name, "a list")
        return cast("list[Any]", self.fields[name])

    def numbers(self, name: str) -> tuple[float, ...]:
        """The four numbers of `hyper`: each has a float32."""
        values = self.items(name)
        is_sound = all(type(v) in (int, float) and abs(v) <= _MAX_HYPER for v in values)
        if len(values) != 4 or not is_sound or values[0] < 0:
            self.refuse(name, "a list of 4 finite numbers, the first at least 0")
        return tuple(float(value) for value in values)

    def names(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        if not all(isinstance(item, str) for item in self.items(name)):
            self.refuse(name, "a list of texts")
        return tuple(self.items(name))

    def shapes(self, name: str) -> tuple[tuple[int, ...], ...]:
        """A list of shapes."""
        for shape in self.items(name):
            is_shape = isinstance(shape, list) and all(
                type(extent) is int and 0 < extent < 2**31 for extent in cast("list[Any]", shape)
            )
            if not is_shape:
                self.refuse(name, "a list of lists of positive whole numbers")
        return tuple(tuple(shape) for shape in self.items(name))

    def record(self, name: str) -> dict[str, Any] | None:
        """A packed object, or null."""
        try:
            value = unpack(self.fields[name])
        except (FormatError, RecursionError) as error:
            self.reader.refuse(f"its field {name!r} is not understood: {error}")
        if value is not None and not isinstance(value, dict):
            self.refuse(name, "an object or null")
        return cast("dict[str, Any] | None", value)

    def build(self, name: str, make: Callable[[Any], Any]) -> Any:
        """What a configuration describes."""
        return self.build_list(name, [self.fields[name]], make)[0]

    def build_each(self, name: str, make: Callable[[Any], Any]) -> list[Any]:
        """What each configuration of a list describes."""
        return self.build_list(name, self.items(name), make)

    def build_list(self, name: str, configs: Any, make: Callable[[Any], Any]) -> list[Any]:
        """What each of `configs` describes."""
        if not isinstance(configs, list):
            self.refuse(name, "a list")
        made: list[Any] = []
        for config in cast("list[Any]", configs):
            if not isinstance(config, dict):
                self.refuse(name, "objects with a 'class'")
            try:
                made.append(make(config))
            except (ConstnetError, TypeError, ValueError, KeyError, RecursionError) as error:
                self.reader.refuse(f"its field {name!r} is not understood: {error}")
        return made


def _network(
    reader: files.Reader,
    header: _Header,
    custom_layers: Mapping[str, type[Layer[Any, Any]]] | None,
) -> Layer[Any, Any]:
    net = header.build("net", lambda config: nn.from_config(config, custom_layers))
    if not isinstance(net, nn.Layer):
        reader.refuse(f"its field 'net' describes a {type(net).__name__}, expected a layer")
    found = cast("Layer[Any, Any]", net)
    try:
        if not found.is_built:
            found.build(*header.shapes("input_shapes"))
    except (ConstnetError, TypeError, ValueError) as error:
        reader.refuse(f"its network cannot be built for its 'input_shapes': {error}")
    if found.input_shapes != header.shapes("input_shapes"):
        header.refuse("input_shapes", f"those of its network, {found.input_shapes}")
    parameters = found.parameters()
    for path in header.names("frozen"):
        if path not in parameters:
            header.refuse("frozen", f"parameters of its network; {path!r} is none")
        parameters[path].trainable = False
    frozen = set(header.names("frozen"))
    for path, parameter in parameters.items():
        parameter.trainable = path not in frozen
    return found


def _check_entries(reader: files.Reader, content: Content) -> None:
    """Every tensor that must be there is, with its shape and dtype, and no other is."""
    net, dtype = content.net, content.dtype
    expected = {
        path: files.TensorEntry(tuple(parameter.shape), dtype)
        for path, parameter in {**net.parameters(), **net.states()}.items()
    }
    is_checkpoint = content.kind == "checkpoint"
    if is_checkpoint:
        trained = {k: tuple(p.shape) for k, p in net.parameters().items() if p.trainable}
        flat = files.TensorEntry((Layout.of(trained).length,), dtype)
        expected |= {f"slot.{name}": flat for name in content.optimizer.slots()}
    for name, wanted in expected.items():
        if name not in reader.entries:
            reader.refuse(f"its network needs the tensor {name!r}, which the file lacks")
        if reader.entries[name] != wanted:
            found = reader.entries[name]
            reader.refuse(
                f"its tensor {name!r} is {found.dtype}{list(found.shape)}; its network needs "
                f"{wanted.dtype}{list(wanted.shape)}"
            )
    free = _FREE_PREFIXES if is_checkpoint else ()
    extra = [n for n in reader.entries if n not in expected and not n.startswith(free)]
    if extra:
        reader.refuse(f"it holds the tensors {extra[:8]}, which its network does not have")


def restore_arrays(content: Content, arrays: Mapping[str, Array]) -> None:
    """Put slots, metrics and counters of a checkpoint into the arrays of a store.

    A file without slots leaves the counters at 0: an optimizer that begins with empty slots must
    begin at step 0, where its bias corrections and averages do.

    Raises:
        FormatError: a tensor of the file does not fit.
    """
    if content.kind == "model":
        return
    for name, value in content.arrays.items():
        if name.startswith("callback."):
            continue
        target = arrays.get(name)
        if target is None or target.shape != value.shape or target.dtype != value.dtype:
            message = (
                f"the file's tensor {name!r} is {value.dtype}{list(value.shape)}; the model has "
                f"{'none' if target is None else f'{target.dtype}{list(target.shape)}'}."
            )
            raise FormatError(message)
        target[...] = value
    arrays["step"][...] = content.step
    arrays["hyper"][...] = content.hyper


def _of(classes: Sequence[type[Any]], base: type[Any]) -> list[type[Any]]:
    return [class_ for class_ in classes if issubclass(class_, base)]
