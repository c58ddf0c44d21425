"""Where the real data sets lie for development: CONSTNET_DATA, or beside the repository."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def real_data(monkeypatch):
    beside = Path(__file__).parents[4] / "shared" / "data"
    directory = Path(os.environ.get("CONSTNET_DATA") or beside)
    if not directory.is_dir():
        pytest.skip(f"no data sets: CONSTNET_DATA is not set and {beside} does not exist")
    monkeypatch.setenv("CONSTNET_DATA", str(directory))
    return directory
