"""Checks of weights that a user hands over by path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.errors import ShapeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_names(
    weights: Mapping[str, np.ndarray[Any, np.dtype[Any]]],
    expected: Mapping[str, tuple[int, ...]],
) -> None:
    """Refuse weights that are missing, unknown or of another shape, before any is used."""
    missing = [path for path in expected if path not in weights]
    unknown = [path for path in weights if path not in expected]
    if missing or unknown:
        message = (
            f"set_weights lacks {missing} and was given unknown {unknown}. Pass what get_weights "
            "returned, or the same paths."
        )
        raise UsageError(message)
    for path, shape in expected.items():
        found = np.shape(weights[path])
        if found != shape:
            message = f"set_weights: {path!r} has shape {found}; the network needs {shape}."
            raise ShapeError(message)
