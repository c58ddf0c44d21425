"""Tables from results: one row per workload, one column per peer, ratios to the best peer."""

from __future__ import annotations

import platform
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.alternate import Result

    Peak = dict[str, float]

OWN = "constnet"


def machine() -> str:
    """Processor, logical CPUs and system, in one line."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        if lines:
            name = f"{lines[0].partition(':')[2].strip()}, {len(lines)} CPUs"
    return f"{name}; {platform.system()} {platform.release()}; Python {platform.python_version()}"


def microseconds(seconds: float) -> str:
    """Three significant digits, thousands separated."""
    value = seconds * 1e6
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, markdown: bool) -> str:
    """Cells in columns, as plain text or as Markdown."""
    cells = [list(header), *[list(row) for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    ruler = ["-" * width for width in widths]
    edge, gap = ("| ", " | ") if markdown else ("", "  ")
    lines = []
    for row in [cells[0], ruler, *cells[1:]]:
        padded = [c.ljust(w) if i == 0 else c.rjust(w)
                  for i, (c, w) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
        lines.append((edge + gap.join(padded) + edge[::-1]).rstrip())
    return "\n".join(lines)


def figure(result: Result | None) -> str:
    """The best time, or the reason why there is none."""
    if result is None:
        return ""
    if result.seconds:
        return microseconds(result.best)
    return result.missing.partition(":")[0]


def _ratio(own: Result | None, best: Result | None) -> str:
    if own is None or best is None or not own.seconds:
        return ""
    ratio = best.best / own.best
    return f"{ratio:.2f}x" if ratio >= 1 else f"{ratio:.2f}x (slower)"


def training_table(
    results: Sequence[Result], peers: Sequence[str], peaks: dict[int, Peak], *, markdown: bool
) -> str:
    """Microseconds a step; how often constnet fits into the best peer's time; share of peak.

    `of one thread` is constnet's time with one thread divided by its time with these.
    """
    from benchmarks.workloads import find

    grouped: dict[tuple[str, int], dict[str, Result]] = defaultdict(dict)
    for result in results:
        grouped[result.job.workload, result.job.threads][result.job.peer] = result
    rows = []
    for (name, threads), found in grouped.items():
        others = [r for peer, r in found.items() if peer != OWN and r.seconds]
        best, own = min(others, key=lambda r: r.best, default=None), found.get(OWN)
        share = ""
        if own and own.seconds and threads in peaks:
            workload = find(name)
            kind = "f64_gflops" if workload.dtype == "float64" else "f32_gflops"
            rate = workload.flops_per_step / own.best * 1e-9
            share = f"{rate / peaks[threads][kind]:.1%}"
        single = grouped.get((name, 1), {}).get(OWN) if threads > 1 else None
        scaled = _ratio(own, single if single and single.seconds else None)
        cells = [figure(found.get(peer)) for peer in peers]
        rows.append([name, str(threads), *cells, best.job.peer if best else "",
                     _ratio(own, best), scaled, share])  # fmt: skip
    header = ["us per step", "threads", *peers, "best peer", "best peer / constnet",
              "of one thread", "of peak"]  # fmt: skip
    return table(header, rows, markdown=markdown)


def inference_table(results: Sequence[Result], peers: Sequence[str], *, markdown: bool) -> str:
    """Microseconds a call, and constnet against the best peer."""
    grouped: dict[tuple[str, int, int], dict[str, Result]] = defaultdict(dict)
    for result in results:
        job = result.job
        grouped[job.workload, job.batch, job.threads][job.peer] = result
    rows = []
    for (name, batch, threads), found in grouped.items():
        others = [r for peer, r in found.items() if peer != OWN and r.seconds]
        best, own = min(others, key=lambda r: r.best, default=None), found.get(OWN)
        rate = f"{batch / own.best:,.0f}" if own and own.seconds else ""
        cells = [figure(found.get(peer)) for peer in peers]
        rows.append([name, str(batch), str(threads), *cells, best.job.peer if best else "",
                     _ratio(own, best), rate])  # fmt: skip
    header = ["us per call", "batch", "threads", *peers, "best peer", "best peer / constnet",
              "constnet samples/s"]  # fmt: skip
    return table(header, rows, markdown=markdown)


def scaling_table(results: Sequence[Result], peaks: dict[int, Peak], *, markdown: bool) -> str:
    """Time a step against width and batch, with the rate it means."""
    from benchmarks.workloads import find

    rows = []
    for result in results:
        job, workload = result.job, find(result.job.workload)
        row = [str(workload.input_shape[0]), str(workload.batch), str(job.threads), job.peer]
        if not result.seconds:
            rows.append([*row, figure(result), "", ""])
            continue
        rate = workload.flops_per_step / result.best * 1e-9
        share = f"{rate / peaks[job.threads]['f32_gflops']:.1%}" if job.threads in peaks else ""
        rows.append([*row, microseconds(result.best), f"{rate:.1f}", share])
    header = ["width", "batch", "threads", "peer", "us per step", "GFLOP/s", "of peak"]
    return table(header, rows, markdown=markdown)


def cost_table(results: Sequence[Result], *, markdown: bool) -> str:
    """Seconds to the end of the first step, and the arena against what must be alive."""
    rows = []
    for result in results:
        job, cost = result.job, result.cost
        if not cost:
            rows.append([job.workload, str(job.threads), figure(result), *[""] * 6])
            continue
        arena = cost["arena"]
        sums = [cost["live_buffers"], cost["live_tensors"]]
        bounds = [cell for bound in sums for cell in (_mebibytes(bound), f"{arena / bound:.2f}x")]
        rows.append([job.workload, str(job.threads), f"{cost['cold']:.2f}", f"{cost['cached']:.2f}",
                     _mebibytes(arena), *bounds])  # fmt: skip
    header = ["first step", "threads", "s compiled", "s from cache", "arena MiB",
              "live buffers MiB", "arena / these", "live tensors MiB", "arena / these"]  # fmt: skip
    return table(header, rows, markdown=markdown)


def _mebibytes(count: float) -> str:
    return f"{count / 2**20:.2f}"


def missing_list(results: Sequence[Result]) -> str:
    """Every peer that gave no figure, with its reason."""
    lines = {
        f"  {r.job.peer} on {r.job.workload}, {r.job.threads} thread(s): {r.missing}"
        for r in results
        if r.missing
    }
    return "\n".join(["Without a figure:", *sorted(lines)]) if lines else ""
