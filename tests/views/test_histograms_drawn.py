"""Histograms as bars: heights are roots of counts, 0 stands where it is, numbers are those of the range."""

from typing import Any

import numpy as np
import pytest

from cnncli.views.histograms import histogram_lines, histogram_page

FAINT = (99, 99, 108)


def layer(**kinds: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"name": "0", "type": "Conv2d", "weights": None, "activations": None, "gradients": None,
                             "dead": 0, "units": 4}  # fmt: skip
    return {**empty, **kinds}


def shown(counts: list[int], low: float = -1.0, high: float = 3.0, others: int = 0) -> dict[str, Any]:
    return {"counts": counts, "low": low, "high": high, "others": others}


def chart(counts: list[int], low: float = -1.0, high: float = 3.0) -> np.ndarray:
    (panel,) = histogram_page("t", [layer(weights=shown(counts, low, high))]).panels
    return panel.tiles[0].pixels.astype(int)


def coloured(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(np.ptp(pixels, axis=2) > 60)


def test_bars_are_roots_of_counts_from_one_line_on_and_fill_the_width() -> None:
    counts = [0, 1, 4, 16, 100, 25, 0, 9]
    bars = coloured(chart(counts))
    base = int(np.flatnonzero(bars.any(axis=1))[-1])
    highest = int(bars.sum(axis=0).max())
    step = (304 - 20) / 8
    for index, count in enumerate(counts):
        part = bars[:, round(10 + index * step) + 1 : round(10 + (index + 1) * step) - 2]
        tall = part.sum(axis=0)
        assert (tall == tall[0]).all()  # the bar is as wide as its place, but for a gap
        assert tall[0] == pytest.approx(highest * count**0.5 / 10, abs=1)
        assert count == 0 or part[base].all()
        assert not bars[:, min(303, round(10 + (index + 1) * step) - 1)].any()
    assert 90 < highest < 110 and not bars[:4].any()
    assert not bars[:, :10].any() and not bars[:, -10:].any()
    line = (chart(counts)[base + 1] == FAINT).all(axis=1)
    assert np.flatnonzero(line).tolist() == list(range(10, 295))


def test_a_single_value_is_seen_beside_many() -> None:
    bars = coloured(chart([1, 10_000_000]))
    assert bars[:, 12:140].any() and bars[:, 12:140].sum(axis=0).max() == 1


def test_nothing_at_all_can_be_drawn() -> None:
    assert not coloured(chart([0, 0, 0])).any()


@pytest.mark.parametrize(
    ("low", "high", "place"), [(-1.0, 3.0, 81), (-1.0, 1.0, 152), (-3.0, 0.1, 285), (0.0, 2.0, None), (-2.0, 0.0, None)]
)
def test_0_stands_where_it_is_in_the_range(low: float, high: float, place: int | None) -> None:
    pixels = chart([0, 0, 0, 0], low, high)
    lines = np.flatnonzero((pixels[10:100] == FAINT).all(axis=(0, 2)))
    assert lines.tolist() == ([] if place is None else [place])
    if place is not None:
        rows = np.flatnonzero((pixels[:, place] == FAINT).all(axis=1))
        assert rows[0] <= 8 and rows[-1] > 110


def ink(pixels: np.ndarray) -> np.ndarray:
    """Columns of the foot in which something is written."""
    return np.flatnonzero((pixels[114:] < 200).any(axis=(0, 2)))


def test_numbers_stand_at_the_ends_of_the_range_and_0_below_its_line() -> None:
    pixels = chart([1, 1], 0.25, 1.25)
    columns = ink(pixels)
    assert 10 <= columns[0] <= 13 and 290 <= columns[-1] <= 294
    gaps = np.diff(columns)
    assert gaps.max() > 200  # nothing between them
    inner = ink(chart([1, 1], -1.0, 1.0))
    middle = inner[(inner > 60) & (inner < 240)]
    assert len(middle) and middle.mean() == pytest.approx(152, abs=1.5)
    near = ink(chart([1, 1], -0.1, 3.0))  # 0 is so near to the end that its number would lie over that
    assert not ((near > 50) & (near < 240)).any()
    assert not (chart([1, 1])[-1] < 200).any()  # letters are not cut off at the foot


def test_layers_with_one_kind_stand_in_one_panel_and_others_have_their_own() -> None:
    both = layer(name="0", weights=shown([1, 2]), gradients=shown([3, 4]), dead=2)
    one, two = (layer(name=name, type="ReLU", activations=shown([1])) for name in "12")
    page = histogram_page("t", [both, one, {**two, "dead": 3}, {**both, "name": "3"}, one])
    assert [(panel.title, panel.note, len(panel.tiles)) for panel in page.panels] == [
        ("0  Conv2d", "2 of 4 units never change", 2),
        ("", "", 2),
        ("3  Conv2d", "2 of 4 units never change", 2),
        ("", "", 1),
    ]
    assert [tile.label for tile in page.panels[0].tiles] == ["weights", "gradients"]
    assert [tile.label for tile in page.panels[1].tiles] == [
        "1  ReLU: activations",
        "2  ReLU: activations\n3 of 4 units never change",
    ]
    assert all(max(tile.pixels.shape[:2]) == panel.side == 304 for panel in page.panels for tile in panel.tiles)
    colours = {
        tuple(tile.pixels[np.ptp(tile.pixels.astype(int), axis=2) > 60][0].tolist()) for tile in page.panels[0].tiles
    }
    assert len(colours) == 2


@pytest.mark.parametrize(("width", "bars"), [(52, 8), (59, 8), (60, 8), (61, 9), (84, 32), (100, 32)])
def test_lines_have_from_8_to_32_bars(width: int, bars: int) -> None:
    """One for each count where there are as many; else some counts share one."""
    counts = list(range(1, 65))
    title, line = histogram_lines([layer(weights=shown(counts))], width, blocks=True)
    assert title == "0  Conv2d"
    name, drawn, words = line[:14].strip(), line[14:].split("  ")[0], line[14:].split("  ")[1]
    per_bar = -(-64 // bars)
    assert name == "weights" and words == "-1 to 3" and len(drawn) == -(-64 // per_bar)
    sums = np.add.reduceat(counts, range(0, 64, per_bar))
    heights = [" ▁▂▃▄▅▆▇█".index(char) for char in drawn]
    np.testing.assert_allclose(heights, 8 * np.sqrt(sums / sums.max()), atol=0.51)


def test_letters_have_ten_heights_and_lines_are_cut_to_the_width() -> None:
    one = layer(activations=shown([0, 1, 81, 10_000], 0, 12345, others=7), dead=1)
    title, line = histogram_lines([one], 100, blocks=False)
    assert title == "0  Conv2d  1 of 4 units never change"
    # 9 sqrt(1 / 10,000) is 0.09, of which the first sign is drawn; 9 sqrt(0.0081) is 0.81.
    assert line == "  activations  ..@  0 to 1.23e+04, 7 no numbers"
    assert all(len(line) <= 20 for line in histogram_lines([one], 20, blocks=False))
