"""Import of optional libraries: present, or an error with the command that installs them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from constnet.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType


def import_extra(module: str, purpose: str, extra: str = "data") -> ModuleType:
    """Return the module named `module`, which the extra named `extra` installs.

    Args:
        module: the name to import, such as "polars".
        purpose: what it is needed for, as the message should say it: "read a table".
        extra: the extra of the constnet package that brings it.

    Raises:
        UsageError: the library is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and not module.startswith(error.name):
            raise
        message = (
            f"constnet needs {module.partition('.')[0]} to {purpose}, and it is not installed. "
            f'Install it with: pip install "constnet[{extra}]"'
        )
        raise UsageError(message) from error
