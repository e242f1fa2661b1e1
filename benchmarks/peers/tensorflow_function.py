"""TensorFlow: forward, loss, backward and update as one tf.function, channels last, momentum as its own kernel."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

from benchmarks.peers import channels_last
from benchmarks.workload import Workload


class Contender:
    def __init__(self, threads: int) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self.versions = {"tensorflow": tf.__version__}

    def train(
        self, workload: Workload, batch_size: int, learning_rate: float, momentum: float
    ) -> Callable[[], list[float]]:
        network = _Network(workload)
        velocities = [tf.Variable(tf.zeros_like(parameter)) for parameter in network.parameters]
        images, labels = tf.constant(channels_last.images(workload.images)), tf.constant(workload.labels)

        @tf.function
        def step(indices: Any) -> Any:
            with tf.GradientTape() as tape:
                outputs = network.forward(tf.gather(images, indices), training=True)
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.gather(labels, indices), outputs)
                loss = tf.reduce_mean(losses)
            gradients = tape.gradient(loss, network.parameters)
            for parameter, velocity, gradient in zip(network.parameters, velocities, gradients, strict=True):
                tf.raw_ops.ResourceApplyMomentum(
                    var=parameter.handle,
                    accum=velocity.handle,
                    lr=learning_rate,
                    grad=gradient,
                    momentum=momentum,
                )
            return loss

        batches = [tf.constant(batch) for batch in workload.batches(batch_size)]
        return lambda: [float(step(batch)) for batch in batches]

    def infer(self, workload: Workload, batch_size: int) -> Callable[[], np.ndarray]:
        network = _Network(workload)

        @tf.function
        def predict(images: Any) -> Any:
            return tf.nn.log_softmax(network.forward(images, training=False))

        parts = [tf.constant(channels_last.images(part)) for part in workload.parts(batch_size)]
        return lambda: np.concatenate([predict(part).numpy() for part in parts])


class _Network:
    def __init__(self, workload: Workload) -> None:
        self.parameters: list[Any] = []
        self.layers = []
        for kind, settings, arrays in channels_last.layers(workload):
            variables = {
                name: tf.Variable(array, trainable=name in ("weight", "bias")) for name, array in arrays.items()
            }
            self.parameters += [variable for variable in variables.values() if variable.trainable]
            self.layers.append((kind, settings, variables))

    def forward(self, x: Any, *, training: bool) -> Any:
        for kind, settings, variables in self.layers:
            if kind == "Convolution":
                height, width = settings["padding"]
                x = tf.nn.conv2d(
                    x,
                    variables["weight"],
                    settings["stride"],
                    [[0, 0], [height, height], [width, width], [0, 0]],
                    dilations=settings["dilation"],
                )
                x = tf.nn.bias_add(x, variables["bias"]) if "bias" in variables else x
            elif kind == "BatchNormalization":
                x = _normalize(x, settings, variables, training)
            elif kind == "ReLU":
                x = tf.nn.relu(x)
            elif kind == "MaxPooling":
                x = tf.nn.max_pool2d(x, settings["kernel"], settings["stride"], "VALID")
            elif kind == "Flatten":
                x = tf.reshape(x, (tf.shape(x)[0], int(np.prod(x.shape[1:]))))
            elif kind == "Linear":
                x = tf.nn.bias_add(tf.matmul(x, variables["weight"]), variables["bias"])
            else:
                raise NotImplementedError(kind)
        return x


def _normalize(x: Any, settings: dict[str, Any], variables: dict[str, Any], training: bool) -> Any:
    running = variables["running_mean"], variables["running_variance"]
    given = {} if training else {"mean": running[0], "variance": running[1]}
    x, *measured = tf.compat.v1.nn.fused_batch_norm(
        x, variables["weight"], variables["bias"], epsilon=settings["epsilon"], is_training=training, **given
    )
    if training:
        for variable, value in zip(running, measured, strict=True):
            variable.assign_add(settings["momentum"] * (value - variable))
    return x
