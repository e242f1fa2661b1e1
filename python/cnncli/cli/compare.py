"""`cnn compare`."""

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath, ModelPath
from cnncli.cli.options import NearestChoice, debug_option, json_option, quiet_option
from cnncli.cli.streams import echo_json
from cnncli.cli.training_options import table_option, table_options


@click.command(
    "compare",
    cls=HelpCommand,
    short_help="Say which of two models is better, and whether that is chance.",
    epilog="\b\nExample:\n  cnn compare a.bin b.bin --data mnist",
)
@click.argument("first", type=ModelPath())
@click.argument("second", type=ModelPath())
@table_option("data", otherwise="the data set FIRST was trained on", brief="What to measure on: a name or a path")
@table_options("data_dir", "label_column", "skip_bad", "use_cache")
@click.option(
    "--part", type=NearestChoice(("test", "validation", "train", "held-out")), metavar="NAME",
    help="Images to measure on, as of cnn eval: of training images those that neither was trained on, with train those "
    "that both were.  [default: the first of test, validation, held-out and train that there is]",
)
@click.option(
    "--csv", "answers_file", type=FilePath(), metavar="FILE",
    help="Write both answers to each image as CSV; with - to standard output, in place of the measures.",
)
@table_option("plugins")
@table_option("threads")
@json_option
@quiet_option
@debug_option
def command(
    first: str,
    second: str,
    data: str | None,
    data_dir: str | None,
    label_column: str | None,
    part: str | None,
    skip_bad: bool,
    use_cache: bool,
    answers_file: str | None,
    plugins: tuple[str, ...] | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Measure FIRST and SECOND on the same images, and say whether their difference is real or could be chance
    (McNemar's test), and in which classes they differ.
    """
    from cnncli.cli.eval_files import write_both_answers
    from cnncli.cli.numbers_named import is_number_model
    from cnncli.cli.outputs import check_outputs, goes_to_stdout
    from cnncli.cli.render_compare import comparison_facts, show_comparison
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.model.compare import compare_models

    is_table_shown = goes_to_stdout("--csv", answers_file, as_json)
    if not is_table_shown:
        check_outputs({"--csv": answers_file}, [("a model", first), ("a model", second)], data)
    for model in (first, second):
        if is_number_model(model):
            raise click.UsageError(f"{model} takes rows of numbers, and cnn compare is for models of images")
    with FetchDisplay() as fetching:
        comparison = compare_models(
            first,
            second,
            data=data,
            data_dir=data_dir,
            part=part,
            label_column=label_column,
            threads=threads,
            skip_bad=skip_bad,
            use_cache=use_cache,
            report=fetching.show,
        )
    written = []
    if answers_file is not None:
        write_both_answers(comparison, answers_file)
        written.append(f"answers: {answers_file}")
    if is_table_shown:
        return
    if as_json:
        echo_json(comparison_facts(comparison))
    else:
        show_comparison(comparison, written)
