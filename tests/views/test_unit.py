"""A unit drawn: what it sees, and its values, weights and products at their places."""

from dataclasses import replace

import numpy as np
import pytest

from cnncli import Network
from cnncli.layers import Conv2d, Flatten, Linear
from cnncli.microscope.unit import Microscope
from cnncli.microscope.unit_sum import Term, UnitSum
from cnncli.views.page import MARGIN, WIDTH, scaled
from cnncli.views.scales import Scale
from cnncli.views.tiles import Page, Panel
from cnncli.views.unit import unit_page

IMAGE = np.arange(1, 101, dtype=np.uint8).reshape(1, 10, 10)


def term(place: tuple[int, ...], value: float, weight: float | None = 2.0, source: str = "input") -> Term:
    return Term(source, place, value, weight, value * (1.0 if weight is None else weight))


def unit(terms: list[Term], place: tuple[int, ...] = (0, 1, 2), **more: object) -> UnitSum:
    made = UnitSum("0", "Conv2d", "1 -> 1", place, (1, 8, 8), "a sum of products", "sum", terms, 4.5, 4.5)
    return replace(made, **more)  # type: ignore[arg-type]


def page(made: UnitSum, padding: int = 0, index: int = 0) -> Page:
    network = Network([Conv2d(1, 1, 3, padding=padding), Flatten(), Linear((8 + 2 * padding) ** 2, 2)], (1, 10, 10))
    return unit_page(Microscope(network, np.zeros((1, 10, 10), np.float32)), index, made, IMAGE, "a title")


def terms_of(made: UnitSum) -> list[Panel]:
    """All panels but that of the picture."""
    return list(page(made, index=0 if len(made.place) == 3 else 2).panels[1:])


WINDOW = [term((0, row, column), row - 0.5 * column, column - 1.0) for row in (1, 2) for column in (2, 3, 4)]


def test_the_lines_say_what_is_seen_the_formula_and_the_sum() -> None:
    seen = "sees rows 1 to 3 and columns 2 to 4 of the input: 3x3 of 10x10 pixels"
    made = page(unit(WINDOW, bias=-1.25))
    assert made.title == "a title"
    assert list(made.lines) == [seen, "a sum of products", "6 terms = 4.5, with a bias of -1.25"]
    many = [term((0, row, column), 1.0) for row in range(40) for column in range(30)]
    assert list(page(unit(many, output=2 / 3)).lines)[2] == "1,200 terms = 0.66667"


def test_the_picture_comes_first_with_the_part_that_the_unit_sees() -> None:
    first = page(unit(WINDOW)).panels[0]
    np.testing.assert_array_equal(first.tiles[1].pixels[:, :, 0], IMAGE[0, 1:4, 2:5])
    # Maps on the way, which a page of the field has, are left out.
    assert [panel.title for panel in page(unit(WINDOW, place=(1,)), index=2).panels] == ["", "values", "weights",
                                                                                      "products"]  # fmt: skip


def test_a_unit_that_lies_on_padding_alone_has_no_picture() -> None:
    made = page(unit([], place=(0, 0, 0), bias=0.5), padding=3)
    assert list(made.lines) == [
        "a sum of products", "0 terms = 4.5, with a bias of 0.5",
        "it lies on padding alone, and sees nothing of the input",
    ]  # fmt: skip
    assert not made.panels


def test_values_weights_and_products_are_grids_in_which_what_is_not_read_is_grey() -> None:
    """A window of 2 x 3 without its first place."""
    values, weights, products = terms_of(unit(WINDOW[1:]))
    assert [panel.title for panel in (values, weights, products)] == ["values", "weights", "products"]
    for panel, pick in ((values, "value"), (weights, "weight"), (products, "part")):
        grid = np.array([np.nan, *(getattr(one, pick) for one in WINDOW[1:])]).reshape(2, 3)
        most = float(np.nanmax(abs(grid)))
        assert panel.scale == Scale(-most, most, True)
        (tile,) = panel.tiles
        np.testing.assert_array_equal(tile.pixels, panel.scale.colours(grid))
        assert (tile.pixels[0, 0] == 128).all() and panel.side == 150 and panel.note == ""
    total = sum(one.part for one in WINDOW[1:])
    assert [one.tiles[0].label for one in (values, weights, products)] == [
        "channel 0", "channel 0", f"channel 0: {total:.3g}"
    ]  # fmt: skip


