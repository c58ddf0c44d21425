"""How the columns of a table become numbers, as a value that can be stored and applied again.

`TableEncoding` is fitted once, on the table a network is trained on. It goes into the model's file
as strict JSON (`to_dict`), so that a row at prediction is encoded by the same rule. A category
that was not in the training table and a missing value without a fill are errors that name the row
and the column. Knows nothing of files: `constnet.data.table` reads them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from constnet.errors import DataError, FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Cell: TypeAlias = str | int | float | bool | None
Cells: TypeAlias = Sequence[Cell]

_FORMAT = 1
_SHOWN_CATEGORIES = 12


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table.

    Attributes:
        name: as in the file's header.
        categories: the values that it takes, sorted, where it is a category; empty for a number.
        fill: what replaces a missing value; None where a missing value is an error.
    """

    name: str
    categories: tuple[str, ...] = ()
    fill: float | str | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features that the column becomes: `city=Rome` for a category."""
        if not self.categories:
            return (self.name,)
        return tuple(f"{self.name}={category}" for category in self.categories)

    def encode(self, cells: Cells) -> NDArray[np.float32]:
        """Return the features of this column: the number, or a one-hot row for a category."""
        if not self.categories:
            return self._numbers(cells).reshape(-1, 1)
        indices = self.class_indices(cells)
        return np.eye(len(self.categories), dtype=np.float32)[indices]

    def class_indices(self, cells: Cells) -> NDArray[np.int32]:
        """Return the position of each value among the categories.

        Raises:
            DataError: a value that is missing or no category of this column.
        """
        position = {category: index for index, category in enumerate(self.categories)}
        indices = np.empty(len(cells), np.int32)
        for row, cell in enumerate(cells):
            text = category_text(self._filled(cell, row))
            if text not in position:
                known = ", ".join(map(repr, self.categories[:_SHOWN_CATEGORIES]))
                more = len(self.categories) - _SHOWN_CATEGORIES
                message = (
                    f"{place(row, self.name)} is {text!r}, which the column's training values do "
                    f"not contain: {known}{f' and {more} more' if more > 0 else ''}. "
                    f"Correct the value, or train again on a table that contains it."
                )
                raise DataError(message)
            indices[row] = position[text]
        return indices

    def _numbers(self, cells: Cells) -> NDArray[np.float32]:
        """Return the cells as finite float32 numbers."""
        numbers = np.empty(len(cells), np.float64)
        for row, cell in enumerate(cells):
            filled = self._filled(cell, row)
            try:
                numbers[row] = float(filled)
            except ValueError as error:
                message = (
                    f"{place(row, self.name)} is {filled!r}; the column holds numbers. "
                    f"Correct the value."
                )
                raise DataError(message) from error
        too_large = np.flatnonzero(np.abs(numbers) > np.finfo(np.float32).max)
        if too_large.size:
            row = int(too_large[0])
            message = (
                f"{place(row, self.name)} is {numbers[row]}, which float32 cannot hold (it ends "
                f"at 3.4e38). Correct the value or drop the column."
            )
            raise DataError(message)
        return numbers.astype(np.float32)

    def _filled(self, cell: Cell, row: int) -> str | float | bool:
        """Return the cell, or the column's fill where the cell is missing."""
        if not is_missing(cell):
            assert cell is not None
            return cell
        if self.fill is None:
            message = (
                f"{place(row, self.name)} is missing, and the column has no fill. Complete the "
                f'row, or fit the table with fill="mean" or fill="median".'
            )
            raise DataError(message)
        return self.fill


