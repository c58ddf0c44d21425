"""What users call: convolutions with padding by name, transposed and depthwise ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.errors import ShapeError, UsageError
from constnet.ops.attributes import Convolution
from constnet.ops.composite import part_of
from constnet.ops.input_gradient import input_gradient
from constnet.ops.lifting import lift
from constnet.ops.movement import reshape
from constnet.ops.tensor import Tensor, TensorLike, apply
from constnet.ops.window import Pad

if TYPE_CHECKING:
    from collections.abc import Sequence

_SMALLEST_RANK, _LARGEST_RANK = 3, 5


def per_axis(op: str, name: str, given: int | Sequence[int], count: int) -> tuple[int, ...]:
    """One number for each of `count` spatial axes, each at least 1."""
    numbers = (given,) * count if isinstance(given, int) else tuple(given)
    if len(numbers) != count or any(number < 1 for number in numbers):
        message = (
            f"[{op}] {name} is {given}; expected one number, or {count}, of at least 1. Give one "
            "for each spatial axis."
        )
        raise ShapeError(message)
    return numbers


def padding_widths(
    op: str,
    padding: str | Sequence[tuple[int, int]],
    spatial: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
) -> tuple[tuple[int, int], ...]:
    """Elements before and after each spatial axis; `window` counts the gaps of a dilation.

    `same` keeps `ceil(extent / stride)` places and puts the odd element after, as Keras does.
    """
    if padding == "valid":
        return ((0, 0),) * len(spatial)
    if padding == "causal" and len(spatial) == 1:
        return ((window[0] - 1, 0),)
    if padding == "same":
        totals = [
            max((-(-extent // step) - 1) * step + reach - extent, 0)
            for extent, reach, step in zip(spatial, window, strides, strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in totals)
    if isinstance(padding, str):
        message = (
            f"[{op}] padding is {padding!r} for {len(spatial)} spatial axes; expected 'valid', "
            "'same', 'causal' (one axis) or a pair (before, after) for each axis."
        )
        raise UsageError(message)
    pairs = tuple((int(before), int(after)) for before, after in padding)
    if len(pairs) != len(spatial) or any(min(pair) < 0 for pair in pairs):
        message = (
            f"[{op}] padding is {padding!r} for {len(spatial)} spatial axes; expected a pair "
            "(before, after) of at least 0 for each of them."
        )
        raise ShapeError(message)
    return pairs


def padded_image(x: Tensor, widths: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """`x` with `value` around its spatial axes; itself where there is nothing to add."""
    if not any(before or after for before, after in widths):
        return x
    low = (0, *(before for before, _ in widths), 0)
    high = (0, *(after for _, after in widths), 0)
    return apply("pad", Pad(low, high, (0,) * x.rank, value), x)


def _operands(op: str, x: TensorLike, weight: TensorLike) -> tuple[Tensor, Tensor, int]:
    """Image, weight and the number of spatial axes."""
    image, kernel = lift(op, x, weight)
    if image.rank != kernel.rank or not _SMALLEST_RANK <= image.rank <= _LARGEST_RANK:
        message = (
            f"[{op}] takes an image (batch, 1 to 3 spatial axes, channels) and a weight of the "
            f"same rank, got {image.type} and {kernel.type}. Reshape one of them."
        )
        raise ShapeError(message)
    return image, kernel, image.rank - 2


def convolution(
    x: TensorLike,
    weight: TensorLike,
    *,
    strides: int | Sequence[int] = 1,
    padding: str | Sequence[tuple[int, int]] = "valid",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of an image with a window of weights, channels last.

    **Shape:** `(N, *spatial, C_in)` and `(*kernel, C_in / groups, C_out)` to `(N, *out, C_out)`
    with `out = (extent + before + after - (kernel - 1) * dilation - 1) // stride + 1`.

    Args:
        x: one, two or three spatial axes.
        weight: the window.
        strides: elements between places of the window.
        padding: `valid`, `same`, `causal` (one axis), or (before, after) for each spatial axis.
        dilation: elements between taps of the window.
        groups: channels are cut into so many groups, each convolved by itself.

    Raises:
        ShapeError: the window does not fit, or channels and groups do not agree.
    """
    op = "convolution"
    image, kernel, rank = _operands(op, x, weight)
    steps, gaps = per_axis(op, "strides", strides, rank), per_axis(op, "dilation", dilation, rank)
    reach = [(taps - 1) * gap + 1 for taps, gap in zip(kernel.shape, gaps, strict=False)]
    widths = padding_widths(op, padding, image.shape[1:-1], reach, steps)
    attrs = Convolution(steps, gaps, groups)
    return apply(op, attrs, padded_image(image, widths), kernel)


