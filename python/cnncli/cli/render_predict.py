"""What `cnn predict` writes: a chart for one picture, a line for each of many, JSON, or CSV."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from cnncli.cli import plain
from cnncli.cli.answers import Answer
from cnncli.cli.streams import fitted
from cnncli.shown import percent, printable

NOT_SURE = "not sure"

_CLASSES_OF_ONE_PICTURE = 10
_CLASSES_OF_EACH_DIGIT = 3

Write = Callable[[str], None]


class JsonAnswers:
    """One array, an object for each answer, written as they come."""

    def __init__(self, write: Write, class_names: Sequence[str]) -> None:
        self._write, self._class_names = write, class_names
        self._before = "["

    def add(self, answer: Answer) -> None:
        self._write(self._before + json.dumps(_facts(answer, self._class_names), allow_nan=False))
        self._before = ", "

    def end(self) -> None:
        self._write("]\n" if self._before == ", " else "[]\n")


class CsvAnswers:
    """A header and a row for each answer: file, label, probability, the box if there are some, and each class.

    Of a picture that cannot be read only the name is filled in, so that there is a row for each.
    """

    def __init__(self, write: Write, class_names: Sequence[str], with_box: bool) -> None:
        import csv

        class _File:
            def write(self, text: str) -> None:
                write(text)

        self._writer = csv.writer(_File(), lineterminator="\n")
        self._classes, self._with_box = len(class_names), with_box
        self._writer.writerow(["file", "label", "probability", *(["box"] if with_box else []), *class_names])

    def add(self, answer: Answer) -> None:
        box = [",".join(map(str, answer.box)) if answer.box is not None else ""] if self._with_box else []
        if answer.error is not None:
            cells = ["", "", *box, *[""] * self._classes]
        else:
            label = answer.label if answer.sure else NOT_SURE
            shares = [f"{share:.6f}" for share in answer.probabilities]
            cells = [label, f"{max(answer.probabilities):.6f}", *box, *shares]
        self._writer.writerow([answer.picture.name, *cells])

    def end(self) -> None:
        """All is written."""


class TextAnswers:
    """A line for each answer; of a picture alone also a chart."""

    def __init__(self, write: Write, class_names: Sequence[str], alone: bool, read_all: bool) -> None:
        self._write, self._class_names = write, class_names
        self._alone, self._read_all = alone, read_all
        self._colour, self._blocks = plain.can_colour(sys.stdout), plain.can_draw(sys.stdout)

    def add(self, answer: Answer) -> None:
        if answer.error is not None:
            return
        notes = answer.prepared.notes if answer.prepared is not None else []
        if self._alone:
            lines = [self._head(answer), *(plain.style(f"  {note}", "2", self._colour) for note in notes)]
            lines += self._chart(answer)
        else:
            more = plain.style(f"  {'; '.join(notes)}", "2", self._colour) if notes else ""
            lines = [self._head(answer) + more]
        self._write("".join(f"{line}\n" for line in lines))

    def end(self) -> None:
        """All is written."""

    def _head(self, answer: Answer) -> str:
        where = f" at {','.join(map(str, answer.box))}" if answer.box is not None else ""
        share = percent(max(answer.probabilities))
        label = answer.label if answer.sure else NOT_SURE
        rest = f" ({share})" if answer.sure else f" (best guess {answer.label}, {share})"
        return f"{printable(answer.picture.name)}: {plain.style(label, '1', self._colour)}{where}{rest}"

    def _chart(self, answer: Answer) -> list[str]:
        """A bar for each of the likeliest classes; on a terminal beside it what the network sees."""
        names, shares = [fitted(name) for name in self._class_names], answer.probabilities
        is_whole = not self._read_all
        most = _CLASSES_OF_ONE_PICTURE if is_whole else _CLASSES_OF_EACH_DIGIT
        order = sorted(range(len(names)), key=lambda index: -shares[index])[:most]
        best = order[0]
        if is_whole and len(names) <= most:
            order.sort()  # a full chart reads best in the order of the classes
        width = max(len(names[index]) for index in order)
        lines = []
        for index in order:
            bar = plain.bar(shares[index], 24, self._blocks)
            line = f"  {names[index]:>{width}} {percent(shares[index]):>8} {bar}"
            lines.append(plain.style(line, "1;32" if index == best else "2", self._colour).rstrip())
        assert answer.prepared is not None
        pixels = answer.prepared.pixels
        drawn = is_whole and self._colour and self._blocks and pixels.shape[1] <= 64
        if drawn and plain.terminal_columns() >= pixels.shape[2] + width + 40:
            picture = plain.picture(pixels.mean(axis=0).astype(int).tolist())
            lines = [""] * ((len(picture) - len(lines)) // 2) + lines
            lines += [""] * (len(picture) - len(lines))
            picture += [""] * (len(lines) - len(picture))
            lines = [f"{left} {right}" for left, right in zip(picture, lines, strict=True)]
        return lines


def _facts(answer: Answer, class_names: Sequence[str]) -> dict[str, Any]:
    if answer.error is not None:
        return {"file": answer.picture.name, "error": answer.error}
    by_class = dict(zip(class_names, answer.probabilities, strict=True))
    facts: dict[str, Any] = {"file": answer.picture.name, "label": answer.label if answer.sure else NOT_SURE}
    if not answer.sure:
        facts["best_guess"] = answer.label
    if answer.told is not None:
        facts["class"] = answer.told
        facts["right" if answer.sure else "best_guess_right"] = answer.label == answer.told
    if answer.box is not None:
        facts["box"] = list(answer.box)
    return facts | {"probability": by_class[answer.label], "probabilities": by_class}
