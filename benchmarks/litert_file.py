"""A workload's network as a .tflite file, built from the schema that the runtime ships.

No converter is needed. Channels last; batch normalization folded, weights frozen into the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from benchmarks.layers import (
    Convolution,
    Dense,
    Flatten,
    GlobalAverage,
    Layer,
    MaxPool,
    Recurrent,
    Residual,
    Shape,
    walk,
)

if TYPE_CHECKING:
    from benchmarks.workloads import Arrays, Workload

_ACTIVATIONS = {
    None: schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
    "tanh": schema.ActivationFunctionType.TANH,
}
_ABSENT = -1  # no tensor: states are zeros before the first step


class _Writer:
    """Collects the tensors, buffers and operators of one subgraph; tensors go by number."""

    def __init__(self, weights: Arrays, batch: int, variant: str) -> None:
        self.weights, self.batch, self.variant = weights, batch, variant
        self.buffers = [schema.BufferT()]  # buffer 0 is empty by convention
        self.tensors: list[schema.TensorT] = []
        self.operators: list[schema.OperatorT] = []
        self.codes: list[int] = []

    def tensor(self, shape: Shape, data: np.ndarray | None = None) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape = f"t{len(self.tensors)}", list(shape)
        is_whole = data is not None and data.dtype == np.int32
        tensor.type = schema.TensorType.INT32 if is_whole else schema.TensorType.FLOAT32
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def constant(self, array: np.ndarray) -> int:
        return self.tensor(array.shape, array)

    def whole(self, *numbers: object) -> int:
        return self.constant(np.array(numbers, np.int32))

    def operator(
        self, kind: str, inputs: list[int], shapes: list[Shape], options: object = None
    ) -> list[int]:
        """Append an operator such as CONV_2D; its results have `shapes`."""
        code = getattr(schema.BuiltinOperator, kind)
        if code not in self.codes:
            self.codes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs = self.codes.index(code), inputs
        operator.outputs = [self.tensor(shape) for shape in shapes]
        if options is not None:
            name = type(options).__name__.removesuffix("T")
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            operator.builtinOptions = options
        self.operators.append(operator)
        return operator.outputs

    def sequence(self, layers: tuple[Layer, ...], path: str, shape: Shape, value: int) -> int:
        for below, layer, inputs in walk(layers, shape, path):
            value = self.layer(layer, below, inputs, value)
        return value

    def layer(self, layer: Layer, path: str, shape: Shape, value: int) -> int:
        result = (self.batch, *layer.output(shape))
        match layer:
            case Dense():
                bias = self.constant(self.weights[f"{path}bias"])
                weight = self.constant(self.weights[f"{path}weight"].T)
                return self.dense([value, weight, bias], result, layer.activation)
            case Convolution():
                return self.convolution(layer, path, shape, value)
            case MaxPool():
                pool = _options("Pool2D", "VALID", 2, 2)
                pool.filterWidth = pool.filterHeight = 2
                return self.operator("MAX_POOL_2D", [value], [result], pool)[0]
            case GlobalAverage():
                mean = schema.ReducerOptionsT()
                return self.operator("MEAN", [value, self.whole(1, 2)], [result], mean)[0]
            case Flatten():
                reshape = schema.ReshapeOptionsT()
                reshape.newShape = list(result)
                return self.operator("RESHAPE", [value, self.whole(*result)], [result], reshape)[0]
            case Residual():
                body = self.sequence(layer.body, f"{path}body.", shape, value)
                rest = self.sequence(layer.shortcut, f"{path}shortcut.", shape, value)
                add = schema.AddOptionsT()
                add.fusedActivationFunction = _ACTIVATIONS["relu"]
                return self.operator("ADD", [body, rest], [result], add)[0]
            case Recurrent() if layer.kind == "lstm":
                return self.lstm(layer, path, shape, value)
            case _:
                raise NotImplementedError(layer)

    def dense(self, inputs: list[int], result: Shape, activation: str | None) -> int:
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = _ACTIVATIONS[activation]
        options.keepNumDims = len(result) > 2
        return self.operator("FULLY_CONNECTED", inputs, [result], options)[0]

    def convolution(self, layer: Convolution, path: str, shape: Shape, value: int) -> int:
        weight, bias = (self.weights[path + name] for name in ("weight", "bias"))
        padding = _named_padding(layer, shape)
        if not padding:
            pads = ((0, 0), *layer.padding, (0, 0))
            extents = [n + sum(p) for n, p in zip((self.batch, *shape), pads, strict=True)]
            inputs = [value, self.whole(*pads)]
            value = self.operator("PAD", inputs, [tuple(extents)], schema.PadOptionsT())[0]
        kind = "DepthwiseConv2D" if layer.depthwise else "Conv2D"
        options = _options(kind, padding or "VALID", layer.stride, layer.stride)
        options.fusedActivationFunction = _ACTIVATIONS[layer.activation]
        if layer.depthwise:
            options.depthMultiplier = 1
            weight = weight.transpose(2, 0, 1, 3)
        else:
            weight = weight.transpose(3, 0, 1, 2)
        inputs = [value, self.constant(weight), self.constant(bias)]
        result = (self.batch, *layer.output(shape))
        name = "DEPTHWISE_CONV_2D" if layer.depthwise else "CONV_2D"
        return self.operator(name, inputs, [result], options)[0]

    def lstm(self, layer: Recurrent, path: str, shape: Shape, value: int) -> int:
        """Every step written out, which XNNPACK runs faster than the runtime's LSTM operator."""
        row, wide = (self.batch, layer.hidden), (self.batch, 4 * layer.hidden)
        given, state = (self._pair(f"{path}{name}.") for name in ("input", "state"))
        is_hoisted = self.variant == "hoisted"
        if is_hoisted:
            value = self.dense([value, *given], (self.batch, shape[0], wide[1]), None)
        h = c = _ABSENT
        for step in range(shape[0]):
            gates = self._at(value, step, wide[1] if is_hoisted else shape[1])
            if not is_hoisted:
                gates = self.dense([gates, *given], wide, None)
            if h != _ABSENT:
                gates = self._add(gates, self.dense([h, *state], wide, None), wide)
            split = schema.SplitOptionsT()
            split.numSplits = 4
            axis = self.constant(np.array(1, np.int32))
            i, f, g, o = self.operator("SPLIT", [axis, gates], [row] * 4, split)
            i, f, o = (self.operator("LOGISTIC", [gate], [row])[0] for gate in (i, f, o))
            new = self._multiply(i, self.operator("TANH", [g], [row])[0], row)
            c = new if c == _ABSENT else self._add(self._multiply(f, c, row), new, row)
            h = self._multiply(o, self.operator("TANH", [c], [row])[0], row)
        return h

    def _at(self, value: int, step: int, width: int) -> int:
        """One step of (batch, steps, width) as (batch, width)."""
        cut = [value, self.whole(0, step, 0), self.whole(self.batch, 1, width)]
        one = self.operator("SLICE", cut, [(self.batch, 1, width)], schema.SliceOptionsT())
        row = (self.batch, width)
        reshape = [*one, self.whole(*row)]
        return self.operator("RESHAPE", reshape, [row], schema.ReshapeOptionsT())[0]

    def _pair(self, path: str) -> tuple[int, int]:
        weight, bias = self.weights[f"{path}weight"], self.weights[f"{path}bias"]
        return self.constant(weight.T), self.constant(bias)

    def _add(self, left: int, right: int, shape: Shape) -> int:
        return self.operator("ADD", [left, right], [shape], schema.AddOptionsT())[0]

    def _multiply(self, left: int, right: int, shape: Shape) -> int:
        return self.operator("MUL", [left, right], [shape], schema.MulOptionsT())[0]


