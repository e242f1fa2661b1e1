"""TensorFlow: forward, loss, backward and update in a tf.function, channels last, momentum as its own kernel."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

from benchmarks.peers import channels_last
from benchmarks.workload import Workload


class Contender:
    """padding : "same" wherever it means the settings of the layer; "explicit" always says how many, which oneDNN's
        kernels in TensorFlow do not take, so that Eigen computes the gradients
    xla : compiled by XLA
    loop : a tf.function for all steps, not one for each
    lite : inference by TensorFlow Lite
    several_operations : as many operations at the same time as there are threads, not one
    """

    def __init__(
        self,
        threads: int,
        *,
        padding: str = "same",
        xla: bool = False,
        loop: bool = True,
        lite: bool = False,
        several_operations: bool = False,
    ) -> None:
        self.padding, self.xla, self.loop, self.lite = padding, xla, loop, lite
        self.threads = threads
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads if several_operations else 1)
        self.versions = {"tensorflow": tf.__version__}

    def train(
        self, workload: Workload, batch_size: int, learning_rate: float, momentum: float
    ) -> Callable[[], list[float]]:
        network = _Network(workload, self.padding)
        velocities = [tf.Variable(tf.zeros_like(parameter)) for parameter in network.parameters]
        images, labels = tf.constant(channels_last.images(workload.images)), tf.constant(workload.labels)

        @tf.function(jit_compile=self.xla, input_signature=[tf.TensorSpec([batch_size], tf.int64)])
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
        if not self.loop:
            return lambda: [float(step(batch)) for batch in batches]

        @tf.function
        def epoch(batches: Any) -> Any:
            losses = tf.TensorArray(tf.float32, len(batches))
            for index in tf.range(len(batches)):
                losses = losses.write(index, step(batches[index]))
            return losses.stack()

        return lambda: epoch(tf.stack(batches)).numpy().tolist()

    def infer(self, workload: Workload, batch_size: int) -> Callable[[], np.ndarray]:
        network = _Network(workload, self.padding)

        @tf.function(
            jit_compile=self.xla, input_signature=[tf.TensorSpec([batch_size, *network.input_shape], tf.float32)]
        )
        def predict(images: Any) -> Any:
            return tf.nn.log_softmax(network.forward(images, training=False))

        arrays = [channels_last.images(part) for part in workload.parts(batch_size)]
        if self.lite:
            return self._lite(predict, arrays)
        parts = [tf.constant(array) for array in arrays]
        return lambda: np.concatenate([predict(part).numpy() for part in parts])

    def _lite(self, predict: Any, arrays: list[np.ndarray]) -> Callable[[], np.ndarray]:
        converter = tf.lite.TFLiteConverter.from_concrete_functions([predict.get_concrete_function()])
        interpreter = tf.lite.Interpreter(model_content=converter.convert(), num_threads=self.threads)
        interpreter.allocate_tensors()
        source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

        def one(array: np.ndarray) -> np.ndarray:
            interpreter.set_tensor(source, array)
            interpreter.invoke()
            return interpreter.get_tensor(target)

        return lambda: np.concatenate([one(array) for array in arrays])


class _Network:
    def __init__(self, workload: Workload, padding: str) -> None:
        channels, *size = workload.description["input"]
        self.input_shape = [*size, channels]
        self.padding = padding
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
            if kind == "Conv2d":
                padding = _padding(settings) if self.padding == "same" else _explicit(settings)
                x = tf.nn.conv2d(x, variables["weight"], settings["stride"], padding, dilations=settings["dilation"])
                x = tf.nn.bias_add(x, variables["bias"]) if "bias" in variables else x
            elif kind in ("BatchNorm1d", "BatchNorm2d"):
                x = _normalize(x, settings, variables, training)
            elif kind == "ReLU":
                x = tf.nn.relu(x)
            elif kind == "MaxPool2d":
                x = tf.nn.max_pool2d(x, settings["kernel_size"], settings["stride"], "VALID")
            elif kind == "Flatten":
                x = tf.reshape(x, (tf.shape(x)[0], int(np.prod(x.shape[1:]))))
            elif kind == "Linear":
                x = tf.nn.bias_add(tf.matmul(x, variables["weight"]), variables["bias"])
            else:
                raise NotImplementedError(kind)
        return x


def _padding(settings: dict[str, Any]) -> Any:
    """ "SAME" or "VALID" where they mean the same."""
    if settings["padding"] == [0, 0]:
        return "VALID"
    sizes = zip(settings["kernel_size"], settings["dilation"], settings["padding"], strict=True)
    if settings["stride"] == [1, 1] and all((size - 1) * step == 2 * padding for size, step, padding in sizes):
        return "SAME"
    return _explicit(settings)


def _explicit(settings: dict[str, Any]) -> Any:
    height, width = settings["padding"]
    return [[0, 0], [height, height], [width, width], [0, 0]]


def _normalize(x: Any, settings: dict[str, Any], variables: dict[str, Any], training: bool) -> Any:
    running = variables["running_mean"], variables["running_var"]
    given = {} if training else {"mean": running[0], "variance": running[1]}
    x, *measured = tf.compat.v1.nn.fused_batch_norm(
        x, variables["weight"], variables["bias"], epsilon=settings["eps"], is_training=training, **given
    )
    if training:
        for variable, value in zip(running, measured, strict=True):
            variable.assign_add(settings["momentum"] * (value - variable))
    return x
