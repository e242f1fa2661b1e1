"""Temperature and threshold: what is fitted, applied, and read from a model's record."""

import numpy as np
import pytest

from cnncli.model_file.confidence import Confidence, fit_temperature, fit_threshold


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_fitted_temperature_is_that_of_the_labels(rng: np.random.Generator, temperature: float) -> None:
    logits = rng.normal(0, 3, (20_000, 5))
    chances = np.exp(log_softmax(logits / temperature))
    labels = (chances.cumsum(axis=1) < rng.random((len(chances), 1))).sum(axis=1).clip(0, 4)
    # The slope of 20,000 losses has a standard error of about 1 % of the temperature.
    assert fit_temperature(log_softmax(logits), labels) == pytest.approx(temperature, rel=0.06)


def test_calibrated_rows_sum_to_1_and_keep_their_order(rng: np.random.Generator) -> None:
    values = log_softmax(rng.normal(0, 5, (50, 10)))
    shares = Confidence(2.5).calibrated(values)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert (shares.argmax(axis=1) == values.argmax(axis=1)).all()
    assert (shares.max(axis=1) <= np.exp(values).max(axis=1) + 1e-6).all()


def test_threshold_rejects_the_share_of_right_answers_asked_for(rng: np.random.Generator) -> None:
    best = rng.uniform(0.5, 1, 1000)
    shares = np.stack([best, 1 - best], axis=1)
    threshold = fit_threshold(shares, np.zeros(1000, np.int64), most_rejected=0.02)
    assert (best < threshold).sum() == 20


def test_no_right_answer_gives_no_threshold() -> None:
    assert fit_threshold(np.array([[0.9, 0.1]]), np.array([1])) == 0.0


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"confidence": 3},
        {"confidence": {"temperature": 0, "threshold": 0.5}},
        {"confidence": {"temperature": 1.2, "threshold": float("nan")}},
        {"confidence": {"temperature": 1.2}},
    ],
)
def test_record_that_says_nothing_of_use_changes_nothing(record: dict[str, object]) -> None:
    assert Confidence.from_record(record) == Confidence()


def test_record_round_trip() -> None:
    assert Confidence.from_record({"confidence": Confidence(1.3, 0.7).to_record()}) == Confidence(1.3, 0.7)