def _options(kind: str, padding: str, rows: int, columns: int):
    options = getattr(schema, f"{kind}OptionsT")()
    options.padding = getattr(schema.Padding, padding)
    options.strideH, options.strideW = rows, columns
    if "Conv" in kind:
        options.dilationHFactor = options.dilationWFactor = 1
    return options


def _named_padding(layer: Convolution, shape: Shape) -> str:
    """VALID or SAME; empty where neither means these pads."""
    if layer.padding == ((0, 0), (0, 0)):
        return "VALID"
    same = []
    for extent, kernel in zip(shape[:2], layer.kernel, strict=True):
        total = max((-(-extent // layer.stride) - 1) * layer.stride + kernel - extent, 0)
        same.append((total // 2, total - total // 2))
    return "SAME" if layer.padding == tuple(same) else ""


def write_litert(workload: Workload, batch: int, variant: str) -> bytes:
    """The network as a .tflite file's bytes."""
    writer = _Writer(workload.folded_weights(), batch, variant)
    first = writer.tensor((batch, *workload.input_shape))
    last = writer.sequence(workload.layers, "", workload.input_shape, first)
    graph = schema.SubGraphT()
    graph.tensors, graph.operators = writer.tensors, writer.operators
    graph.inputs, graph.outputs, graph.name = [first], [last], "main"
    model = schema.ModelT()
    model.version, model.subgraphs, model.operatorCodes = 3, [graph], []
    for builtin in writer.codes:
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = builtin
        code.version = 1
        model.operatorCodes.append(code)
    model.buffers, model.description = writer.buffers, workload.name
    packer = flatbuffers.Builder(1 << 16)
    packer.Finish(model.Pack(packer), b"TFL3")
    return bytes(packer.Output())
