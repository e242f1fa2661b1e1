"""What the pages of `cnn eval --report` and of a run are made of, gathered from answers put together by hand."""

import base64
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.cli import report_page, run_page
from cnncli.errors import UsageError
from cnncli.network import Network
from cnncli.pages.report import EvalReport
from cnncli.pages.run_report import RunReport


def picture(uri: str) -> tuple[str, Image.Image]:
    head, _, content = uri.partition(",")
    return head, Image.open(io.BytesIO(base64.b64decode(content)))


@pytest.mark.parametrize(
    ("shape", "kind", "size"),
    [
        ((160, 160), "png", (160, 160)), ((161, 80), "jpeg", (80, 160)), ((80, 320), "jpeg", (160, 40)),
        ((4, 160), "png", (160, 4)),
    ],
)  # fmt: skip
def test_a_picture_of_more_than_160_pixels_is_made_smaller_and_a_jpeg(
    shape: tuple[int, int], kind: str, size: tuple[int, int]
) -> None:
    head, found = picture(report_page._data_uri(np.full((*shape, 3), 200, np.uint8)))
    assert head == f"data:image/{kind};base64" and found.size == size
    assert found.format == kind.upper() and abs(int(np.asarray(found.convert("L")).mean()) - 200) <= 2


def evaluation(tmp_path: Path, count: int = 3, images: int = 2) -> Any:
    """Of class a, answered as b but for the last, which has no answer; the last has no image."""
    network = Network.from_model_name("linear", ["a", "b"], seed=1)
    (tmp_path / "m.bin").write_bytes(b"x")
    shares = np.tile([0.25, 0.75], (count, 1))
    shares[-1] = np.nan
    return SimpleNamespace(
        model=str(tmp_path / "m.bin"), network=network, class_names=["a", "b"], trained_on=False, part="test",
        data="pets", metrics=SimpleNamespace(samples=count), calibration=None, notes=[SimpleNamespace(text="a note")],
        labels=np.zeros(count, np.int64), predictions=np.array([1] * (count - 1) + [-1]), probabilities=shares,
        of_answers=shares[:, 1], mistakes=np.arange(count), name_of=lambda index: f"a/secret/pets/cat/{index}.png",
        split=SimpleNamespace(images=np.full((images, 7, 5, 3), 90, np.uint8)),
    )  # fmt: skip


def gathered(one: Any, monkeypatch: pytest.MonkeyPatch) -> EvalReport:
    made: list[EvalReport] = []
    monkeypatch.setattr(report_page, "report_page", lambda report: made.append(report) or "<p>ä\ud800")
    assert report_page.make_report(one) == "<p>ä?".encode()  # what is no text becomes a question mark
    return made[0]


def test_a_report_has_the_mistakes_with_label_answer_and_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = gathered(evaluation(tmp_path), monkeypatch)
    first, _, last = report.mistakes
    assert (first.file, first.label, first.answer) == ("cat/0.png", "a", "b")
    assert (first.probability, first.truth, first.pixels) == (0.75, 0.25, 5)
    assert first.image is not None and picture(first.image)[1].size == (3, 5)
    assert (last.answer, last.image) == (None, None)
    other = evaluation(tmp_path)
    other.predictions[0], other.labels[0] = 0, 1
    mistake = gathered(other, monkeypatch).mistakes[0]
    assert (mistake.label, mistake.answer) == ("b", "a")
    assert (report.model, report.warning, report.notes) == ("m.bin", "", ["a note"])
    assert report.images == "3 test images of pets" and report.title
    assert report.made[0][0] == "network"  # of the file itself only its name is told
    seen = evaluation(tmp_path)
    seen.trained_on = True
    assert gathered(seen, monkeypatch).warning == report_page.SEEN


@pytest.mark.parametrize(("title", "name", "told"), [("T", "n", "T"), ("", "n", "n"), ("", "", "a network")])
def test_a_network_is_called_by_its_title_or_its_name(
    title: str, name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = evaluation(tmp_path)
    one.network.title, one.network.name = title, name
    assert gathered(one, monkeypatch).title == told


def test_of_very_many_mistakes_the_first_120_are_in_the_gallery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(gathered(evaluation(tmp_path, 130, 1), monkeypatch).mistakes) == 120


def finished(**changed: Any) -> Any:
    facts: dict[str, Any] = {
        "run": Path("runs/n-1"), "data": "pets", "images": 1_200, "samples": "images", "epochs": 1,
        "loss": 0.5, "accuracy": 0.75, "test_loss": None, "test_images": 0, "test_accuracy": None,
        "validation_loss": None, "validation_images": 0, "validation_accuracy": None, "warnings": ["w"],
        "notes": ["n"], "model": Path("out/model.bin"), "data_path": "some where/pets.npz",
        "label_column": None, "skip_bad": False, "plugins": (),
    }  # fmt: skip
    return SimpleNamespace(**(facts | changed))


def report_of(monkeypatch: pytest.MonkeyPatch, by_name: bool = False, **changed: Any) -> RunReport:
    network = Network.from_model_name("linear", ["a", "b"], seed=1)
    network.title = ""
    network.record = {"data": {"name": "pets", "by_name": by_name}}
    monkeypatch.setattr(run_page, "load_model", lambda path: network)
    monkeypatch.setattr(run_page, "what_it_is", lambda path, network: [("file", path), ("network", "linear")])
    monkeypatch.setattr(run_page, "_dead", lambda run: [])
    return run_page._report(finished(**changed))


def test_a_run_is_told_with_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = report_of(monkeypatch)
    assert (bare.title, bare.lead) == ("linear on pets", "1,200 images, 1 epoch, run n-1.")
    assert (bare.test, bare.validation, bare.loss, bare.accuracy) == (None, None, 0.5, 0.75)
    assert bare.made[0] == ("network", "linear") and (bare.warnings, bare.notes) == (["w"], ["n"])
    assert bare.next == "cnn eval model.bin --data pets.npz --report eval.html"
    full = report_of(
        monkeypatch, by_name=True, test_loss=0.25, test_images=9, test_accuracy=0.5, validation_loss=1.0,
        validation_images=7, epochs=3,
    )  # fmt: skip
    assert (full.test, full.validation) == ((9, 0.25, 0.5), (7, 1.0, None)) and "3 epochs" in full.lead
    assert full.next == "cnn eval model.bin --report eval.html"  # data that have a name are found by it


def test_the_command_on_the_page_reads_the_data_as_the_training_did(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"data_path": "some where/-pets.csv", "label_column": "sort of", "skip_bad": True, "plugins": ("own/my.py",)}
    made = report_of(monkeypatch, model=Path("-model.bin"), **told)
    assert made.next == (
        "cnn eval ./-model.bin --data ./-pets.csv --label-column 'sort of' --skip-bad --plugin my.py --report eval.html"
    )
    assert made.more == "Each class, what is taken for what and the mistakes as pictures"


def test_layers_with_dead_units_are_told_and_a_run_without_numbers_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [
        {"name": "2", "type": "ReLU", "units": 6, "dead": 1}, {"name": "3", "type": "ReLU", "units": 6, "dead": 0},
        {"name": "4", "type": "Flatten", "units": None, "dead": None},
    ]  # fmt: skip
    monkeypatch.setattr(run_page, "read_histograms", lambda run: {"layers": layers})
    assert run_page._dead(Path("r")) == [("2 ReLU", 6, 1)]

    def none(run: Path) -> Any:
        raise UsageError("holds none")

    monkeypatch.setattr(run_page, "read_histograms", none)
    assert run_page._dead(Path("r")) == []
