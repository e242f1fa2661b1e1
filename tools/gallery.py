"""Makes docs/gallery: every kind of picture that the commands draw, each by the command that stands beside it.

`python tools/gallery.py` writes into docs/gallery, `python tools/gallery.py FOLDER` elsewhere. The numbers depend on
the shipped model and on a small training alone. Pictures of pages are taken where there is Chromium, and stay as they
are elsewhere.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from cnncli.cli.main import run
from cnncli.forms.form_page import make_pages

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "docs" / "gallery"
HEAD = """# Gallery

Made by `python tools/gallery.py`, each picture by the command above it; [seeing.md](../seeing.md) explains them.
"""

# A training of a moment, whose run and model are looked at and then removed.
TRAINING = "train --arch lenet5 --data digits --images 2000 --epochs 4 --threads 1 --out trained.bin --runs trained"
RUN = "trained/lenet5-digits-1"
# file, command before its option for the file, caption
PICTURES = (
    ("strip.png", "predict digit.png --save-view", "How a picture is read, and which step changes the answer."),
    ("unit.png", "explain digit.png --at 3:5,1,3 --out", "How one number of the second convolution comes about."),
    ("saliency.png", "saliency digit.png --out", "Which pixels the answer depends on, in three ways."),
    ("features.png", "features digit.png --out", "What every layer makes of the picture."),
    ("filters.png", "filters lenet5 --out", "The weights of every layer: red adds, blue takes away."),
    ("field.png", "field lenet5 --unit 3:7,4 digit.png --out", "What one unit sees, and how that came about."),
    ("branches.png", "field resnet-small --unit 8:9,6 landscape.png --out", "The same in a network that branches."),
    ("emboss.png", "mask landscape.png --kernel emboss --save-view", "A mask as correlation and as true convolution."),
    ("edge.png", "mask landscape.png --kernel edge --save-view", "Edges: the size of the differences."),
    ("lenet5.svg", "diagram lenet5 --out", "Layers, shapes and parameters."),
    ("resnet-small.svg", "diagram resnet-small --out", "Branches beside each other."),
    ("sheet.png", "data digits --columns 12 --out", "The images of a data set, a row a class."),
    ("augmented.png", "data digits --augment strong --out", "What the epochs of a training see of its images."),
    ("histograms.png", f"histograms {RUN} --out", "How weights, outputs and gradients are spread after a training."),
)


@dataclass(frozen=True)
class PagePicture:
    """picture : of the page `page`, which the command writes; a page that is not `kept` is looked at and removed
    size : of the window; scheme : "light" or "dark"; draws : whether a digit is drawn into it first
    """

    picture: str
    page: str
    command: str
    caption: str
    size: tuple[int, int] = (1000, 1400)
    scheme: str = "light"
    draws: bool = False
    kept: bool = False


_LARGE = 60_000  # bytes; such a picture gets fewer colours
_REPORT = "eval trained.bin --data digits --report report.html"
PAGES = (
    PagePicture("report.png", "report.html", _REPORT, "What a model is worth, as a page.", (1000, 2050), kept=True),
    PagePicture("report-phone.png", "report.html", _REPORT, "The same on a phone, dark.", (390, 1500), "dark"),
    PagePicture("run.png", f"{RUN}/report.html", "", "The page that every training leaves in its run's folder."),
    PagePicture(
        "page.png", "digit.html", "export --html digit.html", "A network as a page: what is drawn is read at once.",
        (1100, 1500), draws=True,
    ),
    PagePicture(
        "page-phone.png", "digit.html", "export --html digit.html", "The same on a phone, dark.", (390, 1500), "dark",
        draws=True,
    ),
    PagePicture(
        "lesson-descent.png", "descent.html", "learn descent --out descent.html", "A lesson, with its controls.",
        (900, 1500),
    ),
    PagePicture(
        "lesson-convolution.png", "convolution.html", "learn convolution --out convolution.html",
        "Another one, dark.", (900, 1500), "dark",
    ),
)  # fmt: skip
# Of a form that is filled in and photographed by simulation: its page as `cnn collect` makes it flat.
COLLECTED = ("collected.png", "collect photo.jpg --show", "A photographed form made flat, what is taken and what not.")
# A 3 as strokes of a finger, in shares of the pad.
_THREE = [(0.32, 0.26), (0.45, 0.18), (0.6, 0.22), (0.63, 0.34), (0.55, 0.44), (0.44, 0.48), (0.57, 0.5), (0.67, 0.6),
          (0.64, 0.74), (0.5, 0.82), (0.35, 0.76)]  # fmt: skip


def main(folder: Path = GALLERY) -> None:
    """Draws all pictures and the page."""
    folder.mkdir(parents=True, exist_ok=True)
    landscape().save(folder / "landscape.png", optimize=True)
    os.chdir(folder)  # where no model.bin is looked at in place of the one that ships
    _run(f"{TRAINING} -q")
    for name, command, _ in PICTURES:
        _run(f"{command} {name}")
        if Path(name).suffix == ".png" and Path(name).stat().st_size > _LARGE:
            _fewer_colours(name)
    _photograph_pages()
    _take_photograph()
    _run(f"{COLLECTED[1]} {COLLECTED[0]}")
    Path("photo.jpg").unlink()
    _make_smaller(Path(COLLECTED[0]))
    shutil.rmtree("trained")
    Path("trained.bin").unlink()
    Path("README.md").write_text(page(), encoding="utf-8")


def _run(command: str) -> None:
    if run([str(ROOT / word) if word == "digit.png" else word for word in command.split()]) != 0:
        sys.exit(f"cnn {command} failed")


def _photograph_pages() -> None:
    """The tops of the pages as PNG; those that were committed, where there is no browser."""
    written: set[str] = set()
    with _chromium() as browser:
        for one in PAGES:
            if one.command and one.command not in written:
                _run(one.command)
                written.add(one.command)
            if browser is None:
                shutil.copy(GALLERY / one.picture, one.picture)
                continue
            width, height = one.size
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=one.scheme)
            shown = context.new_page()
            shown.goto(Path(one.page).absolute().as_uri())
            if one.draws:
                _draw_a_three(shown)
            shown.screenshot(path=one.picture)
            context.close()
            _fewer_colours(one.picture)
    for one in PAGES:
        if one.command and not one.kept and not any(other.kept for other in PAGES if other.page == one.page):
            Path(one.page).unlink(missing_ok=True)


def _fewer_colours(path: str) -> None:
    with Image.open(path) as image:
        few = image.convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE, colors=256)
    few.save(path, optimize=True)


@contextmanager
def _chromium() -> Iterator[Any]:
    """A browser of playwright's, or None."""
    path = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def _draw_a_three(shown: Any) -> None:
    pad = shown.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in _THREE]
    shown.mouse.move(*places[0])
    shown.mouse.down()
    for place in places[1:]:
        shown.mouse.move(*place, steps=6)
    shown.mouse.up()
    shown.wait_for_timeout(500)
    shown.evaluate("scrollTo(0, 0)")


