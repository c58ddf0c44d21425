"""LiteRT (TensorFlow Lite): inference only, weights frozen into the file, XNNPACK as shipped.

An LSTM is written out step by step, in two variants: the product with the input `hoisted` in front
of the steps, or done `stepwise`. (The runtime's own LSTM operator took 1.5 to 4 times as long.)
"""

from __future__ import annotations

import contextlib
from importlib.metadata import version
from typing import TYPE_CHECKING

from ai_edge_litert.interpreter import Interpreter

from benchmarks.layers import Recurrent
from benchmarks.litert_file import write_litert

if TYPE_CHECKING:
    import numpy as np


class LiteRTInference:
    """Set the input, invoke, fetch the output: what a caller must do per prediction."""

    context = contextlib.nullcontext

    def __init__(self, workload, threads: int, batch: int, variant: str) -> None:
        content = write_litert(workload, batch, variant)
        self.interpreter = Interpreter(model_content=content, num_threads=threads)
        self.interpreter.allocate_tensors()
        self.input = workload.inference_input(batch)
        self.first = self.interpreter.get_input_details()[0]["index"]
        self.last = self.interpreter.get_output_details()[0]["index"]

    def call(self) -> np.ndarray:
        self.interpreter.set_tensor(self.first, self.input)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.last)

    def output(self) -> np.ndarray:
        return self.call()


class LiteRTPeer:
    """LiteRT on the CPU."""

    def version(self) -> str:
        return version("ai-edge-litert")

    def variants(self, workload, mode: str) -> tuple[str, ...]:
        del mode
        is_recurrent = any(isinstance(layer, Recurrent) for layer in workload.layers)
        return ("hoisted", "stepwise") if is_recurrent else ("",)

    def train(self, workload, threads: int, variant: str, *, stepwise: bool) -> None:
        del workload, threads, variant, stepwise

    def infer(self, workload, threads: int, batch: int, variant: str):
        return LiteRTInference(workload, threads, batch, variant)


PEERS = {"litert": LiteRTPeer}
