from constnet.data import Sampler
from constnet.dtypes import float32, float64, uint8
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.nn import Dense, Sequential
from constnet.ops.tensor import Trace, tracing
from constnet.train.model import Model
from constnet.train.source import ArraySource, Draws


def test_arrays_become_named_inputs_converted_to_the_networks_dtype():
    recipe = Model(Sequential(Dense(2, 1)), "mse").store().recipe
    trace = Trace(GraphBuilder("t"), dtype=float32)
    types = TensorType((4, 2), float64), TensorType((4,), uint8), TensorType((4,), float64)
    with tracing(trace):
        batch = ArraySource((types[0],), (types[1],), types[2]).trace(trace, recipe)
    assert [value.name for value in trace.builder.inputs] == ["x0", "y0", "w"]
    assert (batch.xs[0].dtype, batch.ys[0].dtype) == (float32, uint8)
    assert batch.weight.dtype == float32
    assert batch.rows == 4


def test_rows_can_be_others():
    source = ArraySource((TensorType((4, 2), float32),), (TensorType((4,), float32),))
    rest = source.with_rows(3)
    assert (rest.xs[0].shape, rest.ys[0].shape, rest.weight) == ((3, 2), (3,), None)


def test_a_sampler_draws():
    assert isinstance(Sampler(lambda rng: (rng.uniform(), rng.uniform())), Draws)
    assert not isinstance([1, 2], Draws)
