import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.runtime.predictor import NativePredictor
from constnet.testing import trace
from tests.lowered import COMPILERS


def predictor(function, *shapes, state=None, dtype=dtypes.float64, **options):
    graph = trace(function, *(TensorType(shape, dtype) for shape in shapes))
    return NativePredictor(graph, state or {}, "exact", COMPILERS[0], **options)


def test_several_inputs_and_outputs():
    call = predictor(lambda x, y: [x + y, ops.sum(y, 1), x > y], (3, 4), (3, 4))
    x, y = np.arange(12.0).reshape(3, 4), np.full((3, 4), 5.0)
    total, sums, larger = call(x, y)
    np.testing.assert_array_equal(total, x + y)
    np.testing.assert_array_equal(sums, [20.0, 20.0, 20.0])
    np.testing.assert_array_equal(larger, x > y)
    assert larger.dtype == np.bool_


def test_results_belong_to_the_caller():
    call = predictor(lambda x: [x * 2.0, x], (4,))
    first, _ = call(np.ones(4))
    first[...] = -1.0
    second, same = call(np.full(4, 3.0))
    np.testing.assert_array_equal(first, np.full(4, -1.0))
    np.testing.assert_array_equal(second, np.full(4, 6.0))
    np.testing.assert_array_equal(same, np.full(4, 3.0))


def test_inputs_are_left_as_they_are_and_may_have_strides():
    call = predictor(lambda x: [x.T * 2.0], (3, 2))
    table = np.arange(12.0).reshape(3, 4)
    kept = table.copy()
    (found,) = call(table[:, ::2])
    np.testing.assert_array_equal(found, kept[:, ::2].T * 2.0)
    np.testing.assert_array_equal(table, kept)


def test_single_is_the_call_of_one_array():
    call = predictor(lambda x: [ops.sum(x, 0)], (5, 3))
    x = np.arange(15.0).reshape(5, 3)
    np.testing.assert_array_equal(call.single(x), x.sum(0))
    two = predictor(lambda x: [x, x + 1.0], (2,))
    np.testing.assert_array_equal(two.single(np.zeros(2)), np.zeros(2))


def test_state_is_live():
    weight = np.ones(3)
    call = predictor(lambda x, w: [x * w], (3,), (3,), state={"x1": weight})
    np.testing.assert_array_equal(call(np.arange(3.0))[0], [0.0, 1.0, 2.0])
    weight *= 10.0
    np.testing.assert_array_equal(call(np.arange(3.0))[0], [0.0, 10.0, 20.0])


@pytest.mark.parametrize("given", [(), (np.ones(3), np.ones(3))])
def test_number_of_arrays_is_checked(given):
    with pytest.raises(ValueError, match="argument"):
        predictor(lambda x: [x * 2.0], (3,))(*given)


def test_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="broadcast"):
        predictor(lambda x: [x * 2.0], (3,))(np.ones(4))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_share_the_work(threads):
    call = predictor(lambda x, w: [ops.tanh(x @ w)], (150, 60), (60, 70), threads=threads)
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(150, 60)) * 0.1, rng.normal(size=(60, 70))
    assert any(kernel.parallel for kernel in call.program.kernels)
    for _ in range(3):
        np.testing.assert_allclose(call(x, w)[0], np.tanh(x @ w), rtol=0, atol=1e-14)
