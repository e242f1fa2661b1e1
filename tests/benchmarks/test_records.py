"""tools/records.py: each seed's record is kept, resumes, and stands in the README's table with mean and deviation."""

import dataclasses
import json
import re
import statistics
from pathlib import Path

import pytest
from tools import records
from tools.records import RECORDS, ROOT, RecordKind, read_result, recipe_digest, table, take, with_table

from cnncli.model.evaluate import evaluate_model
from cnncli.model_file.serialize import load_model
from cnncli.model_file.weights import weights_digest
from cnncli.network import Network
from cnncli.shipped import preset_names
from cnncli.training.presets import preset_settings
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from small_training import write_digits

PRESET = """
title = "a few digits"

[options]
arch = "small"
epochs = 2
batch-size = 20
lr = 0.05
"""
NETWORK = """
name = "small"
input = [1, 28, 28]
classes = 10
layers = [{ type = "Flatten" }, { type = "Linear", out_features = "classes" }]
"""
KIND = RecordKind("few", "a few digits", (1, 2, 3), 10, 20, 1)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainSettings:
    """A preset and a network in place of those that come with the program, and data for them."""
    (tmp_path / "models" / "presets").mkdir(parents=True)
    (tmp_path / "models" / "small.toml").write_text(NETWORK)
    (tmp_path / "models" / "presets" / "few.toml").write_text(PRESET)
    for module in ("cnncli.shipped", "cnncli.training.presets", "cnncli.network.architectures"):
        monkeypatch.setattr(f"{module}.description_folder", lambda: tmp_path / "models")
    write_digits(tmp_path / "drawn.npz", 200, 50)
    return TrainSettings(data=str(tmp_path / "drawn.npz"), threads=1)


def results_of(small: TrainSettings, folder: Path, seeds: tuple[int, ...] = KIND.seeds) -> list[dict]:
    (folder / "results").mkdir(exist_ok=True)
    found = []
    for seed in seeds:
        facts = take(KIND, seed, small, folder / "work", lambda: False)
        assert facts is not None
        (folder / "results" / f"few-{seed}.json").write_text(json.dumps(facts))
        found.append(facts)
    return found


def test_a_seeds_record_is_what_the_training_gives(small: TrainSettings, tmp_path: Path) -> None:
    facts, *_ = results_of(small, tmp_path, (2,))
    *_, last = train(dataclasses.replace(small, preset="few", seed=2, runs=str(tmp_path / "runs"),
                                         out=str(tmp_path / "m.bin")))  # fmt: skip
    assert (facts["test_accuracy"], facts["test_loss"], facts["epochs"]) == (last.test_accuracy, last.test_loss, 2)
    assert facts["weights"] == weights_digest(load_model(tmp_path / "m.bin"))
    assert facts["parameters"] == Network.from_model_name("small").parameter_count() == 7_850
    assert facts["seed"] == 2 and facts["cpu_seconds"] > 0 and "--seed 2" in facts["command"]


def test_a_stopped_seed_goes_on_to_the_same_bits(small: TrainSettings, tmp_path: Path) -> None:
    whole, *_ = results_of(small, tmp_path, (1,))
    asked = iter([False] * 7)
    other = tmp_path / "other"
    assert take(KIND, 1, small, other, lambda: next(asked, True)) is None
    facts = take(KIND, 1, small, other, lambda: False)
    assert facts is not None and facts["cpu_seconds"] is None
    changing = {"seconds", "cpu_seconds", "load_average", "model_bytes"}  # the model file holds its seconds
    assert {k: v for k, v in facts.items() if k not in changing} == {
        k: v for k, v in whole.items() if k not in changing
    }
    assert len(list(other.glob("few-1-*/*"))) == 1


def test_results_of_another_recipe_do_not_count(small: TrainSettings, tmp_path: Path) -> None:
    results_of(small, tmp_path, (1,))
    assert read_result(tmp_path / "results", KIND, 1) is not None
    assert read_result(tmp_path / "results", KIND, 2) is None
    before = recipe_digest("few")
    network = tmp_path / "models" / "small.toml"
    network.write_text("# a comment\n" + network.read_text())
    assert recipe_digest("few") == before
    network.write_text(network.read_text() + "\n[training]\nmomentum = 0.5\n")
    assert recipe_digest("few") != before
    assert read_result(tmp_path / "results", KIND, 1) is None
    assert "few" not in table(tmp_path / "results", [KIND])


def test_the_table_has_mean_and_deviation(small: TrainSettings, tmp_path: Path) -> None:
    found = results_of(small, tmp_path)
    percents = [100 * facts["test_accuracy"] for facts in found]
    row = table(tmp_path / "results", [KIND]).splitlines()[-1]
    assert f"| {statistics.mean(percents):.2f} ± {statistics.stdev(percents):.2f} % |" in row
    assert row.startswith("| a few digits | 7,850 |") and "`cnn train --preset few --data FOLDER`" in row
    (tmp_path / "results" / "few-3.json").unlink()
    row = table(tmp_path / "results", [KIND]).splitlines()[-1]
    assert f"{statistics.mean(percents[:2]):.2f} ± {statistics.stdev(percents[:2]):.2f} % (2 of 3 seeds) |" in row


def test_what_views_of_each_image_give_stands_beside_it(small: TrainSettings, tmp_path: Path) -> None:
    kind = dataclasses.replace(KIND, seeds=(1,), views=True)
    facts = take(kind, 1, small, tmp_path / "work", lambda: False)
    assert facts is not None
    shown = evaluate_model(tmp_path / "work" / "few-1.bin", data=small.data, tta=True).metrics.accuracy
    assert facts["test_accuracy_of_views"] == shown != facts["test_accuracy"]
    (tmp_path / "few-1.json").write_text(json.dumps(facts))
    row = table(tmp_path, [kind]).splitlines()[-1]
    assert f"| {100 * facts['test_accuracy']:.2f} %; {100 * shown:.2f} % with `--tta` |" in row


def test_the_readme_has_the_table_of_the_results_that_are_here() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_table(page, table(records.RESULTS)) == page


def test_each_record_has_its_preset_which_chooses_nothing_by_the_test_images() -> None:
    for kind in RECORDS:
        assert kind.preset in preset_names()
        asked = preset_settings(kind.preset)
        assert not {"validation", "target", "seed", "until"} & asked.keys()
    for kind in RECORDS:
        limit = re.search(r"at most ([\d,]+)", kind.title)
        if limit:
            network = Network.from_model_name(preset_settings(kind.preset)["architecture"])
            assert network.parameter_count() <= int(limit.group(1).replace(",", ""))
    plain = preset_settings("lenet5-plain")
    assert plain["architecture"] == "lenet5"
    assert not {"augment", "shift", "rotate", "scale", "shear", "elastic", "stroke", "mixup", "erase"} & plain.keys()
