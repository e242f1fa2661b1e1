"""`cnn eval`."""

import click

from cnncli.cli.options import (
    NearestChoice,
    debug_option,
    json_option,
)
from cnncli.cli.streams import echo
from cnncli.cli.training_options import table_option, table_options


@click.command(
    "eval",
    short_help="Measure a model on test images.",
    epilog="\b\nExample:\n  cnn eval model.bin",
)
@click.argument("model")
@table_option("data", otherwise="the data set the model was trained on")
@table_options("data_dir", "label_column", "skip_bad", "use_cache")
@click.option(
    "--part",
    type=NearestChoice(("test", "validation", "train", "held-out")),
    metavar="NAME",
    help="Images to measure on: test, validation, train, or held-out, those of the training images that were kept from "
    "the training.  [default: the first of these that there is; train comes last]",
)
@table_option("plugins")
@table_option("threads")
@json_option
@debug_option
def command(
    model: str,
    data: str | None,
    data_dir: str | None,
    label_column: str | None,
    part: str | None,
    skip_bad: bool,
    use_cache: bool,
    plugins: tuple[str, ...] | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Measure MODEL on test images: loss, accuracy, the measures of each class and the confusion matrix.

    Pictures are prepared as the model says, so that each gets the answer that cnn predict gives.
    """
    import json

    from cnncli.cli.numbers_named import is_number_model, show_fit
    from cnncli.cli.render_eval import evaluation_facts, show_evaluation
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.model.evaluate import evaluate_model

    if is_number_model(model):
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
            report=fetching.show,
        )
    if as_json:
        echo(json.dumps(evaluation_facts(evaluation), allow_nan=False))
    else:
        show_evaluation(evaluation)
