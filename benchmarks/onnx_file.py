"""A workload's network as an ONNX file, built by hand so that no exporter is needed.

Images are channels first, as ONNX has them; batch normalization is folded into the weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

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
    from pathlib import Path

    from benchmarks.workloads import Arrays, Workload

_OPERATORS = {"relu": "Relu", "tanh": "Tanh"}
_GATE_ORDER = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2)}  # i, o, f, c of i, f, g, o; z, r, h


class _Writer:
    """Collects nodes and constants; every method returns the name of its result."""

    def __init__(self, weights: Arrays) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], **attributes: object) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, array: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def activated(self, layer: Dense | Convolution, value: str) -> str:
        return self.node(_OPERATORS[layer.activation], [value]) if layer.activation else value

    def sequence(self, layers: tuple[Layer, ...], path: str, shape: Shape, value: str) -> str:
        image: Shape = ()
        for below, layer, inputs in walk(layers, shape, path):
            match layer:
                case Dense():
                    value = self.dense(layer, below, value, image)
                case Convolution():
                    value = self.convolution(layer, below, value)
                case MaxPool():
                    value = self.node("MaxPool", [value], kernel_shape=(2, 2), strides=(2, 2))
                case GlobalAverage():
                    value = self.node("Flatten", [self.node("GlobalAveragePool", [value])])
                case Flatten():
                    value = self.node("Flatten", [value])
                case Residual():
                    body = self.sequence(layer.body, f"{below}body.", inputs, value)
                    rest = self.sequence(layer.shortcut, f"{below}shortcut.", inputs, value)
                    value = self.node("Relu", [self.node("Add", [body, rest])])
                case Recurrent():
                    value = self.recurrent(layer, below, value)
                case _:
                    raise NotImplementedError(layer)
            image = inputs if isinstance(layer, Flatten) else ()
        return value

    def dense(self, layer: Dense, path: str, value: str, image: Shape) -> str:
        """`image` is the (rows, columns, channels) that were flattened channels first before."""
        weight = self.weights[f"{path}weight"]
        if image:
            weight = weight.reshape(*image, -1).transpose(2, 0, 1, 3).reshape(weight.shape)
        inputs = [value, self.constant(weight), self.constant(self.weights[f"{path}bias"])]
        return self.activated(layer, self.node("Gemm", inputs))

    def convolution(self, layer: Convolution, path: str, value: str) -> str:
        weight = self.weights[f"{path}weight"].transpose(3, 2, 0, 1)
        inputs = [value, self.constant(weight), self.constant(self.weights[f"{path}bias"])]
        made = self.node(
            "Conv", inputs, kernel_shape=layer.kernel, strides=(layer.stride, layer.stride),
            pads=[low for low, _ in layer.padding] + [high for _, high in layer.padding],
            group=layer.filters if layer.depthwise else 1,
        )  # fmt: skip
        return self.activated(layer, made)

    def recurrent(self, layer: Recurrent, path: str, value: str) -> str:
        """The last hidden state of an LSTM or GRU node, which takes time first."""
        order = _GATE_ORDER[layer.kind]

        def gates(name: str) -> np.ndarray:
            split = self.weights[path + name].T.reshape(layer.gates, layer.hidden, -1)
            return split[list(order)].reshape(1, layer.gates * layer.hidden, -1)

        biases = np.concatenate([gates("input.bias"), gates("state.bias")], 1)[..., 0]
        arrays = (gates("input.weight"), gates("state.weight"), biases)
        inputs = [self.node("Transpose", [value], perm=(1, 0, 2)), *map(self.constant, arrays)]
        attributes = {} if layer.kind == "lstm" else {"linear_before_reset": 1}
        last = f"v{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(
                layer.kind.upper(), inputs, ["", last], hidden_size=layer.hidden, **attributes
            )
        )
        return self.node("Squeeze", [last, self.constant(np.array([0]))])


def onnx_input(workload: Workload, batch: int) -> np.ndarray:
    """The batch to predict, images channels first."""
    x = workload.inference_input(batch)
    return np.ascontiguousarray(np.moveaxis(x, -1, 1)) if workload.takes_images else x


def write_onnx(workload: Workload, batch: int, path: Path) -> None:
    """Write `workload` for one batch size; input `x`, output `y`."""
    writer = _Writer(workload.folded_weights())
    last = writer.sequence(workload.layers, "", workload.input_shape, "x")
    writer.nodes.append(helper.make_node("Identity", [last], ["y"]))
    result = (batch, *workload.output_shape)
    graph = helper.make_graph(
        writer.nodes,
        workload.name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, onnx_input(workload, batch).shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, result)],
        writer.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
