"""Runs the workers of several peers in turn, so that a slow minute of the machine hits them all.

Every worker stays alive; one that is not on turn is stopped (SIGSTOP), so its threads cannot spin
beside the others.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Job:
    """What one worker does."""

    peer: str
    workload: str
    threads: int
    mode: str = "train"  # "train", "infer", "check", "check_outputs" or "cost"
    batch: int = 0
    cpus: tuple[int, ...] = ()


@dataclass
class Result:
    """What came of a job. `seconds` has every timed chunk, in the order they ran."""

    job: Job
    version: str = ""
    missing: str = ""
    first_call: float = 0.0
    seconds: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    outputs: list[float] = field(default_factory=list)
    variant: str = ""
    cost: dict[str, float] = field(default_factory=dict)

    @property
    def best(self) -> float:
        return min(self.seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def record(self) -> dict[str, object]:
        """One JSON line."""
        job = asdict(self.job)
        found: dict[str, object] = {"version": self.version, "first_call_s": self.first_call}
        if self.missing:
            found["missing"] = self.missing
        if self.seconds:
            found |= {"best_us": self.best * 1e6, "median_us": self.median * 1e6}
            found["chunks"] = len(self.seconds)
        if self.variant:
            found["variant"] = self.variant
        if self.losses:
            found["losses"] = self.losses
        if self.cost:
            found["cost"] = self.cost
        return job | found


class Worker:
    """A child process; awake only between `wake` and `sleep`."""

    def __init__(self, job: Job, log: int, variables: dict[str, str] | None = None) -> None:
        self.result = result = Result(job)
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-m", "benchmarks.worker", json.dumps(asdict(job))]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            env=os.environ | {"PYTHONPATH": path} | (variables or {}), cwd=ROOT,
        )  # fmt: skip
        answer = self._read()
        for name in ("version", "missing", "first_call", "losses", "outputs", "variant", "cost"):
            setattr(result, name, answer.get(name, getattr(result, name)))
        is_timed = job.mode in ("train", "infer")
        self.is_alive = is_timed and bool(answer.get("ready")) and not result.missing
        if self.is_alive:
            self.process.send_signal(signal.SIGSTOP)
        else:
            self.close()

    def turn(self, seconds: float) -> None:
        """One slice of work while everybody else sleeps."""
        self.process.send_signal(signal.SIGCONT)
        answer = self._ask(f"slice {seconds}")
        self.process.send_signal(signal.SIGSTOP)
        if "missing" in answer:
            self.result.missing, self.is_alive = answer["missing"], False
        else:
            self.result.seconds += answer["seconds"]

    def close(self) -> None:
        """End the process; a stopped one is continued first."""
        self.process.send_signal(signal.SIGCONT)
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _ask(self, command: str) -> dict:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return {"missing": "the worker ended"}
        return self._read()

    def _read(self) -> dict:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        return {"missing": f"the worker ended with exit code {self.process.wait()}"}


def idle_cpus(count: int) -> tuple[int, ...]:
    """The `count` CPUs that were idle most in the last quarter second."""
    if not hasattr(os, "sched_getaffinity"):
        return tuple(range(count))
    allowed = os.sched_getaffinity(0)
    if not Path("/proc/stat").exists():
        return tuple(sorted(allowed)[:count])
    before = _idle_times()
    time.sleep(0.25)
    after = _idle_times()
    ranked = sorted(allowed, key=lambda cpu: before.get(cpu, 0) - after.get(cpu, 0))
    return tuple(sorted(ranked[:count]))


def _idle_times() -> dict[int, int]:
    times = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name.startswith("cpu") and name[3:].isdigit():
            times[int(name[3:])] = int(fields[3])
    return times


def alternate(jobs: list[Job], seconds: float, rounds: int, log: int) -> list[Result]:
    """All jobs, `rounds` slices each in turn, `seconds` in total per job."""
    workers = [Worker(job, log) for job in jobs]
    try:
        for number in range(rounds):
            order = workers if number % 2 == 0 else workers[::-1]
            for worker in order:
                if worker.is_alive:
                    worker.turn(seconds / rounds)
    finally:
        for worker in workers:
            if worker.process.poll() is None:
                worker.close()
    return [worker.result for worker in workers]
