"""Shape and dtype rules that many records share, and the errors they raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from constnet import dtypes
from constnet.errors import DTypeError, ShapeError
from constnet.ir.types import TensorType

if TYPE_CHECKING:
    from constnet.dtypes import Kind

Types = tuple[TensorType, ...]
Rule = Callable[[Any, Types], Types]

FLOATS: tuple[Kind, ...] = ("float",)
NUMBERS: tuple[Kind, ...] = ("float", "int", "uint")
INTEGERS: tuple[Kind, ...] = ("int", "uint")
UNSIGNED: tuple[Kind, ...] = ("uint",)
BOOLS: tuple[Kind, ...] = ("bool",)
ANY: tuple[Kind, ...] = ("float", "int", "uint", "bool")


def listed(types: Types) -> str:
    """Types for a message: `float32[3], float32[4]`."""
    return ", ".join(str(type_) for type_ in types) or "nothing"


def need_count(op: str, types: Types, count: int) -> None:
    """Refuse another number of inputs than `count`."""
    if len(types) != count:
        message = f"[{op}] takes {count} inputs, got {len(types)}: {listed(types)}. Give {count}."
        raise ShapeError(message)


def need_kind(op: str, type_: TensorType, kinds: tuple[Kind, ...]) -> None:
    """Refuse a dtype of another kind."""
    if type_.dtype.kind not in kinds:
        wanted = " or ".join(kinds)
        message = f"[{op}] needs a {wanted} dtype, got {type_}. Convert it with `.astype(...)`."
        raise DTypeError(message)


def need_equal(op: str, types: Types) -> None:
    """Refuse operands of unequal types."""
    for type_ in types[1:]:
        if type_ == types[0]:
            continue
        message = (
            f"[{op}] operands differ: {types[0]} and {type_}. Bring them to one shape with "
            "`ops.broadcast_to` and to one dtype with `.astype`."
        )
        error = DTypeError if type_.shape == types[0].shape else ShapeError
        raise error(message)


def need_axis(op: str, type_: TensorType, axis: int) -> None:
    """Refuse an axis that the type does not have."""
    if not 0 <= axis < type_.rank:
        message = f"[{op}] axis {axis} is not an axis of {type_}. Use 0 to {type_.rank - 1}."
        raise ShapeError(message)


def pointwise(op: str, count: int, kinds: tuple[Kind, ...], *, to_bool: bool = False) -> Rule:
    """The rule of a pointwise operation: `count` equal types of one of `kinds`, same shape out."""

    def infer(_attrs: Any, types: Types) -> Types:
        need_count(op, types, count)
        need_kind(op, types[0], kinds)
        need_equal(op, types)
        return (TensorType(types[0].shape, dtypes.bool_),) if to_bool else types[:1]

    return infer
