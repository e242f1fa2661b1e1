"""Lessons on pictures and networks: their numbers against NumPy in float64, and their pages' controls."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.cli.main import run
from cnncli.errors import UsageError
from cnncli.plugins.new_layer import write_new_layer
from cnncli.views.scales import Scale
from lesson_pages import lesson, opened, press, slide

MASKS = {
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "blur": np.full((3, 3), 1 / 9), "edge": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
}  # fmt: skip


@pytest.fixture
def photo(tmp_path: Path, rng: np.random.Generator) -> str:
    path = tmp_path / "photo.png"
    Image.fromarray(rng.integers(0, 256, (30, 41, 3)).astype(np.uint8)).save(path)
    return str(path)


def over(picture: np.ndarray, mask: Any) -> np.ndarray:
    """The mask at every place in float64, with the outermost pixels repeated."""
    high, wide = picture.shape
    around = np.pad(picture.astype(np.float64), 1, mode="edge")
    weights = np.asarray(mask, np.float64)
    return sum(weights[i, j] * around[i : i + high, j : j + wide] for i in range(3) for j in range(3))


def test_the_masks_are_laid_over_the_readers_own_picture(photo: str) -> None:
    given = lesson("masks", picture=photo).values
    grey = np.asarray(Image.open(photo).convert("L"))
    assert np.array_equal(given["picture"], grey)
    for name, mask in MASKS.items():
        assert np.allclose(given["results"][name], over(grey, mask), atol=1e-3)


def test_the_page_of_masks_computes_what_the_library_does(browser: Any, tmp_path: Path, photo: str) -> None:
    given = lesson("masks", picture=photo)
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        for name, values in given.values["results"].items():
            page.get_by_role("button", name=name, exact=True).click()
            assert np.allclose(page.evaluate("lesson.apply()"), values, atol=1e-3)
        page.evaluate(f"lesson.set({MASKS['emboss']}, true)")
        turned = over(np.asarray(given.values["picture"]), np.asarray(MASKS["emboss"])[::-1, ::-1])
        assert np.allclose(page.evaluate("lesson.apply()"), turned, atol=1e-3)
        slide(page, "strength", 0)
        assert np.allclose(page.evaluate("lesson.apply()"), given.values["picture"], atol=1e-3)
        page.locator("canvas").first.click(position={"x": 5, "y": 5})
        assert page.evaluate("[lesson.state().row, lesson.state().column]") == [0, 0]
        page.locator("canvas").first.focus()
        for key in ("ArrowDown", "ArrowLeft", "ArrowRight"):  # at the border it stays
            page.keyboard.press(key)
        assert page.evaluate("[lesson.state().row, lesson.state().column]") == [1, 1]
        page.get_by_label("mask, row 1, column 1").fill("9")
        page.get_by_label("mask, row 1, column 1").press("Tab")
        assert page.evaluate("lesson.state().mask[1][1]") == 9 and shown.errors == []


def test_lenet5_has_the_numbers_of_its_paper_s_layout() -> None:
    """Counted by hand: 61,706 learned numbers with all maps joined, fields of view 5, 6, 14, 16."""
    given = lesson("lenet5").values
    facts = {one["name"]: one for one in given["layers"]}
    assert given["parameters"] == 61_706 and given["trained"]
    learned = [facts[name]["weights"] for name in ("conv1", "conv2", "fc1", "fc2", "fc3")]
    assert learned == [156, 2416, 48120, 10164, 850]
    assert facts["conv1"]["multiply_adds"] == 6 * 28 * 28 * 25 and facts["conv2"]["multiply_adds"] == 16 * 100 * 150
    assert facts["pool2"]["output"] == [16, 5, 5]
    assert max(given["probabilities"].values()) > 0.9 and sum(given["probabilities"].values()) == pytest.approx(1)


def test_any_network_of_pictures_can_be_looked_at(photo: str) -> None:
    for model in ("resnet-small", "mlp"):
        given = lesson("lenet5", model=model, picture=photo)
        assert given.values["network"] == model and not given.values["trained"]
        assert given.question.choices[given.question.right - 1].text.replace(",", "").isdigit()


def test_the_page_of_lenet5_shows_each_layer_and_what_a_unit_sees(
    browser: Any, tmp_path: Path, rng: np.random.Generator
) -> None:
    given = lesson("lenet5")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        # The window of row r behind kernel 5 with padding 2 is r-2 to r+2; behind pooling 2, 2r-2 to 2r+3.
        assert page.evaluate("lesson.seenBy(0, 10, 12)") == [8, 10, 12, 14]
        assert page.evaluate("lesson.seenBy(2, 7, 4)") == [12, 6, 17, 11]
        assert page.evaluate("lesson.seenBy(0, 0, 27)") == [0, 25, 2, 27]
        for index in range(len(given.values["layers"])):
            said = slide(page, "layer", index, "document.querySelector('#controls b').innerText")
            assert said == given.values["layers"][index]["name"]
        slide(page, "layer", 2)
        page.locator("#controls canvas").nth(3).click(position={"x": 2, "y": 2})
        assert page.evaluate("lesson.state().unit") == [2, 0, 0]
        page.get_by_role("button", name="From the start").click()
        page.get_by_role("button", name="One step").click()
        assert page.evaluate("lesson.state().at") == 1 and shown.errors == []
        for values in (rng.normal(size=(4, 5)), rng.uniform(0, 3, (4, 5)), np.zeros((1, 2))):  # colours of its maps
            ours = Scale.of(values).colours(values)
            call = "rows => rows.map((row) => row.map((one) => colour(one, scaleOf([rows]))))"
            assert np.abs(np.asarray(page.evaluate(call, values.tolist())) - ours).max() <= 1


def test_a_network_with_a_layer_of_the_reader_s_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin, network = tmp_path / "swish.py", tmp_path / "net.toml"
    write_new_layer("OwnSwish", str(plugin))
    network.write_text(
        'input = [1, 28, 28]\nclasses = 10\n[[layers]]\ntype = "Conv2d"\nout_channels = 2\nkernel_size = 3\n'
        '[[layers]]\ntype = "OwnSwish"\n[[layers]]\ntype = "Flatten"\n'
        '[[layers]]\ntype = "Linear"\nout_features = "classes"\n'
    )
    for name in ("lenet5", "field"):
        assert run(["learn", name, "--model", str(network), "--plugin", str(plugin), "--json"]) == 0
        assert "ownswish1" in capsys.readouterr().out


def grown(kernels: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(field, distance) behind each of the (kernel, stride)s."""
    field, distance, found = 1, 1, []
    for kernel, stride in kernels:
        field, distance = field + (kernel - 1) * distance, distance * stride
        found.append((field, distance))
    return found


