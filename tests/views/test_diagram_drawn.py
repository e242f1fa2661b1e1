"""What a diagram draws stands where it is read: texts within their boxes, lines from box to box, light and dark."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from cnncli import Network
from cnncli.layers import BatchNorm2d, Concat, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Residual
from cnncli.views.diagram import diagram_svg

SVG = "{http://www.w3.org/2000/svg}"
CHAIN = [
    Conv2d(1, 12, 3, padding=1),
    BatchNorm2d(12),
    Concat([Conv2d(12, 2, 1)], [ReLU(), MaxPool2d(3, stride=1, padding=1), Conv2d(12, 2, 1)], [], [ReLU()], [ReLU()]),
    Flatten(),
    Linear(40 * 64, 10),
]


def drawn(title: str = "a title") -> ElementTree.Element:
    network = Network(CHAIN, (1, 8, 8), [str(digit) for digit in range(10)], "name", title=title)
    return ElementTree.fromstring(diagram_svg(network))


def number(element: ElementTree.Element, *keys: str) -> list[float]:
    return [float(element.attrib[key]) for key in keys]


def groups(root: ElementTree.Element) -> dict[str, ElementTree.Element]:
    """By the name in the box."""
    return {str(group.findall(f"{SVG}text")[0].text): group for group in root.iter(f"{SVG}g")}


def sides(group: ElementTree.Element) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    box = group.find(f"{SVG}rect")
    assert box is not None
    left, top, width, height = number(box, "x", "y", "width", "height")
    return left, top, left + width, top + height


@pytest.fixture(scope="module")
def root() -> ElementTree.Element:
    return drawn()


@pytest.mark.parametrize(
    "network",
    [
        Network(CHAIN, (1, 8, 8)),
        # Names that need more than the least width, with few parameters and with many.
        Network([Residual([Residual([Residual([BatchNorm2d(4)])])]), Flatten()], (4, 2, 2)),
        Network([Residual([Residual([Residual([Linear(1000, 1000)])])])], (1000,)),
    ],
)
def test_a_box_has_its_name_and_parameters_in_a_line_and_its_settings_below(network: Network) -> None:
    """Letters are about 7 pixels wide and 13 high, those of settings 6 and 12."""
    rows = {row.name: row for row in network.layer_table()}
    for name, group in groups(ElementTree.fromstring(diagram_svg(network))).items():
        left, top, right, bottom = sides(group)
        texts = group.findall(f"{SVG}text")
        start, base = number(texts[0], "x", "y")
        end = start + 7 * len(name)
        assert left + 8 < start and top + 13 < base and end < right - 8
        row = rows.get(name.split(" ")[0])
        counts = [text for text in texts if text.attrib.get("text-anchor") == "end"]
        assert [text.text for text in counts] == ([f"{row.parameters:,}"] if row and row.parameters else [])
        for count in counts:
            x, y = number(count, "x", "y")
            assert y == base and x < right - 8 and x - 6 * len(str(count.text)) > end + 8
        settings = [text for text in texts[1 + len(counts) :] if top < float(text.attrib["y"]) < bottom]
        assert len(settings) == (1 if row and row.settings else 0)
        for text in settings:
            x, y = number(text, "x", "y")
            assert x == start and base + 12 < y < bottom - 4 and x + 6 * len(str(text.text)) < right - 8
        assert bottom - base < (32 if settings else 14)


def test_settings_that_are_long_are_cut_and_whole_in_what_is_shown_beside_the_pointer(
    root: ElementTree.Element,
) -> None:
    group = groups(root)["2  Concat"]
    shown = str(group.findall(f"{SVG}text")[1].text)
    whole = str(group.findtext(f"{SVG}title"))
    assert whole == f"2  Concat channels of {' + '.join(['2x8x8'] * 2 + ['12x8x8'] * 3)} 40x8x8"
    assert len(shown) <= 48 and shown[:40] in whole
    assert groups(root)["input"].findtext(f"{SVG}title") == "input 1x8x8"


def test_an_arrow_ends_at_the_middle_of_each_box_but_the_input(root: ElementTree.Element) -> None:
    for name, group in groups(root).items():
        heads = [path.attrib["d"] for path in group.findall(f"{SVG}path") if path.attrib["class"] == "head"]
        assert len(heads) == (name != "input")
        left, top, right, _ = sides(group)
        for head in heads:
            x, y, wide, back, down = map(float, re.findall(r"-?[\d.]+", head))
            assert x + wide / 2 == (left + right) / 2 == x + wide + back and y + down == top


def test_lines_lead_from_each_box_to_the_next_or_to_where_branches_part(root: ElementTree.Element) -> None:
    found = groups(root)
    ends = {}
    for name, group in found.items():
        (line,) = [path.attrib["d"] for path in group.findall(f"{SVG}path") if path.attrib["class"] == "line"]
        x, y, end = map(float, re.findall(r"[\d.]+", line))
        left, _, right, bottom = sides(group)
        assert (x, y) == ((left + right) / 2, bottom) and bottom + 15 < end
        ends[name] = end
        shape = group.findall(f"{SVG}text")[-1]
        at, base = number(shape, "x", "y")
        assert x + 4 < at < x + 16 and bottom + 12 < base < bottom + 20  # beside the line
    for one, two in (("input", "0  Conv2d"), ("0  Conv2d", "1  BatchNorm2d"), ("2  Concat", "3  Flatten"),
                     ("3  Flatten", "4  Linear"), ("2.1.0  ReLU", "2.1.1  MaxPool2d")):  # fmt: skip
        assert ends[one] == sides(found[two])[1]
    parts = [path.attrib["d"] for path in root.findall(f"{SVG}path")]
    starts = [list(map(float, re.findall(r"[\d.]+", path))) for path in parts if re.match(r"M[\d.]+ [\d.]+H", path)]
    assert len(starts) == 5
    assert {(x, y) for x, y, _, _ in starts} == {(sum(sides(found["input"])[::2]) / 2, ends["1  BatchNorm2d"])}


def test_branches_stand_apart_and_all_in_the_middle_of_the_page(root: ElementTree.Element) -> None:
    width, height = number(root, "width", "height")
    assert root.attrib["viewBox"] == f"0 0 {width:g} {height:g}"
    found = {name: sides(group) for name, group in groups(root).items()}
    firsts = [found[name] for name in ("2.0.0  Conv2d", "2.1.0  ReLU", "2.3.0  ReLU", "2.4.0  ReLU")]
    assert all(two[0] - one[2] >= 28 for one, two in pairwise(firsts))
    assert firsts[2][0] - firsts[1][2] >= 28 + 60 + 28  # the branch without layers takes 60
    assert firsts[0][0] >= 24 and width - firsts[-1][2] >= 24
    assert all((box[0] + box[2]) / 2 == width / 2 for name, box in found.items() if name.count(".") == 0)
    last = found["4  Linear"][3]
    assert 20 <= height - last <= 40 and found["input"][1] >= 24 + 40 + 13  # below the two lines of the head
    join = found["2  Concat"][1]
    assert join - max(box[3] for name, box in found.items() if name.startswith("2.")) == pytest.approx(2 * 30)


def test_a_page_is_as_wide_as_its_title() -> None:
    """Of 20 pixels' height: a letter is about 10 wide."""
    wide = drawn("W" * 300)
    assert float(wide.attrib["width"]) > 300 * 10 + 2 * 24
    boxes = [sides(group) for name, group in groups(wide).items() if name == "input"]
    assert sum(boxes[0][::2]) == float(wide.attrib["width"])


def test_boxes_are_light_with_a_dark_line_on_a_light_page_and_the_other_way_round_on_a_dark_one() -> None:
    text = diagram_svg(Network(CHAIN, (1, 8, 8)))
    light, _, dark = text[text.index("<style>") : text.index("</style>")].partition("@media")
    used = set(re.findall(r'<rect class="(\w+)" x', text))
    assert used == {"convolution", "normalization", "join", "activation", "pooling", "other", "matrix"}

    def lightness(colour: str) -> int:
        return sum(int(colour[place : place + 2], 16) for place in (0, 2, 4))

    for kind in used:
        for style, is_light in ((light, True), (dark, False)):
            ((fill, line),) = re.findall(rf"\.{kind}{{fill:#(\w{{6}});stroke:#(\w{{6}})}}", style)
            assert (lightness(fill) > lightness(line)) == is_light
            assert lightness(fill) > 620 if is_light else lightness(fill) < 200
