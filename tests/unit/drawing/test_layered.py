from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constnet.drawing.layered import RANK_GAP, SIDE_GAP, arrange

CHAIN = [(100.0, 40.0), (60.0, 20.0), (100.0, 40.0)]


def boxes(layout, sizes):
    return [
        (x - wide / 2, x + wide / 2, top, top + high)
        for x, top, (wide, high) in zip(layout.centers, layout.tops, sizes, strict=True)
    ]


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 14))
    sizes = draw(
        st.lists(st.tuples(st.floats(10, 300), st.floats(10, 200)), min_size=count, max_size=count)
    )
    pairs = list(combinations(range(count), 2))
    edges = draw(st.lists(st.sampled_from(pairs), max_size=24)) if pairs else []
    return sizes, edges


@given(graphs())
def test_boxes_are_apart_and_inside(graph):
    sizes, edges = graph
    layout = arrange(sizes, edges)
    found = boxes(layout, sizes)
    for (a, b, c, d), (e, f, g, h) in combinations(found, 2):
        assert b <= e + 1e-6 or f <= a + 1e-6 or d <= g + 1e-6 or h <= c + 1e-6
    for left, right, top, low in found:
        assert left >= -1e-6
        assert right <= layout.width + 1e-6
        assert top >= -1e-6
        assert low <= layout.height + 1e-6


@given(graphs())
def test_arrows_go_down_and_cross_no_box(graph):
    sizes, edges = graph
    layout = arrange(sizes, edges)
    found = boxes(layout, sizes)
    for (source, target), route in zip(edges, layout.routes, strict=True):
        assert route[0][1] == pytest.approx(found[source][3])
        assert route[-1][1] == pytest.approx(found[target][2])
        assert found[source][0] - 1e-6 <= route[0][0] <= found[source][1] + 1e-6
        assert found[target][0] - 1e-6 <= route[-1][0] <= found[target][1] + 1e-6
        assert [y for _, y in route] == sorted(y for _, y in route)
        for place in range(0, len(route), 2):  # the straight pieces; curves are between ranks
            (x, high), (x_low, low) = route[place], route[place + 1]
            assert x == x_low
            for number, (left, right, top, bottom) in enumerate(found):
                if number not in (source, target) and low - high > 1e-6:
                    is_clear = x < left or x > right or low <= top + 1e-6 or high >= bottom - 1e-6
                    assert is_clear, f"edge {source} to {target} crosses box {number}"


def test_a_chain_is_straight():
    layout = arrange(CHAIN, [(0, 1), (1, 2)])
    assert layout.centers == pytest.approx([50, 50, 50])
    assert layout.tops == pytest.approx([0, 40 + RANK_GAP, 60 + 2 * RANK_GAP])


def test_a_skip_leaves_the_chain_straight():
    layout = arrange(CHAIN, [(0, 1), (1, 2), (0, 2)])
    assert max(layout.centers) - min(layout.centers) < 0.5
    skip = layout.routes[2]
    assert len(skip) == 6
    assert abs(skip[2][0] - layout.centers[1]) > 30


def test_branches_are_side_by_side():
    sizes = [(50.0, 20.0)] * 4
    layout = arrange(sizes, [(0, 1), (0, 2), (1, 3), (2, 3)])
    assert layout.tops[1] == layout.tops[2]
    assert abs(layout.centers[1] - layout.centers[2]) == pytest.approx(50 + SIDE_GAP)
    assert layout.centers[0] == pytest.approx(sum(layout.centers[1:3]) / 2)


def test_crossings_are_undone():
    # 0 and 1 lead to 3 and 2: in the order of their numbers the arrows would cross
    layout = arrange([(50.0, 20.0)] * 4, [(0, 3), (1, 2)])
    assert (layout.centers[0] < layout.centers[1]) == (layout.centers[3] < layout.centers[2])


def test_last_boxes_and_given_ports():
    sizes = [(100.0, 30.0), (100.0, 30.0), (100.0, 30.0), (20.0, 10.0)]
    layout = arrange(sizes, [(0, 1), (1, 2), (0, 3)], last=[3], fixed={(2, 0): -40.0, (0, 1): 30.0})
    assert layout.tops[3] == pytest.approx(layout.tops[2] + 10)
    assert layout.routes[2][0][0] == pytest.approx(layout.centers[0] - 40)
    assert layout.routes[0][-1][0] == pytest.approx(layout.centers[1] + 30)
    assert layout.centers[0] == pytest.approx(layout.centers[1] + 30, abs=0.5)  # a straight arrow


def test_nothing_but_one_box():
    layout = arrange([(10.0, 5.0)], [])
    assert (layout.width, layout.height, layout.routes) == (10, 5, ())
