"""What ranges settle, against evaluating at every point of the ranges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constnet import dtypes
from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import Binary, For, Let, Load, Local, Store, constant, index, select
from constnet.lowering.folding import cuts, folded, known, pruned

EXTENTS = {"i": 5, "j": 3}
I, J = Local("i", index), Local("j", index)
GRID = dict(zip(EXTENTS, np.meshgrid(np.arange(5), np.arange(3)), strict=True))
ORDERS = ("lt", "le", "gt", "ge", "eq", "ne")

comparisons = st.builds(
    lambda op, scale, shift, bound, variable: Binary(
        op, variable * scale + shift, constant(bound, index)
    ),
    st.sampled_from(ORDERS),
    st.sampled_from([-1, 1, 2]),
    st.integers(-4, 4),
    st.integers(-6, 8),
    st.sampled_from([I, J, I + J]),
)
conditions = st.one_of(
    comparisons, st.builds(Binary, st.sampled_from(["and", "or"]), comparisons, comparisons)
)


def at_every_point(expr):
    return np.broadcast_to(evaluate(expr, GRID), GRID["i"].shape)


@given(conditions)
def test_known_is_what_every_point_says(condition):
    values = at_every_point(condition)
    found = known(condition, EXTENTS)
    if found is not None:
        assert (values == found).all()
    elif condition.op not in ("eq", "ne", "and", "or"):
        assert len(np.unique(values)) == 2


@given(conditions, conditions)
def test_folded_choice_is_the_same_number(first, second):
    expr = select(first, select(second, I, 100), J)
    np.testing.assert_array_equal(at_every_point(folded(expr, EXTENTS)), at_every_point(expr))


@given(comparisons)
def test_between_cuts_a_comparison_does_not_change(comparison):
    body = [Store("p", I, select(comparison, I, 0))]
    found = cuts(body, EXTENTS)
    values = at_every_point(comparison)
    for axis, (name, extent) in enumerate((("j", 3), ("i", 5))):
        mentions = {part.name for part in (I, J) if part.name in str(comparison.lhs)}
        if mentions == {name} and "2" not in str(comparison.lhs):
            line = np.moveaxis(values, axis, 0)[:, 0]
            if comparison.op in ("lt", "le", "gt", "ge"):
                turns = {at for at in range(1, extent) if line[at] != line[at - 1]}
                assert found.get(name, set()) == turns


def test_condition_on_data_is_not_known():
    loaded = Load("p", I, dtypes.float32)
    assert known(loaded < 3.0, EXTENTS) is None
    assert known(Load("p", I, dtypes.int32) < 3, EXTENTS) is None


@pytest.mark.parametrize("op", ["and", "or"])
def test_one_side_may_settle_both(op):
    data = Load("p", I, dtypes.int32) < 3
    settled = I >= 0 if op == "or" else I > 9
    assert known(Binary(op, data, settled), EXTENTS) is (op == "or")


def test_bindings_that_nothing_reads_are_left_out():
    used, unused = Let("a", I * 2), Let("b", I * 3)
    behind = Let("c", Local("b", index) + 1)
    store = Store("p", I, Local("a", index))
    assert pruned([used, unused, behind, store]) == [used, store]
    loop = For("k", constant(0, index), constant(2, index), 1, (store,))
    assert pruned([used, unused, loop]) == [used, loop]
