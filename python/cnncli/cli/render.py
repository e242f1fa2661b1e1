"""What the commands print, with rich: bars and live lines on a terminal, plain lines elsewhere."""

import math
import re
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from cnncli.cli.next_commands import next_commands
from cnncli.cli.options import is_quiet
from cnncli.network import Network
from cnncli.shown import percent, plural, printable, typed
from cnncli.storage.earlier import earlier_words
from cnncli.training import records
from cnncli.training.convergence import Convergence
from cnncli.training_options import MOST_EPOCHS


def stdout_console() -> Console:
    """For results. Redirected lines are not wrapped: other programs read them."""
    return _console(stderr=False)


def stderr_console() -> Console:
    """For warnings."""
    return _console(stderr=True)


def progress_console() -> Console:
    """For progress and notices; silent with --quiet."""
    console = stderr_console()
    console.quiet = is_quiet()
    return console


def _console(stderr: bool) -> Console:
    # The stream itself, since rich takes one that it is not told for UTF-8 and draws bars that ASCII lacks.
    stream = sys.stderr if stderr else sys.stdout
    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = 240
    return console


def duration(seconds: float) -> str:
    """Seconds as text.

    >>> duration(3.21), duration(75), duration(3700)
    ('3.2 s', '1:15 min', '1:01:40 h')
    """
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, whole = divmod(round(seconds), 60)
    return (
        f"{minutes}:{whole:02d} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{whole:02d} h"
    )


def size(size_bytes: float) -> str:
    """Bytes as text.

    >>> size(512), size(250_000), size(3_100_000)
    ('512 B', '250 kB', '3.1 MB')
    """
    for unit, factor, digits, enough in (("B", 1, 0, 10_000), ("kB", 1e3, 0, 1000), ("MB", 1e6, 1, 1000)):
        if round(size_bytes / factor, digits) < enough:  # what is printed decides: 999,999 bytes are no "1000 kB"
            return f"{size_bytes / factor:.{digits}f} {unit}"
    return f"{size_bytes / 1e9:.1f} GB"


def facts_table(rows: list[tuple[str, str]]) -> Table:
    """Names on the left, values on the right, no lines."""
    table = Table.grid(Column(style="dim", no_wrap=True), Column(overflow="fold"), padding=(0, 3))
    for name, value in rows:
        table.add_row(name, value)
    return table


def columns_table(gap: int = 2, header_style: str = "dim") -> Table:
    """Columns below their names, no lines, so many spaces between."""
    return Table(box=None, pad_edge=False, header_style=header_style, padding=(0, gap, 0, 0))


def print_line(console: Console, text: Text) -> None:
    """A line; on a terminal broken between words, elsewhere as long as it is."""
    console.print(text, soft_wrap=not console.is_terminal)


