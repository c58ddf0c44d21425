"""Normal forms against evaluating the expression at every point."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from constnet.loopir.types import Binary, Local, constant, index
from constnet.lowering.affine import Affine, affine, linear

EXTENTS = {"i": 4, "j": 6, "k": 5}
I, J, K = (Local(name, index) for name in EXTENTS)
POINTS = [
    dict(zip(EXTENTS, at, strict=True)) for at in itertools.product(*map(range, EXTENTS.values()))
]


def number(expr, at):
    """An expression's value, by Python's integers."""
    if isinstance(expr, Local):
        return at[expr.name]
    if isinstance(expr, Binary):
        left, right = number(expr.lhs, at), number(expr.rhs, at)
        table = {"add": left + right, "sub": left - right, "mul": left * right}
        table |= {"min": min(left, right), "max": max(left, right)}
        if right > 0:
            table |= {"div": left // right, "rem": left % right}
        return table[expr.op]
    return int(expr.value)


def c(value):
    return constant(value, index)


def sums(children):
    pairs = st.tuples(st.sampled_from(["add", "mul"]), children, children)
    scaled = st.tuples(st.just("mul"), children, st.integers(1, 12).map(c))
    divided = st.tuples(st.sampled_from(["div", "rem"]), children, st.integers(1, 12).map(c))
    clamped = st.tuples(st.sampled_from(["min", "max"]), children, st.integers(0, 12).map(c))
    return st.one_of(pairs, scaled, divided, clamped).map(lambda parts: Binary(*parts))


INDICES = st.recursive(
    st.one_of(st.sampled_from([I, J, K]), st.integers(0, 9).map(c)), sums, max_leaves=6
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(INDICES)
def test_normal_form_has_the_same_values(expr):
    form = affine(expr, EXTENTS)
    values = [number(expr, at) for at in POINTS]
    assert [number(form.expr(), at) for at in POINTS] == values
    span = form.span(EXTENTS)
    if span is not None:
        assert span[0] <= min(values)
        assert max(values) <= span[1]


def test_quotient_and_remainder_of_a_flattened_index():
    flat = I * 6 + J
    assert affine(flat / 6, EXTENTS) == Affine(0, ((I, 1),))
    assert affine(Binary("rem", flat, c(6)), EXTENTS) == Affine(0, ((J, 1),))
    assert affine(Binary("rem", I, c(4)), EXTENTS) == Affine(0, ((I, 1),))


def test_clamp_that_never_or_always_acts():
    assert affine(Binary("min", I + 2, c(5)), EXTENTS) == Affine(2, ((I, 1),))
    assert affine(Binary("max", I + 2, c(5)), EXTENTS) == Affine(5)
    clamp = Binary("max", I + -1, c(0))
    assert affine(clamp, EXTENTS) == Affine(0, ((clamp, 1),))


def test_quotient_and_remainder_join_again():
    flat = Local("f", index)
    whole = (flat / 7) * 7 + Binary("rem", flat, c(7))
    assert affine(whole, {"f": 100}) == Affine(0, ((flat, 1),))


def test_element_number_is_row_major():
    form = linear((I, J, K), (4, 6, 5), EXTENTS)
    assert dict(form.terms) == {I: 30, J: 5, K: 1}
    assert [form.coefficient(name) for name in "ijkx"] == [30, 5, 1, 0]
    assert dict(form.without("j").terms) == {I: 30, K: 1}
    assert form.span(EXTENTS) == (0, 119)


def test_axis_of_one_element_adds_nothing():
    assert linear((I, J), (1, 6), EXTENTS) == Affine(0, ((J, 1),))


def test_what_is_no_sum_is_a_term_of_its_own():
    product = affine(I * J, EXTENTS)
    assert not product.is_affine_in(EXTENTS)
    assert product.span(EXTENTS) is None
    assert affine(I * 3 - J, EXTENTS).is_affine_in(EXTENTS)
    assert affine(I * 3 - J, EXTENTS).span(EXTENTS) == (-5, 9)


def test_terms_that_cancel_are_gone():
    assert affine(I + J - I, EXTENTS) == Affine(0, ((J, 1),))
    assert affine(I - I, EXTENTS).expr() == c(0)
