import numpy as np

from constnet import ops
from constnet.ops.tensor import Tensor
from constnet.testing import trace
from constnet.testing.gradcheck import type_of

X = np.array([1.0, 4.0], "float32")


def test_arrays_give_arrays_and_tensors_give_tensors():
    assert isinstance(ops.sqrt(X), np.ndarray)
    seen = []

    def function(x):
        seen.extend([ops.sqrt(x), ops.sqrt(X), ops.add(x, X)])
        return seen[0]

    trace(function, type_of(X))
    assert [type(each) for each in seen] == [Tensor, np.ndarray, Tensor]


def test_lists_of_arrays_and_results_in_lists():
    np.testing.assert_array_equal(ops.concatenate([X, X]), [1, 4, 1, 4])
    np.testing.assert_array_equal(ops.split(X, 2)[1], [4])


def test_keywords_numbers_and_lists():
    np.testing.assert_array_equal(ops.sum(x=X, axis=0), 5)
    assert ops.sqrt(9.0) == 3
    np.testing.assert_array_equal(ops.square([1, 2, 3]), [1, 4, 9])


def test_functions_keep_their_names():
    assert ops.softmax.__name__ == "softmax"
    assert "exp(x)" in (ops.softmax.__doc__ or "")
