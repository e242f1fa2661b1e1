"""What a training records of its way: against NumPy, over resumed runs, and what it costs."""

import json
import time
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.data.equal_images import digests_of, images_more_than_once
from cnncli.errors import FormatError
from cnncli.layers import Flatten, Linear, ReLU
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.training.diagnostics import HIGH, LOSS_BINS, LOW, read_diagnostics
from cnncli.training.records import Finished, Started, StepDone, Stopped
from cnncli.training.signs import BINS, Signs, has_signs
from cnncli.training.state import TrainingState, read_state
from cnncli.training.train import train
from cnncli.training.trainer import Trainer
from small_training import small_settings


def trainer(rng: np.random.Generator, images: int = 200, batch_size: int = 10, epochs: int = 2) -> Trainer:
    network = Network([Flatten(), Linear(12, 8), ReLU(), Linear(8, 3)], (1, 3, 4))
    network.initialize(1)
    samples = rng.normal(size=(images, 1, 3, 4)).astype(np.float32), rng.integers(0, 3, images)
    return Trainer(network, samples, optimizer=SGD(0.1), batch_size=batch_size, epochs=epochs)


def weights_of(network: Network) -> list[Any]:
    return [one for one in network.named_parameters() if one.name.endswith("weight")]


def test_gauges_are_what_numpy_finds_around_a_step(rng: np.random.Generator) -> None:
    own = trainer(rng)
    before = [one.value.astype(np.float64) for one in weights_of(own.network)]
    first: list[np.ndarray] = []
    for record in own.steps():
        if isinstance(record, StepDone) and record.step == 1:
            first = [one.gradient.astype(np.float64) for one in weights_of(own.network)]
            moved = [one.value - old for one, old in zip(weights_of(own.network), before, strict=True)]
        if isinstance(record, StepDone) and record.step == 2:
            second = [one.gradient.astype(np.float64) for one in weights_of(own.network)]
    signs = own.state.signs[0]
    long, other = (np.concatenate([one.ravel() for one in gradients]) for gradients in (first, second))
    shares = [np.linalg.norm(step) / np.linalg.norm(old) for step, old in zip(moved, before, strict=True)]
    assert signs["gauges"]["step"] == [1, 17]
    assert signs["gauges"]["gradient"][0] == pytest.approx(np.linalg.norm(long), rel=1e-3)
    assert signs["gauges"]["turn"][0] == pytest.approx(
        long @ other / np.linalg.norm(long) / np.linalg.norm(other), abs=1e-3
    )
    assert signs["gauges"]["update"][0] == pytest.approx(max(shares), rel=1e-3)
    assert signs["layers"]["names"] == ["1.weight", "3.weight"]
    assert signs["layers"]["weight"] == pytest.approx([np.linalg.norm(one) for one in before], rel=1e-3)
    assert signs["layers"]["gradient"] == pytest.approx([np.linalg.norm(one) for one in first], rel=1e-3)


