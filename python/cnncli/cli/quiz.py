"""`cnn quiz`."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cnncli.cli.drawn import check_ending, say_saved
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath
from cnncli.cli.options import Number, debug_option, json_option
from cnncli.cli.streams import echo, echo_json

if TYPE_CHECKING:
    from cnncli.lessons.quiz.topics import Asked


@click.command(
    "quiz",
    cls=HelpCommand,
    short_help="Eleven questions on the lecture, with numbers of their own.",
    epilog="\b\nExample:\n  cnn quiz --seed 2",
)
@click.option("--seed", type=Number(whole=True, least=0), metavar="N", help="Draws other questions.  [default: 1]")
@click.option("--answers", metavar="1,3,-,...", help="A choice for each question, - for none, where nobody is asked.")
@click.option(
    "--out", "-o", type=FilePath(), metavar="FILE.html", help="The quiz as one page with instant verdicts.",
    callback=lambda ctx, parameter, value: check_ending(value, ".html", "the quiz is a page"),
)  # fmt: skip
@json_option
@debug_option
def command(seed: int | None, answers: str | None, out: str | None, as_json: bool) -> None:
    """Ask eleven questions, one for each piece of the lecture, and say what to see again.

    The numbers are drawn from the seed, and the answers computed by the layers, losses and optimizers that train
    networks. A wrong choice is told what slip leads to it.
    """
    from cnncli.cli.outputs import check_outputs
    from cnncli.cli.render_quiz import ask_all, question_lines, score_lines, verdict_lines
    from cnncli.lessons.quiz.page import quiz_page
    from cnncli.lessons.quiz.topics import questions, read_answers
    from cnncli.storage.files import write_atomically

    check_outputs({"--out": out})
    seed = 1 if seed is None else seed
    asked = questions(seed)
    given = None if answers is None else read_answers(answers, asked)
    if out is not None:
        write_atomically(out, quiz_page(asked, seed).encode())
    if as_json:
        echo_json(_facts(asked, given, seed, out))
        return
    if out is not None and given is None:
        say_saved(out, "eleven questions with instant verdicts; open it in a browser")
        return
    if given is None and sys.stdin.isatty() and sys.stdout.isatty():
        given = ask_all(asked)
    else:
        for number, one in enumerate(asked, start=1):
            lines = [*question_lines(one, number, len(asked)), ""]
            if given is not None:
                lines = [*lines[:-1], *verdict_lines(one, given[number - 1]), ""]
            for line in lines:
                echo(line)
    for line in score_lines(asked, given, seed):
        echo(line)


def _facts(
    asked: "Sequence[Asked]", given: Sequence[int | None] | None, seed: int, out: str | None
) -> dict[str, Any]:
    """What --json prints."""
    rows = []
    for index, one in enumerate(asked):
        question, chosen = one.drawn.question, None if given is None else given[index]
        choices = [{"text": choice.text, "right": choice.is_right, "why": choice.why} for choice in question.choices]
        rows.append({
            "topic": one.topic.name,
            "tables": [{"title": table.title, "rows": [list(row) for row in table.rows]} for table in one.drawn.tables],
            "text": question.text,
            "choices": choices,
            "see": one.topic.see,
            "chosen": chosen,
        })  # fmt: skip
    right = None if given is None else sum(
        answer == one.drawn.question.right for one, answer in zip(asked, given, strict=True)
    )  # fmt: skip
    return {"seed": seed, "questions": rows, "right": right, **({} if out is None else {"out": out})}
