"""ONNX Runtime: inference only, all graph optimizations.

Two variants: `run`, a plain call, and `bind`, with the input bound once.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime

from benchmarks.onnx_file import onnx_input, write_onnx

if TYPE_CHECKING:
    import numpy as np


class OnnxRuntimeInference:
    """A session of the network written for one batch size."""

    context = contextlib.nullcontext

    def __init__(self, workload, threads: int, batch: int, variant: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            write_onnx(workload, batch, path)
            session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        x = onnx_input(workload, batch)
        binding = session.io_binding()
        binding.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(x))
        binding.bind_output("y")
        feed = {"x": x}
        ways = {
            "run": lambda: session.run(None, feed),
            "bind": lambda: session.run_with_iobinding(binding),
        }
        self.call, self.plain = ways[variant], ways["run"]

    def output(self) -> np.ndarray:
        return self.plain()[0]


class OnnxRuntimePeer:
    """ONNX Runtime on the CPU."""

    def version(self) -> str:
        return onnxruntime.__version__

    def variants(self, workload, mode: str) -> tuple[str, ...]:
        del workload, mode
        return ("run", "bind")

    def train(self, workload, threads: int, variant: str, *, stepwise: bool) -> None:
        del workload, threads, variant, stepwise

    def infer(self, workload, threads: int, batch: int, variant: str):
        return OnnxRuntimeInference(workload, threads, batch, variant)


PEERS = {"onnxruntime": OnnxRuntimePeer}
