"""A camera by simulation: perspective, folds, light, desk, lens, blur, noise.

For each node of a grid the point of the page is found and the folds' shift is taken off; between the nodes the page is
sampled by Pillow. Light and desk are made at a part of the size, as they have no detail.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from tools.photographs.filling import Filled

_GRID = 32  # pixels between nodes at which the point of the page is found
_LIGHT_STEP = 4  # pixels between those at which the light is
_ROWS = 200  # that are worked on at once
_PAPER = 0.93  # of the light that white paper gives back


@dataclass(frozen=True)
class Shot:
    """How a photograph is taken.

    width, height : pixels
    tilt : degrees about the page's horizontal and vertical axis; turn : in the picture's plane
    share : of the picture's shorter way that the page takes
    light : brightest over darkest across the page; shadow : factor of what lies in shadow
    blur : deviation in pixels at a width of 2,000; noise : deviation in grey levels
    folds : creases; fold_size : by what they move points, as a share of the page's width
    """

    width: int = 1500
    height: int = 2000
    tilt: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    share: float = 0.9
    light: float = 1.0
    shadow: float = 1.0
    blur: float = 0.6
    noise: float = 2.0
    folds: int = 0
    fold_size: float = 0.015
    lens: float = 0.0
    quality: int = 85
    desk: str = "wood"
    warmth: float = 0.0
    exposure: float = 1.0
    finger: tuple[float, float] | None = None
    seed: int = 0


def camera(shot: Shot, size: tuple[float, float]) -> np.ndarray:
    """Homography from mm on the page (origin at its centre) to pixels: a pinhole at 1.3 times the picture's width."""
    ax, ay, az = np.radians([*shot.tilt, shot.turn])
    about_x = np.array([[1, 0, 0], [0, np.cos(ax), -np.sin(ax)], [0, np.sin(ax), np.cos(ax)]])
    about_y = np.array([[np.cos(ay), 0, np.sin(ay)], [0, 1, 0], [-np.sin(ay), 0, np.cos(ay)]])
    about_z = np.array([[np.cos(az), -np.sin(az), 0], [np.sin(az), np.cos(az), 0], [0, 0, 1]])
    turned = about_z @ about_y @ about_x
    focal = 1.3 * max(shot.width, shot.height)
    corners = np.array([[x, y, 0] for x in (-0.5, 0.5) for y in (-0.5, 0.5)]) * [*size, 0]

    def at(distance: float, shift: np.ndarray) -> np.ndarray:
        lens = np.array([[focal, 0, shot.width / 2], [0, focal, shot.height / 2], [0, 0, 1]])
        move = np.column_stack([turned[:, 0], turned[:, 1], [*shift, distance]])
        return lens @ move

    low, high = 50.0, 20000.0
    shift = np.zeros(2)
    for _ in range(60):
        distance = (low + high) / 2
        for _ in range(4):
            seen = project(at(distance, shift), corners[:, :2])
            shift -= (seen.max(axis=0) + seen.min(axis=0) - [shot.width, shot.height]) / 2 * distance / focal
        extent = seen.max(axis=0) - seen.min(axis=0)
        low, high = (distance, high) if (extent / [shot.width, shot.height]).max() > shot.share else (low, distance)
    return at(distance, shift)


