"""`load`: a model from its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constnet.train import checkpoint
from constnet.train.model import Model

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from constnet.nn import Layer


def load(
    path: str | os.PathLike[str],
    custom_layers: Mapping[str, type[Layer[Any, Any]]] | None = None,
    custom: Sequence[type[Any]] = (),
) -> Model:
    """Read a model that `Model.save` wrote, and training with it if it is a checkpoint.

    Args:
        path: the file.
        custom_layers: your own layer classes, by name.
        custom: your own classes of losses, metrics and optimizers.

    Raises:
        FormatError: the file is truncated, tampered with or newer; nothing of it was used.
    """
    content = checkpoint.read(path, custom_layers, custom)
    model = Model(
        content.net,
        list(content.losses) or None,
        content.optimizer,
        list(content.metrics),
        seed=content.seed,
        dtype=content.dtype,
        numerics=content.numerics,
    )
    model.metadata, model.history = content.metadata, content.history
    model.custom_layers, model.custom = custom_layers or {}, custom
    checkpoint.restore_arrays(content, model.store().arrays)
    return model
