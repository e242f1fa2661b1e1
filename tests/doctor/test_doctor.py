"""The doctor on trainings with one mistake each: it names it from what the run's folder has recorded, in which no file
says what was done; on healthy ones it is silent."""

import copy
import json
import math
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tools.doctor_proof.sets import HEALTHY, planned

from cnncli.broken.cases import CASES, find_case
from cnncli.broken.names import NAMES
from cnncli.broken.pair import Source, begun, read_source, trained
from cnncli.doctor.curves import _ranks, no_shuffle
from cnncli.doctor.examine import findings
from cnncli.doctor.facts import Epoch, Part, RunFacts, read_facts
from cnncli.doctor.finding import grade
from cnncli.doctor.kinds import KINDS
from cnncli.errors import CnnError, UsageError
from cnncli.model_file.serialize import load_model
from cnncli.training_options import TrainSettings

NETWORK = """
name = "small"
input = [1, 28, 28]
classes = 10
layers = [
    { type = "Flatten" },
    { type = "Linear", out_features = 48 },
    { type = "ReLU" },
    { type = "Linear", out_features = 32 },
    { type = "ReLU" },
    { type = "Linear", out_features = "classes" },
]
[training]
epochs = 6
batch_size = 32
learning_rate = 0.05
momentum = 0.9
nesterov = true
schedule = "one-cycle"
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "small.toml").write_text(NETWORK)
    settings = TrainSettings(
        architecture=str(folder / "small.toml"), data="digits", threads=1, runs=str(folder / "runs"),
        out=str(folder / "model.bin"),
    )  # fmt: skip
    return read_source(settings, (2400, 400))


@pytest.fixture(scope="module")
def runs(source: Source) -> Iterator[dict[str, Path]]:
    """Trained when first asked for."""
    yield _Runs(source)


class _Runs(dict[str, Path]):
    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def __missing__(self, name: str) -> Path:
        case = None if name == "healthy" else find_case(name)
        with begun(case, self._source, is_broken=True) as job:
            trained(job)
        self[name] = job.run.path
        return job.run.path


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_the_mistake_is_named(name: str, runs: dict[str, Path]) -> None:
    found = findings(read_facts(runs[name]))
    assert found and found[0].kind == name and found[0].likelihood > 0.5, found
    assert all(math.isfinite(one.value) for finding in found for one in finding.evidence)


def test_a_leak_shows_in_the_losses_alone(runs: dict[str, Path]) -> None:
    run = replace(read_facts(runs["test-set-leak"]), images={})
    assert [one.kind for one in findings(run)] == ["test-set-leak"]


def test_a_healthy_training_is_told_nothing(runs: dict[str, Path]) -> None:
    assert findings(read_facts(runs["healthy"])) == []


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_no_file_of_a_broken_run_says_what_was_done(name: str, runs: dict[str, Path]) -> None:
    """The settings are those of the healthy run but for the rate that is too high; the files are the same ones."""
    broken, healthy = runs[name], runs["healthy"]
    own, other = (json.loads((path / "settings.json").read_text()) for path in (broken, healthy))
    differ = {key for key in own if own[key] != other[key]} - {"data_digest"}
    assert differ <= ({"learning_rate"} if name == "rate-too-high" else set())
    assert broken.name.rpartition("-")[0] == healthy.name.rpartition("-")[0]
    ended = (broken / "last.bin").exists()
    names = [sorted(path.name for path in folder.iterdir()) for folder in (broken, healthy)]
    assert names[0] == names[1] or not ended
    if ended:
        records = [load_model(folder / "last.bin").record for folder in (broken, healthy)]
        assert records[0].keys() == records[1].keys()
    text = "".join(path.read_text() for path in broken.glob("*.json*")) + (broken / "settings.json").read_text()
    assert name not in text and "broken" not in text.replace(str(broken.parent.parent), "")


def test_the_networks_of_twins_differ_where_the_case_says_so_only(source: Source) -> None:
    for case in CASES:
        ours, theirs = (case.described(copy.deepcopy(source.description), is_broken) for is_broken in (True, False))
        assert (ours == theirs) == (case.name != "deep-sigmoids")


def test_a_twin_of_each_case_is_healthy(source: Source) -> None:
    for name in ("no-shuffle", "training-mode-at-test", "deep-sigmoids"):  # whose twins are no ordinary training
        with begun(find_case(name), source, is_broken=False) as job:
            trained(job)
        assert findings(read_facts(job.run.path)) == [], name


def test_the_mistakes_are_truly_made(source: Source) -> None:
    """What the broken trainer does, by itself: its orders, its gradients, its measures."""
    with begun(find_case("no-shuffle"), source, is_broken=True) as job:
        assert job.trainer._order_of(0, True).tolist() == job.trainer._order_of(5, True).tolist() == [*range(1800)]
        labels = job.trainer.training_set.targets[job.trainer.training_set.indices(job.trainer._order_of(0, True))]
        assert (labels[1:] >= labels[:-1]).all()
    with begun(find_case("gradients-kept"), source, is_broken=True) as job:
        steps = job.trainer.steps()
        lengths = []
        for _ in range(4):
            next(steps)
            lengths.append(next(iter(job.trainer.network.named_parameters())).gradient.copy())
        fresh = [later - earlier for earlier, later in pairwise(lengths)]
        assert all(abs(one).max() < 3 * abs(lengths[0]).max() for one in fresh)
        assert abs(lengths[-1]).sum() > 1.5 * abs(lengths[0]).sum()
    with begun(find_case("training-mode-at-test"), source, is_broken=True) as job:
        images, labels = job.dataset.test.images[:64], job.dataset.test.labels[:64]
        measured = [job.trainer.evaluate((images, labels)).outputs for _ in range(2)]
        assert (measured[0] != measured[1]).any()
    with begun(find_case("zero-init"), source, is_broken=True) as job:
        assert not any(one.value.any() for one in job.trainer.network.named_parameters() if one.decay)
    with begun(find_case("no-normalization"), source, is_broken=True) as job:
        assert job.trainer.network.samples(images).max() == pytest.approx(float(images.max()))
    with begun(find_case("labels-shifted"), source, is_broken=True) as job, begun(None, source, False) as twin:
        ours, theirs = job.dataset.train, twin.dataset.train
        assert (ours.images == theirs.images).all() and (ours.labels[1:] == theirs.labels[:-1]).all()


def test_a_run_of_an_older_version_has_no_signs_and_is_no_fault(runs: dict[str, Path], tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(runs["healthy"], old)
    (old / "diagnostics.json").unlink()
    (old / "checkpoint.bin").unlink()
    run = read_facts(old)
    assert run.history and not run.epochs and findings(run) == []


def test_a_run_that_was_killed_is_read_from_its_checkpoint(runs: dict[str, Path], tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    shutil.copytree(runs["no-normalization"], killed)
    (killed / "diagnostics.json").unlink()
    assert findings(read_facts(killed))[0].kind == "no-normalization"


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no run"):
        read_facts(tmp_path)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_file_holds_the_doctor_says_something_or_refuses_it(
    seed: int, runs: dict[str, Path], tmp_path: Path
) -> None:
    """Values of the file are replaced by others, of any type."""
    drawn = random.Random(seed)
    place = tmp_path / "run"
    place.mkdir()
    (place / "settings.json").write_text("{}")
    facts = json.loads((runs["test-set-leak"] / "diagnostics.json").read_text())
    for _ in range(drawn.choice((1, 3, 20))):
        _spoil(facts, drawn)
    (place / "diagnostics.json").write_text(json.dumps(facts))
    try:
        found = findings(read_facts(place))
    except CnnError:
        return
    assert all(0 <= one.likelihood <= 1 and one.kind in KINDS for one in found)


def _spoil(value: Any, drawn: random.Random) -> None:
    """Changes one value somewhere inside."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = drawn.choice(keys)
        if isinstance(value[key], dict | list) and drawn.random() < 0.8:
            value = value[key]
            continue
        value[key] = drawn.choice([None, -1, 0, 1e300, -0.5, "text", [], {}, True, 10**30])
        return


