"""The page of `cnn eval --report`: what it shows, gathered from an evaluation and its model."""

import base64
import io
from pathlib import Path

from PIL import Image

from cnncli.cli.render_eval import SEEN, which_images
from cnncli.cli.render_info import how_it_was_made, what_it_is
from cnncli.model.evaluate import Evaluation
from cnncli.model_file.record import TrainingRecord
from cnncli.pages.report import MOST_MISTAKES, EvalReport, Mistake, report_page
from cnncli.version import __version__
from cnncli.views.tiles import Pixels, as_rgb

_LONGER_SIDE = 160  # pixels of an image in the gallery


def make_report(evaluation: Evaluation) -> bytes:
    """The page, UTF-8."""
    record = TrainingRecord.of(evaluation.network.record)
    network = evaluation.network
    report = EvalReport(
        model=Path(evaluation.model).name,
        title=network.title or network.name or "a network",
        images=which_images(evaluation),
        warning=SEEN if evaluation.trained_on else "",
        class_names=evaluation.class_names,
        metrics=evaluation.metrics,
        calibration=evaluation.calibration,
        mistakes=[_mistake(evaluation, index) for index in evaluation.mistakes[:MOST_MISTAKES].tolist()],
        history=record.history,
        best_epoch=record.best_epoch,
        made=[*what_it_is(evaluation.model, network)[1:], *how_it_was_made(record)],
        command=record.command,
        notes=[note.text for note in evaluation.notes],
        version=__version__,
    )
    return report_page(report).encode("utf-8", "replace")


def _mistake(evaluation: Evaluation, index: int) -> Mistake:
    label, answer = int(evaluation.labels[index]), int(evaluation.predictions[index])
    images, names = evaluation.split.images, evaluation.class_names
    return Mistake(
        file="/".join(Path(evaluation.name_of(index)).parts[-2:]),  # a page for others: no path of this machine
        label=names[label],
        answer=None if answer < 0 else names[answer],
        probability=float(evaluation.of_answers[index]),
        truth=float(evaluation.probabilities[index, label]),
        image=_data_uri(as_rgb(images[index])) if index < len(images) else None,
        pixels=max(images.shape[2:]),
    )


def _data_uri(pixels: Pixels) -> str:
    """A small picture within the page: PNG where each pixel counts, JPEG of what was made smaller."""
    picture, content = Image.fromarray(pixels), io.BytesIO()
    kind = "PNG"
    if max(picture.size) > _LONGER_SIDE:
        picture.thumbnail((_LONGER_SIDE, _LONGER_SIDE))
        kind = "JPEG"
    picture.save(content, kind, quality=85)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(content.getvalue()).decode()}"
