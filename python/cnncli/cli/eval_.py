"""`cnn eval`."""

import click

from cnncli.cli.drawn import check_ending
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath, ModelPath
from cnncli.cli.options import (
    NearestChoice,
    debug_option,
    json_option,
    quiet_option,
    tta_option,
)
from cnncli.cli.streams import echo, echo_json
from cnncli.cli.training_options import table_option, table_options
from cnncli.shown import printable


@click.command(
    "eval",
    cls=HelpCommand,
    short_help="Measure a model on test images.",
    epilog="\b\nExample:\n  cnn eval model.bin",
)
@click.argument("model", type=ModelPath())
@table_option("data", otherwise="the data set the model was trained on", brief="What to measure on: a name or a path")
@table_options("data_dir", "label_column", "skip_bad", "use_cache")
@click.option(
    "--part",
    type=NearestChoice(("test", "validation", "train", "held-out")),
    metavar="NAME",
    help="Images to measure on: test, validation, train, or held-out, those of the training images (of a table: rows) "
    "that were kept from the training.  [default: the first of these that there is; train comes last]",
)
@click.option(
    "--report", "report_file", type=FilePath(), metavar="FILE.html",
    callback=lambda ctx, parameter, value: check_ending(value, ".html", "the report is a page"),
    help="Write a page of all results: the matrix, the calibration curve, the mistakes as pictures, and how the "
    "model was made.",
)
@click.option(
    "--csv", "answers_file", type=FilePath(), metavar="FILE",
    help="Write the answer to each image as CSV; with - to standard output, in place of the measures.",
)
@click.option(
    "--mistakes", "mistakes_folder", type=click.Path(), metavar="DIR",
    help="Copy the pictures with wrong answers into a new folder, sorted by class and answer.",
)
@tta_option
@table_option("plugins")
@table_option("threads")
@json_option
@quiet_option
@debug_option
def command(
    model: str,
    data: str | None,
    data_dir: str | None,
    label_column: str | None,
    part: str | None,
    skip_bad: bool,
    use_cache: bool,
    report_file: str | None,
    answers_file: str | None,
    mistakes_folder: str | None,
    tta: bool,
    plugins: tuple[str, ...] | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Measure MODEL on test images: the measures of each class, what is taken for what, whether its probabilities are
    true, and last its accuracy with what that is worth (docs/evaluation.md).

    Pictures are prepared as the model says, so that each gets the answer that cnn predict gives.
    """
    from cnncli.cli.eval_files import copy_mistakes, write_answers
    from cnncli.cli.numbers_named import is_number_model, show_fit
    from cnncli.cli.render_eval import evaluation_facts, show_evaluation
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.model.evaluate import evaluate_model

    files = {"--report": report_file, "--csv": answers_file, "--mistakes": mistakes_folder}
    is_table_shown = _check_files(files, model, data, as_json)
    if is_number_model(model):
        asked = [option for option, path in {**files, "--tta": tta or None}.items() if path is not None]
        if asked:
            raise click.UsageError(f"{asked[0]} is for models of images, and {model} takes rows of numbers")
        show_fit(model, data, part, label_column, skip_bad, as_json)
        return

    with FetchDisplay() as fetching:
        evaluation = evaluate_model(
            model,
            data=data,
            data_dir=data_dir,
            part=part,
            label_column=label_column,
            threads=threads,
            skip_bad=skip_bad,
            use_cache=use_cache,
            tta=tta,
            report=fetching.show,
        )
    written = []
    if report_file is not None:
        from cnncli.cli.report_page import make_report
        from cnncli.storage.files import write_atomically

        write_atomically(report_file, make_report(evaluation))
        written.append(f"report: {report_file}")
    if answers_file is not None:
        write_answers(evaluation, answers_file)
    if answers_file is not None and not is_table_shown:
        written.append(f"answers: {answers_file}")
    if mistakes_folder is not None:
        written.append(f"mistakes: {copy_mistakes(evaluation, mistakes_folder):,} in {mistakes_folder}")
    if is_table_shown:
        for line in written:
            echo(printable(line), err=True)
    elif as_json:
        echo_json(evaluation_facts(evaluation))
    else:
        show_evaluation(evaluation, written)


def _check_files(files: dict[str, str | None], model: str, data: str | None, as_json: bool) -> bool:
    """Raises UsageError for files that cannot be made or that would replace others; whether --csv goes to stdout."""
    from cnncli.cli.outputs import check_new_folder, check_outputs, goes_to_stdout

    is_shown = goes_to_stdout("--csv", files["--csv"], as_json)
    single = {"--report": files["--report"], "--csv": None if is_shown else files["--csv"]}
    check_outputs(single, [("the model", model)], data)
    check_new_folder("--mistakes", files["--mistakes"], single)
    return is_shown
