"""Records what PyTorch's layers of sequences compute, for tests that have no PyTorch.

    python -m scripts.record_sequence_fixtures

writes tests/fixtures/sequences.json in float64. Needs the `bench` extra. Each entry has a layer's
configuration, its inputs, parameters by our names, the gradients given to `backward`, and
PyTorch's outputs and gradients. PyTorch's weights are transposed; its two biases of an LSTM are
one of ours. What PyTorch has no module for (masks, the GRU of the paper, grouped queries) is
composed of its functions and differentiated by it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIXTURE = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "sequences.json"
ROWS, STEPS, FEATURES, UNITS = 2, 5, 3, 4
Weights = dict[str, Tensor]


def drawn(*shape: int) -> Tensor:
    """Numbers to differentiate by; small, so that float32 has most of its digits after them."""
    return (torch.randn(*shape, dtype=torch.float64) * 0.7).requires_grad_()


def entry(
    config: tuple[str, dict[str, Any]],
    inputs: list[Tensor],
    weights: Weights,
    compute: Callable[[], tuple[Tensor, ...]],
) -> dict[str, Any]:
    """One entry; the weights are leaves in our layout."""
    outputs = compute()
    cotangents = [torch.randn_like(y) for y in outputs]
    torch.autograd.backward(outputs, cotangents)
    return {
        "config": {"class": config[0], "arguments": config[1]},
        "inputs": [x.tolist() for x in inputs],
        "cotangents": [c.tolist() for c in cotangents],
        "outputs": [y.tolist() for y in outputs],
        "input_gradients": [None if x.grad is None else x.grad.tolist() for x in inputs],
        "parameters": {name: w.tolist() for name, w in weights.items()},
        "gradients": {name: w.grad.tolist() for name, w in weights.items()},
    }


def rnn_step(x: Tensor, state: list[Tensor], w: Weights) -> list[Tensor]:
    (h,) = state
    args = (w["weight"].T, w["recurrent_weight"].T, w["bias"], torch.zeros_like(w["bias"]))
    return [torch.rnn_tanh_cell(x, h, *args)]


def lstm_step(x: Tensor, state: list[Tensor], w: Weights) -> list[Tensor]:
    args = (w["weight"].T, w["recurrent_weight"].T, w["bias"], torch.zeros_like(w["bias"]))
    return list(torch.lstm_cell(x, state, *args))


def gru_step(x: Tensor, state: list[Tensor], w: Weights) -> list[Tensor]:
    args = (w["weight"].T, w["recurrent_weight"].T, w["bias"], w["recurrent_bias"])
    return [torch.gru_cell(x, state[0], *args)]


def gru_before_step(x: Tensor, state: list[Tensor], w: Weights) -> list[Tensor]:
    """Cho et al. (2014), equations 5 to 8, with z in the place that it has in PyTorch."""
    (h,) = state
    x_r, x_z, x_n = (x @ w["weight"] + w["bias"]).chunk(3, -1)
    u_r, u_z, u_n = w["recurrent_weight"].chunk(3, -1)
    r, z = torch.sigmoid(x_r + h @ u_r), torch.sigmoid(x_z + h @ u_z)
    return [(1 - z) * torch.tanh(x_n + (r * h) @ u_n) + z * h]


CELLS = {
    "SimpleRNN": (rnn_step, 1, 1, {}),
    "LSTM": (lstm_step, 4, 2, {}),
    "GRU": (gru_step, 3, 1, {}),
    "GRU before": (gru_before_step, 3, 1, {"reset_after": False}),
}


def cell_weights(cell: str) -> Weights:
    _, gates, _, _ = CELLS[cell]
    weights = {
        "weight": drawn(FEATURES, gates * UNITS),
        "recurrent_weight": drawn(UNITS, gates * UNITS),
        "bias": drawn(gates * UNITS),
    }
    return {**weights, "recurrent_bias": drawn(gates * UNITS)} if cell == "GRU" else weights


def run_cell(
    cell: str, x: Tensor, mask: Tensor | None, state: list[Tensor], w: Weights, *, back: bool
) -> tuple[Tensor, list[Tensor]]:
    """Outputs of all steps, in the order they were made, and the last state."""
    step = CELLS[cell][0]
    outputs = []
    for t in reversed(range(STEPS)) if back else range(STEPS):
        new = step(x[:, t], state, w)
        if mask is not None:
            new = [torch.where(mask[:, t, None], n, old) for n, old in zip(new, state, strict=True)]
        state = new
        outputs.append(state[0])
    return torch.stack(outputs, 1), state


def zeros(cell: str) -> list[Tensor]:
    return [torch.zeros(ROWS, UNITS, dtype=torch.float64) for _ in range(CELLS[cell][2])]


MASK = torch.tensor([[True, True, False, True, True], [False, True, True, False, False]])


def recurrent(
    cell: str, *, masked: bool = False, given: bool = False, **options: bool
) -> dict[str, Any]:
    """One recurrent layer."""
    x, w = drawn(ROWS, STEPS, FEATURES), cell_weights(cell)
    mask = MASK if masked else None
    state = [s.requires_grad_() for s in zeros(cell)] if given else zeros(cell)
    if given:
        state = [drawn(ROWS, UNITS) for _ in state]
    inputs = [x, *([mask] if masked else []), *(state if given else [])]

    def compute() -> tuple[Tensor, ...]:
        back = options.get("go_backwards", False)
        every, last = run_cell(cell, x, mask, state, w, back=back)
        y = every if options.get("return_sequences") else last[0]
        return (y, *last) if options.get("return_state") else (y,)

    name = cell.split(maxsplit=1)[0]
    return entry((name, {"units": UNITS, **CELLS[cell][3], **options}), inputs, w, compute)


def module_weights(module: nn.Module, suffix: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return tuple(getattr(module, name + suffix) for name in names)  # type: ignore[return-value]


def whole_module(name: str, module: nn.RNNBase) -> dict[str, Any]:
    """One of PyTorch's own modules, so that the cells above are not the only witness."""
    module.double()
    x = drawn(ROWS, STEPS, FEATURES)
    y, _ = module(x)
    dy = torch.randn_like(y)
    y.backward(dy)
    parameters, gradients = {}, {}
    for part, suffix in (("forward_layer.", ""), ("backward_layer.", "_reverse")):
        if suffix and not module.bidirectional:
            continue
        prefix = part if module.bidirectional else ""
        w, u, b, rb = module_weights(module, suffix)
        found = {"weight": (w.T, w.grad.T), "recurrent_weight": (u.T, u.grad.T)}
        found |= (
            {"bias": (b, b.grad), "recurrent_bias": (rb, rb.grad)}
            if name == "GRU"
            else {"bias": (b + rb, b.grad)}
        )
        parameters |= {prefix + key: value.tolist() for key, (value, _) in found.items()}
        gradients |= {prefix + key: value.tolist() for key, (_, value) in found.items()}
    config = {"class": name, "arguments": {"units": UNITS, "return_sequences": True}}
    if module.bidirectional:
        config = {"class": "Bidirectional", "arguments": {"layer": config, "merge": "concat"}}
    return {
        "config": config,
        "inputs": [x.tolist()],
        "cotangents": [dy.tolist()],
        "outputs": [y.tolist()],
        "input_gradients": [x.grad.tolist()],
        "parameters": parameters,
        "gradients": gradients,
    }


