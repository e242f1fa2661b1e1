"""Model files that break no rule, and yet could take all memory or give no answer."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import cnncli
from cnncli.cli.main import run
from cnncli.errors import CnnError
from fuzz.models import packed
from hand_made_models import floats, right, tensor, tiny

NAME = "bad.bin"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_model_that_answers_nan_is_told_and_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    Path(NAME).write_bytes(tensor("1.weight", data=floats(*[3e38, -3e38] * 4)))
    Image.new("L", (2, 2), 255).save("x.png")
    assert run(["predict", "--model", NAME, "--json", "x.png"]) == 1
    line = "x.png: the model gives NaN or infinity for it; train it with a smaller learning rate"
    captured = capsys.readouterr()
    assert captured.err == f"cnn: {line}\n"
    assert json.loads(captured.out) == [{"file": "x.png", "error": line}]


def test_a_model_that_answers_nan_is_not_evaluated(capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("set.npz", images=np.full((4, 2, 2), 255, np.uint8), labels=np.array([0, 1, 0, 1]))
    tensors, content = right()
    content["network"]["classes"] = ["0", "1"]
    overflowing = packed(
        [(n, t, s, floats(*[3e38, -3e38] * 4) if n == "1.weight" else d) for n, t, s, d in tensors], content
    )
    Path(NAME).write_bytes(overflowing)
    assert run(["eval", NAME, "--data", "set.npz", "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"cnn: {NAME}: gives NaN or infinity on set; train it with a smaller learning rate\n"


def test_millions_of_outputs_get_no_names() -> None:
    """They would take 100 times the memory of the file's largest promise."""
    Path(NAME).write_bytes(tiny([1, 10_000, 10_000], {"type": "Flatten"}))
    assert cnncli.load(NAME).class_names == []


def test_a_confusion_matrix_of_gigabytes_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path(NAME).write_bytes(tiny([1, 100, 100], {"type": "Flatten"}))
    assert run(["eval", NAME, "--data", "digits"]) == 2
    captured = capsys.readouterr()
    assert captured.err == f"cnn: {NAME}: has 10,000 classes; at most 8,192 are evaluated\n"


def test_buffers_beyond_the_memory_of_the_machine_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(NAME).write_bytes(tiny([1, 100, 100], {"type": "ReLU"}, {"type": "Flatten"}))
    monkeypatch.setattr(os, "sysconf", lambda name: 1024)  # 1 MiB
    with pytest.raises(CnnError) as caught:
        cnncli.load(NAME).predict(np.zeros((1, 100, 100)))
    assert str(caught.value) == (
        "network: a batch of 16 needs at least 0.001192 GiB, and this machine has 0.0009766; "
        "use a smaller batch or network"
    )
