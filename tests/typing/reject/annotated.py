from typing import Literal as L

from constnet import nn

net: nn.Sequential[L[2], L[3]] = nn.Dense[L[2], L[8]]() >> nn.Dense[L[8], L[1]]()  # names: 1
