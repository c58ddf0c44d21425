"""Tables from CSV and Parquet: every policy, with values worked out by hand."""

import sys

import numpy as np
import pytest

from constnet.data import TableEncoding, read_table
from constnet.data.table import read_columns
from constnet.errors import DataError, FormatError, UsageError

pl = pytest.importorskip("polars", reason="polars (extra `data`) is not installed")

PETS = "kg,sound,tame,pet\n4,purr,true,cat\n9,bark,true,dog\n5.5,purr,false,cat\n30,bark,true,dog\n"


@pytest.fixture
def csv(tmp_path):
    def write(text, name="table.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_classes_numbers_and_categories(csv):
    table = read_table(csv(PETS), target="pet")
    assert table.feature_names == ("kg", "sound=bark", "sound=purr", "tame=false", "tame=true")
    assert table.class_names == ("cat", "dog")
    assert table.x.tolist()[2] == [5.5, 0, 1, 1, 0]
    assert table.y.tolist() == [0, 1, 0, 1]
    assert (table.x.dtype, table.y.dtype) == (np.float32, np.int32)


def test_a_regression_keeps_the_targets_value(csv):
    table = read_table(csv(PETS), target="kg")
    assert table.class_names == ()
    assert table.y.tolist() == [[4], [9], [5.5], [30]]


def test_parquet_and_tab_separated_say_the_same(csv, tmp_path):
    expected = read_table(csv(PETS), target="pet")
    pl.read_csv(tmp_path / "table.csv").write_parquet(tmp_path / "table.parquet")
    tab = csv(PETS.replace(",", "\t"), "table.tsv")
    for path in (tmp_path / "table.parquet", tab):
        table = read_table(path, target="pet")
        assert np.array_equal(table.x, expected.x)
        assert table.encoding == expected.encoding


def test_standardisation_leaves_one_hot_features_alone(csv):
    table = read_table(csv("a,b,c,y\n1,u,7,0\n3,v,7,1\n"), target="y")
    assert table.mean.tolist() == [2, 0, 0, 7]
    assert table.variance.tolist() == [1, 1, 1, 1]
    assert read_table(csv("a,y\n1,0\n5,1\n"), target="y").variance.tolist() == [4]


def test_new_rows_are_encoded_by_the_stored_rule(csv):
    table = read_table(csv(PETS), target="pet")
    encoding = TableEncoding.from_dict(table.encoding.to_dict())
    new = read_columns(csv("sound,kg,tame\nbark,12,false\n", "new.csv"))
    assert encoding.encode_columns(new).tolist() == [[12, 1, 0, 1, 0]]


def test_split_keeps_rows_with_their_targets(csv):
    rows = "".join(f"{i},{'odd' if i % 2 else 'even'}\n" for i in range(50))
    train, test = read_table(csv("i,y\n" + rows), target="y").split(0.2, seed=3)
    assert (len(train.x), len(test.x)) == (40, 10)
    for part in (train, test):
        assert np.array_equal(part.x[:, 0] % 2, part.y)
    assert sorted([*train.x[:, 0], *test.x[:, 0]]) == list(range(50))


@pytest.mark.parametrize(
    ("fill", "number"), [("mean", pytest.approx(13.0)), ("median", pytest.approx(5.0))]
)
def test_missing_features_take_the_chosen_fill(csv, fill, number):
    text = "kg,sound,y\n4,purr,0\n?,purr,1\n30,,0\n5,bark,1\n"
    table = read_table(csv(text), target="y", fill=fill)
    assert table.x[1, 0] == number
    assert table.x[2, 1:].tolist() == [0, 1]


@pytest.mark.parametrize("spelling", ["", "NA", "NaN", "?", "null"])
def test_a_missing_value_is_named(csv, spelling):
    with pytest.raises(DataError, match=r"row 2, column 'kg' is missing.*fill=\"mean\""):
        read_table(csv(f"kg,y\n4,0\n{spelling},1\n5,1\n"), target="y")


def test_a_missing_target_has_no_fill(csv):
    with pytest.raises(DataError, match="row 2, column 'y' is missing; every row needs its target"):
        read_table(csv("kg,y\n4,0\n5,\n6,1\n"), target="y", fill="mean")


def test_the_task_is_guessed_and_may_be_said(csv):
    whole = csv("a,y\n1,10\n2,9\n3,10\n")
    assert read_table(whole, target="y").class_names == ("9", "10")
    assert read_table(whole, target="y", task="regression").y.tolist() == [[10], [9], [10]]
    many = csv("a,y\n" + "".join(f"{i},{i}\n" for i in range(30)))
    assert read_table(many, target="y").class_names == ()
    halves = csv("a,y\n1,0.5\n2,1.5\n3,0.5\n")
    assert read_table(halves, target="y").class_names == ()
    assert read_table(halves, target="y", task="classification").y.tolist() == [0, 1, 0]


def test_columns_are_dropped_and_numbers_made_categories(csv):
    text = "id,code,a,y\n1,10,1,0\n2,9,2,1\n3,10,3,1\n"
    table = read_table(csv(text), target="y", drop=["id"], categories=["code"])
    assert table.feature_names == ("code=9", "code=10", "a")
    assert table.x[1].tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("text", "options", "error", "message"),
    [
        (PETS, {"target": "cost"}, UsageError, "no column 'cost'; its columns are 'kg', 'sound'"),
        (PETS, {"target": "pet", "drop": ["age"]}, UsageError, "no column 'age'"),
        (PETS, {"target": "pet", "drop": ["pet"]}, UsageError, "both the target and in drop"),
        ("y\n1\n2\n", {"target": "y"}, UsageError, "no column left as a feature beside 'y'"),
        ("a,y\n", {"target": "y"}, DataError, "has 0 rows below its header"),
        ("a,y\n1,0\ninf,1\n", {"target": "y"}, DataError, "row 2, column 'a' is inf"),
        ("a,y\n,0\n,1\n", {"target": "y"}, DataError, "column 'a' is empty in all 2 rows"),
        ("a,y\n1,u\n2,u\n", {"target": "y"}, DataError, "'u' in every row; it needs 2 classes"),
        (PETS, {"target": "pet", "task": "regression"}, DataError, "holds 'cat'; a regression"),
        ("a,y\n1,2\n1,2,3\n", {"target": "y"}, FormatError, r"table\.csv cannot be read as csv"),
        ("", {"target": "y"}, FormatError, "cannot be read as csv"),
    ],
)
def test_rejects(csv, text, options, error, message):
    with pytest.raises(error, match=message):
        read_table(csv(text), **options)