def test_only_values_have_a_scale_from_0_where_none_is_below() -> None:
    made = unit([term((0, 0, column), column + 1.0, 3.0) for column in range(2)])
    assert [panel.scale for panel in terms_of(made)] == [Scale(0, 2), Scale(-3, 3, True), Scale(-6, 6, True)]


@pytest.mark.parametrize("how", [{"verb": "largest"}, {"weights": None}])
def test_a_maximum_and_terms_without_weights_have_values_alone(how: dict[str, str | None]) -> None:
    weight = 2.0 if "verb" in how else None
    made = unit([term((0, 0, 0), 3.0, weight), term((0, 0, 1), 1.0, weight)], verb=how.get("verb") or "sum")
    assert [panel.title for panel in terms_of(made)] == ["values"]


def test_a_term_without_a_weight_among_others_has_0_in_its_place() -> None:
    _, weights, _ = terms_of(unit([term((0, 0, 0), 3.0, None), term((0, 0, 1), 1.0, 4.0)]))
    np.testing.assert_array_equal(weights.tiles[0].pixels, Scale(-4, 4, True).colours([[0.0, 4.0]]))


@pytest.mark.parametrize("count", [1, 2, 5, 6, 8, 9])
def test_the_eight_channels_that_add_most_are_drawn_whatever_their_sign(count: int) -> None:
    sizes = [float((-1) ** number * (number + 1)) for number in range(count)]
    _, _, products = terms_of(unit([term((channel, 0, column), size / 4) for channel, size in enumerate(sizes)
                                    for column in (0, 1)]))  # fmt: skip
    order = sorted(range(count), key=lambda channel: -abs(sizes[channel]))[:8]
    assert [tile.label for tile in products.tiles] == [f"channel {one}: {sizes[one]:.3g}" for one in order]
    assert products.note == {1: "", 9: "the 8 channels of 9 that add most, the largest sum first"}.get(
        count, "the largest sum first"
    )
    assert products.side == (150 if count < 6 else 104)


def test_channels_of_two_sources_are_apart_and_a_line_is_a_grid_of_one_row() -> None:
    two = [term((0, 3), 1.0), term((0, 4), 2.0), term((0, 3), 5.0, source="2")]
    values, *_ = terms_of(unit(two))
    assert [tile.pixels.shape[:2] for tile in values.tiles] == [(1, 1), (1, 2)]
    np.testing.assert_array_equal(values.tiles[1].pixels, Scale(0, 5).colours([[1.0, 2.0]]))


def test_a_vector_is_a_row_of_cells_in_the_colours_of_its_scale() -> None:
    made = unit([term((place,), place + 1.0, -1.0) for place in range(10)], place=(0,))
    values, weights, products = terms_of(made)
    assert (values.scale, weights.scale, products.scale) == (Scale(0, 10), Scale(-1, 1, True), Scale(-10, 10, True))
    (tile,) = values.tiles
    assert tile.pixels.shape == (2, 10, 3)
    np.testing.assert_array_equal(tile.pixels[1], Scale(0, 10).colours(np.arange(1.0, 11)))


@pytest.mark.parametrize(
    ("count", "drawn"),
    [
        (1, (75, 150)), (2, (150, 150)), (3, (225, 150)), (12, (900, 150)), (13, (72 * 13, 144)), (120, (7 * 120, 14)),
        (121, (15 * 61, 30)), (240, (7 * 120, 14)), (120 * 136, (120 * 7, 136 * 7)),
    ],
)  # fmt: skip
def test_a_vector_is_as_wide_as_the_page_has_room_for_and_no_higher_than_a_tile(
    count: int, drawn: tuple[int, int]
) -> None:
    """Pixels (width, height): one row is two cells high, of several each is one, with 120 cells at most."""
    values, *_ = terms_of(unit([term((place,), 1.0) for place in range(count)], place=(0,)))
    assert values.side <= WIDTH - 2 * MARGIN
    assert scaled(values.tiles[0], values.side).size == pytest.approx(drawn, abs=8)
