import numpy as np

from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.ops.tensor import constant
from constnet.passes.rewriting import Rewriting
from constnet.passes.splat import add_constant, constant_of, splat_of
from constnet.testing import trace

TYPE = TensorType((2, 3), dtypes.float32)
GRAPH = trace(lambda x: (ops.full((2, 3), 4.0), constant(np.arange(3.0), x.trace), x + x), TYPE)
FILL, ARRAY, OTHER = GRAPH.outputs


def test_what_is_known_of_a_value():
    producers = GRAPH.producers()
    assert splat_of(FILL, producers) == 4
    assert splat_of(ARRAY, producers) is None
    assert splat_of(OTHER, producers) is None
    assert splat_of(GRAPH.inputs[0], producers) is None
    np.testing.assert_array_equal(constant_of(ARRAY, producers), [0, 1, 2])
    assert constant_of(FILL, producers) is None


def test_scalars_are_added_as_splats_and_arrays_as_they_are():
    rewriting = Rewriting(GRAPH)
    place = GRAPH.nodes[0].location
    splat = add_constant(rewriting, np.array(2.0, "float32"), OTHER, place)
    assert splat.type == TYPE
    assert splat_of(splat, rewriting.producers) == 2
    array = add_constant(rewriting, np.ones((2, 3), "float32"), OTHER, place)
    assert [node.op for node in rewriting.nodes] == ["constant", "broadcast_to", "constant"]
    assert array.type == TYPE
