"""How far `cnn train FOLDER` is from the best of 24 settings that have as much CPU time, on folders nobody tuned for.

With --seconds 20 all have so much, what is chosen by `cnn train FOLDER --time-limit 20`; that takes an hour of CPU time
instead of eight. Each training is kept in benchmarks/results/untuned, so that this may be stopped and started again,
and the table of docs/choices.md is made of them. The best of 24 is chosen by the very pictures that it is measured on,
so it is flattered by luck; what was chosen is not.
"""

import argparse
from pathlib import Path

from tools.untuned.sets import FOLDERS, by_name, write
from tools.untuned.table import RESULTS, file_of, line, write_table
from tools.untuned.tries import Results, settings, take_all


def main() -> None:
    arguments = _parse()
    work, seconds = arguments.work, arguments.seconds
    work.mkdir(parents=True, exist_ok=True)
    seeds = range(1, arguments.seeds + 1)
    for name in () if arguments.table else arguments.folders:
        folder = by_name(name)
        if folder.picture is None and arguments.cifar is None:
            print(f"{name}: left out; pass --cifar with CIFAR-10's files")
            continue
        place = write(folder, work, arguments.cifar)
        results = Results(file_of(arguments.results, name, seconds), place, work / f"work-{name}", seconds)
        take_all(results, settings(), seeds)
        print(line(folder, results.taken), flush=True)
    write_table(arguments.results)


def _parse() -> argparse.Namespace:
    names = [folder.name for folder in FOLDERS]
    parser = argparse.ArgumentParser(
        prog="python -m tools.untuned", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", default=names, help=f"of {', '.join(names)} [all]")
    parser.add_argument("--work", type=Path, default=Path("build/untuned"), help="for pictures, models [%(default)s]")
    parser.add_argument("--results", type=Path, default=RESULTS, help="what is kept [benchmarks/results/untuned]")
    parser.add_argument("--cifar", type=Path, help="folder with train/CLASS and test/CLASS of CIFAR-10")
    parser.add_argument(
        "--seconds", type=float, help="CPU time of each training, also of what is chosen [what its own epochs take]"
    )
    parser.add_argument("--seeds", type=int, default=3, help="of the best ones [%(default)s]")
    parser.add_argument("--table", action="store_true", help="only make the table of docs/choices.md again")
    arguments = parser.parse_args()
    for name in arguments.folders:
        if name not in names:
            parser.error(f"{name}: unknown; use {', '.join(names)}")
    if arguments.seeds < 1:
        parser.error("--seeds: at least 1")
    return arguments


if __name__ == "__main__":
    main()
