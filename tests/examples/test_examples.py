"""The small examples: each runs as a script and prints the numbers that the lecture, or arithmetic, says."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "examples"


def run(name: str) -> str:
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py")], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[-+]?\d+\.?\d*(?:e-?\d+)?", text)]


def test_every_example_is_in_the_table_and_has_a_test() -> None:
    scripts = {path.stem for path in FOLDER.glob("*.py")}
    assert scripts == set(re.findall(r"^\| `(\w+)\.py`", (FOLDER / "README.md").read_text(), re.MULTILINE))
    assert scripts == set(re.findall(r'run\("(\w+)"\)', Path(__file__).read_text()))


def test_linear_regression_recovers_the_weights() -> None:
    lines = run("linear_regression").splitlines()
    losses = [numbers(line)[1] for line in lines if line.startswith("step")]
    assert losses[0] > 10 and losses[-1] < 2e-4 and losses == sorted(losses, reverse=True)
    assert numbers(lines[-1]) == pytest.approx([2, -3, 0.5, 4], abs=0.01)


def test_linear_classification_separates_three_and_two_classes() -> None:
    three, two, centres = run("linear_classification").splitlines()
    assert numbers(three)[-1] > 95 and numbers(two)[-1] > 95
    low, high = numbers(centres)
    assert low < -0.5 and high > 0.5  # class 0 is -1, class 1 is +1


def test_perceptron_learns_and_and_or_but_not_xor() -> None:
    learned = {line.split(":")[0]: line for line in run("perceptron").splitlines()}
    assert "learned in" in learned["AND"] and "answers [0, 0, 0, 1]" in learned["AND"]
    assert "learned in" in learned["OR"] and "answers [0, 1, 1, 1]" in learned["OR"]
    assert "not learned in 100 epochs" in learned["XOR"] and "answers [0, 1, 1, 0]" not in learned["XOR"]
    assert "not learned" not in learned["AND"] + learned["OR"]


def test_mlp_learns_xor() -> None:
    lines = run("xor").splitlines()
    outputs = [numbers(line)[-1] for line in lines[-4:]]
    assert np.sign(outputs).tolist() == [-1, 1, 1, -1] and min(map(abs, outputs)) > 0.8


def test_one_step_is_the_arithmetic() -> None:
    prediction, loss, gradient, weights, after = run("one_step").splitlines()
    assert numbers(prediction)[-1] == -0.5 and numbers(loss)[-1] == 1.125 and numbers(gradient)[-1] == -1.5
    assert numbers(weights)[-3:] == [0.65, -0.2, 0.15]
    # w x + b - t = 0.65 - 0.4 + 0.15 - 1 = -0.6
    assert numbers(after)[-1] == pytest.approx(0.18)


def test_three_loops_take_their_steps_and_reach_the_same() -> None:
    lines = [numbers(line) for line in run("three_loops").splitlines()]
    assert [line[:2] for line in lines] == [[128, 10], [1, 1280], [16, 80]]
    assert lines[0][2] > 0.03 and lines[1][2] < 0.02 and lines[2][2] < 0.02  # ten steps are few
    for line in lines[1:]:
        assert line[3:] == pytest.approx([1, -2], abs=0.05)


def test_softmax_figure_is_that_of_the_lecture_with_a_positive_loss() -> None:
    probabilities, loss, gradient = run("softmax_figure").splitlines()
    assert numbers(probabilities) == [0.1185, 0.0059, 0.8756]
    assert "+0.1328" in loss and numbers(loss) == [0.1328, 0.1328]
    assert numbers(gradient) == [0.1185, 0.0059, -0.1244]


def _by_hand(picture: np.ndarray, mask: np.ndarray, turned: bool) -> np.ndarray:
    """The definitions: correlation sums p[i+k, j+l] m[k, l], convolution p[i+2-k, j+2-l] m[k, l]."""
    out = np.zeros((picture.shape[0] - 2, picture.shape[1] - 2))
    for i, j in np.ndindex(out.shape):
        for k, m in np.ndindex(3, 3):
            out[i, j] += mask[k, m] * (picture[i + 2 - k, j + 2 - m] if turned else picture[i + k, j + m])
    return out


def test_masks_are_correlation_and_true_convolution_and_the_sliding_mask() -> None:
    text = run("masks")
    picture = np.zeros((6, 6))
    picture[1:5, 1:4] = 9
    masks = {
        "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "blur": [[1 / 9] * 3] * 3,
        "edge-detect": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    }  # fmt: skip
    blocks = dict(re.findall(r"^([a-z][^\n\[]*)\n(\[\[.*?\]\])", text, re.MULTILINE | re.DOTALL))
    assert set(blocks) == {*masks, "emboss, correlation", "emboss, true convolution", "the sliding mask"}
    for name, mask in masks.items():
        expected = _by_hand(picture, np.array(mask), turned=False)
        assert numbers(blocks[name]) == pytest.approx(expected.ravel().tolist(), abs=0.006)
    emboss = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    correlated, convolved = (_by_hand(picture, emboss, turned) for turned in (False, True))
    assert numbers(blocks["emboss, correlation"]) == correlated.ravel().tolist()
    assert numbers(blocks["emboss, true convolution"]) == convolved.ravel().tolist()
    assert not np.array_equal(correlated, convolved)
    assert numbers(blocks["the sliding mask"]) == [4, 3, 4, 2, 4, 3, 2, 3, 4]


def test_mask_is_learned_from_pairs() -> None:
    text = run("learn_a_mask")
    assert numbers(text.partition("learned")[2]) == pytest.approx([-2, -1, 0, -1, 1, 1, 0, 1, 2], abs=0.02)
