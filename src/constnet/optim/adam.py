"""Adam and its relatives: steps scaled by running means of gradients and of their squares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet import ops
from constnet.configurable import require_bool, require_number
from constnet.optim.optimizer import Optimizer, Slots, bias_correction, mix, time_after

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor
    from constnet.optim.schedule import Schedule


@dataclass(eq=False)
class Adam(Optimizer):
    """Adaptive moment estimation.

    Formula:
        with t = 1, 2, ...: `m = beta_1 m + (1 - beta_1) g`, `v = beta_2 v + (1 - beta_2) g^2`,
        `theta -= lr * m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon)`

    Both corrections are moved into two scalars, `a = lr sqrt(c_2) / c_1` and
    `e = epsilon sqrt(c_2)`, so an element costs `m / (sqrt(v) + e) * a`.

    Args:
        beta_1, beta_2: from 0 to below 1.
        epsilon: added to the root, as in PyTorch (whose default is 1e-8; this is Keras's).
        amsgrad: divide by the largest v so far. PyTorch keeps the largest v before its correction,
            and so does this.

    Source:
        D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2015; S. Reddi et al., On the
        convergence of Adam and beyond, 2018.
    """

    learning_rate: Schedule | float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "beta_1", self.beta_1, low=0, below=1)
        require_number(self, "beta_2", self.beta_2, low=0, below=1)
        require_number(self, "epsilon", self.epsilon, above=0)
        require_bool(self, amsgrad=self.amsgrad)

    def own_slots(self) -> tuple[str, ...]:
        """Means of gradients and of their squares; the largest of those with amsgrad."""
        return ("m", "v", "v_max") if self.amsgrad else ("m", "v")

    def step_of(self, step: Tensor, grad: Tensor, slots: Slots, lr: Tensor) -> tuple[Tensor, Slots]:
        """The step and the new slots."""
        time = time_after(step, grad)
        root = ops.sqrt(bias_correction(self.beta_2, time))
        size = lr * root / bias_correction(self.beta_1, time)
        m = mix(slots["m"], grad, self.beta_1)
        v = mix(slots["v"], grad * grad, self.beta_2)
        new = {"m": m, "v": v}
        if self.amsgrad:
            v = new["v_max"] = ops.maximum(slots["v_max"], v)
        return m / (ops.sqrt(v) + root * self.epsilon) * size, new


@dataclass(eq=False)
class AdamW(Adam):
    """Adam with decoupled weight decay, 0.004 unless given (Keras's default; PyTorch's is 0.01).

    Source:
        I. Loshchilov, F. Hutter, Decoupled weight decay regularization, 2019.
    """

    weight_decay: float = 0.004


@dataclass(eq=False)
class Nadam(Optimizer):
    """Adam with Nesterov momentum and its warm-up of beta_1.

    Formula:
        with `u_t = beta_1 (1 - 0.96^(t * momentum_decay) / 2)` and U_t the product of u_1 ... u_t:
        `theta -= lr * (g (1 - u_t) / (1 - U_t) + m u_(t+1) / (1 - U_(t+1))) / (sqrt(v / (1 -
        beta_2^t)) + epsilon)`

    U_t is computed from t alone, so it needs no slot: the logarithm of `1 - q^t / 2` is a power
    series whose sums over t are geometric, and terms beyond 2^-53 are left out.

    Source:
        T. Dozat, Incorporating Nesterov momentum into Adam, 2016.
    """

    learning_rate: Schedule | float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    momentum_decay: float = 0.004

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "beta_1", self.beta_1, above=0, below=1)
        require_number(self, "beta_2", self.beta_2, low=0, below=1)
        require_number(self, "epsilon", self.epsilon, above=0)
        require_number(self, "momentum_decay", self.momentum_decay, above=0)

    def own_slots(self) -> tuple[str, ...]:
        """Means of gradients and of their squares."""
        return ("m", "v")

    def step_of(self, step: Tensor, grad: Tensor, slots: Slots, lr: Tensor) -> tuple[Tensor, Slots]:
        """The step and the new slots."""
        time = time_after(step, grad)
        root = ops.sqrt(bias_correction(self.beta_2, time))
        scale = lr * root
        beta_now, beta_next = self._beta(time), self._beta(time + 1.0)
        log_product = self._log_product(time)
        grad_size = scale * (1.0 - beta_now) / -ops.expm1(log_product)
        m_size = scale * beta_next / (1.0 - ops.exp(log_product) * beta_next)
        m = mix(slots["m"], grad, self.beta_1)
        v = mix(slots["v"], grad * grad, self.beta_2)
        change = (m * m_size + grad * grad_size) / (ops.sqrt(v) + root * self.epsilon)
        return change, {"m": m, "v": v}

    def _beta(self, time: Tensor) -> Tensor:
        decay = ops.exp(time * (self.momentum_decay * math.log(0.96)))
        return self.beta_1 - decay * (0.5 * self.beta_1)

    def _log_product(self, time: Tensor) -> Tensor:
        """`log U_t = t log beta_1 - sum_k (1/2)^k / k * sum_(s <= t) q^(k s)`."""
        dtype = time.dtype.numpy
        k = np.arange(1, 54, dtype=np.float64)
        log_q = k * self.momentum_decay * math.log(0.96)
        geometric = 0.5**k / k * np.exp(log_q) / -np.expm1(log_q)
        terms = ops.expm1(time * log_q.astype(dtype)) * geometric.astype(dtype)
        return time * math.log(self.beta_1) + ops.sum(terms)
