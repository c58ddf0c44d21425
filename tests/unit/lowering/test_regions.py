from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.lowering.regions import direct_sources, find_regions, in_order
from constnet.testing import trace

MATRIX = TensorType((4, 6), dtypes.float32)
ROW = TensorType((6,), dtypes.float32)


def groups(function, *types):
    """The operations of each region, in order."""
    return [[node.op for node in region.nodes] for region in regions_of(function, *types)]


def regions_of(function, *types):
    return find_regions(trace(function, *(types or (MATRIX, MATRIX))))


def test_pointwise_chain_is_one_region():
    assert groups(lambda x, y: ops.tanh(x * y) + x) == [["mul", "tanh", "add"]]


def test_reduction_computes_an_operand_that_nobody_else_reads():
    assert groups(lambda x, y: ops.sum(x * y, 0)) == [["mul", "reduce_sum"]]


def test_reduction_leaves_an_operand_that_somebody_else_reads():
    assert groups(lambda x, y: [ops.sum(p := x * y, 0), ops.sum(p, 1)]) == [
        ["mul"],
        ["reduce_sum"],
        ["reduce_sum"],
    ]


def test_reduction_leaves_an_operand_that_is_an_output():
    assert groups(lambda x, y: [p := x * y, ops.sum(p, 0)]) == [["mul"], ["reduce_sum"]]


def test_contraction_takes_the_work_on_its_result():
    def function(x, w, b):
        return ops.relu(ops.matmul(x, w) + b)

    square = TensorType((6, 6), dtypes.float32)
    assert groups(function, MATRIX, square, ROW) == [["matmul", "add", "relu"]]


def test_contraction_keeps_a_result_that_is_read_elsewhere_too():
    def transposed(x, y):
        z = ops.matmul(x, y)
        return ops.tanh(z) + z.T

    square = TensorType((6, 6), dtypes.float32)
    assert groups(transposed, square, square) == [["matmul"], ["tanh", "add"]]


def test_contraction_deeper_than_a_block_keeps_its_result():
    deep = TensorType((4, 300), dtypes.float32)
    assert groups(lambda x, y: ops.relu(ops.matmul(x, y.T)), deep, deep) == [["matmul"], ["relu"]]


def test_regions_are_never_joined_around_a_path_through_another():
    def function(x, y):
        z = x * y
        return z - ops.sum(z, 1, keepdims=True)

    assert groups(function) == [["mul"], ["reduce_sum"], ["sub"]]


def test_movements_are_in_no_region():
    graph = trace(lambda x, y: ops.flip(x.T, 0) + ops.tanh(y).T, MATRIX, MATRIX)
    assert [[n.op for n in r.nodes] for r in find_regions(graph)] == [["tanh"], ["add"]]
    (add,) = [node for node in graph.nodes if node.op == "add"]
    sources = [direct_sources(value, graph.producers()) for value in add.inputs]
    assert [[s.name for s in each] for each in sources] == [
        ["x0"],
        [graph.nodes[2].outputs[0].name],
    ]


def test_order_obeys_what_must_run_before_and_refuses_a_cycle():
    first, second = regions_of(lambda x, y: [ops.sum(x, 0), ops.max(y, 0)])
    assert in_order([first, second], {}) == [first, second]
    assert in_order([first, second], {first: {second}}) == [second, first]
    assert in_order([first, second], {first: {second}, second: {first}}) is None
