import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import UsageError
from constnet.philox import philox
from constnet.runtime.batches import Batches, Feed
from constnet.runtime.engine import NativeEngine, aligned
from tests.lowered import COMPILERS
from tests.unit.runtime.steps import Step, reading_step, seen_after, state_of

TABLE = np.arange(1, 11, dtype=np.float64).reshape(10, 1)
IN_ORDER = [np.arange(0, 4), np.arange(4, 8), np.arange(8, 10)]


def engine(table=TABLE, *, shuffle=False, seed=(7, 9), state=None, first_step=0, **step_options):
    return NativeEngine(
        reading_step(4, **step_options),
        reading_step(2, **step_options),
        [Feed("x0", table)],
        Batches(len(table), 4, shuffle, seed, first_step),
        state or state_of(table.shape[1], step_options.get("dtype", dtypes.float64).numpy),
        "exact",
        COMPILERS[0],
    )


def fisher_yates(rows, epoch, seed):
    """The permutation that the contract states, one swap after the other."""
    order = np.arange(rows)
    for i in range(rows - 1, 0, -1):
        word = int(philox([[i, epoch, 1, 0]], seed)[0, 0])
        j = (word * (i + 1)) >> 32
        order[[i, j]] = order[[j, i]]
    return order


def test_rows_in_order_with_a_partial_last_batch():
    made = engine()
    result = made.run(5)
    assert (result.steps, result.finite) == (5, True)
    np.testing.assert_array_equal(made.state["seen"], seen_after(TABLE, IN_ORDER + IN_ORDER[:2]))
    assert made.state["step"] == 5


def test_shuffled_epochs_follow_the_contract():
    made = engine(shuffle=True)
    made.run(7)
    orders = [fisher_yates(10, epoch, (7, 9)) for epoch in range(3)]
    batches = [order[rows] for order in orders for rows in IN_ORDER][:7]
    np.testing.assert_array_equal(made.state["seen"], seen_after(TABLE, batches))
    assert sorted(orders[0]) == list(range(10))
    assert not np.array_equal(orders[0], orders[1])


def test_many_short_runs_are_one_long_run():
    long, short = engine(shuffle=True), engine(shuffle=True)
    long.run(11)
    for steps in (1, 3, 2, 4, 1):
        assert short.run(steps).steps == steps
    np.testing.assert_array_equal(long.state["seen"], short.state["seen"])


def test_run_begins_at_the_step_in_the_state():
    state = state_of()
    state["step"][...] = 104
    made = engine(state=state, first_step=100)
    made.run(2)
    np.testing.assert_array_equal(state["seen"], seen_after(TABLE, [IN_ORDER[1], IN_ORDER[2]]))
    assert state["step"] == 106


def test_no_steps_change_nothing():
    made = engine()
    assert made.run(0).steps == 0
    assert made.state["step"] == 0


@pytest.mark.parametrize("bad_row", [0, 5, 9])
@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64], ids=str)
def test_loss_that_is_not_finite_stops_the_run(bad_row, dtype):
    table = TABLE.astype(dtype.numpy)
    table[bad_row] = 0.0
    made = engine(table, dtype=dtype)
    result = made.run(30)
    assert (result.steps, result.finite) == (bad_row // 4 + 1, False)
    assert made.state["step"] == bad_row // 4 + 1
    assert made.run(1).finite  # the caller decides what follows


def test_loss_that_is_not_a_number_stops_the_run():
    table = TABLE.copy()
    table[6] = np.nan
    result = engine(table).run(9)
    assert (result.steps, result.finite) == (2, False)


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
def test_tables_of_integers_are_read_as_they_are(dtype):
    table = (np.arange(30).reshape(10, 3) % 251 + 1).astype(dtype)
    for shuffle, orders in ((False, np.arange(10)), (True, fisher_yates(10, 0, (7, 9)))):
        made = engine(table, shuffle=shuffle, table_dtype=dtypes.as_dtype(dtype), width=3)
        made.run(3)
        expected = seen_after(table, [orders[rows] for rows in IN_ORDER])
        np.testing.assert_array_equal(made.state["seen"], expected)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 16, 33])