def test_the_field_of_view_grows_as_the_formula_says() -> None:
    given = lesson("field").values
    wanted = grown([(5, 1), (2, 2), (5, 1), (2, 2)])
    names = ["conv1", "pool1", "conv2", "pool2"]
    assert [(given["fields"][name], given["distances"][name]) for name in names] == wanted
    deep = lesson("field", model="simplechains").values["fields"]
    assert (deep["conv1"], deep["pool1"], deep["conv2"]) == tuple(field for field, _ in grown([(5, 1), (2, 2), (5, 1)]))
    with pytest.raises(UsageError, match="sees the whole picture"):
        lesson("field", model="mlp")


def test_the_page_of_the_field_marks_the_window_of_any_unit(browser: Any, tmp_path: Path) -> None:
    with opened(browser, lesson("field"), tmp_path) as shown:
        page = shown.page
        slide(page, "layer", 3)  # conv2: size 14, neighbours 2 apart, and 2 pixels of padding before conv1
        for row, column in ((0, 0), (4, 7), (9, 9)):
            text = slide(page, "row", row, "document.getElementById('controls').innerText", column=column)
            low, left = 2 * row - 2, 2 * column - 2
            wanted = [max(0, low), max(0, left), min(27, low + 13), min(27, left + 13)]
            assert page.evaluate(f"lesson.seenBy(3, {row}, {column})") == wanted
            high, wide = wanted[2] - wanted[0] + 1, wanted[3] - wanted[1] + 1
            assert f"conv2[{row},{column}] sees {high} x {wide} pixels" in text
        page.locator("canvas").nth(0).click(position={"x": 3, "y": 3})
        assert page.evaluate("[lesson.state().row, lesson.state().column]") == [0, 0] and shown.errors == []


def test_the_mask_is_learned_as_adam_s_formula_says(photo: str) -> None:
    """Kingma & Ba 2015 in float64, from the same start."""
    for asked in ({"rate": 0.1, "seed": 2}, {"picture": photo}):
        given = lesson("learn-a-mask", **asked)
        before = np.array(given.data["before"])
        windows = np.lib.stride_tricks.sliding_window_view(before, (3, 3), axis=(1, 2)).reshape(-1, 9)
        design = np.concatenate([windows, np.ones((len(windows), 1))], axis=1)
        after = windows @ np.array(given.values["true"]).ravel()
        weights = np.append(np.array(given.data["start"]).ravel(), given.data["bias"])
        mean, square = np.zeros(10), np.zeros(10)
        for step in range(1, 41):
            errors = design @ weights - after
            assert given.values["losses"][step - 1] == pytest.approx((errors**2).mean(), rel=2e-3)
            slope = 2 * design.T @ errors / len(after)
            mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
            weights -= given.values["rate"] * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    assert np.allclose(lesson("learn-a-mask").values["learned"], MASKS["emboss"], atol=1e-3)


