"""The page of a network in Chromium: it is one small file, asks for nothing, and answers as `cnn predict` does."""

import base64
import html
import io
import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from browser import OpenPage, chromium, nameless
from cnncli import Model, Network, load, save
from cnncli.errors import CnnError
from cnncli.exports.page import page_of
from cnncli.layers import AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Residual, Sigmoid, Tanh
from cnncli.pages import network_page
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import shipped_model
from photographed import pictures

SAME = 1e-4  # of a probability
SEVEN = [[(0.3, 0.25), (0.72, 0.25), (0.45, 0.82)], [(0.38, 0.52), (0.66, 0.52)]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def lenet5() -> Model:
    return load(shipped_model("lenet5"))


@pytest.fixture(scope="module")
def file(lenet5: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "digit.html"
    path.write_bytes(page_of(lenet5, "lenet5"))
    return path


@pytest.fixture(scope="module")
def opened(browser: Any, file: Path) -> Iterator[OpenPage]:
    with OpenPage(browser, file) as page:
        yield page
        assert page.errors == []
        assert page.requests == [file.as_uri()]


def colours() -> Model:
    """Three classes of one's own, of colour pictures that are fitted whole."""
    recipe = InputRecipe("plain", 3, 24, 32, mean=(0.5, 0.4, 0.3), scale=(0.3, 0.2, 0.25), border=2)
    layers = [
        Conv2d(3, 6, 3, padding=1), ReLU(), Residual([Conv2d(6, 6, 3, padding=1), BatchNorm2d(6)]),
        AdaptiveAvgPool2d(4), Flatten(), Linear(96, 3),
    ]  # fmt: skip
    network = Network(layers, (3, 24, 32), ["red <b>", "green </script>", "blue"], "own", recipe)
    network.initialize(seed=2)
    return Model(network)


def batched(images: Iterable[Image.Image], count: int) -> Iterator[list[Image.Image]]:
    rest = iter(images)
    while some := list(islice(rest, count)):
        yield some


def asked(page: Any, *images: Image.Image) -> list[dict[str, Any]]:
    """What the page says of each, in one visit, which costs more than the answers do."""
    told = []
    for image in images:
        rgba = np.asarray(image.convert("RGBA"))
        told.append([base64.b64encode(rgba.tobytes()).decode(), image.width, image.height])
    return list(page.evaluate("(all) => all.map(([a, w, h]) => cnn.read(a, w, h))", told))


def count_same(page: Any, model: Model, images: Iterable[Image.Image]) -> int:
    """How many have an answer; the page's are those of `model`, and where there is none here there is none there."""
    seen = 0
    for some in batched(images, 25):
        read = []
        for image, said in zip(some, asked(page, *some), strict=True):
            try:
                assert model.recipe is not None
                prepared = model.recipe.prepare(image).pixels
            except CnnError as error:
                assert said["error"].split(":")[0].split()[0] in str(error)
                continue
            assert np.array_equal(np.array(said["pixels"]), prepared.ravel())
            read.append((prepared, said["probabilities"]))
        wanted = model.predict(np.stack([pixels for pixels, _ in read])).probabilities
        np.testing.assert_allclose([said for _, said in read], wanted, rtol=0, atol=SAME)
        seen += len(read)
    return seen


def assert_same_probabilities(page: Any, images: np.ndarray, wanted: np.ndarray, same: float = SAME) -> None:
    told = [image.ravel().tolist() for image in images]
    said = page.evaluate("(images) => images.map((pixels) => cnn.run(pixels).probabilities)", told)
    np.testing.assert_allclose(said, wanted, rtol=0, atol=same)


def draw(page: Any, strokes: list[list[tuple[float, float]]], steps: int = 3) -> None:
    """Strokes by the mouse; places are shares of the pad."""
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    at = lambda place: (box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"])  # noqa: E731
    for first, *others in strokes:
        page.mouse.move(*at(first))
        page.mouse.down()
        for place in others:
            page.mouse.move(*at(place), steps=steps)
        page.mouse.up()
    settled(page)


def settled(page: Any) -> None:
    frame = "await new Promise((done) => requestAnimationFrame(done));"
    page.evaluate(f"async () => {{ {frame} {frame} {frame} }}")


def drawn(page: Any) -> Image.Image:
    """What the network was given, as a file of it would be."""
    told = page.evaluate("() => cnn.pad.twin.toDataURL('image/png')")
    return Image.open(io.BytesIO(base64.b64decode(told.split(",")[1])))


# Strokes as the events of a pointer, each on a clear pad with its pen; what was drawn, and what the page then shows.
REPLAY = """async (drawings) => {
    const told = [], pad = document.getElementById("pad"), box = pad.getBoundingClientRect();
    const send = (name, [x, y]) => pad.dispatchEvent(new PointerEvent(`pointer${name}`, {
        pointerId: 7, clientX: box.left + x * box.width, clientY: box.top + y * box.height,
    }));
    for (const { width, points } of drawings) {
        cnn.pad.clear();
        document.getElementById("pen").value = width;
        send("down", points[0]);
        for (const point of points.slice(1)) send("move", point);
        send("up", points[points.length - 1]);
        for (const count = cnn.answers.length; cnn.answers.length === count; ) {
            await new Promise((done) => requestAnimationFrame(done));
        }
        const said = document.getElementById("said").textContent;
        told.push({ png: cnn.pad.twin.toDataURL().split(",")[1], said, probabilities: cnn.net.probabilities() });
    }
    return told;
}"""


def shown_probabilities(page: Any) -> list[float]:
    return list(page.evaluate("() => cnn.net.probabilities()"))


def test_page_of_lenet5_has_less_than_400_kb_and_others_less_than_1_6_times_their_file(
    file: Path, tmp_path: Path
) -> None:
    assert file.stat().st_size < 400_000
    network = Network.from_model_name("convnet")
    network.recipe = InputRecipe("plain", *network.input_shape)
    save(network, tmp_path / "convnet.bin")
    assert len(page_of(load(tmp_path / "convnet.bin"), "convnet")) < 1.6 * (tmp_path / "convnet.bin").stat().st_size


def test_page_may_load_nothing_and_runs_its_own_program_alone(file: Path) -> None:
    text = file.read_text()
    policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0])
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http:" not in text and "https:" not in text and "import(" not in text


def test_images_get_the_probabilities_of_predict(opened: OpenPage, lenet5: Model, rng: np.random.Generator) -> None:
    images = (rng.integers(0, 256, (12, 1, 28, 28)) * (rng.random((12, 1, 28, 28)) < 0.3)).astype(np.uint8)
    wanted = lenet5.predict(images).probabilities
    assert_same_probabilities(opened.page, images, wanted)


def test_pictures_are_prepared_to_the_same_pixels(opened: OpenPage, lenet5: Model, rng: np.random.Generator) -> None:
    assert count_same(opened.page, lenet5, pictures(12, rng)) >= 9


def test_drawing_is_read_as_a_file_of_it_would_be(opened: OpenPage, lenet5: Model) -> None:
    draw(opened.page, SEVEN)
    assert opened.page.inner_text("#label").startswith("7")
    wanted = lenet5.predict(drawn(opened.page)).probabilities[0]
    np.testing.assert_allclose(shown_probabilities(opened.page), wanted, rtol=0, atol=SAME)
    opened.page.keyboard.press("Control+z")
    opened.page.keyboard.press("Control+z")
    settled(opened.page)
    assert opened.page.inner_text("#label") == "\u2013"
    assert opened.page.is_disabled("#undo")
    draw(opened.page, SEVEN)
    opened.page.keyboard.press("Delete")
    settled(opened.page)
    assert opened.page.inner_text("#said") == "Draw one, or open a picture."


def test_clearing_ends_the_stroke_that_is_being_drawn(opened: OpenPage) -> None:
    page = opened.page
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 90)
    page.keyboard.press("Delete")
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.mouse.up()
    assert page.evaluate("() => cnn.pad.strokes.length") == 0
    assert np.asarray(drawn(page).convert("L")).min() == 255


def test_keys_draw_too(opened: OpenPage) -> None:
    page = opened.page
    page.keyboard.press("Delete")
    page.focus("#pad")
    assert page.is_visible("#spot")
    page.keyboard.press("Space")
    for _ in range(15):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    settled(page)
    assert page.evaluate("() => cnn.pad.strokes.map((stroke) => stroke.points.length)") == [16]
    assert page.inner_text("#label").startswith("1")
    page.keyboard.press("Delete")
    settled(page)


def test_touch_draws_and_does_not_scroll(browser: Any, file: Path) -> None:
    with OpenPage(browser, file, 360, 740, has_touch=True, is_mobile=True) as phone:
        box = phone.page.locator("#pad").bounding_box()
        session = phone.context.new_cdp_session(phone.page)
        for kind, x, y in (("Start", 0.5, 0.2), ("Move", 0.5, 0.5), ("Move", 0.5, 0.8), ("End", 0, 0)):
            points = [] if kind == "End" else [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}]
            session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
        settled(phone.page)
        told = phone.page.evaluate("() => [scrollY, cnn.pad.strokes.length, cnn.pad.strokes[0].points.length > 2]")
        assert told == [0, 1, True]
        assert phone.page.inner_text("#label").startswith("1")
        assert phone.page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_chosen_picture_is_read_whatever_its_size(opened: OpenPage, lenet5: Model, tmp_path: Path) -> None:
    page = Image.new("RGB", (500, 350), (235, 230, 220))
    ImageDraw.Draw(page).line([(200, 80), (300, 80), (240, 280)], fill=(20, 20, 80), width=22, joint="curve")
    page.save(tmp_path / "seven.png")
    opened.page.set_input_files("#file", tmp_path / "seven.png")
    opened.page.wait_for_function("() => document.getElementById('label').textContent !== '\u2013'")
    settled(opened.page)
    wanted = lenet5.predict(tmp_path / "seven.png").probabilities[0]
    np.testing.assert_allclose(shown_probabilities(opened.page), wanted, rtol=0, atol=SAME)
    (tmp_path / "no.png").write_bytes(b"no picture")
    opened.page.set_input_files("#file", tmp_path / "no.png")
    opened.page.wait_for_function("() => document.getElementById('said').textContent.includes('no picture')")
    opened.page.click("#clear")


