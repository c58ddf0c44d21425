"""A program as the text of a `no_std` crate: kernels, constants and one `pub const fn`.

Each buffer is a local array of the entry; kernels take slices. Loops are `while`: `for` is not
legal in `const fn`. There are no vectors and no threads: a parallel loop is a loop.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from constnet.dtypes import as_dtype
from constnet.errors import UnsupportedError
from constnet.loopir import types as ir
from constnet.loopir import walk
from constnet.loopir.text import kernel_text
from constnet.targets.rust import spelling
from constnet.targets.rust.expression import ExpressionPrinter

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINTS = "unused_mut, unused_parens, unused_variables, clippy::all, clippy::pedantic"


def print_program(program: ir.Program, *, entry: str = "predict") -> str:
    """The program as `lib.rs`; the entry takes a reference to each input, returns the outputs."""
    printer = ExpressionPrinter(program.numerics)
    kernels, names = _kernels(program, printer)
    constants = {
        buffer.name: f"{spelling.identifier(buffer.name).upper()}_{number}"
        for number, buffer in enumerate(program.buffers)
        if buffer.space == "constant"
    }
    statics = [_static(b, constants[b.name]) for b in program.buffers if b.name in constants]
    main = _entry(program, entry, names, constants)
    functions = _functions(printer)
    helpers = [spelling.helper_text(kind, as_dtype(name)) for kind, name in sorted(printer.helpers)]
    head = f"#![no_std]\n#![forbid(unsafe_code)]\n#![allow({_LINTS})]"
    return "\n\n".join((head, *helpers, *functions, *statics, *kernels, main)) + "\n"


def _kernels(program: ir.Program, printer: ExpressionPrinter) -> tuple[list[str], dict[str, str]]:
    """Texts of the different kernels, and the function that stands for each kernel."""
    texts: dict[str, str] = {}
    chosen: dict[str, str] = {}
    names: dict[str, str] = {}
    for number, kernel in enumerate(program.kernels):
        shape = kernel_text(replace(kernel, name="", origin=(), flops=0, bytes=0))
        if shape not in texts:
            chosen[shape] = f"{spelling.identifier(kernel.name)}_{number}"
            texts[shape] = print_kernel(kernel, chosen[shape], printer)
        names[kernel.name] = chosen[shape]
    return list(texts.values()), names


def print_kernel(kernel: ir.Kernel, name: str, printer: ExpressionPrinter) -> str:
    """One kernel as a `const fn` over slices."""
    params = ", ".join(
        f"{spelling.local_name(param.name)}: "
        f"&{'' if param.access == 'read' else 'mut '}[{spelling.type_name(param.dtype)}]"
        for param in kernel.params
    )
    origin = ", ".join(kernel.origin)
    comment = [f"/// {' '.join(origin.split())}"] if origin else []
    used = walk.used_names(kernel.body)
    lines = _body(kernel.body, printer, used, 1)
    return "\n".join([*comment, f"const fn {name}({params}) {{", *lines, "}"])


def _functions(printer: ExpressionPrinter) -> list[str]:
    texts: dict[str, str] = {}

    def visit(function: ir.Function) -> None:
        if function.name in texts:
            return
        text = _function(function, printer)
        bodies = (*walk.expressions(function.lets), *walk.subexpressions(function.result))
        for callee in walk.functions_in(bodies):
            visit(callee)
        texts[function.name] = text

    while len(texts) < len(printer.functions):
        for function in [f for name, f in sorted(printer.functions.items()) if name not in texts]:
            visit(function)
    return list(texts.values())


def _function(function: ir.Function, printer: ExpressionPrinter) -> str:
    params = ", ".join(
        f"{spelling.local_name(param.name)}: {spelling.type_name(param.dtype)}"
        for param in function.params
    )
    used = walk.used_names([*function.lets, ir.Let("", function.result)])
    lines = _body(function.lets, printer, used, 1)
    comment = [f"/// {' '.join(function.doc.split())}"] if function.doc else []
    kind = spelling.type_name(function.result.dtype)
    head = f"const fn {spelling.identifier(function.name)}({params}) -> {kind} {{"
    return "\n".join([*comment, head, *lines, f"    {printer.text(function.result)}", "}"])


def _body(
    body: Iterable[ir.Stmt], printer: ExpressionPrinter, used: set[str], depth: int
) -> list[str]:
    return [line for stmt in body for line in _statement(stmt, printer, used, depth)]


def _statement(stmt: ir.Stmt, printer: ExpressionPrinter, used: set[str], depth: int) -> list[str]:
    pad = "    " * depth
    match stmt:
        case ir.Let(name=name) if name not in used:
            return []
        case ir.Let(name=name, value=value) | ir.Declare(name=name, value=value):
            mutable = "mut " if isinstance(stmt, ir.Declare) else ""
            bound = f"{mutable}{spelling.local_name(name)}: {spelling.type_name(value.dtype)}"
            return [f"{pad}let {bound} = {printer.text(value)};"]
        case ir.Assign(name=name, value=value):
            return [f"{pad}{spelling.local_name(name)} = {printer.text(value)};"]
        case ir.Store(param=param, index=index, value=value):
            place = f"{spelling.local_name(param)}[{printer.index(index)}]"
            return [f"{pad}{place} = {printer.text(value)};"]
        case ir.For(var=var, start=start, stop=stop, step=step, body=body):
            name = spelling.local_name(var)
            return [
                f"{pad}let mut {name}: i32 = {printer.text(start)};",
                f"{pad}while {name} < {printer.operand(stop)} {{",
                *_body(body, printer, used, depth + 1),
                f"{pad}    {name} += {step};",
                f"{pad}}}",
            ]
        case ir.Comment(text=text):
            return [f"{pad}// {' '.join(text.split())}"]
        case _:
            message = f"[rust] unknown statement {type(stmt).__name__}"
            raise UnsupportedError(message)


def _static(buffer: ir.Buffer, name: str) -> str:
    data = np.zeros(buffer.extent) if buffer.data is None else np.asarray(buffer.data)
    flat = data.astype(buffer.dtype.numpy).ravel().tolist()
    words = [spelling.literal(value, buffer.dtype) for value in flat]
    rows = [", ".join(words[at : at + 8]) + "," for at in range(0, len(words), 8)]
    body = "\n    ".join(rows)
    kind = spelling.type_name(buffer.dtype)
    return f"static {name}: [{kind}; {buffer.extent}] = [\n    {body}\n];"


def _array(buffer: ir.Buffer) -> str:
    return f"[{spelling.type_name(buffer.dtype)}; {buffer.extent}]"


def _entry(
    program: ir.Program, entry: str, names: dict[str, str], constants: dict[str, str]
) -> str:
    """The public function: locals for buffers, calls in order, outputs as the result."""
    places = {b.name: f"b{n}_{spelling.identifier(b.name)}" for n, b in enumerate(program.buffers)}
    inputs = [b for b in program.buffers if b.space == "input"]
    outputs = [b for b in program.buffers if b.space == "output"]
    for buffer in inputs if len(inputs) > 1 else []:
        places[buffer.name] = spelling.identifier(buffer.name)
    if len(inputs) == 1:
        places[inputs[0].name] = "input"
    lines = [
        f"    let mut {places[b.name]}: {_array(b)} = [{spelling.zero(b.dtype)}; {b.extent}];"
        for b in program.buffers
        if b.space not in ("input", "constant")
    ]
    kernels = {kernel.name: kernel for kernel in program.kernels}

    def add(calls: Iterable[ir.Call | ir.Repeat], depth: int) -> None:
        pad = "    " * depth
        for call in calls:
            if isinstance(call, ir.Repeat):
                lines.append(f"{pad}let mut {call.name}: i32 = 0;")
                lines.append(f"{pad}while {call.name} < {call.count} {{")
                add(call.calls, depth + 1)
                lines.extend((f"{pad}    {call.name} += 1;", f"{pad}}}"))
            else:
                args = _arguments(program, call, kernels[call.kernel], places | constants)
                lines.append(f"{pad}{names[call.kernel]}({', '.join(args)});")

    add(program.calls, 1)
    results = [places[b.name] for b in outputs]
    kinds = [_array(b) for b in outputs]
    many = len(outputs) != 1
    params = ", ".join(f"{places[b.name]}: &{_array(b)}" for b in inputs)
    kind = f"({', '.join(kinds)})" if many else kinds[0]
    result = f"({', '.join(results)})" if many else results[0]
    head = f"pub const fn {entry}({params}) -> {kind} {{"
    return "\n".join([head, *lines, f"    {result}", "}"])


def _arguments(
    program: ir.Program, call: ir.Call, kernel: ir.Kernel, places: dict[str, str]
) -> list[str]:
    buffers = {buffer.name: buffer for buffer in program.buffers}
    written = {
        p.buffer for p, q in zip(call.args, kernel.params, strict=True) if q.access != "read"
    }
    args: list[str] = []
    for piece, param in zip(call.args, kernel.params, strict=True):
        if piece.buffer in written and sum(p.buffer == piece.buffer for p in call.args) > 1:
            message = f"[rust] {kernel.name} reads and writes pieces of {piece.buffer} at once"
            raise UnsupportedError(message)
        write = param.access != "read"
        place, extent = places[piece.buffer], buffers[piece.buffer].extent
        if piece.start == 0 and not piece.steps and extent == param.extent:
            reference = buffers[piece.buffer].space == "input"
            args.append(place if reference else f"&{'mut ' if write else ''}{place}")
        else:
            split = "split_at_mut" if write else "split_at"
            args.append(f"{place}.{split}({_index(piece)}).1")
    return args


def _index(piece: ir.Slice) -> str:
    """The first element of a piece as a `usize`."""
    if not piece.steps:
        return str(piece.start)
    moves = " ".join(
        f"{'-' if step < 0 else '+'} {name} * {abs(step)}" for name, step in piece.steps
    )
    return f"({piece.start} {moves}) as usize"
