from typing import Any, Literal as L, assert_type

from constnet import nn

typed = (
    nn.Conv2D[L[1], L[8]](kernel_size=3, padding="same")
    >> nn.BatchNorm()
    >> nn.ReLU()
    >> nn.MaxPool2D()
    >> nn.SpatialDropout2D(0.1)
    >> nn.Conv2D[L[8], L[16]](kernel_size=(3, 1), strides=2, padding=((1, 0), 0), groups=2)
)
assert_type(typed, nn.Sequential[L[1], L[16]])

signal = nn.Conv1D[L[2], L[4]](kernel_size=3, padding="causal") >> nn.AveragePool1D(4) >> nn.Crop1D((1, 2))
assert_type(signal, nn.Sequential[L[2], L[4]])

plain = nn.Sequential(
    nn.Conv2D(8, 3, 2, "same", activation="relu", kernel_regularizer="l2"),
    nn.DepthwiseConv2D(3, padding=1, depth_multiplier=2),
    nn.SeparableConv2D(8, (3, 3), dilation=2),
    nn.ConvTranspose2D(4, 2, 2),
    nn.Upsample2D(2, "bilinear"),
    nn.ZeroPad2D(((1, 0), 1)),
    nn.GroupNorm(2),
    nn.GlobalAveragePool2D(),
    nn.Dense(10),
)

mixed = nn.Conv2D(8, 3) >> nn.Flatten() >> nn.Dense[L[9], L[1]]()
assert_type(mixed, nn.Sequential[Any, L[1]])