def test_classes_of_ones_own_are_shown_as_their_names_and_colour_pictures_read(
    browser: Any, tmp_path: Path, rng: np.random.Generator
) -> None:
    model = colours()
    (tmp_path / "own.html").write_bytes(page_of(model, "own"))
    with OpenPage(browser, tmp_path / "own.html") as opened:
        images = []
        for size in ((32, 24), (100, 41), (40, 90), (9, 5)):
            images.append(Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)))
        assert count_same(opened.page, model, images) == 4
        images[-1].save(tmp_path / "own.png")
        opened.page.set_input_files("#file", tmp_path / "own.png")
        opened.page.wait_for_function("() => document.getElementById('label').textContent !== '\u2013'")
        names = opened.page.locator("#bars b").all_inner_texts()
        assert names == model.class_names
        assert opened.errors == []


@pytest.mark.parametrize("polarity", ["dark-on-light", "light-on-dark"])
def test_glyphs_of_other_recipes_are_read_as_by_predict(
    polarity: str, browser: Any, tmp_path: Path, rng: np.random.Generator
) -> None:
    """Another size, three channels, a border, paper as bright as it is."""
    recipe = InputRecipe("glyph", 3, 40, 36, polarity, (0.1, 0.2, 0.3), (0.5, 0.4, 0.3), border=3)
    layers = [Conv2d(3, 4, 5), ReLU(), AdaptiveAvgPool2d(4), Flatten(), Linear(64, 2)]
    network = Network(layers, (3, 40, 36), ["a", "b"], "glyphs", recipe)
    network.initialize(seed=4)
    model = Model(network)
    (tmp_path / "glyph.html").write_bytes(page_of(model, "glyph"))
    with OpenPage(browser, tmp_path / "glyph.html") as opened:
        assert count_same(opened.page, model, pictures(7, rng)) >= 5 and opened.errors == []


