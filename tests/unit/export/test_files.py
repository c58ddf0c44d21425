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
