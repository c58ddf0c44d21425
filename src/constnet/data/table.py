"""CSV and Parquet tables as `x` and `y`, with the rule that encodes them kept.

Enters: a path and the name of the target column. Leaves: a `Table`. A column of text or of true
and false becomes one-hot features; a column of numbers stays one feature. Refuses a missing value
(unless a fill is chosen), infinity, a date, and text that differs in almost every row.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from constnet.data.encoding import Cell, Cells, Column, TableEncoding, category_text, is_missing
from constnet.data.encoding import place as cell_place
from constnet.data.extras import import_extra
from constnet.data.splitting import split_indices
from constnet.errors import DataError, FormatError, UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

Task: TypeAlias = Literal["classification", "regression"]
Fill: TypeAlias = Literal["mean", "median"]
Targets: TypeAlias = NDArray[np.float32] | NDArray[np.int32]

_MISSING_SPELLINGS = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"]
_MOST_INTEGER_CLASSES = 20
_MOST_CATEGORIES = 1000
_MOST_DISTINCT_SHARE = 0.5
_FEW_CATEGORIES = 20


@dataclass(frozen=True, slots=True)
class Table:
    """A table as a network reads it.

    Attributes:
        x: features, `(N, len(feature_names))` float32.
        y: class indices `(N,)` int32, or values `(N, 1)` float32 in a regression.
        encoding: the rule that made x and y; it encodes new rows at prediction.
    """

    x: NDArray[np.float32]
    y: Targets
    encoding: TableEncoding

    @property
    def feature_names(self) -> tuple[str, ...]:
        """One name for each column of x."""
        return self.encoding.feature_names

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes by index; empty in a regression."""
        return self.encoding.class_names

    @property
    def mean(self) -> NDArray[np.float32]:
        """The mean of each feature, 0 for a one-hot feature: for `nn.Normalization`."""
        return np.where(self._is_number(), self.x.mean(axis=0, dtype=np.float64), 0.0).astype(
            np.float32
        )

    @property
    def variance(self) -> NDArray[np.float32]:
        """The variance of each feature (divided by N), 1 where it is one-hot or constant."""
        variance = self.x.var(axis=0, dtype=np.float64)
        is_scaled = self._is_number() & (variance > 0.0)
        return np.where(is_scaled, variance, 1.0).astype(np.float32)

    def split(self, fraction: float = 0.2, seed: int = 0) -> tuple[Table, Table]:
        """Return (train, test); `fraction` of the rows, drawn by `seed`, goes to test."""
        train, test = split_indices(len(self.x), fraction, seed)
        return (
            Table(self.x[train], self.y[train], self.encoding),
            Table(self.x[test], self.y[test], self.encoding),
        )

    def _is_number(self) -> NDArray[np.bool_]:
        """For each feature, whether it comes from a column of numbers."""
        return np.array(
            [
                not column.categories
                for column in self.encoding.features
                for _ in column.feature_names
            ]
        )


def read_table(
    path: str | os.PathLike[str],
    target: str,
    *,
    task: Task | None = None,
    fill: Fill | None = None,
    drop: Sequence[str] = (),
    categories: Sequence[str] = (),
) -> Table:
    r"""Read a CSV (`.csv`, `.tsv`) or Parquet file as features and a target.

    Args:
        path: the file. Empty cells, NA, N/A, NaN, null, None and ? count as missing.
        target: the column to predict.
        task: "classification" or "regression"; by default a classification where the target is
            text, true/false, or whole numbers of at most 20 different values.
        fill: what replaces missing features: the column's "mean" or "median"; a category's most
            frequent value. By default a missing value is an error. A missing target always is.
        drop: columns that are neither features nor the target.
        categories: columns of numbers to treat as categories, such as a postal code.

    Raises:
        UsageError: no such column, an unknown file type, or polars is missing.
        DataError: no rows, a missing or infinite value, or a column that cannot be encoded.
        FormatError: the file cannot be parsed.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder, "pets.csv")
        ...     _ = file.write_text("kg,sound,pet\n4,purr,cat\n9,bark,dog\n5,purr,cat\n")
        ...     table = read_table(file, target="pet")
        >>> table.feature_names, table.class_names
        (('kg', 'sound=bark', 'sound=purr'), ('cat', 'dog'))
        >>> table.encoding.encode_rows([{"kg": 7, "sound": "bark"}]).tolist()
        [[7.0, 1.0, 0.0]]
    """
    columns = read_columns(path)
    _check_column_names(path, columns, (target, *drop, *categories))
    if target in drop:
        message = f"{target!r} is both the target and in drop={list(drop)!r}. Remove it from drop."
        raise UsageError(message)
    names = [name for name in columns if name != target and name not in drop]
    if not names:
        message = f"{path} has no column left as a feature beside {target!r}. Drop fewer columns."
        raise UsageError(message)
    features = tuple(_fit_feature(name, columns[name], fill, name in categories) for name in names)
    encoding = TableEncoding(features, _fit_target(target, columns[target], task))
    y = encoding.encode_target(columns[target])
    return Table(encoding.encode_columns(columns), y, encoding)


def read_columns(path: str | os.PathLike[str]) -> dict[str, Cells]:
    """Return a CSV or Parquet file's columns as plain Python cells, missing ones as None.

    Raises:
        UsageError: another kind of file, or polars is missing.
        DataError: no rows, an infinite number, or a column that is neither text nor number.
        FormatError: the file cannot be parsed.
    """
    frame = _read_frame(Path(path))
    if frame.height == 0:
        message = f"{path} has 0 rows below its header; a network needs at least 1."
        raise DataError(message)
    return {name: _read_cells(frame[name], name) for name in frame.columns}


