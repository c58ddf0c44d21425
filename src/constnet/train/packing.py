"""Values in strict JSON that it has no word for: infinities, NaN, small arrays.

inf  <->  {"float": "inf"}          array  <->  {"array": [...], "dtype": "float64"}
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np

from constnet.errors import FormatError

_FLOATS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_DTYPES = ("float64", "float32", "int64", "int32", "uint32", "bool")


def pack(value: Any) -> Any:
    """`value` as strict JSON."""
    if isinstance(value, np.ndarray):
        array = cast("np.ndarray[Any, np.dtype[Any]]", value)
        flat = [pack(item) for item in array.ravel().tolist()]
        return {"array": flat, "shape": list(array.shape), "dtype": array.dtype.name}
    if isinstance(value, np.generic):
        return pack(cast("Any", value).item())
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if isinstance(value, dict):
        return {str(key): pack(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [pack(item) for item in cast("list[Any]", value)]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    message = f"{value!r} of type {type(value).__name__} has no form in a model file"
    raise FormatError(message)


def unpack(value: Any) -> Any:
    """What `pack` was given (tuples come back as lists).

    Raises:
        FormatError: `value` is not of a form that `pack` makes.
    """
    if isinstance(value, list):
        return [unpack(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    word = entries.get("float")
    if set(entries) == {"float"} and isinstance(word, str) and word in _FLOATS:
        return _FLOATS[word]
    if set(entries) == {"array", "shape", "dtype"}:
        return _array(entries)
    return {key: unpack(item) for key, item in entries.items()}


def _array(entries: dict[str, Any]) -> np.ndarray:
    if entries["dtype"] not in _DTYPES:
        message = f"an array in the header has dtype {entries['dtype']!r}; known are {_DTYPES}"
        raise FormatError(message)
    try:
        return np.asarray(unpack(entries["array"]), entries["dtype"]).reshape(entries["shape"])
    except (TypeError, ValueError, OverflowError) as error:
        message = f"an array in the header does not fit its shape {entries['shape']!r}: {error}"
        raise FormatError(message) from error
