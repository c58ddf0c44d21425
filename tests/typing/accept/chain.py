from typing import Any, Literal as L, assert_type

from constnet import nn

typed = nn.Dense[L[2], L[8]]() >> nn.ReLU() >> nn.Dense[L[8], L[1]]()
assert_type(typed, nn.Sequential[L[2], L[1]])

longer = typed >> nn.Tanh() >> nn.Dense[L[1], L[4]](activation="relu", use_bias=False)
assert_type(longer, nn.Sequential[L[2], L[4]])

nested = nn.Dense[L[3], L[2]]() >> typed
assert_type(nested, nn.Sequential[L[3], L[1]])

dropped = nn.Dense[L[3], L[2]]() >> nn.Dropout(0.5) >> nn.LayerNorm() >> nn.BatchNorm()
assert_type(dropped, nn.Sequential[L[3], L[2]])

mixed = nn.Dense[L[3], L[2]]() >> nn.Dense(5) >> nn.Dense[L[5], L[1]]()
assert_type(mixed, nn.Sequential[L[3], L[1]])

leading = nn.ReLU() >> nn.Dense[L[8], L[1]]()
assert_type(leading, nn.Sequential[Any, L[1]])

reshaped = nn.Dense[L[3], L[4]]() >> nn.Reshape((2, 2)) >> nn.Flatten() >> nn.Dense[L[4], L[1]]()
assert_type(reshaped, nn.Sequential[L[3], L[1]])
