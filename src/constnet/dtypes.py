"""Element types. A dtype knows its NumPy twin and its size; no language's spelling lives here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from constnet.errors import DTypeError

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

Kind = Literal["float", "int", "uint", "bool"]


@dataclass(frozen=True, slots=True)
class DType:
    """An element type: `float32.numpy` is its NumPy dtype, `float32.bytes` its size."""

    name: str
    kind: Kind
    bytes: int

    @property
    def numpy(self) -> np.dtype[np.generic]:
        """The NumPy dtype of the same elements."""
        return np.dtype(self.name)

    @property
    def is_float(self) -> bool:
        """Whether elements are IEEE 754 binary floating point."""
        return self.kind == "float"

    def __str__(self) -> str:
        return self.name


float32 = DType("float32", "float", 4)
float64 = DType("float64", "float", 8)
int8 = DType("int8", "int", 1)
int16 = DType("int16", "int", 2)
int32 = DType("int32", "int", 4)
int64 = DType("int64", "int", 8)
uint8 = DType("uint8", "uint", 1)
uint16 = DType("uint16", "uint", 2)
uint32 = DType("uint32", "uint", 4)
uint64 = DType("uint64", "uint", 8)
bool_ = DType("bool", "bool", 1)

ALL = (float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool_)
_BY_NAME = {dtype.name: dtype for dtype in ALL}


def as_dtype(given: DType | DTypeLike) -> DType:
    """Return the `DType` that `given` (a DType, a name or a NumPy dtype) stands for.

    Raises:
        DTypeError: no element type of constnet has that name.
    """
    if isinstance(given, DType):
        return given
    name = np.dtype(given).name
    if name not in _BY_NAME:
        names = ", ".join(_BY_NAME)
        message = f"dtype {name} is not one of constnet's: {names}. Convert it with `.astype(...)`."
        raise DTypeError(message)
    return _BY_NAME[name]
