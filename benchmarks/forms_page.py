"""What docs/performance.md says of the forms of the peers: what was tried, what it gave, and what is quoted now."""

from typing import Any

from benchmarks.forms import CHANGES, FORMS, Change
from benchmarks.measure import Result

_LIBRARIES = {"torch": "PyTorch", "tensorflow": "TensorFlow", "jax": "JAX", "onnxruntime": "onnxruntime"}
_INTRODUCTION = """\
What a library is quoted in is the fastest of the forms that were tried, all of which compute the same. Each table is
of runs in which the forms took turns with us: how many times what we cost, the median of the rounds; the least of a
column in bold. malloc: glibc's, told to keep its memory. The first table has what was quoted before beside what is
quoted now, in the same runs.
"""

Found = dict[tuple[int, str], dict[str, Result]]


def forms_sections(records: list[dict[str, Any]]) -> list[str]:
    """Of the records of one machine, oldest first; of each library, work and thread count the last one counts."""
    found: Found = {}
    dates = []
    for record in sorted(records, key=lambda record: record["date"]):
        for value in record["results"]:
            result = Result.from_dict(value)
            others = list(result.measured)[1:]
            if not others:
                continue  # every form failed
            library = others[0].partition(": ")[0]
            found.setdefault((record["threads"], library), {})[result.what] = result
        dates.append(f"{record['date']} at commit {record['commit'] or 'unknown'}")
    if not found:
        return []
    sections = ["### The forms of the others\n", _INTRODUCTION, *_changes(found)]
    for (threads, library), results in sorted(
        found.items(), key=lambda item: (item[0][0], list(FORMS).index(item[0][1]))
    ):
        sections += _tried(threads, library, results)
    return [*sections, f"Taken {dates[0]} to {dates[-1]}: `python -m benchmarks forms`.\n"]


def _changes(found: Found) -> list[str]:
    lines = [
        "| library | work | threads | form before | ours was better by | form now | ours is better by | why |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for change in CHANGES:
        lines += [
            _change(change, threads, result)
            for (threads, library), results in sorted(found.items())
            for what, result in results.items()
            if library == change.library and f": {change.does}," in what and change.network in what
            if {_label(change, change.before), _label(change, change.now)} <= set(result.measured)
        ]
    return ["\n".join([*lines, ""])]


def _change(change: Change, threads: int, result: Result) -> str:
    before, now = (result.ratio(_label(change, form)).median for form in (change.before, change.now))
    cells = [change.before, f"{before:.2f}x", change.now, f"{now:.2f}x", change.why]
    return f"| {_LIBRARIES[change.library]} | {result.what} | {threads} | {' | '.join(cells)} |"


def _label(change: Change, form: str) -> str:
    return f"{change.library}: {form}"


def _tried(threads: int, library: str, results: dict[str, Result]) -> list[str]:
    """A row for each form, a column for each work."""
    works = sorted(results, key=_order)
    best = {
        what: min(results[what].ratio(label).median for label in list(results[what].measured)[1:]) for what in works
    }
    lines = [
        f"#### {_LIBRARIES[library]}, {'one thread' if threads == 1 else f'{threads} threads'}\n",
        f"| form | {' | '.join(works)} |",
        "|" + "---|" * (1 + len(works)),
    ]
    for form in FORMS[library]:
        cells = []
        for what in works:
            label = f"{library}: {form}"
            if label not in results[what].measured:
                cells.append("")
                continue
            ratio = results[what].ratio(label).median
            cells.append(f"**{ratio:.2f}x**" if ratio == best[what] else f"{ratio:.2f}x")
        if any(cells):
            lines.append(f"| {form} | {' | '.join(cells)} |")
    return ["\n".join([*lines, ""])]


def _order(what: str) -> tuple[str, bool, int]:
    """Networks by name, training first, small batches first."""
    network, _, work = what.partition(": ")
    return network, not work.startswith("train"), int(work.rpartition(" ")[2])
