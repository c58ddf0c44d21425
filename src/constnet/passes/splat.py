"""What passes know about constants: arrays, and one value everywhere (a splat).

A splat is `broadcast_to` of a scalar constant. Passes keep that form: it costs no memory, and
lowering prints it as a literal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from constnet.ops.attributes import ToShape
from constnet.ops.tensor import Constant

if TYPE_CHECKING:
    import numpy as np

    from constnet.ir.graph import Node, Value
    from constnet.ir.location import Location
    from constnet.passes.rewriting import Rewriting

Producers = Mapping["Value", "Node"]


def constant_of(value: Value, producers: Producers) -> np.ndarray | None:
    """The array of a `constant`; None for any other value."""
    node = producers.get(value)
    if node is None or not isinstance(node.attrs, Constant):
        return None
    return node.attrs.array


def splat_of(value: Value, producers: Producers) -> np.ndarray | None:
    """The scalar that every element of `value` is known to be; None where there is none."""
    node = producers.get(value)
    if node is None:
        return None
    if node.op == "broadcast_to":
        return splat_of(node.inputs[0], producers)
    array = constant_of(value, producers)
    return array.reshape(()) if array is not None and array.size == 1 else None


def add_constant(rewriting: Rewriting, array: np.ndarray, like: Value, location: Location) -> Value:
    """A constant of the type of `like`, as a splat if `array` is a scalar."""
    type_ = like.type.with_shape(array.shape)
    value = rewriting.add("constant", Constant.of(array), (), type_, location)
    if array.shape == like.type.shape:
        return value
    return rewriting.add("broadcast_to", ToShape(like.type.shape), (value,), like.type, location)
