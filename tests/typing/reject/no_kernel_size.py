from typing import Literal as L

from constnet import nn

layer = nn.Conv2D[L[1], L[8]]()  # names: overload
