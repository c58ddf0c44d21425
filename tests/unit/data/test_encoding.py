"""The encoding of rows: values by hand, storage, and every refusal."""

import json

import pytest

from constnet.data.encoding import Column, TableEncoding, category_text, is_missing
from constnet.errors import DataError, FormatError

ENCODING = TableEncoding(
    (
        Column("size", fill=1.5),
        Column("color", ("blue", "red"), "red"),
        Column("wet", ("false", "true")),
    ),
    Column("kind", ("cat", "dog")),
)
ROW = {"size": 2, "color": "blue", "wet": True}


def test_rows_become_numbers_and_one_hot_features():
    assert ENCODING.feature_names == ("size", "color=blue", "color=red", "wet=false", "wet=true")
    assert ENCODING.encode_rows([ROW]).tolist() == [[2, 1, 0, 0, 1]]


def test_a_missing_value_takes_the_fill():
    rows = [{"size": None, "color": float("nan"), "wet": False}]
    assert ENCODING.encode_rows(rows).tolist() == [[1.5, 0, 1, 1, 0]]


def test_text_from_a_command_line_is_read_as_a_number():
    assert ENCODING.encode_rows([ROW | {"size": "2.5"}])[0, 0] == 2.5


def test_the_target_is_a_class_index_or_a_value():
    assert ENCODING.encode_target(["dog", "cat"]).tolist() == [1, 0]
    assert TableEncoding((), Column("y")).encode_target([1, 2.5]).tolist() == [[1], [2.5]]


def test_survives_json():
    stored = json.loads(json.dumps(ENCODING.to_dict(), allow_nan=False))
    assert TableEncoding.from_dict(stored) == ENCODING


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"color": "green"}, r"row 1, column 'color' is 'green', which .*: 'blue', 'red'\."),
        ({"wet": None}, r"row 1, column 'wet' is missing, and the column has no fill"),
        ({"size": "big"}, r"row 1, column 'size' is 'big'; the column holds numbers"),
        ({"size": 1e39}, r"row 1, column 'size' is 1e\+39, which float32 cannot hold"),
        ({"size": "inf"}, r"row 1, column 'size' is inf, which float32 cannot hold"),
    ],
)
def test_rejects_a_value(change, message):
    with pytest.raises(DataError, match=message):
        ENCODING.encode_rows([ROW | change])


def test_rejects_rows_without_a_column():
    with pytest.raises(DataError, match="0 rows were given"):
        ENCODING.encode_rows([])
    with pytest.raises(DataError, match="row 2, column 'wet' is missing; the row has 'size'"):
        ENCODING.encode_rows([ROW, {"size": 1, "color": "red"}])
    with pytest.raises(DataError, match="column 'size' is missing; found 'color'"):
        ENCODING.encode_columns({"color": ["red"]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "has format 2; this version reads 1"),
        ({"features": {}}, r"features is \{\}; expected a list"),
        ({"target": None}, "column is None; expected an object"),
        ({"target": {"name": 3}}, "name is 3; expected a string"),
        ({"target": {"name": "y", "categories": "ab"}}, "categories is 'ab'; expected a list"),
        ({"target": {"name": "y", "categories": ["a", 1]}}, "expected distinct strings"),
        ({"target": {"name": "y", "categories": ["a", "a"]}}, "expected distinct strings"),
        ({"target": {"name": "y", "categories": [], "fill": "a"}}, "fill is 'a'; expected null"),
        ({"target": {"name": "y", "categories": [], "fill": True}}, "fill is True"),
        ({"target": {"name": "y", "categories": [], "fill": float("inf")}}, "fill is inf"),
        ({"target": {"name": "y", "categories": ["a"], "fill": 1}}, "fill is 1"),
    ],
)
def test_rejects_a_stored_encoding_that_was_changed(change, message):
    with pytest.raises(FormatError, match=message):
        TableEncoding.from_dict(ENCODING.to_dict() | change)


def test_spelling_of_categories():
    assert [category_text(value) for value in (True, 3, 3.0, 2.5, "a")] == [
        "true", "3", "3", "2.5", "a",
    ]  # fmt: skip
    assert [is_missing(value) for value in (None, float("nan"), "", 0)] == [
        True,
        True,
        False,
        False,
    ]
