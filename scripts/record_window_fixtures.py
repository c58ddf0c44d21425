"""Records what PyTorch's pooling and resizing compute, for tests that have no PyTorch.

    python -m scripts.record_window_fixtures

writes tests/fixtures/windows.json in float64. Needs the `bench` extra. Each entry has our function
and its arguments, an image with channels last, the cotangent, and PyTorch's result and gradient.
Values are halves, so that windows have ties.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIXTURE = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "windows.json"
SHAPES = {1: (2, 9, 2), 2: (1, 8, 7, 2), 3: (1, 5, 6, 5, 1)}
POOLS = ((2, 2, 0), (3, 2, 1), (3, 1, 1), (5, 3, 2), (2, 3, 0))
"""Window, stride and padding."""
SIZES = ((1, 1, 1), (2, 3, 2), (5, 4, 3))
"""Of adaptive pooling."""
FACTORS = (2, 3)
EXTENTS = ((3, 5), (11, 9), (8, 14))
"""Of resized images."""
MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}


def record(
    name: str, arguments: dict[str, Any], rank: int, call: Callable[[torch.Tensor], torch.Tensor]
) -> dict[str, Any]:
    """One entry."""
    image = torch.round(torch.randn(SHAPES[rank]) * 3).double() / 2
    x = image.movedim(-1, 1).clone().requires_grad_()
    y = call(x)
    ct = torch.round(torch.randn(y.shape) * 8).double() / 4
    y.backward(ct)
    assert x.grad is not None

    def last(tensor: torch.Tensor) -> Any:
        return tensor.detach().movedim(1, -1).tolist()

    return {
        "function": name, "arguments": arguments, "x": image.tolist(), "ct": last(ct),
        "y": last(y), "dx": last(x.grad),
    }  # fmt: skip


def pools(rank: int) -> Iterator[dict[str, Any]]:
    """Maxima and means of windows."""
    largest = getattr(functional, f"max_pool{rank}d")
    mean = getattr(functional, f"avg_pool{rank}d")
    for window, strides, width in POOLS:
        given: dict[str, Any] = {
            "window": window, "strides": strides, "padding": [[width, width]] * rank
        }  # fmt: skip
        yield record(
            "max_pool", given, rank,
            lambda x, k=window, s=strides, p=width: largest(x, k, s, p),
        )  # fmt: skip
        for count in (False, True):
            yield record(
                "average_pool", {**given, "count_padding": count}, rank,
                lambda x, k=window, s=strides, p=width, c=count: mean(
                    x, k, s, p, count_include_pad=c
                ),
            )  # fmt: skip


def adaptive_pools(rank: int) -> Iterator[dict[str, Any]]:
    """Bins that cover an image."""
    for kind, ours in (("max", "adaptive_max_pool"), ("avg", "adaptive_average_pool")):
        pool = getattr(functional, f"adaptive_{kind}_pool{rank}d")
        for sizes in SIZES:
            size = sizes[:rank]
            yield record(ours, {"output_size": size}, rank, lambda x, f=pool, s=size: f(x, s))


def resized(rank: int) -> Iterator[dict[str, Any]]:
    """Images made larger and smaller."""
    for factor in FACTORS if rank < 3 else FACTORS[:1]:
        yield record(
            "upsample", {"size": factor, "method": "nearest"}, rank,
            lambda x, f=factor: functional.interpolate(x, scale_factor=f, mode="nearest"),
        )  # fmt: skip
        yield record(
            "upsample", {"size": factor, "method": "bilinear"}, rank,
            lambda x, f=factor: functional.interpolate(
                x, scale_factor=f, mode=MODES[rank], align_corners=False
            ),
        )  # fmt: skip
    for extents in EXTENTS if rank == 2 else ():
        for ours, mode in (("nearest", "nearest-exact"), ("bilinear", "bilinear")):
            corners = {} if mode == "nearest-exact" else {"align_corners": False}
            yield record(
                "resize", {"output_size": extents, "method": ours}, rank,
                lambda x, e=extents, m=mode, c=corners: functional.interpolate(x, e, mode=m, **c),
            )  # fmt: skip


def main() -> None:
    """Write the fixture."""
    torch.manual_seed(0)
    entries = [
        entry
        for rank in SHAPES
        for kind in (pools, adaptive_pools, resized)
        for entry in kind(rank)
    ]
    FIXTURE.write_text("[" + ",\n ".join(map(json.dumps, entries)) + "]\n")
    print(f"tests/fixtures/windows.json: {len(entries)} entries")


if __name__ == "__main__":
    main()
