from typing import Literal as L

from constnet import nn

net = nn.Dense[L[2], L[8]]() >> nn.Dense[L[9], L[1]]()  # names: 8, 9
