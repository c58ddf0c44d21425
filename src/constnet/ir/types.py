"""The static type of a tensor: a shape and a dtype, both known before any data flows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from constnet.dtypes import DType  # noqa: TC001  (dataclass field, read at run time)


@dataclass(frozen=True, slots=True)
class TensorType:
    """Shape and dtype of a value; prints as `float32[8, 784]`."""

    shape: tuple[int, ...]
    dtype: DType

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Bytes of a dense array of this type."""
        return self.size * self.dtype.bytes

    def with_shape(self, shape: tuple[int, ...]) -> TensorType:
        """The same dtype in another shape."""
        return TensorType(shape, self.dtype)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"
