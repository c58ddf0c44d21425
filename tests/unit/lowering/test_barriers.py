"""No two calls that need each other's bytes run without a barrier, unless one thread runs both."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from constnet import dtypes
from constnet.loopir.types import Buffer, Call, Kernel, Param, Slice
from constnet.lowering.barriers import place_barriers

ACCESSES = ("read", "write", "update")
BUFFERS = {
    "a": Buffer("a", dtypes.float32, 8, "arena", 0),
    "b": Buffer("b", dtypes.float64, 4, "arena", 16),  # shares bytes 16 to 32 with a
    "c": Buffer("c", dtypes.float32, 8, "state"),
    "k": Buffer("k", dtypes.float32, 8, "constant"),
}


def kernel(parallel, params):
    """A kernel of one parameter for each (buffer, access, extent)."""
    made = tuple(
        Param(f"p{number}", BUFFERS[name].dtype, extent, access)
        for number, (name, access, extent) in enumerate(params)
    )
    return Kernel("", made, (), "pointwise", parallel)


def program(steps):
    """Calls and kernels for (parallel, [(buffer, access, start)])."""
    kernels, calls = {}, []
    for number, (parallel, touched) in enumerate(steps):
        params = [(name, access, 2) for name, access, _ in touched]
        kernels[f"k{number}"] = kernel(parallel, params)
        calls.append(Call(f"k{number}", tuple(Slice(name, start) for name, _, start in touched)))
    return calls, kernels


def bytes_of(steps, number):
    """The bytes a call reads and writes, spelled out one by one."""
    read, written = set(), set()
    for name, access, start in steps[number][1]:
        buffer = BUFFERS[name]
        memory = "arena" if buffer.space == "arena" else name
        size = buffer.dtype.bytes
        first = buffer.offset + start * size
        touched = {(memory, byte) for byte in range(first, first + 2 * size)}
        if access != "write":
            read |= touched
        if access != "read":
            written |= touched
    return read, written


TOUCH = st.one_of(
    st.tuples(st.sampled_from(["a", "c"]), st.sampled_from(ACCESSES), st.integers(0, 6)),
    st.tuples(st.just("b"), st.sampled_from(ACCESSES), st.integers(0, 2)),
    st.tuples(st.just("k"), st.just("read"), st.integers(0, 6)),
)
STEPS = st.lists(st.tuples(st.booleans(), st.lists(TOUCH, min_size=1, max_size=3)), max_size=7)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(STEPS)
def test_conflicting_calls_have_a_barrier_between(steps):
    calls, kernels = program(steps)
    placed = place_barriers(calls, kernels, BUFFERS)
    assert [(c.kernel, c.args) for c in placed] == [(c.kernel, c.args) for c in calls]
    for early, late in itertools.combinations(range(len(steps)), 2):
        if not steps[early][0] and not steps[late][0]:
            continue
        (read, written), (read_later, written_later) = bytes_of(steps, early), bytes_of(steps, late)
        conflict = written & (read_later | written_later) or read & written_later
        waited = any(call.barrier for call in placed[early + 1 : late + 1])
        assert waited or not conflict


def barriers(*steps):
    calls, kernels = program(list(steps))
    return [call.barrier for call in place_barriers(calls, kernels, BUFFERS)]


def test_one_thread_waits_for_nobody():
    step = (False, [("a", "update", 0)])
    assert barriers(step, step, step) == [False, False, False]


def test_shared_readers_wait_for_the_writer_once():
    write, read = (False, [("a", "write", 0)]), (True, [("a", "read", 0), ("c", "write", 0)])
    other = (True, [("a", "read", 0), ("c", "write", 2)])
    assert barriers(write, read, other) == [False, True, False]


def test_constants_and_separate_pieces_need_none():
    steps = [(True, [("k", "read", 0), ("a", "write", 0)]), (True, [("k", "read", 0)])]
    assert barriers(*steps) == [False, False]
    assert barriers((True, [("a", "write", 0)]), (True, [("a", "read", 2)])) == [False, False]


def test_buffers_that_share_bytes_of_the_arena_conflict():
    assert barriers((True, [("a", "write", 4)]), (True, [("b", "read", 0)])) == [False, True]
