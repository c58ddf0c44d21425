from typing import Literal as L

from constnet import nn

front = nn.Dense[L[2], L[8]]() >> nn.LayerNorm() >> nn.Tanh() >> nn.Dropout(0.1)
net = front >> nn.Dense[L[7], L[1]]()  # names: 8, 7