def test_rows_of_any_size_are_gathered(width):
    table = np.random.default_rng(1).integers(1, 99, (10, width)).astype(np.uint8)
    made = engine(table, shuffle=True, table_dtype=dtypes.uint8, width=width)
    made.run(3)
    order = fisher_yates(10, 0, (7, 9))
    expected = seen_after(table, [order[rows] for rows in IN_ORDER])
    np.testing.assert_array_equal(made.state["seen"], expected)


def test_memory_map_is_read_where_it_lies(tmp_path):
    path = tmp_path / "table.npy"
    np.save(path, TABLE)
    table = np.load(path, mmap_mode="r")
    made = engine(table)
    made.run(3)
    np.testing.assert_array_equal(made.state["seen"], seen_after(TABLE, IN_ORDER))
    assert not table.flags.writeable


def test_rows_changed_between_runs_are_seen():
    table = TABLE.copy()
    made = engine(table)
    made.run(3)
    table *= 2.0
    made.state["seen"][...] = 0.0
    made.run(3)
    np.testing.assert_array_equal(made.state["seen"], seen_after(table, IN_ORDER))


def test_live_state_may_be_written_between_runs():
    state = state_of()
    made = engine(state=state)
    made.run(1)
    state["seen"][...] = 100.0
    made.run(1)
    expected = 50.0 + (TABLE[4:8] * np.arange(1, 5)[:, None]).sum()
    assert state["seen"][0] == expected
    assert made.state["seen"] is state["seen"]


@pytest.mark.parametrize("table", [np.ones((10, 2))[:, :1], np.ones((20, 1))[::2], np.ones((6, 1))])
def test_table_that_is_not_rows_next_to_each_other_is_refused(table):
    batches = Batches(10, 4, False, (0, 0))
    steps = reading_step(4), reading_step(2)
    with pytest.raises(UsageError, match=r"x0 has shape .* a feed needs 10 rows"):
        NativeEngine(*steps, [Feed("x0", table)], batches, state_of(), "exact", COMPILERS[0])


@pytest.mark.parametrize("table", [TABLE.astype(np.int64), TABLE.astype(">f8"), np.ones((10, 2))])
def test_table_of_other_rows_than_the_step_reads_is_refused(table):
    steps = reading_step(4), reading_step(2)
    batches = Batches(10, 4, False, (0, 0))
    with pytest.raises(UsageError, match=r"rows of \d \S+; the step reads 1 float64 a row"):
        NativeEngine(*steps, [Feed("x0", table)], batches, state_of(), "exact", COMPILERS[0])


def test_rows_left_over_need_a_step_of_their_own():
    batches = Batches(10, 4, False, (0, 0))
    feeds = [Feed("x0", TABLE)]
    with pytest.raises(UsageError, match="10 rows in batches of 4 leave 2"):
        NativeEngine(reading_step(4), None, feeds, batches, state_of(), "exact", COMPILERS[0])


def test_step_without_tables_draws_its_own():
    full = reading_step(4)
    graph = full.graph
    state = {**state_of(), "x0": TABLE[:4].copy()}
    made = NativeEngine(Step(graph, full.donations), None, [], None, state, "exact", COMPILERS[0])
    made.run(3)
    np.testing.assert_array_equal(made.state["seen"], seen_after(TABLE, [np.arange(4)] * 3))


@pytest.mark.parametrize("size", [0, 1, 63, 64, 1000])
def test_aligned_bytes_are_zero_and_begin_at_a_cache_line(size):
    array = aligned(size)
    assert array.size == size
    assert not array.any()
    assert size == 0 or array.ctypes.data % 64 == 0
