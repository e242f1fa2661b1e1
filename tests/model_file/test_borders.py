"""What a model's record may say of confidence and of plugins, up to its borders."""

from typing import Any

import numpy as np
import pytest

from cnncli.errors import FormatError
from cnncli.model_file.confidence import Confidence, fit, fit_threshold
from cnncli.model_file.custom import MOST_PLUGINS, check_plugins

PLUGIN: dict[str, Any] = {"file": "my_layers.py", "sha256": "0123456789abcdef" * 4, "layers": ["Swish"]}


@pytest.mark.parametrize(
    ("temperature", "threshold", "counts"),
    [
        (2, 0, True), (2.0, 1, True), (1e-9, 0.5, True), (0, 0.5, False), (-1.0, 0.5, False), (2.0, 1.0001, False),
        (2.0, -0.0001, False), (float("nan"), 0.5, False), (float("inf"), 0.5, False), (True, 0.5, False),
        (2.0, True, False), ("2", 0.5, False), (2.0, None, False),
    ],
)  # fmt: skip
def test_a_confidence_that_can_be_is_taken(temperature: Any, threshold: Any, counts: bool) -> None:
    record = {"confidence": {"temperature": temperature, "threshold": threshold}}
    assert Confidence.from_record(record) == (Confidence(temperature, threshold) if counts else Confidence(1.0, 0.0))


def test_a_threshold_gives_up_so_many_right_answers_and_no_more() -> None:
    sure = np.linspace(0.55, 0.95, 1000)
    rows = np.stack([sure, 1 - sure], axis=1)
    labels = np.zeros(1000, np.int64)
    for rejected in (0.0, 0.003, 0.01, 0.5):
        threshold = fit_threshold(rows, labels, rejected)
        assert np.count_nonzero(sure < threshold) == round(1000 * rejected)
    assert fit_threshold(rows, labels) == fit_threshold(rows, labels, 0.003)
    assert fit_threshold(rows, labels + 1) == 0.0
    labels[:100] = 1  # wrong answers are not counted
    assert fit_threshold(rows, labels, 0.0) == sure[100]


def test_a_temperature_is_looked_for_from_a_quarter_to_eight() -> None:
    sharp, dull = np.log([[1 - 1e-9, 1e-9]] * 4), np.log([[0.5001, 0.4999]] * 4)
    assert fit(sharp, np.array([0, 1, 0, 1])).temperature == pytest.approx(8, rel=1e-6)
    assert fit(dull, np.zeros(4, np.int64)).temperature == pytest.approx(0.25, rel=1e-6)
    some = np.log(np.array([[0.8, 0.2]] * 10))
    found = fit(some, np.array([0] * 7 + [1] * 3)).temperature  # right seven times in ten
    assert np.exp(np.log(4) / found) == pytest.approx(7 / 3, rel=1e-4)


def test_probabilities_at_temperature_one_are_left_as_they_are() -> None:
    log_probabilities = np.log(np.array([[0.7, 0.3]], np.float32))
    assert Confidence().calibrated(log_probabilities).tobytes() == np.exp(log_probabilities).tobytes()
    assert Confidence(1e-3).calibrated(np.array([[-1.0, -3.0]])).tolist() == [[1.0, 0.0]]


def test_plugins_are_a_list_of_at_most_so_many() -> None:
    check_plugins([], "here")
    check_plugins([PLUGIN] * MOST_PLUGINS, "here")
    check_plugins([{**PLUGIN, "sha256": "", "layers": []}], "here")
    for wrong in ([PLUGIN] * (MOST_PLUGINS + 1), {}, None, "x"):
        with pytest.raises(FormatError, match=r"^here: plugins must be a list of at most 64 objects$"):
            check_plugins(wrong, "here")


@pytest.mark.parametrize(
    "wrong",
    [
        3, {**PLUGIN, "more": 1}, {"file": "x"}, {**PLUGIN, "file": 3}, {**PLUGIN, "file": "a\x1b"},
        {**PLUGIN, "sha256": "0123"}, {**PLUGIN, "sha256": "G" * 64}, {**PLUGIN, "sha256": "A" * 64},
        {**PLUGIN, "sha256": "0" * 65}, {**PLUGIN, "sha256": None}, {**PLUGIN, "layers": "Swish"},
        {**PLUGIN, "layers": ["Swish", 3]},
    ],
    ids=str,
)  # fmt: skip
def test_a_plugin_that_cannot_be_is_refused(wrong: Any) -> None:
    with pytest.raises(FormatError, match=r"^here: "):
        check_plugins([PLUGIN, wrong], "here")
