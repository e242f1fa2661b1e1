"""`--tta` as users type it."""

from pathlib import Path

import numpy as np
import pytest

import cnncli
from cnn_process import Cnn
from cnncli.errors import UsageError
from cnncli.model.evaluate import evaluate_model
from cnncli.model_file.serialize import load_model, save_model


def test_eval_and_predict_give_one_answer_with_it_too(cnn: Cnn, tmp_path: Path, small_data: Path) -> None:
    assert cnn("train", small_data, "--arch", "linear", "--epochs", 1, "--threads", 1).code == 0
    plain = evaluate_model(tmp_path / "model.bin", data=str(small_data))
    found = evaluate_model(tmp_path / "model.bin", data=str(small_data), tta=True)
    model = cnncli.load(tmp_path / "model.bin")
    predicted = model.predict(found.split.images, channels="first", tta=True)
    np.testing.assert_array_equal(predicted.probabilities, found.probabilities)
    assert not np.array_equal(plain.probabilities, found.probabilities)
    shares = np.clip(found.probabilities[np.arange(len(found.labels)), found.labels], 1e-30, 1)
    assert found.metrics.loss == pytest.approx(-np.log(shares).mean(), rel=1e-4)
    said = cnn("eval", "model.bin", "--data", small_data, "--tta").out
    assert "--tta: mean probabilities of each image as it is and moved by 1 pixel to each side; took " in said
    other = cnn("predict", Path(__file__).parents[2] / "digit.png", "--model", "model.bin", "--tta")
    assert "--tta: mean of each image as it is and moved by 1 pixel to each side; 5 times the computing" in other.err


@pytest.mark.parametrize(("temperature", "used"), [(2.0, 1.0), (0.5, 0.5)])
def test_means_are_not_made_flatter_by_a_temperature(
    cnn: Cnn, tmp_path: Path, small_data: Path, temperature: float, used: float
) -> None:
    assert cnn("train", small_data, "--arch", "linear", "--epochs", 1, "--threads", 1).code == 0
    network = load_model(tmp_path / "model.bin")
    confidence = {"temperature": temperature, "threshold": 0}
    save_model(tmp_path / "t.bin", network, network.record | {"confidence": confidence})
    found = evaluate_model(tmp_path / "t.bin", data=str(small_data), tta=True)
    assert found.temperature == used
    assert evaluate_model(tmp_path / "t.bin", data=str(small_data)).temperature == temperature
    plain = evaluate_model(tmp_path / "model.bin", data=str(small_data), tta=True).probabilities.astype(np.float64)
    expected = plain ** (1 / used)
    np.testing.assert_allclose(found.probabilities, expected / expected.sum(axis=1, keepdims=True), rtol=1e-4)
    predicted = cnncli.load(tmp_path / "t.bin").predict(found.split.images, channels="first", tta=True)
    np.testing.assert_array_equal(predicted.probabilities, found.probabilities)


def test_rows_of_numbers_cannot_be_moved(cnn: Cnn, tmp_path: Path) -> None:
    (tmp_path / "line.csv").write_text("x,y\n" + "".join(f"{x}.5,{2 * x}.5\n" for x in range(30)))
    line = ["train", "--data", "line.csv", "--arch", "linear-regression", "--epochs", 1]
    assert cnn(*line).code == 0
    for words in (["eval", "model.bin", "--data", "line.csv"], ["predict", "model.bin", "1.5"]):
        outcome = cnn(*words, "--tta")
        assert outcome.code == 2 and "--tta is for models of images, and model.bin takes rows of numbers" in outcome.err
    with pytest.raises(UsageError, match=r"^predict: tta moves images, and the model takes rows of numbers"):
        cnncli.load(tmp_path / "model.bin").predict([[1.5]], tta=True)
