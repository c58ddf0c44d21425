"""The plan of a fit: which steps, over what data, how many, and what may follow a resumed run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from constnet.errors import UsageError
from constnet.runtime.batches import Batches
from constnet.train.source import DrawnSource, Draws

if TYPE_CHECKING:
    from constnet.train.source import Source
    from constnet.train.tables import Tables

DEFAULT_BATCH = 32
_LAST_STEP = 2**32 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a fit will do.

    `tables` is None where a sampler draws. `steps` counts one epoch's; `batch` is in samples.
    """

    tables: Tables | None
    draws: Draws | None
    batch: int
    steps: int
    epochs: int
    initial_epoch: int
    shuffle: bool

    def sources(self) -> tuple[Source, Source | None]:
        """Where a whole batch comes from, and the last one of a pass if it has fewer rows."""
        if self.tables is None:
            assert self.draws is not None
            return DrawnSource(self.draws), None
        rest = self.tables.rows % self.batch
        return self.tables.source(self.batch), self.tables.source(rest) if rest else None

    def batches(self, seed: int, first_step: int) -> Batches | None:
        """How rows become batches from `first_step` on; each fit shuffles in its own way."""
        if self.tables is None:
            return None
        key = (seed & 0xFFFFFFFF, ((seed >> 32) & 0xFFFFFFFF) ^ first_step)
        return Batches(self.tables.rows, self.batch, self.shuffle, key, first_step)

    def facts(self) -> dict[str, Any]:
        """What must be the same for a run to be resumed."""
        rows = 0 if self.tables is None else self.tables.rows
        facts = {"rows": rows, "batch_size": self.batch, "steps": self.steps}
        return {**facts, "shuffle": self.shuffle}


def plan_arrays(
    tables: Tables, batch_size: int | None, steps: int | None, span: tuple[int, int], shuffle: bool
) -> Plan:
    """A fit over arrays; `span` is the first epoch and the end of the last."""
    batch = min(DEFAULT_BATCH, tables.rows) if batch_size is None else batch_size
    if batch < 1:
        message = f"batch_size is {batch}; expected at least 1."
        raise UsageError(message)
    if batch > tables.rows:
        message = (
            f"batch_size is {batch} and there are {tables.rows} rows. Use batch_size="
            f"{tables.rows} or less, or leave it out."
        )
        raise UsageError(message)
    per_epoch = -(-tables.rows // batch)
    return _checked(Plan(tables, None, batch, _count(steps, per_epoch), span[1], span[0], shuffle))


def plan_draws(
    draws: Draws, batch_size: int | None, steps: int | None, span: tuple[int, int]
) -> Plan:
    """A fit over data drawn in the graph."""
    if batch_size is not None and batch_size != draws.batch_size:
        message = (
            f"fit got batch_size={batch_size} and a Sampler of batch_size={draws.batch_size}. "
            "Give it to the Sampler alone: Sampler(draw, batch_size=...)"
        )
        raise UsageError(message)
    if steps is None:
        message = (
            "fit got a Sampler, which never ends, and no steps. Say how many steps an epoch has: "
            "fit(sampler, steps=100_000)"
        )
        raise UsageError(message)
    return _checked(Plan(None, draws, draws.batch_size, _count(steps, 1), span[1], span[0], False))


def _count(steps: int | None, default: int) -> int:
    count = default if steps is None else steps
    if count < 1:
        message = f"steps is {count}; expected at least 1 step in an epoch."
        raise UsageError(message)
    return count


def _checked(plan: Plan) -> Plan:
    if plan.epochs < 1 or not 0 <= plan.initial_epoch <= plan.epochs:
        message = (
            f"epochs is {plan.epochs} and initial_epoch {plan.initial_epoch}; expected at least 1 "
            "epoch, and initial_epoch from 0 to epochs (epochs counts the ones before as well)."
        )
        raise UsageError(message)
    return plan


def check_step_range(step: int, plan: Plan) -> None:
    """Refuse a run whose step counter would not fit 32 bits."""
    last = step + plan.steps * (plan.epochs - plan.initial_epoch)
    if last > _LAST_STEP:
        message = (
            f"training would end at step {last}; the step counter, which random numbers depend on, "
            f"ends at {_LAST_STEP}. Save the weights and begin a new model with another seed."
        )
        raise UsageError(message)
