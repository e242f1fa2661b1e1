"""What `cnn doctor` prints."""

import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from cnncli.cli import plain
from cnncli.doctor.facts import RunFacts, number
from cnncli.doctor.finding import Evidence, Finding
from cnncli.doctor.kinds import KINDS
from cnncli.shown import percent, plural, printable

_WIDEST = 96


def finding_facts(finding: Finding) -> dict[str, Any]:
    """A finding for `--json`."""
    kind = KINDS[finding.kind]
    evidence = [one.facts() for one in finding.evidence]
    return {
        "kind": finding.kind, "likelihood": finding.likelihood, "means": kind.means, "remedy": kind.remedy,
        "evidence": evidence,
    }  # fmt: skip


def report_lines(run: RunFacts, found: Sequence[Finding]) -> Iterator[str]:
    """One line where there is nothing; else the findings with what speaks for them, and what the training has said."""
    name = printable(run.folder.as_posix())
    if not found and not run.warnings:
        yield f"{name}: nothing found{_how_far(run)}"
        return
    yield _style(f"{name}: {_result(run)}", "1")
    for finding in found:
        yield ""
        yield from finding_lines(finding)
    for warning in run.warnings:
        yield ""
        yield from _wrapped(f"warned: {printable(warning)}", "", "  ", 0)


def finding_lines(finding: Finding, indent: str = "  ", shows: bool = True) -> Iterator[str]:
    """Its name and likelihood, the evidence, and what to do; `shows`: with the command that shows it."""
    kind = KINDS[finding.kind]
    head = f"{100 * finding.likelihood:3.0f} %  {finding.kind}: {kind.means}"
    first, *rest = wrap(head, _columns() - len(indent), subsequent_indent="       ")
    yield indent + _style(first, "31" if finding.likelihood >= 0.8 else "33")
    yield from (indent + line for line in rest)
    for one in finding.evidence:
        yield from _wrapped(_with_epoch(one), "- ", indent)
    seen = f"; cnn break {finding.kind} shows it" if shows and kind.is_shown else ""
    yield from _wrapped(f"{kind.remedy}{seen}", "> ", indent)


def _wrapped(text: str, mark: str, indent: str, inner: int = 7) -> Iterator[str]:
    start = f"{indent}{' ' * inner}{mark}"
    yield from wrap(text, _columns(), initial_indent=start, subsequent_indent=" " * len(start), break_on_hyphens=False)


def _with_epoch(one: Evidence) -> str:
    return one.text if one.epoch is None else f"epoch {one.epoch}: {one.text}"


def _result(run: RunFacts) -> str:
    """How far the run has come, in a few words: with the accuracy that all others tell, of the model that is kept."""
    text = plural(len(run.history), "epoch")
    for name, words in (("validation_accuracy", "validation"), ("accuracy", "training")):
        measured = number((run.kept or {}).get(name))
        if run.kept is not None and measured is not None:
            epoch = run.kept["epoch"]
            of = "" if epoch == run.history[-1]["epoch"] else f" of epoch {epoch}, which is kept"
            return f"{text}, {words} accuracy {percent(measured)}{of}"
    return text


def _how_far(run: RunFacts) -> str:
    """What was not there to be looked at."""
    if run.is_empty:
        return "; its first epoch is not over"
    if not run.epochs:
        return "; an older version trained it, so that there are its curves only"
    return "" if run.parts or run.alike else "; it is not done"


def _columns() -> int:
    return min(_WIDEST, plain.terminal_columns() if sys.stdout.isatty() else 80)


def _style(text: str, code: str) -> str:
    return plain.style(text, code, plain.can_colour(sys.stdout))
