"""The text of a C99 artefact: a `.c` with its `.h`, or one header.

One header holds declarations always and the implementation where `PREFIX_IMPLEMENTATION` is defined
before it is included, which one file of a project does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from constnet.errors import UsageError
from constnet.export.banner import banner
from constnet.export.naming import c_string
from constnet.loopir.types import Buffer
from constnet.targets.c99 import spelling
from constnet.targets.c99.printer import RESTORE_OPTIONS, print_constant, print_program

if TYPE_CHECKING:
    from constnet.export.network import Network
    from constnet.export.recording import Case

Arena = Literal["static", "caller"]
_MACROS = ("CN_INLINE", "CN_RESTRICT", "CN_INFINITY_f", "CN_INFINITY_d", "CN_NAN_f", "CN_NAN_d")
_CONTRACTED = """\
/* 1 if the compiler made one rounding of a product and a sum, against this file's pragma. */
static int {prefix}_contracted(void)
{{
    volatile float a = 1.000244140625f, c = -1.00048828125f;
    volatile double b = 1.00000000023283064365386962890625, d = -1.0000000004656612873077392578125;
    return a * a + c != 0.0f || b * b + d != 0.0;
}}"""


class CArtefact:
    """Prints the parts of one network's artefact."""

    entry: ClassVar[str] = "predict"

    def __init__(self, network: Network, prefix: str, arena: Arena, cases: list[Case]) -> None:
        self.network = network
        self.prefix = prefix
        self.arena: Arena = arena
        self.cases = cases

    def pair(self, header_name: str) -> tuple[str, str]:
        """The texts of the `.c` and of the `.h`."""
        if set(header_name) & set('"\\\n\r'):
            message = (
                f"the file name {header_name!r} cannot stand in an #include: leave out quotes, "
                "backslashes and line ends."
            )
            raise UsageError(message)
        body = f'{self._comment("pair")}\n#include "{header_name}"\n\n'  # a file, not a string
        return body + self._implementation(), self._header("pair")

    def single_header(self) -> str:
        """The text of one header with everything in it."""
        guard = f"{self.prefix.upper()}_IMPLEMENTATION"
        undefine = "\n".join(f"#undef {name}" for name in _MACROS)
        body = self._implementation()
        end = f"{undefine}\n{RESTORE_OPTIONS}\n#endif"
        return f"{self._header('header')}\n#ifdef {guard}\n\n{body}\n{end}\n"

    def _comment(self, form: str) -> str:
        lines = banner(
            self.network, self.prefix, {"form": form, "arena": self.arena, "entry": self.entry}
        )
        safe = [line.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/") for line in lines]
        text = "\n".join(f" * {line}".rstrip() for line in safe)
        return f"/*\n{text}\n */"

    def _header(self, form: str) -> str:
        name = self.prefix.upper()
        guard = f"{name}_H"
        network = self.network
        sizes = [
            f"#define {name}_{buffer.name.upper()}_SIZE {buffer.extent}"
            for buffer in network.inputs
        ]
        sizes += [
            f"#define {name}_Y{number}_SIZE {buffer.extent}"
            for number, buffer in enumerate(network.outputs)
        ]
        defines = [
            f"#define {name}_BATCH {network.batch}",
            *sizes,
            f"#define {name}_ARENA_BYTES {network.program.arena_bytes}",
        ]
        parts = [
            self._comment(form),
            f"#ifndef {guard}\n#define {guard}\n\n#include <stdint.h>",
            "\n".join(defines),
            '#ifdef __cplusplus\nextern "C" {\n#endif',
            *self._declarations(),
            "#ifdef __cplusplus\n}\n#endif",
            "#endif",
        ]
        return "\n\n".join(parts) + "\n"

    def _declarations(self) -> list[str]:
        parts = [f"/* {self._contract()} */\n{self._signature()};"]
        if self.network.class_names:
            count = len(self.network.class_names)
            parts.append(f"extern const char *const {self.prefix}_class_names[{count}];")
        if self.cases:
            parts.append(
                "/* Runs recorded inputs; returns how many outputs differ from Python's. */\n"
                f"int {self.prefix}_self_test({self._arena_param() or 'void'});"
            )
        return parts

    def _contract(self) -> str:
        """What a caller must know of the arrays and of the scratch memory."""
        sides = (("x", self.network.input_types), ("y", self.network.output_types))
        inputs, outputs = (
            ", ".join(f"{name}{number} is {type_.shape}" for number, type_ in enumerate(types))
            for name, types in sides
        )
        arena = (
            f"`arena` is {self.prefix.upper()}_ARENA_BYTES of scratch memory aligned to 8 bytes:\n"
            "   calls with different arenas may run at once."
            if self.arena == "caller"
            else "The scratch memory is one static array: one call at a time."
        )
        return f"Row-major, C order: {inputs}; {outputs}.\n   {arena}"

    def _arena_param(self) -> str:
        return "void *arena" if self.arena == "caller" else ""

    def _signature(self) -> str:
        params = [f"const {_c_type(b)} *{b.name}" for b in self.network.inputs]
        params += [f"{_c_type(b)} *y{number}" for number, b in enumerate(self.network.outputs)]
        params += [self._arena_param()] if self.arena == "caller" else []
        return f"void {self.prefix}_predict({', '.join(params)})"

    def _implementation(self) -> str:
        parts = [print_program(self.network.program, prefix=self.prefix, dialect="portable")]
        if self.arena == "static":
            size = max(1, self.network.program.arena_bytes)
            union = f"double f64; int64_t i64; unsigned char bytes[{size}];"
            parts.append(f"static union {{ {union} }} {self.prefix}_arena;")
        parts += self._functions()
        if self.network.class_names:
            strings = ",\n    ".join(c_string(name) for name in self.network.class_names)
            count = len(self.network.class_names)
            head = f"const char *const {self.prefix}_class_names[{count}]"
            parts.append(f"{head} = {{\n    {strings}\n}};")
        if self.cases:
            parts.append(self._self_test())
        return "\n".join(part.rstrip("\n") + "\n" for part in parts)

    def _functions(self) -> list[str]:
        """What is called from outside."""
        return [f"{self._signature()}\n{{\n    {self._run_once([])}\n}}"]

    def _run_once(self, states: list[str]) -> str:
        """The call of the program, with pointers to its states."""
        arena = "(unsigned char *)arena" if self.arena == "caller" else f"{self.prefix}_arena.bytes"
        names = [*(b.name for b in self.network.inputs), *states]
        names += [f"y{number}" for number in range(len(self.network.outputs))]
        return f"{self.prefix}_run_once({', '.join([*names, arena])});"

    def _tested(self, args: list[str]) -> str:
        """The statement of the self-test that computes one case."""
        return f"{self.prefix}_predict({', '.join(args)});"

    def _tested_state(self) -> list[str]:
        """The first lines of the self-test."""
        return []

    def _self_test(self) -> str:
        arrays: list[str] = []
        lines = [f"    int wrong = {self.prefix}_contracted();", *self._tested_state()]
        for number, case in enumerate(self.cases):
            args: list[str] = []
            for position, (buffer, data) in enumerate(
                zip(self.network.inputs, case.inputs, strict=True)
            ):
                name = f"{self.prefix}_test_{number}_x{position}"
                constant = Buffer(name, buffer.dtype, data.size, "constant", 0, data)
                arrays.append(print_constant(constant, name, "portable"))
                args.append(name)
            checks: list[str] = []
            for position, (buffer, data) in enumerate(
                zip(self.network.outputs, case.outputs, strict=True)
            ):
                name = f"{self.prefix}_test_{number}_y{position}"
                constant = Buffer(name, buffer.dtype, data.size, "constant", 0, data)
                arrays.append(print_constant(constant, name, "portable"))
                args.append(f"y{position}")
                differ = self._differ(buffer, f"y{position}[i]", f"{name}[i]")
                each = f"for (int32_t i = 0; i < {buffer.extent}; ++i)"
                checks.append(f"    {each} wrong += {differ};")
            args += ["arena"] if self.arena == "caller" else []
            lines += [f"    {self._tested(args)}", *checks]
        locals_ = [
            f"    {_c_type(buffer)} y{position}[{buffer.extent}];"
            for position, buffer in enumerate(self.network.outputs)
        ]
        head = f"int {self.prefix}_self_test({self._arena_param() or 'void'})"
        body = "\n".join([head, "{", *locals_, *lines, "    return wrong;", "}"])
        return "\n".join([*arrays, "", _CONTRACTED.format(prefix=self.prefix), "", body])

    def _differ(self, buffer: Buffer, found: str, wanted: str) -> str:
        """A C expression that is 1 where two values differ: by bits, or beyond rounding in fma."""
        if not buffer.dtype.is_float or self.network.program.numerics == "exact":
            both_nan = f" && !({found} != {found} && {wanted} != {wanted})"
            return f"{found} != {wanted}{both_nan if buffer.dtype.is_float else ''}"
        end = "f" if buffer.dtype.bytes == 4 else ""
        small = f"1e-{'4' if end else '10'}{end}"
        size = f"({wanted} < 0 ? -{wanted} : {wanted})"
        bound = f"{small} * (1.0{end} + {size})"
        return f"!({found} - {wanted} <= {bound} && {wanted} - {found} <= {bound})"


def _c_type(buffer: Buffer) -> str:
    return spelling.SCALAR_TYPES[buffer.dtype.name]
