"""Trains each of the nine broken cases over five seeds and 20 healthy networks, and prints what `cnn doctor` says.

    python -m tools.doctor_proof --set tune
    python -m tools.doctor_proof --set lenet5 --data FOLDER          # with the four files of MNIST
    python -m tools.doctor_proof --set convnet --data cifar10-jpeg.tar.gz

The thresholds were set on "tune" (mlp, digits) and are only shown on the other two. Each run's folder stays in --keep,
so that this may be stopped and started again; what the doctor says of the folders is worked out anew each time. `cnn
doctor` reads the folders and nothing else; in those of broken runs no file says that they are.
"""

import argparse
import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tools.doctor_proof.sets import SETS, Planned, planned

from cnncli.broken.cases import CASES
from cnncli.broken.pair import Source, begun, read_source, trained
from cnncli.doctor.examine import findings
from cnncli.doctor.facts import RunFacts, read_facts


def main() -> None:
    arguments = _parse()
    chosen = next(one for one in SETS if one.name == arguments.set)
    keep = arguments.keep / chosen.name
    keep.mkdir(parents=True, exist_ok=True)
    source: Source | None = None
    names: dict[str, Counter[str]] = {}
    silent = healthy = 0
    for one in planned(arguments.seeds, arguments.first):
        place = keep / one.name
        if not (place / "seconds.json").is_file():
            settings = replace(chosen.settings(keep, arguments.data), **one.changed, seed=one.seed)
            if source is None or chosen.data == "digits":  # of which each seed draws others
                source = read_source(settings, (chosen.images, chosen.tests))
            _train(one, replace(source, settings=settings), place, keep)
        run = read_facts(place)
        if arguments.curves_alone:
            run = replace(run, images={})
        found = findings(run)
        said = ", ".join(f"{finding.kind} {finding.likelihood:.2f}" for finding in found) or "nothing found"
        if one.case is None:
            healthy, silent = healthy + 1, silent + (not found)
        else:
            names.setdefault(one.case, Counter())[found[0].kind if found else "nothing"] += 1
        print(f"{one.name:58} {_reached(run)}  {said}", flush=True)
    print()
    for case, counts in names.items():
        others = ", ".join(f"{kind} {count}" for kind, count in counts.items() if kind != case)
        print(f"{case:24} {counts[case]} of {counts.total()}{f' ({others})' if others else ''}")
    right = sum(counts[case] == counts.total() for case, counts in names.items())
    print(f"\n{right} of {len(names)} cases named right with every seed; silent on {silent} of {healthy} healthy runs")
    seconds = sum(json.loads(path.read_text())["cpu_seconds"] for path in keep.glob("*/seconds.json"))
    print(f"trainings: {seconds:.0f} s of CPU time")


def _train(one: Planned, source: Source, place: Path, keep: Path) -> None:
    """A run, which then stands in `place`; one that was broken off is left in `keep`/open."""
    began = time.process_time()
    settings = replace(source.settings, threads=1, runs=str(keep / "open"), out=str(keep / "model.bin"))
    case = next((case for case in CASES if case.name == one.case), None)
    with begun(case, replace(source, settings=settings), is_broken=True) as job:
        trained(job)
    (keep / "model.bin").unlink(missing_ok=True)
    job.run.path.rename(place)
    (place / "seconds.json").write_text(json.dumps({"cpu_seconds": time.process_time() - began}))


def _reached(run: RunFacts) -> str:
    if "validation" not in run.parts:
        return "no end  "
    return f"{100 * run.parts['validation'].accuracy:5.1f} % "


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.doctor_proof", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=[one.name for one in SETS], default="tune", help="[%(default)s]")
    parser.add_argument("--data", type=Path, help="MNIST's folder, or CIFAR-10's archive")
    parser.add_argument("--keep", type=Path, default=Path("build/doctor-proof"), help="the runs [%(default)s]")
    parser.add_argument("--seeds", type=int, default=5, help="of each broken case [%(default)s]")
    parser.add_argument("--first", type=int, default=1, help="the first seed [%(default)s]")
    parser.add_argument(
        "--curves-alone",
        action="store_true",
        help="leave out the counts of equal images, which show a leak by themselves",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