def recurrent_entries() -> Iterator[dict[str, Any]]:
    for cell in CELLS:
        yield recurrent(cell)
        yield recurrent(cell, masked=True, given=True, return_sequences=True, return_state=True)
        yield recurrent(cell, given=True, return_state=True)
        yield recurrent(cell, masked=True, go_backwards=True, return_sequences=True)
    for both in (False, True):
        options: dict[str, Any] = {"batch_first": True, "bidirectional": both}
        yield whole_module("SimpleRNN", nn.RNN(FEATURES, UNITS, **options))
        yield whole_module("LSTM", nn.LSTM(FEATURES, UNITS, **options))
        yield whole_module("GRU", nn.GRU(FEATURES, UNITS, **options))


def attention_weights(width: int, memory: int, heads: tuple[int, int], units: int) -> Weights:
    """Of a layer whose heads are `units` wide."""
    query, keys = heads[0] * units, heads[1] * units
    shapes = {"query": (width, query), "key": (memory, keys), "value": (memory, keys)}
    shapes["output"] = (query, width)
    weights: Weights = {}
    for name, shape in shapes.items():
        weights[f"{name}.weight"], weights[f"{name}.bias"] = drawn(*shape), drawn(shape[1])
    return weights


def rotated(x: Tensor, base: float = 10000.0) -> Tensor:
    """Su et al. (2021), equation 34, on halves: pairs are (i, i + units / 2), as in GPT-NeoX."""
    half = x.shape[-1] // 2
    rates = base ** (-torch.arange(half, dtype=torch.float64) / half)
    turns = torch.polar(
        torch.ones(1, dtype=torch.float64),
        torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * rates,
    )
    turned = torch.complex(x[..., :half], x[..., half:]) * turns
    return torch.cat([turned.real, turned.imag], -1)


