"""What `cnn break` prints of two trainings that are put together by hand: its list, its text, figures side by side."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from cnncli.broken.cases import CASES
from cnncli.cli import render_break
from cnncli.doctor.facts import RunFacts
from cnncli.doctor.finding import Finding
from cnncli.doctor.kinds import KINDS
from cnncli.lessons.figures import Figure
from printed import printed
from run_facts import run

CASE = next(case for case in CASES if case.name == "zero-init")
HISTORY = [{"epoch": 1, "loss": 2.0, "validation_accuracy": 0.25}, {"epoch": 2, "loss": 1.5}]


def test_the_list_has_a_line_for_each_case_and_says_how_to_see_one() -> None:
    lines = list(render_break.list_lines())
    assert [line.split()[0] for line in lines[:-2]] == [case.name for case in CASES]
    # What they show stands in one column, two spaces behind the longest name.
    starts = {line.index(case.shows) for line, case in zip(lines, CASES, strict=False)}
    assert starts == {2 + max(len(case.name) for case in CASES) + 2}
    assert lines[-2:] == ["", "cnn break CASE trains it and a healthy twin; cnn doctor finds it in your runs."]


def test_json_has_the_last_of_each_measure_and_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, healthy = run(history=HISTORY), run()
    found = {id(broken): [Finding("zero-init", 0.9)], id(healthy): []}
    monkeypatch.setattr(render_break, "findings", lambda of: found[id(of)])
    facts = render_break.case_facts(CASE, broken, healthy)
    assert (facts["case"], facts["title"]) == ("zero-init", CASE.title)
    told = facts["of_broken"].pop("findings")
    assert facts["of_broken"] == {"epochs": 2, "loss": 1.5, "validation_accuracy": 0.25} and len(told) == 1
    assert facts["of_healthy"] == {"epochs": 0, "loss": None, "validation_accuracy": None, "findings": []}


def source(images: int | None, most: int = 4_000) -> Any:
    train = None if images is None else range(images)
    settings = SimpleNamespace(architecture="lenet5", seed=7)
    return SimpleNamespace(dataset=SimpleNamespace(name="mnist", train=train), settings=settings, most=(most, 1_000))


@pytest.mark.parametrize(("images", "told"), [(60_000, "4,000"), (3_999, "3,999"), (4_000, "4,000"), (None, "0")])
def test_the_images_are_counted_that_were_taken(images: int | None, told: str) -> None:
    assert render_break._what(source(images)) == f"lenet5 on {told} images of mnist, seed 7"


def plain_figure(heights: dict[str, int]) -> Callable[..., Iterator[str]]:
    """In place of drawing: as many lines as are asked for, full to the last of their columns."""

    def lines(figure: Figure, columns: int, rows: int, braille: bool, paint: Callable[[str, str], str]) -> Any:
        return (figure.title[0] * columns for _ in range(heights[figure.title]))

    return lines


def figure(title: str) -> Figure:
    return Figure(title, (0, 1), (0, 1), [])


@pytest.mark.parametrize(("columns", "half"), [(70, 34), (71, 34), (96, 47)])
def test_two_figures_share_the_width_with_two_spaces_between(
    columns: int, half: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_break, "figure_lines", plain_figure({"a": 1, "b": 2}))
    pair = [figure("a"), figure("b")]
    assert list(render_break._beside(pair, columns)) == [f"{'a' * half}  {'b' * half}", f"{'':{half}}  {'b' * half}"]
    monkeypatch.setattr(render_break, "figure_lines", plain_figure({"a": 2, "b": 1}))
    assert list(render_break._beside(pair, columns))[1] == "a" * half
    assert 2 * half + 2 <= columns


def test_where_there_is_no_room_or_one_figure_only_each_has_all_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_break, "figure_lines", plain_figure({"a": 1, "b": 1}))
    assert list(render_break._beside([figure("a"), figure("b")], 69)) == ["a" * 69, "b" * 69]
    assert list(render_break._beside([figure("a")], 96)) == ["a" * 96]


def test_colours_take_no_room_between_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        render_break, "figure_lines", lambda one, *_: iter(["\x1b[1;36mab\x1b[0m" if one.title == "a" else "c"])
    )
    assert list(render_break._beside([figure("a"), figure("b")], 80)) == [f"\x1b[1;36mab\x1b[0m{'':39}c"]


@pytest.mark.parametrize(("terminal", "columns"), [(None, 80), (60, 60), (96, 96), (97, 96)])
def test_lines_are_as_long_as_the_terminal_and_96_at_most(terminal: int | None, columns: int) -> None:
    assert printed(lambda: print(render_break._columns()), columns=terminal) == [str(columns)]


def told(broken: RunFacts, healthy: RunFacts) -> list[str]:
    return list(render_break.case_lines(CASE, broken, healthy, source(60_000)))


def test_a_case_has_its_figures_its_words_and_what_the_doctor_says(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, healthy = run(history=HISTORY), run()
    found = {id(broken): [Finding("zero-init", 0.9)], id(healthy): [Finding("no-shuffle", 0.5)]}
    monkeypatch.setattr(render_break, "findings", lambda of: found[id(of)])
    monkeypatch.setattr(render_break, "figures", lambda *_: [figure(title) for title in "abcd"])
    monkeypatch.setattr(render_break, "figure_lines", plain_figure(dict.fromkeys("abcd", 1)))
    lines = told(broken, healthy)
    # 80 columns: the first two beside each other, the others below with 78 at most.
    assert lines[:8] == [
        CASE.title, "lenet5 on 4,000 images of mnist, seed 7", "", f"{'a' * 39}  {'b' * 39}", "", "c" * 78, "", "d" * 78
    ]  # fmt: skip
    heads = ["What to look for", "Why", "How to mend it", "The mistake", "Mended",
             "What cnn doctor says of the broken one"]  # fmt: skip
    places = [lines.index(head) for head in heads]
    assert places == sorted(places) and all(lines[place - 1] == "" for place in places)
    for place, text in zip(places, (CASE.look, CASE.why, CASE.mend), strict=False):
        paragraph = lines[place + 1 : lines.index("", place)]
        assert " ".join(paragraph) == text and max(map(len, paragraph)) <= 80
    for place, code in zip(places[3:], (CASE.wrong, CASE.right), strict=False):
        assert lines[place + 1 : lines.index("", place)] == [f"    {line}" for line in code.splitlines()]
    said = lines[places[-1] + 1 :]
    assert said[0].startswith("   90 %  zero-init") and not any("cnn break zero-init" in line for line in said)
    twin = said.index("Of its healthy twin:")
    assert said[twin + 1].startswith("   50 %  no-shuffle")
    shown = " ".join(" ".join(said[twin:]).split())
    assert ("cnn break no-shuffle shows it" in shown) is KINDS["no-shuffle"].is_shown is True


def test_no_word_of_a_paragraph_is_torn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Options such as --find-lr would be typed with a gap in them."""
    monkeypatch.setattr(render_break, "figures", lambda *_: [])
    monkeypatch.setattr(render_break, "findings", lambda of: [])
    for columns in range(40, 60):
        monkeypatch.setattr(render_break, "_columns", lambda columns=columns: columns)
        for case in CASES:
            words = " ".join(render_break.case_lines(case, run(), run(), source(9)))
            assert case.look in words and case.why in words and case.mend in words


def test_where_the_doctor_finds_nothing_that_is_said_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_break, "findings", lambda of: [])
    monkeypatch.setattr(render_break, "figures", lambda *_: [])
    assert told(run(), run())[-3:] == [
        "What cnn doctor says of the broken one",
        "Nothing found: with this network, data and so many epochs it does no harm that shows.",
        "Of its healthy twin: nothing found.",
    ]
