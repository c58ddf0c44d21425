from typing import Literal as L

from constnet import nn

encoder = nn.Dense[L[64], L[16]]() >> nn.ReLU() >> nn.Dense[L[16], L[3]]()
decoder = nn.Dense[L[4], L[16]]() >> nn.ReLU() >> nn.Dense[L[16], L[64]]()
net = encoder >> decoder  # names: 3, 4
