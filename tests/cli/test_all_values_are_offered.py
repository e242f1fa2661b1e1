"""Every value that is a name, a word or a file is offered after Tab, and every name is taken in any case."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cnncli.cli.command_table import COMMANDS
from cnncli.cli.main import cli
from cnncli.cli.options import Duration, ImageSize, LossTerms, Number, Steps
from cnncli.data.download.sources import SOURCES
from cnncli.shipped import DATA_SETS

NUMBERS = (Number, Duration, ImageSize, Steps, click.IntRange)
# What nobody can know beforehand.
NOT_OFFERED = {
    "--box": "four numbers",
    "--label-column": "a column of the reader's table, whose names may be any",
    "--class-weights": "classes of data that are not read yet, with numbers",
    "--at": "a unit: a layer with numbers",
    "--unit": "a unit: a layer with numbers",
    "--weight": "a weight: an array with numbers",
    "--classes": "new names",
    "--values": "numbers",
    "--answers": "numbers",
    "--settings": "names with values",
    "--shape": "numbers",
    "--range": "numbers",
    "new-layer name": "a new name",
}


def parameters() -> Iterator[tuple[click.Context, str, click.Parameter]]:
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        for parameter in command.params:
            if not (isinstance(parameter, click.Option) and parameter.is_flag):
                called = parameter.opts[0] if isinstance(parameter, click.Option) else f"{name} {parameter.name}"
                yield click.Context(command, info_name=name), called, parameter


def offered(ctx: click.Context, parameter: click.Parameter) -> list[tuple[str, str]]:
    return [(item.type, str(item.value)) for item in parameter.shell_complete(ctx, "")]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "runs" / "first"
    run.mkdir(parents=True)
    (run / "settings.json").write_text("{}")


def test_every_name_word_and_file_is_offered() -> None:
    missing = {
        called
        for ctx, called, parameter in parameters()
        if not offered(ctx, parameter) and not isinstance(parameter.type, NUMBERS)
    }
    assert missing == set(NOT_OFFERED)


def test_every_word_that_a_number_may_be_is_offered() -> None:
    found = {called: {value for _, value in offered(ctx, parameter)} for ctx, called, parameter in parameters()
             if isinstance(parameter.type, Number)}  # fmt: skip
    assert found["--batch-size"] == {"full"}


def test_every_name_and_word_is_taken_in_any_case() -> None:
    for ctx, called, parameter in parameters():
        if "runs" in called or called in ("doctor names", "histograms run", "--resume", "--class", "--layer"):
            continue  # files, and names of a model, which it looks up itself
        for kind, value in offered(ctx, parameter):
            if kind == "plain":
                wanted = parameter.type.convert(value, parameter, ctx)
                for typed in (value.upper(), value.title()):
                    got = parameter.type.convert(typed, parameter, ctx)
                    assert got == wanted, (called, typed)


def test_each_of_several_losses_is_offered_and_taken_in_any_case() -> None:
    [(ctx, parameter), *_] = [(ctx, one) for ctx, called, one in parameters() if isinstance(one.type, LossTerms)]
    assert [item.value for item in parameter.shell_complete(ctx, "mse+hu")] == ["mse+huber"]
    assert parameter.type.convert("MSE+Huber:delta=0.5", parameter, ctx) == "mse+huber:delta=0.5"


# What Tab is asked for all of, one parameter after the other, in a process that has loaded nothing yet.
ALL_OFFERED = """
import sys, click
from cnncli.cli.command_table import COMMANDS
from cnncli.cli.main import cli
for name in COMMANDS:
    command = cli.get_command(click.Context(cli), name)
    begun = click.Context(command, info_name=name, resilient_parsing=True)
    command.parse_args(begun, [word for word in sys.argv[1:] if name in ("eval", "train", "data")])
    for parameter in command.params:
        called = parameter.opts[0] if isinstance(parameter, click.Option) else f"{name} {parameter.name}"
        if called not in NEED_IT:
            parameter.shell_complete(begun, "")
            if "numpy" in sys.modules:
                sys.exit(f"{called} loads numpy")
"""
# Those of a model, which is opened, and the layers, whose names come with their classes.
NEED_IT = ["--layer", "--class", "check-layer layer"]


@pytest.mark.parametrize("words", [[], ["lenet5"], ["LeNet5"]], ids=str)
def test_every_name_is_offered_without_numpy(words: list[str]) -> None:
    code = ALL_OFFERED.replace("NEED_IT", str(NEED_IT))
    subprocess.run([sys.executable, "-c", code, *words], check=True)


def test_data_sets_with_names_are_those_that_can_be_fetched_or_drawn() -> None:
    assert (*SOURCES, "digits") == DATA_SETS


def test_a_model_is_offered_first_and_a_picture_then() -> None:
    for name in ("saliency", "features", "explain"):
        [(ctx, parameter)] = [(ctx, one) for ctx, called, one in parameters() if called == f"{name} words"]
        assert offered(ctx, parameter) == [("plain", "lenet5"), ("file", "")]
        ctx.params["words"] = ("lenet5",)
        assert offered(ctx, parameter) == [("file", "")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [((), "0"), (("digit.png",), "0"), (("LENET5", "digit.png"), "0"), (("none.bin",), None), (("a", "b", "c"), None)],
)
def test_classes_and_layers_are_those_of_the_model(words: tuple[str, ...], expected: str | None) -> None:
    for ctx, called, parameter in parameters():
        if ctx.info_name == "saliency" and called in ("--class", "--layer"):
            ctx.params["words"] = words
            found = offered(ctx, parameter)
            assert found[:1] == ([] if expected is None else [("plain", expected)])
            assert len(found) == (0 if expected is None else 10 if called == "--class" else 12)
