"""Graph to graph: the same function, less work. No pass changes a bit of the result."""

from constnet.passes.pipeline import PASSES, run

__all__ = ["PASSES", "run"]
