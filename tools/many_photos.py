"""How a folder of many photos is read: `python tools/many_photos.py FOLDER [--count 10000]`.

Draws the photos into FOLDER, where they are not there (1,000 x 1,000 pixels, JPEG, 10 classes: 200 different ones, each
with many comments, so that all files differ and decoding costs what it costs). Then `cnn train` starts on them twice,
with a cache and a terminal of its own: the second start must decode nothing. Printed is for each start the time to the
first epoch, the CPU time and the most memory of all its processes until then, and how often progress was told. Further
words are options of `cnn train`, such as `--arch lenet5`.
"""

import argparse
import io
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

_SIDE = 1_000
_DIFFERENT = 200
_CLASSES = 10
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_EPOCH = re.compile(r"epoch +1/")


def draw(folder: Path, count: int) -> None:
    """Photos of smooth colours, edges and grain, which take the room of photos as JPEG."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:_SIDE, :_SIDE].astype(np.float32) / _SIDE
    for number in range(_DIFFERENT):
        pixels = np.zeros((_SIDE, _SIDE, 3), np.float32)
        for channel in range(3):
            a, b, c, d = rng.uniform(-9, 9, 4)
            pixels[..., channel] = 128 + 60 * np.sin(a * x + b * y) + 40 * (np.sin(c * x * y * 3 + d) > 0)
        pixels += rng.normal(0, 6, (_SIDE, _SIDE, 1))
        image, file = Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), io.BytesIO()
        image.save(file, "JPEG", quality=85)
        content = file.getvalue()
        for copy in range(number, count, _DIFFERENT):
            comment = f"photo {copy}".encode()
            path = folder / f"class{number % _CLASSES}" / f"{copy:06}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            marker = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
            path.write_bytes(content[:2] + marker + content[2:])


def usage(root: int) -> tuple[float, int]:
    """CPU seconds and bytes of memory of a process and all below it."""
    parents, facts = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
                shared = int((entry / "statm").read_text().split()[2])
            except (OSError, IndexError):
                continue
            parents[int(entry.name)] = int(words[1])
            times = sum(map(int, words[11:15])) / _TICKS  # its own and those of its children that ended
            facts[int(entry.name)] = (times, (int(words[21]) - shared) * _PAGE, shared * _PAGE)
    mine = [pid for pid in facts if _is_below(pid, root, parents)]
    own = sum(facts[pid][1] for pid in mine)
    return sum(facts[pid][0] for pid in mine), own + max((facts[pid][2] for pid in mine), default=0)


def _is_below(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid not in (root, 0, 1):
        pid = parents.get(pid, 0)
    return pid == root


def start(folder: Path, work: Path, words: list[str]) -> str:
    """One start of `cnn train`, until its first epoch has ended: a line of what it took."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cnncli", "train", "--data", str(folder), "--epochs", "1", *words]
    environment = os.environ | {"XDG_CACHE_HOME": str(work / "cache"), "TERM": "xterm", "COLUMNS": "80"}
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=work, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text, told, most, first = "", set[str](), 0, (0.0, 0.0, 0)
    while process.poll() is None:
        cpu, memory = usage(process.pid)
        most = max(most, memory)
        if select.select([ours], [], [], 0.1)[0]:
            try:
                text += os.read(ours, 1 << 16).decode("utf-8", "replace")
            except OSError:
                break
        told.update(re.findall(r"(?:looking at|preparing)[^\r\n]*?[\d,]+[^\r\n]*", text))
        if not first[2] and _EPOCH.search(text):
            first = (time.monotonic() - began, cpu, most)
    process.wait()
    if process.returncode or not first[2]:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}\n{text[-2000:]}")
    seconds, cpu, until = first
    return (
        f"{seconds:6.1f} s to the first epoch, {cpu:6.1f} s of CPU, {until / 1e6:,.0f} MB until then, "
        f"{most / 1e6:,.0f} MB at most; progress told {len(told)} times"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    arguments, words = parser.parse_known_args()
    photos = arguments.folder / "photos"
    if not photos.exists():
        draw(photos, arguments.count)
    files = list(photos.rglob("*.jpg"))
    total = sum(path.stat().st_size for path in files)
    print(f"{len(files):,} photos of {_SIDE}x{_SIDE}, {total / 1e6:,.0f} MB")
    work = arguments.folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for name in ("first start", "second start"):
        print(f"{name:12}", start(photos.resolve(), work, words), flush=True)


if __name__ == "__main__":
    main()
