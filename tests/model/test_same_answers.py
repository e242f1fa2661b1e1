"""One picture gets one answer, whoever asks: `cnn eval` of a data set and `cnn predict` of its files."""

from pathlib import Path

import numpy as np
import pytest

import cnncli
from cnncli.errors import NoGlyphError
from cnncli.model.evaluate import Evaluation, evaluate_model
from cnncli.training.records import Finished
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from picture_sets import KINDS, READERS, write_files

KIND_OF = {"letters on paper": "glyph", "colour 32x32": "plain", "mixed polarities": "glyph", "as MNIST": "glyph"}

SLOW = [pytest.mark.slow]


def trained(folder: Path, data: Path, **settings: object) -> Finished:
    asked = TrainSettings(
        architecture="linear",
        data=str(data),
        epochs=20,
        batch_size=16,
        threads=1,
        validation=0.0,
        runs=str(folder / "runs"),
        out=str(folder / "model.bin"),
        **settings,  # type: ignore[arg-type]
    )
    *_, last = train(asked)
    assert isinstance(last, Finished)
    return last


def predicted(model: Path, files: list[Path]) -> list[int]:
    """What `cnn predict` says about each file: the number of the class, -1 for an error."""
    loaded = cnncli.load(model)
    assert loaded.recipe is not None
    answers = []
    for file in files:
        try:
            answers.append(int(loaded.predict(loaded.recipe.prepare(file).pixels).labels[0]))
        except NoGlyphError:
            answers.append(-1)
    return answers


@pytest.mark.parametrize(
    ("kind", "reader"),
    [
        # Where the finder is slow, one reader is enough for the quick tests.
        pytest.param(kind, reader, marks=SLOW if kind == "letters on paper" and reader != "folder" else [])
        for kind in KINDS
        for reader in READERS
    ],
)
def test_eval_and_predict_agree_file_by_file(kind: str, reader: str, tmp_path: Path, rng: np.random.Generator) -> None:
    files = write_files(tmp_path / "pictures", KINDS[kind](40, rng))
    data = READERS[reader](tmp_path, files)
    record = trained(tmp_path, data)
    evaluation = evaluate_model(tmp_path / "model.bin", data=str(data), part="train")
    assert evaluation.metrics.samples == len(files)
    assert answers_by_file(evaluation, files) == predicted(tmp_path / "model.bin", files)
    assert evaluation.metrics.accuracy > 0.8, record.notes
    recipe = cnncli.load(tmp_path / "model.bin").recipe
    assert recipe is not None
    if kind in KIND_OF:
        assert recipe.kind == KIND_OF[kind]
    assert recipe.shape == ((3, 32, 32) if kind == "colour 32x32" else (1, 28, 28))


def answers_by_file(evaluation: Evaluation, files: list[Path]) -> list[int]:
    if evaluation.files is None:
        return evaluation.predictions.tolist()
    by_file = dict(zip(map(Path, evaluation.files), evaluation.predictions.tolist(), strict=True))
    return [by_file[file] for file in files]


@pytest.mark.parametrize("reader", READERS)
def test_pictures_without_a_glyph_are_wrong_answers_for_both(
    reader: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    pictures = KINDS["filling digits"](40, rng)
    files = write_files(tmp_path / "pictures", pictures)
    blank = files[7]
    from PIL import Image

    Image.new("L", (28, 28), 255).save(blank)
    data = READERS[reader](tmp_path, files)
    record = trained(tmp_path, data, prepare="glyph")
    assert any("no glyph is found" in note for note in record.notes)
    evaluation = evaluate_model(tmp_path / "model.bin", data=str(data), part="train")
    answers = predicted(tmp_path / "model.bin", files)
    assert answers[7] == -1
    assert evaluation.metrics.unanswered == answers.count(-1) == evaluation.predictions.tolist().count(-1)
    assert evaluation.metrics.samples == len(files)
    right = sum(answer == truth for answer, truth in zip(evaluation.predictions, evaluation.labels, strict=True))
    assert evaluation.metrics.accuracy == pytest.approx(right / len(files))
    if evaluation.files is not None:
        assert answers_by_file(evaluation, files) == answers
