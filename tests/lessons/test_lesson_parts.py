"""Parts of lessons beside text and tables: squares of numbers, pictures, code; and what the reader gives."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.cli.render_lesson import lesson_lines
from cnncli.errors import UsageError
from cnncli.lessons.blocks import Asked, Choice, Code, Lesson, Question
from cnncli.lessons.draw_image import animation, figure_image
from cnncli.lessons.draw_svg import figure_svg
from cnncli.lessons.draw_text import figure_lines
from cnncli.lessons.figures import Cells, Figure, box
from cnncli.lessons.given import grey_picture, seen
from cnncli.lessons.page import lesson_page
from cnncli.views.scales import Scale
from cnncli.views.tiles import Page, Panel, number_tile

CELLS = Cells((0, 2), [["1.5", "-2"], ["", "7"]], [[0.5, -1], [0, 1]])
FIGURE = Figure("squares", (-0.2, 2.2), (-0.2, 2.2), [CELLS], bare=True)


def test_squares_have_their_numbers_and_colours_in_all_three_forms() -> None:
    for braille in (True, False):
        text = "\n".join(figure_lines(FIGURE, 60, 10, braille, lambda text, kind: text))
        assert all(number in text for number in ("1.5", "-2", "7"))
    svg = figure_svg(FIGURE)
    assert svg.count("fill-opacity=") == 4 and svg.count("<text") == 3
    assert re.findall(r'class="(first|second)" fill-opacity="([\d.]+)"', svg) == [
        ("first", "0.3"), ("second", "0.6"), ("first", "0.0"), ("first", "0.6")
    ]  # fmt: skip
    image = np.asarray(figure_image(FIGURE)).astype(int)
    middle = image[image.shape[0] // 4 + 25, image.shape[1] * 3 // 4 - 50]
    assert middle[0] > middle[2] + 40  # the square of -2 is of the second colour, an orange
    assert box((0, 2), 2, 1) == [(0, 2), (2, 2), (2, 1), (0, 1), (0, 2)]


def a_lesson() -> Lesson:
    values = np.arange(6.0).reshape(2, 3)
    scale = Scale.of(values)
    blocks = [Panel("numbers", [number_tile(values, scale, "a map")], "2x3", scale=scale), Code(["x = 1 < 2", "y = 3"])]
    choices = [Choice(text, text == "a", f"because of {text}") for text in "abc"]
    return Lesson("none", "A title", blocks, Question("which?", choices), ["cnn learn"], {})


def test_pictures_and_code_are_in_the_page_itself_and_in_the_terminal() -> None:
    page = lesson_page(a_lesson())
    [held] = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    with Image.open(io.BytesIO(base64.b64decode(held))) as image:
        values = np.arange(6.0).reshape(2, 3)
        assert (np.asarray(image.convert("RGB")) == Scale.of(values).colours(values)).all()
    assert "x = 1 &lt; 2\ny = 3</pre>" in page and 'alt="numbers, a map"' in page
    text = list(lesson_lines(a_lesson()))
    assert "    x = 1 < 2" in text and any(line.startswith("numbers  2x3") for line in text)


def test_pages_become_an_animation() -> None:
    pages = [Page(f"step {step}", [Panel("", [number_tile(np.eye(3) * step, Scale(0, 2))])]) for step in range(3)]
    with Image.open(io.BytesIO(animation(pages))) as image:
        assert image.n_frames == 3 and image.width == 640


def test_a_picture_of_the_reader_is_grey_and_small(tmp_path: Path) -> None:
    Image.new("RGB", (200, 100), (255, 0, 0)).save(tmp_path / "red.png")
    found = grey_picture(Asked(picture=str(tmp_path / "red.png")), 40)
    assert found is not None and found[0].shape == (20, 40) and found[1] == "red.png"
    assert np.allclose(found[0], 76, atol=1) and grey_picture(Asked(), 40) is None  # 0.299 x 255


def test_what_a_network_sees_without_a_picture_is_a_digit_and_with_one_the_picture(tmp_path: Path) -> None:
    Image.fromarray(np.full((40, 40), 200, np.uint8)).save(tmp_path / "grey.png")
    for model, shape in ((None, (1, 28, 28)), ("cifar10", (3, 32, 32))):
        digit = seen(Asked(model=model))
        assert digit.image.shape == shape and digit.image.max() > 200 > 10 > digit.image.min()
        assert digit.trained == (model is None)
    with_picture = seen(Asked(model="cifar10", picture=str(tmp_path / "grey.png")))
    assert (with_picture.image == 200).all() and with_picture.picture == "grey.png"
    with pytest.raises(UsageError, match="takes no pictures"):
        seen(Asked(model="linear-regression"))
    with pytest.raises(UsageError, match="did you mean"):
        seen(Asked(model="lenet"))
