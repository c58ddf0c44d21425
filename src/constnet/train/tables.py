"""What a user passes as x, y and sample_weight, checked and brought into one form, not copied.

Arrays and memory maps stay where they are. Refused, with the facts and the way out: no rows, row
counts that differ, dtypes the graph has no word for, NaN and infinity (with row and column), shapes
the network does not take, and targets that the loss has no meaning for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.dtypes import as_dtype
from constnet.errors import DataError, DTypeError, ShapeError, UsageError
from constnet.ir.types import TensorType
from constnet.runtime.batches import Feed
from constnet.train.source import ArraySource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.losses import Loss

Array = np.ndarray[Any, np.dtype[Any]]
SCAN_ELEMENTS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Arrays with equal numbers of rows: inputs, targets (none for prediction), weights."""

    xs: tuple[Array, ...]
    ys: tuple[Array, ...] = ()
    weight: Array | None = None

    @property
    def rows(self) -> int:
        """Samples."""
        return len(self.xs[0])

    def named(self) -> dict[str, Array]:
        """Each array by the name of its graph input."""
        arrays = {f"x{i}": x for i, x in enumerate(self.xs)}
        arrays |= {f"y{i}": y for i, y in enumerate(self.ys)}
        return arrays if self.weight is None else {**arrays, "w": self.weight}

    def feeds(self) -> tuple[Feed, ...]:
        """The arrays as what an engine gathers from."""
        return tuple(Feed(name, array) for name, array in self.named().items())

    def source(self, rows: int) -> ArraySource:
        """The graph inputs of a batch of `rows`."""
        weight = None if self.weight is None else _type(self.weight, rows)
        return ArraySource(
            tuple(_type(x, rows) for x in self.xs), tuple(_type(y, rows) for y in self.ys), weight
        )

    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the inputs without the batch axis."""
        return tuple(x.shape[1:] for x in self.xs)

    def split(self, fraction: float) -> tuple[Tables, Tables]:
        """The first rows, and the last `fraction` of them, as views."""
        if not 0 < fraction < 1:
            message = f"validation_split is {fraction}; expected a fraction between 0 and 1."
            raise UsageError(message)
        cut = self.rows - round(self.rows * fraction)
        if cut in (0, self.rows):
            message = (
                f"validation_split {fraction} of {self.rows} rows leaves {cut} for training and "
                f"{self.rows - cut} for validation; both need at least one."
            )
            raise UsageError(message)
        return self._part(slice(0, cut)), self._part(slice(cut, None))

    def _part(self, rows: slice) -> Tables:
        weight = None if self.weight is None else self.weight[rows]
        return Tables(tuple(x[rows] for x in self.xs), tuple(y[rows] for y in self.ys), weight)


def collect(x: object, y: object | None = None, sample_weight: object | None = None) -> Tables:
    """Arrays of what the user gave; a tuple is several arrays, anything else is one.

    Raises:
        DataError: there are no rows, or arrays differ in rows.
        DTypeError: an array is of objects, texts or another dtype that the graph lacks.
    """
    xs = tuple(_array(name, given) for name, given in _several("x", x))
    ys = () if y is None else tuple(_array(name, given) for name, given in _several("y", y))
    weight = None if sample_weight is None else _array("sample_weight", sample_weight)
    tables = Tables(xs, ys, weight)
    if not xs:
        message = "x is an empty tuple; expected an array, or a tuple with one per input."
        raise DataError(message)
    counts = {_label(name, tables): len(array) for name, array in tables.named().items()}
    if len(set(counts.values())) > 1:
        facts = ", ".join(f"{name} has {count}" for name, count in counts.items())
        message = f"arrays differ in rows: {facts}. Every sample needs one row in each of them."
        raise DataError(message)
    if tables.rows == 0:
        message = f"x has shape {xs[0].shape}: there are no rows. Pass at least one sample."
        raise DataError(message)
    if weight is not None and bool((weight < 0).any()):
        place = tuple(int(i) for i in np.argwhere(weight < 0)[0])
        row, *rest = place
        position = f", position {tuple(rest)}," if rest else ""
        message = (
            f"sample_weight in row {row}{position} is {weight[place]}; expected weights of at "
            "least 0. A negative one would reward mistakes."
        )
        raise DataError(message)
    return tables


def check(tables: Tables, shapes: Sequence[tuple[int, ...]], *, finite: bool = True) -> None:
    """Refuse inputs that the network does not take, and values that are no numbers.

    Args:
        tables: what `collect` returned.
        shapes: the network's input shapes without the batch axis.
        finite: whether NaN and infinity are refused; prediction lets them through, as NumPy does.
    """
    if len(tables.xs) != len(shapes):
        message = (
            f"the network has {len(shapes)} inputs and {len(tables.xs)} arrays were given. Pass x "
            "as a tuple with one array per input."
        )
        raise ShapeError(message)
    for i, (x, shape) in enumerate(zip(tables.xs, shapes, strict=True)):
        if x.shape[1:] != tuple(shape):
            name = "x" if len(shapes) == 1 else f"x[{i}]"
            message = (
                f"{name} has shape {x.shape}, that is {x.shape[1:]} per sample; the network takes "
                f"{tuple(shape)} per sample. Reshape the data, or give the first layer the input "
                "size of the data."
            )
            raise ShapeError(message)
    for name, array in tables.named().items() if finite else ():
        check_finite(_label(name, tables), array)


def check_targets(
    tables: Tables, losses: Sequence[Loss], shapes: Sequence[tuple[int, ...]]
) -> None:
    """Refuse targets that a loss has no meaning for, such as a label out of range."""
    if len(tables.ys) != len(shapes):
        message = (
            f"the network has {len(shapes)} outputs and {len(tables.ys)} targets were given. Pass "
            "y as a tuple with one array per output."
        )
        raise ShapeError(message)
    for loss, y, shape in zip(losses, tables.ys, shapes, strict=True):
        _check_weight(tables.weight, shape)
        loss.check(_seen(y, tables.weight), tuple(shape))


def _check_weight(weight: Array | None, shape: tuple[int, ...]) -> None:
    """Weights belong to rows, or to positions along the first axes of an output."""
    if weight is None or weight.shape[1:] in ((1,), tuple(shape[: weight.ndim - 1])):
        return
    rows = len(weight)
    positions = f", or one for each position, ({rows}, {shape[0]})" if len(shape) > 1 else ""
    message = (
        f"sample_weight has shape {weight.shape}, that is {weight.shape[1:]} per sample; the "
        f"network gives {tuple(shape)} per sample. Give one weight a row, ({rows},){positions}."
    )
    raise ShapeError(message)


def _seen(y: Array, weight: Array | None) -> Array:
    """Targets with 0 where a mask hides them: what fills those places has no meaning."""
    if weight is None or weight.dtype != np.bool_:
        return y
    mask = weight[:, 0] if weight.shape[1:] == (1,) != y.shape[1:2] else weight
    if mask.shape != y.shape[: mask.ndim]:
        return y
    return np.where(mask.reshape(mask.shape + (1,) * (y.ndim - mask.ndim)), y, y.dtype.type(0))


def check_finite(name: str, array: Array) -> None:
    """Refuse NaN and infinity; reads a block at a time, so a memory map is not copied.

    Raises:
        DataError: the message has the first bad row, its column and how many there are.
    """
    if array.dtype.kind != "f":
        return
    per_row = max(1, array[0].size)
    rows = max(1, SCAN_ELEMENTS // per_row)
    for begin in range(0, len(array), rows):
        block = array[begin : begin + rows]
        # A sum is not finite if an element is not, and costs no temporary array; it may also
        # overflow, so only then is every element looked at.
        with np.errstate(all="ignore"):
            is_clean = bool(np.isfinite(np.add.reduce(block, axis=None)))
        if is_clean:
            continue
        bad = np.argwhere(~np.isfinite(block))
        if len(bad):
            _raise_not_finite(name, array, begin, bad)


def _raise_not_finite(name: str, array: Array, begin: int, bad: Array) -> None:
    row, *rest = (int(index) for index in bad[0])
    value = array[(begin + row, *rest)]
    column = "" if not rest else f", column {rest[0] if len(rest) == 1 else tuple(rest)}"
    message = (
        f"{name} holds {value} at row {begin + row}{column} (counted from 0); {len(bad)} such "
        "values lie in the block where it was found. Remove those rows or fill them, for example "
        "with np.nan_to_num."
    )
    raise DataError(message)


def _several(name: str, given: object) -> list[tuple[str, object]]:
    if isinstance(given, tuple) and not _is_numbers(cast("tuple[object, ...]", given)):
        items = cast("tuple[object, ...]", given)
        return [(name if len(items) == 1 else f"{name}[{i}]", one) for i, one in enumerate(items)]
    return [(name, given)]


def _is_numbers(items: tuple[object, ...]) -> bool:
    return bool(items) and all(isinstance(item, (int, float, np.generic)) for item in items)


def _array(name: str, given: object) -> Array:
    """`given` as an array with rows; no copy where it is one that an engine can read."""
    try:
        array = cast("Array", np.asarray(given))
    except ValueError as error:
        message = f"{name} is no table: {error}. Every row needs the same number of values."
        raise ShapeError(message) from error
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8 or array.dtype.name == "float16":
        message = (
            f"{name} has dtype {array.dtype}; expected floats, integers or booleans of at most 64 "
            "bits. Convert it, for example with .astype('float32')."
        )
        raise DTypeError(message)
    if array.ndim == 0:
        message = f"{name} is the single value {array}; expected an array with one row per sample."
        raise ShapeError(message)
    native = array.dtype.newbyteorder("=")
    if array.dtype != native or not array.flags.c_contiguous:
        array = np.ascontiguousarray(array, native)
    return array


def _type(array: Array, rows: int) -> TensorType:
    return TensorType((rows, *array.shape[1:]), as_dtype(array.dtype))


def _label(name: str, tables: Tables) -> str:
    """The user's word for a graph input."""
    if name == "w":
        return "sample_weight"
    several = len(tables.xs) > 1 if name[0] == "x" else len(tables.ys) > 1
    return f"{name[0]}[{name[1:]}]" if several else name[0]
