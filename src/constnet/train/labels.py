"""From scores to classes: numbers, or names where the network carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.errors import UsageError
from constnet.nn.preprocessing import class_names

if TYPE_CHECKING:
    from constnet.train.model import Model

Array = np.ndarray[Any, np.dtype[Any]]


def class_answers(model: Model, outputs: Array | tuple[Array, ...]) -> Array:
    """The class of each row, or of each position, of a network's output."""
    if isinstance(outputs, tuple):
        message = (
            f"predict_classes needs a network with one output; this one has {len(outputs)}. Use "
            "predict and np.argmax."
        )
        raise UsageError(message)
    numbers = _numbers(model, outputs)
    names = class_names(model.net)
    return numbers if names is None else np.asarray(names)[numbers]


def _numbers(model: Model, outputs: Array) -> Array:
    if outputs.dtype.kind in "iu":
        return outputs
    if outputs.ndim == 1 or outputs.shape[-1] == 1:
        is_logit = any(getattr(loss, "from_logits", False) for loss in model.losses)
        answers = outputs > (0.0 if is_logit else 0.5)
        positions = outputs.shape[:-1] if outputs.ndim > 1 else outputs.shape
        return answers.reshape(positions).astype(np.int32)
    return np.argmax(outputs, axis=-1).astype(np.int32)
