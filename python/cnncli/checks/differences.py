"""Gradients against central differences, extrapolated after Richardson; kinks and jumps are stepped around."""

import numpy as np

from cnncli.checks.subject import Doubles, Subject
from cnncli.layers.arrays import format_shape

_ELEMENTS = 24  # of each array
_HALVINGS = 6


class Failed(Exception):
    """What is wrong with the layer."""


def check_gradients(subjects: list[Subject], name: str) -> str:
    """The gradient of the input ("") or of a parameter by its name, in both modes. Raises Failed if it is wrong."""
    worst, elements, skipped = 0.0, 0, 0
    rng = np.random.default_rng(5)
    for subject in subjects:
        for training in (False, True):
            gradient = _gradient(subject, name, training)
            chosen = rng.permutation(gradient.size)[:_ELEMENTS]
            pairs = []
            for flat in chosen:
                index = tuple(int(i) for i in np.unravel_index(int(flat), gradient.shape))
                difference = _difference(subject, name, index, training)
                if difference is None:
                    skipped += 1
                else:
                    pairs.append((float(gradient[index]), difference, index))
            elements += len(pairs)
            worst = max(worst, _compare(subject, name, training, pairs))
    precision = "float64" if all(subject.wide for subject in subjects) else "float32"
    if not elements:
        return "no elements" if not skipped else "not differentiable at any of the elements tried"
    beside = f", {skipped} at kinks left out" if skipped else ""
    return f"{elements} elements, largest difference {worst:.1e} ({precision}{beside})"


def _gradient(subject: Subject, name: str, training: bool) -> Doubles:
    passes = subject.wide_passes(training=training) if subject.wide else subject.passes(training=training)
    return passes.grad_input.reshape(subject.input.shape) if name == "" else passes.gradients[name]


def _compare(subject: Subject, name: str, training: bool, pairs: list[tuple[float, float, tuple[int, ...]]]) -> float:
    """The largest difference, relative to the largest gradient."""
    if not pairs:
        return 0.0
    size = max(max(abs(given), abs(wanted)) for given, wanted, _ in pairs)
    given, wanted, index = max(pairs, key=lambda pair: _apart(pair[0], pair[1]))
    error = _apart(given, wanted) / max(size, 1e-6)
    if not error <= (1e-6 if subject.wide else 5e-3):
        method = "update_grad_input" if name == "" else "acc_grad_parameters"
        place = "input" if name == "" else name
        mode = "training" if training else "evaluation"
        raise Failed(
            f"{method} gives {given:.6g} for {place}[{', '.join(map(str, index))}], and differences {wanted:.6g} "
            f"(samples of {format_shape(subject.shape)}, {mode})"
        )
    return error


def _apart(given: float, wanted: float) -> float:
    difference = abs(given - wanted)
    return difference if np.isfinite(difference) else float("inf")


def _difference(subject: Subject, name: str, index: tuple[int, ...], training: bool) -> float | None:
    """The derivative by differences, with a step that is halved until two of them agree; None at a kink."""
    step, agree = (2.0**-10, 1e-6) if subject.wide else (2.0**-5, 1e-3)

    middle = subject.objective(name, index, 0.0, training=training)

    def slopes(size: float) -> tuple[float, float]:
        """The central difference, and that of the slopes on both sides: size * f'' unless there is a kink."""
        above = subject.objective(name, index, size, training=training)
        below = subject.objective(name, index, -size, training=training)
        return (above - below) / (2 * size), (above + below - 2 * middle) / size

    coarse, bend = slopes(step)
    for _ in range(_HALVINGS):
        fine, half_bend = slopes(step / 2)
        close = agree * max(1.0, abs(fine))
        if abs(fine - coarse) <= close and abs(bend - 2 * half_bend) <= 10 * close:
            return (4 * fine - coarse) / 3
        step, coarse, bend = step / 2, fine, half_bend
    return None