def test_every_kind_has_words_and_every_case_is_a_kind() -> None:
    assert {case.name for case in CASES} == {name for name, kind in KINDS.items() if kind.is_shown}
    assert len({case.name for case in CASES}) == 9


def test_the_proof_has_five_seeds_of_each_case_and_twenty_healthy_trainings() -> None:
    every = list(planned(5))
    assert len(every) == 65 and len({one.name for one in every}) == 65
    assert sum(one.case is None for one in every) == len(HEALTHY) == 20


def test_grades_grow_from_bound_to_bound() -> None:
    assert [grade(value, 1, 100) for value in (0.5, 1, 10, 100, math.inf)] == [0, 0, 0.5, 1, 1]
    assert grade(math.nan, 1, 100) == 0


def test_ranks_share_the_mean_of_equal_values() -> None:
    assert _ranks([3.0, 1.0, 3.0, 2.0]) == [3.5, 1.0, 3.5, 2.0]


@pytest.mark.parametrize("seed", range(5))
def test_losses_of_shuffled_images_are_no_saw(seed: int) -> None:
    """Random ups and downs are alike by chance alone; those that come again are told."""
    drawn = random.Random(seed)
    rows = [[drawn.gauss(1, 0.2) for _ in range(30)] for _ in range(8)]
    assert (found := no_shuffle(_run(rows))) is None or found.likelihood < 0.5
    again = [[shared + drawn.gauss(0, 0.05) for shared in rows[0]] for _ in range(8)]
    assert (found := no_shuffle(_run(again))) is not None and found.likelihood > 0.9


