"""`cnn features`."""

from pathlib import Path

import click

from cnncli.cli.drawn import layer_option, maps_option, png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import ModelOrPicture
from cnncli.cli.options import box_option, debug_option, invert_option, json_option
from cnncli.cli.streams import echo_json
from cnncli.cli.training_options import table_option


@click.command(
    "features",
    cls=HelpCommand,
    short_help="Show what each layer makes of a picture.",
    epilog="\b\nExample:\n  cnn features digit.png",
)
@click.argument("words", nargs=-1, required=True, metavar="[MODEL] FILE", type=ModelOrPicture())
@layer_option
@maps_option
@invert_option
@box_option
@png_option("--out", "-o", what="Write all as one picture to FILE.png.")
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
    from cnncli.cli.drawn import most_maps, save_page, say_saved, show_layers
    from cnncli.cli.models_named import look_at
    from cnncli.pictures.picture_file import name_of
    from cnncli.shown import plural
    from cnncli.views.features import facts, feature_maps, feature_page
    from cnncli.views.layer_names import of_layer

    model, picture, image = look_at(words, plugins, invert, box, out)
    found = feature_maps(model.network, image)
    if layer is not None:
        found = of_layer(found, layer, model.network.trace())
    name = Path(name_of(picture)).name
    page = feature_page(model, image, found, name, most_maps(maps, layer, out), layer is None)
    if out is not None:
        save_page(page, out)
    if as_json:
        said = {"picture": picture, "layers": list(facts(found)), **({"out": out} if out else {})}
        echo_json(said)
    elif out is None:
        show_layers(page, maps, layer)
    else:
        say_saved(out, f"the feature maps of {plural(len(found), 'layer')}")
