"""What the calls of a program give."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnncli.layers.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class StepResult:
    """One training step: mean of the losses of its samples, how many were classified right, and how many there were."""

    loss: float
    correct: int
    samples: int


@dataclass(frozen=True, slots=True)
class Operation:
    """A native operation of a program.

    name : its class in cpp/kernels, or "call" for a layer that runs in Python
    tensor : that its node gives, in the numbers of `network.trace()`; several layers can be one node, and Dropout has
        no number in predictions; -1: the batch, the loss, the update
    tasks : into which threads may split it, for a full batch
    scratch_bytes : memory that each thread needs meanwhile
    """

    name: str
    tensor: int
    tasks: int
    scratch_bytes: int


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """Mean loss, samples classified right, the class predicted for each sample (int64), and the outputs that it comes
    from: float32 (N, outputs), as `Program.predict` gives them."""

    loss: float
    correct: int
    predictions: npt.NDArray[np.int64]
    outputs: FloatArray
