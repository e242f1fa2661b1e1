"""Lessons on convolution in one dimension, dropout, batch normalization and custom layers: numbers and pages."""

import shlex
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from cnncli.cli.main import cli as cnn
from cnncli.errors import UsageError
from cnncli.layers import BatchNorm1d, BatchNorm2d, Flatten, Linear, Module
from cnncli.lessons.blocks import Asked, Code
from cnncli.lessons.catalogue import find_entry
from cnncli.lessons.given import seen
from cnncli.model_file.serialize import save_model
from cnncli.network import Network
from lesson_pages import lesson, opened, press, slide

ROOT = Path(__file__).parents[2]


def test_convolution_in_one_dimension_is_numpy_s() -> None:
    for asked in ({}, {"values": (1.0, 0.0, -1.0, 2.5)}, {"data": str(ROOT / "examples" / "flats.csv")}):
        given = lesson("convolution-1d", **asked).values
        signal, mask = given["signal"], given["mask"]
        assert np.allclose(given["correlation"], np.correlate(signal, mask, "valid"), rtol=1e-5)
        assert np.allclose(given["convolution"], np.convolve(signal, mask, "valid"), rtol=1e-5)


def test_two_boxes_in_steps_come_to_the_triangle() -> None:
    for step, sums in lesson("convolution-1d").values["boxes"].items():
        h = float(step)
        t = np.arange(len(sums)) * h
        assert np.abs(np.array(sums) - np.maximum(0, 1 - np.abs(t - 1))).max() == pytest.approx(h, rel=1e-3)


def test_the_page_slides_and_turns_as_the_layer_does(browser: Any, tmp_path: Path) -> None:
    given = lesson("convolution-1d")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        assert page.evaluate("lesson.slid()") == given.values["correlation"]
        press(page, "Turn the mask")
        assert page.evaluate("lesson.slid()") == given.values["convolution"]
        times, boxes = [-0.3, 0.4, 1.0, 1.7, 2.2], given.values["boxes"]["0.25"]
        overlaps = page.evaluate("all => all.map((t) => lesson.overlap(t))", times)
        assert overlaps == pytest.approx([max(0, 1 - abs(t - 1)) for t in times])
        sums = page.evaluate("count => Array.from({length: count}, (_, p) => lesson.inSteps(p / 4, 0.25))", len(boxes))
        assert sums == pytest.approx(boxes)
        said = slide(page, "t", 0.5, "controls.querySelector('.said').innerText")
        assert "the integral is 0.500" in said
        page.locator("#control-step-h").select_option("0.05")
        assert "as a sum in steps of 0.05 it is 0.550" in page.locator("#controls .said").inner_text()
        page.get_by_label("mask 0").fill("10")
        page.get_by_label("mask 0").press("Tab")
        assert page.evaluate("lesson.state().mask[0]") == 10
        press(page, "From the start")
        press(page, "One step")
        assert shown.errors == []


def test_both_forms_of_dropout_have_the_means_that_evaluation_gives() -> None:
    given = lesson("dropout", seed=3).values
    values, p = np.array([4, 1, 3, 2, 0.5, 2.5, 1.5, 3.5]), given["p"]
    drawn = {form: np.array(found) for form, found in given["drawn"].items()}
    for found in drawn["inverted"]:
        assert np.isin(found / values, [0, 2]).all()
    assert np.allclose(drawn["first"] * 2, drawn["inverted"])  # the same places are dropped
    assert np.allclose(given["evaluation"]["inverted"], values)
    assert np.allclose(given["evaluation"]["first"], values * (1 - p))
    for form in drawn:  # 2,000 draws: within 5 standard errors
        scale = given["evaluation"][form][0]
        assert given["means"][form] == pytest.approx(scale, abs=5 * scale / 2000**0.5)


def test_dropout_takes_the_share_of_a_network_and_refuses_one_without() -> None:
    assert lesson("dropout", model="convnet").values["p"] == 0.25
    with pytest.raises(UsageError, match="drops nothing"):
        lesson("dropout", model="lenet5")