def test_the_page_learns_the_mask_as_the_library_does(browser: Any, tmp_path: Path) -> None:
    given = lesson("learn-a-mask")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        page.get_by_role("button", name="One step").click()
        page.evaluate("lesson.run(49)")
        assert page.evaluate("lesson.state().losses") == pytest.approx(given.values["losses"][:51], rel=1e-2)
        page.get_by_role("button", name="blur").click()
        assert page.evaluate("lesson.state().step") == 0
        page.evaluate("lesson.run(300)")
        assert np.allclose(page.evaluate("lesson.state().mask"), MASKS["blur"], atol=1e-2)
        slide(page, "rate", 0.5)
        assert page.evaluate("lesson.state().losses.length") == 1 and shown.errors == []


def test_the_example_of_convolution_is_that_of_lectures() -> None:
    """The picture, the cross and the map that Ng et al. draw, "Feature extraction using convolution" (UFLDL, 2010)."""
    given = lesson("convolution").values
    assert given["picture"] == [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    assert given["mask"] == (np.eye(3) + np.eye(3)[::-1] - np.outer([0, 1, 0], [0, 1, 0])).tolist()
    assert given["result"] == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]


def test_a_mask_of_the_reader_s_slides_over_a_piece_of_his_picture(photo: str) -> None:
    mask = (0.0, 1.0, 2.0, -1.0, 0.5, 0.0, 3.0, 0.0, -2.0)
    given = lesson("convolution", picture=photo, values=mask).values
    picture, kernel = np.array(given["picture"]), np.array(mask).reshape(3, 3)
    assert picture.shape == (7, 7) and picture.min() >= 0 and picture.max() <= 9 and picture.std() > 0
    for name, weights in (("result", kernel), ("correlation", kernel), ("convolution", kernel[::-1, ::-1])):
        windows = np.lib.stride_tricks.sliding_window_view(picture, (3, 3))
        assert np.allclose(given[name], (windows * weights).sum(axis=(2, 3)), atol=1e-4)


def test_the_page_of_convolution_pads_and_strides_as_the_layer_does(browser: Any, tmp_path: Path, photo: str) -> None:
    given = lesson("convolution", picture=photo, values=(0.0, 1.0, 2.0, -1.0, 0.5, 0.0, 3.0, 0.0, -2.0))
    picture, mask = np.array(given.values["picture"], np.float32), np.array(given.values["mask"], np.float32)
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        for padding, stride in ((0, 1), (1, 1), (2, 1), (1, 2), (0, 3)):
            told = np.array(slide(page, "padding", padding, "lesson.all()", stride=stride))
            windows = np.lib.stride_tricks.sliding_window_view(np.pad(picture, padding), (3, 3))[::stride, ::stride]
            ours = (windows * mask).sum(axis=(2, 3))
            assert told.shape == ours.shape and np.allclose(told, ours, atol=1e-4)
            text = slide(page, "place", told.size - 1, "controls.querySelector('.said').innerText")
            assert f"row {told.shape[0] - 1}, column {told.shape[1] - 1}:" in text
        assert shown.errors == []


def test_the_page_of_pooling_points_at_the_maxima(browser: Any, tmp_path: Path, photo: str) -> None:
    given = lesson("pooling", picture=photo)
    image = np.array(given.values["image"])
    assert image.shape == (4, 4) and image.max() <= 9
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        for size, stride in ((2, 2), (3, 1), (2, 1), (4, 1), (1, 3)):
            side = (4 - size) // stride + 1
            places = [list(place) for place in np.ndindex(side, side)]
            told = slide(page, "window", size, f"{places}.map((one) => lesson.sources(...one))", stride=stride)
            for (row, column), [[r, c]] in zip(places, told, strict=True):
                window = image[row * stride : row * stride + size, column * stride : column * stride + size]
                assert image[r, c] == window.max() and r in range(row * stride, row * stride + size)
            assert page.locator("#figure-1 .contour").count() == side * side  # an arrow for each window
        press(page, "average")
        press(page, "From the start")
        press(page, "One step")
        assert page.evaluate("lesson.state().kind") == "average" and shown.errors == []


def test_stochastic_pooling_draws_by_its_chances() -> None:
    [table] = [block for block in lesson("pooling").blocks if getattr(block, "title", "").startswith("the upper left")]
    for _, chance, drawn in table.rows:
        assert int(drawn) / 1000 == pytest.approx(float(chance), abs=5 * (0.25 / 1000) ** 0.5)
