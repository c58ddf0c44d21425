import pytest

from constnet.runtime.engine import NativeEngine
from constnet.runtime.predictor import NativePredictor
from constnet.train.interpreter_engine import InterpreterEngine, InterpreterPredictor


@pytest.mark.parametrize("kind", [NativeEngine, InterpreterEngine])
def test_engines_run_steps(kind):
    assert callable(kind.run)
    assert "state" in kind.__init__.__annotations__


@pytest.mark.parametrize("kind", [NativePredictor, InterpreterPredictor])
def test_predictors_are_called_with_arrays(kind):
    assert callable(kind.__call__)
    assert "single" in dir(kind) or "_single" in dir(kind)