def test_text_that_differs_in_every_row_is_no_category(csv):
    rows = "".join(f"name{i},{i % 2}\n" for i in range(40))
    with pytest.raises(
        DataError, match=r"'name' has 40 different values in 40 rows.*drop=\['name'"
    ):
        read_table(csv("name,y\n" + rows), target="y")


def test_a_date_is_refused(tmp_path):
    frame = pl.DataFrame({"day": ["2024-01-02", "2024-01-03"], "y": [0, 1]})
    frame.with_columns(pl.col("day").str.to_date()).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"column 'day' has type Date.*drop=\['day'\]"):
        read_table(tmp_path / "t.parquet", target="y")


def test_other_files(tmp_path):
    with pytest.raises(UsageError, match=r"ends in '\.xlsx'; tables are \.csv"):
        read_table(tmp_path / "t.xlsx", target="y")
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "absent.csv", target="y")
    (tmp_path / "t.parquet").write_bytes(b"not parquet")
    with pytest.raises(FormatError, match=r"t\.parquet cannot be read as parquet"):
        read_table(tmp_path / "t.parquet", target="y")


def test_without_polars_the_command_that_installs_it(csv, monkeypatch):
    path = csv(PETS)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match=r'needs polars .*pip install "constnet\[data\]"'):
        read_table(path, target="pet")
