import numpy as np

from constnet import dtypes
from constnet.loopir import softmath
from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import Local
from constnet.ops.attributes import Axes
from constnet.ops.execute import execute, scalar_expression
from constnet.ops.op import NoAttrs
from constnet.ops.samples import spread

X = spread(50)


def test_pointwise_has_the_bits_of_softmath():
    found = execute("exp", NoAttrs(), (dtypes.float32,), [X])
    expected = evaluate(softmath.exp(Local("x", dtypes.float32)), {"x": X})
    assert found.tobytes() == expected.tobytes()


def test_others_run_their_reference():
    found = execute("reduce_max", Axes((0,)), (dtypes.float32,), [X])
    assert found == X.max()
    assert scalar_expression("reduce_max", Axes((0,)), (dtypes.float32,)) is None


def test_no_warning_escapes():
    zero = np.zeros(1)
    quotient = execute("div", NoAttrs(), (dtypes.float64,) * 2, [zero, zero])
    assert np.isnan(quotient).all()
