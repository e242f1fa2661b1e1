"""What `cnn quiz` prints: questions one by one, verdicts, and the score."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from cnncli.cli.render_lesson import heading, screen_columns, table_lines
from cnncli.cli.streams import echo
from cnncli.lessons.quiz.topics import Asked


def question_lines(one: Asked, number: int, count: int) -> Iterator[str]:
    """A question with its tables and choices."""
    yield heading(f"{number} of {count}  {one.topic.title}", "1")
    for table in one.drawn.tables:
        yield from table_lines(table, screen_columns())
    yield from wrap(one.drawn.question.text, screen_columns())
    for index, choice in enumerate(one.drawn.question.choices, start=1):
        yield from wrap(choice.text, screen_columns(), initial_indent=f"  {index}  ", subsequent_indent="     ")


def verdict_lines(one: Asked, answer: int | None) -> Iterator[str]:
    """What is to be said of an answer; of a wrong one also the right one."""
    question = one.drawn.question
    right = question.choices[question.right - 1]
    if answer is None:
        yield from wrap(f"Left out. It is {right.text}: {right.why}", screen_columns())
        return
    choice = question.choices[answer - 1]
    if choice.is_right:
        yield from _verdict("Right.", "32", choice.why)
        return
    yield from _verdict("No.", "31", choice.why)
    yield from wrap(f"It is {right.text}: {right.why}", screen_columns())


def _verdict(word: str, code: str, why: str) -> Iterator[str]:
    """The reason behind a word in colour, which counts as wide as it is seen."""
    first, *rest = wrap(f"{word} {why}", screen_columns())
    yield heading(word, code) + first.removeprefix(word)
    yield from rest


def score_lines(asked: Sequence[Asked], answers: Sequence[int | None] | None, seed: int) -> Iterator[str]:
    """How many were right, what to see again, and how to go on."""
    if answers is None:
        yield f"Answer with --answers 1,3,... ({len(asked)} of them, - for none), or in a terminal."
        return
    missed = [one for one, answer in zip(asked, answers, strict=True) if answer != one.drawn.question.right]
    yield heading(f"{len(asked) - len(missed)} of {len(asked)} right", "1")
    if missed:
        yield ""
        yield heading("To see again", "1")
        width = max(len(one.topic.see) for one in missed)
        yield from (f"  {one.topic.see:<{width}}  # {one.topic.title}"[: screen_columns()].rstrip() for one in missed)
    yield ""
    yield f"The same with other numbers: cnn quiz --seed {seed + 1}"


def ask_all(asked: Sequence[Asked]) -> list[int | None]:
    """Asks one after the other and says at once what is to be said; the end of the input, or q, leaves the rest out."""
    answers: list[int | None] = []
    for number, one in enumerate(asked, start=1):
        for line in question_lines(one, number, len(asked)):
            echo(line)
        try:
            answer = _ask(len(one.drawn.question.choices))
        except EOFError:
            echo("")
            break
        answers.append(answer)
        for line in (*verdict_lines(one, answer), ""):
            echo(line)
    return answers + [None] * (len(asked) - len(answers))


def _ask(choices: int) -> int | None:
    """The number that is typed; None for an empty line. Raises EOFError for q and at the end of the input."""
    while True:
        typed = input(f"Your answer, 1 to {choices} (Enter leaves it out, q ends): ").strip()
        if not typed:
            return None
        if typed in ("q", "Q"):
            raise EOFError
        if typed.isascii() and typed.isdigit() and 1 <= int(typed[:4]) <= choices:
            return int(typed[:4])
