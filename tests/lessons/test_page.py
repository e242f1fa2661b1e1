"""Pages of lessons as text: what stands where, which files of scripts are in them, words and numbers of tables."""

import json
import re
from html import unescape

import pytest

from cnncli.lessons.blocks import Choice, Code, Lesson, Numbers, Question, Words
from cnncli.lessons.figures import Dots, Figure
from cnncli.lessons.page import lesson_page, question_fieldset, table_block
from lesson_pages import lesson

FIGURE = Figure("t", (0.0, 1.0), (0.0, 1.0), [Dots([(0.5, 0.5)])])
QUESTION = Question(
    "how many?", [Choice("2", False, "too few"), Choice("3", True, "as counted"), Choice("4", False, "more")]
)


def page_of(blocks: list[object], **other: object) -> str:
    return lesson_page(Lesson("n", "The title", blocks, QUESTION, ["cnn learn", "cnn quiz"], {}, **other))  # type: ignore[arg-type]


@pytest.mark.parametrize(("controlled", "order"), [(1, "words controls 1 2"), (2, "words 1 controls 2")])
def test_controls_stand_before_the_figure_that_they_move(controlled: int, order: str) -> None:
    page = page_of([Words("some words"), FIGURE, FIGURE], script="descent", controlled=controlled)
    texts = {"words": "<p>some words", "controls": 'id="controls"', "1": 'id="figure-1"', "2": 'id="figure-2"'}
    places = {name: page.index(text) for name, text in texts.items()}
    assert sorted(places, key=places.__getitem__) == order.split()
    assert max(places.values()) < page.index('id="question"') < page.index("To go on") < page.index("<script>")


def test_without_a_figure_controls_come_last_and_without_a_script_there_are_none() -> None:
    page = page_of([Words("some words")], script="descent")
    assert page.index("some words") < page.index('id="controls"') < page.index('id="question"')
    plain = page_of([Words("some words"), FIGURE])
    assert 'id="controls"' not in plain and "fieldset" in plain


def test_data_and_tools_are_in_the_script() -> None:
    page = page_of([FIGURE], script="descent", tools=["maps"], data={"a": [1.5, float("nan")], "b": "</script>"})
    script = page[page.index("<script>") :]
    [data] = re.findall(r"const DATA = (.*);\n", script)
    assert json.loads(data) == {"a": [1.5, None], "b": "</script>"} and script.count("</script>") == 1
    plain = page_of([FIGURE])
    assert len(plain) < len(page_of([FIGURE], script="descent")) < len(page)


def test_a_question_has_a_button_and_a_reason_for_each_choice() -> None:
    html = str(question_fieldset(QUESTION))
    assert re.findall(r'name="(answer[^"]*)" value="(\d)"', html) == [("answer", "1"), ("answer", "2"), ("answer", "3")]
    assert re.findall(r'id="(why[^"]*)"><b>(\w+)\. </b>([^<]+)', html) == [
        ("why-1", "No", "too few"), ("why-2", "Right", "as counted"), ("why-3", "No", "more")]  # fmt: skip
    third = str(question_fieldset(QUESTION, 3))
    assert 'name="answer-3"' in third and 'id="why-3-2"' in third and 'id="question-3"' in third


def test_numbers_stand_at_the_right_and_words_at_the_left() -> None:
    table = Numbers("t", ["", "count", "what"], [["a", "1.5", "one"], ["2", "-3e-05", "2"]])
    assert [table.is_number(column) for column in range(3)] == [False, True, False]
    html = str(table_block(table))
    assert html.count("words") == 3 and '<td class="words"><span>one' in html.replace("\n", "")
    for text, is_number in (("12,500", True), ("75.0 %", True), ("left", True), ("-inf", True), ("nan", True),
                            ("diverged", True), ("", True), ("1 x 2", False), ("x", False)):  # fmt: skip
        assert Numbers("t", ["", ""], [["a", text]]).is_number(1) == is_number, text


def test_indices_are_low_and_times_has_its_sign() -> None:
    page = page_of([Words("w_k1 and x1, dE/dw_k: 2 x 3 = 6; do/dz x dz/dv1"), Code(["x1 = 2 x 3"])])
    assert "w<sub>k1</sub> and x<sub>1</sub>, dE/dw<sub>k</sub>: 2 × 3 = 6; do/dz × dz/dv<sub>1</sub>" in page
    assert "x1 = 2 x 3</pre>" in page  # code is as it is typed


@pytest.mark.parametrize("name", ["notation", "descent", "layer"])
def test_the_page_of_a_lesson_has_all_its_figures_tables_and_commands(name: str) -> None:
    given = lesson(name)
    page = unescape(lesson_page(given))
    figures = [block for block in given.blocks if isinstance(block, Figure)]
    assert re.findall(r'<svg id="(figure-\d)"', page) == [f"figure-{at}" for at in range(1, len(figures) + 1)]
    assert page.count("<caption>") == sum(isinstance(block, Numbers) for block in given.blocks)
    typed = re.sub(r"<[^>]*>", "", page[page.index('<pre class="command"') :])
    assert all(command in typed for command in given.go_on) and page.startswith("<!doctype html>")


def test_commands_of_a_lesson_are_broken_between_words_and_end_in_their_own_lines() -> None:
    """Not inside of an option, and what is said behind one does not run into the next one."""
    page = lesson_page(lesson("descent"))
    commands = page[page.index('<pre class="command"') :].partition("</pre>")[0]
    assert "<span>--lr</span> <span>2</span>" in commands
    assert commands.count('<span class="line">') == commands.count("\n</span>") == len(lesson("descent").go_on)