def _read_frame(place: Path) -> Any:
    """Return the polars frame of a file, by its suffix."""
    suffix = place.suffix.lower()
    if suffix not in {".csv", ".tsv", ".parquet"}:
        message = (
            f"{place} ends in {suffix or 'no suffix'!r}; tables are .csv, .tsv or .parquet. "
            f"Rename or convert the file."
        )
        raise UsageError(message)
    polars = import_extra("polars", "read a table")
    if not place.is_file():
        message = f"No such file: {place}"
        raise FileNotFoundError(message)
    try:
        if suffix == ".parquet":
            return polars.read_parquet(place)
        return polars.read_csv(
            place,
            separator="\t" if suffix == ".tsv" else ",",
            null_values=_MISSING_SPELLINGS,
            infer_schema_length=None,
        )
    except polars.exceptions.PolarsError as error:
        reason = str(error).strip().partition("\n")[0]
        message = f"{place} cannot be read as {suffix[1:]}: {reason}. Correct the file."
        raise FormatError(message) from error


def _read_cells(series: Any, name: str) -> list[Cell]:
    """Return a polars column as cells, refusing infinity and types that are not encoded."""
    polars = import_extra("polars", "read a table")
    dtype = series.dtype
    if isinstance(dtype, polars.Categorical | polars.Enum):
        series = series.cast(polars.String)
    elif dtype.is_decimal():
        series = series.cast(polars.Float64)
    elif not (dtype.is_numeric() or dtype in (polars.String, polars.Boolean, polars.Null)):
        message = (
            f"column {name!r} has type {dtype}; features are numbers, text, or true and false. "
            f"Convert it, or drop it with drop=[{name!r}]."
        )
        raise DataError(message)
    cells: list[Cell] = series.to_list()
    for row, cell in enumerate(cells):
        if isinstance(cell, float) and math.isinf(cell):
            message = f"{cell_place(row, name)} is {cell}; correct the value or leave it empty."
            raise DataError(message)
    return cells


def _check_column_names(
    path: str | os.PathLike[str], columns: dict[str, Cells], wanted: Sequence[str]
) -> None:
    """Refuse the name of a column that the file lacks."""
    for name in wanted:
        if name not in columns:
            message = (
                f"{path} has no column {name!r}; its columns are "
                f"{', '.join(map(repr, columns))}. Choose one of those."
            )
            raise UsageError(message)


def _fit_feature(name: str, cells: Cells, fill: Fill | None, is_category: bool) -> Column:
    """Return the rule for one feature column, learnt from its cells."""
    present = [cell for cell in cells if not is_missing(cell)]
    if not present:
        message = (
            f"column {name!r} is empty in all {len(cells)} rows. Drop it with drop=[{name!r}]."
        )
        raise DataError(message)
    if not is_category and all(_is_number(cell) for cell in present):
        numbers = np.array(present, np.float64)
        average = {"mean": np.mean, "median": np.median}
        return Column(name, (), None if fill is None else float(average[fill](numbers)))
    counts = Counter(category_text(cell) for cell in present)
    _check_category_count(name, len(counts), len(cells))
    # most_common is ordered by first occurrence among equals: sort so that rows may be permuted
    frequent = min(counts, key=lambda category: (-counts[category], category))
    order = sorted(counts, key=_category_order)
    return Column(name, tuple(order), None if fill is None else frequent)


def _fit_target(name: str, cells: Cells, task: Task | None) -> Column:
    """Return the rule for the target column."""
    for row, cell in enumerate(cells):
        if is_missing(cell):
            message = (
                f"{cell_place(row, name)} is missing; every row needs its target. "
                f"Complete or remove the row."
            )
            raise DataError(message)
    is_number = all(_is_number(cell) for cell in cells)
    distinct = {category_text(cell) for cell in cells}
    if task is None:
        is_whole = all(isinstance(cell, int) for cell in cells)
        is_small = is_whole and len(distinct) <= _MOST_INTEGER_CLASSES
        task = "classification" if is_small or not is_number else "regression"
    if task == "regression":
        if not is_number:
            message = (
                f"the target {name!r} holds {min(distinct)!r}; a regression needs numbers. "
                f'Use task="classification".'
            )
            raise DataError(message)
        return Column(name)
    if len(distinct) < 2:
        message = f"the target {name!r} is {distinct.pop()!r} in every row; it needs 2 classes."
        raise DataError(message)
    _check_category_count(name, len(distinct), len(cells))
    return Column(name, tuple(sorted(distinct, key=_category_order)))


def _check_category_count(name: str, distinct: int, rows: int) -> None:
    """Refuse text that differs in most rows: a name or an identifier teaches nothing."""
    is_identifier = distinct > _FEW_CATEGORIES and distinct > _MOST_DISTINCT_SHARE * rows
    if is_identifier or distinct > _MOST_CATEGORIES:
        message = (
            f"column {name!r} has {distinct} different values in {rows} rows, too many for "
            f"categories. Drop it with drop=[{name!r}], or group its values."
        )
        raise DataError(message)


def _is_number(cell: Cell) -> bool:
    """Whether a cell is a number; true and false are categories."""
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _category_order(category: str) -> tuple[bool, float, str]:
    """Whole numbers by value before text by spelling, so that class 10 follows class 9."""
    is_whole = category.lstrip("-").isdecimal()
    return (not is_whole, float(category) if is_whole else 0.0, category)
