"""PyTorch: eager and `torch.compile`, each with the settings that were fastest in trials.

A variant is a list of words: `fused` or `loop` (the optimizer's implementation), `channels_last`
(the memory format), for `torch.compile` `graph` (the whole step as one graph) or `split` (forward
and backward compiled, optimizer fused; `nn.LSTM` stays a call).
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.layers import Recurrent
from benchmarks.torch_network import torch_input, torch_network
from benchmarks.workloads import BETA_1, BETA_2, DECAY, EPSILON, MOMENTUM, Workload

_SMALL = ("loop",)
_EAGER = {
    "xor": _SMALL, "gaussian2d": _SMALL, "gaussian2d_f64": _SMALL,
    "cnn_lenet": ("fused", "fused channels_last", "loop", "loop channels_last"),
    "resnet8": ("fused channels_last",), "dscnn": ("fused channels_last",),
}  # fmt: skip
_COMPILED = {
    "cnn_lenet": ("graph channels_last",), "resnet8": ("graph channels_last",),
    "dscnn": ("graph channels_last",), "lstm": ("split",), "gru": ("split",),
}  # fmt: skip


@functools.cache
def _set_threads(threads: int) -> None:
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)


def _in_format(thing, words: list[str]):
    is_image = isinstance(thing, nn.Module) or thing.dim() == 4
    if "channels_last" not in words or not is_image:
        return thing
    return thing.to(memory_format=torch.channels_last)


def _batches(workload: Workload, words: list[str]):
    data = workload.data()
    if data is None:
        return None
    x, y = torch_input(workload, data[0]), torch.tensor(data[1])
    y = y.long() if workload.loss == "ce" else y
    return [_in_format(b.contiguous(), words) for b in x], [b.contiguous() for b in y]


def _draw(workload: Workload):
    dtype, scale = getattr(torch, workload.dtype), float(1 / (2 * np.pi))

    def draw():
        x = torch.rand(workload.batch, 2, dtype=dtype) * 6 - 3
        return x, torch.exp(-0.5 * (x * x).sum(1, keepdim=True)) * scale

    return draw


def _loss(workload: Workload):
    if workload.loss == "mse":
        return functional.mse_loss
    if workload.takes_tokens:
        return lambda out, y: functional.cross_entropy(out.flatten(0, 1), y.flatten())
    return functional.cross_entropy


def _optimizer(workload: Workload, parameters, words: list[str]) -> torch.optim.Optimizer:
    flags = {"foreach": False} if "loop" in words else {"fused": True}
    if workload.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=workload.learning_rate, eps=EPSILON, **flags)
    momentum = MOMENTUM if workload.optimizer == "momentum" else 0.0
    return torch.optim.SGD(parameters, lr=workload.learning_rate, momentum=momentum, **flags)


class EagerTraining:
    """Forward, backward and a `torch.optim` step from Python; the network may be compiled."""

    quantum = 1

    def __init__(self, workload: Workload, variant: str, *, compiled: bool = False) -> None:
        words = variant.split()
        self.workload, self.steps = workload, 0
        self.module = _in_format(torch_network(workload).train(), words)
        self.batches, self.draw = _batches(workload, words), _draw(workload)
        self.optimizer = _optimizer(workload, list(self.module.parameters()), words)
        loss_function = _loss(workload)

        def forward(x, y):
            return loss_function(self.module(x), y)

        self.forward = torch.compile(forward) if compiled else forward

    def run(self, steps: int) -> None:
        group, rate = self.optimizer.param_groups[0], self.workload.learning_rate
        for step in range(self.steps, self.steps + steps):
            if self.batches is None:
                x, y = self.draw()
                group["lr"] = rate / (1 + DECAY * step)
            else:
                x, y = (b[step % self.workload.batches] for b in self.batches)
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.forward(x, y)
            loss.backward()
            self.optimizer.step()
        self.steps += steps
        self.last = loss.detach()

    def loss(self) -> float:
        return float(self.last)


def _update(workload: Workload, state: dict, gradients: list) -> None:
    """The optimizer, written out so that it becomes part of the compiled graph."""
    rate, step = workload.learning_rate, state["step"]
    parameters = list(state["parameters"].values())
    moments, squares = state["moments"], state["squares"]
    if workload.optimizer == "sgd_decay":
        decayed = rate / (1 + DECAY * (step - 1))
        for p, g in zip(parameters, gradients, strict=True):
            p.sub_((decayed * g).to(p.dtype))
    elif workload.optimizer == "sgd":
        for p, g in zip(parameters, gradients, strict=True):
            p.sub_(g, alpha=rate)
    elif workload.optimizer == "momentum":
        for p, g, m in zip(parameters, gradients, moments, strict=True):
            m.mul_(MOMENTUM).add_(g)
            p.sub_(m, alpha=rate)
    else:
        c1, c2 = 1 - torch.pow(BETA_1, step), 1 - torch.pow(BETA_2, step)
        for p, g, m, v in zip(parameters, gradients, moments, squares, strict=True):
            m.mul_(BETA_1).add_(g, alpha=1 - BETA_1)
            v.mul_(BETA_2).addcmul_(g, g, value=1 - BETA_2)
            p.sub_(rate * (m / c1) / ((v / c2).sqrt() + EPSILON))


class CompiledTraining:
    """The whole step - forward, backward, update - as one graph of `torch.compile`."""

    quantum = 1

    def __init__(self, workload: Workload, variant: str) -> None:
        words = variant.split()
        self.workload, self.steps = workload, 0
        module = _in_format(torch_network(workload).train(), words)
        self.batches = _batches(workload, words)
        draw, loss_function = _draw(workload), _loss(workload)
        parameters = {
            n: p.detach().clone(memory_format=torch.preserve_format)
            for n, p in module.named_parameters()
        }
        self.state = {
            "parameters": parameters,
            "buffers": {n: b.detach().clone() for n, b in module.named_buffers()},
            "moments": [torch.zeros_like(p) for p in parameters.values()],
            "squares": [torch.zeros_like(p) for p in parameters.values()],
            "step": torch.zeros((), dtype=torch.float32),
        }

        def objective(parameters, buffers, x, y):
            moved = {name: buffer.clone() for name, buffer in buffers.items()}
            out = torch.func.functional_call(module, (parameters, moved), (x,))
            return loss_function(out, y), moved

        def step(state, x, y):
            if x is None:
                x, y = draw()
            differentiate = torch.func.grad_and_value(objective, has_aux=True)
            gradients, (loss, moved) = differentiate(state["parameters"], state["buffers"], x, y)
            for name, buffer in state["buffers"].items():
                buffer.copy_(moved[name])
            state["step"].add_(1)
            _update(workload, state, list(gradients.values()))
            return loss

        self.step = torch.compile(step, fullgraph=True)

    def run(self, steps: int) -> None:
        with torch.no_grad():
            for step in range(self.steps, self.steps + steps):
                x = y = None
                if self.batches is not None:
                    x, y = (b[step % self.workload.batches] for b in self.batches)
                self.last = self.step(self.state, x, y)
        self.steps += steps

    def loss(self) -> float:
        return float(self.last)


class TorchInference:
    """`inference_mode`, compiled with frozen weights if asked."""

    context = torch.inference_mode

    def __init__(self, workload: Workload, batch: int, variant: str, *, compiled: bool) -> None:
        words = variant.split()
        module: nn.Module = _in_format(torch_network(workload).eval(), words)
        x = _in_format(torch_input(workload, workload.inference_input(batch)), words)
        if compiled:
            # nn.LSTM cannot be captured: the graph breaks around it.
            module = torch.compile(module, fullgraph=not _is_recurrent(workload))
        self.call = functools.partial(module, x)

    def output(self) -> np.ndarray:
        with torch.inference_mode():
            return self.call().numpy()


def _is_recurrent(workload: Workload) -> bool:
    return any(isinstance(layer, Recurrent) for layer in workload.layers)


class TorchPeer:
    """Both forms of PyTorch."""

    def __init__(self, *, compiled: bool) -> None:
        self.compiled = compiled

    def version(self) -> str:
        return torch.__version__

    def variants(self, workload: Workload, mode: str) -> tuple[str, ...]:
        if mode == "train":
            table, usual = (_COMPILED, "graph") if self.compiled else (_EAGER, "fused")
            return table.get(workload.name, (usual,))
        if not workload.takes_images:
            return ("",)
        return ("channels_last",) if self.compiled else ("", "channels_last")

    def train(self, workload: Workload, threads: int, variant: str, *, stepwise: bool):
        del stepwise
        _set_threads(threads)
        if not self.compiled:
            return EagerTraining(workload, variant)
        _set_compiler(cpp_wrapper="graph" in variant)
        if "split" in variant:
            return EagerTraining(workload, variant, compiled=True)
        return CompiledTraining(workload, variant)

    def infer(self, workload: Workload, threads: int, batch: int, variant: str):
        _set_threads(threads)
        if self.compiled:
            _set_compiler(cpp_wrapper=True, freezing=True)
        return TorchInference(workload, batch, variant, compiled=self.compiled)


def _set_compiler(*, cpp_wrapper: bool, freezing: bool = False) -> None:
    import torch._inductor.config as inductor

    inductor.cpp_wrapper, inductor.freezing = cpp_wrapper, freezing
    inductor.compile_threads = 1


PEERS = {
    "torch": lambda: TorchPeer(compiled=False),
    "torch_compile": lambda: TorchPeer(compiled=True),
}