def print_table(console: Console, table: Table) -> None:
    """Prints a table; without the spaces that fill its last column when the output is no terminal."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        console.out(line.rstrip(), highlight=False)


def rate_words(started: records.Started) -> str:
    """The largest learning rate, and where it comes from if that is no option and no description."""
    words = f"learning rate {started.learning_rate:.4g}"
    if started.optimizer != "sgd":
        words = f"{started.optimizer}, {words}"
    factor = started.rate_factor
    if factor is not None and factor != 1:
        described = f"{started.learning_rate / factor:.4g}"
        words += f" ({described} x {factor:.4g} for this batch size)"
    return words


def length_words(started: records.Started) -> str:
    """How long the training is to be."""
    if started.time_limit is None:
        return plural(started.epochs, "epoch")
    most = "" if started.epochs == MOST_EPOCHS else f"at most {plural(started.epochs, 'epoch')} in "
    return f"{most}{duration(started.time_limit)}"


def converged_words(until: Convergence) -> str:
    """
    >>> from cnncli.training.convergence import Convergence
    >>> converged_words(Convergence(0.001, 5))
    'the loss falls by less than 0.1 % in 5 epochs'
    """
    return f"the loss falls by less than {100 * until.limit:g} % in {plural(until.window, 'epoch')}"


def target_line(started: records.Started) -> str:
    """What ends a training with a target, in one line."""
    assert started.target is not None and started.early_target is not None
    line = f"target: validation accuracy {percent(started.target)} in epoch {started.target_epoch}"
    if started.target_epoch != started.epochs:
        line += f" to {started.epochs}"
    if started.target_epoch != 1 and started.target < started.early_target <= 1:
        line += f", or {percent(started.early_target)} before"
    return line


def loss_text(loss: float) -> str:
    """A loss with four decimals, or with as many as it takes to see it; a very large one with its power of ten.

    >>> loss_text(0.25), loss_text(0.000123), loss_text(0.0), loss_text(6.1542e31)
    ('0.2500', '0.00012', '0.0000', '6.154e+31')
    """
    if abs(loss) >= 1e9:
        return f"{loss:.4g}"
    return f"{loss:.2g}" if 0 < abs(loss) < 0.001 else f"{loss:.4f}"


def fitting_title(network: Network) -> str:
    """The title of its description; the sizes at its end only where they are those of this network, which takes other
    samples and tells other classes than the description was written for."""
    words, _, sizes = network.title.rpartition(" ")
    if not re.fullmatch(r"\d+(-\d+)+", sizes):
        return network.title
    given, *_, answers = map(int, sizes.split("-"))
    outputs = math.prod(network.output_shape(network.input_shape))
    return network.title if (given, answers) == (math.prod(network.input_shape), outputs) else words


def epoch_words(epoch: int, epochs: int | None) -> str:
    """
    >>> epoch_words(3, 12), epoch_words(3, None)
    ('epoch  3/12', 'epoch   3')
    """
    return f"epoch {epoch:>3}" if epochs is None else f"epoch {epoch:>{len(str(epochs))}}/{epochs}"


def epoch_line(
    record: records.EpochDone, is_share: bool = False, samples: str = "images", whose: str = "the hardest ",
    is_timed: bool = False,
) -> str:
    """One line for one epoch; `is_share` says that it took some of the samples only, and `whose` which ones; where the
    time ends the training (`is_timed`), nobody knows yet how many there will be."""
    epochs = None if is_timed else record.epochs
    line = f"{epoch_words(record.epoch, epochs)}  loss {loss_text(record.loss)}  "
    line += accuracy_words(record.accuracy).rstrip()
    if is_share:
        line += f" of {whose}{record.images:,}"
    if record.validation_loss is not None:
        line += f"  validation loss {loss_text(record.validation_loss)} "
        line += accuracy_words(record.validation_accuracy).rstrip()
    return f"{line.rstrip()}  {record.images_per_second:,.0f} {samples}/s  {duration(record.seconds)}"


def hardest_words(record: records.Started | records.Finished) -> str:
    """What the images are called of an epoch that takes some of them."""
    return "" if record.cuts_epochs else "the hardest "


def accuracy_words(accuracy: float | None, end: str = "  ") -> str:
    """The accuracy with its name; nothing where the targets are no classes."""
    return "" if accuracy is None else f"accuracy {percent(accuracy)}{end}"


def finished_facts(record: records.Finished, curves: Path | None = None) -> dict[str, Any]:
    """The result of a training for `--json`. curves : the picture of them, if it was drawn"""
    names = [
        "network",
        "data",
        "images",
        "epochs",
        "best_epoch",
        "seed",
        "loss",
        "accuracy",
        "validation_loss",
        "validation_accuracy",
        "test_images",
        "test_loss",
        "test_accuracy",
        "seconds",
        "images_per_second",
        "target",
        "target_reached",
        "seconds_to_target",
        "converged",
        "warnings",
        "validation_images",
        "patience",
        "ended_early",
        "time_limit",
        "command",
    ]
    facts = {name: getattr(record, name) for name in names}
    earlier = None if record.earlier_model is None else str(record.earlier_model)
    return {
        **facts,
        "notes": record.notes,
        "model": str(record.model),
        "earlier_model": earlier,
        "run": str(record.run),
        "curves": None if curves is None else str(curves),
        "history": record.history,
    }


def show_finished(record: records.Finished, curves: Path | None = None, page: Path | None = None) -> None:
    """The table at the end of a training, where the model, its curves and its page are, and what to try next."""
    console = stdout_console()
    model = printable(record.model)
    epochs = str(record.epochs)
    if record.best_epoch != record.epochs:
        epochs += f", the best was {record.best_epoch}"
    rows = [("network", record.network), ("data", f"{record.data}, {record.images:,} training {record.samples}")]
    rows += [
        ("epochs", epochs),
        ("time", f"{_time_words(record)}, {record.images_per_second:,.0f} {record.samples}/s"),
    ]
    of_some = f" of {hardest_words(record)}{record.epoch_images:,} {record.samples}"
    some = of_some if record.epoch_images < record.images else ""
    known = accuracy_words(record.accuracy, f"{some}, ")
    rows += [("training", f"{known}loss {loss_text(record.loss)}")]
    if record.validation_loss is not None:
        whose = "images of the data's own part" if record.validation_is_own else f"{record.samples} held out"
        rows += [
            (
                "validation",
                f"{accuracy_words(record.validation_accuracy, ', ')}loss {loss_text(record.validation_loss)}, "
                f"{record.validation_images:,} {whose}",
            )
        ]
    if record.target is not None:
        reached = "not reached"
        if record.seconds_to_target is not None:
            reached = f"reached in epoch {record.epochs} after {duration(record.seconds_to_target)}"
        rows += [("target", f"validation accuracy {percent(record.target)}, {reached}")]
    if record.until is not None:
        ended = "converged" if record.converged else "not converged, pass more --epochs"
        rows += [("until", f"{converged_words(record.until)}: {ended}")]
    if record.patience is not None:
        ended = "ended early" if record.ended_early else "went on to the end"
        rows += [("patience", f"{plural(record.patience, 'epoch')} without a better one: {ended}")]
    if record.test_accuracy is not None:
        wrong = round(record.test_images * (1 - record.test_accuracy))
        rows += [
            (
                "test",
                f"accuracy {percent(record.test_accuracy)}, {wrong:,} of {record.test_images:,} images wrong",
            )
        ]
    else:
        rows += [("test", _no_test(record))]
    rows += [("model", f"{model}, {size(record.model_bytes)}")]
    if record.earlier_model is not None:
        rows += [("", earlier_words(record.model, record.earlier_model))]
    rows += [("run", printable(record.run) + ("" if page is None else f", with {page.name}"))]
    if curves is not None:
        rows += [("curves", printable(curves))]
    console.print()
    print_table(console, facts_table(rows))
    if record.command:  # one line however long it is, to be copied and to be read by other programs
        label = f"{'repeat':<{max(len(name) for name, _ in rows)}}   "
        console.print(Text.assemble((label, "dim"), record.command))
    console.print()
    console.print(Text("try next", style="dim"))
    for line in next_commands(record):
        console.print(Text(f"  {line}", style="bold"))


def _time_words(record: records.Finished) -> str:
    limit = "" if record.time_limit is None else f" of {duration(record.time_limit)}"
    return f"{duration(record.seconds)}{limit}"


def _no_test(record: records.Finished) -> str:
    if record.validation_loss is None:
        return f"no {record.samples}; --val 0.1 holds some out, or it stays unknown how well new {record.samples} do"
    return f"no {record.samples}; the validation {record.samples} chose the epoch, so expect a little less on new ones"


def show_remark(record: records.Finished) -> None:
    """One line on stderr for a training that learned nothing."""
    if record.remark is not None:
        stderr_console().print(Text(f"warning: {printable(record.remark)}", style="yellow"))


def show_missed_target(record: records.Finished) -> None:
    """One line on stderr for a training that ended below its target."""
    more = 2 * record.epochs
    line = (
        f"cnn: --target {record.target:g}: not reached, the validation accuracy came to "
        f"{percent(record.validation_accuracy)} in epoch {record.best_epoch} of {record.epochs}; "
        f"{printable(record.model)} is written all the same; pass more --epochs, such as {more}, "
        "or a lower --target"
    )
    stderr_console().print(Text(line))


def show_stopped(record: records.Stopped, threads: int | None) -> None:
    """Says how to go on with a stopped training, on stderr."""
    console = stderr_console()
    go_on = f"cnn train --resume {typed(record.run)}"
    go_on += f" --threads {threads}" if threads else ""
    console.print(Text(f"stopped in epoch {record.epoch} after step {record.step:,}; go on with"))
    console.print(Text(f"  {go_on}", style="bold"))
    sys.stderr.flush()
