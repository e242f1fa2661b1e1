"""`cnn quiz`: every answer against a formula of its own, read from the question's text; verdicts, page and score."""

import json
import math
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser import OpenPage, chromium
from cnncli.cli.main import run
from cnncli.lessons.catalogue import find_entry
from cnncli.lessons.quiz.page import quiz_page
from cnncli.lessons.quiz.topics import TOPICS, Asked, questions
from quiz_text import found

SEEDS = range(80)


def regression(text: str, tables: list[Any]) -> float:
    w0, w1, x, t = found("w0 = # and w1 = #. A sample has x = # and t = #;", text) or [math.nan] * 4
    gradient = 2 * (w0 + w1 * x - t) * x
    rate = found("with rate #?", text)
    return gradient if rate is None else w1 - rate[0] * gradient


def activation(text: str, tables: list[Any]) -> float:
    [x] = found("at x = #,", text) or [math.nan]
    functions: dict[str, Callable[[float], float]] = {
        "of sigmoid": lambda at: 1 / (1 + math.exp(-at)), "of tanh": math.tanh, "of ReLU": lambda at: max(at, 0.0),
        "of leaky ReLU": lambda at: at if at > 0 else 0.01 * at,
    }  # fmt: skip
    [function] = [one for name, one in functions.items() if name in text]
    return (function(x + 1e-6) - function(x - 1e-6)) / 2e-6


def layer(text: str, tables: list[Any]) -> str:
    inputs, outputs = map(int, found("takes # values and gives #.", text) or [])
    samples = found("batch of # samples", text)
    return f"{outputs} x {inputs}" if samples is None else f"{int(samples[0])} x {outputs}"


def parameters(text: str, tables: list[Any]) -> float:
    masks = found("masks of #x# takes # maps of #x# and gives # maps", text)
    if masks is not None:
        side, _, channels, _, _, maps = masks
        return np.zeros((int(maps), int(channels), int(side), int(side))).size + maps
    inputs, outputs = found("layer from # values to #,", text) or [math.nan] * 2
    return np.zeros((int(outputs), int(inputs))).size + outputs


def softmax(text: str, tables: list[Any]) -> float:
    scores = np.array(found("scores #, #, # for", text))
    target = next(index for index, name in enumerate(("first", "second", "third")) if f"the {name} class" in text)
    return float(np.log(np.exp(scores).sum()) - scores[target])


def backprop(text: str, tables: list[Any]) -> float:
    w1, w2, x, t = found("w1 = #, w2 = #, x = #, t = # these", text) or [math.nan] * 4

    def error(w: float) -> float:
        return float((w2 * np.tanh(w * x) - t) ** 2)

    return (error(w1 + 1e-6) - error(w1 - 1e-6)) / 2e-6


def descent(text: str, tables: list[Any]) -> float:
    counts, sums = found("# samples, mini-batches of #, # epochs", text), found("batch of # samples and does not", text)
    if counts is not None:
        images, batch, epochs = counts
        return epochs * len(range(0, int(images), int(batch)))
    if sums is not None:
        return (found("step that # takes", text) or [math.nan])[0] / sums[0]
    [bend] = found("dE/dw = # w.", text) or [math.nan]
    rates = np.linspace(0, 2, 200_001)[1:]
    return float(rates[np.abs(1 - bend * rates) <= 1 + 1e-12][-1])  # the last one that does not move away


def momentum(text: str, tables: list[Any]) -> float:
    adam = found("rate #, and the first gradient of a weight is #.", text)
    if adam is not None:
        rate, g = adam
        mean, square = 0.1 * g / (1 - 0.9), 0.001 * g * g / (1 - 0.999)
        return rate * mean / (math.sqrt(square) + 1e-8)
    gamma, rate, w = found("v := # v + # g, w := w - v, with v = 0 and w = # at", text) or [math.nan] * 3
    one, two = found("gradients come, # and #.", text) or [math.nan] * 2
    velocity = 0.0
    for gradient in (one, two):
        velocity = gamma * velocity + rate * gradient
        w -= velocity
    return w


def convolution(text: str, tables: list[Any]) -> float:
    row, column = map(int, found("at row #, column # of", text) or [])
    picture, mask = tables
    return sum(picture[row + r][column + c] * mask[r][c] for r in range(3) for c in range(3))


