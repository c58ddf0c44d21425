"""Checks of the inputs of a network, ids among them: a graph would take the nearest row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.errors import DataError
from constnet.nn.embedding import token_limits
from constnet.train.tables import SCAN_ELEMENTS, check

if TYPE_CHECKING:
    from constnet.nn import Layer
    from constnet.train.tables import Tables

Array = np.ndarray[Any, np.dtype[Any]]


def check_inputs(tables: Tables, net: Layer[Any, Any], *, finite: bool = True) -> None:
    """Refuse what a built network does not take, and ids that its embeddings have no row for.

    Args:
        tables: what `collect` returned.
        net: the network; `constnet.train.tables.check` compares its input shapes.
        finite: whether NaN and infinity are refused.

    Raises:
        DataError: the message has the input, the row, the position, the id and the limit.
    """
    check(tables, net.input_shapes, finite=finite)
    for i, (x, limit) in enumerate(zip(tables.xs, token_limits(net), strict=True)):
        if limit is not None and x.dtype.kind != "b":
            check_ids(f"x[{i}]" if len(tables.xs) > 1 else "x", x, limit)


def check_ids(name: str, ids: Array, tokens: int) -> None:
    """Refuse ids that a table of `tokens` rows has none for; reads a block at a time."""
    rows = max(1, SCAN_ELEMENTS // max(1, ids[0].size))
    for begin in range(0, len(ids), rows):
        block = ids[begin : begin + rows]
        is_wrong = ~((block >= 0) & (block < tokens))
        if block.dtype.kind == "f":
            is_wrong |= block != np.floor(block)
        if is_wrong.any():
            row, *rest = (int(index) for index in np.argwhere(is_wrong)[0])
            position = "" if not rest else f", position {rest[0] if len(rest) == 1 else rest}"
            message = (
                f"{name} holds {block[(row, *rest)]} at row {begin + row}{position} (counted from "
                f"0); the Embedding that reads it has {tokens} tokens, 0 to {tokens - 1}. Correct "
                "the id, or give the Embedding more tokens."
            )
            raise DataError(message)
