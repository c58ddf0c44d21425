"""ONNX Runtime: inference only, all graph optimisations, the input bound once if that is faster."""

from __future__ import annotations

import contextlib
import tempfile
import time
from pathlib import Path

import onnxruntime

from benchmarks.onnx_file import write_onnx


class OnnxRuntimeInference:
    """The faster of `run` and a bound input, tried for a moment each."""

    context = contextlib.nullcontext

    def __init__(self, workload, threads: int, batch: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            write_onnx(workload, batch, path)
            session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        x = workload.inference_input(batch)
        binding = session.io_binding()
        binding.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(x))
        binding.bind_output("y")
        feed = {"x": x}
        ways = (
            lambda: session.run(None, feed),
            lambda: session.run_with_iobinding(binding),
        )
        self.call = min(ways, key=_seconds)


def _seconds(call) -> float:
    times = []
    for _ in range(200):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


class OnnxRuntimePeer:
    """ONNX Runtime on the CPU."""

    def version(self) -> str:
        return onnxruntime.__version__

    def train(self, workload, threads: int, *, stepwise: bool) -> None:
        del workload, threads, stepwise

    def infer(self, workload, threads: int, batch: int):
        return OnnxRuntimeInference(workload, threads, batch)


PEERS = {"onnxruntime": OnnxRuntimePeer}
