"""The order of the passes, stated once."""

from __future__ import annotations

from collections.abc import Callable

from constnet.errors import VerifyError
from constnet.ir.graph import Graph
from constnet.passes.fold_constants import fold_constants
from constnet.passes.merge_subexpressions import merge_subexpressions
from constnet.passes.remove_dead import remove_dead
from constnet.passes.simplify import simplify

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (
    remove_dead,
    merge_subexpressions,
    fold_constants,
    simplify,
    remove_dead,
)
_MOST_ROUNDS = 50


def run(graph: Graph) -> Graph:
    """All passes in order, again and again until none of them changes anything."""
    for _ in range(_MOST_ROUNDS):
        before = graph
        for each in PASSES:
            graph = each(graph)
        if graph is before:
            return graph
    message = f"the passes still change graph {graph.name} after {_MOST_ROUNDS} rounds"
    raise VerifyError(message)
