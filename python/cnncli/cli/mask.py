"""`cnn mask`."""

from pathlib import Path

import click

from cnncli.cli.drawn import png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath, Name
from cnncli.cli.options import NearestChoice, debug_option, json_option
from cnncli.cli.streams import echo, echo_json


@click.command(
    "mask",
    cls=HelpCommand,
    short_help="Lay a mask over a picture: sharpen, emboss, blur, find edges.",
    epilog="\b\nExample:\n  cnn mask digit.png --kernel edge",
)
@click.argument("picture", metavar="FILE", type=FilePath())
@click.option(
    "--kernel",
    required=True,
    type=Name("masks"),
    metavar="NAME|NUMBERS",
    help='sharpen, emboss, blur, edge, sobel-x or sobel-y; or numbers, with a semicolon after each row: '
    '"0 -1 0; -1 5 -1; 0 -1 0".',
)
@click.option(
    "--form",
    type=NearestChoice(("correlation", "convolution")),
    metavar="NAME",
    help="correlation, which layers compute, or convolution, which turns the mask by 180 degrees.  "
    "[default: both are shown; --out gets the correlation]",
)
@click.option(
    "--border",
    type=NearestChoice(("repeat", "zero", "none")),
    metavar="NAME",
    default="repeat",
    show_default=True,
    help="What lies around the picture: repeat its outermost pixels, zero, or none, which makes the result smaller.",
)
@click.option("--grey", is_flag=True, help="Make the picture grey first.")
@click.option(
    "--values",
    type=NearestChoice(("cut", "signed", "size")),
    metavar="NAME",
    help="How values are shown: cut to 0 and 255, signed, with 0 as middle grey, or their size, brightened.  "
    "[default: size for masks that add up to 0, else cut]",
)
@png_option("--out", "-o", what="Write the masked picture to FILE.png.")
@png_option("--save-view", what="Write a strip to FILE.png: picture, mask and results side by side.")
@json_option
@debug_option
def command(
    picture: str,
    kernel: str,
    form: str | None,
    border: str,
    grey: bool,
    values: str | None,
    out: str | None,
    save_view: str | None,
    as_json: bool,
) -> None:
    """Lay a mask (a kernel of numbers) over the picture FILE: each pixel becomes a weighted sum of those around it.

    --out gets the picture in its full size. The views, in the terminal or by --save-view, show what the mask does to
    the picture made so small that its pixels can be seen.
    """
    import numpy as np

    from cnncli.cli.drawn import print_page, save_page, say_saved, width
    from cnncli.cli.outputs import check_outputs
    from cnncli.pictures.picture_file import as_bytes, name_of, read_picture
    from cnncli.storage.files import write_atomically
    from cnncli.views.mask_page import PAGE_SIDE, mask_lines, mask_page, results, words_of
    from cnncli.views.masks import forms_of, read_mask, values_of
    from cnncli.views.page import png
    from cnncli.views.tiles import Page, shrunk

    check_outputs({"--out": out, "--save-view": save_view}, [("the picture", picture)])
    mask = read_mask(kernel)
    image = as_bytes(read_picture(picture)[0])
    pixels = np.asarray(image.convert("L") if grey else image)
    way = values or values_of(mask)
    forms = [form] if form else forms_of(mask)
    words = words_of(kernel, mask)
    facts: dict[str, object] = {"kernel": mask.tolist(), "border": border, "values": way}

    def view(side: int, with_mask: bool) -> Page:
        small = shrunk(pixels, side)
        found = results(small, mask, forms, border, way)
        return mask_page(Path(name_of(picture)).name, words, small, found, mask if with_mask else None)

    if out is not None or as_json:
        found = results(pixels, mask, forms, border, way)
        facts["results"] = [
            {"form": one.form, "least": float(one.values.min()), "most": float(one.values.max())} for one in found
        ]
        if out is not None:
            from PIL import Image

            write_atomically(out, png(Image.fromarray(found[0].pixels)))
            facts["out"] = out
    if save_view is not None:
        save_page(view(PAGE_SIDE, True), save_view)
        facts["view"] = save_view
    if as_json:
        echo_json(facts)
        return
    if out is None and save_view is None:
        print_page(view(2 * width() // (1 + len(forms)), False))
        for line in ["", *mask_lines(mask)]:
            echo(line)
    if out is not None:
        say_saved(out, f"{words}, {forms[0]}: {found[0].words}")
    if save_view is not None:
        say_saved(save_view, f"{words} beside the picture")
