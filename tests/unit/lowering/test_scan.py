"""Programs of scans: the interpreter's bits from every printer, and where memory is shared."""

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.autodiff import gradients
from constnet.ir.types import TensorType
from constnet.loopir import walk
from constnet.loopir.parse import from_text
from constnet.loopir.text import to_text
from constnet.loopir.types import Call, Repeat
from constnet.loopir.verify import verify
from constnet.lowering.lower import lower
from constnet.lowering.scan import body_graph, donations_of
from constnet.lowering.target import PORTABLE
from constnet.ops.samples import spread
from constnet.passes import run as run_passes
from constnet.passes.remove_dead import remove_dead
from constnet.testing import trace
from tests.lowered import COMPILERS, assert_same_bits, compiled, interpreted, outputs_of, target_of
from tests.scans import CASES, OPTIONS, total

needs_compiler = pytest.mark.skipif(not COMPILERS, reason="no C compiler was found")


def narrow(arrays):
    return [np.asarray(a, "float32") if a.dtype.kind == "f" else a for a in arrays]


def types_of(arrays):
    return [TensorType(array.shape, dtypes.as_dtype(array.dtype)) for array in arrays]


def traced(name, options):
    """Outputs of a case and the gradients of all its arrays, in float64 as its casts are."""
    function, arrays = CASES[name]

    def run(*given):
        outputs = function(ops.scan, options, *given)
        return [*outputs, *gradients(total(outputs), given)]

    return trace(run, *types_of(arrays)), arrays


@pytest.mark.parametrize("passes", [remove_dead, run_passes], ids=["raw", "passes"])
@pytest.mark.parametrize("name", CASES)
def test_loops_have_the_bits_of_the_interpreter(name, passes):
    graph, arrays = traced(name, OPTIONS[len(name) % 4])
    program = lower(passes(graph), target_of((0, 32)[len(name) % 2]), "exact")
    verify(program)
    assert from_text(to_text(program)).calls == program.calls
    expected = interpreter.run(passes(graph), arrays)
    assert_same_bits(outputs_of(program, graph, arrays, interpreted), expected)


@needs_compiler
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_compiled_has_the_bits_of_the_interpreter(name, options):
    graph, arrays = traced(name, options)
    graph = run_passes(graph)
    expected = interpreter.run(graph, arrays)
    for target in (target_of(64, cores=2), PORTABLE):
        program = lower(graph, target, "exact")
        verify(program)
        for threads in (1, 2, 3):
            assert_same_bits(
                outputs_of(program, graph, arrays, compiled, threads=threads), expected
            )


def lowered(function, *arrays, donations=None, target=None):
    graph = trace(function, *types_of(arrays))
    program = lower(graph, target or target_of(64), "exact", donations)
    verify(program)
    found = outputs_of(program, graph, arrays, interpreted, donations)
    assert_same_bits(found, interpreter.run(graph, list(arrays)))
    return program


def repeats(program):
    return [each for each in program.calls if isinstance(each, Repeat)]


X, H = spread(4, 2, 3), spread(2, 3, phase=0.5)


def test_new_carry_takes_the_place_of_the_old():
    program = lowered(
        lambda x, h: ops.scan(lambda c, i: ((c[0] * i[0],), ()), (h,), (x,))[0][0], X, H
    )
    (repeat,) = repeats(program)
    assert [piece.buffer for call in repeat.calls for piece in call.args].count("out.0") == 1
    assert len(repeat.calls) == 1
    assert program.arena_bytes == 0


def test_output_that_is_the_new_carry_is_stored_twice_by_one_kernel():
    def function(x, h):
        def step(carry, items):
            new = carry[0] * items[0]
            return (new,), (new,)

        (final,), (outputs,) = ops.scan(step, (h,), (x,))
        return final, outputs

    (repeat,) = repeats(lowered(function, X, H))
    assert len(repeat.calls) == 1


def test_items_and_outputs_move_backwards_in_reverse():
    def body(carry, items):
        return (carry[0] + items[0],), (carry[0],)

    program = lowered(
        lambda x, h: ops.scan(body, (h,), (x,), reverse=True)[1][0],
        X, H,
    )  # fmt: skip
    (repeat,) = repeats(program)
    pieces = {piece.buffer: piece for call in repeat.calls for piece in call.args}
    assert pieces["x0"].start == 18
    assert pieces["x0"].steps == ((repeat.name, -6),)