@dataclass(frozen=True, slots=True)
class TableEncoding:
    """The rule that turns rows of a table into `x` and `y`.

    Attributes:
        features: the columns of x, in the file's order.
        target: the column of y; its categories are the classes, empty in a regression.

    Example:
        >>> color = Column("color", ("blue", "red"))
        >>> encoding = TableEncoding((Column("size"), color), Column("price"))
        >>> encoding.encode_rows([{"size": 2, "color": "red"}]).tolist()
        [[2.0, 0.0, 1.0]]
    """

    features: tuple[Column, ...]
    target: Column

    @property
    def feature_names(self) -> tuple[str, ...]:
        """One name for each element of a row of x."""
        return tuple(name for column in self.features for name in column.feature_names)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes of the target, by index; empty in a regression."""
        return self.target.categories

    def encode_columns(self, columns: Mapping[str, Cells]) -> NDArray[np.float32]:
        """Return x for columns by name; columns that are no feature are ignored.

        Shape:
            `columns` of N cells each -> `(N, len(feature_names))`.

        Raises:
            DataError: a column or a value is missing, not a number, or an unknown category.
        """
        missing = [column.name for column in self.features if column.name not in columns]
        if missing:
            message = (
                f"column {missing[0]!r} is missing; found {', '.join(map(repr, columns))}. "
                f"Give all of {', '.join(repr(column.name) for column in self.features)}."
            )
            raise DataError(message)
        parts = [column.encode(columns[column.name]) for column in self.features]
        return np.ascontiguousarray(np.concatenate(parts, axis=1))

    def encode_rows(self, rows: Sequence[Mapping[str, Cell]]) -> NDArray[np.float32]:
        """Return x for rows given as mappings from column name to value.

        Raises:
            DataError: no rows, or as for `encode_columns`.
        """
        if not rows:
            message = "0 rows were given to encode; give at least 1."
            raise DataError(message)
        names = [column.name for column in self.features]
        for index, row in enumerate(rows):
            absent = [name for name in names if name not in row]
            if absent:
                message = (
                    f"{place(index, absent[0])} is missing; the row has "
                    f"{', '.join(map(repr, row))}. Give it, or None to have it filled."
                )
                raise DataError(message)
        return self.encode_columns({name: [row[name] for row in rows] for name in names})

    def encode_target(self, cells: Cells) -> NDArray[np.float32] | NDArray[np.int32]:
        """Return y: class indices `(N,)` int32, or `(N, 1)` float32 in a regression."""
        if self.target.categories:
            return self.target.class_indices(cells)
        return self.target.encode(cells)

    def to_dict(self) -> dict[str, Any]:
        """Return the encoding as strict JSON values; `from_dict` is its inverse."""
        return {
            "format": _FORMAT,
            "features": [_column_to_dict(column) for column in self.features],
            "target": _column_to_dict(self.target),
        }

    @staticmethod
    def from_dict(stored: Mapping[str, Any]) -> TableEncoding:
        """Return the encoding that `to_dict` stored.

        Raises:
            FormatError: a field is missing, of another type, or from a newer version.
        """
        version = stored.get("format")
        if version != _FORMAT:
            message = (
                f"the table encoding has format {version!r}; this version reads {_FORMAT}. "
                f"Use the constnet that wrote it, or a newer one."
            )
            raise FormatError(message)
        features = stored.get("features")
        if not isinstance(features, list):
            raise FormatError(_field_message("features", features, "a list of columns"))
        columns = tuple(_column_from_dict(column) for column in cast("list[object]", features))
        return TableEncoding(columns, _column_from_dict(stored.get("target")))


def place(row: int, column: str) -> str:
    """Return how messages name a cell; rows are counted from 1, without the header."""
    return f"row {row + 1}, column {column!r}"


def is_missing(cell: Cell) -> bool:
    """Whether a cell holds nothing: None or NaN."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def category_text(value: Cell) -> str:
    """Return the spelling of a category: 3 and 3.0 are the same, True is "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _column_to_dict(column: Column) -> dict[str, Any]:
    """Return one column as strict JSON values."""
    return {"name": column.name, "categories": list(column.categories), "fill": column.fill}


def _column_from_dict(stored: object) -> Column:
    """Return the column that `_column_to_dict` stored, every field checked."""
    if not isinstance(stored, dict):
        raise FormatError(_field_message("column", stored, "an object"))
    fields = cast("dict[str, object]", stored)
    name, categories, fill = (fields.get(key) for key in ("name", "categories", "fill"))
    if not isinstance(name, str):
        raise FormatError(_field_message("name", name, "a string"))
    if not isinstance(categories, list):
        raise FormatError(_field_message("categories", categories, "a list of strings"))
    texts = [item for item in cast("list[object]", categories) if isinstance(item, str)]
    is_distinct = len(set(texts)) == len(cast("list[object]", categories))
    if not is_distinct:
        raise FormatError(_field_message("categories", texts, "distinct strings"))
    return Column(name, tuple(texts), _fill_from(fill, bool(texts)))


def _fill_from(stored: object, is_category: bool) -> float | str | None:
    """Return a stored fill: a category of text, a finite number, or none."""
    if stored is None or (is_category and isinstance(stored, str)):
        return stored
    if isinstance(stored, int | float) and not isinstance(stored, bool):
        number = float(stored)
        if not is_category and math.isfinite(number):
            return number
    raise FormatError(_field_message("fill", stored, "null or a value of the column"))


def _field_message(field: str, found: object, expected: str) -> str:
    """Return the message for a field of a stored encoding that is not what it must be."""
    return (
        f"the table encoding's {field} is {found!r}; expected {expected}. "
        f"The file was changed: save the model again."
    )
