"""What each public package exports, pinned: a change here is a change for users."""

import importlib
import json
from pathlib import Path

import pytest

PINNED = json.loads((Path(__file__).parent / "public_names.json").read_text("utf-8"))


@pytest.mark.parametrize("module", sorted(PINNED))
def test_exports_are_pinned(module):
    found = importlib.import_module(module).__all__
    assert sorted(found) == PINNED[module]


@pytest.mark.parametrize("module", sorted(PINNED))
def test_every_export_exists(module):
    package = importlib.import_module(module)
    missing = [name for name in package.__all__ if not hasattr(package, name)]
    assert not missing


@pytest.mark.parametrize("module", sorted(PINNED))
def test_no_export_twice(module):
    found = list(importlib.import_module(module).__all__)
    assert len(found) == len(set(found))
