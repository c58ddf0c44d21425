"""PyTorch: eager and `torch.compile`, each with the settings that were fastest in trials."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.workloads import BETA_1, BETA_2, DECAY, EPSILON, MOMENTUM, Workload


def _set_threads(threads: int) -> None:
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)


def _module(workload: Workload) -> nn.Sequential:
    layers: list[nn.Module] = []
    weights = workload.initial_weights()
    for number, (weight, bias) in enumerate(weights):
        dense = nn.Linear(*weight.shape, dtype=getattr(torch, workload.dtype))
        dense.weight.data = torch.tensor(np.ascontiguousarray(weight.T))
        dense.bias.data = torch.tensor(bias)
        layers.append(dense)
        is_last = number == len(weights) - 1
        activation = workload.output_activation if is_last else workload.activation
        if activation is not None:
            layers.append({"relu": nn.ReLU, "tanh": nn.Tanh}[activation]())
    return nn.Sequential(*layers)


def _batches(workload: Workload):
    data = workload.data()
    if data is None:
        return None
    x, y = torch.tensor(data[0]), torch.tensor(data[1])
    y = y.long() if workload.loss == "ce" else y
    return [b.contiguous() for b in x], [b.contiguous() for b in y]


def _draw(workload: Workload):
    dtype, scale = getattr(torch, workload.dtype), float(1 / (2 * np.pi))

    def draw():
        x = torch.rand(workload.batch, 2, dtype=dtype) * 6 - 3
        return x, torch.exp(-0.5 * (x * x).sum(1, keepdim=True)) * scale

    return draw


def _loss(workload: Workload):
    return functional.cross_entropy if workload.loss == "ce" else functional.mse_loss


class EagerTraining:
    """Forward, backward and a `torch.optim` step from Python."""

    quantum = 1

    def __init__(self, workload: Workload, variant: str) -> None:
        self.workload, self.steps = workload, 0
        self.module = _module(workload).train()
        self.loss_function = _loss(workload)
        self.batches, self.draw = _batches(workload), _draw(workload)
        flags = {"fused": {"fused": True}, "loop": {"foreach": False}}[variant]
        parameters, rate = list(self.module.parameters()), workload.learning_rate
        if workload.optimizer == "adam":
            self.optimizer = torch.optim.Adam(parameters, lr=rate, eps=EPSILON, **flags)
        else:
            momentum = MOMENTUM if workload.optimizer == "momentum" else 0.0
            self.optimizer = torch.optim.SGD(parameters, lr=rate, momentum=momentum, **flags)

    def run(self, steps: int) -> None:
        group, rate = self.optimizer.param_groups[0], self.workload.learning_rate
        for step in range(self.steps, self.steps + steps):
            if self.batches is None:
                x, y = self.draw()
                group["lr"] = rate / (1 + DECAY * step)
            else:
                x, y = (b[step % self.workload.batches] for b in self.batches)
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.loss_function(self.module(x), y)
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

    def __init__(self, workload: Workload) -> None:
        import torch._inductor.config as inductor

        inductor.cpp_wrapper, inductor.compile_threads = True, 1
        self.workload, self.steps = workload, 0
        module = _module(workload).train()
        self.batches = _batches(workload)
        draw, loss_function = _draw(workload), _loss(workload)
        parameters = {n: p.detach().clone() for n, p in module.named_parameters()}
        self.state = {
            "parameters": parameters,
            "moments": [torch.zeros_like(p) for p in parameters.values()],
            "squares": [torch.zeros_like(p) for p in parameters.values()],
            "step": torch.zeros((), dtype=torch.float32),
        }

        def objective(parameters, x, y):
            return loss_function(torch.func.functional_call(module, parameters, (x,)), y)

        def step(state, x, y):
            if x is None:
                x, y = draw()
            gradients, loss = torch.func.grad_and_value(objective)(state["parameters"], x, y)
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

    def __init__(self, workload: Workload, batch: int, *, compiled: bool) -> None:
        module: nn.Module = _module(workload).eval()
        if compiled:
            import torch._inductor.config as inductor

            inductor.cpp_wrapper, inductor.freezing, inductor.compile_threads = True, True, 1
            module = torch.compile(module, fullgraph=True)
        self.call = functools.partial(module, torch.tensor(workload.inference_input(batch)))


class TorchPeer:
    """Both forms of PyTorch."""

    def __init__(self, *, compiled: bool) -> None:
        self.compiled = compiled

    def version(self) -> str:
        return torch.__version__

    def train(self, workload: Workload, threads: int, *, stepwise: bool):
        del stepwise
        _set_threads(threads)
        if self.compiled:
            return CompiledTraining(workload)
        return EagerTraining(workload, workload.variants.get("torch", "fused"))

    def infer(self, workload: Workload, threads: int, batch: int):
        _set_threads(threads)
        return TorchInference(workload, batch, compiled=self.compiled)


PEERS = {
    "torch": lambda: TorchPeer(compiled=False),
    "torch_compile": lambda: TorchPeer(compiled=True),
}
