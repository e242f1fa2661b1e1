"""Trainings that go wrong: a loss that explodes, a disk that fails. What was saved stays; a line says what to do."""

import errno
import itertools
import re
import resource
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnncli import load
from cnncli.errors import CnnError, Interrupted, WriteError
from cnncli.layers import BatchNorm1d, Flatten, Linear, Module, ReLU
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program
from cnncli.storage import container
from cnncli.training.divergence import find_cause, find_parameter
from cnncli.training.records import Finished, Record, SaveFailed, Started, Stopped
from cnncli.training.runs import RunFolder
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from faults import ERRORS, failing_calls
from small_training import small_settings, weights


@pytest.fixture
def settings(tmp_path: Path) -> TrainSettings:
    """Three epochs of 5 steps; a quarter of the images validates, so that there is a best model beside the last."""
    return small_settings(tmp_path, validation=0.25)


def run_of(settings: TrainSettings) -> Path:
    (run,) = Path(settings.runs).iterdir()
    return run


# A loss that explodes


def test_exploding_loss_names_step_layer_and_remedy_and_keeps_the_checkpoint(settings: TrainSettings) -> None:
    with pytest.raises(CnnError) as caught:
        list(train(replace(settings, architecture="mlp", learning_rate=1e30)))
    run = run_of(settings)
    assert re.fullmatch(
        r"epoch 1, step \d: the loss is (nan|inf): layer \d, Linear\(\d+ -> \d+\)(: its weight holds|, gives) "
        rf"(NaN|infinity).*; start again with --lr below 1e\+30; "
        rf"the last good checkpoint stays in {re.escape(str(run))}",
        str(caught.value),
    )
    assert all(np.isfinite(tensor).all() for tensor in container.read(run / "checkpoint.bin")[0].values())
    assert load(run / "checkpoint.bin").predict(np.zeros((1, 28, 28), np.uint8)).labels.shape == (1,)


def test_a_loss_that_is_no_number_changes_no_array(rng: np.random.Generator) -> None:
    network = Network([Flatten(), Linear(8, 6), BatchNorm1d(6), ReLU(), Linear(6, 3)], (1, 2, 4))
    network.initialize(1)
    program = Program(network, 4, optimizer=SGD(0.1, momentum=0.9))
    images = rng.normal(size=(4, 1, 2, 4)).astype(np.float32)
    images[2, 0, 1, 1] = np.nan
    program.bind(images, np.array([0, 1, 2, 0]))
    before = [array.copy() for array in arrays_of(network)]
    result = program.step(np.arange(4), step=0, epoch=0, learning_rate=0.1)
    assert np.isnan(result.loss)
    for array, old in zip(arrays_of(network), before, strict=True):
        np.testing.assert_array_equal(array, old)


def arrays_of(network: Network) -> list[np.ndarray]:
    return [parameter.value for parameter in network.named_parameters()] + [a for _, a in network.named_buffers()]


