"""The four masks of the lecture on a photo: sharpen, emboss, blur and edge-detect."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cnncli.array_types import FloatArray
from cnncli.lessons.blocks import Asked, Block, Choice, Lesson, Numbers, Question, Words
from cnncli.lessons.figures import Figure, Line, spread
from cnncli.lessons.given import grey_picture
from cnncli.views.masks import Mask, as_picture, convolved, correlated, read_mask, values_of
from cnncli.views.page import MARK
from cnncli.views.tiles import Page, Panel, picture_tile

NAMES = ("sharpen", "emboss", "blur", "edge")
TOLD = {
    "sharpen": "the pixel five times, less its four neighbours: what differs from them differs more",
    "emboss": "below and right less above and left: edges get light from one side",
    "blur": "the mean of nine pixels: differences fade",
    "edge": "the four neighbours less four times the pixel: what is alike all around becomes 0",
}
_SIDE = 96  # pixels of the longer side in the lesson
_SHOWN = 288  # of that on its pages


def lesson(asked: Asked) -> Lesson:
    picture, name = grey_picture(asked, _SIDE) or (landscape(), "a landscape that is drawn by a formula")
    masks = {one: read_mask(one) for one in NAMES}
    results = {one: correlated(picture, mask) for one, mask in masks.items()}
    row, column = strongest_place(results["edge"])
    blocks: list[Block] = [
        Words(
            "A mask of nine numbers makes a new picture: each pixel becomes the sum of the nine pixels around it, each "
            f"times the mask's number. Here are the masks of the lecture on {name}, grey and "
            f"{picture.shape[1]} x {picture.shape[0]} pixels small."
        ),
        *_pictures(picture, masks, results),
        Numbers("the masks", ["mask", "row 0", "row 1", "row 2", "sum"],
                [[one, *(_row_text(line) for line in mask.tolist()), f"{mask.sum():.3g}"]
                 for one, mask in masks.items()]),
        Words(
            "Where the picture is all of one grey, the sum of the mask is what it is multiplied by: 1 keeps the grey, "
            "0 makes it black. Sums that are below 0 or above 255 are cut off; of the edge mask their size is shown, "
            "brightened."
        ),
        Numbers("what they do", ["mask", "it gives"], [[one, told] for one, told in TOLD.items()]),
        _profile(picture, results, row),
        Numbers(
            f"the pixel at row {row}, column {column}, and those around it", ["row", "", "", ""],
            [[str(r), *(f"{_at(picture, r, c):.0f}" for c in range(column - 1, column + 2))]
             for r in range(row - 1, row + 2)],
        ),
        Numbers("what the masks make of it", ["mask", "sum"],
                [[one, f"{values[row, column]:.4g}"] for one, values in results.items()]),
        Words(
            "Emboss is the one mask that is another when it is turned by half a circle: true convolution gives "
            f"{convolved(picture, masks['emboss'])[row, column]:.4g} there. At the border the outermost pixels are "
            "repeated."
        ),
    ]  # fmt: skip
    return Lesson(
        name="masks",
        title="Masks on a photo: sharpen, emboss, blur, find edges",
        blocks=blocks,
        question=_question(picture, results, row, column),
        go_on=[
            "cnn learn masks --picture photo.jpg --out masks.html",
            "cnn mask photo.jpg --kernel emboss --out embossed.png   # in full size",
            "cnn learn learn-a-mask                     # a mask that is learned",
        ],
        values={
            "picture": picture.tolist(), "place": [row, column],
            "results": {one: values.tolist() for one, values in results.items()},
        },
        script="masks",
        tools=["maps"],
        data={"picture": np.rint(picture).astype(int).tolist(),
              "masks": {one: mask.tolist() for one, mask in masks.items()}, "told": TOLD, "place": [row, column]},
        frames=lambda: _moving(picture, masks, results),
    )  # fmt: skip


def _pictures(picture: FloatArray, masks: dict[str, Mask], results: dict[str, FloatArray]) -> list[Block]:
    made = [picture_tile(_grey(as_picture(values, values_of(masks[one]))[0]), one) for one, values in results.items()]
    return [
        Panel("the picture", [picture_tile(_grey(picture))], side=_SHOWN),
        Panel("what the masks make of it", made[:2], side=_SHOWN),
        Panel("", made[2:], side=_SHOWN),
    ]


def _moving(picture: FloatArray, masks: dict[str, Mask], results: dict[str, FloatArray]) -> list[Page]:
    """The masks go down over the picture, and their results come into being, row by row."""
    high = len(picture)
    made = {one: _grey(as_picture(values, values_of(masks[one]))[0]) for one, values in results.items()}
    frames = []
    for row in (*range(0, high, max(1, high // 24)), high):
        before = _grey(picture)
        if row < high:
            before[max(0, row - 1) : row + 2] = before[max(0, row - 1) : row + 2] * 0.4 + np.array(MARK) * 0.6
        tiles = [picture_tile(before, "the picture")]
        for one, pixels in made.items():
            shown = pixels.copy()
            shown[row:] = 255
            tiles.append(picture_tile(shown, one))
        title = f"row {min(row, high - 1)} of {high}: three rows below the mask make one row behind it"
        frames.append(Page(title, [Panel("", tiles[:3], side=_SHOWN), Panel("", tiles[3:], side=_SHOWN)]))
    return frames


def landscape(height: int = 64, width: int = 96) -> FloatArray:
    """A sun over hills and a wall, float32 (height, width) from 0 to 255: smooth parts, edges and fine lines."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    sky = 200 - 0.9 * y
    picture = np.where((x - 70) ** 2 + (y - 15) ** 2 < 81, 250, sky)
    far = height * 0.55 + 6 * np.sin(x / 9)
    picture = np.where(y > far, 120 - 0.4 * y + 6 * np.sin(x / 3) * np.sin(y / 4), picture)
    wall = (y > 34) & (y < 58) & (x > 14) & (x < 44)
    course, within = np.divmod(y - 34, 6)
    joints = (within < 1) | ((x + 5 * (course % 2)) % 10 < 1)
    picture = np.where(wall, np.where(joints, 70, 185), picture)
    roof = (y > 20) & (y <= 34) & (np.abs(x - 29) < (y - 20) * 1.3)
    picture = np.where(roof, 40, picture)
    picture = np.where((y > 42) & (y < 58) & (np.abs(x - 29) < 4), 25, picture)
    return np.rint(picture).astype(np.float32)