def depthwise_convolution(
    x: TensorLike,
    weight: TensorLike,
    *,
    strides: int | Sequence[int] = 1,
    padding: str | Sequence[tuple[int, int]] = "valid",
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """Each channel convolved by windows of its own.

    **Shape:** `(N, *spatial, C)` and `(*kernel, C, multiplier)` to `(N, *out, C * multiplier)`;
    output `c * multiplier + m` is of channel c. Arguments as for `convolution`.
    """
    image, kernel, _ = _operands("depthwise_convolution", x, weight)
    *taps, channels, multiplier = kernel.shape
    if channels != image.shape[-1]:
        message = (
            f"[depthwise_convolution] the image {image.type} has {image.shape[-1]} channels and "
            f"the weight {kernel.type} is for {channels}. Make them equal."
        )
        raise ShapeError(message)
    grouped = reshape(kernel, (*taps, 1, channels * multiplier))
    return convolution(
        image, grouped, strides=strides, padding=padding, dilation=dilation, groups=channels
    )


def convolution_transpose(
    x: TensorLike,
    weight: TensorLike,
    *,
    strides: int | Sequence[int] = 1,
    padding: str | Sequence[tuple[int, int]] = "valid",
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """The transpose of a convolution: every input element adds a window to the output.

    **Shape:** `(N, *spatial, C_in)` and `(*kernel, C_out, C_in)` to `(N, *out, C_out)`, with
    `out = extent * stride` for `same`, `extent * stride + max(reach - stride, 0)` for `valid`
    (as Keras), `(extent - 1) * stride + reach - before - after` for widths (as PyTorch), where
    `reach = (kernel - 1) * dilation + 1`.
    """
    op = "convolution_transpose"
    image, kernel, rank = _operands(op, x, weight)
    steps, gaps = per_axis(op, "strides", strides, rank), per_axis(op, "dilation", dilation, rank)
    if kernel.shape[-1] != image.shape[-1]:
        message = (
            f"[{op}] the image {image.type} has {image.shape[-1]} channels and the weight "
            f"{kernel.type} takes {kernel.shape[-1]}, its last axis. Make them equal."
        )
        raise ShapeError(message)
    reach = [(taps - 1) * gap + 1 for taps, gap in zip(kernel.shape, gaps, strict=False)]
    full, cut = _transposed_extents(op, padding, image, reach, steps)
    whole = input_gradient(image, kernel, full, steps, gaps, 1)
    for axis, (before, after) in enumerate(cut, start=1):
        if before or after:
            whole = part_of(whole, axis, before, whole.shape[axis] - after)
    return whole


def _transposed_extents(
    op: str,
    padding: str | Sequence[tuple[int, int]],
    image: Tensor,
    reach: Sequence[int],
    steps: Sequence[int],
) -> tuple[list[int], tuple[tuple[int, int], ...]]:
    """Extents before cutting, and how much of each end is cut."""
    spatial = image.shape[1:-1]
    smallest = [(n - 1) * s + r for n, s, r in zip(spatial, steps, reach, strict=True)]
    keras = [max(least, n * s) for least, n, s in zip(smallest, spatial, steps, strict=True)]
    if padding == "valid":
        return keras, ((0, 0),) * len(spatial)
    if padding == "same":
        wanted = [n * s for n, s in zip(spatial, steps, strict=True)]
        extra = [full - want for full, want in zip(keras, wanted, strict=True)]
        return keras, tuple((each // 2, each - each // 2) for each in extra)
    cut = padding_widths(op, padding, spatial, reach, steps)
    left = [full - sum(pair) for full, pair in zip(smallest, cut, strict=True)]
    if min(left) < 1:
        message = (
            f"[{op}] padding {padding!r} leaves extents {tuple(left)} of {tuple(smallest)} for "
            f"{image.type}. Pad less."
        )
        raise ShapeError(message)
    return smallest, cut
