"""What `cnn data --model` says of suspicious labels that are put together by hand: lines, JSON and sheet."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.cli import suspects
from cnncli.model.suspects import Suspect, Suspects
from cnncli.training.folds import Answered, FoldDone
from printed import printed, squeezed

SEEN = (
    "was trained on: it may have learned wrong labels of these by heart, and then it does not doubt them (--folds 5 "
    "asks networks that have not)"
)


@dataclass(frozen=True)
class Answers:
    """As much of an evaluation as folds need."""

    labels: Any
    probabilities: Any
    predictions: Any
    class_names: list[str]
    data: str
    split: Any


def suspect(name: str = "train image 7", side: int = 4, was_seen: bool = False, **changed: Any) -> Suspect:
    facts: dict[str, Any] = {
        "part": "train", "label": "cat", "answer": "dog", "label_share": 0.0625, "answer_share": 0.75,
    }  # fmt: skip
    return Suspect(name, **(facts | changed), was_seen=was_seen, image=np.full((1, side, 2), 9, np.uint8))


def found(rows: list[Suspect], unseen: int = 1_200, seen: int = 0, folds: int = 0) -> Suspects:
    return Suspects("models/m.bin", "pets", rows, unseen, seen, folds)


@pytest.mark.parametrize(
    ("unseen", "seen", "folds", "words"),
    [
        (1_200, 0, 0, "1,200 pictures that m.bin was not trained on"),
        (0, 3_400, 0, f"3,400 pictures that m.bin {SEEN}"),
        (1_200, 3_400, 0, f"1,200 pictures that m.bin was not trained on and 3,400 that it {SEEN}"),
        (1_200, 0, 5, "1,200 training pictures, each answered by one of 5 networks that had not seen it"),
    ],
)
def test_who_answered_is_told_with_what_it_is_worth(unseen: int, seen: int, folds: int, words: str) -> None:
    assert suspects.how_asked(found([], unseen, seen, folds)) == words


def lines(rows: list[Suspect], place: str = "pets.npz") -> list[str]:
    return printed(suspects.show_suspects, found(rows), place)


def test_suspects_have_their_label_the_answer_and_how_sure_it_is() -> None:
    rows = [suspect(), suspect("x" * 50, was_seen=True, label="l" * 17, answer="a" * 17, answer_share=0.9995)]
    told = lines(rows)
    assert told[:3] == [
        "", "labels: asked about 1,200 pictures that m.bin was not trained on",
        "! 2 labels are suspicious, the first ones",
    ]  # fmt: skip
    assert squeezed(told[3:]) == [
        "label answer sure picture", "cat dog 75.0 % train image 7",
        f"{'l' * 13}... {'a' * 13}... 100.0 % ..{'x' * 38} (seen)",
    ]  # fmt: skip
    assert told[3:5] == [
        f"{'   label':19}  {'answer':16}     sure  picture", f"{'   cat':19}  {'dog':16}   75.0 %  train image 7"
    ]  # fmt: skip
    assert lines([suspect()])[2] == "! 1 label is suspicious, the first ones"
    assert lines([])[2:] == ["no label is suspicious"]


@pytest.mark.parametrize(
    ("count", "more"),
    [
        (10, None), (11, "   and 1 more: --json lists all, --out sheet.png shows 11"),
        (1_234, "   and 1,224 more: --json lists all, --out sheet.png shows 60"),
    ],
)
def test_ten_are_listed_and_60_shown(count: int, more: str | None) -> None:
    rows = [suspect(f"train image {number + 1}") for number in range(count)]
    told = lines(rows)
    assert sum("train image" in line for line in told) == 10
    assert (told[-1] if "more" in told[-1] else None) == more
    page = suspects.suspect_sheet(found(rows), "pets.npz")
    assert len(page.panels[0].tiles) == min(count, 60)
    assert page.title == f"pets: {count:,} suspicious labels"


@pytest.mark.parametrize("columns", [24, 32, 40])
def test_rows_stay_one_line_in_narrow_terminals(columns: int) -> None:
    rows = [suspect("a b c d e f g h", label="a b c d e f", answer="g h i j k l", was_seen=True)] * 3
    told = printed(suspects.show_suspects, found(rows), "pets.npz", columns=columns)
    verdict = next(number for number, line in enumerate(told) if "suspicious" in line)
    assert sum(line.startswith("   a") for line in told[verdict:]) == 3 and told[-1].startswith("   a")


def test_in_folds_each_picture_gets_the_answer_of_the_network_that_had_not_seen_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two of three pictures have a glyph; what is no number is no answer."""
    asked: Any = SimpleNamespace(
        model="m.bin", name_or_path="pets", folds=2, data_dir="sets", label_column="kind", skip_bad=True,
        use_cache=False,
    )  # fmt: skip
    own = Answers(
        np.array([1, 0, 1]), np.full((3, 2), np.nan), np.array([-1, -1, -1]), ["a", "b"], "pets",
        SimpleNamespace(images=np.zeros((2, 1, 4, 4), np.uint8)),
    )  # fmt: skip
    seen: dict[str, Any] = {}

    def in_folds(model: str, dataset: Any, folds: int) -> Any:
        seen.update(labels=dataset.train.labels.tolist(), names=dataset.class_names, folds=folds)
        yield FoldDone(1, 2, 900, 1_200)
        yield Answered(dataset, np.log([[0.25, 0.75], [0.875, 0.125]]))

    part = SimpleNamespace(prepared=lambda **how: seen.update(how))
    monkeypatch.setattr("cnncli.model.measured_part.find_part", lambda *words, **how: seen.update(how) or part)
    monkeypatch.setattr("cnncli.model.evaluate.measure_part", lambda *words: own)
    monkeypatch.setattr("cnncli.training.folds.answer_in_folds", in_folds)
    monkeypatch.setattr(suspects, "gathered", lambda *words: words)
    told: list[str] = []
    console = SimpleNamespace(print=lambda text: told.append(str(text)))
    monkeypatch.setattr(suspects, "progress_console", lambda: console)
    model, [(part, answered, unseen)], folds = suspects.ask_model(asked, lambda record: None)  # type: ignore[misc]
    assert (model, part, folds, unseen.tolist()) == ("m.bin", "train", 2, [True] * 3)
    assert answered.predictions.tolist() == [1, 0, -1]
    np.testing.assert_allclose(answered.probabilities[:2], [[0.25, 0.75], [0.875, 0.125]])
    assert (seen["labels"], seen["names"], seen["folds"], seen["part"]) == ([1, 0], ["a", "b"], 2, "train")
    assert (seen["data_dir"], seen["label_column"]) == ("sets", "kind")
    assert (seen["skip_bad"], seen["use_cache"]) == (True, False)
    assert told == ["fold 1 of 2: 75.00 % of 1,200 right"]


