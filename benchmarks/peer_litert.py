"""LiteRT (TensorFlow Lite): inference only, weights frozen into the file, XNNPACK as shipped.

The flatbuffer is built here from the schema that the runtime ships, so no converter is needed.
"""

from __future__ import annotations

import contextlib
from importlib.metadata import version

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

_ACTIVATIONS = {
    None: schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
    "tanh": schema.ActivationFunctionType.TANH,
}


class _Builder:
    """Collects the tensors and buffers of one subgraph."""

    def __init__(self) -> None:
        self.buffers = [schema.BufferT()]  # buffer 0 is empty by convention
        self.tensors: list[schema.TensorT] = []
        self.operators: list[schema.OperatorT] = []

    def tensor(self, name: str, shape: tuple[int, ...], data: np.ndarray | None = None) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape = name, list(shape)
        tensor.type, tensor.buffer = schema.TensorType.FLOAT32, 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def dense(self, inputs: list[int], output: int, activation: str | None) -> None:
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = _ACTIVATIONS[activation]
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = 0, inputs, [output]
        operator.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
        operator.builtinOptions = options
        self.operators.append(operator)


def write_litert(workload, batch: int) -> bytes:
    """The network as a .tflite file's bytes."""
    builder = _Builder()
    first = value = builder.tensor("x", (batch, workload.sizes[0]))
    weights = workload.initial_weights()
    for number, (weight, bias) in enumerate(weights):
        is_last = number == len(weights) - 1
        activation = workload.output_activation if is_last else workload.activation
        w = builder.tensor(f"w{number}", weight.T.shape, weight.T)
        b = builder.tensor(f"b{number}", bias.shape, bias)
        result = builder.tensor(f"h{number}", (batch, weight.shape[1]))
        builder.dense([value, w, b], result, activation)
        value = result
    graph = schema.SubGraphT()
    graph.tensors, graph.operators = builder.tensors, builder.operators
    graph.inputs, graph.outputs, graph.name = [first], [value], "main"
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    code.version = 1
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers, model.description = builder.buffers, workload.name
    packer = flatbuffers.Builder(1 << 16)
    packer.Finish(model.Pack(packer), b"TFL3")
    return bytes(packer.Output())


class LiteRTInference:
    """Set the input, invoke, fetch the output: what a caller must do per prediction."""

    context = contextlib.nullcontext

    def __init__(self, workload, threads: int, batch: int) -> None:
        content = write_litert(workload, batch)
        self.interpreter = Interpreter(model_content=content, num_threads=threads)
        self.interpreter.allocate_tensors()
        self.input = workload.inference_input(batch)
        self.first = self.interpreter.get_input_details()[0]["index"]
        self.last = self.interpreter.get_output_details()[0]["index"]

    def call(self) -> object:
        self.interpreter.set_tensor(self.first, self.input)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.last)


class LiteRTPeer:
    """LiteRT on the CPU."""

    def version(self) -> str:
        return version("ai-edge-litert")

    def train(self, workload, threads: int, *, stepwise: bool) -> None:
        del workload, threads, stepwise

    def infer(self, workload, threads: int, batch: int):
        if workload.output_activation == "tanh":
            return None
        return LiteRTInference(workload, threads, batch)


PEERS = {"litert": LiteRTPeer}
