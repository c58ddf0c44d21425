"""The recorded values are still what the installed PyTorch and scikit-learn compute."""

import json
from pathlib import Path

import numpy as np
import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.live
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["losses", "optimizers", "schedules", "metrics"])
def test_recorded_values_are_those_of_the_installed_peers(name):
    pytest.importorskip("torch", reason="PyTorch is not installed: pip install .[bench]")
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install .[bench]")
    from scripts.record_training_fixtures import RECORDERS

    recorded = json.loads((FIXTURES / f"{name}.json").read_text())
    now = json.loads(json.dumps(RECORDERS[name]()))
    assert len(now) == len(recorded)
    for new, old in zip(now, recorded, strict=True):
        assert new.keys() == old.keys()
        assert (new["name"], new["arguments"]) == (old["name"], old["arguments"])
        for key in new.keys() - {"name", "arguments", "before", "after"}:
            if new[key] is None:
                assert old[key] is None
            else:
                np.testing.assert_allclose(new[key], old[key], rtol=1e-12, atol=1e-14)
        for new_grad, old_grad in zip(new.get("after", ()), old.get("after", ()), strict=True):
            np.testing.assert_allclose(new_grad, old_grad, rtol=1e-12)