def sizes(text: str, tables: list[Any]) -> float | str:
    told = found("image of #x# goes through a convolution with masks of #x#, stride # and padding #.", text)
    if told is not None:
        side, _, kernel, _, stride, padding = map(int, told)
        places = len(range(-padding, side + padding - kernel + 1, stride))
        return f"{places}x{places}"
    values = [value for row in tables[0] for value in row]
    return max(values) if "does max pooling" in text else sum(values) / 4


def deep(text: str, tables: list[Any]) -> float | str:
    field = found("mask of #x#, pooling of #x# with stride #, then", text)
    drop = found("p = #, in its usual form, keeps a unit whose value is #.", text)
    if field is not None:
        kernel, window = int(field[0]), int(field[2])
        pixels = {  # counted one by one
            (unit * window + within) + offset
            for unit in range(kernel) for within in range(window) for offset in range(kernel)
        }  # fmt: skip
        return f"{len(pixels)}x{len(pixels)}"
    if drop is not None:
        return drop[1] / (1 - drop[0])
    values = found("values #, #, #, # of", text) or [math.nan] * 4
    mean = sum(values) / 4
    return (values[0] - mean) / math.sqrt(sum((value - mean) ** 2 for value in values) / 4)


ORACLES: dict[str, Callable[[str, list[Any]], float | str]] = {
    "regression": regression, "activation": activation, "layer": layer, "parameters": parameters, "softmax": softmax,
    "backprop": backprop, "descent": descent, "momentum": momentum, "convolution": convolution, "sizes": sizes,
    "deep": deep,
}  # fmt: skip


@pytest.fixture(scope="module")
def many() -> list[list[Asked]]:
    return [questions(seed) for seed in SEEDS]


@pytest.mark.parametrize("index", range(len(TOPICS)), ids=lambda index: TOPICS[index].name)
def test_the_right_answer_is_what_the_text_asks_for(index: int, many: list[list[Asked]]) -> None:
    texts = set()
    for asked in many:
        question, tables = asked[index].drawn.question, asked[index].drawn.tables
        values = [[[float(cell) for cell in row[1:]] for row in table.rows] for table in tables]
        expected = ORACLES[TOPICS[index].name](question.text, values)
        right = question.choices[question.right - 1].text
        if isinstance(expected, str):
            assert right == expected, question.text
        else:
            digits = len(right.partition(".")[2])
            assert float(right.replace(",", "")) == pytest.approx(expected, rel=2e-4, abs=0.6 * 10.0 ** -(digits or 4))
        texts.add(f"{question.text} {values}")
    assert len(texts) > 20


def test_wrong_choices_are_three_and_each_has_a_reason_of_its_own(many: list[list[Asked]]) -> None:
    places = set()
    for asked in many:
        assert len(asked) == 11
        for one in asked:
            choices = one.drawn.question.choices
            assert one.drawn.question.text.endswith("?")
            assert len({choice.text for choice in choices}) == len({choice.why for choice in choices}) == 4
            assert all(len(choice.why) > 12 for choice in choices)
            places.add((one.topic.name, one.drawn.question.right))
    assert len(places) == 44  # the right one stands at every place


def test_a_seed_gives_the_same_questions_and_another_seed_others() -> None:
    assert questions(3) == questions(3) != questions(4)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_what_is_to_be_seen_again_is_a_lesson(topic: Any) -> None:
    assert topic.see == f"cnn learn {find_entry(topic.lesson).name}"


def answers_of(seed: int) -> list[int]:
    return [one.drawn.question.right for one in questions(seed)]


def test_all_right_answers_are_all_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quiz", "--seed", "7", "--answers", ",".join(map(str, answers_of(7)))]) == 0
    text = capsys.readouterr().out
    assert text.count("\nRight. ") == 11 and "11 of 11 right" in text and "see again" not in text


