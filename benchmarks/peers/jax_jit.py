"""JAX: forward, loss, backward and update as one jit, channels last."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers import channels_last
from benchmarks.workload import Workload


class Contender:
    """donate : the memory of the parameters is given away to the step that renews them
    loop : a jit for all steps, by lax.scan, not one for each
    pooling : "window": lax.reduce_window; "reshape": the largest along an axis of its own, where windows do not meet
    convolution : "lax": lax.conv_general_dilated; "patches" or "slices": what each output
        sees, by conv_general_dilated_patches or cut out slice by slice, times the weights
    """

    def __init__(
        self,
        threads: int,
        *,
        donate: bool = True,
        loop: bool = False,
        pooling: str = "reshape",
        convolution: str = "lax",
    ) -> None:
        self.donate, self.loop, self.how = donate, loop, {"pooling": pooling, "convolution": convolution}
        # XLA takes the number of threads from the CPUs that the process may use.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        os.environ["JAX_PLATFORMS"] = "cpu"
        global jax, jnp
        import jax
        import jax.numpy as jnp

        self.versions = {"jax": jax.__version__}

    def train(
        self, workload: Workload, batch_size: int, learning_rate: float, momentum: float
    ) -> Callable[[], list[float]]:
        kinds, parameters, buffers = _split(workload)
        images, labels = jnp.asarray(channels_last.images(workload.images)), jnp.asarray(workload.labels)

        def loss_of(parameters: Any, buffers: Any, x: Any, y: Any) -> Any:
            outputs, buffers = _forward(kinds, parameters, buffers, x, training=True, **self.how)
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(outputs), y[:, None], 1)), buffers

        def step(state: Any, images: Any, labels: Any, indices: Any) -> Any:
            parameters, velocities, buffers = state
            (loss, buffers), gradients = jax.value_and_grad(loss_of, has_aux=True)(
                parameters, buffers, images[indices], labels[indices]
            )
            velocities = jax.tree.map(lambda v, g: momentum * v + g, velocities, gradients)
            parameters = jax.tree.map(lambda p, v: p - learning_rate * v, parameters, velocities)
            return (parameters, velocities, buffers), loss

        def steps(state: Any, images: Any, labels: Any, batches: Any) -> Any:
            return jax.lax.scan(lambda state, batch: step(state, images, labels, batch), state, batches)

        given = {"donate_argnums": 0} if self.donate else {}
        one, all_of_them = jax.jit(step, **given), jax.jit(steps, **given)
        state = parameters, jax.tree.map(jnp.zeros_like, parameters), buffers
        batches = [jnp.asarray(batch) for batch in workload.batches(batch_size)]
        together = jnp.stack(batches)

        def epoch() -> list[float]:
            nonlocal state
            if self.loop:
                state, losses = all_of_them(state, images, labels, together)
                return [float(loss) for loss in np.asarray(losses)]
            losses = []
            for batch in batches:
                state, loss = one(state, images, labels, batch)
                losses.append(float(loss))
            return losses

        return epoch

    def infer(self, workload: Workload, batch_size: int) -> Callable[[], np.ndarray]:
        kinds, parameters, buffers = _split(workload)

        @jax.jit
        def predict(images: Any) -> Any:
            return jax.nn.log_softmax(_forward(kinds, parameters, buffers, images, training=False, **self.how)[0])

        parts = [jnp.asarray(channels_last.images(part)) for part in workload.parts(batch_size)]
        return lambda: np.concatenate([np.asarray(predict(part)) for part in parts])


def _split(workload: Workload) -> tuple[Any, Any, Any]:
    """(kind and settings, parameters, buffers) of each layer."""
    found = channels_last.layers(workload)
    parts: tuple[list[Any], list[Any]] = ([], [])
    for _, _, arrays in found:
        for part, names in zip(parts, (("weight", "bias"), ("running_mean", "running_var")), strict=True):
            part.append({name: jnp.asarray(arrays[name]) for name in names if name in arrays})
    return [(kind, settings) for kind, settings, _ in found], *parts


def _forward(
    kinds: Any, parameters: Any, buffers: Any, x: Any, *, training: bool, pooling: str, convolution: str
) -> tuple[Any, Any]:
    """The outputs, and the buffers as they are afterwards."""
    after = list(buffers)
    for index, (kind, s) in enumerate(kinds):
        own = parameters[index]
        if kind == "Conv2d":
            x = _convolution(x, own["weight"], s, convolution)
            x = x + own["bias"] if "bias" in own else x
        elif kind in ("BatchNorm1d", "BatchNorm2d"):
            mean, variance = buffers[index]["running_mean"], buffers[index]["running_var"]
            if training:
                axes, count = tuple(range(x.ndim - 1)), x.size // x.shape[-1]
                old, share = (mean, variance), s["momentum"]
                mean, variance = x.mean(axes), x.var(axes)
                after[index] = {
                    "running_mean": old[0] + share * (mean - old[0]),
                    "running_var": old[1] + share * (variance * count / (count - 1) - old[1]),
                }
            x = (x - mean) * (own["weight"] * jax.lax.rsqrt(variance + s["eps"])) + own["bias"]
        elif kind == "ReLU":
            x = jnp.maximum(x, 0)
        elif kind == "MaxPool2d":
            x = _pooling(x, s, pooling)
        elif kind == "Flatten":
            x = x.reshape(len(x), -1)
        elif kind == "Linear":
            x = x @ own["weight"] + own["bias"]
        else:
            raise NotImplementedError(kind)
    return x, after


def _convolution(x: Any, weight: Any, s: Any, how: str) -> Any:
    settings = {
        "padding": [(size, size) for size in s["padding"]],
        "rhs_dilation": tuple(s["dilation"]),
        "dimension_numbers": ("NHWC", "HWIO", "NHWC"),
    }
    if how == "lax":
        return jax.lax.conv_general_dilated(x, weight, tuple(s["stride"]), **settings)
    height, width, inputs, outputs = weight.shape
    if how == "patches":
        patches = jax.lax.conv_general_dilated_patches(x, (height, width), tuple(s["stride"]), **settings)
        return patches @ weight.transpose(2, 0, 1, 3).reshape(inputs * height * width, outputs)  # channels first
    x = jnp.pad(x, [(0, 0), *settings["padding"], (0, 0)])
    (down, right), (tall, wide) = s["stride"], s["dilation"]
    rows = (x.shape[1] - (height - 1) * tall - 1) // down + 1
    columns = (x.shape[2] - (width - 1) * wide - 1) // right + 1
    slices = [
        x[
            :,
            i * tall : i * tall + down * (rows - 1) + 1 : down,
            j * wide : j * wide + right * (columns - 1) + 1 : right,
        ]
        for i in range(height)
        for j in range(width)
    ]
    return jnp.concatenate(slices, axis=-1) @ weight.reshape(height * width * inputs, outputs)


def _pooling(x: Any, s: Any, how: str) -> Any:
    height, width = s["kernel_size"]
    if how == "reshape" and s["stride"] == s["kernel_size"]:
        n, rows, columns, channels = x.shape
        rows, columns = rows // height, columns // width
        x = x[:, : rows * height, : columns * width].reshape(n, rows, height, columns, width, channels)
        return x.max(axis=(2, 4))
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, height, width, 1), (1, *s["stride"], 1), "VALID")
