import os

import pytest

from constnet.errors import StorageError
from constnet.export.files import write_together


def test_all_files_are_written(tmp_path):
    write_together({tmp_path / "a" / "x.c": "x\n", tmp_path / "y.h": "y\n"})
    assert (tmp_path / "a" / "x.c").read_text() == "x\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "y.h"]


def test_a_full_disk_leaves_everything_as_it_was(tmp_path, monkeypatch):
    (tmp_path / "x.c").write_text("old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"x\.c.*No space left on device"):
        write_together({tmp_path / "x.c": "new", tmp_path / "x.h": "new"})
    assert [p.name for p in tmp_path.iterdir()] == ["x.c"]
    assert (tmp_path / "x.c").read_text() == "old"


def test_a_folder_in_the_place_of_one_file_leaves_the_others_unwritten(tmp_path):
    (tmp_path / "x.h").mkdir()
    with pytest.raises(StorageError, match=r"x\.h could not be written: Is a directory"):
        write_together({tmp_path / "x.c": "new", tmp_path / "x.h": "new"})
    assert [p.name for p in tmp_path.iterdir()] == ["x.h"]


def test_a_file_in_the_place_of_a_folder_leaves_no_new_folder(tmp_path):
    (tmp_path / "k").write_text("old")
    texts = {tmp_path / "new" / "a" / "x": "new", tmp_path / "k" / "src" / "lib.rs": "new"}
    with pytest.raises(StorageError, match="could not be written"):
        write_together(texts)
    assert [p.name for p in tmp_path.iterdir()] == ["k"]


def test_a_name_too_long_leaves_no_new_folder(tmp_path):
    with pytest.raises(StorageError, match="File name too long"):
        write_together({tmp_path / "new" / ("a" * 300): "new"})
    assert not list(tmp_path.iterdir())
    write_together({tmp_path / ("a" * 250): "fits\n"})
    assert [len(p.name) for p in tmp_path.iterdir()] == [250]


def test_a_rename_that_fails_gives_old_files_back(tmp_path, monkeypatch):
    (tmp_path / "x.c").write_text("old")
    replace = type(tmp_path).replace

    def fails(path, target):
        if target.name == "x.h":
            raise OSError(13, "Permission denied")
        return replace(path, target)

    monkeypatch.setattr(type(tmp_path), "replace", fails)
    with pytest.raises(StorageError, match="Permission denied"):
        write_together({tmp_path / "x.c": "new", tmp_path / "x.h": "new"})
    assert [p.name for p in tmp_path.iterdir()] == ["x.c"]
    assert (tmp_path / "x.c").read_text() == "old"
