"""`cnn compare`: two models on the same images."""

import csv
import json
import math
from math import comb
from pathlib import Path

import numpy as np
import pytest

import cnncli
from cnn_process import Outcome
from cnncli.cli.main import run
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network


@pytest.fixture
def two(trained: tuple[Path, Outcome], tmp_path: Path) -> tuple[Path, Path]:
    """A trained model, and one with noise on its weights."""
    network = load_model(trained[0] / "model.bin")
    noise = np.random.default_rng(1)
    for values in network.parameters()[0]:
        values += noise.normal(0, 0.08, values.shape).astype(np.float32)
    network.name = "noisy"
    save_model(tmp_path / "noisy.bin", network)
    return trained[0] / "model.bin", tmp_path / "noisy.bin"


def test_numbers_are_those_of_counting(
    two: tuple[Path, Path], small_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", *map(str, two), "--data", str(small_data), "--csv", str(tmp_path / "both.csv")]
    assert run([*command, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    with np.load(small_data) as arrays:
        images, labels = arrays["x_test"], arrays["y_test"].astype(int)
    first, second = (cnncli.load(path).predict(images).labels for path in two)
    a, b = first == labels, second == labels
    only_first, only_second = int((a & ~b).sum()), int((~a & b).sum())
    assert only_first > only_second
    assert (facts["only_first_right"], facts["only_second_right"]) == (only_first, only_second)
    assert (facts["both_right"], facts["neither_right"]) == (int((a & b).sum()), int((~a & ~b).sum()))
    assert facts["answers_differ"] == int((first != second).sum())
    total, few = only_first + only_second, min(only_first, only_second)
    chance = min(1, 2 * sum(comb(total, k) for k in range(few + 1)) / 2**total)
    assert facts["p_value"] == pytest.approx(chance) and facts["is_real"] == (chance < 0.05)
    assert facts["difference"] == pytest.approx(a.mean() - b.mean())
    low, high = facts["difference_interval"]
    assert low < facts["difference"] < high
    for row in facts["classes"]:
        there = labels == int(row["class"])
        counts = [int(one.sum()) for one in (there, there & a & ~b, there & ~a & b)]
        assert [row["samples"], row["only_first_right"], row["only_second_right"]] == counts
    assert sum(row["only_first_right"] for row in facts["classes"]) == only_first
    with (tmp_path / "both.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["A right"]) for row in rows] == a.astype(int).tolist()
    assert [row["B answer"] for row in rows] == [str(label) for label in second]
    assert run(command) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("A is better by ")
    assert run(["compare", *map(str, two[::-1]), "--data", str(small_data)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("B is better by ")


def test_a_model_does_not_differ_from_itself(
    two: tuple[Path, Path], small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", str(two[0]), str(two[0]), "--data", str(small_data)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "no difference: each image is right for both, or for neither"
    assert "answers        0 of 160 differ" in lines


def test_classes_go_by_their_names(
    two: tuple[Path, Path], small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same model with its classes in another order is the same model."""
    network = load_model(two[0])
    order = np.random.default_rng(2).permutation(10)
    weight, bias = network.parameters()[0][-2:]
    weight[...], bias[...] = weight[order].copy(), bias[order].copy()
    description = network.description()
    description["classes"] = [str(digit) for digit in order]
    other = Network.from_description(description, seed=None)
    other.allocate()
    for target, source in zip(other.parameters()[0], network.parameters()[0], strict=True):
        target[...] = source
    save_model(two[1], other)
    assert run(["compare", *map(str, two), "--data", str(small_data), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["answers_differ"] == 0 and facts["p_value"] == 1 and facts["classes"] == []
    assert not math.isnan(facts["difference_interval"][0]) and facts["first"]["accuracy"] == facts["second"]["accuracy"]


def test_models_that_held_out_other_images_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = np.random.default_rng(3)
    images, labels = drawn.integers(0, 256, (60, 8, 8), dtype=np.uint8), np.arange(60) % 3
    np.savez(tmp_path / "set.npz", x_train=images, y_train=labels)
    for seed in (1, 2):
        out = tmp_path / f"{seed}.bin"
        words = ["train", "--arch", "linear", "--data", str(tmp_path / "set.npz"), "--epochs", "1", "--seed", str(seed)]
        assert run([*words, "--val", "0.3", "--out", str(out), "--runs", str(tmp_path / "runs")]) == 0
    capsys.readouterr()
    both = [str(tmp_path / "1.bin"), str(tmp_path / "2.bin"), "--data", str(tmp_path / "set.npz")]
    code = run(["compare", *both])
    captured = capsys.readouterr()
    assert code == 1, captured.out
    assert "held out other images of these data and cannot be compared on them" in captured.err
    assert run(["compare", *both, "--part", "train"]) == 0
    printed = capsys.readouterr().out.replace("\n", " ")
    assert printed.startswith("on the 60 training images of set")
    assert printed.count("the model has seen 42 of these images: ") == 2
