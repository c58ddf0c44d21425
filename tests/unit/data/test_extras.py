"""Optional libraries: found, or named with the command that installs them."""

import sys

import pytest

from constnet.data.extras import import_extra
from constnet.errors import UsageError


def test_returns_the_module():
    assert import_extra("json.decoder", "decode") is sys.modules["json.decoder"]


def test_names_the_library_its_purpose_and_the_command():
    expected = r'needs absent_library to read a table.*pip install "constnet\[data\]"'
    with pytest.raises(UsageError, match=expected):
        import_extra("absent_library.part", "read a table")


def test_a_library_that_is_broken_inside_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "broken_library.py").write_text("import absent_library")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="absent_library"):
        import_extra("broken_library", "read a table")
