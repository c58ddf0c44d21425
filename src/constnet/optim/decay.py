"""Which parameters decay: those that a pattern excludes lie at the end of the flat vector.

So one comparison with the element's number tells them apart, in the same pass as the update, and no
mask is kept in memory.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, cast

from constnet import ops
from constnet.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constnet.ops.tensor import Tensor

VECTORS = "vectors"


def patterns(owner: object, given: object) -> tuple[str, ...]:
    """A setting of texts, or of one, as a tuple; refuses anything else."""
    items = (given,) if isinstance(given, str) else given
    if isinstance(items, (list, tuple)):
        texts = cast("Sequence[object]", items)
        if all(isinstance(text, str) and text for text in texts):
            return tuple(cast("Sequence[str]", texts))
    message = (
        f"{type(owner).__name__}(exclude_from_decay={given!r}): expected patterns of paths, such "
        f'as ("*.bias",), or ("{VECTORS}",).'
    )
    raise UsageError(message)


def excluded(
    owner: str, given: Sequence[str], shapes: Mapping[str, tuple[int, ...]]
) -> frozenset[str]:
    """The paths that one of the patterns names.

    Raises:
        UsageError: a pattern matches no path; it would do nothing.
    """
    found: set[str] = set()
    for pattern in given:
        matched = {path for path, shape in shapes.items() if _is_match(pattern, path, shape)}
        if not matched and pattern != VECTORS:
            message = (
                f"{owner}: exclude_from_decay has {pattern!r}, which matches none of the "
                f"parameters {', '.join(shapes)}. Correct or remove it."
            )
            raise UsageError(message)
        found |= matched
    return frozenset(found)


def of_first(amount: Tensor, theta: Tensor, count: int | None) -> Tensor:
    """`amount` for the first `count` elements of `theta` and 0 for the others."""
    length = theta.type.size
    if count is None or count >= length:
        return amount
    return ops.where(ops.arange(length) < count, amount, 0.0)


def _is_match(pattern: str, path: str, shape: tuple[int, ...]) -> bool:
    return len(shape) < 2 if pattern == VECTORS else fnmatchcase(path, pattern)