def test_unit_is_told_as_its_sum_its_window_and_its_field_of_view(opened: OpenPage, lenet5: Model) -> None:
    page = opened.page
    page.keyboard.press("Delete")
    draw(page, SEVEN)
    canvas = page.locator(".layer canvas").nth(3)
    canvas.focus()
    page.keyboard.press("ArrowRight")
    settled(page)
    assert page.inner_text("#which").startswith("3 Conv2d: map 0, row 0, column 1 = ")
    assert "150 products add up to" in page.inner_text("#sum")
    assert "Field of view: 12×14 of the 28×28 input." in page.inner_text("#sum")
    page.click("#sum summary")
    settled(page)
    cells = [re.sub("−", "-", text) for text in page.locator("#sum tbody td").all_inner_texts()]
    assert len(cells) == 3 * 150
    sample = np.array(page.evaluate("() => Array.from(cnn.net.tensors[0].data)"), np.float32)
    activations = lenet5.network.activations(sample.reshape(1, 1, 28, 28))
    bias = float(lenet5.network[3].bias[0])
    assert sum(map(float, cells[2::3])) + bias == pytest.approx(float(activations[3][0, 0, 0, 1]), abs=0.02)
    assert nameless(page) == []
    page.keyboard.press("Escape")
    assert page.is_hidden("#unit")


