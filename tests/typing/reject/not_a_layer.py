from typing import Literal as L

from constnet import nn

net = nn.Dense[L[2], L[8]]() >> 8  # names: 8
