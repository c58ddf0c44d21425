"""Every error constnet raises, as one tree.

    ConstnetError
    ├── ShapeError        two extents that must agree do not          (also a ValueError)
    ├── DTypeError        a dtype an operation does not take           (also a TypeError)
    ├── UsageError        an argument or an order of calls is wrong    (also a ValueError)
    ├── DataError         data a network must not see: NaN, empty, ... (also a ValueError)
    ├── UnsupportedError  an operation a target lacks; names both
    ├── FormatError       a file that is truncated, tampered or newer  (also a ValueError)
    ├── StorageError      a file that cannot be written: full disk     (also an OSError)
    ├── ToolchainError    a compiler that is missing or failed
    ├── DivergenceError   training reached NaN or infinity
    ├── BudgetError       a network costs more than its budget
    └── VerifyError       a broken invariant of constnet itself: please report it

An error earns a class when a caller would handle it differently from its neighbours.
"""


class ConstnetError(Exception):
    """Base of every error that constnet raises on purpose."""


class ShapeError(ConstnetError, ValueError):
    """Two extents that must agree do not."""


class DTypeError(ConstnetError, TypeError):
    """An operation was given a dtype that it does not take."""


class UsageError(ConstnetError, ValueError):
    """An argument is out of its range, or calls came in the wrong order."""


class DataError(ConstnetError, ValueError):
    """Data that must not reach a network: NaN, empty, labels out of range."""


class UnsupportedError(ConstnetError):
    """A target lacks an operation that the network needs; the message names both."""


class FormatError(ConstnetError, ValueError):
    """A file is truncated, tampered with, or written by a newer version."""


class StorageError(ConstnetError, OSError):
    """A file could not be written: the disk is full, or the place is not writable."""


class ToolchainError(ConstnetError, RuntimeError):
    """A compiler is missing or failed; the message has the command and its last lines."""


class DivergenceError(ConstnetError, ArithmeticError):
    """Training reached NaN or infinity; the message names the step and the first kernel."""


class BudgetError(ConstnetError, ValueError):
    """A network needs more flash, RAM or instructions than its budget allows."""


class VerifyError(ConstnetError, AssertionError):
    """constnet broke one of its own invariants. Please report it with the text shown."""
