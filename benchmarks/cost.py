"""What constnet's first step costs: seconds without and with a cache, and bytes of memory.

Each workload is built twice, in fresh processes with caches of their own: the first has to compile,
the second finds everything.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.alternate import Job, Result, Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

_CACHES = ("CONSTNET_CACHE", "ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR")


def measure(jobs: Sequence[Job], log: int) -> list[Result]:
    """A result for each job, with its `cost`."""
    found = []
    for job in jobs:
        with tempfile.TemporaryDirectory() as folder:
            variables = {name: f"{folder}/{name.lower()}" for name in _CACHES}
            cold, cached = (
                Worker(replace(job, mode="cost"), log, variables).result for _ in range(2)
            )
        if not (cold.missing or cached.missing):
            cached.cost |= {"cold": cold.cost["seconds"], "cached": cached.cost.pop("seconds")}
        cached.missing = cold.missing or cached.missing
        found.append(cached)
    return found
