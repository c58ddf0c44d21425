"""The printed form of a graph, which `from_text` reads back to an equal graph.

    graph mlp(%x: float32[4, 2], %weight: float32[2, 8]) {
      %2 = matmul(%x, %weight) {transpose_lhs=False, transpose_rhs=False} : float32[4, 8] @ layers.0
      %3 = constant() {data=hex("0000803f"), shape=(), dtype="float32"} : float32[]
      return %2, %3
    }

The graph that an attribute holds (a loop's body) follows its node, indented by four:

      %4, %5 = scan(%h, %x) {carries=1, sequences=1, ...} : float32[2], float32[9, 2]
        graph body(%carry0: float32[2], %item0: float32[2]) {
          return %carry0, %item0
        }

Names that are more than letters, digits, `_`, `.`, `-` and `/` are quoted. Bytes are hexadecimal,
with `hex("0000803f") * 8` for repetition. Floats print so that they read back to the same bits.
Of a location, only the layer is part of the text: files and lines differ between machines.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, cast

from constnet import dtypes
from constnet.errors import FormatError
from constnet.ir.body import Body, bodies_of
from constnet.ir.graph import Attrs, Graph, Node, Value
from constnet.ir.location import Location
from constnet.ir.signature import signature
from constnet.ir.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLAIN = re.compile(r"[\w./-]+")
_STRING = r'"(?:[^"\\]|\\.)*"'
_NAME = rf"(?:[\w./-]+|{_STRING})"
_VALUE = rf"%{_NAME}"
_TYPE = r"\w+\[[\d, ]*\]"
_HEAD = re.compile(rf"graph ({_NAME})\((.*)\) \{{")
_INPUT = re.compile(rf"({_VALUE}): ({_TYPE})")
_NODE = re.compile(
    rf"({_VALUE}(?:, {_VALUE})*) = (\w+)\(((?:{_VALUE}(?:, {_VALUE})*)?)\)"
    rf"(?: \{{(.*)\}})? : ({_TYPE}(?:, {_TYPE})*)(?: @ ({_NAME}))?"
)
_WORDS = {"inf": float("inf"), "nan": float("nan")}


def to_text(graph: Graph, *, has_lines: bool = False) -> str:
    """The text of a graph; with `has_lines`, each node ends in a comment with its file and line."""
    inputs = ", ".join(f"{_value(value)}: {value.type}" for value in graph.inputs)
    lines = [f"graph {_name(graph.name)}({inputs}) {{"]
    for node in graph.nodes:
        place = node.location
        comment = f"  # {place.file}:{place.line}" if has_lines and place.file else ""
        lines.append(f"  {_node(node)}{comment}")
        for body in bodies_of(node.attrs):
            inside = to_text(body.graph, has_lines=has_lines)
            lines += [f"    {line}" for line in inside.splitlines()]
    lines.append(f"  return {_values(graph.outputs)}".rstrip())
    return "\n".join([*lines, "}", ""])


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name)


def _value(value: Value) -> str:
    return f"%{_name(value.name)}"


def _values(values: Sequence[Value]) -> str:
    return ", ".join(_value(value) for value in values)


def _node(node: Node) -> str:
    attrs = ", ".join(
        f"{each.name}={_literal(getattr(node.attrs, each.name))}"
        for each in fields(node.attrs)
        if not isinstance(getattr(node.attrs, each.name), Body)
    )
    types = ", ".join(str(value.type) for value in node.outputs)
    braces = f" {{{attrs}}}" if attrs else ""
    layer = f" @ {_name(node.location.layer)}" if node.location.layer else ""
    return f"{_values(node.outputs)} = {node.op}({_values(node.inputs)}){braces} : {types}{layer}"


def _literal(value: Any) -> str:
    match value:
        case bytes():
            return _bytes(value)
        case str():
            return json.dumps(value)
        case dtypes.DType():
            return value.name
        case tuple():
            items = [_literal(each) for each in cast("tuple[Any, ...]", value)]
            return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
        case bool() | int() | float() | None:
            return repr(value)
        case _:
            message = (
                f"[to_text] an attribute is {value!r} ({type(value).__name__}), not plain data"
            )
            raise FormatError(message)


def _bytes(data: bytes) -> str:
    """Hexadecimal; one word and a count where all words of 8, 4, 2 or 1 bytes are equal."""
    for width in (1, 2, 4, 8):
        count = len(data) // width
        if count > 1 and data == data[:width] * count:
            return f'hex("{data[:width].hex()}") * {count}'
    return f'hex("{data.hex()}")'


def from_text(text: str) -> Graph:
    """The graph that `to_text` printed. Its operations must be known: import `constnet.ops`.

    Raises:
        FormatError: a line is not of the form that `to_text` prints.
    """
    lines = [line.split("  # ")[0].strip() for line in text.strip().splitlines()]
    if len(lines) < 3 or lines[-1] != "}" or not lines[-2].startswith("return"):
        message = f"[from_text] {len(lines)} lines are no graph. It ends in `return ...` and `}}`."
        raise FormatError(message)
    reader = _Lines(lines)
    graph = _read_graph(reader)
    if reader.at < len(lines):
        message = f"[from_text] after the end of the graph comes {lines[reader.at]!r}. Cut it off."
        raise FormatError(message)
    return graph


@dataclass
class _Lines:
    """Lines being read, and the number of the next one."""

    lines: list[str]
    at: int = 0

    def next(self) -> str:
        if self.at >= len(self.lines):
            message = f"[from_text] a graph has no end after {self.at} lines. It ends in `}}`."
            raise FormatError(message)
        self.at += 1
        return self.lines[self.at - 1]


def _read_graph(reader: _Lines) -> Graph:
    head = _match(_HEAD, reader.next())
    table: dict[str, Value] = {}
    inputs = [_define(table, name, type_) for name, type_ in _INPUT.findall(head[2])]
    nodes: list[Node] = []
    while not (line := reader.next()).startswith("return"):
        nodes.append(_read_node(line, table, reader))
    outputs = [_lookup(table, name) for name in re.findall(_VALUE, line[len("return") :])]
    if (end := reader.next()) != "}":
        raise _not_a_part(end)
    return Graph(_read_name(head[1]), tuple(inputs), tuple(nodes), tuple(outputs))


def _match(pattern: re.Pattern[str], line: str) -> re.Match[str]:
    found = pattern.fullmatch(line)
    if found is None:
        raise _not_a_part(line)
    return found


def _not_a_part(line: str) -> FormatError:
    message = f"[from_text] this line is not part of a graph: {line!r}. Print it with to_text."
    return FormatError(message)


def _read_name(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def _define(table: dict[str, Value], name: str, type_: str) -> Value:
    value = Value(_read_name(name[1:]), _read_type(type_))
    if value.name in table:
        message = f"[from_text] {value} is defined twice, the second time as {type_}. Rename it."
        raise FormatError(message)
    table[value.name] = value
    return value


def _lookup(table: dict[str, Value], name: str) -> Value:
    known = table.get(_read_name(name[1:]))
    if known is None:
        message = f"[from_text] {name} is read before it is defined; known are {', '.join(table)}."
        raise FormatError(message)
    return known


def _read_type(text: str) -> TensorType:
    dtype, _, extents = text.rstrip("]").partition("[")
    shape = tuple(int(extent) for extent in extents.split(",") if extent.strip())
    return TensorType(shape, dtypes.as_dtype(dtype))


def _read_node(line: str, table: dict[str, Value], reader: _Lines) -> Node:
    found = _match(_NODE, line)
    names, op, inputs, attrs, types, layer = found.groups()
    read = [_lookup(table, name) for name in re.findall(_VALUE, inputs)]
    outputs = [
        _define(table, name, type_)
        for name, type_ in zip(re.findall(_VALUE, names), re.findall(_TYPE, types), strict=True)
    ]
    location = Location(layer=_read_name(layer) if layer else "")
    return Node(op, _read_attrs(op, attrs or "", reader), tuple(read), tuple(outputs), location)


def _read_attrs(op: str, text: str, reader: _Lines) -> Attrs:
    known = signature(op).attrs
    bodies = [each.name for each in fields(known) if each.type in ("Body", Body)]
    graphs = {name: Body(_read_graph(reader)) for name in bodies}
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        given = {each.arg: _plain(each.value) for each in call.keywords}  # type: ignore[attr-defined]
        return known(**given, **graphs)
    except (SyntaxError, TypeError, ValueError) as error:
        message = f"[from_text] {{{text}}} are not attributes of {op}: {error}. Use to_text's form."
        raise FormatError(message) from error


def _plain(tree: ast.expr) -> Any:
    match tree:
        case ast.Constant():
            return tree.value
        case ast.Tuple():
            return tuple(_plain(each) for each in tree.elts)
        case ast.UnaryOp(op=ast.USub()):
            return -_plain(tree.operand)
        case ast.Name():
            return _WORDS[tree.id] if tree.id in _WORDS else dtypes.as_dtype(tree.id)
        case ast.Call(func=ast.Name(id="hex"), args=[ast.Constant(value=str(digits))]):
            return bytes.fromhex(digits)
        case ast.BinOp(op=ast.Mult()):
            return _plain(tree.left) * _plain(tree.right)
        case _:
            message = f"{ast.unparse(tree)!r} is no literal"
            raise ValueError(message)
