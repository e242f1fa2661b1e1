"""How much of each group is read right: `python -m tools.pictures.measure [--sheets FOLDER] [--count 100]`.

The glyphs are of MNIST's test part (the folder in CNN_TEST_MNIST) and of Debian's fonts (fonts-dejavu-extra,
fonts-liberation, fonts-freefont-ttf).
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from tools.pictures.glyphs import missing_fonts
from tools.pictures.groups import GROUPS, Glyphs, Picture, draw

import cnncli
from cnncli import data
from cnncli.errors import CnnError, DataError
from cnncli.shipped import shipped_model

_TILE = 96


def unseen_glyphs(folder: str | Path) -> Glyphs:
    """MNIST's test part, and the fonts."""
    part = data.load("mnist", data_dir=str(folder)).test
    assert part is not None
    return Glyphs(part.images[:, 0], part.labels)


def read(model: cnncli.Model, pictures: list[Picture]) -> list[tuple[str, float]]:
    """(answer or the error, its probability) for each picture; where there are several digits, all are read."""
    return [_read_one(model, picture.image) for picture in pictures]


def _read_one(model: cnncli.Model, image: Image.Image) -> tuple[str, float]:
    assert model.recipe is not None
    try:
        try:
            inputs = [model.recipe.prepare(image, refuse_several=True)]
        except DataError as error:
            if "side by side" not in str(error):
                raise
            inputs = [prepared for prepared, _ in model.recipe.prepare_all(image)]
        prediction = model.predict(np.stack([prepared.pixels for prepared in inputs]))
    except CnnError as error:
        return str(error), 0.0
    return "".join(prediction.names), float(prediction.probabilities.max(axis=1).min())


def sheet(pictures: list[Picture], answers: list[tuple[str, float]]) -> Image.Image:
    """A contact sheet: each picture with its text, green, or what was read instead, red."""
    columns = 12
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * _TILE, rows * (_TILE + 14)), "white")
    pen = ImageDraw.Draw(page)
    for index, (picture, (answer, share)) in enumerate(zip(pictures, answers, strict=True)):
        image = picture.image
        if image.mode.startswith("I;16"):
            image = Image.fromarray(np.asarray(image).astype(np.uint8))
        tile = image.convert("RGB")
        ratio = (_TILE - 4) / max(tile.size)
        tile = tile.resize((max(1, int(tile.width * ratio)), max(1, int(tile.height * ratio))), Image.Resampling.BOX)
        left, top = index % columns * _TILE, index // columns * (_TILE + 14)
        page.paste(tile, (left, top))
        right = answer == picture.text
        said = picture.text if right else f"{picture.text}: {answer[-11:]} {share:.2f}"
        pen.text((left, top + _TILE - 3), said, "green" if right else "red")
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--group", action="append", choices=list(GROUPS))
    parser.add_argument("--model", type=Path)
    parser.add_argument("--sheets", type=Path)
    asked = parser.parse_args()
    if missing_fonts():
        sys.exit(f"fonts are missing: {', '.join(missing_fonts())}")
    if "CNN_TEST_MNIST" not in os.environ:
        sys.exit("CNN_TEST_MNIST is not set; set it to the folder with MNIST's four files")
    source = unseen_glyphs(os.environ["CNN_TEST_MNIST"])
    model = cnncli.load(asked.model or shipped_model("lenet5"))
    least = model.confidence.threshold
    print(
        "| group | pictures | right | of these not sure | wrong above 0.9 | wrong and not sure | refused | as several |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for group in asked.group or GROUPS:
        pictures = [draw(group, index, source, asked.seed) for index in range(asked.count)]
        answers = read(model, pictures)
        both = list(zip(pictures, answers, strict=True))
        shares = [share for picture, (answer, share) in both if answer == picture.text]
        refused = sum(share == 0 for _, share in answers)
        sure = sum(answer != picture.text and share > 0.9 for picture, (answer, share) in both)
        unsure = sum(share < least for share in shares)
        hidden = sum(0 < share < least for _, share in answers) - unsure
        several = sum(share > 0 and len(answer) > max(1, len(picture.text)) for picture, (answer, share) in both)
        counts = (len(pictures), len(shares), unsure, sure, hidden, refused, several)
        print(f"| {group} | {' | '.join(map(str, counts))} |", flush=True)
        if asked.sheets:
            asked.sheets.mkdir(parents=True, exist_ok=True)
            sheet(pictures[:72], answers[:72]).save(asked.sheets / f"{group}.png")


if __name__ == "__main__":
    main()
