"""`cnn train --find-lr`: the curve of a range test, and the rate that it suggests."""

from typing import Any

from rich.text import Text

from cnncli.cli.live_curves import has_plotext, plain_frame
from cnncli.cli.render import loss_text, progress_console, stdout_console
from cnncli.cli.render_fetch import FetchDisplay
from cnncli.cli.streams import echo_json
from cnncli.shown import printable
from cnncli.training.rate_range import STEPS, RateRange, find_rate
from cnncli.training.records import Started, StepDone
from cnncli.training_options import TrainSettings

_LINES, _COLUMNS = 16, 78


def run(settings: TrainSettings, as_json: bool) -> None:
    """Looks for the rate, and shows what came of it."""
    console, seen = progress_console(), 0
    with FetchDisplay() as fetching, console.status("") as status:
        for record in find_rate(settings, report=fetching.show):
            if isinstance(record, Started):
                begun = record
            elif isinstance(record, StepDone):
                seen += 1
                status.update(f"step {seen} of {STEPS}")
            else:
                found = record
    if as_json:
        echo_json(facts(begun, found))
    else:
        _show(begun, found)


def facts(begun: Started, found: RateRange) -> dict[str, Any]:
    """For `--json`."""
    return {
        "network": begun.network, "data": begun.data, "batch_size": begun.batch_size, "optimizer": begun.optimizer,
        "usual": begun.learning_rate, "suggested": found.suggested, "steepest": found.steepest, "rates": found.rates,
        "losses": found.losses, "smooth": found.smooth,
    }  # fmt: skip


def _show(begun: Started, found: RateRange) -> None:
    console = stdout_console()
    console.print(
        f"{printable(begun.network)} on {printable(begun.data)}, batches of {begun.batch_size}, {begun.optimizer}: "
        f"{len(found.rates)} steps, each at a larger rate"
    )
    console.print()
    curve = _curve(found, console.encoding)
    if curve is not None:
        console.print(curve)
    else:
        for number in range(0, len(found.rates), max(1, len(found.rates) // 20)):
            console.print(f"{found.rates[number]:>10.2g}  {loss_text(found.smooth[number])}")
        console.print(Text("pip install 'cnncli[plot]' draws these as a curve", style="dim"))
    console.print()
    console.print(f"the usual rate is {begun.learning_rate:.3g}; the loss fell most at {found.steepest:g}")
    console.print(Text.assemble("a tenth of the rate with the lowest loss: ", (f"--lr {found.suggested:g}", "bold")))


def _curve(found: RateRange, encoding: str) -> Text | None:
    """The smooth losses over the rates; None without plotext."""
    if not has_plotext():
        return None
    import math

    import plotext  # type: ignore[import-untyped]

    x = [math.log10(rate) for rate in found.rates]
    most = 2 * found.smooth[0] - min(found.smooth)  # what explodes at the end would flatten all the rest
    plotext.clear_figure()
    plotext.plot_size(_COLUMNS, _LINES)
    plotext.theme("clear")
    plotext.title("loss over the learning rate")
    is_drawn = "utf" in encoding.lower()
    y = [min(loss, most) for loss in found.smooth]
    plotext.plot(x, y, color="cyan", marker="braille" if is_drawn else "*")
    plotext.vline(math.log10(found.suggested), color="green")
    ticks = list(range(math.ceil(x[0]), math.floor(x[-1]) + 1))
    plotext.xticks(ticks, [f"{10.0**tick:g}" for tick in ticks])
    text = str(plotext.build())
    return Text.from_ansi(text if is_drawn else plain_frame(text))
