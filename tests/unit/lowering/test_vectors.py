import pytest

from constnet import dtypes
from constnet.loopir.types import Binary, Const, Let, Load, Local, Splat, Store, constant, index
from constnet.lowering.vectors import NotVectorizableError, Widening, chunks

F = dtypes.float32
I, J = Local("i", index), Local("j", index)


def widened(body):
    return Widening("j", 4, {"i": 3, "j": 4}, set()).statements(body)


def test_neighbours_are_loaded_at_once_and_others_are_splat():
    loaded = Load("p", I * 4 + J, F)
    body = [
        Let("a", loaded),
        Let("b", Load("q", I, F)),
        Store("z", I * 4 + J, Binary("mul", Local("a", F), Local("b", F))),
    ]
    first, second, store = widened(body)
    assert first.value.lanes == 4
    assert first.value.index == I * 4
    assert second.value == Splat(Load("q", I, F), 4)
    assert store.value.lanes == 4
    assert store.index == I * 4


def test_constants_become_vectors():
    (store,) = widened([Store("z", J, Const(2.0, F))])
    assert store.value == Const(2.0, F, 4)


@pytest.mark.parametrize(
    "at", [J * 2, I, J / 2, J * -1 + 3], ids=["stride", "fixed", "div", "back"]
)
def test_accesses_that_are_no_neighbours_are_refused(at):
    with pytest.raises(NotVectorizableError):
        widened([Store("z", at, Load("p", J, F))])


def test_strided_load_is_refused():
    with pytest.raises(NotVectorizableError):
        widened([Store("z", J, Load("p", J * 3, F))])


def test_index_as_a_value_is_refused():
    with pytest.raises(NotVectorizableError):
        widened([Store("z", J, Binary("add", J, constant(1, index)))])


@pytest.mark.parametrize("extent", range(1, 70))
@pytest.mark.parametrize("widest", [1, 4, 16])
def test_chunks_are_powers_of_two_that_add_up(extent, widest):
    widths = chunks(extent, widest)
    assert sum(widths) == extent
    assert widths == sorted(widths, reverse=True)
    assert widths.count(widest) == extent // widest
    assert all(width & (width - 1) == 0 for width in widths)
