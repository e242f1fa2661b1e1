"""Curves of loss and accuracy in the terminal, drawn by plotext if that is installed: pip install 'cnncli[plot]'."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.text import Text

from cnncli.training import records

# Of the training and of the validation: plotext's names, and how these look.
_MARKERS, _SIGNS = ("braille", "hd"), ("⠒⠒", "▀▀")


def has_plotext() -> bool:
    """Whether plotext is installed, of a version that draws as these curves need it: 6 has other functions."""
    try:
        return version("plotext").startswith("5.")
    except PackageNotFoundError:
        return False


class Curves:
    """What was measured after each epoch, as two curves side by side."""

    LINES = 11

    def __init__(self) -> None:
        self._epochs: list[records.EpochDone] = []
        self._is_there = has_plotext()

    def add(self, epoch: records.EpochDone) -> None:
        """One more epoch."""
        self._epochs.append(epoch)

    def draw(self, width: int, encoding: str) -> Text | None:
        """The curves in so many columns; None without plotext, or as long as there are fewer than two epochs."""
        if not self._is_there or len(self._epochs) < 2:
            return None
        has_accuracy = self._epochs[-1].accuracy is not None
        half = width // 2 if has_accuracy else width
        parts = [self._curve("loss", "loss", "validation_loss", half, encoding)]
        if has_accuracy:
            parts.append(self._curve("accuracy, %", "accuracy", "validation_accuracy", width - half, encoding))
        lines = [Text.from_ansi(part).split("\n") for part in parts]
        rows = [Text.assemble(*row) for row in zip(*lines, strict=True)]
        return Text("\n").join([self._legend(encoding), *rows])

    def _legend(self, encoding: str) -> Text:
        """Above the curves: plotext would lay it over their beginnings."""
        legend = Text("  ")
        for _, validation, colour, label in self._shown("loss", "validation_loss"):
            legend.append((_SIGNS[validation] if _is_drawn(encoding) else label[0] * 2) + f" {label}", style=colour)
            legend.append("   ")
        legend.rstrip()
        return legend

    def _shown(self, name: str, validation: str) -> Iterator[tuple[list[Any], bool, str, str]]:
        """The values of each curve, whether it is that of the validation, its colour and its name."""
        for field, colour, label in ((name, "cyan", "training"), (validation, "green", "validation")):
            values: list[Any] = [getattr(epoch, field) for epoch in self._epochs]
            if all(value is not None for value in values):
                yield values, field == validation, colour, label

    def _curve(self, title: str, name: str, validation: str, width: int, encoding: str) -> str:
        import plotext  # type: ignore[import-untyped]

        plotext.clear_figure()
        plotext.plot_size(width, self.LINES - 1)
        plotext.theme("clear")
        plotext.title(title)
        is_drawn = _is_drawn(encoding)
        scale = 100 if "%" in title else 1
        x = [epoch.epoch for epoch in self._epochs]
        for y, is_validation, colour, label in self._shown(name, validation):
            marker = _MARKERS[is_validation] if is_drawn else label[0]
            plotext.plot(x, [scale * value for value in y], color=colour, marker=marker)
        first, last = x[0], x[-1]
        plotext.xticks(sorted({first, (first + last) // 2, last}))
        text = plotext.build()
        return str(text if is_drawn else plain_frame(text))


def _is_drawn(encoding: str) -> bool:
    return "utf" in encoding.lower()


def plain_frame(text: str) -> str:
    """The frame of a plot in ASCII."""
    return text.translate(str.maketrans("┌┐└┘├┤┬┴┼─│", "+++++++++-|"))
