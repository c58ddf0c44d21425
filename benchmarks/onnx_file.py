"""A workload's network as an ONNX file, built by hand so that no exporter is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.workloads import Workload

_OPERATORS = {"relu": "Relu", "tanh": "Tanh", None: "Identity"}


def write_onnx(workload: Workload, batch: int, path: Path) -> None:
    """Write `workload` for one batch size; input `x`, output `y`."""
    nodes, tensors, value = [], [], "x"
    weights = workload.initial_weights()
    for number, pair in enumerate(weights):
        names = [f"w{number}", f"b{number}"]
        tensors += [numpy_helper.from_array(a, n) for a, n in zip(pair, names, strict=True)]
        is_last = number == len(weights) - 1
        activation = workload.output_activation if is_last else workload.activation
        product, result = f"h{number}", "y" if is_last else f"a{number}"
        nodes.append(helper.make_node("Gemm", [value, *names], [product]))
        nodes.append(helper.make_node(_OPERATORS[activation], [product], [result]))
        value = result
    graph = helper.make_graph(
        nodes,
        workload.name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, workload.sizes[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, workload.sizes[-1]])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
