"""Objects that strict JSON can describe: layers, initializers and regularizers.

    object  <->  {"class": "Dense", "arguments": {"units": 8, ...}}

A `Describable` remembers the arguments it was constructed with, so its configuration is what the
user wrote, with defaults filled in. A layer that occurs twice is written once; the second time it
is `{"same_as": N}`, N counting the layers of the configuration from 0. Reading refuses unknown
classes, unknown or missing fields, wrong types, and anything too deep or too large: `FormatError`.
"""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import numpy as np

from constnet.errors import ConstnetError, FormatError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DEPTH = 64
MAX_VALUES = 100_000
MAX_INTEGER = 2**53
MAX_TEXT = 1_000

_builtin: dict[str, type[Describable]] = {}


class Describable:
    """Base of what a configuration can hold."""

    has_identity: ClassVar[bool] = False
    _given: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the arguments before `__init__` sees them."""
        self = super().__new__(cls)
        object.__setattr__(self, "_given", (args, kwargs))
        return self

    if TYPE_CHECKING:

        def __init__(self) -> None: ...

    else:

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            if args or kwargs:
                message = f"{self!r}: {type(self).__name__} takes no arguments. Leave them out."
                raise UsageError(message)

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Classes of constnet itself can be read back without being named by the reader."""
        super().__init_subclass__(**kwargs)
        if cls.__module__.partition(".")[0] == "constnet":
            _builtin[cls.__name__] = cls

    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments by name, defaults included.

        Override together with `from_arguments` where the constructor's arguments are not plain
        values, sequences of them, or layers, initializers and regularizers.
        """
        args, kwargs = self._given
        signature = _signature(type(self))
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        for name, parameter in signature.parameters.items():
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                arguments |= arguments.pop(name)
        return arguments

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Self:
        """Construct from what `arguments()` gave."""
        positional: list[Any] = []
        keywords = dict(arguments)
        for name, parameter in _signature(cls).parameters.items():
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                positional.extend(keywords.pop(name, ()))
            elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY and name in keywords:
                positional.append(keywords.pop(name))
        return cls(*positional, **keywords)

    def config(self) -> dict[str, Any]:
        """This object as strict JSON; `nn.from_config` reads it back.

        Raises:
            UsageError: an argument of the constructor has no JSON form.
        """
        return cast("dict[str, Any]", _Encoder().encode(self, type(self).__name__))

    def __repr__(self) -> str:
        args, kwargs = self._given
        parts = [repr(arg) for arg in args]
        known = _signature(type(self)).parameters
        defaults = {name: parameter.default for name, parameter in known.items()}
        named = {name: value for name, value in kwargs.items() if defaults.get(name) != value}
        # What a file gives by name reads as one writes it: Conv2D(8, 3), not Conv2D(filters=8, ...
        for name, parameter in list(known.items())[len(args) :]:
            if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or name not in named:
                break
            parts.append(repr(named.pop(name)))
        parts += [f"{name}={value!r}" for name, value in named.items()]
        return f"{type(self).__name__}({', '.join(parts)})"


def _signature(cls: type[Describable]) -> inspect.Signature:
    """The constructor's, without `self`."""
    if cls.__init__ is Describable.__init__:
        return inspect.Signature()
    whole = inspect.signature(cls.__init__)
    return whole.replace(parameters=list(whole.parameters.values())[1:])


@dataclass
class _Encoder:
    """Turns objects into JSON values; knows which layers were written already."""

    seen: dict[int, int] = field(default_factory=dict[int, int])

    def encode(self, value: object, where: str) -> object:
        if isinstance(value, Describable):
            return self._object(value, where)
        if isinstance(value, (list, tuple)):
            items = cast("list[object]", value)
            return [self.encode(item, f"{where}[{idx}]") for idx, item in enumerate(items)]
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, (int, np.integer)):
            return int(cast("int", value))
        if isinstance(value, (float, np.floating)) and math.isfinite(cast("float", value)):
            return float(cast("float", value))
        message = (
            f"{where} is {value!r}, which strict JSON cannot hold. Pass plain values, layers, "
            "initializers or regularizers, or override `arguments` and `from_arguments`."
        )
        raise UsageError(message)

    def _object(self, value: Describable, where: str) -> dict[str, object]:
        if value.has_identity:
            if id(value) in self.seen:
                return {"same_as": self.seen[id(value)]}
            self.seen[id(value)] = len(self.seen)
        arguments = {
            name: self.encode(argument, f"{where}.{name}")
            for name, argument in value.arguments().items()
        }
        return {"class": type(value).__name__, "arguments": arguments}


