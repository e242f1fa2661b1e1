"""`cnn features`."""

from pathlib import Path

import click

from cnncli.cli.drawn import png_option
from cnncli.cli.options import Number, box_option, debug_option, invert_option, json_option
from cnncli.cli.streams import echo
from cnncli.cli.training_options import table_option

_MAPS_OF_PAGE = 18  # two rows
_MAPS_OF_ONE_LAYER = 512


@click.command(
    "features",
    short_help="Show what each layer makes of a picture.",
    epilog="\b\nExample:\n  cnn features digit.png",
)
@click.argument("words", nargs=-1, required=True, metavar="[MODEL] FILE")
@click.option("--layer", metavar="NAME", help="Only this layer, as cnn summary names it, with all its maps.")
@click.option(
    "--maps",
    type=Number(whole=True, least=1, most=4096),
    metavar="N",
    help="Maps of a layer to show.  [default: a row in the terminal, two rows in --out]",
)
@invert_option
@box_option
@png_option("--out", "Write all as one picture to FILE.png.")
@table_option("plugins")
@json_option
@debug_option
def command(
    words: tuple[str, ...],
    layer: str | None,
    maps: int | None,
    invert: bool | None,
    box: tuple[int, int, int, int] | None,
    out: str | None,
    plugins: tuple[str, ...] | None,
    as_json: bool,
) -> None:
    """Show the feature maps of every layer of a trained network for the picture FILE.

    MODEL is a model.bin, or the name of a network that comes trained: lenet5.  [default: ./model.bin, else lenet5]

    Each layer has a scale of its own, beside its name: numbers without a sign from dark to light, others from blue over
    white (0) to red.
    """
    import json

    from cnncli.cli.drawn import print_page, save_page, say_saved
    from cnncli.cli.models_named import model_and_picture, open_model, recipe_of
    from cnncli.pictures.picture_file import name_of
    from cnncli.views.features import facts, feature_maps, feature_page, of_layer

    named, picture = model_and_picture(words)
    if picture is None:
        raise click.UsageError("missing argument 'FILE', the picture")
    model, said = open_model(named, plugins)
    image = recipe_of(model, said).prepare(picture, invert, box=box).pixels
    found = feature_maps(model.network, image)
    if layer is not None:
        found = of_layer(found, layer)
    name = Path(name_of(picture)).name
    if out is not None:
        most = maps or (_MAPS_OF_PAGE if layer is None else _MAPS_OF_ONE_LAYER)
        save_page(feature_page(model, image, found, name, most, layer is None), out)
    if as_json:
        echo(json.dumps({"picture": picture, "layers": list(facts(found)), **({"out": out} if out else {})}))
    elif out is None:
        rows = 1 if maps is None and layer is None else _MAPS_OF_ONE_LAYER
        print_page(feature_page(model, image, found, name, maps or _MAPS_OF_ONE_LAYER, layer is None), rows)
    else:
        say_saved(out, f"the feature maps of {len(found)} layers")
