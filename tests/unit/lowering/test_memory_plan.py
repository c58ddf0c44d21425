import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from constnet.lowering.memory_plan import ALIGNMENT, Life, plan_memory

SPANS = st.tuples(st.integers(0, 300), st.integers(0, 12), st.integers(0, 6))


def lives_of(spans):
    return [
        Life(f"v{number}", size, first, first + length)
        for number, (size, first, length) in enumerate(spans)
    ]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(SPANS, max_size=12))
def test_pieces_alive_together_never_overlap(spans):
    lives = lives_of(spans)
    offsets, total = plan_memory(lives)
    assert set(offsets) == {life.name for life in lives}
    for life in lives:
        assert offsets[life.name] % ALIGNMENT == 0
        assert offsets[life.name] + life.bytes <= total
    for left, right in itertools.combinations(lives, 2):
        together = set(range(left.first, left.last + 1)) & set(range(right.first, right.last + 1))
        starts = offsets[left.name], offsets[right.name]
        apart = starts[0] + left.bytes <= starts[1] or starts[1] + right.bytes <= starts[0]
        assert apart or not together


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(SPANS, max_size=12))
def test_arena_is_between_the_busiest_call_and_the_sum(spans):
    lives = lives_of(spans)
    total = plan_memory(lives)[1]
    rounded = [-(-life.bytes // ALIGNMENT) * ALIGNMENT for life in lives]
    assert total <= sum(rounded)
    busiest = max(
        (sum(x.bytes for x in lives if x.first <= t <= x.last) for t in range(20)), default=0
    )
    assert total >= busiest


def test_chain_needs_two_pieces():
    lives = [Life(f"v{n}", 64, n, n + 1) for n in range(10)]
    assert plan_memory(lives)[1] == 128


def test_nothing_needs_nothing():
    assert plan_memory([]) == ({}, 0)


def test_order_of_pieces_does_not_matter():
    lives = lives_of([(100, 0, 2), (100, 1, 2), (300, 2, 1), (7, 0, 6)])
    assert plan_memory(lives) == plan_memory(lives[::-1])