def test_the_page_of_dropout_drops_as_the_layer_does(browser: Any, tmp_path: Path) -> None:
    given = lesson("dropout")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        for form in ("inverted", "first"):
            drawn = given.values["drawn"][form][:5]
            call = (
                "([drawn, form]) => drawn.map((one) => lesson.apply(DATA.values, one.map(Boolean), DATA.p, form, true))"
            )
            assert np.allclose(page.evaluate(call, [drawn, form]), drawn)
            told = page.evaluate("form => lesson.apply(DATA.values, [], DATA.p, form, false)", form)
            assert told == pytest.approx(given.values["evaluation"][form])
        slide(page, "p", 0.2)
        press(page, "One step")
        page.evaluate("for (let k = 0; k < 60; k++) lesson.step()")
        state = page.evaluate("lesson.state()")
        assert state["count"] > 300
        assert state["means"]["inverted"] == pytest.approx(4, abs=5 * 4 * (0.25 / state["count"]) ** 0.5)
        assert state["means"]["first"] == pytest.approx(0.8 * state["means"]["inverted"])
        press(page, "From the start")
        assert page.evaluate("lesson.state().count") == 1 and shown.errors == []


def test_batch_normalization_follows_the_paper_s_formulas() -> None:
    given = lesson("batchnorm", seed=5).values
    batch = np.array(given["batch"])
    assert np.allclose(given["trained"], (batch - batch.mean()) / np.sqrt(batch.var() + 1e-5), atol=1e-5)
    assert given["means"][0] == pytest.approx(0.1 * batch.mean())
    assert given["variances"][0] == pytest.approx(0.9 + 0.1 * batch.var(ddof=1), rel=1e-5)
    first = (batch - given["means"][0]) / np.sqrt(given["variances"][0] + 1e-5)
    assert np.allclose(given["evaluated"][0], first, atol=1e-4)
    assert abs(given["means"][-1] - 5) < 0.5 and abs(given["variances"][-1] - 9) < 2


def test_batch_normalization_looks_into_the_reader_s_network() -> None:
    own = lesson("batchnorm", model="convnet").values["own"]
    assert own["layer"].startswith("layer bn1 of convnet, not trained yet") and len(own["channels"]) == 6
    for mean, running, variance, behind, deviation in own["channels"]:
        assert running == 0 and variance == 1 and behind == pytest.approx(mean, abs=1e-4) and deviation > 0
    with pytest.raises(UsageError, match="normalizes no batches"):
        lesson("batchnorm", model="lenet5")


def test_of_a_trained_network_the_kept_values_are_those_of_evaluation(tmp_path: Path) -> None:
    layer = BatchNorm2d(1)
    network = Network([layer, Flatten(), Linear(64, 2)], (1, 8, 8), class_names=["a", "b"])
    network.initialize(1)
    layer.running_mean[...], layer.running_var[...] = 50.0, 400.0
    assert layer.weight is not None and layer.bias is not None
    layer.weight[...], layer.bias[...] = 3.0, 1.0
    save_model(tmp_path / "own.bin", network)
    own = lesson("batchnorm", model=str(tmp_path / "own.bin")).values["own"]
    [[mean, kept, variance, behind, deviation]] = own["channels"]
    assert (kept, variance) == (50, 400)
    assert behind == pytest.approx(3 * (mean - 50) / 400.00001**0.5 + 1, rel=1e-4)
    picture = seen(Asked(model=str(tmp_path / "own.bin")))
    samples = picture.network.samples(picture.image).astype(np.float64)
    assert mean == pytest.approx(samples.mean(), rel=1e-5)
    assert deviation == pytest.approx(3 * samples.std() / 400.00001**0.5, rel=1e-4)


def test_the_page_of_batch_normalization_computes_what_the_layer_does(browser: Any, tmp_path: Path) -> None:
    given = lesson("batchnorm")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        assert page.evaluate("lesson.normalize(DATA.batch, true)") == pytest.approx(given.values["trained"], abs=1e-4)
        evaluated = page.evaluate("lesson.normalize(DATA.batch, false)")
        assert evaluated == pytest.approx(given.values["evaluated"][0], abs=1e-4)
        layer = BatchNorm1d(1)
        layer.train().forward(np.array(given.values["batch"], np.float32)[:, None])
        for _ in range(4):
            batch = page.evaluate("lesson.step() && lesson.state().batch")
            layer.forward(np.array(batch, np.float32)[:, None])
        kept = page.evaluate("lesson.state().kept")
        assert kept["mean"] == pytest.approx(float(layer.running_mean[0]), rel=1e-4)
        assert kept["variance"] == pytest.approx(float(layer.running_var[0]), rel=1e-4)
        press(page, "One step")
        told = np.array(slide(page, "w", 2, "lesson.normalize(lesson.state().batch, true)", b=1))
        assert told.mean() == pytest.approx(1, abs=1e-4) and told.std() == pytest.approx(2, rel=1e-3)
        assert shown.errors == []