def attend(
    x: Tensor, memory: Tensor, w: Weights, heads: tuple[int, int], mask: Tensor | None,
    *, causal: bool = False, rotary: bool = False,
) -> Tensor:  # fmt: skip
    def part(name: str, given: Tensor, count: int) -> Tensor:
        flat = given @ w[f"{name}.weight"] + w[f"{name}.bias"]
        return flat.unflatten(-1, (count, -1)).transpose(1, 2)

    q = part("query", x, heads[0])
    k, v = part("key", memory, heads[1]), part("value", memory, heads[1])
    if rotary:
        q, k = rotated(q), rotated(k)
    y = functional.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, is_causal=causal, enable_gqa=True
    )
    return y.transpose(1, 2).flatten(2) @ w["output.weight"] + w["output.bias"]


def attention_entry(
    arguments: dict[str, Any], mask: Tensor | None = None, *, cross: bool = False
) -> dict[str, Any]:
    """One MultiHeadAttention; a mask may be (N, S) or (N, T, S)."""
    width, heads = 8, (arguments["heads"], arguments.get("kv_heads", arguments["heads"]))
    units = arguments.get("key_units", width // heads[0])
    x = drawn(ROWS, STEPS, width)
    memory = drawn(ROWS, STEPS + 1, 6) if cross else x
    w = attention_weights(width, memory.shape[-1], heads, units)
    wide = mask if mask is None else mask[:, None] if mask.dim() == 3 else mask[:, None, None]
    inputs = [x, *([memory] if cross else []), *([] if mask is None else [mask])]
    options = {"causal": arguments.get("causal", False), "rotary": arguments.get("rotary", False)}
    return entry(
        ("MultiHeadAttention", arguments), inputs, w,
        lambda: (attend(x, memory, w, heads, wide, **options),),
    )  # fmt: skip


def block(norm: str, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """A transformer block, composed of PyTorch's functions."""
    width, heads, hidden = 8, (2, options.get("kv_heads", 2)), 10
    x = drawn(ROWS, STEPS, width)
    w = {f"attention.{k}": v for k, v in attention_weights(width, width, heads, 4).items()}
    own = {k.removeprefix("attention."): v for k, v in w.items()}
    w |= {"expand.weight": drawn(width, hidden), "expand.bias": drawn(hidden)}
    w |= {"contract.weight": drawn(hidden, width), "contract.bias": drawn(width)}
    for name in ("attention_norm", "feed_forward_norm"):
        w[f"{name}.weight"] = drawn(width)
        if kind == "layer":
            w[f"{name}.bias"] = drawn(width)

    def normed(name: str, x: Tensor) -> Tensor:
        if kind == "rms":
            return functional.rms_norm(x, (width,), w[f"{name}.weight"], 1e-5)
        return functional.layer_norm(x, (width,), w[f"{name}.weight"], w[f"{name}.bias"], 1e-5)

    def attention(x: Tensor) -> Tensor:
        causal, rotary = options.get("causal", False), options.get("rotary", False)
        return attend(x, x, own, heads, None, causal=causal, rotary=rotary)

    def feed_forward(x: Tensor) -> Tensor:
        wide = functional.gelu(x @ w["expand.weight"] + w["expand.bias"])
        return wide @ w["contract.weight"] + w["contract.bias"]

    def compute() -> tuple[Tensor, ...]:
        if norm == "pre":
            y = x + attention(normed("attention_norm", x))
            return (y + feed_forward(normed("feed_forward_norm", y)),)
        y = normed("attention_norm", x + attention(x))
        return (normed("feed_forward_norm", y + feed_forward(y)),)

    arguments = {"heads": 2, "hidden": hidden, "norm": norm, "norm_layer": kind, **options}
    return entry(("TransformerBlock", arguments), [x], w, compute)


def attention_entries() -> Iterator[dict[str, Any]]:
    yield attention_entry({"heads": 2})
    yield attention_entry({"heads": 4, "kv_heads": 2, "causal": True})
    yield attention_entry({"heads": 2, "key_units": 6, "causal": True, "rotary": True})
    yield attention_entry({"heads": 2}, torch.rand(ROWS, STEPS, STEPS) < 0.7)
    yield attention_entry({"heads": 4, "kv_heads": 1}, torch.rand(ROWS, STEPS + 1) < 0.7,
                          cross=True)  # fmt: skip
    yield attention_entry({"heads": 2}, cross=True)
    yield block("pre", "layer", {})
    yield block("pre", "rms", {"causal": True, "rotary": True, "kv_heads": 1})
    yield block("post", "layer", {"causal": True})


def main() -> None:
    """Write the fixture."""
    torch.manual_seed(0)
    found = [*recurrent_entries(), *attention_entries()]
    FIXTURE.write_text("[" + ",\n ".join(json.dumps(one) for one in found) + "]\n")
    print("tests/fixtures/sequences.json")


if __name__ == "__main__":
    main()
