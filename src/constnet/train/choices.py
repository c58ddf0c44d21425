"""What a user may write for losses and metrics, as objects, one group per output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from constnet import losses as loss_catalog
from constnet import metrics as metric_catalog
from constnet.errors import UsageError
from constnet.nn import Dense, Sequential

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.losses import Loss
    from constnet.metrics import Metric
    from constnet.nn import Layer


def build_from_sizes(net: Layer[Any, Any]) -> bool:
    """Build a network whose first layer states its input size; True if it did.

    So a wrong size further on is an error where the model is made, before there are data.
    """
    first = net
    while isinstance(first, Sequential):
        first = first.layers[0]
    size = first.input_size if isinstance(first, Dense) else None
    if net.is_built or size is None:
        return False
    net.build(size)
    return True


def choose_losses(given: str | Loss | Sequence[str | Loss] | None) -> tuple[Loss, ...]:
    """One loss per output; none where the model only predicts."""
    if given is None:
        return ()
    if isinstance(given, (list, tuple)):
        return tuple(loss_catalog.get(one) for one in cast("Sequence[str | Loss]", given))
    return (loss_catalog.get(given),)


def choose_metrics(
    given: Sequence[Any], losses: tuple[Loss, ...]
) -> tuple[tuple[Metric, ...], ...]:
    """Metrics for each output; a flat list belongs to the only one."""
    items = [given] if isinstance(given, str) else list(given)
    is_nested = bool(items) and all(isinstance(one, (list, tuple)) for one in items)
    groups: list[list[Any]] = [list(one) for one in items] if is_nested else [items]
    if not items:
        groups = [[] for _ in losses]
    if len(groups) != len(losses):
        message = (
            f"Model was given {len(losses)} losses and metrics for {len(groups)} outputs. Give one "
            "list of metrics per loss: metrics=[['accuracy'], []]"
        )
        raise UsageError(message)
    return tuple(
        tuple(metric_catalog.get(one, loss) for one in group)
        for group, loss in zip(groups, losses, strict=True)
    )
