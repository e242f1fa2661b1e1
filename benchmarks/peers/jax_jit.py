"""JAX: forward, loss, backward and update as one jit, channels last."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers import channels_last
from benchmarks.workload import Workload


class Contender:
    def __init__(self, threads: int) -> None:
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
            outputs, buffers = _forward(kinds, parameters, buffers, x, training=True)
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(outputs), y[:, None], 1)), buffers

        @jax.jit
        def step(state: Any, images: Any, labels: Any, indices: Any) -> Any:
            parameters, velocities, buffers = state
            (loss, buffers), gradients = jax.value_and_grad(loss_of, has_aux=True)(
                parameters, buffers, images[indices], labels[indices]
            )
            velocities = jax.tree.map(lambda v, g: momentum * v + g, velocities, gradients)
            parameters = jax.tree.map(lambda p, v: p - learning_rate * v, parameters, velocities)
            return (parameters, velocities, buffers), loss

        state = parameters, jax.tree.map(jnp.zeros_like, parameters), buffers
        batches = [jnp.asarray(batch) for batch in workload.batches(batch_size)]

        def epoch() -> list[float]:
            nonlocal state
            losses = []
            for batch in batches:
                state, loss = step(state, images, labels, batch)
                losses.append(float(loss))
            return losses

        return epoch

    def infer(self, workload: Workload, batch_size: int) -> Callable[[], np.ndarray]:
        kinds, parameters, buffers = _split(workload)

        @jax.jit
        def predict(images: Any) -> Any:
            return jax.nn.log_softmax(_forward(kinds, parameters, buffers, images, training=False)[0])

        parts = [jnp.asarray(channels_last.images(part)) for part in workload.parts(batch_size)]
        return lambda: np.concatenate([np.asarray(predict(part)) for part in parts])


def _split(workload: Workload) -> tuple[Any, Any, Any]:
    """(kind and settings, parameters, buffers) of each layer."""
    found = channels_last.layers(workload)
    parts: tuple[list[Any], list[Any]] = ([], [])
    for _, _, arrays in found:
        for part, names in zip(parts, (("weight", "bias"), ("running_mean", "running_variance")), strict=True):
            part.append({name: jnp.asarray(arrays[name]) for name in names if name in arrays})
    return [(kind, settings) for kind, settings, _ in found], *parts


def _forward(kinds: Any, parameters: Any, buffers: Any, x: Any, *, training: bool) -> tuple[Any, Any]:
    """The outputs, and the buffers as they are afterwards."""
    after = list(buffers)
    for index, (kind, s) in enumerate(kinds):
        own = parameters[index]
        if kind == "Convolution":
            x = jax.lax.conv_general_dilated(
                x,
                own["weight"],
                tuple(s["stride"]),
                [(size, size) for size in s["padding"]],
                rhs_dilation=tuple(s["dilation"]),
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
            )
            x = x + own["bias"] if "bias" in own else x
        elif kind == "BatchNormalization":
            mean, variance = buffers[index]["running_mean"], buffers[index]["running_variance"]
            if training:
                axes, count = tuple(range(x.ndim - 1)), x.size // x.shape[-1]
                old, share = (mean, variance), s["momentum"]
                mean, variance = x.mean(axes), x.var(axes)
                after[index] = {
                    "running_mean": old[0] + share * (mean - old[0]),
                    "running_variance": old[1] + share * (variance * count / (count - 1) - old[1]),
                }
            x = (x - mean) * (own["weight"] * jax.lax.rsqrt(variance + s["epsilon"])) + own["bias"]
        elif kind == "ReLU":
            x = jnp.maximum(x, 0)
        elif kind == "MaxPooling":
            window, stride = (1, *s["kernel"], 1), (1, *s["stride"], 1)
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, stride, "VALID")
        elif kind == "Flatten":
            x = x.reshape(len(x), -1)
        elif kind == "Linear":
            x = x @ own["weight"] + own["bias"]
        else:
            raise NotImplementedError(kind)
    return x, after