@pytest.mark.parametrize("orientation", [1, 6])
def test_photograph_is_turned_and_decoded_as_by_predict(
    orientation: int, opened: OpenPage, lenet5: Model, tmp_path: Path
) -> None:
    page = Image.new("RGB", (300, 200), (205, 220, 235))
    ImageDraw.Draw(page).line([(60, 30), (150, 30), (100, 170)], fill=(60, 20, 20), width=18, joint="curve")
    exif = Image.Exif()
    exif[0x0112] = orientation
    page.save(tmp_path / "photo.jpg", quality=85, exif=exif)
    opened.page.evaluate("() => { document.getElementById('label').textContent = '?'; }")
    opened.page.set_input_files("#file", tmp_path / "photo.jpg")
    opened.page.wait_for_function("() => document.getElementById('label').textContent !== '?'")
    wanted = lenet5.predict(tmp_path / "photo.jpg").probabilities[0]
    np.testing.assert_allclose(shown_probabilities(opened.page), wanted, rtol=0, atol=SAME)


@pytest.mark.parametrize(
    ("outputs", "classes"),
    [("sign", 2), ("logit", 2), ("probability", 2), ("probability", 3), ("logit", 4), ("scores", 3)],
)
def test_outputs_of_each_meaning_are_the_probabilities_of_predict(
    outputs: str, classes: int, browser: Any, tmp_path: Path, rng: np.random.Generator
) -> None:
    count = 1 if classes == 2 else classes
    last = {"sign": [Tanh()], "probability": [Sigmoid()]}.get(outputs, [])
    recipe = InputRecipe("plain", 1, 5, 6)
    names = [f"class {index}" for index in range(classes)]
    network = Network([Flatten(), Linear(30, count), *last], (1, 5, 6), names, "few", recipe, outputs=outputs)
    network.initialize(seed=6)
    network.record["confidence"] = {"temperature": 1.7, "threshold": 0.4}
    model = Model(network)
    (tmp_path / "few.html").write_bytes(page_of(model, "few"))
    with OpenPage(browser, tmp_path / "few.html") as opened:
        images = rng.integers(0, 256, (3, 1, 5, 6)).astype(np.uint8)
        assert_same_probabilities(opened.page, images, model.predict(images).probabilities, 1e-6)


def test_programs_have_nothing_that_shrinking_would_mistake() -> None:
    """A template within a template, a string that goes on in the next line, a string in single quotes."""
    for name in network_page.SCRIPTS:
        for number, line in enumerate(network_page._read(f"{name}.js").splitlines(), 1):
            code = line.split("// ")[0]
            if "`" not in re.sub(r"`[^`]*`", "", code):
                assert not re.search(r"\$\{[^}`]*`", code), f"{name}.js:{number}"
            assert not set("'`") & set(re.sub(r'"[^"]*"|`[^`]*`', "", code)), f"{name}.js:{number}"


