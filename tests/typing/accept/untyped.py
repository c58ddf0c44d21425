
import numpy as np

from constnet import nn
from constnet.ops.tensor import Tensor


class Scale(nn.Layer):
    def __init__(self, start: float) -> None:
        self.start = start

    def build(self, shape: tuple[int, ...]) -> None:
        self.weight = self.parameter("weight", shape, nn.initializers.Constant(self.start))

    def call(self, x: Tensor) -> Tensor:
        return x * self.weight.as_tensor(x.trace)


net = nn.Sequential(nn.Dense(2, 8), nn.ReLU(), Scale(2.0), nn.Dense(1, kernel_initializer="zeros"))
net.build(2)
net.initialize(seed=3)
y = net.forward(np.ones((4, 2)))
dx = net.backward(y)
first = nn.Dense(2, 3)
first.forward(dx)
total: float = float(np.sum(first.weight.data) + np.asarray(first.bias).sum())

a, b = nn.Input(4), nn.Input((3,))
joined = nn.Concatenate()(nn.Dense(8)(a), nn.Dense(8)(b))
model = nn.Network(inputs=(a, b), outputs=nn.Dense(1)(joined))
