"""The text of a C99 artefact that takes a sequence one step at a time.

typedef struct { float layers_0_h[5]; } NAME_state;
void NAME_reset(NAME_state *state);
void NAME_step(NAME_state *state, const float *x0, float *y0);
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.export.c_artefact import Arena, CArtefact
from constnet.targets.c99 import spelling

if TYPE_CHECKING:
    from constnet.export.network import Network
    from constnet.export.recording import Case
    from constnet.nn.streaming import Slot, StreamGraph


class CStreamArtefact(CArtefact):
    """Prints the parts of one stream's artefact."""

    entry = "step"

    def __init__(
        self, network: Network, stream: StreamGraph, prefix: str, arena: Arena, cases: list[Case]
    ) -> None:
        super().__init__(network, prefix, arena, cases)
        self.fields = _fields(stream)

    @property
    def _limits(self) -> dict[str, int]:
        """The counters of the state, with where they end."""
        return {field: slot.limit for field, slot in self.fields.items() if slot.limit}

    def _declarations(self) -> list[str]:
        arrays = [
            f"    {spelling.SCALAR_TYPES[slot.type.dtype.name]} {field}[{slot.type.size}];"
            for field, slot in self.fields.items()
        ]
        body = "\n".join(arrays) or "    unsigned char unused[1];"
        state = (
            f"/* What a stream remembers. */\ntypedef struct {{\n{body}\n}} {self.prefix}_state;"
        )
        reset = f"/* Back to the state before the first step: zeros. */\n{self._reset_signature()};"
        return [state, reset, *super()._declarations()]

    def _contract(self) -> str:
        text = f"One step of a sequence, which changes `state`.\n   {super()._contract()}"
        if not self._limits:
            return text
        most = min(self._limits.values())
        return (
            f"{text}\n   Returns 0; or 1, and does nothing, where all {most} steps that the state\n"
            "   has room for are taken."
        )

    def _reset_signature(self) -> str:
        return f"void {self.prefix}_reset({self.prefix}_state *state)"

    def _signature(self) -> str:
        params = super()._signature().partition("(")[2]
        kind = "int" if self._limits else "void"
        return f"{kind} {self.prefix}_step({self.prefix}_state *state, {params}"

    def _functions(self) -> list[str]:
        zeros = [
            f"    for (int32_t i = 0; i < {slot.type.size}; ++i) state->{field}[i] = 0;"
            for field, slot in self.fields.items()
        ] or ["    state->unused[0] = 0;"]
        guards = [
            f"    if (state->{field}[0] >= {limit}) return 1;"
            for field, limit in self._limits.items()
        ]
        lines = [*guards, f"    {self._run_once([f'state->{field}' for field in self.fields])}"]
        lines += ["    return 0;"] if guards else []
        lines = lines if self.fields else ["    (void)state;", *lines]
        return [
            "\n".join([self._reset_signature(), "{", *zeros, "}"]),
            "\n".join([self._signature(), "{", *lines, "}"]),
        ]

    def _tested(self, args: list[str]) -> str:
        call = f"{self.prefix}_step(&state, {', '.join(args)});"
        return f"wrong += {call}" if self._limits else call

    def _tested_state(self) -> list[str]:
        return [f"    static {self.prefix}_state state;", f"    {self.prefix}_reset(&state);"]


def _fields(stream: StreamGraph) -> dict[str, Slot]:
    """The arrays of the state by the names of their fields."""
    fields: dict[str, Slot] = {}
    for name, slot in stream.slots.items():
        field, number = spelling.identifier(name), 2
        while field in fields or field in spelling.KEYWORDS:
            field, number = f"{spelling.identifier(name)}_{number}", number + 1
        fields[field] = slot
    return fields
