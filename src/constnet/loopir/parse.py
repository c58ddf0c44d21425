"""Reads the text form of a loop program back into the program."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast, get_args

from constnet.errors import FormatError
from constnet.loopir import types as ir
from constnet.loopir.text import SHORT_DTYPES

if TYPE_CHECKING:
    from constnet.dtypes import DType

_TOKEN = re.compile(r"\s*(@?[A-Za-z_][\w.]*|-?(?:\d[\d.]*(?:e[-+]?\d+)?|inf)|[()\[\],:=])")
_MOVE = r"[-+]\w+\*\d+"
_MOVES = r"([-+])(\w+)\*(\d+)"
_NUMBER = re.compile(r"-?(?:\d|inf|nan)")
_UNARY = frozenset(get_args(ir.UnaryOp))
_BINARY = frozenset(get_args(ir.BinaryOp))


def from_text(text: str) -> ir.Program:
    """The program that `loopir.text.to_text` printed; constants come back without data.

    Raises:
        FormatError: a line is not in the grammar; the message shows it with its number.
    """
    return _Reader([line for line in text.splitlines() if line.strip()]).program()


@dataclass
class _Reader:
    lines: list[str]
    at: int = 0
    functions: dict[str, ir.Function] = field(default_factory=dict[str, ir.Function])

    def program(self) -> ir.Program:
        head = self._match(r"program (\S+) numerics=(fma|exact) arena=(\d+)")
        buffers: list[ir.Buffer] = []
        kernels: list[ir.Kernel] = []
        calls: list[ir.Call | ir.Repeat] = []
        while self.at < len(self.lines):
            word = self.lines[self.at].split(" ", 1)[0]
            match word:
                case "function":
                    self._function()
                case "buffer":
                    buffers.append(self._buffer())
                case "kernel":
                    kernels.append(self._kernel())
                case _:
                    calls.append(self._call(0))
        numerics = "exact" if head[2] == "exact" else "fma"
        return ir.Program(
            head[1], tuple(buffers), tuple(kernels), tuple(calls), int(head[3]), numerics
        )

    def _match(self, pattern: str) -> re.Match[str]:
        line = self.lines[self.at].strip()
        found = re.fullmatch(pattern, line)
        if found is None:
            raise self._error(line)
        self.at += 1
        return found

    def _error(self, what: str) -> FormatError:
        message = f"[loop text] line {self.at + 1} is not in the grammar: {what!r}"
        return FormatError(message)

    def _function(self) -> None:
        found = self._match(r"function (\S+?)\((.*?)\)( \".*\")?")
        params = [self._expr(text) for text in found[2].split(", ")]
        lets: list[ir.Let] = []
        while self.lines[self.at].startswith("  let "):
            part = self._match(r"let (\S+) = (.*)")
            lets.append(ir.Let(part[1], self._expr(part[2])))
        result = self._expr(self._match(r"return (.*)")[1])
        locals_ = tuple(param for param in params if isinstance(param, ir.Local))
        doc = json.loads(found[3]) if found[3] else ""
        self.functions[found[1]] = ir.Function(found[1], locals_, tuple(lets), result, doc)

    def _buffer(self) -> ir.Buffer:
        spaces = "|".join(get_args(ir.Space))
        found = self._match(
            rf"buffer (\S+) (\w+)\[(\d+)\] ({spaces})(?: offset=(\d+))?(?: crc32=\w+)?"
        )
        space = cast("ir.Space", found[4])
        return ir.Buffer(found[1], self._dtype(found[2]), int(found[3]), space, int(found[5] or 0))

    def _kernel(self) -> ir.Kernel:
        tags = "|".join(get_args(ir.Tag))
        found = self._match(
            rf"kernel (\S+) ({tags})( parallel)?(?: flops=(\d+) bytes=(\d+))?(?: origin=(\[.*\]))?"
        )
        params: list[ir.Param] = []
        while self._inside(2) and self.lines[self.at].startswith("  param "):
            part = self._match(r"param (\S+) (\w+)\[(\d+)\] (read|write|update)")
            access = cast("ir.Access", part[4])
            params.append(ir.Param(part[1], self._dtype(part[2]), int(part[3]), access))
        body = self._body(2)
        origin = tuple(cast("list[str]", json.loads(found[6] or "[]")))
        tag = cast("ir.Tag", found[2])
        work = (int(found[4] or 0), int(found[5] or 0))
        return ir.Kernel(found[1], tuple(params), body, tag, bool(found[3]), origin, *work)

    def _call(self, indent: int) -> ir.Call | ir.Repeat:
        if self.lines[self.at].strip().startswith("repeat "):
            found = self._match(r"repeat (\S+) (\d+)(?: workers=(\d+))?( barrier)?")
            inside: list[ir.Call | ir.Repeat] = []
            while self._inside(indent + 2):
                inside.append(self._call(indent + 2))
            workers = int(found[3] or 0)
            return ir.Repeat(found[1], int(found[2]), tuple(inside), workers, bool(found[4]))
        found = self._match(rf"call (\S+)((?: \S+\[\d+(?:{_MOVE})*\])*)( barrier)?")
        args = tuple(self._piece(piece) for piece in found[2].split())
        return ir.Call(found[1], args, bool(found[3]))

    def _piece(self, text: str) -> ir.Slice:
        name, _, place = text.rstrip("]").rpartition("[")
        steps = {who: int(sign + step) for sign, who, step in re.findall(_MOVES, place)}
        thread = steps.pop("thread", 0)
        start = re.match(r"\d+", place)
        assert start is not None
        return ir.Slice(name, int(start[0]), tuple(steps.items()), thread)

    def _inside(self, indent: int) -> bool:
        return self.at < len(self.lines) and self.lines[self.at].startswith(" " * indent)

    def _body(self, indent: int) -> tuple[ir.Stmt, ...]:
        body: list[ir.Stmt] = []
        while self._inside(indent):
            body.append(self._statement(indent))
        return tuple(body)

    def _statement(self, indent: int) -> ir.Stmt:
        line = self.lines[self.at].strip()
        word = line.split(" ", 1)[0]
        if word == "#":
            return ir.Comment(self._match(r"# ?(.*)")[1])
        if word == "for":
            modes = "|".join(get_args(ir.LoopMode))
            found = self._match(rf"for (\S+) in range\((.*), (\d+)\) ({modes})")
            tokens = _Tokens(found[2], self)
            start = tokens.expr()
            tokens.expect(",")
            stop = tokens.expr()
            mode = cast("ir.LoopMode", found[4])
            return ir.For(found[1], start, stop, int(found[3]), self._body(indent + 2), mode)
        if word == "store":
            tokens = _Tokens(self._match(r"store (.*)")[1], self)
            param = tokens.take()
            tokens.expect("[")
            index = tokens.expr()
            tokens.expect("]")
            tokens.expect("=")
            return ir.Store(param, index, tokens.expr())
        found = self._match(r"(let|declare|assign) (\S+) = (.*)")
        kinds = {"let": ir.Let, "declare": ir.Declare, "assign": ir.Assign}
        return kinds[found[1]](found[2], self._expr(found[3]))

    def _expr(self, text: str) -> ir.Expr:
        tokens = _Tokens(text, self)
        expr = tokens.expr()
        if tokens.rest.strip():
            raise self._error(text)
        return expr

    def _dtype(self, short: str) -> DType:
        if short not in SHORT_DTYPES:
            raise self._error(short)
        return SHORT_DTYPES[short]

    def fail(self, what: str) -> FormatError:
        """An error at the line that was read last."""
        self.at -= 1
        return self._error(what)


class _Tokens:
    """One line's expression, token by token."""

    def __init__(self, text: str, reader: _Reader) -> None:
        self.rest = text
        self.reader = reader

    def take(self) -> str:
        found = _TOKEN.match(self.rest)
        if found is None:
            raise self.reader.fail(self.rest)
        self.rest = self.rest[found.end() :]
        return found[1]

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise self.reader.fail(self.rest)

    def _next_is(self, token: str) -> bool:
        return self.rest.lstrip().startswith(token)

    def _type(self) -> tuple[DType, int]:
        """`:f32x16`, or an index where nothing is written."""
        if not self._next_is(":"):
            return ir.index, 1
        self.take()
        short, _, lanes = self.take().partition("x")
        if short not in SHORT_DTYPES:
            raise self.reader.fail(short)
        return SHORT_DTYPES[short], int(lanes or 1)

    def expr(self) -> ir.Expr:
        word = self.take()
        if self._next_is("("):
            return self._call(word, self._arguments())
        if self._next_is("["):
            self.take()
            index = self.expr()
            self.expect("]")
            return ir.Load(word, index, *self._type())
        dtype, lanes = self._type()
        if _NUMBER.match(word) and (word not in ("inf", "nan") or dtype.is_float):
            value = float(word) if dtype.is_float else int(word)
            return ir.Const(value, dtype, lanes)
        return ir.Local(word, dtype, lanes)

    def _arguments(self) -> tuple[ir.Expr, ...]:
        self.take()
        args = [self.expr()]
        while self._next_is(","):
            self.take()
            args.append(self.expr())
        self.expect(")")
        return tuple(args)

    def _call(self, word: str, args: tuple[ir.Expr, ...]) -> ir.Expr:
        name, _, detail = word.partition(".")
        if word.startswith("@") and word[1:] in self.reader.functions:
            return ir.Apply(self.reader.functions[word[1:]], args)
        if name == "splat":
            return ir.Splat(args[0], int(detail))
        if name == "interleave" and detail in ("low", "high"):
            return ir.Interleave(args[0], args[1], detail)
        if name in ("cast", "bitcast") and detail in SHORT_DTYPES:
            return (ir.Cast if name == "cast" else ir.Bitcast)(args[0], SHORT_DTYPES[detail])
        if name in _UNARY:
            return ir.Unary(cast("ir.UnaryOp", name), *args)
        if name in _BINARY:
            return ir.Binary(cast("ir.BinaryOp", name), *args)
        if name == "select":
            return ir.Select(*args)
        if name == "mul_add":
            return ir.MulAdd(*args)
        raise self.reader.fail(word)