def project(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def photograph(filled: Filled, shot: Shot) -> Image.Image:
    """The picture, before JPEG."""
    rng = np.random.default_rng(shot.seed)
    paper = filled.page.paper
    size = np.array([paper.width, paper.height])
    backwards = np.linalg.inv(camera(shot, (paper.width, paper.height)))
    creases = [_crease(rng, size, shot) for _ in range(shot.folds)]
    gradient = np.radians(rng.uniform(0, 360))
    edge, edge_at = np.radians(rng.uniform(0, 360)), rng.uniform(-0.15, 0.15)
    desk = _desk(shot, rng)
    places = _nodes(shot, _GRID)
    px, py = _on_page(backwards, shot, size, *np.meshgrid(*places))
    mx, my = px.copy(), py.copy()
    for crease in creases:
        shift, _ = crease(px, py)
        mx, my = mx + shift[0], my + shift[1]
    page = _page_source(filled, backwards, shot)
    seen = _through_mesh(page, places, (mx + 0.5) * page.width, (my + 0.5) * page.height, shot)
    image = Image.composite(seen.convert("RGB"), desk, seen.getchannel("A"))

    x, y = (_coarse(length) for length in (shot.width, shot.height))
    px, py = _on_page(backwards, shot, size, *np.meshgrid(x, y))
    along = np.cos(gradient) * px + np.sin(gradient) * py
    light = shot.exposure * shot.light ** (along.clip(-0.6, 0.6) / 1.2 - 0.5)
    for crease in creases:
        light *= crease(px, py)[1]
    if shot.shadow < 1:
        across = np.cos(edge) * px + np.sin(edge) * py - edge_at
        light *= shot.shadow + (1 - shot.shadow) / (1 + np.exp(-across / 0.006))
    image = _lit(image, light, np.array([1 + shot.warmth, 1.0, 1 - shot.warmth], np.float32))
    if shot.finger is not None:
        _finger(image, shot)
    sigma = shot.blur * shot.width / 2000
    image = image.filter(ImageFilter.GaussianBlur(sigma)) if sigma > 0.2 else image
    return _noisy(image, rng, shot.noise) if shot.noise else image


def _nodes(shot: Shot, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels at which patches of a grid begin and end, across and down."""
    return tuple(np.append(np.arange(0, length - 1, step), length) for length in (shot.width, shot.height))


def _coarse(length: int) -> np.ndarray:
    """The middles of the pixels of the coarse picture in which the light is drawn."""
    count = -(-length // _LIGHT_STEP)
    return (np.arange(count) + 0.5) * length / count


def _on_page(
    backwards: np.ndarray, shot: Shot, size: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where pixels lie on the page, in shares of its width and height from its middle."""
    u, v = (x - shot.width / 2) / shot.width, (y - shot.height / 2) / shot.width
    bend = 1 + shot.lens * (u * u + v * v)
    x, y = shot.width / 2 + u * bend * shot.width, shot.height / 2 + v * bend * shot.width
    w = backwards[2, 0] * x + backwards[2, 1] * y + backwards[2, 2]
    px = (backwards[0, 0] * x + backwards[0, 1] * y + backwards[0, 2]) / w / size[0]
    py = (backwards[1, 0] * x + backwards[1, 1] * y + backwards[1, 2]) / w / size[1]
    return px, py


def _through_mesh(
    page: Image.Image, places: tuple[np.ndarray, np.ndarray], x: np.ndarray, y: np.ndarray, shot: Shot
) -> Image.Image:
    """The page as the camera sees it, transparent beside it; x, y : pixels of the page at the nodes (down, across)."""
    across, down = (one.tolist() for one in places)
    points = np.stack([x, y], axis=-1)
    quads = np.concatenate([points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]], axis=-1)
    near = (quads[..., 0::2].max(axis=-1) > 0) & (quads[..., 0::2].min(axis=-1) < page.width)
    near &= (quads[..., 1::2].max(axis=-1) > 0) & (quads[..., 1::2].min(axis=-1) < page.height)
    patches = [
        ((across[column], down[row], across[column + 1], down[row + 1]), tuple(quads[row, column].tolist()))
        for row, column in np.argwhere(near).tolist()
    ]
    return page.transform((shot.width, shot.height), Image.Transform.MESH, patches, Image.Resampling.BILINEAR)


def _lit(image: Image.Image, light: np.ndarray, tint: np.ndarray) -> Image.Image:
    """The picture in a light that is given at a part of its size."""
    fine = np.asarray(Image.fromarray(light.astype(np.float32)).resize(image.size, Image.Resampling.BILINEAR))
    pixels = np.array(image)
    for top in range(0, image.height, _ROWS):
        strip = np.s_[top : top + _ROWS]
        lit = pixels[strip] * fine[strip][..., None] * tint
        pixels[strip] = np.clip(lit, 0, 255, out=lit)
    return Image.fromarray(pixels)


def _noisy(image: Image.Image, rng: np.random.Generator, deviation: float) -> Image.Image:
    """With normal noise, of which a strip is drawn and shifted for every other one: it is the dearest part else."""
    width = 3 * image.width
    drawn = (rng.standard_normal((_ROWS, width + 997), np.float32) * deviation).round().astype(np.int16)
    pixels = np.array(image)
    for top in range(0, image.height, _ROWS):
        strip = pixels[top : top + _ROWS].reshape(-1, width)
        start = int(rng.integers(998))
        noisy = strip + drawn[: len(strip), start : start + width]
        strip[:] = np.clip(noisy, 0, 255, out=noisy)
    return Image.fromarray(pixels)


def as_jpeg(image: Image.Image, shot: Shot, turned: int = 1) -> bytes:
    """turned : the EXIF orientation that is written, 1 for none"""
    content = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = turned
    image.save(content, "JPEG", quality=shot.quality, exif=exif)
    return content.getvalue()


def _page_source(filled: Filled, backwards: np.ndarray, shot: Shot) -> Image.Image:
    """The page as opaque RGBA at about the scale of the photograph, so that sampling it loses and invents nothing."""
    centre = np.array([[shot.width / 2, shot.height / 2], [shot.width / 2 + 1, shot.height / 2]])
    one, other = project(backwards, centre)
    wanted = 1.15 / max(1e-6, float(np.hypot(*(other - one))))
    factor = min(1.0, wanted / filled.per_mm)
    image = filled.image
    if factor < 0.95:
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BOX)
    image = image.point([round(_PAPER * value) for value in range(256)] * 3)
    image.putalpha(255)
    return image


