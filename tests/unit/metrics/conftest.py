"""Recorded metrics for the modules that ask for an `entry`: those of the module's NAMES."""

import json
from pathlib import Path

ENTRIES = json.loads((Path(__file__).parents[2] / "fixtures" / "metrics.json").read_text())


def label(entry):
    weighted = "plain" if entry["weight"] is None else "weighted"
    return f"{entry['name']}-{entry['arguments']}-{weighted}"


def pytest_generate_tests(metafunc):
    if "entry" in metafunc.fixturenames:
        names = metafunc.module.NAMES
        entries = [entry for entry in ENTRIES if not names or entry["name"] in names]
        metafunc.parametrize("entry", entries, ids=label)
