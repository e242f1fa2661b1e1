"""`report.html` in the folder of a run."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnncli import _core
from cnncli.cli import run_page as run_page_module
from cnncli.cli.main import run
from cnncli.errors import WriteError
from cnncli.pages.run_report import RunReport, run_page
from html_page import HOSTILE, Page

REPORT = RunReport(
    title="LeNet on digits", lead="100 images, 2 epochs, run lenet-digits-1.", samples="images",
    test=(50, 0.25, 0.9), validation=(20, 0.5, 0.8), loss=0.125, accuracy=0.95,
    history=[{"epoch": 1, "loss": 0.5, "accuracy": 0.7}, {"epoch": 2, "loss": 0.125, "accuracy": 0.95}], best_epoch=2,
    made=[("network", "lenet5")], command="cnn train --arch lenet5", warnings=[], notes=["plain: all of it"],
    left_aside={".heic": 3}, dead=[("8 ReLU", 120, 9)], more="Each class",
    next="cnn eval model.bin --report eval.html", version="0.1.0",
)  # fmt: skip


def test_the_page_has_the_result_curves_recipe_and_what_was_left_aside() -> None:
    page = Page(run_page(REPORT))
    for words in (
        "test accuracy 90.00 % 78.64 % to 95.65 % with 95 % confidence; 5 of 50 images wrong",
        "validation accuracy 80.00 %", "4 of 20 images wrong; they chose the epoch", "kept: epoch 2", "loss by epoch",
        ".heic 3", "8 ReLU 120 9", "cnn train --arch lenet5", "lenet5",
        "Each class: cnn eval model.bin --report eval.html",
    ):  # fmt: skip
        assert words in page.text, words
    assert len(page.all("svg")) == 2 and not page.all("script")
    policy = [meta for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy and "default-src 'none'" in str(policy[0]["content"])


def test_what_there_is_not_is_not_shown_and_what_was_not_measured_is_said() -> None:
    bare = replace(REPORT, test=None, validation=None, accuracy=None, notes=[], left_aside={}, dead=[], command=None)
    text = Page(run_page(bare)).text
    assert "There are no test images: nothing here was measured on new ones." in text
    assert "All of the data was used as it is." in text and "dead" not in text and "validation accuracy" not in text
    values = replace(REPORT, test=(50, 0.25, None), validation=None, accuracy=None)
    assert "test loss 0.25 50 images" in Page(run_page(values)).text


def test_names_from_files_are_text() -> None:
    page = Page(run_page(replace(REPORT, title=HOSTILE, notes=[HOSTILE], warnings=[HOSTILE], left_aside={HOSTILE: 1})))
    assert not page.all("script")
    assert "onload" not in {name for _, attributes in page.elements for name in attributes}


def test_cnn_train_leaves_it_and_a_disk_that_is_full_costs_the_page_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    images, labels = np.empty((80, 28, 28), np.uint8), np.empty(80, np.uint8)
    _core.digits_generate(images, labels, seed=2, first=0)
    np.savez("some.npz", x=images, y=labels)
    line = ["train", "some.npz", "--arch", "linear", "--epochs", "2", "--threads", "1"]
    assert run(line) == 0
    assert re.search(r"^run +runs/linear-some-1, with report.html$", capsys.readouterr().out, re.MULTILINE)
    page = Page((tmp_path / "runs" / "linear-some-1" / "report.html").read_text())
    assert "run linear-some-1." in page.text and "cnn eval model.bin --data some.npz --report eval.html" in page.text
    assert str(tmp_path) not in page.text  # a page for others tells no places
    assert re.search(r"validation accuracy \d", page.text)
    lines = (tmp_path / "runs" / "linear-some-1" / "metrics.csv").read_text().splitlines()
    assert len(lines) == 3

    def full(*arguments: object) -> None:
        raise WriteError("runs: no space left on device")

    monkeypatch.setattr(run_page_module, "write_atomically", full)
    capsys.readouterr()
    assert run(line) == 0
    assert not (tmp_path / "runs" / "linear-some-2" / "report.html").exists()
    assert "no space" not in capsys.readouterr().err
