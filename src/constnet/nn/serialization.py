"""Reading a layer back from its configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constnet.errors import FormatError
from constnet.nn import describable
from constnet.nn.layer import is_layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constnet.nn.layer import Layer


def from_config(
    config: object,
    custom_layers: Mapping[str, type[Layer[Any, Any]]] | None = None,
) -> Layer[Any, Any]:
    """The layer that `layer.config()` described, without its values.

    Args:
        config: strict JSON, possibly read from a file nobody vouches for.
        custom_layers: classes of your own, by name.

    Raises:
        FormatError: an unknown class or field, a wrong type, sizes or depth beyond the limits.

    Example:
        >>> from constnet import nn
        >>> from_config(nn.Dense(2, 8).config())
        Dense(2, 8)
    """
    made = describable.decode(config, custom_layers)
    if not is_layer(made):
        message = f"the configuration describes {made!r}; expected a layer."
        raise FormatError(message)
    return made
