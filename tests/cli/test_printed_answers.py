"""What predict, quiz, learn, doctor and collect print of answers and facts that are put together by hand."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.cli import render_collect, render_doctor, render_lesson, render_quiz
from cnncli.cli.answers import Answer
from cnncli.cli.pictures_named import NamedPicture
from cnncli.cli.render_predict import CsvAnswers, JsonAnswers, TextAnswers
from cnncli.doctor.finding import Evidence, Finding
from cnncli.doctor.kinds import KINDS
from cnncli.forms.saving import Saved
from cnncli.lessons.blocks import Choice, Code, Lesson, Numbers, Question, Words
from cnncli.lessons.quiz.asked import Drawn
from cnncli.lessons.quiz.topics import TOPICS, Asked
from printed import printed, squeezed
from run_facts import epoch, run

NAMES = ["a", "bb", "c"]


def answer(shares: tuple[float, ...] = (0.25, 0.75, 0.0), **more: Any) -> Answer:
    pixels = np.zeros((1, 4, 6), np.uint8)
    facts = {"prepared": SimpleNamespace(notes=[], pixels=pixels), "label": "bb", "probabilities": shares}
    return Answer(NamedPicture("x.png"), **(facts | more))


def said(kind: Any, answers: list[Answer], *arguments: Any, columns: int | None = None) -> list[str]:
    def write() -> None:
        stream = io.StringIO()
        answers_to = kind(stream.write, *arguments)
        for one in answers:
            answers_to.add(one)
        answers_to.end()
        print(stream.getvalue(), end="")

    return printed(write, columns=columns)


FAILED = Answer(NamedPicture("y.png"), error="y.png: is no picture")
UNSURE = answer(sure=False, box=(1, 2, 3, 4))


def test_answers_as_json_are_one_array() -> None:
    def facts(answers: list[Answer]) -> Any:
        return json.loads("\n".join(said(JsonAnswers, answers, NAMES)))

    shares = {"a": 0.25, "bb": 0.75, "c": 0.0}
    assert facts([]) == []
    assert facts([answer()]) == [{"file": "x.png", "label": "bb", "probability": 0.75, "probabilities": shares}]
    assert facts([FAILED, UNSURE]) == [
        {"file": "y.png", "error": "y.png: is no picture"},
        {
            "file": "x.png", "label": "not sure", "best_guess": "bb", "box": [1, 2, 3, 4], "probability": 0.75,
            "probabilities": shares,
        },
    ]  # fmt: skip


def test_answers_as_csv_have_a_row_for_each_picture() -> None:
    assert said(CsvAnswers, [answer(), FAILED], NAMES, False) == [
        "file,label,probability,a,bb,c", "x.png,bb,0.750000,0.250000,0.750000,0.000000", "y.png,,,,,",
    ]  # fmt: skip
    assert said(CsvAnswers, [UNSURE, FAILED], NAMES, True) == [
        "file,label,probability,box,a,bb,c", 'x.png,not sure,0.750000,"1,2,3,4",0.250000,0.750000,0.000000',
        "y.png,,,,,,",
    ]  # fmt: skip


def test_a_picture_alone_has_a_chart_and_one_of_many_a_line() -> None:
    note = SimpleNamespace(notes=["is dark", "is small"], pixels=np.zeros((1, 4, 6), np.uint8))
    assert said(TextAnswers, [answer(prepared=note), FAILED], NAMES, False, False) == [
        "x.png: bb (75.00 %)  is dark; is small"
    ]
    assert said(TextAnswers, [UNSURE], NAMES, False, True) == ["x.png: not sure at 1,2,3,4 (best guess bb, 75.00 %)"]
    assert said(TextAnswers, [answer(prepared=note)], NAMES, True, False) == [
        "x.png: bb (75.00 %)", "  is dark", "  is small",
        "   a  25.00 % ######", "  bb  75.00 % " + "#" * 18, "   c   0.00 %",
    ]  # fmt: skip


def test_a_chart_has_the_likeliest_classes_ten_of_a_picture_and_three_of_each_digit() -> None:
    def chart(classes: int, read_all: bool) -> list[str]:
        shares = tuple((number * 3 % classes) / 100 for number in range(classes))
        made = answer(shares, label="n3")
        lines = said(TextAnswers, [made], [f"n{number}" for number in range(classes)], True, read_all)
        return [line.split()[0] for line in lines[1:]]

    assert chart(10, False) == [f"n{number}" for number in range(10)]
    # Of 11 classes class n has the share 3n mod 11: the largest is 10, of n7, then 9 of n3.
    assert chart(11, False) == ["n7", "n3", "n10", "n6", "n2", "n9", "n5", "n1", "n8", "n4"]
    assert chart(11, True) == ["n7", "n3", "n10"] and chart(3, True) == ["n0", "n1", "n2"]


@pytest.mark.parametrize(
    ("shape", "columns", "read_all", "beside"),
    [
        ((4, 6), 48, False, True), ((4, 6), 47, False, False), ((4, 6), 100, True, False), ((4, 64), 200, False, True),
        ((64, 4), 200, False, True), ((65, 4), 200, False, False),
    ],
)  # fmt: skip
def test_what_the_network_sees_stands_beside_a_chart_where_there_is_room(
    shape: tuple[int, int], columns: int, read_all: bool, beside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line needs the picture's columns, the names' and 40."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    made = answer(prepared=SimpleNamespace(notes=[], pixels=np.zeros((1, *shape), np.uint8)))
    lines = said(TextAnswers, [made], NAMES, True, read_all, columns=columns)[1:]
    assert ("▀" in "".join(lines)) is beside
    if beside:
        assert len(lines) == max(3, shape[0] // 2)
        (middle,) = [index for index, line in enumerate(lines) if "bb  75.00 %" in line]
        assert middle == max(3, shape[0] // 2) // 2 - (shape[0] == 64)  # 32 lines: 14 above, 15 below
        assert lines[0].startswith("▀" * shape[1] + " ")


TABLE = Numbers("sizes", ["name", "n"], [["a", "1"], ["long one", "1,000"]])
WORDY = Numbers("words", ["name", "what"], [["a", "word " * 20], ["b", "x"]])


def test_tables_of_lessons_have_numbers_at_the_right_and_break_words_that_are_too_wide() -> None:
    assert list(render_lesson.table_lines(TABLE, 80)) == [
        "sizes", "  name          n", "  a             1", "  long one  1,000",
    ]  # fmt: skip
    # Names of 4 and words of 99 letters with two times two spaces.
    assert len(list(render_lesson.table_lines(WORDY, 108))) == 4
    assert list(render_lesson.table_lines(WORDY, 30)) == [
        "words", "  a     word word word word", *["        word word word word"] * 4, "  b     x",
    ]  # fmt: skip
    three = Numbers("three", ["a", "b", "c"], [["x", "word " * 20, "y"]])
    assert len(list(render_lesson.table_lines(three, 30))) == 3


def lesson() -> Lesson:
    choices = [Choice("yes", False, "it is not"), Choice("no " * 30, True, "it is"), Choice("both", False, "never")]
    blocks = [Words("word " * 30), Code(["x = 1", ""]), TABLE]
    return Lesson("none", "A title", blocks, Question("which?", choices), ["cnn learn x"], {})


def test_a_lesson_is_as_wide_as_the_terminal_and_at_most_96_characters() -> None:
    for columns, room in ((None, 80), (60, 60), (96, 96), (200, 96)):
        lines = printed(lambda: print("\n".join(render_lesson.lesson_lines(lesson()))), columns=columns)
        assert lines[:2] == ["A title", ""] and lines[2] == ("word " * (room // 5)).strip()[:room].removesuffix(" wor")
        assert lines[lines.index("Question") + 1 :][:2] == ["which?", "  1  yes"] and lines[-1] == "  3  both"
        assert lines.index("  3  both") - lines.index("  1  yes") == (2 if room == 96 else 3)  # 30 times "no"
        assert lines[lines.index("    x = 1") + 1 :][:3] == ["", "", "sizes"]


@pytest.mark.parametrize(
    ("given", "second"), [(None, "Answer with --answer 1 to 3."), (1, "No. it is not"), (2, "Right. it is")]
)
def test_an_answer_is_judged(given: int | None, second: str) -> None:
    assert list(render_lesson.judge(lesson(), given)) == ["", second, "", "To go on", "  cnn learn x"]


def quiz_question() -> Asked:
    return Asked(TOPICS[0], Drawn(lesson().question, [TABLE]))


def test_a_question_of_a_quiz_has_its_table_and_choices() -> None:
    assert list(render_quiz.question_lines(quiz_question(), 2, 9)) == [
        "2 of 9  linear regression", "sizes", "  name          n", "  a             1", "  long one  1,000", "which?",
        "  1  yes", "  2  " + " ".join(["no"] * 25), "     " + " ".join(["no"] * 5), "  3  both",
    ]  # fmt: skip


def test_verdicts_and_the_score_of_a_quiz() -> None:
    one = quiz_question()
    no = " ".join(["no"] * 30)
    for given, first in ((None, "Left out. It is no"), (1, "No. it is not"), (2, "Right. it is"), (3, "No. never")):
        lines = list(render_quiz.verdict_lines(one, given))
        assert lines[0].startswith(first) and (len(lines) > 1) is (given != 2)
        if given in (1, 3):
            assert " ".join(lines[1:]) == f"It is {no} : it is"
    assert list(render_quiz.score_lines([one] * 3, None, 7)) == [
        "Answer with --answers 1,3,... (3 of them, - for none), or in a terminal."
    ]
    assert list(render_quiz.score_lines([one] * 2, [2, 2], 7)) == [
        "2 of 2 right", "", "The same with other numbers: cnn quiz --seed 8",
    ]  # fmt: skip
    other = Asked(TOPICS[1], one.drawn)
    assert list(render_quiz.score_lines([one, other, one], [1, None, 2], 0)) == [
        "1 of 3 right", "", "To see again", "  cnn learn regression   # linear regression",
        "  cnn learn activations  # activations", "", "The same with other numbers: cnn quiz --seed 1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "answers"),
    [
        (["1", "2"], [1, 2]), (["", "3"], [None, 3]), (["q"], [None, None]), (["2", "Q"], [2, None]),
        (["0", "4", "x", "²", "1", "3"], [1, 3]), (["00001", "1", "2"], [1, 2]),
        (["0002", "1"], [2, 1]), ([], [None, None]),
    ],
)  # fmt: skip
def test_a_quiz_asks_until_it_gets_the_number_of_a_choice(
    typed: list[str], answers: list[int | None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
    assert render_quiz.ask_all([quiz_question()] * 2) == answers
    out = capsys.readouterr().out
    assert ("2 of 2  linear" in out) is (typed[:1] not in ([], ["q"]))  # the end ends it at once
    assert "1 of 2  linear" in out and "Your answer, 1 to 3 (Enter leaves it out, q ends): " in out


@pytest.mark.parametrize(
    ("typed", "number"), [("2\n", 2), ("\n", None), ("", None), ("4\n0\nx\n²\n3\n", 3), (" 1 \n", 1)]
)
def test_a_lesson_asks_until_it_gets_the_number_of_a_choice(
    typed: str, number: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert render_lesson.ask(3) == number


HISTORY = [{"epoch": 1, "accuracy": 0.5, "validation_accuracy": 0.25}, {"epoch": 2, "accuracy": 0.875}]


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({}, "run: nothing found; its first epoch is not over"),
        ({"history": HISTORY}, "run: nothing found; an older version trained it, so that there are its curves only"),
        ({"history": HISTORY, "epochs": [epoch()]}, "run: nothing found; it is not done"),
        ({"epochs": [epoch()], "parts": {"test": None}}, "run: nothing found"),
        ({"epochs": [epoch()], "alike": [{}]}, "run: nothing found"),
    ],
)
def test_where_nothing_was_found_is_told_how_far_was_looked(facts: dict[str, Any], line: str) -> None:
    made = run(facts.pop("epochs", ()), **facts)
    assert list(render_doctor.report_lines(made, [])) == [line]


def test_findings_stand_with_their_likelihood_evidence_and_remedy() -> None:
    kind = KINDS["zero-init"]
    finding = Finding("zero-init", 0.85, [Evidence("all are 0", 1.0, 0.0, 3), Evidence("so it is", 1.0, 0.0)])
    lines = list(render_doctor.report_lines(run(history=HISTORY, kept=HISTORY[0]), [finding]))
    assert lines == [
        "run: 2 epochs, validation accuracy 25.00 % of epoch 1, which is kept", "", f"   85 %  zero-init: {kind.means}",
        "         - epoch 3: all are 0", "         - so it is",
f"         > {kind.remedy}; cnn break zero-init", "           shows it",
    ]  # fmt: skip
    assert squeezed(render_doctor.finding_lines(finding, shows=False))[-1] == f"> {kind.remedy}"
    assert next(render_doctor.finding_lines(finding, indent="")).startswith(" 85 %")
    assert render_doctor._result(run(history=HISTORY[1:], kept=HISTORY[1])) == "1 epoch, training accuracy 87.50 %"
    assert render_doctor._result(run()) == "0 epochs"
    wide = [
        printed(lambda: print("\n".join(render_doctor.finding_lines(finding))), columns=width) for width in (50, 200)
    ]
    assert max(map(len, wide[0])) <= 50 and len(wide[0]) > len(wide[1]) == 4


def photograph(reasons: list[str | None], **more: Any) -> Any:
    """Cells of class a in one row, the last of class b, none of it refused for more than its reason."""
    cells = [
        SimpleNamespace(row=0, column=at, reason=reason, name="b" if at == len(reasons) - 1 else "a")
        for at, reason in enumerate(reasons)
    ]
    page = SimpleNamespace(page=1, pages=2, paper=SimpleNamespace(name="a4"), class_names=["a", "b"])
    facts = {
        "name": "x.jpg", "page": page,
        "dots": (11, 12), "turned": 0, "cells": cells, "accepted": [one for one in cells if one.reason is None],
    }  # fmt: skip
    return SimpleNamespace(**(facts | more))


def test_a_photograph_tells_its_cells_and_why_some_were_left_aside() -> None:
    made = photograph([None, "empty", "blurred over 1 mm", None])
    assert list(render_collect.photograph_lines(made, None, None)) == [
        "x.jpg: page 1 of 2, A4, straightened by 11 of 12 dots", "",
        "class  cells  taken  empty  blurred", "a          3      1      1        1",
        "b          1      1      -        -",
        "", "left aside; r1c2 is row 1, column 2:", "  empty: r1c2", "  blurred: r1c3",
        "2 of 4 cells are good; --out FOLDER writes them",
    ]  # fmt: skip
    turned = list(render_collect.photograph_lines(photograph([None, None], turned=90), None, None))
    assert turned[0].endswith("A4, turned by 90 degrees, straightened by 11 of 12 dots")
    assert not any("left aside" in line for line in turned)


@pytest.mark.parametrize(("empty", "end"), [(8, "r1c8"), (9, "r1c8 and 1 more"), (11, "r1c8 and 3 more")])
def test_eight_cells_are_listed_with_a_reason(empty: int, end: str) -> None:
    lines = list(render_collect.photograph_lines(photograph(["empty"] * empty + [None]), None, None))
    (line,) = [line for line in lines if line.startswith("  empty: ")]
    assert line.endswith(end)


FILES = [Path("1.png"), Path("2.png")]


@pytest.mark.parametrize(
    ("saved", "last"),
    [
        (Saved(FILES, [], False), "own/: 2 pictures of 2 cells"),
        (Saved(FILES, FILES[:1], True), "own/: 2 pictures of 2 cells, in place of the 1 that were there"),
        (
            Saved([], FILES, True),
            "own/: has 2 pictures of this photograph; nothing is written, --overwrite writes them again",
        ),
        (
            Saved([], FILES, False),
            "own/: has 2 pictures of this page by another photograph, such as 1.png; nothing is written, --overwrite "
            "puts these in their place",
        ),
    ],
)
def test_what_became_of_the_cells_is_the_last_line(saved: Saved, last: str) -> None:
    assert list(render_collect.photograph_lines(photograph([None, None]), "own/", saved))[-1] == last


def test_several_photographs_are_summed_up_with_what_the_folder_holds(tmp_path: Path) -> None:
    good = {"classes": [{"taken": 2, "cells": 4}, {"taken": 1, "cells": 1}]}
    assert list(render_collect.end_lines([good], None)) == []
    assert list(render_collect.end_lines([good, good], None)) == ["2 photographs: 6 of 10 cells are good"]
    assert list(render_collect.end_lines([good, {"error": "x"}], None)) == [
        "2 photographs: 3 of 5 cells are good; 1 refused"
    ]
    assert list(render_collect.end_lines([{"error": "x"}], str(tmp_path))) == []
    for name in ("a/1.png", "a/2.png", "a/.hidden", "empty/.hidden", ".no/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list(render_collect.end_lines([good], f"{tmp_path}/")) == [
        f"{tmp_path}/ holds 2 pictures of one class, a; a training needs two: collect a form of another one"
    ]
    (tmp_path / "empty/1.png").touch()
    assert list(render_collect.end_lines([good], str(tmp_path))) == [
        f"{tmp_path}/ holds 3 pictures of 2 classes; next: cnn train {tmp_path}"
    ]


def test_json_of_a_photograph_counts_rows_and_columns_from_1() -> None:
    facts = render_collect.facts(photograph([None, "empty", None]), "x.jpg", Saved(FILES, FILES[:1], True), None)
    assert facts["refused"] == [{"row": 1, "column": 2, "class": "a", "reason": "empty"}]
    assert facts["classes"] == [{"class": "a", "cells": 2, "taken": 1}, {"class": "b", "cells": 1, "taken": 1}]
    assert (facts["dots"], facts["before"], facts["written"]) == (11, 1, ["1.png", "2.png"])
    bare = render_collect.facts(photograph([None]), "x.jpg", None, None)
    assert (bare["before"], bare["written"]) == (0, None)
