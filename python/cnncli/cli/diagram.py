"""`cnn diagram`."""

import sys
from typing import Any

import click

from cnncli.cli import plain
from cnncli.cli.drawn import check_ending
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath, NameOrPath
from cnncli.cli.options import debug_option, json_option
from cnncli.cli.streams import echo, echo_json
from cnncli.cli.training_options import table_option


@click.command(
    "diagram",
    cls=HelpCommand,
    short_help="Draw a network: its layers, shapes and branches.",
    epilog="\b\nExample:\n  cnn diagram lenet5 --out lenet5.svg",
)
@click.argument("network", metavar="NAME|FILE", type=NameOrPath("networks"))
@click.option(
    "--out",
    "-o",
    type=FilePath(),
    metavar="FILE.svg",
    callback=lambda ctx, parameter, value: check_ending(value, ".svg", "the diagram is an SVG"),
    help="Write the diagram to FILE.svg.  [default: drawn as lines]",
)
@table_option("plugins")
@json_option
@debug_option
def command(network: str, out: str | None, plugins: tuple[str, ...] | None, as_json: bool) -> None:
    """Draw the layers of a network from the input to the output, with shapes, branches and numbers of parameters.

    NAME is a network that comes with the program, FILE a model.bin or a .toml. The SVG needs nothing else, and its
    colours follow a light or dark page.
    """
    from cnncli.cli.drawn import say_saved
    from cnncli.cli.models_named import open_network
    from cnncli.cli.outputs import check_outputs
    from cnncli.storage.files import write_atomically
    from cnncli.views.diagram import diagram_svg

    check_outputs({"--out": out}, [("the network", network)])
    described = open_network(network)
    if out is not None:
        write_atomically(out, diagram_svg(described).encode())
    if as_json:
        echo_json({**_facts(described), **({"out": out} if out else {})})
    elif out is not None:
        say_saved(out, f"{described.name or 'the network'}, {described.parameter_count():,} parameters")
    else:
        _print(described)


def _facts(network: Any) -> dict[str, Any]:
    """The layers and joins, each with the names of those whose output it reads."""
    steps = network.trace()
    names = ["input", *(step.name for step in steps)]
    rows = {row.name: row for row in network.layer_table()}

    def source(tensor: int) -> str:
        """The layer that gave a tensor; a part of the channels comes from the layer before."""
        while tensor and steps[tensor - 1].part is not None:
            tensor = steps[tensor - 1].inputs[0]
        return str(names[tensor])

    layers = [
        {
            "name": step.name,
            "type": rows[step.name].type,
            "settings": rows[step.name].settings,
            "inputs": [source(tensor) for tensor in step.inputs],
            "output": list(step.output_shape),
            "parameters": rows[step.name].parameters,
        }
        for step in steps
        if step.part is None
    ]
    return {"network": network.name, "input": list(network.input_shape), "layers": layers}


def _print(network: Any) -> None:
    from cnncli.cli.drawn import width
    from cnncli.views.diagram import diagram_lines

    lines = diagram_lines(network, plain.can_draw(sys.stdout))
    shapes, counts = (max(len(line[column]) for line in lines) for column in (1, 2))
    columns = width() if sys.stdout.isatty() else min(width(), 80)  # a file is read on a terminal
    room = max(20, columns - shapes - counts - 4)
    texts = min(room, max(len(text) for text, _, _ in lines))
    for text, shape, count in lines:
        text = text if len(text) <= texts else text[: texts - 2] + ".."
        echo(f"{text:<{texts}}  {shape:<{shapes}}  {count:>{counts}}".rstrip())
    echo(plain.style(f"{network.parameter_count():,} parameters", "2", plain.can_colour(sys.stdout)))
