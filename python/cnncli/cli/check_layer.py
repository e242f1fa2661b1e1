"""`cnn check-layer`."""

from typing import Any

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import NameOrPath
from cnncli.cli.options import debug_option, json_option
from cnncli.cli.streams import echo
from cnncli.shown import printable


@click.command(
    "check-layer",
    cls=HelpCommand,
    short_help="Check a layer of your own, or one of cnn.",
    epilog="\b\nExample:\n  cnn check-layer Conv2d --settings 'out_channels=4, kernel_size=3'",
)
@click.argument("layer", metavar="FILE.py[:CLASS]|NAME", type=NameOrPath("layers"))
@click.option("--settings", "settings_text", metavar="'NAME=VALUE, ...'", default="",
              help="Arguments of its constructor as in TOML; sizes that follow from the input may be left out.")
@click.option("--shape", "shape_texts", metavar="CxHxW", multiple=True,
              help="Shape of a sample, such as 3x8x8 or 12; may be given several times.  [default: three random ones]")
@click.option("--range", "span_text", metavar="LOW,HIGH",
              help="Values of the input, such as 0.1,2 for a layer of positive numbers.  [default: normal ones]")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, metavar="N",
              help="Decides parameters, input and shapes.")
@json_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context, layer: str, settings_text: str, shape_texts: tuple[str, ...], span_text: str | None, seed: int,
    as_json: bool,
) -> None:
    """Check a layer: my_layers.py:Swish, or a built-in one by its name.

    Both gradients are compared with differences, on random shapes and in both modes; gradients have to add up, inputs
    to stay as they are, a saved layer to come back with the same bits, and one sample, an empty batch and a compiled
    program to give what a batch gives. A line for each; exit code 1 if one is wrong.
    """
    import json

    from cnncli.checks import check_layer
    from cnncli.shown import format_shape

    kind = _kind(layer)
    wanted = _shapes(shape_texts)
    subjects, verdicts = check_layer(kind, _settings(settings_text), wanted, _span(span_text), seed)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    shapes = [format_shape(shape) for shape in ([subject.shape for subject in subjects] or wanted or [()])]
    shown = repr(subjects[0].layer) if subjects else kind
    if as_json:
        rows = [{"check": one.name, "passed": one.passed, "text": one.text} for one in verdicts]
        echo(json.dumps({"layer": shown, "shapes": shapes, "passed": not failed, "checks": rows}))
    else:
        echo(f"{shown} on samples of {', '.join(shapes)}")
        width = max(len(verdict.name) for verdict in verdicts)
        said: dict[str, str] = {}
        for verdict in verdicts:
            text = verdict.text
            if not verdict.passed:
                text = f"as {said[text]}" if text in said else text
                said.setdefault(verdict.text, verdict.name)
            echo(f"{'ok  ' if verdict.passed else 'FAIL'}  {verdict.name:{width}}  {text}")
        count = len(verdicts)
        echo(f"{count - len(failed)} of {count} checks passed" if failed else f"all {count} checks passed")
    ctx.exit(1 if failed else 0)


def _kind(layer: str) -> str:
    """The name of the layer, whose file is loaded if it is one."""
    file, colon, name = layer.rpartition(":") if ".py:" in layer else (layer, "", "")
    if not file.endswith(".py"):
        return layer
    from cnncli.errors import UsageError
    from cnncli.network.description import suggestion
    from cnncli.plugins import load_plugin

    layers = load_plugin(file).layers
    if colon and name not in layers:
        raise UsageError(f"{file}: has no layer {name}; {suggestion(name, layers)}")
    if not colon and len(layers) != 1:
        first = next(iter(layers), "Swish")
        raise UsageError(f"{file}: has {len(layers)} layers; name one of them, as in {file}:{first}")
    return name or layers[0]


def _settings(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(f"settings = {{{text}}}")["settings"]  # type: ignore[no-any-return]
    except tomllib.TOMLDecodeError:
        raise click.UsageError(
            f"--settings {printable(text)}: use NAME=VALUE, NAME=VALUE with values as in TOML, such as 'beta=2'"
        ) from None


def _shapes(texts: tuple[str, ...]) -> list[tuple[int, ...]]:
    shapes = []
    for text in texts:
        words = text.lower().split("x")
        if len(words) > 3 or not all(word.isascii() and word.isdigit() and 0 < int(word) < 4096 for word in words):
            raise click.UsageError(f"--shape {printable(text)}: use sizes such as 3x8x8 or 12")
        shapes.append(tuple(map(int, words)))
    return shapes


def _span(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        low, high = 1.0, 0.0
    if not low < high:
        raise click.UsageError(f"--range {printable(text)}: use two numbers, the smaller one first, such as 0.1,2")
    return low, high
