"""Diagrams have a box for each layer where it belongs, and lines that join what reads each other."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from cnncli import Network
from cnncli.layers import Concat, Conv2d, Flatten, Linear, ReLU, Residual
from cnncli.shipped import model_names
from cnncli.views.diagram import Fork, diagram_lines, diagram_parts, diagram_svg

SVG = "{http://www.w3.org/2000/svg}"
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


def boxes(text: str) -> dict[str, Rectangle]:
    """Name in a box -> where it is."""
    found = {}
    for group in ElementTree.fromstring(text).iter(f"{SVG}g"):
        box, name = group.find(f"{SVG}rect"), group.find(f"{SVG}text")
        assert box is not None and name is not None and name.text is not None
        left, top, width, height = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
        found[name.text] = (left, top, left + width, top + height)
        assert left < float(name.attrib["x"]) < left + width and top < float(name.attrib["y"]) < top + height
    return found


def branched() -> Network:
    concat = Concat([Conv2d(4, 2, 1)], [ReLU(), Conv2d(4, 2, 1)], [])
    network = Network(
        [Conv2d(1, 4, 3, padding=1), concat, Flatten(), Linear(128, 3)],
        (1, 4, 4),
        ["<a>", "b", "c"],
        'a "name"',
        title="1 < 2 & more",
    )
    network.initialize(seed=1)
    return network


@pytest.mark.parametrize("name", model_names())
def test_every_network_has_a_box_for_each_layer_none_over_another_and_all_on_the_page(name: str) -> None:
    network = Network.from_model_name(name)
    text = diagram_svg(network)
    found = boxes(text)
    assert list(found) == ["input", *(f"{row.name}  {row.type}" for row in network.layer_table())]
    root = ElementTree.fromstring(text)
    width, height = (float(root.attrib[key]) for key in ("width", "height"))
    places = list(found.values())
    for left, top, right, bottom in places:
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
    for index, one in enumerate(places):
        for two in places[:index]:
            assert one[0] >= two[2] or two[0] >= one[2] or one[1] >= two[3] or two[1] >= one[3]
    assert f"{network.parameter_count():,} parameters" in text
    for attribute in re.findall(r'd="([^"]*)"', text):
        assert all(-1 <= float(number) <= max(width, height) for number in re.findall(r"[\d.]+", attribute))


def test_layers_follow_downwards_and_branches_stand_beside_each_other() -> None:
    found = boxes(diagram_svg(branched()))
    chain = ["input", "0  Conv2d", "1  Concat", "2  Flatten", "3  Linear"]
    assert all(found[one][3] < found[two][1] for one, two in pairwise(chain))
    assert all(found[name][0] + found[name][2] == found["input"][0] + found["input"][2] for name in chain)
    one, two, three = found["1.0.0  Conv2d"], found["1.1.0  ReLU"], found["1.1.1  Conv2d"]
    assert one[1] == two[1] and one[2] < two[0] and two[3] < three[1]  # first boxes side by side
    assert found["0  Conv2d"][3] < one[1] and three[3] < found["1  Concat"][1]


def test_a_branch_without_layers_is_a_line_and_lines_end_at_the_join() -> None:
    network = Network([ReLU(), Residual([Conv2d(1, 1, 1)])], (1, 4, 4))
    fork = diagram_parts(network)[2]
    assert isinstance(fork, Fork) and [(name, len(branch)) for name, branch in fork.branches] == [
        ("body", 1), ("shortcut", 0)
    ]  # fmt: skip
    text = diagram_svg(network)
    found = boxes(text)
    join = found["1  Residual"]
    middle = (join[0] + join[2]) / 2
    ends = re.findall(r'd="M[\d.]+ [\d.]+V[\d.]+H([\d.]+)V([\d.]+)"', text)
    assert [(float(x), float(y)) for x, y in ends] == [(middle, join[1])] * 2
    starts = re.findall(r'd="M([\d.]+) ([\d.]+)H([\d.]+)V([\d.]+)"', text)
    body = found["1.body.0  Conv2d"]
    assert float(starts[0][2]) == (body[0] + body[2]) / 2 and float(starts[0][3]) == body[1]
    relu = found["0  ReLU"]
    assert all(relu[3] < float(y) < body[1] and float(x) == middle for x, y, _, _ in starts)


def test_no_line_goes_through_a_box() -> None:
    network = Network([Concat([ReLU()], []), Concat([ReLU()], [ReLU()], [])], (1, 4, 4))
    text = diagram_svg(network)
    for path in re.findall(r'class="line" d="M([^"]*)"', text):
        x, y = map(float, path.split("V")[0].split("H")[0].split())
        for step in re.findall(r"[HV][\d.]+", path):
            to = (float(step[1:]), y) if step[0] == "H" else (x, float(step[1:]))
            for left, top, right, bottom in boxes(text).values():
                across = min(x, to[0]) < right - 1 and max(x, to[0]) > left + 1
                along = min(y, to[1]) < bottom - 1 and max(y, to[1]) > top + 1
                assert not (across and along)
            x, y = to


def test_text_is_escaped_and_colours_follow_the_page() -> None:
    text = diagram_svg(branched())
    root = ElementTree.fromstring(text)
    title = root.find(f"{SVG}title")
    assert title is not None and title.text == "1 < 2 & more"
    assert "@media(prefers-color-scheme:dark)" in text and "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert root.attrib["role"] == "img" and "parameters, input 1x4x4" in root.attrib["aria-label"]


def test_lines_have_branches_indented_with_shapes_and_counts() -> None:
    assert diagram_lines(branched(), blocks=False) == [
        ("input", "1x4x4", ""),
        ("0  Conv2d 1 -> 4, kernel 3x3, padding 1", "4x4x4", "40"),
        ("|-0", "", ""),
        ("|   1.0.0  Conv2d 4 -> 2, kernel 1x1", "2x4x4", "10"),
        ("|-1", "", ""),
        ("|   1.1.0  ReLU", "4x4x4", ""),
        ("|   1.1.1  Conv2d 4 -> 2, kernel 1x1", "2x4x4", "10"),
        ("|-2: as it is", "", ""),
        ("`-1  Concat channels of 2x4x4 + 2x4x4 + 4x4x4", "8x4x4", ""),
        ("2  Flatten", "128", ""),
        ("3  Linear 128 -> 3", "3", "387"),
    ]
    assert diagram_lines(branched(), blocks=True)[2][0] == "├ 0"