def _run(rows: list[list[float]]) -> RunFacts:
    epochs = [Epoch(number, losses, [], [], [], [], None, []) for number, losses in enumerate(rows, start=1)]
    return RunFacts(Path("run"), [], epochs)


def _part(images: int, table: list[list[int]], loss: float) -> Part:
    counts = [0] * 32
    counts[20] = images
    return Part(images, sum(table[k][k] for k in range(len(table))), loss, counts, table)


def test_answers_that_are_one_class_off_are_labels_that_are(rng: Any) -> None:
    right = [[20 * (row == column) for column in range(5)] for row in range(5)]
    off = [[20 * ((row + 1) % 5 == column) for column in range(5)] for row in range(5)]
    run = replace(_run([]), parts={"training": _part(100, right, 0.01), "test": _part(100, off, 9.0)})
    (found,) = findings(run)
    assert found.kind == "labels-shifted" and "the class after the true one" in found.evidence[0].text


def test_one_answer_for_all_of_an_uneven_set_is_no_fault_of_labels() -> None:
    """Of 95 in 100 one answer is right; nothing better was learned, which is no sign of wrong labels."""
    table = [[95, 0], [5, 0]]
    run = replace(_run([]), parts={"training": _part(100, table, 0.15), "test": _part(100, table, 0.15)})
    assert findings(run) == []


def test_overfitting_dead_units_and_duplicates_are_named() -> None:
    history = [
        {"epoch": epoch, "loss": 1 / epoch, "accuracy": 1 - 0.5 / epoch, "validation_loss": 0.5 + 0.1 * abs(epoch - 3),
         "validation_accuracy": 0.7}
        for epoch in range(1, 11)
    ]  # fmt: skip
    run = replace(
        _run([]), history=history, dead=[("2", "ReLU", 10, 1), ("4", "ReLU", 10, 8)],
        images={"training": 1000, "more": 100, "two_labels": 0},
    )  # fmt: skip
    found = {one.kind: one for one in findings(run, least=0.1)}
    assert set(found) == {"overfitting", "dead-units", "duplicates"}
    assert (
        "epoch 3" in found["overfitting"].evidence[0].text and "8 of 10 units" in found["dead-units"].evidence[0].text
    )
    assert "100 of 1,000" in found["duplicates"].evidence[0].text


# Of so few images batches of 256 make seven steps an epoch, in which the loss of this network truly jumps.
OF_FEW = [changed for changed in HEALTHY if changed.get("batch_size") != 256]


@pytest.mark.slow
@pytest.mark.parametrize("changed", OF_FEW, ids=str)
def test_healthy_trainings_with_other_settings_are_told_nothing(changed: dict[str, Any], source: Source) -> None:
    with begun(None, replace(source, settings=replace(source.settings, **changed)), is_broken=False) as job:
        trained(job)
    assert findings(read_facts(job.run.path)) == []


def test_a_case_is_known_in_any_case() -> None:
    assert find_case("Zero-Init") is find_case("zero-init")
    assert [case.name for case in CASES] == list(NAMES)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("no-shufle", "no-shufle: no such case; did you mean no-shuffle?"),
        ("leak", "leak: no such case; did you mean test-set-leak?"),
        ("xyz", f"xyz: no such case; use {', '.join(case.name for case in CASES)}"),
    ],
)
def test_a_case_that_is_none_is_told_with_the_next_one(name: str, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_case(name)
    assert str(caught.value) == line