class Faulty(Module):
    """A custom layer that divides by zero."""

    def update_output(self, input: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return input / (input * 0)


def network_of(*layers: Module) -> Network:
    network = Network([Flatten(), *layers, Linear(4, 2)], (1, 2, 2))
    network.initialize(1)
    return network


IMAGES = np.ones((3, 1, 2, 2), np.float32)


def test_the_cause_is_the_first_that_is_not_finite() -> None:
    numbers = np.array([7, 8, 9])
    assert find_cause(network_of(ReLU()), IMAGES, numbers) is None

    images = IMAGES.copy()
    images[1, 0, 1, 0] = np.inf
    cause = find_cause(network_of(ReLU()), images, numbers)
    assert cause is not None
    assert (cause.what, cause.remedy) == ("training image 8 holds infinity", "mend or remove that image")

    cause = find_cause(network_of(Faulty()), IMAGES, numbers)
    assert cause is not None
    assert cause.what == "layer 1, Faulty(), gives infinity for inputs up to 1"
    assert cause.remedy == "look at its update_output"

    network = network_of(Linear(4, 4))
    network[1].weight[...] = 3e38
    cause = find_cause(network, IMAGES, numbers)
    assert cause is not None
    assert cause.what == "layer 1, Linear(4 -> 4), gives infinity for inputs up to 1 and weights up to 3e+38"
    assert cause.remedy == ""

    network[1].bias[2] = np.nan
    cause = find_cause(network, IMAGES, numbers)
    assert cause is not None
    assert cause.what == "layer 1, Linear(4 -> 4): its bias holds NaN"


def test_a_running_statistic_is_looked_at_too() -> None:
    network = network_of(BatchNorm1d(4))
    assert find_parameter(network) is None
    network[1].running_var[1] = np.inf
    cause = find_parameter(network)
    assert cause is not None
    assert cause.what == "layer 1, BatchNorm1d(4): its running_var holds infinity"


def test_finding_the_cause_changes_nothing(rng: np.random.Generator) -> None:
    network = network_of(BatchNorm1d(4), Faulty())
    before = [array.copy() for array in arrays_of(network)]
    assert find_cause(network, rng.normal(size=(3, 1, 2, 2)).astype(np.float32), np.arange(3)) is not None
    assert all(np.array_equal(array, old) for array, old in zip(arrays_of(network), before, strict=True))


# A disk that fails


@pytest.fixture
def expected(settings: TrainSettings) -> Iterator[dict[str, bytes]]:
    """The model of a run that nothing disturbs."""
    list(train(replace(settings, runs=f"{settings.runs}-undisturbed")))
    yield weights(settings.out)


def count_calls(settings: TrainSettings) -> int:
    """How many calls write the files of a whole training."""
    with failing_calls() as calls:
        for record in train(replace(settings, runs=f"{settings.runs}-counted")):
            if isinstance(record, Started):
                calls.count = 0
    return calls.count


def is_in_a_save_within_the_training(line: str) -> bool:
    return any(name in line for name in ("checkpoint.bin", "best.bin", "metrics.jsonl", "metrics.csv"))


@pytest.mark.parametrize(
    ("code", "every"),
    [(errno.ENOSPC, 7), pytest.param(errno.EIO, 1, marks=pytest.mark.slow)],
    ids=["some calls", "every call"],
)
def test_one_failing_call_anywhere_costs_one_save_at_most(
    settings: TrainSettings, expected: dict[str, bytes], code: int, every: int, tmp_path: Path
) -> None:
    """Whichever call fails, the training ends with the same model, or says in one line what is in the way."""
    total = count_calls(settings)
    assert total > 60
    told = ended = 0
    for number in range(0, total, every):
        place = replace(settings, runs=str(tmp_path / f"runs-{number}"), out=str(tmp_path / f"{number}.bin"))
        records: list[Record] = []
        with failing_calls(code) as calls:
            try:
                for record in train(place):
                    records.append(record)
                    if isinstance(record, Started):
                        calls.count = 0
                        calls.failing = lambda call, number=number: call == number
            except CnnError as error:
                ended += 1
                assert isinstance(error, WriteError), error
                assert "\n" not in str(error)
        run = run_of(place)
        assert not [path for path in (*run.iterdir(), *tmp_path.iterdir()) if path.suffix == ".tmp"], number
        failures = [record for record in records if isinstance(record, SaveFailed)]
        told += len(failures)
        assert all(is_in_a_save_within_the_training(record.reason) for record in failures)
        if not isinstance(records[-1], Finished):  # the first or the last save: the user mends it and goes on
            assert not failures
            if not (run / "checkpoint.bin").exists():
                continue
            list(train(TrainSettings(resume=str(run), out=place.out)))
        assert weights(place.out) == expected, number
    assert told > 20 / every
    assert ended > 5 / every


def test_a_disk_that_stays_full_keeps_the_first_checkpoint_and_ends_in_one_line(
    settings: TrainSettings, expected: dict[str, bytes]
) -> None:
    records: list[Record] = []
    with failing_calls(errno.ENOSPC) as calls, pytest.raises(WriteError) as caught:
        for record in train(settings):
            records.append(record)
            if type(record).__name__ == "EpochDone":
                calls.failing = lambda call: True
    run = run_of(settings)
    assert [type(record).__name__ for record in records if "Progress" not in type(record).__name__] == [
        "Started", "EpochDone", "SaveFailed", "EpochDone", "SaveFailed", "EpochDone", "SaveFailed",
    ]  # fmt: skip
    assert re.fullmatch(
        r".*best\.bin: the disk is full \([\d,]+ bytes to write\); free some space or name another place; "
        rf"then go on with cnn train --resume {re.escape(str(run))}",
        str(caught.value),
    )
    with RunFolder.open(run) as opened:
        assert opened.load_checkpoint().state["step"] == 0
    list(train(TrainSettings(resume=str(run))))  # space was freed
    assert weights(settings.out) == expected


def test_a_best_model_that_could_not_be_saved_is_not_lost(
    settings: TrainSettings, expected: dict[str, bytes]
) -> None:
    """The disk is full at the end of each epoch but the last one, when the best model may be an earlier one."""
    with failing_calls(errno.ENOSPC) as calls:
        for record in train(settings):
            if type(record).__name__ == "EpochDone":
                calls.failing = lambda call, epoch=record.epoch: epoch < 3
    assert weights(settings.out) == expected
    assert len((run_of(settings) / "metrics.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize("code", ERRORS)
def test_a_disk_that_fails_at_the_start_is_told_before_anything_is_trained(
    settings: TrainSettings, code: int
) -> None:
    records: list[Record] = []
    with failing_calls(code) as calls, pytest.raises(WriteError) as caught:
        for record in train(settings):
            records.append(record)
            calls.failing = lambda call: True
    assert [type(record).__name__ for record in records] == ["Started"]
    assert "checkpoint.bin: " in str(caught.value) and "\n" not in str(caught.value)


def test_a_model_that_cannot_be_written_is_in_its_run(settings: TrainSettings, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    place = replace(settings, out=str(tmp_path / "out" / "model.bin"))
    with pytest.raises(WriteError) as caught:
        for record in train(place):
            if type(record).__name__ == "EpochDone":
                (tmp_path / "out").rename(tmp_path / "gone") if (tmp_path / "out").exists() else None
    run = run_of(place)
    assert str(caught.value).endswith(
        f"; the trained model is {run / 'best.bin'}; then go on with cnn train --resume {run}"
    )
    assert load(run / "best.bin").network.record["test"]["images"] == 50


def test_the_kernels_own_limit_of_a_file_is_survived(settings: TrainSettings) -> None:
    """RLIMIT_FSIZE: write() itself says EFBIG, after a part of the file."""
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(WriteError, match=r"bytes are more than a file may have here; see ulimit -f"):
            for record in train(settings):
                if type(record).__name__ == "EpochDone":
                    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    with RunFolder.open(run_of(settings)) as opened:
        assert opened.load_checkpoint().state["step"] == 0


def test_a_failed_save_within_an_epoch_is_tried_again(
    settings: TrainSettings, expected: dict[str, bytes]
) -> None:
    records: list[Record] = []
    with failing_calls(errno.EIO) as calls:
        for record in train(replace(settings, save_every=0.0)):
            records.append(record)
            if isinstance(record, Started):
                calls.count = 0
                calls.failing = lambda call: 50 <= call < 60
    assert any(isinstance(record, SaveFailed) for record in records)
    assert weights(settings.out) == expected


# Stopping


def test_a_step_that_has_begun_is_given_up(rng: np.random.Generator) -> None:
    """VGG's step takes far longer than the fifth of a second in which a training has to stop."""
    network = Network.from_model_name("vgg", seed=1)
    program = Program(network, 256, optimizer=SGD(0.1), threads=1)
    program.bind(rng.integers(0, 256, (256, 3, 32, 32)).astype(np.uint8), rng.integers(0, 10, 256))
    before = [array.copy() for array in arrays_of(network)]
    asked = itertools.count()
    began = time.perf_counter()
    with pytest.raises(CnnError):
        program.step(np.arange(256), step=0, epoch=0, learning_rate=0.1, should_stop=lambda: next(asked) >= 1)
    assert time.perf_counter() - began < 5  # a whole step on this many images takes longer on any one core
    assert next(asked) == 2
    for array, old in zip(arrays_of(network), before, strict=True):
        np.testing.assert_array_equal(array, old)


def test_who_stops_after_the_last_step_gets_the_model(
    settings: TrainSettings, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that has no step to do is finished: in the last validation and the test nothing is given up."""
    real, measured = Program.evaluate, []

    def evaluate(self, images, targets, should_stop=None):  # type: ignore[no-untyped-def]
        measured.append(None)
        if should_stop is not None and should_stop():
            raise Interrupted("asked to stop")
        return real(self, images, targets, should_stop)

    monkeypatch.setattr(Program, "evaluate", evaluate)
    *_, last = train(settings, should_stop=lambda: len(measured) >= 3)  # from the validation of the third epoch on
    assert isinstance(last, Finished)
    assert weights(settings.out) == expected


@pytest.mark.parametrize("call", range(30))
def test_a_stop_at_any_question_goes_on_to_the_same_bits(
    settings: TrainSettings, expected: dict[str, bytes], call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In steps, and in the validation after an epoch; in the last one and in the test at the end it is finished."""
    asked = itertools.count()
    real = Program.evaluate

    def evaluate(self, images, targets, should_stop=None):  # type: ignore[no-untyped-def]
        if should_stop is not None and should_stop():
            raise Interrupted("asked to stop")
        return real(self, images, targets, should_stop)

    monkeypatch.setattr(Program, "evaluate", evaluate)
    *_, last = train(settings, should_stop=lambda: next(asked) >= call)
    if isinstance(last, Stopped):
        assert 1 <= last.epoch <= 3
        *_, last = train(TrainSettings(resume=str(last.run)))
    assert isinstance(last, Finished)
    assert weights(settings.out) == expected
    assert [epoch["epoch"] for epoch in last.history] == [1, 2, 3]