@dataclass
class _Decoder:
    """Turns JSON values back into objects, trusting nothing."""

    classes: Mapping[str, type[Describable]]
    seen: list[Describable | None] = field(default_factory=list["Describable | None"])
    values: int = 0

    def decode(self, value: object, where: str, depth: int = 0) -> object:
        self.values += 1
        if depth > MAX_DEPTH or self.values > MAX_VALUES:
            message = (
                f"{where}: the configuration is deeper than {MAX_DEPTH} or has more than "
                f"{MAX_VALUES} values; it was not written by constnet."
            )
            raise FormatError(message)
        if isinstance(value, dict):
            return self._object(cast("dict[object, object]", value), where, depth)
        if isinstance(value, list):
            items = cast("list[object]", value)
            return [
                self.decode(item, f"{where}[{idx}]", depth + 1) for idx, item in enumerate(items)
            ]
        return _plain(value, where)

    def _object(self, value: dict[object, object], where: str, depth: int) -> object:
        if set(value) == {"same_as"}:
            return self._shared(value["same_as"], where)
        if set(value) != {"class", "arguments"}:
            message = (
                f"{where} has the fields {sorted(map(str, value))}; an object has exactly "
                "'class' and 'arguments'."
            )
            raise FormatError(message)
        cls = self._class(value["class"], where)
        slot = len(self.seen)
        if cls.has_identity:
            self.seen.append(None)
        arguments = self._arguments(value["arguments"], where, depth)
        made = _construct(cls, arguments, where)
        if cls.has_identity:
            self.seen[slot] = made
        return made

    def _class(self, name: object, where: str) -> type[Describable]:
        cls = self.classes.get(name) if isinstance(name, str) else None
        if cls is None:
            message = (
                f"{where} has the class {_short(name)}, which is unknown. If it is your own layer, "
                "pass it: custom_layers={'YourLayer': YourLayer}."
            )
            raise FormatError(message)
        return cls

    def _shared(self, ordinal: object, where: str) -> Describable:
        number = ordinal if isinstance(ordinal, int) and not isinstance(ordinal, bool) else -1
        found = self.seen[number] if 0 <= number < len(self.seen) else None
        if found is None:
            message = (
                f"{where} is the same as layer {_short(ordinal)}, but only {len(self.seen)} "
                "layers come before it."
            )
            raise FormatError(message)
        return found

    def _arguments(self, given: object, where: str, depth: int) -> dict[str, object]:
        if not isinstance(given, dict):
            message = f"{where}.arguments is {_short(given)}; expected an object"
            raise FormatError(message)
        return {
            str(name): self.decode(value, f"{where}.{_short(name)}", depth + 1)
            for name, value in cast("dict[object, object]", given).items()
        }


def _plain(value: object, where: str) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        return value
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    message = (
        f"{where} is {_short(value)}; expected null, a boolean, a finite number up to 2**53, "
        f"or text of at most {MAX_TEXT} characters"
    )
    raise FormatError(message)


def _construct(
    cls: type[Describable],
    arguments: dict[str, object],
    where: str,
) -> Describable:
    try:
        return cls.from_arguments(arguments)
    except FormatError:
        raise
    except (ConstnetError, TypeError, ValueError) as error:
        message = f"{where}: {cls.__name__} cannot be made of {_short(arguments)}: {error}"
        raise FormatError(message) from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def decode(
    config: object,
    custom: Mapping[str, type[Describable]] | None = None,
) -> Describable:
    """The object a configuration describes.

    Args:
        config: what `config()` returned, for example read from JSON.
        custom: classes of the user's own, by the name they have in the configuration.

    Raises:
        FormatError: anything in `config` is not as `config()` writes it.
    """
    made = _Decoder({**_builtin, **(custom or {})}).decode(config, "config")
    if not isinstance(made, Describable):
        message = f"config is {_short(config)}; expected an object with 'class' and 'arguments'"
        raise FormatError(message)
    return made
