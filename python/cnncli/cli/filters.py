"""`cnn filters`."""

import click

from cnncli.cli.drawn import layer_option, maps_option, png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import NameOrPath
from cnncli.cli.options import debug_option, json_option
from cnncli.cli.streams import echo_json
from cnncli.cli.training_options import table_option


@click.command(
    "filters",
    cls=HelpCommand,
    short_help="Show the weights of a trained network.",
    epilog="\b\nExample:\n  cnn filters lenet5",
)
@click.argument("model", required=False, type=NameOrPath("trained models"))
@layer_option
@maps_option
@png_option("--out", "-o", what="Write all as one picture to FILE.png.")
@table_option("plugins")
@json_option
@debug_option
def command(
    model: str | None,
    layer: str | None,
    maps: int | None,
    out: str | None,
    plugins: tuple[str, ...] | None,
    as_json: bool,
) -> None:
    """Show the weights of a trained network: of convolutions the kernels of each map, of layers of vectors a matrix.

    MODEL is a model.bin, or the name of a network that comes trained: lenet5.  [default: ./model.bin, else lenet5]

    Filters over red, green and blue are shown in colour. Units of a layer behind an image are shown as what they look
    for in it.
    """
    from cnncli.cli.drawn import most_maps, save_page, say_saved, show_layers
    from cnncli.cli.models_named import open_model, refuse_numbers
    from cnncli.cli.outputs import check_outputs
    from cnncli.shown import plural
    from cnncli.views.filters import facts, filter_page, filters
    from cnncli.views.layer_names import of_layer

    check_outputs({"--out": out}, [("the model", model)])
    loaded, said = open_model(model, plugins)
    refuse_numbers(loaded, said)
    found = filters(loaded.network)
    if layer is not None:
        found = of_layer(found, layer, loaded.network.trace())
    page = filter_page(loaded.network, found, most_maps(maps, layer, out))
    if out is not None:
        save_page(page, out)
    if as_json:
        echo_json({"layers": list(facts(found)), **({"out": out} if out else {})})
    elif out is None:
        show_layers(page, maps, layer)
    else:
        say_saved(out, f"the weights of {plural(len(found), 'layer')}")
