"""Times constnet and its peers on the same networks, alternating, in one run.

Examples:
    python -m benchmarks                                     train everything, 1 and 2 threads
    python -m benchmarks --workload xor mlp_mnist --peer constnet jax --threads 1 --seconds 2
    python -m benchmarks --mode infer                        batch-1 latency, batch-256 throughput
    python -m benchmarks --mode scale --peer constnet        width 8..4096, batch 1..1024
    python -m benchmarks --mode check                        first losses agree between peers
    python -m benchmarks --markdown --json results.jsonl     the tables of README.md, raw lines kept
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks import peak, report
from benchmarks.alternate import Job, Result, alternate, idle_cpus
from benchmarks.worker import MODULES
from benchmarks.workloads import INFERENCE, TRAINING

TRAINERS = ("constnet", "torch", "torch_compile", "jax")
PREDICTORS = ("constnet", "torch", "torch_compile", "jax", "onnxruntime", "litert")
WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
BATCHES = (1, 4, 16, 64, 256, 1024)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--mode", choices=("train", "infer", "scale", "check", "peak"),
                        default="train")  # fmt: skip
    parser.add_argument("--workload", nargs="+", choices=sorted(TRAINING), metavar="NAME")
    parser.add_argument("--peer", nargs="+", choices=sorted(MODULES), metavar="PEER")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--batch", nargs="+", type=int, help="batches of --mode infer or scale")
    parser.add_argument("--width", nargs="+", type=int, default=WIDTHS, help="of --mode scale")
    parser.add_argument("--seconds", type=float, default=2.0, help="per peer and workload")
    parser.add_argument("--rounds", type=int, default=5, help="turns the seconds are split into")
    parser.add_argument("--markdown", action="store_true", help="print tables as Markdown")
    parser.add_argument("--json", type=Path, help="append one JSON line per result to this file")
    return parser.parse_args()


def _groups(options: argparse.Namespace) -> list[list[Job]]:
    """Jobs that take turns with one another, group by group."""
    mode = options.mode
    peers = options.peer or (PREDICTORS if mode == "infer" else TRAINERS)
    threads = options.threads if mode != "check" else [1]
    if mode == "infer":
        names = options.workload or INFERENCE
        shapes = [(name, batch) for name in names for batch in options.batch or (1, 256)]
    elif mode == "scale":
        batches = options.batch or BATCHES
        names = [f"width{w}_batch64" for w in options.width]
        names += [f"width256_batch{b}" for b in batches if b != 64]
        shapes, peers = [(name, 0) for name in names], options.peer or ("constnet",)
    else:
        shapes = [(name, 0) for name in options.workload or TRAINING]
    kind = "train" if mode == "scale" else mode
    return [
        [Job(peer, name, count, kind, batch) for peer in peers]
        for count in threads
        for name, batch in shapes
    ]


def _run(options: argparse.Namespace, groups: list[list[Job]]) -> list[Result]:
    available, results = os.cpu_count() or 1, []
    log = Path(tempfile.gettempdir()) / f"constnet-benchmarks-{os.getpid()}.log"
    with log.open("wb") as stream:
        for jobs in groups:
            if jobs[0].threads > available:
                print(f"skipped: {jobs[0].threads} threads on {available} CPUs", file=sys.stderr)
                continue
            cpus = idle_cpus(jobs[0].threads)
            pinned = [Job(j.peer, j.workload, j.threads, j.mode, j.batch, cpus) for j in jobs]
            found = alternate(pinned, options.seconds, options.rounds, stream.fileno())
            results += found
            told = ", ".join(f"{r.job.peer} {report.figure(r)}" for r in found)
            print(f"{jobs[0].workload}, {jobs[0].threads} thread(s): {told}", file=sys.stderr)
    if any("failed" in r.missing or "ended" in r.missing for r in results):
        print(f"what the workers printed: {log}", file=sys.stderr)
    else:
        log.unlink()
    return results


def _print(options: argparse.Namespace, results: list[Result], peaks: dict) -> None:
    markdown = options.markdown
    peers = list(dict.fromkeys(r.job.peer for r in results))
    if options.mode == "check":
        print(report.loss_table(results, markdown=markdown))
    elif options.mode == "infer":
        print(report.inference_table(results, peers, markdown=markdown))
    elif options.mode == "scale":
        print(report.scaling_table(results, peaks, markdown=markdown))
    else:
        print(report.training_table(results, peers, peaks, markdown=markdown))
    versions = {r.job.peer: r.version for r in results if r.version}
    print("\nVersions: " + ", ".join(f"{p} {v}" for p, v in versions.items()))
    if missing := report.missing_list(results):
        print(missing)


def main() -> None:
    """Measure, print, and append the raw results if asked."""
    options = _arguments()
    print(f"Machine: {report.machine()}")
    peaks = {}
    if options.mode in ("train", "scale", "peak"):
        counts = [count for count in options.threads if count <= (os.cpu_count() or 1)]
        peaks = {count: peak.measure(count) for count in counts}
        for measured in peaks.values():
            print(f"Measured peak: {json.dumps(measured)}")
    if options.mode == "peak":
        return
    results = _run(options, _groups(options))
    print()
    _print(options, results, peaks)
    if options.json:
        with options.json.open("a") as lines:
            for result in results:
                lines.write(json.dumps({"machine": report.machine(), **result.record()}) + "\n")


if __name__ == "__main__":
    main()