@pytest.mark.parametrize("steps", [1, 20, BINS - 1, BINS, BINS + 1, 130])
def test_losses_are_means_of_neighbouring_steps(steps: int, rng: np.random.Generator) -> None:
    own = trainer(rng, images=2 * steps, batch_size=2, epochs=1)
    losses = [record.loss for record in own.steps() if isinstance(record, StepDone)]
    width = -(-steps // BINS)
    expected = [np.mean(losses[start : start + width]) for start in range(0, steps, width)]
    assert own.state.signs[0]["losses"] == pytest.approx(expected, rel=1e-3)
    assert len(expected) <= BINS


def test_a_gauged_step_that_ends_an_epoch_is_turned_by_the_next_ones_first(rng: np.random.Generator) -> None:
    own = trainer(rng, images=40, batch_size=40, epochs=20)  # a step an epoch: the first and the 17th are gauged
    for _ in own.steps():
        pass
    turns = {signs["epoch"]: signs["gauges"]["turn"] for signs in own.state.signs}
    assert turns[1][0] is not None and turns[1][0] > 0.9 and turns[2] == []
    assert turns[17] == [None]  # the 18th epoch has no signs


def test_inputs_are_measured_as_the_network_gets_them(rng: np.random.Generator) -> None:
    own = trainer(rng)
    for _ in own.steps():
        pass
    mean, deviation, low, high = own.state.signs[0]["inputs"]
    assert abs(mean) < 0.5 and 0.5 < deviation < 1.5 and low < -1 and high > 1


def test_there_are_few_signs_of_many_epochs() -> None:
    kept = [epoch for epoch in range(100_000) if has_signs(epoch)]
    assert kept[:16] == list(range(16)) and len(kept) < 16 * 15
    assert all(later < 1.2 * earlier + 2 for earlier, later in pairwise(kept[10:]))


@pytest.mark.parametrize("stop_at", [3, 16, 17, 21, 40])
def test_a_run_that_was_stopped_has_the_signs_of_one_that_was_not(tmp_path: Path, stop_at: int) -> None:
    """But for the turn of a gauged step that was the last before the stop: its gradients are in no checkpoint."""
    found = []
    for name, stop in (("whole", None), ("stopped", stop_at)):
        (tmp_path / name).mkdir()
        settings = small_settings(tmp_path / name, train=640, validation=0.1)
        asked = [0]

        def should_stop(stop: int | None = stop, asked: list[int] = asked) -> bool:
            asked[0] += 1
            return asked[0] == stop

        *_, last = train(settings, should_stop)
        if isinstance(last, Stopped):
            *_, last = train(replace(settings, architecture=None, data=None, epochs=None, batch_size=None,
                                     validation=None, resume=str(last.run)))  # fmt: skip
        assert isinstance(last, Finished)
        facts = read_diagnostics(last.run)
        assert facts is not None
        found.append(facts)
    whole, stopped = found
    turns = [[signs["gauges"].pop("turn") for signs in facts["epochs"]] for facts in found]
    assert whole == stopped
    missing = sum(one != other for one, other in zip(*(chain.from_iterable(own) for own in turns), strict=True))
    assert missing <= 1


def test_a_checkpoint_of_an_older_version_goes_on() -> None:
    state = {name: value for name, value in vars(TrainingState()).items() if name != "signs"}
    assert read_state("here", state).signs == []


@pytest.mark.parametrize(
    "signs", [[{}], [1], {"epoch": 1}, [{"epoch": 1, "losses": [None], "gauges": {}}],
              [{"epoch": 1, "losses": [], "gauges": {"step": [1], "gradient": [], "turn": [], "update": []}}]],
    ids=str,
)  # fmt: skip
def test_signs_that_cannot_be_gone_on_with_are_refused(signs: Any) -> None:
    with pytest.raises(FormatError, match=r"^here: state has signs"):
        read_state("here", {**vars(TrainingState()), "signs": signs})


def test_the_spread_of_losses_is_that_of_the_kept_network(tmp_path: Path) -> None:
    import cnncli

    *_, last = train(small_settings(tmp_path))  # without validation images nothing is calibrated
    assert isinstance(last, Finished)
    facts = read_diagnostics(last.run)
    assert facts is not None
    part = facts["end"]["parts"]["test"]
    drawn = np.load(tmp_path / "drawn.npz")
    found = cnncli.load(last.model).predict(drawn["x_test"][:, None])
    p = found.probabilities[np.arange(50), drawn["y_test"]].astype(np.float64)
    assert part["images"] == 50 and part["right"] == int((found.labels == drawn["y_test"]).sum())
    assert part["loss"] == pytest.approx(-np.log(p).mean(), rel=1e-3)
    edges = np.linspace(LOW, HIGH, LOSS_BINS + 1)[1:-1]
    places = np.searchsorted(edges, np.log10(-np.log(p)), side="right")
    assert sum(part["counts"]) == 50
    assert np.abs(np.cumsum(part["counts"]) - np.cumsum(np.bincount(places, minlength=LOSS_BINS))).max() <= 1
    assert np.trace(part["answers"]) == part["right"]
    assert facts["end"]["twice"]["images"] == 32 and facts["end"]["twice"]["most"] < 1e-6


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 3, 5), (3, 4, 4), (1, 28, 28)])
def test_equal_images_are_those_with_equal_bytes(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    images = rng.integers(0, 3, (300, *shape)).astype(np.uint8)
    images[200:] = images[rng.integers(0, 200, 100)]
    labels = rng.integers(0, 2, 300)
    keys = [one.tobytes() for one in images]
    digests = digests_of(images)
    assert len(set(digests.tolist())) == len(set(keys))
    assert all((digests[0] == digests[k]) == (keys[0] == keys[k]) for k in range(300))
    only = np.sort(rng.permutation(300)[:77])
    assert np.array_equal(digests_of(images, only), digests[only])
    groups: dict[bytes, set[int]] = {}
    for key, label in zip(keys, labels.tolist(), strict=True):
        groups.setdefault(key, set()).add(label)
    mixed = sum(len(groups[key]) > 1 for key in keys)
    assert images_more_than_once(digests, labels) == (300 - len(groups), mixed)
    assert digests_of(images[:0]).shape == (0,)


def test_images_that_differ_in_one_bit_are_two() -> None:
    images = np.zeros((8 * 40 + 1, 1, 5, 8), np.uint8)
    for bit in range(8 * 40):
        images[bit + 1, 0, bit // 64, bit // 8 % 8] = 1 << (bit % 8)
    assert len(set(digests_of(images).tolist())) == len(images)


def test_a_full_disk_costs_the_file_and_not_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncli.errors import WriteError
    from cnncli.training import diagnostics

    def full(*_: object) -> None:
        raise WriteError("the disk is full")

    monkeypatch.setattr(diagnostics, "write_atomically", full)
    *_, last = train(small_settings(tmp_path))
    assert isinstance(last, Finished) and read_diagnostics(last.run) is None


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b'{"a": NaN}'])
def test_a_file_that_is_no_object_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "diagnostics.json").write_bytes(content)
    with pytest.raises(FormatError, match=r"diagnostics\.json"):
        read_diagnostics(tmp_path)


def test_the_file_is_json_of_finite_numbers(tmp_path: Path) -> None:
    *_, last = train(small_settings(tmp_path))
    assert isinstance(last, Finished)
    text = (last.run / "diagnostics.json").read_text()
    assert "NaN" not in text and "Infinity" not in text and set(json.loads(text)) == {"epochs", "end", "warnings"}


@pytest.mark.slow
def test_signs_take_at_most_a_fiftieth_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CPU time, on lenet5 with 6,000 digits: the least of three tries, since others compute here too."""
    spent = [0.0]
    for name in ("before", "after"):
        original = getattr(Signs, name)

        def timed(*given: Any, original: Any = original) -> None:
            began = time.process_time()
            original(*given)
            spent[0] += time.process_time() - began

        monkeypatch.setattr(Signs, name, timed)
    shares = []
    for attempt in range(3):
        settings = replace(small_settings(tmp_path), architecture="lenet5", data="digits", images=6000, epochs=2)
        for record in train(replace(settings, batch_size=64, threads=1, seed=attempt)):
            if isinstance(record, Started):
                spent[0], began = 0.0, time.process_time()
        shares.append(spent[0] / (time.process_time() - began))
    assert min(shares) < 0.02, shares
