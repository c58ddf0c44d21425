"""Programs of random graphs give the interpreter's bits, on every target and with any threads."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constnet import dtypes, interpreter
from constnet.loopir.verify import verify
from constnet.lowering.lower import lower
from constnet.passes import run as run_passes
from constnet.passes.remove_dead import remove_dead
from tests.lowered import (
    COMPILERS,
    arrays_for,
    assert_same_bits,
    compiled,
    interpreted,
    outputs_of,
    target_of,
)
from tests.property.graphs import random_graph

WIDTHS = (0, 16, 32, 64)


def check(pick, execute, **options):
    """One random graph, with some outputs in the memory of inputs."""
    dtype = (dtypes.float32, dtypes.float32, dtypes.float64)[pick(3)]
    graph, donations = random_graph(pick, dtype=dtype)
    graph = (run_passes, remove_dead)[pick(2)](graph)
    program = lower(graph, target_of(WIDTHS[pick(len(WIDTHS))]), "exact", donations)
    verify(program)
    arrays = arrays_for(graph)
    with np.errstate(all="ignore"):
        expected = interpreter.run(graph, arrays)
        found = outputs_of(program, graph, arrays, execute, donations, **options)
    assert_same_bits(found, expected)


def picker(data):
    return lambda count: data.draw(st.integers(0, count - 1))


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.data())
def test_loops_of_random_graphs(data):
    check(picker(data), interpreted)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.data())
def test_loops_of_many_random_graphs(data):
    check(picker(data), interpreted)


@pytest.mark.skipif(not COMPILERS, reason="no C compiler was found: see `constnet doctor`")
@pytest.mark.parametrize("seed", range(6))
def test_compiled_random_graphs(seed):
    rng = random.Random(seed)
    options = {"compiler": COMPILERS[seed % len(COMPILERS)], "threads": 1 + seed % 3}
    check(rng.randrange, compiled, **options)


@pytest.mark.slow
@pytest.mark.skipif(not COMPILERS, reason="no C compiler was found: see `constnet doctor`")
@pytest.mark.parametrize("compiler", COMPILERS, ids=lambda each: each.name)
@pytest.mark.parametrize("seed", range(6, 30))
def test_many_compiled_random_graphs(compiler, seed):
    for offset in range(5):
        rng = random.Random(5 * seed + offset)
        check(rng.randrange, compiled, compiler=compiler, threads=1 + seed % 3)
