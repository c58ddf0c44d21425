"""Putting a program together: kernels once each, exact access, blocks beside other memory."""

from constnet import dtypes
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.loopir.builder import load, loop, store, var
from constnet.loopir.types import Buffer, constant
from constnet.lowering.builder import Block, ProgramBuilder, layers_of
from constnet.lowering.regions import Region, find_regions
from constnet.lowering.scope import Scope
from constnet.lowering.storage import plan_storage
from constnet.testing import trace
from tests.lowered import target_of

TYPE = TensorType((6,), dtypes.float32)


def builder_of(function, *types):
    graph = trace(function, *types)
    return ProgramBuilder(plan_storage(graph, find_regions(graph), {}, set()), target_of(0))


def scratch_copy(builder, name, *, is_written):
    """A kernel that sets scratch memory, or one that reads it, asked for as both."""
    scope = Scope(builder.storage)
    pointer = scope.scratch(name, dtypes.float32, 6)
    i = var("i0")
    if is_written:
        body = [store(pointer.param(), i, constant(1.0, dtypes.float32))]
    else:
        out = scope.scratch("result", dtypes.float32, 6)
        body = [store(out.param(), i, load(pointer.param(), i))]
    scope.body.append(loop("i0", 6, body))
    return scope


def test_equal_kernels_are_one_and_access_is_what_they_do():
    builder = builder_of(lambda x: x + 1.0, TYPE)
    for name in ("a b", "other"):
        builder.add(scratch_copy(builder, name, is_written=True), "pointwise", ("layer",), "fill")
    builder.add(scratch_copy(builder, "a b", is_written=False), "pointwise", (), "read")
    assert list(builder.kernels.named) == ["fill_0", "read_1"]
    fill, read = builder.kernels.named.values()
    assert [param.access for param in fill.params] == ["write"]
    assert [param.access for param in read.params] == ["read", "write"]
    assert fill.origin == ("layer",)
    assert [call.args[0].buffer for call in builder.calls] == ["t.a.b", "t.other", "t.a.b"]
    used = builder.used["t.a.b"]
    assert (used.extent, used.first, used.last) == (6, 0, 2)


def test_a_block_keeps_its_buffers_together_and_apart_from_others():
    builder = builder_of(lambda x: x + 1.0, TYPE)
    builder.add(scratch_copy(builder, "long", is_written=True), "pointwise", (), "fill")
    parts = (
        Buffer("one", dtypes.float32, 4, "arena", 0),
        Buffer("two", dtypes.float32, 4, "arena", 64),
    )
    builder.blocks["block"] = Block(128, parts, 0, 0)
    buffers, total = builder.inner_buffers(set())
    offsets = {buffer.name: buffer.offset for buffer in buffers}
    assert offsets["two"] - offsets["one"] == 64
    assert abs(offsets["t.long"] - offsets["one"]) >= 24
    assert total >= 128 + 24
    assert builder.inner_buffers({"block"})[1] == 64
    assert builder.inner_buffer("t.long").extent == 6


def test_repeats_are_numbered():
    builder = builder_of(lambda x: x + 1.0, TYPE)
    assert [builder.new_repeat(), builder.new_repeat()] == ["r0", "r1"]


def test_layers_of_a_region_are_named_once():
    nodes = trace(lambda x: (x + 1.0) * 2.0, TYPE).nodes
    assert layers_of(Region(list(nodes))) == ()
    assert GraphBuilder("g").nodes == []
