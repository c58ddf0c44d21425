"""Records what PyTorch computes for layers over images, for tests that have no PyTorch.

    python -m scripts.record_image_fixtures

writes tests/fixtures/images.json in float64. Needs the `bench` extra. Entries are those of
`record_layer_fixtures`, in constnet's layout: channels last, weights `(*kernel, C / groups, F)`.
PyTorch has no "same" padding with strides; how wide it is, JAX says (as TensorFlow defines it).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jax import lax
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIXTURE = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "images.json"
CONVOLVE = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
TRANSPOSE = {
    1: functional.conv_transpose1d,
    2: functional.conv_transpose2d,
    3: functional.conv_transpose3d,
}
MAX = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
AVERAGE = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
Arrays = dict[str, torch.Tensor]
Function = "Callable[[torch.Tensor, Arrays], torch.Tensor]"


def drawn(*shape: int) -> torch.Tensor:
    """Normal numbers of four decimals, so that the file stays small and nothing is equal."""
    return (torch.randn(shape, dtype=torch.float64) * 1e4).round() / 1e4


def record(
    name: str,
    arguments: dict[str, Any],
    shape: tuple[int, ...],
    parameters: dict[str, tuple[int, ...]],
    function: Function,
) -> dict[str, Any]:
    """One entry: `function` of an image of `shape` and of parameters, both channels last."""
    x = drawn(*shape).requires_grad_()
    known = {key: drawn(*extents).requires_grad_() for key, extents in parameters.items()}
    y = function(x, known)
    dy = drawn(*y.shape)
    y.backward(dy)
    return {
        "config": {"class": name, "arguments": arguments},
        "x": x.tolist(),
        "dy": dy.tolist(),
        "y": y.tolist(),
        "dx": x.grad.tolist(),
        "parameters": {key: value.tolist() for key, value in known.items()},
        "gradients": {key: value.grad.tolist() for key, value in known.items()},
    }


def each(given: int | tuple[int, ...], rank: int) -> tuple[int, ...]:
    """One number for each axis."""
    return (given,) * rank if isinstance(given, int) else tuple(given)


def widths(
    padding: Any, extents: tuple[int, ...], reach: tuple[int, ...], strides: tuple[int, ...]
) -> list[tuple[int, int]]:
    """(before, after) of each axis."""
    if padding == "valid":
        return [(0, 0)] * len(extents)
    if padding == "same":
        return [
            (int(low), int(high))
            for low, high in lax.padtype_to_pads(extents, reach, strides, "SAME")
        ]
    if padding == "causal":
        return [(reach[0] - 1, 0)]
    if isinstance(padding, int):
        return [(padding, padding)] * len(extents)
    return [each(both, 2) for both in padding]


def padded(x: torch.Tensor, pairs: list[tuple[int, int]], value: float = 0.0) -> torch.Tensor:
    """`x`, channels first, with `value` around its spatial axes."""
    flat = [width for pair in reversed(pairs) for width in pair]
    return functional.pad(x, flat, value=value)


def reach_of(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    return tuple((taps - 1) * gap + 1 for taps, gap in zip(kernel, dilation, strict=True))


def convolve(x: torch.Tensor, weight: torch.Tensor, options: dict[str, Any]) -> torch.Tensor:
    """Channels last, with constnet's arguments."""
    rank = x.ndim - 2
    strides, dilation = (
        each(options.get("strides", 1), rank),
        each(options.get("dilation", 1), rank),
    )
    reach = reach_of(weight.shape[:-2], dilation)
    pairs = widths(options.get("padding", "valid"), tuple(x.shape[1:-1]), reach, strides)
    kernel = weight.movedim(-1, 0).movedim(-1, 1)
    y = CONVOLVE[rank](
        padded(x.movedim(-1, 1), pairs),
        kernel,
        stride=strides,
        dilation=dilation,
        groups=options.get("groups", 1),
    )
    return y.movedim(1, -1)


def depthwise(x: torch.Tensor, weight: torch.Tensor, options: dict[str, Any]) -> torch.Tensor:
    *kernel, channels, multiplier = weight.shape
    grouped = weight.reshape(*kernel, 1, channels * multiplier)
    return convolve(x, grouped, {**options, "groups": channels})


