"""Bad photographs, each with what the reason of its refusal must say."""

import io
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from tools.photographs.camera import camera, project
from tools.photographs.shots import Job, good_job

from cnncli.forms.layout import CORNERS

KINDS = ("corner covered", "corner cut off", "corner torn off", "blurred", "small", "no form", "code covered", "dark")


def bad_job(number: int) -> tuple[str, bytes, tuple[str, ...]]:
    """(kind, the picture, words of which all must stand in the reason)."""
    kind = KINDS[number % len(KINDS)]
    rng = np.random.default_rng([number, 7])
    job = good_job(number * 9)  # of the plain kind
    job = replace(job, shot=replace(job.shot, width=1200, height=1600, share=min(0.9, job.shot.share)))
    corner = int(rng.integers(4))
    if kind == "no form":
        return kind, _no_form(number, rng), ("no form of cnn sheet",)
    if kind == "blurred":
        job = replace(job, shot=replace(job.shot, blur=float(rng.uniform(11, 22))))
        return kind, job.take()[1], ("blurred",)
    if kind == "small":
        job = replace(job, shot=replace(job.shot, width=700, height=900, share=float(rng.uniform(0.3, 0.36))))
        return kind, job.take()[1], ("small",)
    if kind == "dark":
        job = replace(job, shot=replace(job.shot, exposure=0.03))
        return kind, job.take()[1], ("dark",)
    _, content = job.take()
    image = Image.open(io.BytesIO(content)).convert("RGB")
    if kind == "code covered":
        _cover(image, job, (45, 252, 150, 290), (120, 80, 60))
        return kind, _jpeg(image), ("code",)
    if kind == "corner cut off":
        return kind, _jpeg(_cropped(image, job, corner)), (CORNERS[corner], "cut off")
    box = _corner_box(job, corner, float(rng.uniform(14, 22)))
    _cover(image, job, box, (200, 150, 120) if kind == "corner covered" else (90, 60, 35))
    return kind, _jpeg(image), (CORNERS[corner], "covered")


def _corner_box(job: Job, corner: int, reach: float) -> tuple[float, float, float, float]:
    """mm of the page, from its corner to `reach` beyond its margin."""
    width, height = job.page.paper.width, job.page.paper.height
    left = corner in (0, 3)
    top = corner in (0, 1)
    return (
        -2.0 if left else width - reach,
        -2.0 if top else height - reach,
        reach if left else width + 2,
        reach if top else height + 2,
    )


def _cover(image: Image.Image, job: Job, box: tuple[float, float, float, float], colour: tuple[int, int, int]) -> None:
    points = _seen(job, box)
    ImageDraw.Draw(image).polygon([tuple(point) for point in points.tolist()], fill=colour)


def _seen(job: Job, box: tuple[float, float, float, float]) -> np.ndarray:
    """The corners of a box of the page in pixels, but for the lens."""
    paper = job.page.paper
    left, top, right, bottom = box
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    matrix = camera(job.shot, (paper.width, paper.height))
    return project(matrix, corners - [paper.width / 2, paper.height / 2])


def _cropped(image: Image.Image, job: Job, corner: int) -> Image.Image:
    """Cut through the middle of a corner's mark: the picture ends there, at its nearest edge."""
    box = job.page.paper.mark(corner)
    x, _ = _seen(job, (box.x, box.y, box.x + box.width, box.y + box.height)).mean(axis=0).tolist()
    width, height = image.size
    if corner in (0, 3):
        return image.crop((round(x), 0, width, height))
    return image.crop((0, 0, round(x), height))


def _no_form(number: int, rng: np.random.Generator) -> bytes:
    """A page of text, other markers, a chessboard, noise, or a drawing."""
    kind = number // len(KINDS) % 4
    image = Image.new("RGB", (1100, 1500), (235, 232, 225))
    draw = ImageDraw.Draw(image)
    if kind == 0:
        for row in range(60, 1440, 26):
            text = "It was the best of times, it was the worst of times, " * 2
            draw.text((70, row), text, fill=(30, 30, 30), font_size=20)
    elif kind == 1:
        for left, top in ((60, 60), (900, 60), (900, 1300), (60, 1300)):
            draw.rectangle((left, top, left + 140, top + 140), fill=(20, 20, 20))
            for bit in np.argwhere(rng.random((5, 5)) < 0.5).tolist():
                x, y = left + 20 + 20 * bit[1], top + 20 + 20 * bit[0]
                draw.rectangle((x, y, x + 19, y + 19), fill=(240, 240, 240))
    elif kind == 2:
        for row in range(10):
            for column in range(7):
                if (row + column) % 2:
                    draw.rectangle((column * 150, row * 150, column * 150 + 149, row * 150 + 149), fill=(40, 40, 40))
    else:
        for _ in range(60):
            x, y = rng.integers(0, 1000, 2).tolist()
            draw.ellipse((x, y, x + 80, y + 120), outline=tuple(rng.integers(0, 200, 3).tolist()), width=5)
    noisy = np.asarray(image.filter(ImageFilter.GaussianBlur(0.7)), np.float32) + rng.normal(0, 3, (1500, 1100, 3))
    return _jpeg(Image.fromarray(noisy.clip(0, 255).astype(np.uint8)))


def _jpeg(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=85)
    return content.getvalue()
