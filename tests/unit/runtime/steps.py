"""A small step whose state tells which rows it saw, in which order."""

from dataclasses import dataclass, field

import numpy as np

from constnet import dtypes, ops
from constnet.ir.graph import Graph, GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Trace, tracing


@dataclass
class Step:
    """A graph and which outputs take the memory of which inputs."""

    graph: Graph
    donations: dict[int, int] = field(default_factory=lambda: {0: 0, 1: 1})


def reading_step(rows, dtype=dtypes.float64, table_dtype=None, width=1):
    """seen = seen / 2 + sum of position times row; a zero in a row makes the loss infinite."""
    trace = Trace(GraphBuilder("reading"), dtype=dtype)
    with tracing(trace):
        seen = trace.input("seen", TensorType((width,), dtype))
        step = trace.input("step", TensorType((), dtypes.uint32))
        x = trace.input("x0", TensorType((rows, width), table_dtype or dtype))
        places = (ops.arange(rows).astype(dtype) + 1.0).reshape(rows, 1)
        new = seen * 0.5 + ops.sum(x.astype(dtype) * places, 0)
        loss = 1.0 / ops.min(ops.abs(x.astype(dtype)))
        outputs = [new, step + ops.full((), 1, dtypes.uint32), loss]
    return Step(trace.builder.build(output.value for output in outputs))


def state_of(width=1, dtype=np.float64):
    return {"seen": np.zeros(width, dtype), "step": np.zeros((), np.uint32)}


def seen_after(table, batches):
    """The same arithmetic in NumPy, for batches of row numbers."""
    seen = np.zeros(table.shape[1])
    for rows in batches:
        x = table[rows].astype(np.float64)
        seen = seen * 0.5 + (x * np.arange(1, len(rows) + 1)[:, None]).sum(0)
    return seen
