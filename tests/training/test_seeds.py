"""`--seeds` and `--find-lr`: what comes of them, and that they go on or leave nothing behind."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from cnncli.errors import FormatError, UsageError
from cnncli.training.rate_range import RateRange, find_rate, read_off, smoothed
from cnncli.training.records import Finished, Started, StepDone
from cnncli.training.seeds import SeedBegins, SeedsDone, SeedsStopped, train_seeds
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from small_training import small_settings, weights


def ours(folder: Path) -> TrainSettings:
    return dataclasses.replace(small_settings(folder), out=None, epochs=2, seed=7)


def test_each_seed_is_the_training_with_that_seed(tmp_path: Path) -> None:
    settings = ours(tmp_path)
    *records, done = train_seeds(settings, 3)
    assert isinstance(done, SeedsDone)
    begun = [record for record in records if isinstance(record, SeedBegins)]
    assert [(one.seed, one.number, one.count) for one in begun] == [(7, 1, 3), (8, 2, 3), (9, 3, 3)]
    assert [result["seed"] for result in done.results] == [7, 8, 9]
    alone = dataclasses.replace(settings, seed=8, out=str(tmp_path / "alone.bin"))
    *_, single = train(alone)
    assert isinstance(single, Finished) and single.test_accuracy == done.results[1]["test_accuracy"]
    assert weights(single.model) == weights(done.folder / "seed-8.bin")
    accuracies = np.array([result["test_accuracy"] for result in done.results])
    assert done.summary("test_accuracy") == pytest.approx((accuracies.mean(), accuracies.std(ddof=1)))
    assert done.summary("validation_accuracy") is None
    assert len(list(done.folder.glob("*/settings.json"))) == 3


def test_trainings_that_were_stopped_go_on_where_they_were(tmp_path: Path) -> None:
    settings = ours(tmp_path)
    *_, whole = train_seeds(settings, 3)
    assert isinstance(whole, SeedsDone)
    for after in (3, 20, 40):  # in the first, second and third training
        count = iter(range(10**9))
        *_, stopped = train_seeds(settings, 3, should_stop=lambda after=after, count=count: next(count) > after)
        assert isinstance(stopped, SeedsStopped), after
        *_, done = train_seeds(TrainSettings(resume=str(stopped.folder)), 1)
        assert isinstance(done, SeedsDone)
        for one, other in zip(done.results, whole.results, strict=True):
            assert one["test_accuracy"] == other["test_accuracy"] and one["seed"] == other["seed"]
            assert weights(one["model"]) == weights(other["model"])
    *_, again = train_seeds(TrainSettings(resume=str(whole.folder)), 1)  # all are done
    assert isinstance(again, SeedsDone) and again.results == whole.results


PLUGIN = """
import numpy as np
from cnncli.layers import Module

class Half(Module):
    def update_output(self, input):
        return input * np.float32(0.5)

    def update_grad_input(self, input, grad_output):
        return grad_output * np.float32(0.5)