def transposed(x: torch.Tensor, weight: torch.Tensor, options: dict[str, Any]) -> torch.Tensor:
    """For "same" and "valid" by the definition: the gradient of the convolution that it undoes."""
    rank = x.ndim - 2
    strides, dilation = (
        each(options.get("strides", 1), rank),
        each(options.get("dilation", 1), rank),
    )
    padding = options.get("padding", "valid")
    if not isinstance(padding, str):
        kernel = weight.movedim(-1, 0).movedim(-1, 1)
        pairs = widths(padding, tuple(x.shape[1:-1]), (), strides)
        y = TRANSPOSE[rank](x.movedim(-1, 1), kernel, stride=strides, dilation=dilation)
        return padded(y, [(-low, -high) for low, high in pairs]).movedim(1, -1)
    reach = reach_of(weight.shape[:-2], dilation)
    outside = [n * s for n, s in zip(x.shape[1:-1], strides, strict=True)]
    if padding == "valid":
        outside = [n + max(r - s, 0) for n, r, s in zip(outside, reach, strides, strict=True)]
    image = torch.zeros(x.shape[0], *outside, weight.shape[-2], dtype=x.dtype, requires_grad=True)
    y = convolve(image, weight, options)
    (found,) = torch.autograd.grad(y, image, x, create_graph=True)
    return found


