"""PyTorch's side of a training run: the same network, losses and update rules, by autograd.

Nothing here calls constnet's operations: a layer gives its settings and initial weights only.
"""

import numpy as np
import torch
from torch.nn import functional as F

from constnet import nn

ACTIVATIONS = {
    nn.Identity: lambda _l, x: x,
    nn.ReLU: lambda _l, x: F.relu(x),
    nn.LeakyReLU: lambda layer, x: F.leaky_relu(x, layer.negative_slope),
    nn.ELU: lambda layer, x: F.elu(x, layer.alpha),
    nn.SELU: lambda _l, x: F.selu(x),
    nn.GELU: lambda layer, x: F.gelu(x, approximate="tanh" if layer.approximate else "none"),
    nn.SiLU: lambda _l, x: F.silu(x),
    nn.Softplus: lambda _l, x: torch.logaddexp(x, torch.zeros_like(x)),
    nn.Softsign: lambda _l, x: F.softsign(x),
    nn.Sigmoid: lambda _l, x: torch.sigmoid(x),
    nn.HardSigmoid: lambda _l, x: torch.clamp(x / 6 + 0.5, 0, 1),
    nn.Tanh: lambda _l, x: torch.tanh(x),
    nn.Softmax: lambda layer, x: F.softmax(x, layer.axis),
    nn.LogSoftmax: lambda layer, x: F.log_softmax(x, layer.axis),
}


class Peer:
    """A built network's twin, float64; takes its initial weights from `model`."""

    def __init__(self, model):
        self.net = model.net
        weights = model.get_weights()
        named = {**self.net.parameters(), **self.net.states()}
        self.tensors = {
            id(p): torch.tensor(weights[path].astype(np.float64)) for path, p in named.items()
        }
        self.paths = {path: self.tensors[id(p)] for path, p in named.items()}
        trained = {path for path, p in self.net.parameters().items() if p.trainable}
        self.trained = [self.paths[path].requires_grad_() for path in sorted(trained)]
        self.penalty = 0.0

    def weights(self):
        return {path: t.detach().numpy() for path, t in self.paths.items()}

    def __call__(self, *xs, training):
        self.penalty = 0.0
        self.training = training
        if isinstance(self.net, nn.Network):
            values = [(x,) for x in xs]
            for step in self.net.steps:
                given = [values[s][o] for s, o in step.inputs]
                values.append((self.layer(self.net.layers[step.layer], *given),))
            return tuple(values[s][o] for s, o in self.net.outputs)
        return (self.layer(self.net, *xs),)

    def layer(self, layer, *xs):
        x = xs[0]
        if type(layer) in ACTIVATIONS:
            return ACTIVATIONS[type(layer)](layer, x)
        return getattr(self, type(layer).__name__.lower())(layer, *xs)

    def of(self, parameter):
        return self.tensors[id(parameter)]

    def sequential(self, layer, x):
        for one in layer.layers:
            x = self.layer(one, x)
        return x

    def residual(self, layer, x):
        return x + self.sequential(layer, x)

    def dense(self, layer, x):
        weight = self.of(layer.weight)
        y = x @ weight
        if layer.kernel_regularizer is not None:
            r = layer.kernel_regularizer
            self.penalty = self.penalty + r.l1 * weight.abs().sum() + r.l2 * weight.square().sum()
        if layer.use_bias:
            y = y + self.of(layer.bias)
        return y if layer.activation is None else self.layer(layer.activation, y)

    def prelu(self, layer, x):
        return torch.where(x > 0, x, self.of(layer.alpha) * x)

    def layernorm(self, layer, x):
        weight = self.of(layer.weight) if layer.scale else None
        bias = self.of(layer.bias) if layer.center else None
        return F.layer_norm(x, x.shape[-1:], weight, bias, layer.epsilon)

    def batchnorm(self, layer, x):
        weight = self.of(layer.weight) if layer.scale else None
        bias = self.of(layer.bias) if layer.center else None
        mean, variance = self.of(layer.moving_mean), self.of(layer.moving_variance)
        train = self.training and layer.trainable
        flat = x.reshape(-1, x.shape[-1])
        if train:  # PyTorch moves by the unbiased variance; Keras, and constnet, by the biased one
            kept = layer.momentum
            with torch.no_grad():
                mean.mul_(kept).add_(flat.mean(0) * (1 - kept))
                variance.mul_(kept).add_(flat.var(0, unbiased=False) * (1 - kept))
            batch_mean, batch_variance = flat.mean(0), flat.var(0, unbiased=False)
            y = (x - batch_mean) / torch.sqrt(batch_variance + layer.epsilon)
            y = y if weight is None else y * weight
            return y if bias is None else y + bias
        return F.batch_norm(flat, mean, variance, weight, bias, False, 0.0, layer.epsilon).reshape(
            x.shape
        )

    def concatenate(self, layer, *xs):
        return torch.cat(xs, layer.axis)

    def add(self, _layer, *xs):
        return sum(xs[1:], start=xs[0])

    def flatten(self, _layer, x):
        return x.reshape(len(x), -1)

    def reshape(self, layer, x):
        return x.reshape(len(x), *layer.output_shapes[0])


def train(
    peer, optimizer, losses, data, *, epochs, batch, rate, clip=None, decay=0.0, l1=0.0, ema=None
):
    """Train in order; losses are functions of (target, prediction) to one number a row."""
    xs, ys, weight = data
    xs = [torch.tensor(np.asarray(x, np.float64)) for x in xs]
    ys = [torch.tensor(np.asarray(y)) for y in ys]
    step, history, average = 0, [], None
    for _ in range(epochs):
        total = 0.0
        for begin in range(0, len(xs[0]), batch):
            part = slice(begin, begin + batch)
            outputs = peer(*(x[part] for x in xs), training=True)
            rows = len(outputs[0])
            value = peer.penalty
            for loss, y, out in zip(losses, ys, outputs, strict=True):
                each = loss(y[part], out)
                if weight is not None:
                    each = each * torch.tensor(weight[part])
                value = value + each.sum() / rows
            optimizer.zero_grad()
            value.backward()
            total += float(value.detach()) * rows
            if clip is not None:
                clip(peer.trained)
            lr = rate(step)
            with torch.no_grad():
                for p in peer.trained:
                    p.grad = torch.zeros_like(p) if p.grad is None else p.grad
                    p.grad += l1 * torch.sign(p)
                    p.mul_(1 - lr * decay)
            for group in optimizer.param_groups:
                group["lr"] = lr
            optimizer.step()
            step += 1
            if ema is not None:
                now = [p.detach().clone() for p in peer.trained]
                average = (
                    now
                    if average is None
                    else [ema * a + (1 - ema) * p for a, p in zip(average, now, strict=True)]
                )
        history.append(total / len(xs[0]))
    if average is not None:
        with torch.no_grad():
            for p, a in zip(peer.trained, average, strict=True):
                p.copy_(a)
    return history
