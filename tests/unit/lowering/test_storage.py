import pytest

from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.lowering.regions import find_regions, view_shift
from constnet.lowering.storage import (
    Place,
    part_in_place,
    part_starts,
    plan_storage,
    reads_only_directly,
)
from constnet.testing import trace

MATRIX = TensorType((4, 6), dtypes.float32)


def stored(function, *types, donations=None):
    graph = trace(function, *(types or (MATRIX, MATRIX)))
    regions = find_regions(graph)
    return graph, plan_storage(graph, regions, donations or {}, set()), regions


@pytest.mark.parametrize(
    ("movement", "shift"),
    [
        (lambda x: x.reshape(24), 0),
        (lambda x: x[1:3], 6),
        (lambda x: x[:, 1:3], None),
        (lambda x: x.T, None),
        (lambda x: ops.flip(x, 0), None),
        (lambda x: x[::2], None),
        (lambda x: ops.pad(x, 1), None),
        (lambda x: ops.broadcast_to(x, (2, 4, 6)), None),
    ],
)
def test_shift_of_a_view(movement, shift):
    graph = trace(lambda x: [movement(x)], MATRIX)
    (node,) = graph.nodes
    assert view_shift(node) == shift


def test_transpose_of_one_row_is_a_view():
    graph = trace(lambda x: [x.T], TensorType((1, 9), dtypes.float32))
    assert view_shift(graph.nodes[0]) == 0


def test_values_inside_a_kernel_have_no_memory():
    graph, storage, _ = stored(lambda x, y: [ops.tanh(x * y) + x])
    inner = [node.outputs[0] for node in graph.nodes[:-1]]
    assert [storage.place(value) for value in inner] == [None, None]
    assert storage.place(graph.outputs[0]) == Place(storage.results[0])


def test_views_share_memory():
    graph, storage, _ = stored(lambda x, y: [ops.sum(x[1:3].reshape(12) * 2.0) + ops.sum(y)])
    reshape = next(node for node in graph.nodes if node.op == "reshape")
    assert storage.place(reshape.outputs[0]) == Place(graph.inputs[0], 6)


def test_donated_output_lives_in_its_input():
    graph, storage, _ = stored(lambda x, y: [x - y, x * y], donations={0: 0})
    assert storage.place(graph.outputs[0]) == Place(graph.inputs[0])
    assert storage.results[0] is graph.inputs[0]
    assert storage.results[1].name == "out.1"
    assert storage.copies == []


def test_second_output_of_a_value_is_a_copy():
    graph, storage, _ = stored(lambda x, y: [p := x - y, p])
    assert storage.copies == [(graph.outputs[1], storage.results[1])]


def test_parts_of_a_concatenation_are_in_place_where_they_are_one_run():
    graph, storage, _ = stored(lambda x, y: [ops.concatenate([x * y, y, x + y])])
    whole = next(node for node in graph.nodes if node.op == "concatenate")
    assert part_starts(whole) == [0, 24, 48]
    assert [part_in_place(storage, whole, number) for number in range(3)] == [True, False, True]


def test_parts_side_by_side_are_no_runs():
    graph, _, _ = stored(lambda x, y: [ops.concatenate([x * y, y], axis=1)])
    whole = next(node for node in graph.nodes if node.op == "concatenate")
    assert part_starts(whole) == [None, None]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x, y: [x + y], True),
        (lambda x, y: [x + ops.flip(x, 1) * y], False),
        (lambda x, y: [ops.flip(x, 1), y], False),
        (lambda x, y: [ops.sum(x, 1), y], False),
    ],
)
def test_reading_in_place_only(function, expected):
    graph, storage, regions = stored(function)
    found = reads_only_directly(regions[0], graph.inputs[0], storage.producers)
    assert found is expected


def test_memory_read_and_written():
    graph, storage, (first, second) = stored(lambda x, y: [ops.sum(x[1:] @ y.T)])
    assert storage.roots_read(first) == set(graph.inputs)
    (product,) = storage.roots_written(first)
    assert storage.roots_read(second) == {product}
    assert storage.roots_written(second) == {storage.results[0]}
