"""Whole programs as C text: prelude, functions, kernels, constants, and one entry that calls them.

The `host` dialect gives `static inline void PREFIX_run_once(void *const *buffers, int thread,
int threads)`: `buffers` holds the program's input, output and state buffers in their order, then
the arena. `CONSTNET_BARRIER(thread, threads)` stands wherever every thread must have arrived;
whoever includes the text defines it. Kernels that are not parallel run on thread 0.

The `portable` dialect gives `static void PREFIX_run_once(<typed pointers in the same order>,
unsigned char *arena)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from constnet.loopir import types as ir
from constnet.loopir import walk
from constnet.loopir.text import kernel_text
from constnet.targets.c99 import spelling
from constnet.targets.c99.expression import SOFT_FMA
from constnet.targets.c99.prelude import print_helpers
from constnet.targets.c99.statement import StatementPrinter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.targets.c99.spelling import Dialect

_NO_FAST_MATH = """\
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) \\
    || defined(__NO_SIGNED_ZEROS__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "compile without -ffast-math and its parts: it changes results"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif"""

_HOST_MACROS = """\
#define CN_INLINE static inline __attribute__((unused))
#ifndef __has_builtin
#define __has_builtin(name) 0
#endif
#if defined(__clang__)
#define CN_UNROLL _Pragma("clang loop unroll(full)")
#define CN_VECTORIZE _Pragma("clang loop vectorize(assume_safety)")
#else
#define CN_UNROLL _Pragma("GCC unroll 65534")
#define CN_VECTORIZE _Pragma("GCC ivdep")
#pragma GCC diagnostic ignored "-Wpsabi"
#endif
#ifndef CONSTNET_BARRIER
#define CONSTNET_BARRIER(thread, threads) ((void)0)
#endif"""

# gcc 12 fuses an alternating a*b-c, a*b+c (vfmaddsub) in its vectoriser of straight-line code
# although contraction is off; without that vectoriser it does not.
_PORTABLE_MACROS = """\
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("-ffp-contract=off")
#pragma GCC optimize("-fno-tree-slp-vectorize")
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "this compiler rounds floats to more than their own precision (try -msse2 -mfpmath=sse)"
#endif
#ifdef __cplusplus
#include <string.h>
#define CN_RESTRICT
#else
#define CN_RESTRICT restrict
#endif
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#ifdef __GNUC__
#define CN_INLINE static inline __attribute__((unused))
#define CN_INFINITY_f __builtin_inff()
#define CN_INFINITY_d __builtin_inf()
#define CN_NAN_f __builtin_nanf("")
#define CN_NAN_d __builtin_nan("")
#else
#define CN_INLINE static inline
#define CN_INFINITY_f ((float)(1e308 * 10.0))
#define CN_INFINITY_d (1e308 * 10.0)
#define CN_NAN_f ((float)(CN_INFINITY_d * 0.0))
#define CN_NAN_d (CN_INFINITY_d * 0.0)
#endif"""

RESTORE_OPTIONS = """\
#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif"""
"""Undoes what a portable program switched off, for what follows it in the same file."""


@dataclass
class Unit:
    """The text of several programs that share helpers, functions, kernels and constants."""

    prefix: str
    dialect: Dialect
    kernels: dict[str, str] = field(default_factory=dict[str, str])
    constants: list[str] = field(default_factory=list[str])
    bodies: list[str] = field(default_factory=list[str])
    entries: list[str] = field(default_factory=list[str])
    taken: set[str] = field(default_factory=set[str])

    def fresh(self, text: str) -> str:
        """An unused name that begins with the prefix."""
        base = f"{self.prefix}_{spelling.identifier(text)}"
        name, number = base, 2
        while name in self.taken:
            name, number = f"{base}_{number}", number + 1
        self.taken.add(name)
        return name


def print_program(program: ir.Program, *, prefix: str, dialect: Dialect) -> str:
    """One program as a C translation unit without its driver; its entry is `PREFIX_run_once`."""
    return print_programs([(program, prefix)], prefix=prefix, dialect=dialect)


def print_programs(
    programs: Sequence[tuple[ir.Program, str]], *, prefix: str, dialect: Dialect
) -> str:
    """Several programs of the same numerics in one unit, each with the prefix of its entry.

    Helpers and kernels are named after `prefix`; kernels that programs have in common appear once.
    """
    unit = Unit(prefix, dialect)
    printer = StatementPrinter(prefix, dialect, programs[0][0].numerics)
    for _, entry_prefix in programs:
        unit.taken.add(f"{entry_prefix}_run_once")
    for program, entry_prefix in programs:
        _print_into(unit, printer, program, entry_prefix)
    functions = _functions(printer)
    macros = _HOST_MACROS if dialect == "host" else _PORTABLE_MACROS
    helpers = print_helpers(printer.expressions.helpers, prefix, dialect)
    head = ["#include <stdint.h>", _NO_FAST_MATH, macros, helpers]
    parts = [*head, *functions, *unit.constants, *unit.bodies, *unit.entries]
    return "\n\n".join(part for part in parts if part) + "\n"


def _print_into(unit: Unit, printer: StatementPrinter, program: ir.Program, prefix: str) -> None:
    names: dict[str, str] = {}
    for kernel in program.kernels:
        shape = kernel_text(replace(kernel, name="", origin=(), flops=0, bytes=0))
        if shape not in unit.kernels:
            unit.kernels[shape] = unit.fresh(kernel.name)
            unit.bodies.append(printer.kernel(kernel, unit.kernels[shape]))
        names[kernel.name] = unit.kernels[shape]
    places = _places(unit, program)
    calls = _Calls(unit.dialect, program, names, places).lines(program.calls, ())
    unit.entries.append(_entry(unit, program, f"{prefix}_run_once", places, calls))


def _functions(printer: StatementPrinter) -> list[str]:
    """Texts of all functions in use, callees first; printing one may ask for others."""
    texts: dict[tuple[str, int], str] = {}
    table = printer.expressions.functions

    def visit(name: str, lanes: int) -> None:
        if (name, lanes) in texts:
            return
        function = table[name, lanes]
        text = printer.function(function, lanes)
        bodies = (*walk.expressions(function.lets), *walk.subexpressions(function.result))
        for callee in walk.functions_in(bodies):
            visit(callee.name, lanes)
        if (SOFT_FMA, 1) in table and name != SOFT_FMA:
            visit(SOFT_FMA, 1)
        texts[name, lanes] = text

    for name, lanes in sorted(table, key=lambda key: (key[0] != SOFT_FMA, *key)):
        visit(name, lanes)
    return list(texts.values())


def _places(unit: Unit, program: ir.Program) -> dict[str, str]:
    """The C name of each buffer: of its array if it is constant, else of a local pointer."""
    places: dict[str, str] = {}
    for number, buffer in enumerate(program.buffers):
        if buffer.space == "constant":
            places[buffer.name] = unit.fresh(buffer.name)
            unit.constants.append(print_constant(buffer, places[buffer.name], unit.dialect))
        else:
            places[buffer.name] = f"b{number}_{spelling.identifier(buffer.name)}"
    return places


def print_constant(buffer: ir.Buffer, name: str, dialect: Dialect) -> str:
    """A buffer's data as a `static const` array."""
    kind = spelling.SCALAR_TYPES[buffer.dtype.name]
    aligned = " __attribute__((aligned(64)))" if dialect == "host" else ""
    data = np.zeros(buffer.extent) if buffer.data is None else np.asarray(buffer.data)
    flat = data.astype(buffer.dtype.numpy).ravel().tolist()
    words = [spelling.literal(value, buffer.dtype, dialect) for value in flat]
    rows = [", ".join(words[at : at + 8]) for at in range(0, len(words), 8)]
    body = ",\n    ".join(rows)
    return (
        f"static const {kind} {name}[{max(1, buffer.extent)}]{aligned} = {{\n    {body or '0'}\n}};"
    )


@dataclass(frozen=True)
class _Calls:
    """Prints calls and repeats, given the C names of kernels and buffers."""

    dialect: Dialect
    program: ir.Program
    names: dict[str, str]
    places: dict[str, str]

    def lines(
        self, calls: Sequence[ir.Call | ir.Repeat], around: tuple[ir.Repeat, ...]
    ) -> list[str]:
        """Statements of `calls`, inside the repeats `around`."""
        pad = "    " * (len(around) + 1)
        found: list[str] = []
        for call in calls:
            if self.dialect == "host" and call.barrier:
                found.append(f"{pad}CONSTNET_BARRIER(thread, threads);")
            if isinstance(call, ir.Repeat):
                found += [f"{pad}{line}" for line in self._head(call)]
                found += self.lines(call.calls, (*around, call))
                found.append(f"{pad}}}")
            else:
                found.append(f"{pad}{self._call(call, around)}")
        return found

    def _head(self, repeat: ir.Repeat) -> list[str]:
        name, kind = repeat.name, "int32_t"
        first, last, before = "0", f"{repeat.count}", list[str]()
        if self.dialect == "host" and repeat.workers:
            workers, first, last = f"{name}_workers", f"{name}_first", f"{name}_last"
            before = [
                f"const int {workers} = threads < {repeat.workers} ? threads : {repeat.workers};",
                f"const {kind} {first} = {_share(repeat.count, 'thread', workers)};",
                f"const {kind} {last} = {_share(repeat.count, '(thread + 1)', workers)};",
            ]
        return [*before, f"for ({kind} {name} = {first}; {name} < {last}; ++{name}) {{"]

    def _call(self, call: ir.Call, around: tuple[ir.Repeat, ...]) -> str:
        kernel = next(kernel for kernel in self.program.kernels if kernel.name == call.kernel)
        host, own = self.dialect == "host", any(repeat.workers for repeat in around)
        args = [self.places[piece.buffer] + self._offset(piece) for piece in call.args]
        if host and kernel.parallel:
            args += ["0", "1"] if own else ["thread", "threads"]
        text = f"{self.names[call.kernel]}({', '.join(args)});"
        return f"if (thread == 0) {text}" if host and not kernel.parallel and not own else text

    def _offset(self, piece: ir.Slice) -> str:
        moves = [f"{name} * {step}" for name, step in piece.steps if step]
        if piece.thread_step and self.dialect == "host":
            moves.append(f"thread * {piece.thread_step}")
        start = [f"{piece.start}"] if piece.start or not moves else []
        inside = " + ".join([*start, *moves])
        if inside == "0":
            return ""
        return f" + ({inside})" if moves else f" + {inside}"


def _share(count: int, who: str, workers: str) -> str:
    """Where the iterations of a thread begin: all `count` for a thread beyond the workers."""
    return f"(int32_t)({who} < {workers} ? (int64_t){count} * {who} / {workers} : {count})"


def _entry(
    unit: Unit, program: ir.Program, name: str, places: dict[str, str], calls: list[str]
) -> str:
    outside = [b for b in program.buffers if b.space not in ("arena", "constant")]
    used = {piece.buffer for call in walk.calls(program) for piece in call.args}
    lines: list[str] = []
    params: list[str] = []
    for number, buffer in enumerate(outside):
        kind = _pointer(buffer)
        if unit.dialect == "portable":
            params.append(f"{kind}{places[buffer.name]}")
            if buffer.name not in used:
                lines.append(f"    (void){places[buffer.name]};")
        elif buffer.name in used:
            lines.append(f"    {kind}const {places[buffer.name]} = ({kind})buffers[{number}];")
    arena = [b for b in program.buffers if b.space == "arena" and b.name in used]
    if unit.dialect == "portable":
        params.append("unsigned char *arena")
        lines += [] if arena else ["    (void)arena;"]
    elif arena:
        lines.append(f"    unsigned char *const arena = (unsigned char *)buffers[{len(outside)}];")
    for buffer in arena:
        kind = f"{spelling.SCALAR_TYPES[buffer.dtype.name]} *"
        offset = f" + {buffer.offset}" if buffer.offset else ""
        lines.append(f"    {kind}const {places[buffer.name]} = ({kind})(void *)(arena{offset});")
    head = f"static void {name}({', '.join(params)})"
    if unit.dialect == "host":
        head = f"static inline void {name}(void *const *buffers, int thread, int threads)"
        lines.append("    (void)buffers, (void)thread, (void)threads;")
    return "\n".join([head, "{", *lines, *calls, "}"])


def _pointer(buffer: ir.Buffer) -> str:
    const = "const " if buffer.space == "input" else ""
    return f"{const}{spelling.SCALAR_TYPES[buffer.dtype.name]} *"
