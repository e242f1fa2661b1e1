"""Papers, rules, light and cameras: what a glyph is drawn on and seen through."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from tools.pictures.glyphs import Ink

Page = npt.NDArray[np.float32]  # (H, W, 3), reflectance from 0 to 1

BLUE_PENS = ((0.12, 0.18, 0.50), (0.16, 0.22, 0.42), (0.10, 0.14, 0.38))
DARK_PENS = ((0.10, 0.10, 0.11), (0.16, 0.15, 0.15), (0.28, 0.28, 0.30))  # ink, felt pen, pencil


def blank_page(rng: np.random.Generator, height: int, width: int) -> Page:
    """White to cream paper."""
    white, cream = rng.uniform(0.86, 0.97), rng.uniform(-0.01, 0.09)
    colour = np.array([white + 0.01, white, white - cream], np.float32)
    return np.ones((height, width, 3), np.float32) * colour


def with_ink(page: Page, ink: Ink, top: int, left: int, colour: tuple[float, float, float]) -> Page:
    """The page with a glyph on it; what lies outside is cut."""
    layer = np.zeros(page.shape[:2], np.float32)
    height, width = layer.shape
    y0, x0, y1, x1 = max(top, 0), max(left, 0), min(top + ink.shape[0], height), min(left + ink.shape[1], width)
    layer[y0:y1, x0:x1] = ink[y0 - top : y1 - top, x0 - left : x1 - left]
    return over(page, layer, colour)


def over(page: Page, layer: Ink, colour: tuple[float, float, float]) -> Page:
    """Ink lies over what is there and lets the darker of the two through."""
    inked = np.minimum(page, np.array(colour, np.float32))
    return (page + layer[:, :, None] * (inked - page)).astype(np.float32)


def rules(
    rng: np.random.Generator, height: int, width: int, spacing: float, thick: float, degrees: float, across: bool
) -> Ink:
    """Parallel lines at a slant of some degrees, with smooth edges; `across`: from left to right."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    slant = np.deg2rad(degrees)
    place = y * np.cos(slant) + x * np.sin(slant) if across else x * np.cos(slant) - y * np.sin(slant)
    phase = rng.uniform(0, spacing)
    distance = np.abs((place + phase) % spacing - spacing / 2)
    return (thick / 2 + 0.5 - distance).clip(0, 1).astype(np.float32)


def one_line(height: int, width: int, place: float, thick: float, degrees: float, across: bool) -> Ink:
    """One line right through the picture."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    slant = np.deg2rad(degrees)
    here = y * np.cos(slant) + x * np.sin(slant) if across else x * np.cos(slant) - y * np.sin(slant)
    return (thick / 2 + 0.5 - np.abs(here - place)).clip(0, 1).astype(np.float32)


def frame(height: int, width: int, box: tuple[float, float, float, float], thick: float) -> Ink:
    """The outline of a box (top, left, bottom, right); parts outside the picture are cut."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    top, left, bottom, right = box
    inside = np.minimum(np.minimum(y - top, bottom - y), np.minimum(x - left, right - x))
    return (thick / 2 + 0.5 - np.abs(inside)).clip(0, 1).astype(np.float32)


def soft_light(rng: np.random.Generator, height: int, width: int) -> Ink:
    """Light that falls a little unevenly: a slope of up to a sixth."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 0.16)
    return (1 - depth * (0.5 + 0.5 * (x * np.cos(angle) + y * np.sin(angle)))).astype(np.float32)


def dark_corner(rng: np.random.Generator, height: int, width: int) -> Ink:
    """A corner out of the lamp's reach, a vignette, or the shadow of a hand with a soft edge."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    kind = rng.integers(3)
    if kind == 0:
        away = np.hypot(x - rng.choice([-1, 1]), y - rng.choice([-1, 1]))
        reach = rng.uniform(0.8, 1.3)
        fall = (1 - away / reach).clip(0, 1) ** 1.5
        return (1 - rng.uniform(0.75, 0.95) * fall).astype(np.float32)
    if kind == 1:
        away = np.hypot(x, y) / np.sqrt(2)
        return (1 - rng.uniform(0.6, 0.85) * away ** rng.uniform(2.5, 5)).astype(np.float32)
    angle = np.deg2rad(rng.choice([35, 55, 125, 145, 215, 235, 305, 325]) + rng.uniform(-9, 9))
    edge = x * np.cos(angle) + y * np.sin(angle) - rng.uniform(0.35, 0.75)
    return (1 - rng.uniform(0.35, 0.6) / (1 + np.exp(-edge * rng.uniform(8, 25)))).astype(np.float32)


def photographed(rng: np.random.Generator, page: Page, light: Ink) -> Image.Image:
    """What a telephone makes of it: light, a little blur and noise, and JPEG."""
    image = Image.fromarray(((page * light[:, :, None]).clip(0, 1) * 255).astype(np.uint8))
    seen = np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9))), np.float32)
    seen = seen + rng.normal(0, rng.uniform(0.5, 3.5), page.shape).astype(np.float32)
    stored = io.BytesIO()
    Image.fromarray(seen.clip(0, 255).astype(np.uint8)).save(stored, "JPEG", quality=int(rng.integers(70, 95)))
    return Image.open(stored).convert("RGB")
