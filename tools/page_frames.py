"""What a stroke costs the page of a network: the time of each of its frames, and from the stroke to the answer.

    python tools/page_frames.py                      # the page of LeNet-5
    python tools/page_frames.py --model model.bin --digits 40 --unit

Digits are drawn with the mouse in Chromium, a point a frame, as fast as a hand does. Two times are told of each frame:
that of the clock (`performance.now()` in the page), in which other programs take part, and the time that the page's
thread itself ran, which a busy machine lengthens little. Needs playwright and Chromium.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cnncli import load
from cnncli.exports.page import page_of
from cnncli.shipped import shipped_model

_ROWS = ("50 %", "75 %", "95 %", "99 %", "all")
_PARTS = (50, 75, 95, 99, 100)
_TRACED = ["devtools.timeline"]
_FRAME = "FireAnimationFrame"


def strokes(count: int, seed: int = 5) -> list[list[tuple[float, float]]]:
    """So many lines as a hand draws them, about 40 points each, in shares of the pad: sums of slow waves."""
    rng = np.random.default_rng(seed)
    time = np.linspace(0, 1, 40)
    found = []
    for _ in range(count):
        waves = rng.uniform(-1, 1, (2, 3)) @ np.array([np.sin(np.pi * k * time + rng.uniform(0, 6)) for k in (1, 2, 3)])
        waves -= waves.min(axis=1, keepdims=True)
        size, corner = rng.uniform(0.35, 0.75), rng.uniform(0.1, 0.2, 2)
        points = corner[:, None] + size * waves / max(waves.max(), 1e-6)
        found.append([(float(x), float(y)) for x, y in points.T])
    return found


def draw(page: Any, lines: Sequence[Sequence[tuple[float, float]]]) -> None:
    """Each on a clear pad, a point a frame."""
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    for first, *others in lines:
        page.keyboard.press("Delete")
        page.mouse.move(box["x"] + first[0] * box["width"], box["y"] + first[1] * box["height"])
        page.mouse.down()
        for x, y in others:
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            page.wait_for_timeout(16)
        page.mouse.up()
        page.wait_for_timeout(60)


def thread_times(trace: bytes) -> list[float]:
    """Milliseconds that the page's thread ran in each callback of a frame."""
    events = json.loads(trace)["traceEvents"]
    return [event["tdur"] / 1000 for event in events if event.get("name") == _FRAME and "tdur" in event]


def measure(file: Path, digits: int, chooses: bool) -> dict[str, list[float]]:
    """Milliseconds, by what they are of."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(file.as_uri())
        page.wait_for_timeout(1500)  # as long as people look before they draw
        if chooses:
            draw(page, strokes(1))
            page.locator(".layer canvas").nth(3).focus()
            page.keyboard.press("ArrowRight")
        page.evaluate("() => { cnn.frames.length = cnn.answers.length = 0; }")
        browser.start_tracing(page=page, categories=_TRACED)
        draw(page, strokes(digits))
        trace = browser.stop_tracing()
        frames, answers = page.evaluate("() => [cnn.frames, cnn.answers]")
        browser.close()
    return {
        "a frame, clock": frames, "a frame, own thread": thread_times(trace), "stroke to answer, clock": answers,
    }  # fmt: skip


def show(times: dict[str, list[float]]) -> None:
    """A line each."""
    print(f"{'milliseconds':<26}{'count':>7}" + "".join(f"{part:>8}" for part in _ROWS))
    for name, values in times.items():
        if values:
            parts = "".join(f"{value:8.2f}" for value in np.percentile(values, _PARTS))
            print(f"{name:<26}{len(values):>7}{parts}")


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="of pictures of glyphs; LeNet-5 as it comes along")
    parser.add_argument("--digits", type=int, default=30)
    parser.add_argument("--unit", action="store_true", help="with the panel of a unit open")
    asked = parser.parse_args(words)
    model = load(asked.model or shipped_model("lenet5"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_bytes(page_of(model, "page"))
        show(measure(file, asked.digits, asked.unit))


if __name__ == "__main__":
    main(sys.argv[1:])