def test_carries_that_change_places():
    def function(x, y):
        final, (seen,) = ops.scan(lambda c, _: ((c[1], c[0]), (c[0],)), (x, y), length=3)
        return (*final, seen)

    lowered(function, H, spread(2, 3))


def test_carry_and_outputs_without_work_of_their_own():
    def function(x, h):
        def step(carry, items):
            return (items[0], carry[0], carry[2]), (carry[0], items[0], h, carry[0].T, carry[1])

        final, outputs = ops.scan(step, (h, h * 2.0, h), (x,))
        return (*final, *outputs)

    lowered(function, X, H)


def test_final_carry_in_the_memory_of_the_initial_one():
    program = lowered(
        lambda x, h: ops.scan(lambda c, i: ((c[0] + i[0],), ()), (h,), (x,))[0][0],
        X, H, donations={0: 1},
    )  # fmt: skip
    assert [b.space for b in program.buffers if b.name == "x1"] == ["state"]


def test_operands_that_lie_nowhere_are_stored_before():
    def function(x, h):
        spread_out = ops.broadcast_to(h[:, ::-1].T[None], (4, 3, 2))
        half = ops.full_like(h, 0.5)
        _, (outputs,) = ops.scan(
            lambda c, i: ((c[0] + i[1],), (i[0] @ c[0] + ops.reshape(c[0][0, 0], (1, 1)),)),
            (half,), (spread_out, x),
        )  # fmt: skip
        return outputs

    lowered(function, X, H)


def test_what_depends_on_invariants_alone_is_done_once():
    weight, h = spread(96, 256, low=-0.1, high=0.1), spread(32, 96)

    def function(h, w):
        def step(carry, _):
            return (ops.tanh((carry[0] @ w)[:, :96]),), ()

        return ops.scan(step, (h,), length=3)[0][0]

    graph = trace(function, *types_of([h, weight]))
    program = lower(graph, target_of(64), "fma")
    verify(program)
    (repeat,) = repeats(program)
    inside = {piece.buffer for call in repeat.calls for piece in call.args}
    before = program.calls[: program.calls.index(repeat)]
    readers = [c for c in before if isinstance(c, Call) and "x1" in [p.buffer for p in c.args]]
    assert len(readers) == 1, "the weight is packed before the repeat"
    assert "x1" not in inside


@needs_compiler
def test_many_steps_of_a_packed_product():
    weight, h = spread(96, 256, low=-0.1, high=0.1), spread(32, 96)

    def function(h, w):
        def step(carry, _):
            return (ops.tanh((carry[0] @ w)[:, :96]),), (carry[0],)

        final, outputs = ops.scan(step, (h,), length=5)
        return (*final, *outputs)

    graph = trace(function, *types_of([h, weight]))
    program = lower(graph, target_of(64, cores=2), "exact")
    expected = interpreter.run(graph, [h, weight])
    for threads in (1, 2):
        found = outputs_of(program, graph, [h, weight], compiled, threads=threads)
        assert_same_bits(found, expected)


def test_temporaries_of_a_body_share_an_arena_of_their_own():
    def function(x, h):
        def step(carry, items):
            one = ops.softmax(carry[0] @ items[0], axis=-1)
            return (ops.softmax(one @ items[0], axis=-1),), (one,)

        _, (first,) = ops.scan(step, (h,), (x,))
        _, (second,) = ops.scan(step, (first[0],), (x,))
        return second

    program = lowered(function, spread(4, 3, 3), H)
    assert len(repeats(program)) == 2
    small = 64 * 8 + 4 * 6 * 4 * 2
    assert program.arena_bytes < small


def test_nested_repeats_have_names_of_their_own():
    graph, _ = traced("nested", {})
    program = lower(graph, target_of(0), "exact")
    found = {tuple(each.name for each in around) for _, around in walk.placed_calls(program.calls)}
    assert ("r0", "r0_0") in found
    assert walk.flops(program) > sum(kernel.flops for kernel in program.kernels)


def test_body_graph_gives_every_output_a_value_of_its_own():
    def step(carry, items):
        return (carry[0],), (carry[0], items[0], carry[0].reshape(3, 2))

    graph = trace(lambda x, h: ops.scan(step, (h,), (x,))[1], *types_of([X, H]))
    attrs = next(node.attrs for node in graph.nodes if node.op == "scan")
    body = body_graph(attrs)
    assert len(set(body.outputs)) == 4
    assert body.outputs[0] is body.inputs[0]
    assert donations_of(attrs) == {0: 0}