def test_wrong_and_left_out_ones_are_told_with_what_to_see(capsys: pytest.CaptureFixture[str]) -> None:
    given = [str(answer) for answer in answers_of(7)]
    given[0], given[5] = str(answers_of(7)[0] % 4 + 1), "-"
    assert run(["quiz", "--seed", "7", "--answers", ", ".join(given)]) == 0
    text = capsys.readouterr().out
    assert "9 of 11 right" in text and text.count("\nNo. ") == 1 and "Left out. It is" in text
    assert "cnn learn regression" in text and "cnn learn backprop" in text and "cnn learn convolution" not in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_without_answers_the_questions_stand_there(capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(12):
        assert run(["quiz", "--seed", str(seed)]) == 0
        text = capsys.readouterr().out
        assert "11 of 11  " in text and "Answer with --answers" in text and "Right." not in text
        assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize(
    ("words", "said"),
    [("--answers 1,2", "2 answers for 11 questions"), ("--answers 1,2,3,4,1,2,3,4,1,2,5", "answer 11 is '5'"),
     ("--answers x,2,3,4,1,2,3,4,1,2,1", "use 1 to 4, or - for none"), ("--seed -1", "--seed"),
     ("--out quiz.pdf", "ends in .html"), ("--answers ٣,2,3,4,1,2,3,4,1,2,1", "answer 1 is")],
)  # fmt: skip
def test_wrong_wishes_are_one_line(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quiz", *words.split()]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_json_has_the_score(capsys: pytest.CaptureFixture[str]) -> None:
    given = ",".join(["1"] * 11)
    assert run(["quiz", "--answers", given, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["right"] == answers_of(1).count(1) and len(facts["questions"]) == 11
    assert run(["quiz", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["right"] is None


class Terminal:
    """`cnn quiz` in a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.shown = ""
        master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cnncli", "quiz", *words], stdin=slave, stdout=slave, stderr=slave, env=environment
        )
        os.close(slave)
        self._master = master

    def until(self, text: str, seconds: float = 60) -> None:
        """Reads until the text has been shown once more."""
        start, end = len(self.shown), time.monotonic() + seconds
        while text not in self.shown[start:]:
            assert time.monotonic() < end, self.shown
            if not select.select([self._master], [], [], 0.2)[0]:
                continue
            try:
                self.shown += os.read(self._master, 4096).decode()
            except OSError:
                break
        assert text in self.shown[start:], self.shown

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        code = self._process.wait(60)
        os.close(self._master)
        return code


def test_in_a_terminal_it_asks_one_by_one_and_tells_at_once() -> None:
    shown = Terminal("--seed", "7")
    right = answers_of(7)
    shown.until("q ends): ")
    assert "2 of 11" not in shown.shown
    shown.type("9\n")  # no choice: asked again
    shown.until("q ends): ")
    shown.type(f"{right[0]}\n")
    shown.until("q ends): ")
    assert "Right." in shown.shown and "2 of 11" in shown.shown
    shown.type(f"{right[1] % 4 + 1}\n")
    shown.until("q ends): ")
    assert "No." in shown.shown
    shown.type("q\n")
    shown.until("--seed 8")
    assert "1 of 11 right" in shown.shown
    assert shown.end() == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


def test_the_page_gives_verdicts_and_the_score(browser: Any, tmp_path: Path) -> None:
    asked = questions(7)
    path = tmp_path / "quiz.html"
    path.write_text(quiz_page(asked, 7), encoding="utf-8")
    with OpenPage(browser, path, 390, 844) as shown:
        page = shown.page
        firsts = [one.drawn.question.right for one in asked]
        firsts[3] = firsts[3] % 4 + 1
        before, said = page.evaluate(ANSWER, firsts)
        assert before == 0 and [len(one) for one in said] == [1] * 11
        for number, ([reason], one) in enumerate(zip(said, asked, strict=True)):
            assert reason.endswith(one.drawn.question.choices[firsts[number] - 1].why)
            assert reason.startswith("No." if number == 3 else "Right.")
        score = page.locator("#score")
        assert "10 of 11 right" in score.inner_text() and asked[3].topic.see in score.inner_text()
        page.locator(f"#question-4 input[value='{asked[3].drawn.question.right}']").check()
        assert "10 of 11 right" in score.inner_text()  # the first answer counts
        for size in ((390, 844), (1280, 800)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        assert shown.errors == [] and len(shown.requests) == 1


# Chooses these answers: (how many reasons are there before, those of each question that are there then).
ANSWER = """(choices) => {
  const seen = (within) => [...within.querySelectorAll(".why")].filter((one) => one.offsetParent);
  const before = seen(document).length;
  return [before, choices.map((choice, k) => {
    const question = document.getElementById(`question-${k + 1}`);
    question.querySelector(`input[value='${choice}']`).click();
    return seen(question).map((one) => one.innerText);
  })];
}"""


def test_without_scripts_all_reasons_are_there(tmp_path: Path) -> None:
    path = tmp_path / "quiz.html"
    assert run(["quiz", "--seed", "2", "--out", str(path)]) == 0
    html, _, scripts = path.read_text(encoding="utf-8").partition("<script>")
    assert len(re.findall(r'<p class="why" id="why-\d+-\d">', html)) == 44 and "hidden" in scripts
