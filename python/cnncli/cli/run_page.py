"""`report.html` and the curves of a run, made when its training ends from what is there by then."""

from pathlib import Path

from cnncli.cli.render import fitting_title
from cnncli.cli.render_info import how_it_was_made, what_it_is
from cnncli.errors import CnnError
from cnncli.model_file.record import TrainingRecord
from cnncli.model_file.serialize import load_model
from cnncli.network import Network
from cnncli.pages.run_report import RunReport, run_page
from cnncli.shown import plural, typed
from cnncli.storage.files import write_atomically
from cnncli.training.records import Finished
from cnncli.training.run_histograms import read_histograms
from cnncli.version import __version__

FILE = "report.html"


def write_run_page(record: Finished) -> Path | None:
    """Writes the page into the run's folder; None where that cannot be done: it costs the page, not the training."""
    path = record.run / FILE
    try:
        write_atomically(path, run_page(_report(record)).encode("utf-8", "replace"))
    except CnnError:
        return None
    return path


def draw_curves(record: Finished) -> Path:
    """The curves of the training in its folder."""
    from cnncli.views.curves import curves_png

    path = record.run / "curves.png"
    write_atomically(path, [curves_png(f"{record.network} on {record.data}", record.history)])
    return path


def _report(record: Finished) -> RunReport:
    model = record.run / "best.bin"
    network = load_model(model)
    told = TrainingRecord.of(network.record)
    test = validation = None
    if record.test_loss is not None:
        test = record.test_images, record.test_loss, record.test_accuracy
    if record.validation_loss is not None:
        validation = record.validation_images, record.validation_loss, record.validation_accuracy
    return RunReport(
        title=f"{fitting_title(network) or network.name or 'A network'} on {record.data}",
        lead=f"{record.images:,} {record.samples}, {plural(record.epochs, 'epoch')}, run {record.run.name}.",
        samples=record.samples,
        test=test,
        validation=validation,
        loss=record.loss,
        accuracy=record.accuracy,
        history=told.history,
        best_epoch=told.best_epoch,
        made=[*what_it_is(str(model), network)[1:], *how_it_was_made(told)],
        command=told.command,
        warnings=record.warnings,
        notes=record.notes,
        left_aside=told.left_aside,
        dead=_dead(record.run),
        more=_more(network, record),
        next=typed("cnn", "eval", *_eval_words(told, record)),
        version=__version__,
    )


def _more(network: Network, record: Finished) -> str:
    """What `cnn eval` says that the page does not."""
    if record.samples == "images":
        return "Each class, what is taken for what and the mistakes as pictures"
    return "Each class and what is taken for what" if network.class_names else "The errors in the units of the table"


def _eval_words(told: TrainingRecord, record: Finished) -> list[str]:
    """Files by their names, since a page tells no places; what reads the data as the training did."""
    words = [_no_option(record.model.name)]
    if not told.by_name:
        words += ["--data", _no_option(Path(record.data_path).name)]
    if record.label_column is not None:
        words += ["--label-column", record.label_column]
    words += ["--skip-bad"] if record.skip_bad else []
    words += [word for file in record.plugins for word in ("--plugin", _no_option(Path(file).name))]
    return [*words, "--report", "eval.html"] if record.samples == "images" else words


def _no_option(name: str) -> str:
    return f"./{name}" if name.startswith("-") else name


def _dead(run: Path) -> list[tuple[str, int, int]]:
    """Layers with units that never answered."""
    try:
        layers = read_histograms(run)["layers"]
    except CnnError:
        return []
    return [
        (f"{one['name']} {one['type']}", one["units"], one["dead"]) for one in layers if one["units"] and one["dead"]
    ]
