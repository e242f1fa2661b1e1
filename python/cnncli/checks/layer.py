"""The checks of a layer, a function each; a verdict says what was found, or what is wrong and where."""

import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cnncli.checks.compiled import check_compiled
from cnncli.checks.differences import Failed, check_gradients
from cnncli.checks.subject import SAMPLES, LayerFault, Subject, make_subjects
from cnncli.custom_code import fault_text
from cnncli.errors import CnnError
from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.faults import LayerError
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    name : of the check: "gradient of the input"
    passed : whether the layer is right
    text : what was measured, or what is wrong
    """

    name: str
    passed: bool
    text: str


def check_layer(
    kind: str,
    settings: Mapping[str, Any] | None = None,
    shapes: Sequence[Shape] = (),
    span: tuple[float, float] | None = None,
    seed: int = 1,
) -> tuple[list[Subject], list[CheckResult]]:
    """Checks a layer by its registered name. Returns what was run, and a verdict for each check.

    settings : of the constructor; sizes that follow from the input may be left out
    shapes : of one sample; none: three random ones
    span : (lowest, highest) value of the input; None: normal ones
    seed : of parameters, input and shapes

    Raises CnnError for a layer that cannot be made or that takes none of the shapes.
    """
    try:
        subjects = make_subjects(kind, settings or {}, shapes, span, seed)
    except LayerFault as error:
        return [], [CheckResult("output", False, str(error))]
    for subject in subjects:
        if subject.fault is not None:  # then there is nothing else to look at
            return subjects, [CheckResult("output", False, subject.fault.reason)]
    names = [parameter.name for parameter in subjects[0].layer.named_parameters()]
    checks: list[tuple[str, Callable[[list[Subject]], str]]] = [
        ("output", _output),
        ("gradient of the input", lambda them: check_gradients(them, "")),
        *((f"gradient of {name}", _gradient_of(name)) for name in names),
        ("gradients add up", _accumulates),
        ("inputs stay as they are", _inputs_stay),
        ("one sample", _one_sample),
        ("empty batch", _empty),
        ("training and evaluation", _modes),
        ("save and load", _saved),
        ("compiled", check_compiled),
    ]
    return subjects, [_verdict(name, check, subjects) for name, check in checks]


def _gradient_of(name: str) -> Callable[[list[Subject]], str]:
    return lambda subjects: check_gradients(subjects, name)


def _verdict(name: str, check: Callable[[list[Subject]], str], subjects: list[Subject]) -> CheckResult:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy, for the empty batch
            return CheckResult(name, True, check(subjects))
    except Failed as error:
        return CheckResult(name, False, str(error))
    except LayerError as error:
        return CheckResult(name, False, error.reason)
    except CnnError as error:
        line = str(error).removeprefix("network, layer 0, ").removeprefix(f"{subjects[0].layer!r}: ")
        return CheckResult(name, False, line)
    except Exception as error:
        return CheckResult(name, False, fault_text(error, "it"))


def _output(subjects: list[Subject]) -> str:
    found = []
    for subject in subjects:
        for training in (False, True):
            output = subject.run(subject.fresh(), subject.input, training=training)
            if not np.isfinite(output).all():
                raise Failed(f"holds infinity or NaN for samples of {format_shape(subject.shape)}; see --range")
        expected = subject.layer.output_shape(subject.shape)
        if output.shape[1:] != expected:
            raise Failed(f"has shape {output.shape}, but output_shape says {expected} for one sample")
        found.append(f"{format_shape(subject.shape)} -> {format_shape(expected)}")
    return ", ".join(found)


def _accumulates(subjects: list[Subject]) -> str:
    subject = subjects[0]
    plain = subject.passes(training=True)
    more = subject.passes(training=True, scale=0.5, start=1.0)
    for name, gradient in more.gradients.items():
        wanted = 1 + 0.5 * plain.gradients[name]
        if not np.allclose(gradient, wanted, rtol=1e-4, atol=1e-5 * max(1.0, float(np.abs(wanted).max(initial=0)))):
            raise Failed(
                f"grad_{name} was 1 and is not 1 + scale * gradient after a pass with scale 0.5; write "
                f"self.grad_{name} += scale * gradient"
            )
    return "scale * gradient is added" if more.gradients else "no parameters"


def _inputs_stay(subjects: list[Subject]) -> str:
    for subject in subjects:
        layer = subject.fresh()
        input, weights = subject.input.copy(), subject.weights.copy()
        layer.train()
        layer.forward(input)
        layer.backward(input, weights)
        if input.tobytes() != subject.input.tobytes() or weights.tobytes() != subject.weights.tobytes():
            raise Failed("a pass writes to its input or to grad_output; work on a copy")
    return "neither input nor grad_output is written to"


def _one_sample(subjects: list[Subject]) -> str:
    for subject in subjects:
        batch = subject.run(subject.fresh(), subject.input, training=False)
        for sample in range(SAMPLES):
            alone = subject.run(subject.fresh(), subject.input[sample : sample + 1], training=False)
            if not np.allclose(alone[0], batch[sample], rtol=1e-4, atol=1e-5 * float(np.abs(batch).max(initial=1))):
                raise Failed("in evaluation a sample's output depends on the other samples of its batch")
    return "gives what it gives in a batch"


def _empty(subjects: list[Subject]) -> str:
    for subject in subjects:
        layer = subject.fresh()
        layer.zero_grad_parameters()
        empty = np.empty((0, *subject.shape), np.float32)
        output = subject.run(layer, empty, training=False)
        if output.shape != (0, *subject.weights.shape[1:]):
            raise Failed(f"gives shape {output.shape}, not {(0, *subject.weights.shape[1:])}")
        if layer.backward(empty, output).shape != empty.shape:
            raise Failed("update_grad_input does not give the shape of the empty input")
        if any(parameter.gradient.any() for parameter in layer.named_parameters()):
            raise Failed("acc_grad_parameters adds something for no samples at all")
    return "both passes"


def _modes(subjects: list[Subject]) -> str:
    for subject in subjects:
        layer = subject.fresh()
        before = _state(layer)
        first = subject.run(layer, subject.input, training=False)
        second = subject.run(layer, subject.input, training=False)
        if first.tobytes() != second.tobytes():
            raise Failed("in evaluation (self.training is False) two passes give two outputs")
        if _state(layer) != before:
            raise Failed("in evaluation a pass changes a parameter or a buffer")
        trained = subject.run(layer, subject.input, training=True)
        other = trained.tobytes() != first.tobytes()
    return "evaluation repeats itself and changes nothing; " + ("training differs" if other else "both modes are alike")


def _state(layer: Any) -> list[bytes]:
    arrays = [parameter.value for parameter in layer.named_parameters()] + [array for _, array in layer.named_buffers()]
    return [array.tobytes() for array in arrays]


def _saved(subjects: list[Subject]) -> str:
    for subject in subjects:
        network = Network([subject.fresh()], subject.shape)
        network.eval()
        with tempfile.TemporaryDirectory() as folder:
            save_model(Path(folder) / "model.bin", network)
            loaded = load_model(Path(folder) / "model.bin")
        if _state(loaded) != _state(network):
            raise Failed("the loaded layer has other parameters or buffers")
        if loaded.forward(subject.input).tobytes() != network.forward(subject.input).tobytes():
            raise Failed("the loaded layer gives another output; return from settings() all that the constructor takes")
    return "the same bits"
