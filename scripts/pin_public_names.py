"""Writes what the public packages export to tests/unit/public_names.json.

python scripts/pin_public_names.py      after a change of `__all__` that is meant
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path

PINS = Path(__file__).resolve().parent.parent / "tests" / "unit" / "public_names.json"
MODULES = (
    "constnet",
    "constnet.autodiff",
    "constnet.data",
    "constnet.export",
    "constnet.losses",
    "constnet.metrics",
    "constnet.nn",
    "constnet.ops",
    "constnet.optim",
    "constnet.passes",
    "constnet.runtime",
    "constnet.testing",
)


def main() -> None:
    """Write the file."""
    names = {module: sorted(importlib.import_module(module).__all__) for module in MODULES}
    PINS.write_text(json.dumps(names, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
