"""Neural networks whose everything is a compile-time constant.

    import constnet as cn

    net = cn.nn.Sequential(cn.nn.Dense(2, 8, activation="relu"), cn.nn.Dense(8, 1))
    model = cn.Model(net, loss="mse", optimizer="adam")
    model.fit(x, y, epochs=20)
    model.export("net.c")

Everything here is imported when it is first used, so that `import constnet` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from constnet.errors import (
    BudgetError,
    ConstnetError,
    DataError,
    DivergenceError,
    DTypeError,
    FormatError,
    ShapeError,
    StorageError,
    ToolchainError,
    UnsupportedError,
    UsageError,
    VerifyError,
)

if TYPE_CHECKING:
    from constnet import data, losses, metrics, nn, ops, optim
    from constnet.runtime import set_threads
    from constnet.train import callbacks
    from constnet.train.history import History
    from constnet.train.loading import load
    from constnet.train.model import Model
    from constnet.train.stepper import Stepper

__version__ = "0.1.0"

_LAZY = {
    "data": ("constnet.data", None),
    "losses": ("constnet.losses", None),
    "metrics": ("constnet.metrics", None),
    "nn": ("constnet.nn", None),
    "ops": ("constnet.ops", None),
    "optim": ("constnet.optim", None),
    "callbacks": ("constnet.train.callbacks", None),
    "History": ("constnet.train.history", "History"),
    "Model": ("constnet.train.model", "Model"),
    "Stepper": ("constnet.train.stepper", "Stepper"),
    "load": ("constnet.train.loading", "load"),
    "set_threads": ("constnet.runtime", "set_threads"),
}

__all__ = [
    "BudgetError",
    "ConstnetError",
    "DTypeError",
    "DataError",
    "DivergenceError",
    "FormatError",
    "History",
    "Model",
    "ShapeError",
    "Stepper",
    "StorageError",
    "ToolchainError",
    "UnsupportedError",
    "UsageError",
    "VerifyError",
    "__version__",
    "callbacks",
    "data",
    "load",
    "losses",
    "metrics",
    "nn",
    "ops",
    "optim",
    "set_threads",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _LAZY:
            message = f"module 'constnet' has no attribute {name!r}; it has: {', '.join(__all__)}"
            raise AttributeError(message)
        module, attribute = _LAZY[name]
        found = importlib.import_module(module)
        value = found if attribute is None else getattr(found, attribute)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
