"""A bell over the plane, 5 exp(-(x^2 + y^2) / 2), learned from points drawn inside the loop.

No data set exists: `draw` is traced once into the compiled training step, which draws its own
batch from a counter, 200,000 times without returning to Python.
"""

from pathlib import Path

import numpy as np

import constnet as cn
from constnet import nn

EDGE = 3.0


def draw(rng):
    """Return a random point and the height of the bell above it, for each sample of a batch."""
    points = rng.uniform((2,), -EDGE, EDGE)  # of one sample: the batch axis is put in front
    return points, 5.0 * cn.ops.exp(-0.5 * cn.ops.sum(points * points, axis=1, keepdims=True))


def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return size x size points that cover the square, and the true heights."""
    axis = np.linspace(-EDGE, EDGE, size, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    heights = 5.0 * np.exp(-0.5 * np.sum(points**2, axis=1, keepdims=True))
    return points, heights.astype(np.float32)


def main(
    width: int = 8,
    steps: int = 200_000,
    frames: int = 40,
    picture: str | None = "gaussian.gif",
    seed: int = 0,
    verbose: int = 1,
) -> float:
    """Train 2-width-width-1; return the mean squared error on a fine grid.

    With `picture`, a callback takes up to `frames` snapshots of the surface, which are written
    as an animation.
    """
    net = nn.Sequential(
        nn.Dense(2, width, kernel_initializer="he_normal"),
        nn.ReLU(),
        nn.Dense(width, width, kernel_initializer="he_normal"),
        nn.ReLU(),
        nn.Dense(width, 1),
    )
    rate = cn.optim.CosineDecay(1e-2 if width < 16 else 3e-3, decay_steps=steps)
    model = cn.Model(
        net, loss=cn.losses.MeanSquaredError(), optimizer=cn.optim.Adam(rate), seed=seed
    )
    sampler = cn.data.Sampler(draw, batch_size=16)
    points, heights = grid(61)
    surfaces: list[np.ndarray] = []
    every = max(1, steps // 2000)
    # most happens early: snapshots lie evenly on a logarithmic scale
    moments = set((np.geomspace(every, steps, frames) // every * every).astype(int).tolist())

    def look(step: int, _logs: object) -> None:
        if step in moments:
            surfaces.append(model.predict(points).reshape(61, 61))

    snapshot = cn.callbacks.LambdaCallback(on_steps=look, every_steps=every)
    model.fit(sampler, steps=steps, callbacks=[snapshot] if picture else [], verbose=verbose)
    if picture:
        animate(heights.reshape(61, 61), surfaces, Path(picture))
    points, heights = grid(201)
    error = float(np.mean((model.predict(points) - heights) ** 2))
    if verbose:
        print(f"2-{width}-{width}-1, {steps} steps of 16 points: mean squared error {error:.6f}")
    return error


def animate(target: np.ndarray, surfaces: list[np.ndarray], path: Path) -> None:
    """Write an animated GIF: the target beside what the network has learned so far."""
    import matplotlib as mpl
    from matplotlib.animation import FuncAnimation, PillowWriter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, subplot_kw={"projection": "3d"})
    y, x = np.mgrid[-EDGE : EDGE : target.shape[0] * 1j, -EDGE : EDGE : target.shape[1] * 1j]
    colors = mpl.colormaps["viridis"]

    def show(frame: int) -> list:
        for axes, surface, title in (
            (left, target, "target"),
            (right, surfaces[frame], f"learned, {frame + 1} of {len(surfaces)}"),
        ):
            axes.clear()
            axes.plot_surface(x, y, surface, cmap=colors, vmin=0, vmax=5, rstride=2, cstride=2)
            axes.set_zlim(-0.5, 5.5)
            axes.set_title(title)
        return []

    FuncAnimation(figure, show, frames=len(surfaces)).save(path, PillowWriter(fps=10))


if __name__ == "__main__":
    main()
    main(width=32, picture=None)
