"""Segments of an axis: every pair of window and element once, in order, none outside."""

import itertools

import pytest

from constnet.lowering.sweeps import UNROLLED_SEGMENTS, Phase, segments_of
from constnet.ops.nest import Sweep

SWEEPS = [
    Sweep(size, stride, low, extent, count)
    for size, stride, extent in itertools.product((1, 2, 3, 5), (1, 2, 3, 6), (1, 4, 11))
    for low, high in itertools.product((0, 1, size - 1), (0, size - 1))
    if low < size and (count := (extent + low + high - size) // stride + 1) > 0
]


def pairs_of(sweep, *, transposed):
    """(window, element, position) in the order of the outputs, and of the sources of each."""
    pairs = [
        (window, window * sweep.stride - sweep.low + w, w)
        for window in range(sweep.count)
        for w in range(sweep.size)
        if 0 <= window * sweep.stride - sweep.low + w < sweep.extent
    ]
    return sorted(pairs, key=lambda pair: (pair[1], pair[0])) if transposed else pairs


def pairs_in(segments, *, transposed):
    """The same from segments, and all outputs."""
    pairs, outputs = [], []
    for segment in segments:
        for q in range(segment.first, segment.first + segment.count):
            for phase, r in [(p, r) for p in segment.phases for r in range(p.count)]:
                output = q * phase.scale + phase.shift + r
                outputs.append(output)
                known = phase if phase.first is not None else phase.at(q)
                for t in range(known.first, known.end):
                    source = q * phase.step + phase.base + t
                    w = phase.w_first + t * phase.w_step + r
                    pairs.append((source, output, w) if transposed else (output, source, w))
    return pairs, outputs


@pytest.mark.parametrize("transposed", [False, True])
def test_every_pair_once_in_order(transposed):
    for sweep in SWEEPS:
        found, outputs = pairs_in(segments_of(sweep, transposed=transposed), transposed=transposed)
        assert found == pairs_of(sweep, transposed=transposed), sweep
        assert outputs == list(range(sweep.extent if transposed else sweep.count)), sweep


def test_interior_looks_nothing_up():
    (low, inner, high) = segments_of(Sweep(3, 1, 1, 8, 8), transposed=False)
    assert (low.count, inner.count, high.count) == (1, 6, 1)
    assert [(p.first, p.end) for s in (low, inner, high) for p in s.phases] == [
        (1, 3), (0, 3), (0, 2)
    ]  # fmt: skip


def test_long_ends_are_loops():
    segments = segments_of(Sweep(9, 1, 4, 20, 20), transposed=False)
    assert [segment.count for segment in segments] == [4, 12, 4]
    assert len(segments) <= UNROLLED_SEGMENTS
    assert [segment.phases[0].first for segment in segments] == [None, 0, None]


def test_many_phases_are_a_loop():
    (segment,) = segments_of(Sweep(8, 8, 0, 24, 3), transposed=True)
    assert [(phase.count, phase.taps) for phase in segment.phases] == [(8, 1)]


def test_phase_at_a_place_without_pairs():
    phase = Phase(1, 1, 0, 1, 3, 2, 0, 1, 4)
    assert (phase.at(0).first, phase.at(0).end) == (0, 1)
    assert (phase.at(9).first, phase.at(9).end) == (0, 0)
