"""Times constnet and its peers on the same networks, alternating, in one run.

Examples:
    python -m benchmarks                                     train everything, 1 and 2 threads
    python -m benchmarks --only lstm,gru --peers torch,jax --threads 1 --seconds 1
    python -m benchmarks --mode infer                        batch-1 latency, batch-256 throughput
    python -m benchmarks --mode scale                        width 8..4096, batch 1..1024
    python -m benchmarks --mode cost                         compile time and memory of a step
    python -m benchmarks --check                             first losses agree between peers
    python -m benchmarks --check --mode infer                so do predictions
    python -m benchmarks --markdown --json results.jsonl     the tables of README.md, raw lines kept
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import agreement, cost, peak, report
from benchmarks.alternate import Job, Result, alternate, idle_cpus
from benchmarks.worker import MODULES
from benchmarks.workloads import COSTED, INFERENCE, TRAINING, WORKLOADS

TRAINERS = ("constnet", "torch", "torch_compile", "jax")
PREDICTORS = ("constnet", "torch", "torch_compile", "jax", "onnxruntime", "litert")
WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
BATCHES = (1, 4, 16, 64, 256, 1024)


class _Names(argparse.Action):
    """Names from a list of known ones, separated by commas or spaces."""

    def __init__(self, *args: object, known: tuple[str, ...], **kwargs: object) -> None:
        super().__init__(*args, nargs="+", **kwargs)
        self.known = known

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        names = [name for value in values for name in value.split(",") if name]
        unknown = [name for name in names if name not in self.known]
        if unknown:
            parser.error(f"{option_string}: no {unknown}; there are {', '.join(self.known)}")
        setattr(namespace, self.dest, names)


def _numbers(given: str) -> list[int]:
    return [int(part) for part in given.split(",")]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--mode", choices=("train", "infer", "scale", "cost", "peak"),
                        default="train")  # fmt: skip
    checking = "compare what peers compute, untimed; ends with 1 if they differ"
    parser.add_argument("--check", action="store_true", help=checking)
    parser.add_argument("--only", action=_Names, known=tuple(WORKLOADS), metavar="NAME",
                        help="workloads, separated by commas")  # fmt: skip
    parser.add_argument("--peers", action=_Names, known=tuple(MODULES), metavar="PEER")
    parser.add_argument("--threads", type=_numbers, default=[1, 2], help="such as 1,2")
    parser.add_argument("--batch", type=_numbers, help="batches of --mode infer or scale")
    parser.add_argument("--width", type=_numbers, default=WIDTHS, help="of --mode scale")
    parser.add_argument("--seconds", type=float, default=2.0, help="per peer and workload")
    parser.add_argument("--rounds", type=int, default=5, help="turns the seconds are split into")
    parser.add_argument("--markdown", action="store_true", help="print tables as Markdown")
    parser.add_argument("--json", type=Path, help="append one JSON line per result to this file")
    options = parser.parse_args()
    if options.check and options.mode not in ("train", "infer"):
        parser.error(f"--check is of --mode train or infer, not {options.mode}")
    without = [name for name in options.only or () if not WORKLOADS[name].loss]
    if without and options.mode != "infer":
        parser.error(f"{', '.join(without)} is only run: use --mode infer")
    return options


def _groups(options: argparse.Namespace) -> list[list[Job]]:
    """Jobs that take turns with one another, group by group."""
    mode, only, kind = options.mode, options.only, options.mode
    peers = options.peers or (PREDICTORS if mode == "infer" else TRAINERS)
    threads = options.threads
    if mode == "infer":
        batches = [2] if options.check else options.batch or (1, 256)
        shapes = [(name, batch) for name in only or INFERENCE for batch in batches]
    elif mode == "scale":
        names = [f"width{w}_batch64" for w in options.width]
        names += [f"width256_batch{b}" for b in options.batch or BATCHES if b != 64]
        shapes, peers, kind = [(n, 0) for n in names], options.peers or ("constnet",), "train"
    elif mode == "cost":
        shapes, peers = [(name, 0) for name in only or COSTED], ("constnet",)
    else:
        shapes = [(name, 0) for name in only or TRAINING]
    if options.check:
        kind = "check_outputs" if mode == "infer" else "check"
        threads = threads[:1]
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
            pinned = [replace(job, cpus=cpus) for job in jobs]
            if options.mode == "cost":
                found = cost.measure(pinned, stream.fileno())
            else:
                found = alternate(pinned, options.seconds, options.rounds, stream.fileno())
            results += found
            told = ", ".join(f"{r.job.peer} {report.figure(r) or 'done'}" for r in found)
            print(f"{jobs[0].workload}, {jobs[0].threads} thread(s): {told}", file=sys.stderr)
    if any("failed" in r.missing or "ended" in r.missing for r in results):
        print(f"what the workers printed: {log}", file=sys.stderr)
    else:
        log.unlink()
    return results


def _print(options: argparse.Namespace, results: list[Result], peaks: dict) -> None:
    markdown = options.markdown
    peers = list(dict.fromkeys(r.job.peer for r in results))
    if options.check:
        print(agreement.agreement_table(results, markdown=markdown))
    elif options.mode == "cost":
        print(report.cost_table(results, markdown=markdown))
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


def main() -> int:
    """Measure, print, and append the raw results if asked; 1 if a check fails."""
    options = _arguments()
    print(f"Machine: {report.machine()}")
    peaks = {}
    if options.mode in ("train", "scale", "peak") and not options.check:
        counts = [count for count in options.threads if count <= (os.cpu_count() or 1)]
        peaks = {count: peak.measure(count) for count in counts}
        for measured in peaks.values():
            print(f"Measured peak: {json.dumps(measured)}")
    if options.mode == "peak":
        return 0
    results = _run(options, _groups(options))
    print()
    _print(options, results, peaks)
    if options.json:
        with options.json.open("a") as lines:
            for result in results:
                lines.write(json.dumps({"machine": report.machine(), **result.record()}) + "\n")
    found = agreement.disagreements(results) if options.check else []
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
