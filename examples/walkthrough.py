"""One neuron, one layer, one backward pass: what happens, in numbers. Needs no compiler."""

import numpy as np

import constnet as cn
from constnet import nn


def one_neuron() -> None:
    """A neuron multiplies, adds, and bends."""
    print("1. One neuron: y = tanh(x0 * w0 + x1 * w1 + b)\n")
    neuron = nn.Sequential(nn.Dense(2, 1), nn.Tanh())
    dense = neuron.layers[0]
    x = np.array([[1.0, 2.0]], np.float32)
    neuron.build(2)
    neuron.initialize(seed=0)
    dense.weight.data = np.array([[0.5], [-0.25]], np.float32)
    dense.bias.data = np.array([0.1], np.float32)
    y = neuron.forward(x)
    print(f"   1 * 0.5 + 2 * -0.25 + 0.1 = 0.1, and tanh(0.1) = {y[0, 0]:.4f}\n")


def one_layer() -> nn.Dense:
    """A layer is many neurons side by side: one column of the weight for each."""
    print("2. One layer: three neurons share the input\n")
    layer = nn.Dense(2, 3)
    layer.build(2)
    layer.initialize(seed=0)
    layer.weight.data = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 2.0]], np.float32)
    layer.bias.data = np.array([0.0, 0.5, 0.0], np.float32)
    y = layer.forward(np.array([[1.0, 2.0]], np.float32))
    print(f"   weight\n{layer.weight.data}\n   bias {layer.bias.data}")
    print(f"   [1 2] @ weight + bias = {y[0]}\n")
    return layer


def one_backward_pass(layer: nn.Dense) -> tuple[float, float]:
    """The loss says how wrong the answer is; its gradient says which way is better."""
    print("3. One backward pass: who is to blame, and by how much?\n")
    x = np.array([[1.0, 2.0]], np.float32)
    wanted = np.array([[1.0, 2.0, 2.0]], np.float32)
    loss = cn.losses.MeanSquaredError()
    y = layer.forward(x)
    before = float(loss.forward(wanted, y))
    print(f"   answer {y[0]}, wanted {wanted[0]}, mean of squared differences {before:.4f}")
    blame = loss.backward()
    print(f"   gradient of the loss by the answer: {blame[0]}")
    blame_of_input = layer.backward(blame)
    print(f"   by the weight (input times blame):\n{layer.weight_grad}")
    print(f"   by the bias: {layer.bias_grad}")
    print(f"   by the input, for the layer before: {blame_of_input[0]}\n")
    layer.weight.data = layer.weight.data - 0.1 * layer.weight_grad
    layer.bias.data = layer.bias.data - 0.1 * layer.bias_grad
    after = float(loss.forward(wanted, layer.forward(x)))
    print(f"   a step of 0.1 against the gradient: the loss falls from {before:.4f} to {after:.4f}")
    return before, after


def main() -> tuple[float, float]:
    """Walk through all three; return the loss before and after the step."""
    one_neuron()
    return one_backward_pass(one_layer())


if __name__ == "__main__":
    main()
