"""`cnn field`."""

from pathlib import Path

import click

from cnncli.cli.drawn import png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath, NameOrPath
from cnncli.cli.options import debug_option, invert_option, json_option
from cnncli.cli.streams import echo
from cnncli.cli.training_options import table_option


@click.command(
    "field",
    cls=HelpCommand,
    short_help="Mark what a unit of a network sees.",
    epilog="\b\nExample:\n  cnn field lenet5 --unit 3:7,4 digit.png",
)
@click.argument("network", metavar="NAME|FILE", type=NameOrPath("networks"))
@click.argument("picture", metavar="PICTURE", required=False, type=FilePath())
@click.option(
    "--unit",
    required=True,
    metavar="LAYER:ROW,COLUMN",
    help="The unit: its layer, as cnn summary names it or as conv1, pool2, fc1, and its row and column in a map, "
    "counted from 0; 9:12 is value 12 of a vector.",
)
@invert_option
@png_option("--out", "-o", what="Write the picture to FILE.png.")
@table_option("plugins")
@json_option
@debug_option
def command(
    network: str,
    picture: str | None,
    unit: str,
    invert: bool | None,
    out: str | None,
    plugins: tuple[str, ...] | None,
    as_json: bool,
) -> None:
    """Mark on a picture what a unit of a network sees: its receptive field, cut to the picture.

    NAME is a network that comes with the program, FILE a model.bin or a .toml. Without PICTURE the pixels are squares.
    """
    import json

    from cnncli.cli.drawn import print_page, save_page, say_saved
    from cnncli.cli.models_named import open_network, preparation_of
    from cnncli.cli.outputs import check_outputs
    from cnncli.network.seen import find_unit, seen_parts
    from cnncli.shown import printable
    from cnncli.views.field import field_page, field_words

    check_outputs({"--out": out}, [("the network", network), ("the picture", picture)])
    described = open_network(network)
    step, index, region = find_unit(described, unit)
    parts = seen_parts(described, index, region)
    image = None
    if picture is not None:
        image = preparation_of(described, network).prepare(picture, invert).pixels
    if as_json:
        facts = [
            {"name": part.name, "type": part.type, "output": list(part.shape), "seen": list(map(list, part.region))}
            for part in parts
        ]
        echo(json.dumps({"network": described.name, "unit": unit, "layers": facts, **({"out": out} if out else {})}))
    where = unit.replace(" ", "").partition(":")[2]
    title = f"unit {where} of layer {step.name} ({type(step.layer).__name__}) of {described.name or Path(network).name}"
    if out is not None:
        save_page(field_page(printable(title), parts, image), out)
        if not as_json:
            say_saved(out, f"{title} {field_words(parts[0])}")
    elif not as_json:
        print_page(field_page(printable(title), parts, image), 3)
