"""Convolutions in NumPy alone, by windows of the padded image: what tests compare with."""

import itertools

import numpy as np


def windows_of(image, kernel, strides, dilation):
    """What each place of the window sees: (N, *out, C_in, *kernel)."""
    rank = len(kernel)
    reach = [(taps - 1) * gap + 1 for taps, gap in zip(kernel, dilation, strict=True)]
    every = np.lib.stride_tricks.sliding_window_view(image, reach, tuple(range(1, rank + 1)))
    places = tuple(slice(None, None, step) for step in strides)
    taps = tuple(slice(None, None, gap) for gap in dilation)
    return every[(slice(None), *places, slice(None), *taps)]


def convolved(image, weight, widths=None, strides=None, dilation=None, groups=1):
    """The convolution of an image, padded by `widths`, one group at a time."""
    rank = image.ndim - 2
    widths = widths or [(0, 0)] * rank
    padded = np.pad(image, [(0, 0), *widths, (0, 0)])
    seen = windows_of(padded, weight.shape[:-2], strides or (1,) * rank, dilation or (1,) * rank)
    letters, places = "abc"[:rank], "nxyz"[: rank + 1]
    parts = [
        np.einsum(f"{places}C{letters},{letters}CF->{places}F", part, taps)
        for part, taps in zip(
            np.split(seen, groups, axis=rank + 1), np.split(weight, groups, axis=-1), strict=True
        )
    ]
    return np.concatenate(parts, axis=-1)


def scattered(ct, weight, spatial, strides, dilation, groups=1):
    """The image that a convolution's cotangent becomes: every place adds its window to it."""
    inputs = weight.shape[-2]
    image = np.zeros((ct.shape[0], *spatial, inputs * groups), np.float64)
    per_group = weight.shape[-1] // groups
    for place in itertools.product(*map(range, ct.shape[1:-1])):
        for tap in itertools.product(*map(range, weight.shape[:-2])):
            at = [p * s + t * g for p, s, t, g in zip(place, strides, tap, dilation, strict=True)]
            for group in range(groups):
                columns = slice(group * per_group, (group + 1) * per_group)
                channels = slice(group * inputs, (group + 1) * inputs)
                image[(slice(None), *at, channels)] += (
                    ct[(slice(None), *place, columns)] @ weight[tap][:, columns].T
                )
    return image


def weight_gradient(image, ct, kernel, strides, dilation, groups=1):
    """Gradient of a convolution by its weight: windows times cotangent, over all places."""
    seen = windows_of(image, kernel, strides, dilation)
    places = "nxyz"[: len(kernel) + 1]
    letters = "abc"[: len(kernel)]
    parts = [
        np.einsum(f"{places}C{letters},{places}F->{letters}CF", part, columns)
        for part, columns in zip(
            np.split(seen, groups, axis=len(kernel) + 1),
            np.split(ct, groups, axis=-1),
            strict=True,
        )
    ]
    return np.concatenate(parts, axis=-1)
