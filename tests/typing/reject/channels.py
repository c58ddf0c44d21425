from typing import Literal as L

from constnet import nn

first = nn.Conv2D[L[1], L[8]](kernel_size=3) >> nn.MaxPool2D()
net = first >> nn.Conv2D[L[9], L[4]](kernel_size=3)  # names: 8, 9