def page() -> str:
    """The page that shows them."""
    parts = [HEAD]
    for name, command, caption in PICTURES:
        before = f"cnn {TRAINING}\n" if RUN in command else ""
        parts.append(f"## {caption}\n\n```sh\n{before}cnn {command} {name}\n```\n\n![{caption}]({name})\n")
    for one in PAGES:
        picture = f"![{one.caption}]({one.picture})"
        shown = f"[{picture}]({one.page})" if one.kept else picture
        lines = [TRAINING] if "train" in one.page + one.command else []
        lines += [one.command] if one.command else []
        block = "".join(f"cnn {line}\n" for line in lines)
        parts.append(f"## {one.caption}\n\n```sh\n{block}```\n\n{shown}\n")
    name, command, caption = COLLECTED
    parts.append(f"## {caption}\n\n```sh\ncnn {command} {name}\n```\n\n![{caption}]({name})\n")
    return "\n".join(parts)


def _make_smaller(path: Path) -> None:
    """Three quarters of its size, in 24 colours, without what is nearly white."""
    with Image.open(path) as image:
        size = (image.width * 3 // 4, image.height * 3 // 4)
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    small = small.point(lambda value: 255 if value > 225 else value).quantize(24, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def _take_photograph() -> None:
    """photo.jpg: a form with digits, tilted on a desk; a photograph of one's own does as well."""
    sys.path.insert(0, str(ROOT))  # `python tools/gallery.py` has tools/ there
    from tools.photographs.camera import Shot, as_jpeg, photograph
    from tools.photographs.filling import fill, glyphs

    rng = np.random.default_rng(3)
    page = make_pages([str(digit) for digit in range(10)], 1, "a4")[0]
    filled = fill(page, glyphs("digits", rng), rng, ["blue pen", "pencil", "black pen", "red pen"])
    shot = Shot(tilt=(14, -10), turn=8, light=2.5, folds=1, seed=2)
    Path("photo.jpg").write_bytes(as_jpeg(photograph(filled, shot), shot))


def landscape() -> Image.Image:
    """A small picture in colour: mountains, a house, a sun."""
    image = Image.new("RGB", (480, 340), (120, 170, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 214, 480, 340), fill=(90, 140, 70))
    draw.polygon([(50, 214), (160, 80), (270, 214)], fill=(130, 110, 100))
    draw.polygon([(190, 214), (320, 48), (455, 214)], fill=(160, 150, 150))
    draw.polygon([(288, 89), (320, 48), (353, 89)], fill=(245, 245, 250))
    draw.ellipse((34, 22, 82, 70), fill=(255, 230, 140))
    draw.rectangle((96, 224, 202, 308), fill=(180, 60, 50))
    draw.polygon([(84, 224), (149, 180), (214, 224)], fill=(90, 40, 40))
    for left in (112, 164):
        draw.rectangle((left, 240, left + 22, 268), fill=(240, 230, 180), outline=(40, 30, 20), width=2)
    return image.filter(ImageFilter.GaussianBlur(0.8))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
