"""The table of docs/choices.md: what was chosen for each folder, and what did best beside it."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

from tools.page_tables import with_made_lines
from tools.untuned.sets import FOLDERS, Folder
from tools.untuned.tries import CHOSEN, SCREEN, Result, read_results

from cnncli.storage.files import write_atomically

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "untuned"
PAGE = ROOT / "docs" / "choices.md"


def file_of(results: Path, name: str, seconds: float | None) -> Path:
    """Of a folder, and of trainings that all have so much time."""
    return results / (f"{name}.jsonl" if seconds is None else f"{name}-{seconds:g}.jsonl")


def line(folder: Folder, taken: Sequence[Result]) -> str:
    """A row of the table. The gap is in points: above 0 the best setting is better than what was chosen.

    The best is that of most seeds, and of these the one with the highest mean. Where none of the others has had all the
    time, it is of those that had a part of it, and the gap is what is missing to 100 %: none can be larger.
    """
    chosen = [result for result in taken if result.name == CHOSEN]
    others = [result for result in taken if result.name != CHOSEN]
    full = [result for result in others if result.share == 1]
    seconds, own = mean(result.seconds for result in chosen), [100 * result.accuracy for result in chosen]
    shown = full or others
    names = dict.fromkeys(result.name for result in shown)
    percents = {name: [100 * result.accuracy for result in shown if result.name == name] for name in names}
    cells = [
        folder.name, f"{chosen[0].network}, {chosen[0].epochs} epochs", f"{seconds:.0f} s",
        _spread(own),
    ]  # fmt: skip
    gap = f"at most {100 - mean(own):+.2f}"
    if percents:
        best = max(percents, key=lambda name: (len(percents[name]), mean(percents[name])))
        cells += [best if full else f"{best}, {SCREEN:g} of the time", _spread(percents[best])]
        gap = f"{mean(percents[best]) - mean(own):+.2f}" if full else gap
    else:
        cells += ["", ""]
    cells += [gap, f"{sum(result.share == SCREEN for result in taken)}"]
    return f"| {' | '.join(cells)} |"


def _spread(percents: Sequence[float]) -> str:
    if len(percents) == 1:
        return f"{percents[0]:.2f} (1 seed)"
    return f"{mean(percents):.2f} ± {stdev(percents):.2f}"


def table(results: Path) -> str:
    """All folders that something is kept of."""
    lines = [
        "| folder | chosen | CPU time | right, % | best of those tried | right, % | gap | tried |",
        "|---|---|--:|--:|---|--:|--:|--:|",
    ]
    for folder in FOLDERS:
        for file in sorted(results.glob(f"{folder.name}*.jsonl")):
            taken = read_results(file)
            if any(result.name == CHOSEN for result in taken):
                lines.append(line(folder, taken))
    return "\n".join(lines)


def write_table(results: Path, page: Path = PAGE) -> None:
    """Puts the table between its marks in the page; results kept elsewhere than usual leave it alone."""
    rows = table(results)
    print(rows)
    if results.resolve() != RESULTS:
        return
    made = with_made_lines(page.read_text(encoding="utf-8"), "tools/untuned", rows)
    write_atomically(page, made.encode())
