"""`cnn learn race`: every optimizer from the same weights over the same batches, beside formulas in float64."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnncli import optim
from cnncli.cli.main import run
from cnncli.data import DataSet, Split
from cnncli.data.digits import load_digits
from cnncli.lessons import race
from cnncli.lessons.blocks import Asked, Numbers
from cnncli.pictures.recipe import InputRecipe
from lesson_pages import lesson, opened

Floats = npt.NDArray[np.float64]

OWN = '''from cnncli.optim import Optimizer
from cnncli.optim.default_rate import DefaultRate


class Ball(Optimizer):
    """v = 0.9 v + g;  p = p - lr v."""

    state_names = ("velocity",)

    def update(self, value, gradient, state, *, weight_decay):
        state["velocity"] *= 0.9
        state["velocity"] += gradient
        value -= self.lr * state["velocity"]


class BallOfCnn(Ball):
    """The same, with a rate for cnn train."""

    on_command_line = DefaultRate(0.025)
'''


@pytest.fixture(scope="module")
def usual() -> Any:
    return race.lesson(Asked(data="digits"))


def test_the_first_loss_is_the_same_for_all_and_no_later_one(usual: Any) -> None:
    losses = usual.values["losses"]
    assert list(losses) == ["SGD", "momentum", "NAG", "Adagrad", "Adadelta", "RMSprop", "Adam"]
    assert len({run[0] for run in losses.values()}) == 1
    assert len({run[50] for run in losses.values()}) == 7
    assert all(len(run) == race.STEPS and run[-1] < 0.6 * run[0] for run in losses.values())


def step_of(name: str, rate: float) -> Any:
    """(gradient, state, count) -> what is subtracted; after the papers."""

    def sgd(g: Floats, state: dict[str, Floats], count: int) -> Floats:
        return rate * g

    def momentum(g: Floats, state: dict[str, Floats], count: int) -> Floats:
        state["v"] = 0.9 * state.get("v", 0 * g) + g
        return rate * state["v"]

    def nag(g: Floats, state: dict[str, Floats], count: int) -> Floats:
        state["v"] = 0.9 * state.get("v", 0 * g) + g
        return rate * (g + 0.9 * state["v"])

    def adagrad(g: Floats, state: dict[str, Floats], count: int) -> Floats:
        state["s"] = state.get("s", 0 * g) + g * g
        return rate * g / (np.sqrt(state["s"]) + 1e-10)

    def adam(g: Floats, state: dict[str, Floats], count: int) -> Floats:
        state["m"] = 0.9 * state.get("m", 0 * g) + 0.1 * g
        state["s"] = 0.999 * state.get("s", 0 * g) + 0.001 * g * g
        return rate * (state["m"] / (1 - 0.9**count)) / (np.sqrt(state["s"] / (1 - 0.999**count)) + 1e-8)

    return {"SGD": sgd, "momentum": momentum, "NAG": nag, "Adagrad": adagrad, "Adam": adam}[name]


@pytest.mark.parametrize("name", ["SGD", "momentum", "NAG", "Adagrad", "Adam"])
def test_the_losses_are_those_of_a_network_in_float64(name: str, usual: Any) -> None:
    _, train, _, classes = race._images("digits")
    recipe = InputRecipe.measured(train.images)
    start = race.network_for(recipe, classes, 1)
    weights = [parameter.value.astype(np.float64) for parameter in start.named_parameters()]
    update, states = step_of(name, usual.values["rates"][name]), [dict[str, Floats]() for _ in weights]
    for count, batch in enumerate(race.batches_of(len(train.labels), 1)[:12], start=1):
        x = (train.images[batch].reshape(len(batch), -1) / 255 - recipe.mean[0]) / recipe.scale[0]
        hidden = np.maximum(x @ weights[0].T + weights[1], 0)
        scores = hidden @ weights[2].T + weights[3]
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        rows = np.arange(len(batch))
        loss = -np.log(shares[rows, train.labels[batch]]).mean()
        assert usual.values["losses"][name][count - 1] == pytest.approx(loss, rel=2e-3)
        shares[rows, train.labels[batch]] -= 1
        of_scores = shares / len(batch)
        of_hidden = (of_scores @ weights[2]) * (hidden > 0)
        gradients = [of_hidden.T @ x, of_hidden.sum(axis=0), of_scores.T @ hidden, of_scores.sum(axis=0)]
        for value, gradient, state in zip(weights, gradients, states, strict=True):
            value -= update(gradient, state, count)


def test_the_table_has_means_and_the_test(usual: Any) -> None:
    [table] = [block for block in usual.blocks if isinstance(block, Numbers)]
    for row in table.rows:
        losses = usual.values["losses"][row[0]]
        assert float(row[2]) == pytest.approx(np.mean(losses[:10]), abs=6e-5)
        assert float(row[3]) == pytest.approx(np.mean(losses[35:50]), abs=6e-5)
        assert float(row[4]) == pytest.approx(np.mean(losses[85:100]), abs=6e-5)
        assert float(row[1]) == usual.values["rates"][row[0]]
        assert float(row[5]) == pytest.approx(np.mean(losses[-15:]), abs=6e-5)
        assert row[6] == f"{100 * usual.values['test'][row[0]][1]:.1f} %"
    best = min(("SGD", "momentum", "Adadelta", "Adam"), key=lambda name: np.mean(usual.values["losses"][name][-15:]))
    assert usual.question.choices[usual.question.right - 1].text == best


def test_the_curves_go_on_by_five_steps_a_picture_and_are_those_of_the_page(usual: Any) -> None:
    frames = usual.frames()
    assert [frame.title for frame in frames] == [f"loss on digits, {step} steps" for step in range(0, 201, 5)]
    whole = frames[-1]
    for part, told in zip(whole.parts, usual.data["runs"], strict=True):
        assert (part.name, part.kind) == (told["name"], told["kind"]) and part.points[-1][0] == 200
        assert np.array(told["curve"]) == pytest.approx(np.array(part.points), abs=6e-6)
        assert [height for _, height in told["curve"]] == [round(height, 5) for _, height in told["curve"]]
    assert usual.data["x"] == [0, 200] and usual.data["y"] == list(whole.y) and usual.data["steps"] == 200
    assert len({told["kind"] for told in usual.data["runs"]}) == 7


def test_an_optimizer_of_the_reader_joins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(race, "STEPS", 60)
    (tmp_path / "own.py").write_text(OWN)
    small = load_digits(300, 50)
    assert small.train is not None
    np.savez(tmp_path / "small.npz", x=small.train.images[:, 0], y=small.train.labels)
    before = dict(optim.BY_NAME)
    try:
        words = ["learn", "race", "--data", str(tmp_path / "small.npz"), "--plugin", str(tmp_path / "own.py"), "--json"]
        assert run(words) == 0
    finally:
        optim.BY_NAME.clear()
        optim.BY_NAME.update(before)
    values = json.loads(capsys.readouterr().out)["values"]
    assert list(values["losses"])[-2:] == ["Ball", "BallOfCnn"]
    # The same formula and rate as momentum's; and of the other's rates one that ends no higher than all.
    assert values["rates"]["BallOfCnn"] == values["rates"]["momentum"]
    assert values["losses"]["BallOfCnn"] == pytest.approx(values["losses"]["momentum"], rel=1e-3)
    assert values["rates"]["Ball"] in race._OWN_RATES


def test_a_rate_far_too_large_diverges_in_the_table_and_draws_a_figure() -> None:
    given = race.lesson(Asked(data="digits", rate=1e5))
    [table] = [block for block in given.blocks if isinstance(block, Numbers)]
    assert "diverged" in [cell for row in table.rows for cell in row]
    assert all(math.isfinite(height) for run in given.data["runs"] for _, height in run["curve"])
    assert len(given.frames()) > 10


def test_mnist_goes_first_where_it_is(monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (900, 1, 5, 5), np.uint8)
    part = Split(images, rng.integers(0, 10, 900))
    made = DataSet("mnist", part, part, list("0123456789"), "light-on-dark", "")
    monkeypatch.setattr(race, "locate", lambda source: ("folder", {}))
    monkeypatch.setattr(race.data, "load", lambda name: made if name == "mnist" else None)
    name, train, test, classes = race._images(None)
    assert (name, len(train.labels), len(test.labels), classes) == ("mnist", 900, 900, 10)


def test_data_without_a_test_part_keep_a_fifth_for_it(tmp_path: Path) -> None:
    small = load_digits(200, 50)
    assert small.train is not None
    images = small.train.images[:, 0]
    np.savez(tmp_path / "small.npz", x=images, y=np.arange(200) % 3)
    _, train, test, classes = race._images(str(tmp_path / "small.npz"))
    assert (len(train.labels), len(test.labels), classes) == (160, 40, 3)
    seen = {image.tobytes() for image in np.concatenate([train.images, test.images])}
    assert len(seen) == len({image.tobytes() for image in images})


def test_batches_see_every_image_before_one_comes_again() -> None:
    batches = race.batches_of(1000, 3)
    assert len(batches) == race.STEPS and all(len(batch) == race.BATCH for batch in batches)
    flat = np.concatenate(batches)
    assert sorted(flat[:1000].tolist()) == list(range(1000)) == sorted(flat[1000:2000].tolist())


@pytest.mark.parametrize(
    ("words", "said"),
    [("--data nowhere", "nowhere: no such data set"), ("--data few.npz", "fewer than 128 training images"),
     ("--plugin nowhere.py", "nowhere.py"), ("--values 1,2", "the lesson race has no use for it")],
)  # fmt: skip
def test_wrong_wishes_are_one_line(
    words: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("few.npz", x=np.zeros((40, 6, 6), np.uint8), y=np.arange(40) % 2)
    assert run(["learn", "race", *words.split()]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_the_page_shows_and_hides_each_and_plays(usual: Any, browser: Any, tmp_path: Path) -> None:
    with opened(browser, lesson("race"), tmp_path) as shown:  # on `digits`, as `usual`
        page = shown.page
        assert page.locator("#figure-1 .line").count() == 7
        page.get_by_label("Adagrad").uncheck()
        assert page.locator("#figure-1 .line").count() == 6
        lowest = re.search(r"lowest: (\w+), ([0-9.]+)", page.locator("#controls .said").inner_text())
        ends = {name: np.mean(run[-15:]) for name, run in usual.values["losses"].items()}
        assert lowest is not None and lowest[1] == min(ends, key=ends.__getitem__)
        assert float(lowest[2]) == pytest.approx(min(ends.values()), rel=1e-3)
        page.get_by_label(lowest[1]).uncheck()
        assert f"lowest: {lowest[1]}" not in page.locator("#controls .said").inner_text()
        page.get_by_role("button", name="From the start").click()
        assert page.evaluate("lesson.state().now") == 0
        page.get_by_role("button", name="One step").click()
        assert page.evaluate("lesson.state().now") == 1 and shown.errors == []
