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
from cnncli.data.split import split_indices
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


@pytest.fixture
def own_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    drawn = np.random.default_rng(3)
    images, labels = drawn.integers(0, 256, (60, 8, 8), dtype=np.uint8), np.arange(60) % 3
    np.savez("set.npz", x_train=images, y_train=labels)
    np.savez("others.npz", x_train=images[::-1], y_train=labels)
    return tmp_path


def make(out: str, *more: str, data: str = "set.npz") -> str:
    words = ["train", "--arch", "linear", "--data", data, "--epochs", "1", "--runs", "runs"]
    assert run([*words, *more, "--out", out]) == 0
    return out


def compared(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What is said, which does not depend on the order of the two models."""
    said = []
    for models in (words[:2], words[1::-1]):
        capsys.readouterr()
        assert run(["compare", *models, "--data", "set.npz", *words[2:]]) == code
        captured = capsys.readouterr()
        said.append((captured.out + captured.err).replace(f"{models[0]} and {models[1]}", "both").replace("\n", " "))
    assert said[0][:40] == said[1][:40]
    return said[0]


def test_models_are_compared_on_what_both_were_trained_on_if_asked(
    own_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, same = make("1.bin", "--val", "0.3"), make("2.bin", "--val", "0.3", "--epochs", "2")
    assert compared(capsys, one, same).startswith(
        "on the 18 training images of set that neither was trained on, held out to choose an epoch  A"
    )
    said = compared(capsys, one, same, "--part", "train")
    assert said.startswith("on the 42 images of set that both were trained on  A")  # as of cnn eval --part train
    assert said.count("the model has seen these images: ") == 2
    whole = make("3.bin", "--val", "0")
    said = compared(capsys, one, whole, "--part", "train")
    assert said.startswith("on the 42 images of set that both were trained on  A")
    said = compared(capsys, whole, make("4.bin", "--val", "0", "--seed", "5"))
    assert said.startswith("on the 60 images of set that both were trained on  A")


def test_what_one_model_held_out_is_fair_to_one_that_never_saw_these_data(
    own_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, stranger = make("1.bin", "--val", "0.3"), make("2.bin", data="others.npz")
    for words in ((), ("--part", "held-out")):
        said = compared(capsys, one, stranger, *words)
        assert said.startswith("on the 18 training images of set that neither was trained on") and "seen" not in said
    facts = []
    for models in ((one, stranger), (stranger, one)):
        capsys.readouterr()
        assert run(["compare", *models, "--data", "set.npz", "--part", "train", "--json"]) == 0
        facts.append(json.loads(capsys.readouterr().out))
    assert [fact["samples"] for fact in facts] == [42, 42]
    assert [fact["first"]["trained_on"] for fact in facts] == [True, False]


def test_models_that_have_no_image_new_to_both_are_refused_in_either_order(
    own_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, whole = make("1.bin", "--val", "0.3"), make("2.bin", "--val", "0")
    said = compared(capsys, one, whole, code=1)
    assert said == (
        "cnn: both: what one held out of these data the other was trained on; pass other --data, or --part train for "
        "what both were trained on "
    )
    said = compared(capsys, whole, make("3.bin", "--val", "0", "--seed", "2"), "--part", "held-out", code=1)
    assert said == "cnn: set: neither of both held any of these images out; leave out --part "


def test_of_models_with_other_seeds_what_both_held_out_is_compared(
    own_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = (make(f"{seed}.bin", "--val", "0.3", "--seed", seed) for seed in "12")
    facts = []
    for part in ("held-out", "train"):
        capsys.readouterr()
        assert run(["compare", one, two, "--data", "set.npz", "--part", part, "--json"]) == 0
        facts.append(json.loads(capsys.readouterr().out))
    kept = [split_indices(np.arange(60) % 3, 0.3, seed)[0].tolist() for seed in (1, 2)]
    assert facts[1]["samples"] == len(set(kept[0]) & set(kept[1]))
    assert facts[0]["samples"] == 60 - len(set(kept[0]) | set(kept[1]))
    assert (facts[0]["part"], facts[0]["first"]["trained_on"]) == ("held-out", False)


@pytest.mark.parametrize(
    "words", [("eval", "ab.bin"), ("compare", "abc.bin", "ab.bin"), ("compare", "ab.bin", "abc.bin")]
)
def test_classes_that_do_not_fit_are_refused_before_any_picture_is_decoded(
    words: tuple[str, ...], own_set: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, classes in (("ab.bin", ["0", "1"]), ("abc.bin", ["0", "1", "2"])):
        network = Network.from_model_name("linear", classes, seed=1)
        save_model(own_set / name, network)
    monkeypatch.setattr("cnncli.data.prepare_set", None)
    assert run([*words, "--data", "set.npz"]) == 1
    said = "cnn: set: class 2 is none of those of ab.bin, which are 0, 1; pass the kind of data it was trained on\n"
    assert capsys.readouterr().err == said
