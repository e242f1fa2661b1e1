"""The page of `cnn eval --report`: whole, bounded, escaped, and readable without what it does not bring."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.cli.main import run
from cnncli.measures.calibration import calibration
from cnncli.measures.classification import measure
from cnncli.model_file.serialize import save_model
from cnncli.network import Network
from cnncli.pages.charts import Line, line_chart
from cnncli.pages.html import element, text
from cnncli.pages.report import MOST_MISTAKES, EvalReport, Mistake, report_page
from cnncli.pictures.recipe import InputRecipe
from html_page import HOSTILE, Page

PICTURE = "data:image/png;base64,"


def report(labels: list[int], answers: list[int], names: list[str], **more: Any) -> EvalReport:
    """Of answers, each given with 75 %."""
    metrics = measure(labels, answers, len(names), 0.25)
    pairs = [(label, answer) for label, answer in zip(labels, answers, strict=True) if label != answer]
    mistakes = [
        Mistake(f"{HOSTILE}{i}.png", names[label], names[answer] if answer >= 0 else None, 0.75, 0.125, PICTURE, 28)
        for i, (label, answer) in enumerate(pairs[:MOST_MISTAKES])
    ]
    right = [label == answer for label, answer in zip(labels, answers, strict=True) if answer >= 0]
    values: dict[str, Any] = {
        "model": "m.bin", "title": HOSTILE, "images": "some images", "warning": "", "class_names": names,
        "metrics": metrics, "calibration": calibration([0.75] * len(right), right), "mistakes": mistakes, "history": [],
        "best_epoch": None, "made": [("data", HOSTILE)], "command": f"cnn train {HOSTILE}", "notes": [HOSTILE],
        "version": "0",
    }  # fmt: skip
    return EvalReport(**{**values, **more})


def check(page: str) -> Page:
    """What holds for every page."""
    found = Page(page)
    assert "\u202e" not in page and len(page) < 2_000_000
    allowed = {"a", "abbr", "b", "body", "br", "caption", "circle", "dd", "details", "div", "dl", "dt", "figure",
               "footer", "h1", "h2", "h3", "head", "header", "html", "img", "li", "line", "main", "meta", "nav", "p",
               "polyline", "pre", "rect", "section", "span", "style", "summary", "svg", "table", "tbody", "td", "text",
               "tfoot", "th", "thead", "title", "tr", "ul"}  # fmt: skip
    assert {tag for tag, _ in found.elements} <= allowed  # no script, link, iframe, form, object
    for tag, attributes in found.elements:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/")), (tag, attributes)
    assert not re.search(r"url\(|@import", page)
    assert len(found.all("h1")) == 1 and found.all("html")[0]["lang"] == "en"
    assert all(image.get("alt") for image in found.all("img"))
    assert all(head.get("scope") in ("row", "col") for head in found.all("th"))
    assert len(found.all("caption")) == len(found.all("table"))
    assert all(chart.get("role") == "img" and chart.get("aria-label") for chart in found.all("svg"))
    anchors = {attributes.get("id") for _, attributes in found.elements} - {None}
    assert {link["href"] for link in found.all("a")} <= {f"#{name}" for name in anchors}
    return found


CASES: dict[str, tuple[list[int], list[int], list[str]]] = {
    "no mistake": ([0, 1, 1], [0, 1, 1], ["a", "b"]),
    "one class": ([0], [0], [HOSTILE]),
    "all without an answer": ([0, 1], [-1, -1], ["a", "b"]),
    "10,000 mistakes": ([0, 1] * 5000, [1, 0] * 5000, ["a", "b"]),
    "50 long names": (list(range(50)), [0] * 50, [f"{HOSTILE} {i} {'x' * 200}" for i in range(50)]),
    "2,000 classes": (list(range(2000)), [5] * 2000, [str(i) for i in range(2000)]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_page_is_whole_escaped_bounded_and_loads_nothing(case: str) -> None:
    labels, answers, names = CASES[case]
    made = report(labels, answers, names)
    found = check(report_page(made))
    wrong = sum(a != b for a, b in zip(labels, answers, strict=True))
    assert f"{wrong:,} of {len(labels):,} wrong" in found.text
    assert len(found.all("img")) == min(wrong, MOST_MISTAKES)
    if wrong > MOST_MISTAKES:
        assert f"{MOST_MISTAKES} of {wrong:,}, those first" in found.text
        assert "The others are left out here" in found.text
    if not wrong:
        assert "all 3 answers are right" in found.text or len(labels) == 1
    matrix = [table for table in found.all("table") if (table.get("class") or "").startswith("matrix")]
    assert len(matrix) == (len(names) <= 60)


def test_the_matrix_has_each_count_in_its_place() -> None:
    page = report_page(report([0, 0, 0, 1, 2], [0, 1, 1, 1, 0], ["a", "b", "c"]))
    body = page.partition('class="matrix"')[2].partition("</table>")[0].partition("<tbody>")[2]
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in body.split("</tr>")[:3]]
    assert rows == [["1", "2", "·"], ["·", "1", "·"], ["1", "·", "0"]]


def test_curves_are_drawn_where_there_are_numbers() -> None:
    history = [{"epoch": e, "loss": 1 / e, "validation_loss": 2 / e, "accuracy": 0.5} for e in range(1, 5001)]
    made = report([0, 1], [0, 1], ["a", "b"], history=history, best_epoch=7)
    found = check(report_page(made))
    assert len(found.all("svg")) == 3 and "kept: epoch 7" in found.text
    assert "The last 200 of 5,000 epochs" in found.text
    for line in found.all("polyline"):
        assert len((line["points"] or "").split()) <= 401
    assert line_chart("loss", [Line("training", [])], x_name="epoch") == ""
    for points in ([(1.0, -1e308), (2.0, 1e308)], [(1.0, -5.0)], [(1.0, 1e308)], [(1.0, 5e-324), (9e15, 0.0)]):
        for as_percent in (False, True):
            chart = line_chart("x", [Line("training", points)], x_name="epoch", as_percent=as_percent)
            assert not re.search("nan|inf", chart)
    one = line_chart("loss", [Line("training", [(1.0, 0.0)])], x_name="epoch")
    assert "circle" in one and "nan" not in one


def test_text_is_escaped_once_and_html_is_not_escaped_again() -> None:
    assert element("p", "a<b", element("b", "&"), title='"') == '<p title="&quot;">a&lt;b<b>&amp;</b></p>'
    assert text(text("<")) == "&lt;"


def test_the_command_writes_the_page_of_its_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pictures in a folder, with names that are HTML; of no path more than its last two names is told."""
    names = ["<i>a", "b&amp;"]
    drawn = np.random.default_rng(5)
    for name in names:
        (tmp_path / "secret" / "data" / name).mkdir(parents=True)
        for number in range(8):
            pixels = drawn.integers(0, 256, (12, 12), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "secret" / "data" / name / f"<img src=x>{number}.png")
    network = Network.from_model_name("linear", names, (1, 12, 12), seed=1)
    network.recipe = InputRecipe("plain", 1, 12, 12, "any", (0.0,), (1.0,))
    network.record = {"training": {"history": [{"epoch": 1, "loss": 1.5}], "command": "cnn train <b>"}}
    save_model(tmp_path / "m.bin", network)
    data, target = str(tmp_path / "secret" / "data"), tmp_path / "r.html"
    assert run(["eval", str(tmp_path / "m.bin"), "--data", data, "--part", "train", "--report", str(target)]) == 0
    said = capsys.readouterr().out.splitlines()
    page = target.read_text(encoding="utf-8")
    found = check(page)
    accuracy = re.search(r"accuracy (\S+ %)", said[-1])
    assert accuracy is not None and accuracy[1] in found.text and f"report: {target}" in said
    assert "secret" not in page and str(tmp_path) not in page
    assert found.all("img") and "cnn train <b>" in found.text
    assert run(["eval", str(tmp_path / "m.bin"), "--data", data, "--report", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == page
    (tmp_path / "m.bin").rename(tmp_path / "line\nbreak.bin")
    assert run(["eval", str(tmp_path / "line\nbreak.bin"), "--data", data, "--report", str(target)]) == 0
    assert "line\\nbreak.bin on " in capsys.readouterr().out
