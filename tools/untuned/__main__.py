"""How far `cnn train FOLDER` is from the best of 24 settings that have as much time, on folders nobody tuned for.

Each result is kept in --keep, so that this may be stopped and started again. The best of 24 is chosen by the very
pictures that it is measured on, so it is flattered by luck; what was chosen is not.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from tools.untuned.sets import FOLDERS, Folder, by_name, write
from tools.untuned.tries import CHOSEN, results_of, settings


def main() -> None:
    arguments = _parse()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    tries = settings()[:: max(1, 24 // arguments.tries)][: arguments.tries]
    seeds = range(1, arguments.seeds + 1)
    for name in arguments.folders:
        folder = by_name(name)
        if folder.picture is None and arguments.cifar is None:
            print(f"{name}: left out; pass --cifar with CIFAR-10's files")
            continue
        place = write(folder, arguments.keep, arguments.cifar)
        kept = arguments.keep / f"results-{name}"
        kept.mkdir(exist_ok=True)
        found = list(results_of(place, kept, tries, seeds, arguments.threads))
        print(line(folder, found), flush=True)


def line(folder: Folder, found: Sequence[dict[str, Any]]) -> str:
    """The gap of a folder, in points: above 0 the best setting is better than what was chosen."""
    means = {
        name: 100 * mean(result["accuracy"] for result in found if result["name"] == name)
        for name in dict.fromkeys(result["name"] for result in found)
    }
    chosen = next(result for result in found if result["name"] == CHOSEN)
    others = {name: value for name, value in means.items() if name != CHOSEN}
    text = (
        f"{folder.name:10} {folder.what}; {folder.tested:,} held out; chosen {chosen['network']} "
        f"{means[CHOSEN]:.2f} %, {chosen['epochs']} epochs, {chosen['seconds']:.0f} s"
    )
    if not others:
        return text
    best = max(others, key=lambda name: others[name])
    return f"{text}; best of {len(others)}: {best} {others[best]:.2f} %; gap {others[best] - means[CHOSEN]:+.2f}"


def _parse() -> argparse.Namespace:
    names = [folder.name for folder in FOLDERS]
    parser = argparse.ArgumentParser(
        prog="python -m tools.untuned", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", default=names, help=f"of {', '.join(names)} [all]")
    parser.add_argument("--keep", type=Path, default=Path("build/untuned"), help="pictures and results [%(default)s]")
    parser.add_argument("--cifar", type=Path, help="folder with train/CLASS and test/CLASS of CIFAR-10")
    parser.add_argument("--tries", type=int, default=24, help="settings, spread over the 24 [%(default)s]")
    parser.add_argument("--seeds", type=int, default=3, help="of each [%(default)s]")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    for name in arguments.folders:
        if name not in names:
            parser.error(f"{name}: unknown; use {', '.join(names)}")
    if not 1 <= arguments.tries <= 24 or arguments.seeds < 1:
        parser.error("--tries: pass 1 to 24; --seeds: at least 1")
    return arguments


if __name__ == "__main__":
    main()