def test_the_custom_layer_is_right_and_each_fault_is_found_where_it_is() -> None:
    given = lesson("custom", values=(0.4,)).values
    assert given["verdicts"] == {
        "right": [True, True], "without the 2": [False, True], "nothing added to grad_w": [True, False],
        "without grad_output": [False, True],
    }  # fmt: skip
    assert np.allclose(given["slopes"], 1 + 0.8 * np.linspace(-2, 2, 81), atol=1e-6)
    errors = dict(zip(np.log10(given["steps"]).round().astype(int).tolist(), given["errors"], strict=True))
    assert errors[-2] / errors[-3] == pytest.approx(100, rel=0.05)  # the error falls with the square of the step
    assert errors[-12] > 100 * errors[-5]


def test_the_layer_of_the_lesson_is_the_code_that_it_shows() -> None:
    [code] = [block for block in lesson("custom").blocks if isinstance(block, Code)]
    names: dict[str, Any] = {"np": np, "Module": Module}
    exec("\n".join(code.lines), names)  # the lines as a reader would type them
    layer = names["Bend"]()
    x = np.array([[1.0, -2.0]], np.float32)
    assert layer.forward(x) == pytest.approx(np.array([[1.25, -1.0]]))
    layer.zero_grad_parameters()
    assert layer.backward(x, np.ones_like(x)) == pytest.approx(np.array([[1.5, 0.0]]))
    assert layer.grad_w == pytest.approx(5) and all(len(line) <= 76 for line in code.lines)


def test_the_page_of_the_custom_layer_has_its_slope_and_its_difference(browser: Any, tmp_path: Path) -> None:
    given = lesson("custom")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        x = np.linspace(-2, 2, 81).tolist()
        assert page.evaluate("x => x.map(lesson.slope)", x) == pytest.approx(given.values["slopes"], abs=1e-6)
        told = page.evaluate("h => h.map((one) => lesson.error(0.7, one))", given.values["steps"])
        assert np.allclose(told[:4], given.values["errors"][:4], rtol=1e-3)
        slide(page, "w", -0.5)
        slide(page, "x", 1.0)
        slide(page, "power of h", -3)
        assert page.evaluate("lesson.difference(1, 1e-3)") == pytest.approx(0, abs=1e-9)
        assert "h = 1e-3" in page.locator("#controls .said").inner_text()
        press(page, "From the start")
        press(page, "One step")
        assert shown.errors == []


def test_what_is_to_be_read_can_be_searched(browser: Any, tmp_path: Path) -> None:
    given = lesson("reading")
    everything = given.values["papers"] + given.values["pages"]
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        assert page.evaluate("lesson.chosen().length") == len(everything)
        page.locator("#control-topic").select_option("optimizers")
        wanted = [one["what"] for one in everything if one["topic"] == "optimizers"]
        assert sorted(page.evaluate("lesson.chosen().map((one) => one.what)")) == sorted(wanted)
        page.locator("#control-words").fill("adam 2015")
        assert page.locator("#controls li").count() == 1
        assert "Kingma" in page.locator("#controls li").inner_text() and shown.errors == []


def test_every_command_of_the_reading_list_is_one() -> None:
    given = lesson("reading").values
    for read in given["papers"] + given["pages"]:
        program, name, *words = shlex.split(read["run"])
        if program == "python":
            assert (ROOT / name).is_file()
            continue
        command = cnn.get_command(click.Context(cnn), name)
        assert command is not None, read
        command.make_context(name, list(words), parent=cnn.make_context("cnn", ["help"]))
        if name == "learn":
            find_entry(words[0])
