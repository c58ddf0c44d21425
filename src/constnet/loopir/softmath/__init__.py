"""constnet's own elementary functions, as straight lines of the loop language.

Each takes expressions of float32 or float64 and returns the `Apply` of a `Function` that is built
once for each dtype. No branches, no tables, no library: the same bits on every target in exact mode.
"""

from constnet.loopir.softmath.exponential import exp, sigmoid
from constnet.loopir.softmath.hyperbolic import tanh
from constnet.loopir.softmath.logarithm import log

__all__ = ["exp", "log", "sigmoid", "tanh"]
