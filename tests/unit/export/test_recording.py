import numpy as np

from constnet.export.network import trace_network
from constnet.export.recording import cases, expected, random_inputs


def test_cases_are_a_function_of_the_seed(model):
    network = trace_network(model, numerics="exact")
    one, two = cases(network), cases(network)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.inputs[0], b.inputs[0])
        np.testing.assert_array_equal(a.outputs[0], b.outputs[0])
    assert not np.array_equal(one[0].inputs[0], one[1].inputs[0])


def test_expected_is_the_networks_forward(model):
    network = trace_network(model, numerics="exact", batch=3)
    inputs = random_inputs(network, 0)
    ((found,),) = expected(network, [inputs])
    np.testing.assert_allclose(found, model.net.forward(*inputs), rtol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def test_integer_inputs_are_integers(model):
    network = trace_network(model, numerics="exact", input_dtypes=["uint8"])
    assert random_inputs(network, 0)[0].dtype == np.uint8
