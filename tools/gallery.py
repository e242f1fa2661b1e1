"""Makes docs/gallery: every kind of picture that the commands draw, each by the command that stands beside it.

`python tools/gallery.py` writes into docs/gallery, `python tools/gallery.py FOLDER` elsewhere. The numbers depend on
the shipped model and on a small training alone. Pictures of pages are taken where there is Chromium, and stay as they
are elsewhere.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from cnncli.cli.main import run

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
# page, its picture, command before its option for the page, caption
PAGES = (
    ("report.html", "report.png", "eval trained.bin --data digits --report", "What a model is worth, as a page."),
)
_WINDOW = "1000,2050"  # pixels of a page that its picture shows


def main(folder: Path = GALLERY) -> None:
    """Draws all pictures and the page."""
    folder.mkdir(parents=True, exist_ok=True)
    landscape().save(folder / "landscape.png", optimize=True)
    os.chdir(folder)  # where no model.bin is looked at in place of the one that ships
    _run(f"{TRAINING} -q")
    for name, command, _ in PICTURES:
        _run(f"{command} {name}")
    for name, picture, command, _ in PAGES:
        _run(f"{command} {name}")
        _photograph(Path(name), Path(picture))
    shutil.rmtree("trained")
    Path("trained.bin").unlink()
    Path("README.md").write_text(page(), encoding="utf-8")


def _run(command: str) -> None:
    if run([str(ROOT / word) if word == "digit.png" else word for word in command.split()]) != 0:
        sys.exit(f"cnn {command} failed")


def _photograph(source: Path, picture: Path) -> None:
    """The top of a page as PNG; the one that was committed, where there is no browser."""
    browser = shutil.which("chromium")
    if browser is None:
        shutil.copy(GALLERY / picture.name, picture)
        return
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={_WINDOW}"]
    words = [browser, *options, f"--screenshot={picture.absolute()}", source.absolute().as_uri()]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    with Image.open(picture) as image:
        image.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(picture, optimize=True)


def page() -> str:
    """The page that shows them."""
    parts = [HEAD]
    for name, command, caption in PICTURES:
        before = f"cnn {TRAINING}\n" if RUN in command else ""
        parts.append(f"## {caption}\n\n```sh\n{before}cnn {command} {name}\n```\n\n![{caption}]({name})\n")
    for name, picture, command, caption in PAGES:
        shown = f"[![{caption}]({picture})]({name})"
        parts.append(f"## {caption}\n\n```sh\ncnn {TRAINING}\ncnn {command} {name}\n```\n\n{shown}\n")
    return "\n".join(parts)


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
