from constnet import dtypes
from constnet.loopir import types as ir
from constnet.loopir.builder import declare, idx, let, load, loop, splat, store, var

X = ir.Param("x", dtypes.float32, 8, "update")


def test_loop_takes_numbers_and_expressions():
    assert loop("i", 8, []) == ir.For("i", idx(0), idx(8), 1, (), "serial")
    assert loop("i", var("n"), [], start=2, step=4).stop == var("n")


def test_memory_takes_the_dtype_of_the_param():
    assert load(X, 3, 4) == ir.Load("x", idx(3), dtypes.float32, 4)
    assert store(X, 3, load(X, var("i"))).index == idx(3)


def test_locals_read_what_they_were_bound_to():
    made, read = declare("a", splat(1.0, dtypes.float32, 4))
    assert (made.name, read.lanes) == ("a", 4)
    bound, value = let("b", load(X, 0))
    assert bound == ir.Let("b", load(X, 0))
    assert value == ir.Local("b", dtypes.float32)


def test_splat_of_one_lane_is_the_scalar():
    assert splat(load(X, 0), dtypes.float32, 1) == load(X, 0)
    assert splat(load(X, 0), dtypes.float32, 4).lanes == 4