"""


@pytest.mark.parametrize("from_model", [False, True])
def test_trainings_go_on_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_model: bool
) -> None:
    """Also those that had not begun, whose files were named from the folder before."""
    (tmp_path / "here").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    settings = dataclasses.replace(ours(tmp_path / "here"), data="drawn.npz", runs="runs")
    if from_model:
        *_, last = train(dataclasses.replace(settings, epochs=1, out="start.bin"))
        assert isinstance(last, Finished)
        settings = dataclasses.replace(settings, start_from="start.bin", architecture=TrainSettings().architecture)
    else:
        Path("half.py").write_text(PLUGIN)
        Path("small.toml").write_text(Path("small.toml").read_text().replace('"ReLU"', '"Half"'))
        settings = dataclasses.replace(settings, architecture="small.toml", plugins=("half.py",))
    count = iter(range(10**9))
    *_, stopped = train_seeds(settings, 2, should_stop=lambda: next(count) > 3)  # in the first one
    assert isinstance(stopped, SeedsStopped)
    folder = stopped.folder.resolve()
    assert folder.name == "small-seeds-1"  # the name of the network, of which a model has its own
    monkeypatch.chdir(tmp_path / "elsewhere")
    *_, done = train_seeds(TrainSettings(resume=str(folder)), 1)
    assert isinstance(done, SeedsDone) and len(done.results) == 2


def test_a_folder_of_no_seeds_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^nowhere: is no folder of --seeds; name the one that they made, such as "):
        list(train_seeds(TrainSettings(resume="nowhere", runs=str(tmp_path)), 1))


def test_one_seed_has_no_deviation(tmp_path: Path) -> None:
    *_, done = train_seeds(ours(tmp_path), 1)
    assert isinstance(done, SeedsDone)
    found = done.summary("loss")
    assert found is not None and found[1] is None


@pytest.mark.parametrize(
    "text", ["", "[]", '{"seeds": [1]}', '{"settings": {}, "seeds": ["a"], "begun": {}, "results": []}',
             '{"settings": {}, "seeds": [1], "begun": {}, "results": [{"seed": 1}]}']
)
def test_a_damaged_record_of_seeds_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "seeds.json").write_text(text)
    with pytest.raises(FormatError, match=r"seeds\.json: .*; start again$"):
        list(train_seeds(TrainSettings(resume=str(tmp_path / "some")), 1))


def test_a_model_of_all_seeds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^--out: each training of --seeds has its own model"):
        list(train_seeds(small_settings(tmp_path), 2))


def test_a_range_test_tries_growing_rates_and_keeps_nothing(tmp_path: Path) -> None:
    settings = ours(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    first, *steps, found = find_rate(settings)
    assert isinstance(first, Started) and all(isinstance(step, StepDone) for step in steps)
    assert isinstance(found, RateRange) and len(steps) == len(found.rates) == len(found.losses) == len(found.smooth)
    factors = np.divide(found.rates[1:], found.rates[:-1])
    assert np.allclose(factors, factors[0]) and factors[0] > 1
    assert found.rates[0] == pytest.approx(first.learning_rate / 1e4)
    lowest = found.rates[int(np.argmin(found.smooth))]
    assert found.suggested == float(f"{lowest / 10:.1e}") and found.rates[0] < found.steepest <= lowest
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    *_, again = find_rate(settings)
    assert again == found  # the same bits


def test_the_suggestion_is_read_off_a_curve() -> None:
    rates = list(np.geomspace(1e-5, 10, 121))
    # Flat, then a fall from 2.3 to 0.3 around 0.01, then a rise from 0.5 on.
    losses = [2.3 - 2 / (1 + np.exp(-3 * np.log(rate / 0.01))) + 5 * max(0.0, np.log(rate / 0.5)) for rate in rates]
    found = read_off(rates, losses)
    assert 0.02 < found.suggested < 0.1 and 0.005 < found.steepest < 0.06
    with pytest.raises(UsageError, match=r"^--find-lr: the loss never fell"):
        read_off(rates, [1.0 + number for number in range(121)])
    with pytest.raises(UsageError, match=r"^--find-lr: the loss never fell"):
        read_off([], [])


def test_the_mean_has_no_bias_at_its_beginning(rng: np.random.Generator) -> None:
    losses = rng.uniform(1, 2, 30).tolist()
    smooth = smoothed(losses)
    for step in range(30):
        shares = 0.9 ** np.arange(step, -1, -1)
        assert smooth[step] == pytest.approx(float((shares * losses[: step + 1]).sum() / shares.sum()))


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"resume": "x"}, "--find-lr: looks for a rate before a training; leave out --resume"),
        ({"optimizer": "lbfgs"}, "--find-lr: a batch of all images has too few steps to tell; leave it out"),
        ({"batch_size": "full"}, "--find-lr: a batch of all images has too few steps to tell; leave it out"),
    ],
)
def test_what_has_no_rate_to_find_is_told(tmp_path: Path, changed: dict[str, str], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        list(find_rate(dataclasses.replace(ours(tmp_path), **changed)))
    assert str(caught.value) == line


def test_the_record_of_seeds_holds_the_settings(tmp_path: Path) -> None:
    *_, done = train_seeds(ours(tmp_path), 1)
    assert isinstance(done, SeedsDone)
    kept = json.loads((done.folder / "seeds.json").read_text())
    assert kept["seeds"] == [7] and kept["settings"]["epochs"] == 2 and kept["begun"] == {"7": "small-drawn-1"}
