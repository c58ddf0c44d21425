import numpy as np
import pytest

from constnet import ops
from constnet.autodiff import gradients
from constnet.errors import DTypeError
from constnet.interpreter import run
from constnet.testing import trace
from constnet.testing.gradcheck import type_of


def test_cast_truncates_towards_zero():
    found = ops.cast(np.array([-1.9, 1.9, 0.0]), "int32")
    np.testing.assert_array_equal(found, np.array([-1, 1, 0], "int32"))


def test_cast_to_bool_asks_for_nonzero():
    np.testing.assert_array_equal(ops.cast(np.array([0.0, 0.5]), "bool"), [False, True])


def test_bitcast_keeps_bits():
    x = np.array([1.0, -0.0], "float32")
    np.testing.assert_array_equal(ops.bitcast(x, "uint32"), x.view("uint32"))


def test_bitcast_refuses_another_size():
    with pytest.raises(DTypeError, match=r"\[bitcast\] float32\[1\] and float64"):
        ops.bitcast(np.ones(1, "float32"), "float64")


def test_stop_gradient_stops_it():
    x = np.array([3.0, 4.0])
    graph = trace(lambda t: gradients(ops.sum(t * ops.stop_gradient(t)), [t]), type_of(x))
    np.testing.assert_array_equal(run(graph, [x])[0], x)