def conv_parameters(name: str, arguments: dict[str, Any], channels: int) -> dict[str, Any]:
    """Shapes of a convolution's parameters."""
    rank = int(name[-2])
    kernel = each(arguments["kernel_size"], rank)
    multiplier = arguments.get("depth_multiplier", 1)
    filters = arguments.get("filters", channels * multiplier)
    shapes: dict[str, Any] = {
        "Conv": {"weight": (*kernel, channels // arguments.get("groups", 1), filters)},
        "DepthwiseConv": {"weight": (*kernel, channels, multiplier)},
        "SeparableConv": {
            "depthwise_weight": (*kernel, channels, multiplier),
            "weight": (*each(1, rank), channels * multiplier, filters),
        },
        "ConvTranspose": {"weight": (*kernel, filters, channels)},
    }[name[:-2]]
    return {**shapes, "bias": (filters,)} if arguments.get("use_bias", True) else shapes


def conv_entry(name: str, shape: tuple[int, ...], arguments: dict[str, Any]) -> dict[str, Any]:
    def function(x: torch.Tensor, known: Arrays) -> torch.Tensor:
        if name.startswith("Separable"):
            y = convolve(depthwise(x, known["depthwise_weight"], arguments), known["weight"], {})
        else:
            apply = {"C": convolve, "D": depthwise, "T": transposed}
            kind = "T" if "Transpose" in name else name[0]
            y = apply[kind](x, known["weight"], arguments)
        y = y + known.get("bias", 0.0)
        return torch.tanh(y) if arguments.get("activation") == "tanh" else y

    return record(name, arguments, shape, conv_parameters(name, arguments, shape[-1]), function)


CONVOLUTIONS: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
    ("Conv1D", (2, 7, 2), {"filters": 3, "kernel_size": 3}),
    ("Conv1D", (2, 7, 2), {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation": 2}),
    ("Conv1D", (1, 9, 2), {"filters": 2, "kernel_size": 4, "padding": "same", "strides": 3}),
    ("Conv1D", (1, 6, 4), {"filters": 4, "kernel_size": 2, "groups": 2, "padding": [[2, 1]]}),
    ("Conv1D", (1, 8, 2), {"filters": 2, "kernel_size": 3, "padding": "causal", "strides": 2}),
    ("Conv2D", (2, 5, 4, 3), {"filters": 4, "kernel_size": 3}),
    ("Conv2D", (1, 5, 4, 2), {"filters": 3, "kernel_size": [2, 3], "padding": "same"}),
    ("Conv2D", (1, 6, 7, 1), {"filters": 2, "kernel_size": 4, "padding": "same", "strides": 3}),
    ("Conv2D", (1, 5, 6, 2), {"filters": 2, "kernel_size": 3, "padding": "same", "strides": 2}),
    ("Conv2D", (1, 6, 6, 2), {"filters": 2, "kernel_size": 2, "padding": "same", "strides": 2}),
    ("Conv2D", (1, 5, 7, 2), {"filters": 2, "kernel_size": 3, "padding": "same", "dilation": 2}),
    ("Conv2D", (1, 7, 6, 2), {"filters": 2, "kernel_size": [3, 2], "strides": [2, 1],
                              "dilation": [1, 3]}),
    ("Conv2D", (1, 4, 5, 4), {"filters": 6, "kernel_size": 3, "groups": 2, "padding": 1}),
    ("Conv2D", (1, 4, 4, 3), {"filters": 3, "kernel_size": 2, "groups": 3}),
    ("Conv2D", (1, 3, 4, 2), {"filters": 3, "kernel_size": 2, "padding": [[0, 1], [2, 0]],
                              "use_bias": False}),
    ("Conv2D", (2, 4, 3, 3), {"filters": 2, "kernel_size": 1, "activation": "tanh"}),
    ("Conv2D", (1, 5, 5, 3), {"filters": 2, "kernel_size": 1, "strides": 2}),
    ("Conv3D", (1, 3, 4, 3, 2), {"filters": 2, "kernel_size": 2}),
    ("Conv3D", (1, 4, 3, 5, 1), {"filters": 2, "kernel_size": [3, 2, 3], "padding": "same",
                                 "strides": [2, 1, 2]}),
    ("Conv3D", (1, 3, 3, 3, 2), {"filters": 2, "kernel_size": 2, "groups": 2, "padding": [1, 0, 1],
                                 "dilation": [1, 2, 1]}),
    ("DepthwiseConv1D", (1, 7, 3), {"kernel_size": 3, "padding": "causal"}),
    ("DepthwiseConv2D", (1, 5, 4, 3), {"kernel_size": 3, "padding": "same"}),
    ("DepthwiseConv2D", (1, 6, 5, 2), {"kernel_size": [2, 3], "strides": 2, "padding": "same",
                                       "depth_multiplier": 2}),
    ("DepthwiseConv2D", (1, 6, 5, 2), {"kernel_size": 2, "dilation": 2, "use_bias": False,
                                       "depth_multiplier": 3}),
    ("SeparableConv1D", (1, 7, 2), {"filters": 3, "kernel_size": 3, "padding": "causal"}),
    ("SeparableConv2D", (1, 6, 5, 2), {"filters": 3, "kernel_size": 3, "strides": 2,
                                       "padding": "same", "depth_multiplier": 2}),
    ("SeparableConv2D", (1, 5, 5, 3), {"filters": 2, "kernel_size": 2, "dilation": 2,
                                       "activation": "tanh"}),
    ("ConvTranspose1D", (1, 5, 2), {"filters": 3, "kernel_size": 4, "strides": 2}),
    ("ConvTranspose1D", (1, 4, 2), {"filters": 2, "kernel_size": 2, "strides": 3}),
    ("ConvTranspose2D", (1, 3, 4, 3), {"filters": 2, "kernel_size": 3, "strides": 2,
                                       "padding": "same"}),
    ("ConvTranspose2D", (1, 3, 3, 2), {"filters": 2, "kernel_size": [2, 3], "strides": [2, 1],
                                       "padding": "same"}),
    ("ConvTranspose2D", (2, 3, 3, 2), {"filters": 2, "kernel_size": 3, "strides": 2, "padding": 1}),
    ("ConvTranspose2D", (1, 3, 4, 2), {"filters": 2, "kernel_size": 4, "strides": 2,
                                       "padding": [[1, 0], [2, 1]], "activation": "tanh"}),
    ("ConvTranspose2D", (1, 3, 3, 2), {"filters": 1, "kernel_size": 2, "dilation": 2,
                                       "use_bias": False}),
    ("ConvTranspose3D", (1, 2, 2, 3, 2), {"filters": 2, "kernel_size": 2, "strides": [1, 2, 2]}),
]  # fmt: skip


def pool_entry(name: str, shape: tuple[int, ...], arguments: dict[str, Any]) -> dict[str, Any]:
    rank = len(shape) - 2
    size = each(arguments.get("pool_size", 2), rank)
    strides = each(arguments.get("strides") or size, rank)

    def function(x: torch.Tensor, _known: Arrays) -> torch.Tensor:
        pairs = widths(arguments.get("padding", "valid"), tuple(x.shape[1:-1]), size, strides)
        image = x.movedim(-1, 1)
        if name.startswith("Max"):
            return MAX[rank](padded(image, pairs, -math.inf), size, strides).movedim(1, -1)
        mean = AVERAGE[rank](padded(image, pairs), size, strides)
        if not arguments.get("count_padding", False):
            mean = mean / AVERAGE[rank](padded(torch.ones_like(image), pairs), size, strides)
        return mean.movedim(1, -1)

    return record(name, arguments, shape, {}, function)


POOLS: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
    ("MaxPool1D", (2, 7, 2), {}),
    ("MaxPool1D", (1, 7, 2), {"pool_size": 3, "strides": 2, "padding": "same"}),
    ("MaxPool2D", (2, 4, 6, 2), {}),
    ("MaxPool2D", (1, 5, 6, 2), {"pool_size": 3, "strides": 2, "padding": 1}),
    ("MaxPool2D", (1, 5, 4, 2), {"pool_size": [2, 3], "strides": 1, "padding": "same"}),
    ("MaxPool3D", (1, 4, 3, 5, 2), {"pool_size": 2, "padding": "same"}),
    ("AveragePool1D", (1, 8, 2), {"pool_size": 3, "strides": 2}),
    ("AveragePool2D", (2, 4, 6, 2), {}),
    ("AveragePool2D", (1, 5, 6, 2), {"pool_size": 3, "strides": 2, "padding": "same"}),
    ("AveragePool2D", (1, 5, 4, 2), {"pool_size": 2, "strides": 1, "padding": [[1, 0], [0, 1]],
                                     "count_padding": True}),
    ("AveragePool3D", (1, 4, 3, 4, 2), {"pool_size": [2, 1, 3], "padding": "same"}),
]  # fmt: skip


def whole_entry(name: str, shape: tuple[int, ...], arguments: dict[str, Any]) -> dict[str, Any]:
    """Global pooling."""
    axes = tuple(range(1, len(shape) - 1))

    def function(x: torch.Tensor, _known: Arrays) -> torch.Tensor:
        reduce = torch.amax if "Max" in name else torch.mean
        return reduce(x, dim=axes, keepdim=arguments.get("keepdims", False))

    return record(name, arguments, shape, {}, function)


def by_name_entry(
    name: str, shape: tuple[int, ...], arguments: dict[str, Any], apply: Callable[..., Any]
) -> dict[str, Any]:
    """A function of an image with channels first."""
    return record(
        name, arguments, shape, {}, lambda x, _known: apply(x.movedim(-1, 1)).movedim(1, -1)
    )


def resized(mode: str, factors: tuple[float, ...]) -> Callable[[torch.Tensor], torch.Tensor]:
    corners = None if mode == "nearest" else False
    return lambda x: functional.interpolate(
        x, scale_factor=factors, mode=mode, align_corners=corners
    )


def moved() -> Iterator[dict[str, Any]]:
    """Adaptive pooling, upsampling, padding and cropping."""
    yield by_name_entry("AdaptiveAveragePool1D", (1, 7, 2), {"output_size": 3},
                        lambda x: functional.adaptive_avg_pool1d(x, 3))  # fmt: skip
    yield by_name_entry("AdaptiveAveragePool2D", (1, 7, 6, 2), {"output_size": [3, 2]},
                        lambda x: functional.adaptive_avg_pool2d(x, (3, 2)))  # fmt: skip
    yield by_name_entry("AdaptiveAveragePool3D", (1, 3, 4, 5, 1), {"output_size": 2},
                        lambda x: functional.adaptive_avg_pool3d(x, 2))  # fmt: skip
    yield by_name_entry("AdaptiveMaxPool1D", (1, 7, 2), {"output_size": 3},
                        lambda x: functional.adaptive_max_pool1d(x, 3))  # fmt: skip
    yield by_name_entry("AdaptiveMaxPool2D", (1, 7, 6, 2), {"output_size": [3, 2]},
                        lambda x: functional.adaptive_max_pool2d(x, (3, 2)))  # fmt: skip
    yield by_name_entry("AdaptiveMaxPool3D", (1, 3, 4, 5, 1), {"output_size": 2},
                        lambda x: functional.adaptive_max_pool3d(x, 2))  # fmt: skip
    line, plane, space = (1, 4, 2), (1, 3, 4, 2), (1, 2, 3, 2, 1)
    yield by_name_entry("Upsample1D", line, {"size": 3}, resized("nearest", (3,)))
    yield by_name_entry("Upsample2D", plane, {"size": [2, 3]}, resized("nearest", (2, 3)))
    yield by_name_entry("Upsample3D", space, {"size": 2}, resized("nearest", (2, 2, 2)))
    smooth = {"method": "bilinear"}
    yield by_name_entry("Upsample1D", line, {"size": 3, **smooth}, resized("linear", (3,)))
    yield by_name_entry("Upsample2D", plane, {"size": 2, **smooth}, resized("bilinear", (2, 2)))
    yield by_name_entry("Upsample2D", plane, {"size": [4, 3], **smooth},
                        resized("bilinear", (4, 3)))  # fmt: skip
    yield by_name_entry("Upsample3D", space, {"size": 2, **smooth},
                        resized("trilinear", (2, 2, 2)))  # fmt: skip
    yield by_name_entry("ZeroPad1D", line, {"padding": [2, 1]}, lambda x: padded(x, [(2, 1)]))
    yield by_name_entry("ZeroPad2D", plane, {"padding": [1, [0, 2]]},
                        lambda x: padded(x, [(1, 1), (0, 2)]))  # fmt: skip
    yield by_name_entry("ZeroPad3D", space, {}, lambda x: padded(x, [(1, 1)] * 3))
    yield by_name_entry("Crop1D", line, {"cropping": [2, 1]}, lambda x: padded(x, [(-2, -1)]))
    yield by_name_entry("Crop2D", plane, {"cropping": [1, [0, 2]]},
                        lambda x: padded(x, [(-1, -1), (0, -2)]))  # fmt: skip
    yield by_name_entry("Crop3D", (1, 3, 3, 4, 1), {}, lambda x: padded(x, [(-1, -1)] * 3))


def norms() -> Iterator[dict[str, Any]]:
    """Normalizations of images, in training."""
    shape, channels = (2, 3, 4, 6), 6
    both = {"weight": (channels,), "bias": (channels,)}

    def first(apply: Callable[..., torch.Tensor]) -> Function:
        return lambda x, known: apply(x.movedim(-1, 1), known).movedim(1, -1)

    for arguments in ({"groups": 3}, {"groups": 1, "epsilon": 1e-5}, {"groups": 6}):
        yield record("GroupNorm", arguments, shape, both, first(
            lambda x, known, a=arguments: functional.group_norm(
                x, a["groups"], known["weight"], known["bias"], a.get("epsilon", 1e-3)
            )
        ))  # fmt: skip
    yield record("InstanceNorm", {}, shape, both, first(
        lambda x, known: functional.instance_norm(
            x, weight=known["weight"], bias=known["bias"], eps=1e-3
        )
    ))  # fmt: skip
    yield record("LayerNorm", {}, shape, both, lambda x, known: functional.layer_norm(
        x, (channels,), known["weight"], known["bias"], 1e-3
    ))  # fmt: skip
    yield record("RMSNorm", {}, shape, {"weight": (channels,)}, lambda x, known:
        functional.rms_norm(x, (channels,), known["weight"], 1e-6)
    )  # fmt: skip
    yield batch_norm(shape, both)


def batch_norm(shape: tuple[int, ...], both: dict[str, Any]) -> dict[str, Any]:
    """With its running statistics after one step from 0 and 1, as Keras keeps them."""
    entry = record("BatchNorm", {"momentum": 0.9}, shape, both, lambda x, known:
        functional.batch_norm(
            x.movedim(-1, 1), None, None, known["weight"], known["bias"], True, 0.0, 1e-3
        ).movedim(1, -1)
    )  # fmt: skip
    x = torch.tensor(entry["x"], dtype=torch.float64)
    mean, variance = x.mean((0, 1, 2)) * 0.1, x.var((0, 1, 2), correction=0) * 0.1 + 0.9
    entry["states"] = {"moving_mean": mean.tolist(), "moving_variance": variance.tolist()}
    known = {
        name: torch.tensor(value, dtype=torch.float64)
        for name, value in entry["parameters"].items()
    }
    y = functional.batch_norm(
        x.movedim(-1, 1), mean, variance, known["weight"], known["bias"],
        False, 0.0, 1e-3,
    ).movedim(1, -1)  # fmt: skip
    return {**entry, "y_eval": y.tolist()}


def entries() -> Iterator[dict[str, Any]]:
    """All entries."""
    for name, shape, arguments in CONVOLUTIONS:
        yield conv_entry(name, shape, arguments)
    for name, shape, arguments in POOLS:
        yield pool_entry(name, shape, arguments)
    for kind in ("Max", "Average"):
        yield whole_entry(f"Global{kind}Pool1D", (2, 5, 3), {})
        yield whole_entry(f"Global{kind}Pool2D", (2, 3, 4, 2), {"keepdims": True})
        yield whole_entry(f"Global{kind}Pool3D", (1, 2, 3, 2, 2), {})
    yield from moved()
    yield from norms()


def main() -> None:
    """Write the fixture."""
    torch.manual_seed(0)
    FIXTURE.write_text("[" + ",\n ".join(json.dumps(entry) for entry in entries()) + "]\n")
    print("tests/fixtures/images.json")


if __name__ == "__main__":
    main()
