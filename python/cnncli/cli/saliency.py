"""`cnn saliency`."""

from pathlib import Path

import click

from cnncli.cli.drawn import png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import ModelOrPicture, OfModel
from cnncli.cli.options import NearestChoice, box_option, debug_option, invert_option, json_option
from cnncli.cli.streams import echo_json
from cnncli.cli.training_options import table_option


@click.command(
    "saliency",
    cls=HelpCommand,
    short_help="Show which pixels an answer depends on.",
    epilog="\b\nExample:\n  cnn saliency digit.png",
)
@click.argument("words", nargs=-1, required=True, metavar="[MODEL] FILE", type=ModelOrPicture())
@click.option(
    "--method",
    type=NearestChoice(("gradient", "grad-cam", "occlusion")),
    metavar="NAME",
    help="gradient, grad-cam or occlusion.  [default: all]",
)
@click.option("--class", "name", type=OfModel("classes"), metavar="NAME",
              help="Why it is, or would be, this class.  [default: the answer]")
@click.option(
    "--layer", type=OfModel("layers"), metavar="NAME",
    help="Layer whose maps Grad-CAM takes, as cnn summary names it or as conv1, pool2.  "
    "[default: the last with maps of a convolution]",
)
@invert_option
@box_option
@png_option("--out", "-o", what="Write the picture to FILE.png.")
@table_option("plugins")
@json_option
@debug_option
def command(
    words: tuple[str, ...],
    method: str | None,
    name: str | None,
    layer: str | None,
    invert: bool | None,
    box: tuple[int, int, int, int] | None,
    out: str | None,
    plugins: tuple[str, ...] | None,
    as_json: bool,
) -> None:
    """Show which pixels of the picture FILE the answer of a trained network depends on.

    MODEL is a model.bin, or the name of a network that comes trained: lenet5.  [default: ./model.bin, else lenet5]

    gradient is how much a small change of each pixel changes the score, grad-cam where the maps of a layer speak for
    the class (Selvaraju et al. 2017), occlusion how much of the probability is lost where a square is covered.
    """
    from cnncli.cli.drawn import print_page, save_page, say_saved
    from cnncli.cli.models_named import look_at
    from cnncli.pictures.picture_file import name_of
    from cnncli.views.saliency import class_index, saliencies, saliency_page

    model, picture, image = look_at(words, plugins, invert, box, out)
    label = class_index(model, image, name)
    found, note = saliencies(model, image, label, method, layer)
    page = saliency_page(model, image, Path(name_of(picture)).name, label, found, note)
    if out is not None:
        save_page(page, out)
    if as_json:
        maps = {one.method: one.values.round(6).tolist() for one in found}
        facts = {"picture": picture, "class": model.class_names[label], "maps": maps}
        echo_json({**facts, **({"out": out} if out else {})})
    elif out is None:
        print_page(page)
    else:
        say_saved(out, page.title)