def test_what_is_for_people_is_left_out_of_programs_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        'const a = "b  // c const";  // told {\n    // more\n    let d = a - -1 + (e ? 2 : 3);\n\nreturn [d, `x  y`];\n'
        "f = a++ + b / 2 - --c // no end (\ng = { // why\n    h: 1, };\n"
    )
    monkeypatch.setattr(network_page, "_read", lambda name: text)
    assert network_page._shrunk("any.js") == (
        'let a="b  // c const";let d=a - -1+(e?2:3);return[d,`x  y`];f=a++ +b/2 - --c\ng={h:1,};\n'
    )


def test_names_of_classes_cannot_end_the_page_early() -> None:
    text = page_of(colours(), "own").decode()
    data = re.findall(r'<script type="text/plain" id="network">(.*?)</script>', text, re.DOTALL)[0]
    assert json.loads(data)["classes"] == ["red <b>", "green </script>", "blue"]


@pytest.mark.slow
def test_five_hundred_images_have_the_answers_of_predict(opened: OpenPage, lenet5: Model) -> None:
    from cnncli.data.digits import load_digits

    split = load_digits(0, 500, seed=5).test
    assert split is not None
    wanted = lenet5.predict(split.images).probabilities
    assert_same_probabilities(opened.page, split.images, wanted)


@pytest.mark.slow
def test_two_hundred_drawings_have_the_answers_of_predict(
    opened: OpenPage, lenet5: Model, rng: np.random.Generator
) -> None:
    drawings = []
    for _ in range(200):
        size, left, top = rng.uniform(0.15, 0.8), rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.3)
        turns = rng.random((int(rng.integers(2, 6)), 2))
        share = np.linspace(0, 1, 3 * len(turns) - 2)  # two points between, as a mouse tells them
        path = [np.interp(share, np.linspace(0, 1, len(turns)), turns[:, axis]) for axis in (0, 1)]
        points = [(left + size * x * 0.8, top + size * y * 0.8) for x, y in zip(*path, strict=True)]
        drawings.append({"width": int(rng.integers(2, 15)), "points": points})
    seen = 0
    for told in opened.page.evaluate(REPLAY, drawings):
        image = Image.open(io.BytesIO(base64.b64decode(told["png"])))
        try:
            wanted = lenet5.predict(image).probabilities[0]
        except CnnError as error:
            assert told["said"].split(":")[0].strip(".").split(",")[0] in str(error)
            continue
        np.testing.assert_allclose(told["probabilities"], wanted, rtol=0, atol=SAME)
        seen += 1
    assert seen > 180


@pytest.mark.slow
def test_two_hundred_photographs_are_read_as_by_predict(
    opened: OpenPage, lenet5: Model, rng: np.random.Generator
) -> None:
    assert count_same(opened.page, lenet5, pictures(200, rng)) > 180


@pytest.mark.slow
def test_a_hundred_colour_pictures_of_own_classes_are_read_as_by_predict(
    browser: Any, tmp_path: Path, rng: np.random.Generator
) -> None:
    model = colours()
    (tmp_path / "own.html").write_bytes(page_of(model, "own"))
    images = []
    for _ in range(100):
        height, width = (int(side) for side in rng.integers(4, 200, 2))
        small = rng.integers(0, 256, (1 + height // 9, 1 + width // 9, 3)).astype(np.uint8)
        images.append(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))
    with OpenPage(browser, tmp_path / "own.html") as opened:
        assert count_same(opened.page, model, images) == 100


@pytest.mark.slow
def test_a_stroke_takes_the_page_less_than_an_answer_may_take(browser: Any, file: Path) -> None:
    """By the time of its thread, since other programs may hold the processor, with what the browser draws: a slow one
    takes 11 ms a frame; an answer may take 20."""
    with OpenPage(browser, file) as opened:
        draw(opened.page, SEVEN)  # what is compiled first is slower
        session = opened.context.new_cdp_session(opened.page)
        session.send("Performance.enable")

        def spent() -> float:
            told = session.send("Performance.getMetrics")["metrics"]
            return float(next(metric["value"] for metric in told if metric["name"] == "ThreadTime"))

        before, frames = spent(), opened.page.evaluate("() => cnn.frames.length")
        for _ in range(4):
            opened.page.keyboard.press("Delete")
            draw(opened.page, SEVEN, steps=20)
        count = opened.page.evaluate("() => cnn.frames.length") - frames
        assert count > 100
        assert (spent() - before) / count < 0.020
