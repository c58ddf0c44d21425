"""Settings as data: what losses, metrics, optimizers and schedules share.

A setting object is a dataclass. `config()` gives it as strict JSON, `Catalog.from_config` builds it
again, `Catalog.get` resolves what a user may write in its place: an object, a name, a config. All
three refuse what they do not know and list what there is.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from constnet.errors import FormatError, UsageError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
T = TypeVar("T", bound="Configurable")


class Configurable:
    """A dataclass whose fields are its whole meaning."""

    def config(self) -> dict[str, Json]:
        """The class name under "class" and every constructor argument, as strict JSON."""
        entries: dict[str, Json] = {"class": type(self).__name__}
        for field in dataclasses.fields(cast("Any", self)):
            if field.init:
                entries[field.name] = _to_json(getattr(self, field.name))
        return entries


class Catalog(Generic[T]):
    """The classes of one kind, by class name and by the short names users write."""

    def __init__(
        self, kind: str, classes: Sequence[type[T]], aliases: Mapping[str, type[T]]
    ) -> None:
        self.kind = kind
        self._classes = {class_.__name__: class_ for class_ in classes}
        self._aliases = dict(aliases)

    def names(self) -> list[str]:
        """Every name that `get` resolves."""
        return [*self._aliases, *self._classes]

    def find(self, name: str) -> type[T]:
        """The class of that name; short names ignore case."""
        found = self._classes.get(name) or self._aliases.get(name.lower())
        if found is None:
            message = f"no {self.kind} is called {name!r}; there are: {', '.join(self.names())}"
            raise UsageError(message)
        return found

    def get(self, given: object, base: type[T]) -> T:
        """`given` itself if it is a `base`, else the one that a name or a config stands for."""
        if isinstance(given, base):
            return given
        if isinstance(given, str):
            return self._default(self.find(given))
        if isinstance(given, Mapping):
            return self.from_config(cast("Mapping[str, object]", given))
        article = "an" if self.kind[0] in "aeiou" else "a"
        message = (
            f"{given!r} is not {article} {self.kind}. Give an object of a subclass of "
            f"{base.__name__}, its config, or one of the names: {', '.join(self.names())}"
        )
        raise UsageError(message)

    def _default(self, class_: type[T]) -> T:
        needed = [
            field.name
            for field in dataclasses.fields(cast("Any", class_))
            if field.init
            and field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        ]
        if needed:
            message = (
                f"{class_.__name__} needs arguments ({', '.join(needed)}), so its name alone does "
                f"not stand for a {self.kind}. Give an object."
            )
            raise UsageError(message)
        return class_()

    def from_config(self, config: Mapping[str, object], custom: Sequence[type[T]] = ()) -> T:
        """Build what `config()` described.

        Args:
            config: what `config()` returned, possibly read from a file nobody vouches for.
            custom: classes of the user's own that the config may name.

        Raises:
            FormatError: a class, an argument or a value that this version does not know.
        """
        known = self._classes | {class_.__name__: class_ for class_ in custom}
        name = config.get("class")
        class_ = known.get(name) if isinstance(name, str) else None
        if class_ is None:
            message = f"a file names the {self.kind} {name!r}; known are: {', '.join(known)}"
            raise FormatError(message)
        arguments = {key: value for key, value in config.items() if key != "class"}
        expected = {field.name for field in dataclasses.fields(cast("Any", class_)) if field.init}
        if unknown := sorted(set(arguments) - expected):
            message = (
                f"{name} in a file has arguments that this version does not know: "
                f"{', '.join(map(str, unknown))}; it takes {', '.join(sorted(expected))}"
            )
            raise FormatError(message)
        try:
            return class_(**{key: _from_json(value) for key, value in arguments.items()})
        except (UsageError, TypeError, RecursionError) as error:
            message = f"{name} in a file does not fit: {error}"
            raise FormatError(message) from error


def _to_json(value: object) -> Json:
    if isinstance(value, Configurable):
        return value.config()
    if isinstance(value, tuple):
        return [_to_json(item) for item in cast("tuple[object, ...]", value)]
    return cast("Json", value)


def _from_json(value: object) -> object:
    if isinstance(value, list):
        return tuple(_from_json(item) for item in cast("list[object]", value))
    return value


def is_number(value: object) -> bool:
    """Whether `value` is a finite Python number (a bool is not), and whole numbers have 64 bits."""
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < 2**63
    return isinstance(value, float) and math.isfinite(value)


def require_number(
    owner: object,
    name: str,
    value: object,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    above: float = -math.inf,
    below: float = math.inf,
) -> None:
    """Refuse a setting that is no number in `low <= value <= high`, `above < value < below`."""
    if is_number(value):
        number = cast("float", value)
        if low <= number <= high and above < number < below:
            return
    limits = [
        f"{word} {limit}"
        for word, limit in (
            ("at least", low), ("at most", high), ("above", above), ("below", below),
        )
        if math.isfinite(limit)
    ]  # fmt: skip
    wanted = " and ".join(["a finite number", *limits])
    message = f"{type(owner).__name__}({name}={value!r}): {name} must be {wanted}."
    raise UsageError(message)


def numbers(owner: object, name: str, value: object, *, low: float = 0) -> tuple[float, ...]:
    """A setting of several numbers of at least `low`, as a tuple; refuses anything else."""
    if isinstance(value, (list, tuple)):
        items = cast("Sequence[object]", value)
        if all(is_number(item) and cast("float", item) >= low for item in items):
            return tuple(cast("Sequence[float]", items))
    message = (
        f"{type(owner).__name__}({name}={value!r}): {name} must be a tuple of finite numbers of at "
        f"least {low}."
    )
    raise UsageError(message)


def require_whole(
    owner: object, name: str, value: object, *, low: int = 1, high: int = 2**32 - 1
) -> None:
    """Refuse a setting that is not a whole number in `low .. high`."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return
    wanted = f"a whole number of at least {low} and at most {high}"
    message = f"{type(owner).__name__}({name}={value!r}): {name} must be {wanted}."
    raise UsageError(message)


def require_bool(owner: object, **settings: object) -> None:
    """Refuse settings that are neither True nor False."""
    for name, value in settings.items():
        if not isinstance(value, bool):
            message = f"{type(owner).__name__}({name}={value!r}): {name} must be True or False."
            raise UsageError(message)


def require_choice(owner: object, name: str, value: object, choices: Sequence[object]) -> None:
    """Refuse a setting that is not one of `choices`."""
    if value not in choices:
        listed = ", ".join(map(repr, choices))
        message = f"{type(owner).__name__}({name}={value!r}): {name} must be one of {listed}."
        raise UsageError(message)
