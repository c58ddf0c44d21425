"""One peer in a process of its own: sets up once, then runs a slice of work whenever told to.

    python -m benchmarks.worker '{"peer": ..., "workload": ..., "threads": 1, "cpus": [0], ...}'

Commands come as lines on standard input ("slice SECONDS", "quit"); every answer is one JSON line.
Threads and CPUs are fixed before the peer is imported, so that nothing hides a helper thread.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback

MODULES = {
    "constnet": "benchmarks.peer_constnet",
    "torch": "benchmarks.peer_torch",
    "torch_compile": "benchmarks.peer_torch",
    "jax": "benchmarks.peer_jax",
    "onnxruntime": "benchmarks.peer_onnxruntime",
    "litert": "benchmarks.peer_litert",
}


CHECKED_STEPS = 6
TRIAL_SECONDS = 0.3


def fix_threads(threads: int, cpus: list[int]) -> None:
    """Pin the process and tell every library its number of threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(cpus))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
        os.environ[name] = str(threads)
    os.environ["CONSTNET_THREADS"] = str(threads)
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    if threads == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false"


class TrainingSlices:
    """Times chunks of steps; a chunk is long enough for the clock, short beside a slice."""

    def __init__(self, training, chunk_seconds: float) -> None:
        self.training = training
        start = time.perf_counter()
        training.run(training.quantum)
        self.first_call = time.perf_counter() - start
        training.run(training.quantum)
        start, steps, spent = time.perf_counter(), 0, 0.0
        while spent < 0.5:
            training.run(training.quantum)
            steps += training.quantum
            spent = time.perf_counter() - start
        wanted = int(chunk_seconds / (spent / steps))
        self.chunk = max(1, wanted // training.quantum) * training.quantum

    def slice(self, seconds: float) -> list[float]:
        """Seconds per step of each chunk; at least one chunk."""
        times, begin = [], time.perf_counter()
        while not times or time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            self.training.run(self.chunk)
            times.append((time.perf_counter() - start) / self.chunk)
        return times


class InferenceSlices:
    """Times single calls and gives the median of a slice."""

    def __init__(self, inference) -> None:
        self.inference = inference
        start = time.perf_counter()
        with inference.context():
            inference.call()
            self.first_call = time.perf_counter() - start
            while time.perf_counter() - start < 0.3 + self.first_call:
                inference.call()

    def slice(self, seconds: float) -> list[float]:
        """The median and the tenth percentile of the slice's calls, in seconds."""
        times, clock, call = [], time.perf_counter_ns, self.inference.call
        with self.inference.context():
            end = clock() + int(seconds * 1e9)
            while clock() < end or len(times) < 15:
                start = clock()
                call()
                times.append(clock() - start)
        times.sort()
        return [times[len(times) // 2] * 1e-9]


def check(peer, workload, job: dict) -> dict:
    """The losses of the first steps, one step at a time; or the first outputs."""
    if job["mode"] == "check_outputs":
        variant = peer.variants(workload, "infer")[0]
        inference = peer.infer(workload, job["threads"], job["batch"], variant)
        return {"outputs": inference.output().ravel().tolist() if inference else []}
    variant = peer.variants(workload, "train")[0]
    training = peer.train(workload, job["threads"], variant, stepwise=True)
    found = []
    for _ in range(CHECKED_STEPS if training else 0):
        training.run(1)
        found.append(training.loss())
    return {"losses": found}


def prepare(peer, workload, job: dict, variant: str):
    """What times one variant; None where the peer does not do it."""
    threads = job["threads"]
    if job["mode"] == "infer":
        inference = peer.infer(workload, threads, job["batch"], variant)
        return InferenceSlices(inference) if inference else None
    training = peer.train(workload, threads, variant, stepwise=False)
    # Two threads: short chunks, so that the best falls between a busy neighbour's time slices.
    return TrainingSlices(training, 0.15 if threads == 1 else 0.03) if training else None


def fastest(peer, workload, job: dict):
    """Slices of the variant that wins a short trial, and its name; no trial of a single one."""
    variants = peer.variants(workload, job["mode"])
    made = [(prepare(peer, workload, job, variant), variant) for variant in variants]
    if len(made) == 1 or made[0][0] is None:
        return made[0]
    return min(made, key=lambda each: min(each[0].slice(TRIAL_SECONDS)))


def start(job: dict):
    """The slices of a job, or None where there is nothing to time; and what to tell about it."""
    from benchmarks.workloads import find

    module = importlib.import_module(MODULES[job["peer"]])
    peer, workload = module.PEERS[job["peer"]](), find(job["workload"])
    told: dict = {"version": peer.version()}
    if job["mode"] in ("check", "check_outputs"):
        return None, told | check(peer, workload, job)
    if job["mode"] == "cost":
        return None, told | {"cost": module.first_step(workload, job["threads"])}
    slices, variant = fastest(peer, workload, job)
    if slices is None:
        return None, told | {"missing": f"{job['peer']} does not do {job['mode']}"}
    return slices, told | {"first_call": slices.first_call, "variant": variant}


def serve(job: dict, answer) -> None:
    """Set up, then answer slices until told to quit or the parent is gone."""
    try:
        slices, told = start(job)
    except ImportError as error:
        answer({"missing": f"not importable: {error}"})
        return
    except Exception as error:  # noqa: BLE001  (a peer's failure is a result, reported as such)
        traceback.print_exc()
        answer({"missing": f"failed: {type(error).__name__}: {str(error).splitlines()[:1]}"})
        return
    answer({"ready": True, **told})
    for line in sys.stdin:
        command, _, seconds = line.strip().partition(" ")
        if command != "slice" or slices is None:
            return
        answer({"seconds": slices.slice(float(seconds))})


def main() -> None:
    """Answers go to the real standard output; whatever a peer prints goes to standard error."""
    job = json.loads(sys.argv[1])
    fix_threads(job["threads"], job["cpus"])
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(content: dict) -> None:
        channel.write(json.dumps(content) + "\n")
        channel.flush()

    serve(job, answer)


if __name__ == "__main__":
    main()
