"""Records what PyTorch and scikit-learn compute, for tests that have neither.

    python -m scripts.record_training_fixtures

writes tests/fixtures/{losses,optimizers,schedules,metrics}.json, all computed in float64. Needs the
`bench` extra. Every entry carries its inputs, so a test needs nothing else.
"""

from __future__ import annotations

import json
from pathlib import Path

from scripts.recorders.losses import losses
from scripts.recorders.metrics import metrics
from scripts.recorders.optimizers import optimizers
from scripts.recorders.schedules import schedules

FIXTURES = Path(__file__).resolve().parent.parent / "tests" / "fixtures"
RECORDERS = {
    "losses": losses,
    "optimizers": optimizers,
    "schedules": schedules,
    "metrics": metrics,
}


def main() -> None:
    """Write every fixture."""
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for name, record in RECORDERS.items():
        entries = ",\n ".join(json.dumps(entry) for entry in record())
        (FIXTURES / f"{name}.json").write_text(f"[{entries}]\n")
        print(f"tests/fixtures/{name}.json")


if __name__ == "__main__":
    main()