def test_without_folds_the_model_itself_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Any = SimpleNamespace(
        model="m.bin", name_or_path="pets", folds=None, data_dir=None, label_column=None, skip_bad=False, use_cache=True
    )
    monkeypatch.setattr(suspects, "find_suspects", lambda model, place, **how: (model, place, how["use_cache"]))
    assert suspects.ask_model(asked, lambda record: None) == ("m.bin", "pets", True)


def test_a_sheet_names_label_answer_and_file_below_each_picture() -> None:
    rows = [suspect("l" * 18, side=65, label="l" * 10), suspect(side=64)]
    page = suspects.suspect_sheet(found(rows, folds=3), "pets.npz")
    first, second = page.panels[0].tiles
    assert first.label == f"{'l' * 6}..., dog? 75 %\n..{'l' * 15}" and first.smooth
    assert second.label == "cat, dog? 75 %\ntrain image 7" and not second.smooth  # so small that each pixel counts
    assert first.pixels.shape == (65, 2, 3) and (first.pixels == 9).all()
    assert page.lines[1] == "below each: label, answer and how sure it is, and the picture's name"
    seen = suspects.suspect_sheet(found(rows[:1], unseen=0, seen=7), "pets.npz")
    assert seen.title == "pets: 1 suspicious label"
    assert seen.lines[0] == "asked about 7 pictures that m.bin was trained on"


def test_a_file_is_named_as_seen_from_its_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets" / "cat").mkdir(parents=True)
    (tmp_path / "pets" / "list.csv").touch()
    for place in ("pets", str(tmp_path / "pets"), "pets/list.csv"):
        for name in ("pets/cat/1.png", str(tmp_path / "pets" / "cat" / "1.png")):
            assert suspects._name(suspect(name), place) == "cat/1.png"
    assert suspects._name(suspect("train image 7"), "pets") == "train image 7"
    assert suspects._name(suspect("/elsewhere/1.png"), "pets") == "/elsewhere/1.png"


def test_json_has_both_probabilities_and_who_answered() -> None:
    facts = suspects.suspect_facts(found([suspect()], 5, 7, 3), "pets.npz")
    assert facts == {
        "suspects": [
            {"name": "train image 7", "part": "train", "class": "cat", "answer": "dog", "class_probability": 0.0625,
             "answer_probability": 0.75, "seen": False}
        ],
        "answered": {"unseen": 5, "seen": 7, "folds": 3},
    }  # fmt: skip