def _crease(rng: np.random.Generator, size: np.ndarray, shot: Shot) -> Callable[..., tuple[tuple, np.ndarray]]:
    """A fold: points beside it move along some direction, most at the crease, none a third of the page away."""
    angle = rng.choice([0, 90, rng.uniform(0, 180)])
    across = np.radians(angle)
    at, reach = rng.uniform(-0.35, 0.35), rng.uniform(0.2, 0.4)
    way = np.radians(rng.uniform(0, 360))
    amount = shot.fold_size * size[0] / size
    amount = amount * np.array([np.cos(way), np.sin(way)])
    dark = rng.uniform(0.85, 1.0)

    def apply(px: np.ndarray, py: np.ndarray) -> tuple[tuple, np.ndarray]:
        distance = np.cos(across) * px + np.sin(across) * py - at
        tent = (1 - abs(distance) / reach).clip(0, 1)
        return (amount[0] * tent, amount[1] * tent), np.where(distance > 0, 1 - (1 - dark) * tent, 1.0)

    return apply


def _desk(shot: Shot, rng: np.random.Generator) -> Image.Image:
    """What lies around the page."""
    base = {
        "wood": (0.55, 0.38, 0.22), "dark": (0.12, 0.12, 0.14), "white": (0.8, 0.8, 0.78), "blue": (0.15, 0.3, 0.6),
        "green": (0.2, 0.5, 0.25), "red": (0.65, 0.15, 0.15), "keyboard": (0.2, 0.2, 0.22), "print": (0.75, 0.75, 0.7),
    }[shot.desk]  # fmt: skip
    size = (shot.width, shot.height)
    phase = rng.uniform(0, 6.3)
    if shot.desk in ("keyboard", "print"):
        return _clutter(shot, rng).resize(size, Image.Resampling.BILINEAR)
    colour = np.array(base, np.float32)
    if shot.desk != "wood":
        return Image.new("RGB", size, tuple((255 * colour).astype(int).tolist()))
    x, y = np.meshgrid(np.arange(0, shot.width, 2, np.float32), np.arange(0, shot.height, 2, np.float32))
    scale = 60 / shot.width
    grain = 0.08 * np.sin(scale * x + 2.5 * np.sin(0.3 * scale * y[:, :1] + phase)) + 0.03 * np.sin(9 * scale * x[:1])
    pixels = (255 * colour * (1 + grain[..., None])).clip(0, 255).astype(np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)


def _clutter(shot: Shot, rng: np.random.Generator) -> Image.Image:
    """Keys in rows, or a printed text."""
    ground = (55, 55, 60) if shot.desk == "keyboard" else (200, 200, 200)
    image = Image.new("RGB", (shot.width // 2, shot.height // 2), ground)
    draw = ImageDraw.Draw(image)
    step = max(12, image.width // 22)
    for y in range(0, image.height, step):
        for x in range(0, image.width, step):
            if shot.desk == "keyboard":
                draw.rounded_rectangle((x + 1, y + 1, x + step - 3, y + step - 3), 3, fill=(25, 25, 28))
                draw.text((x + step // 3, y + step // 4), chr(65 + int(rng.integers(26))), fill=(220, 220, 220))
            elif rng.random() < 0.8:
                draw.text((x, y), "word", fill=(40, 40, 40))
    return image


def _finger(image: Image.Image, shot: Shot) -> None:
    """A thumb that reaches into the picture from its nearest side; its tip is at shares of width and height."""
    assert shot.finger is not None
    draw = ImageDraw.Draw(image)
    x, y = shot.finger[0] * shot.width, shot.finger[1] * shot.height
    wide = 0.035 * min(shot.width, shot.height)
    out = -0.1 * shot.width if shot.finger[0] < 0.5 else 1.1 * shot.width
    light = 0.8 * shot.exposure
    skin = tuple(round(channel * light) for channel in (205, 150, 125))
    draw.rectangle((min(x, out), y - wide, max(x, out), y + wide), fill=skin)
    draw.ellipse((x - wide, y - wide, x + wide, y + wide), fill=skin)