def strongest_place(edges: FloatArray) -> tuple[int, int]:
    """Where the edge mask finds most, away from the border if there is room."""
    inside = np.abs(edges).astype(np.float64)
    if min(inside.shape) > 2:
        inside[[0, -1]] = inside[:, [0, -1]] = -1
    row, column = np.unravel_index(int(inside.argmax()), inside.shape)
    return int(row), int(column)


def _at(picture: FloatArray, row: int, column: int) -> float:
    high, wide = picture.shape
    return float(picture[max(0, min(high - 1, row)), max(0, min(wide - 1, column))])


def _row_text(line: Sequence[float]) -> str:
    return " ".join("1/9" if abs(value - 1 / 9) < 1e-9 else f"{value:g}" for value in line)


def _grey(picture: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    levels = np.rint(picture.astype(np.float64)).astype(np.uint8)
    return np.repeat(levels[:, :, None], 3, axis=2)


def _profile(picture: FloatArray, results: dict[str, FloatArray], row: int) -> Figure:
    """One row of the picture as a curve, before and after."""

    def line(values: FloatArray, kind: str, name: str) -> Line:
        return Line([(float(column), float(value)) for column, value in enumerate(values[row])], kind, name)

    lines = [line(results["sharpen"], "second", "sharpen"), line(picture, "soft", "the picture"),
             line(results["blur"], "first", "blur")]  # fmt: skip
    heights = [height for one in lines for _, height in one.points]
    across = (-0.5, picture.shape[1] - 0.5)
    title = f"row {row} as a curve: blur flattens it, sharpen overshoots at edges"
    return Figure(title, across, spread(heights), lines, "column", "value")


def _question(picture: FloatArray, results: dict[str, FloatArray], row: int, column: int) -> Question:
    """What the sharpening mask makes of the pixel of the table."""
    middle = _at(picture, row, column)
    beside = [_at(picture, row - 1, column), _at(picture, row, column - 1), _at(picture, row, column + 1),
              _at(picture, row + 1, column)]  # fmt: skip
    right = float(results["sharpen"][row, column])
    terms = " - ".join(f"{value:.0f}" for value in beside)
    wrong = [
        (middle, "That is the pixel as it was; it would stay so if its neighbours were like it."),
        (float(results["blur"][row, column]), "That is the mean of the nine, which blur gives."),
        (5 * middle, "That leaves out the four neighbours, which are subtracted."),
        (5 * middle + sum(beside), "The four neighbours count with -1; that adds them."),
        (float(results["edge"][row, column]), "That is what the edge mask gives."),
        (5 * middle - sum(beside) + 1, "That is one too much: the corners of the mask are 0."),
    ]
    choices = {f"{right:.4g}": Choice(f"{right:.4g}", True, f"5 x {middle:.0f} - {terms} = {right:.4g}.")}
    for value, why in wrong:
        if len(choices) < 4:
            choices.setdefault(f"{value:.4g}", Choice(f"{value:.4g}", False, why))
    ordered = sorted(choices.values(), key=lambda choice: float(choice.text))
    return Question(f"What does sharpen make of the pixel at row {row}, column {column}, before anything is cut off?",
                    ordered)  # fmt: skip
