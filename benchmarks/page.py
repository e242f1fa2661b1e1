"""docs/performance.md from the records: the newest of each benchmark and thread count, for each machine."""

from collections.abc import Iterable
from typing import Any

from benchmarks.bench_choices import ALLOWED, good, least
from benchmarks.forms_page import forms_sections
from benchmarks.measure import Result
from benchmarks.peers import PEERS
from benchmarks.report import MNIST_IMAGES
from benchmarks.targets import APART, BOUNDS, TARGETS, Target, target

_HEAD = """# Performance

Made by `python tools/make_performance.py` from the records in `benchmarks/results`; change it there. To measure on
your machine: `python -m benchmarks all --threads 1,2`, with `--python torch=PATH` and so on for peers that live in
environments of their own, and `--keep` to put the figures on this page.

## How it is measured

- Every program runs in a process of its own and waits while another one computes; the next one begins when the
  threads of the last one rest, since some spin for a while after their work. Before a program is timed, its losses
  or outputs are held to ours. The CPU time of all its threads says whether it kept to its number of threads.
- In each round every program does the same work once; a ratio is what the other one costs over what we cost in the
  same round. Tables show the median of the rounds, and least to most in brackets. Above 1 we are better.
- GFLOP/s count a convolution as its definition has it, whatever the algorithm, and training as three passes but for
  the gradient of the images. The share of the peak is of the multiply-adds that one thread did in a loop without
  memory, just before, times the threads; an algorithm that needs fewer operations can reach more than 100 %.
- Pictures are drawn by the program, weights are those of seed 1. Training is from bytes in our case, from normalized
  floats in that of the others; picking the batch belongs to the step.
"""

HEAD = "\n".join(
    [
        _HEAD,
        "| program | how it runs |",
        "|---|---|",
        *(f"| {peer.title} | {peer.about} |" for peer in PEERS.values()),
        "",
    ]
)

MISSED = "**missed**"
TITLES = {
    "lenet5": "LeNet-5",
    "vgg": "VGG-like network",
    "shapes": "Convolutions of many shapes",
    "choices": "The choice of algorithm",
    "scaling": "More threads",
    "beside": "Beside other work",
    "isa": "AVX2 against AVX-512",
    "forms": "The forms of the others",
    "command": "Whole commands",
    "augmentation": "Augmentation",
    "epoch": "An epoch of `cnn train`",
}
ABOUT = {
    "shapes": "32 images, forward and backward; each side in the layout of its own choice.",
    "choices": "Milliseconds for 64 images, the least of the rounds; the chosen algorithm in bold.",
    "scaling": "The same program with more threads and with one, and as many programs of one thread each at the same "
    "time, taking turns. Those share nothing but the machine; threads that share weights in a cache can do better.",
    "beside": "The same program with more threads and with one, quiet and while another process spins on a core, "
    "taking turns; `torch first` is beside the loop too, with PyTorch imported before us. Of two trainings at once, "
    "which compute for a whole second, the slower one counts, against one alone.",
    "isa": "The same program with AVX2 forced and with AVX-512, taking turns.",
    "command": "From the start of the process to its end; the picture is a PNG of 28x28.",
    "epoch": "With its records, checkpoints and terminal, against the same steps in a bare loop.",
}


def page(records: list[dict[str, Any]]) -> str:
    """The whole page."""
    sections = [HEAD]
    for _, group in machines(records):
        sections.append(_machine(group))
        measured = [record for record in group if record["benchmark"] != "forms"]
        if measured:
            sections += [_summary(measured), *(_benchmark(record) for record in measured)]
        machine = _machine_of(group[0])
        sections += forms_sections(
            [record for record in records if record["benchmark"] == "forms" and _machine_of(record) == machine]
        )
    if not records:
        sections.append("## Results\n\nNone are on record yet.\n")
    return "\n".join(sections)


def _machine_of(record: dict[str, Any]) -> tuple[str, str]:
    return record["cpu"], record["instruction_set"]


def machines(records: list[dict[str, Any]]) -> list[tuple[tuple[str, str], list[dict[str, Any]]]]:
    """Records by machine and instruction set; of each benchmark and thread count the last one."""
    newest: dict[tuple[str, str], dict[tuple[str, int], dict[str, Any]]] = {}
    for record in sorted(records, key=lambda record: record["date"]):
        newest.setdefault(_machine_of(record), {})[record["benchmark"], record["threads"]] = record
    order = list(TITLES)
    return [
        (machine, [found[key] for key in sorted(found, key=lambda key: (order.index(key[0]), key[1]))])
        for machine, found in sorted(newest.items())
    ]


def _machine(records: list[dict[str, Any]]) -> str:
    first = records[0]
    versions: dict[str, str] = {}
    for record in records:
        versions |= record["versions"]
    peaks = sorted(record["peak_gigaflops"] for record in records)
    lines = [
        f"## {first['cpu']}, {_set(first['instruction_set'])}",
        "",
        f"{first['cores']} cores, {first['system']}; peak of one thread {peaks[0]:.0f} to {peaks[-1]:.0f} GFLOP/s; "
        f"built with {first['compiler']}; {', '.join(f'{name} {versions[name]}' for name in sorted(versions))}.",
        "",
    ]
    return "\n".join(lines)


def _summary(records: list[dict[str, Any]]) -> str:
    """Every target that these records speak of, and whether it is met."""
    lines = ["### Targets", ""]
    lines += ["| work | threads | against | at least | wished for | measured | |", "|---|---|---|---|---|---|---|"]
    met = missed = 0
    slower = []
    for record, result, against in _ratios(records):
        spread = result.ratio(against)
        work = f"{TITLES[record['benchmark']]}: {result.what}"
        if spread.median < 1 and against not in BOUNDS:
            slower.append(f"{work}, {_threads(record)}: {name_of(against)} ({spread.median:.2f}x)")
        wanted = target(record["benchmark"], result.what, against, record["threads"])
        if wanted is None:
            continue
        verdict = _verdict(spread.median, wanted)
        missed += verdict == MISSED
        met += verdict != MISSED
        stretch = "" if wanted.stretch is None else f"{wanted.stretch:.3g}x"
        lines.append(
            f"| {work} | {record['threads']} | {name_of(against)} | {wanted.at_least:.3g}x | {stretch} | "
            f"{_spread(result, against)} | {verdict} |"
        )
    lines += ["", f"{met} of {met + missed} targets are met."]
    apart = [result.ratio(against).median for _, result, against in _ratios(records) if against == APART]
    if apart:
        lines[-1] += (
            " As many programs of one thread each, at the same time, show what the machine lets more threads reach: in "
            f"the same rounds the threads were {min(apart):.2f}x to {max(apart):.2f}x as fast as these."
        )
    unmeasured = _unmeasured(records)
    if unmeasured:
        lines += ["", "Not measured here: " + "; ".join(unmeasured) + "."]
    lines += ["", "We are slower than:" if slower else "Nothing measured here is faster than we are.", ""]
    lines += [f"- {line}" for line in slower]
    return "\n".join([*lines, ""] if slower else lines)


def _verdict(median: float, wanted: Target) -> str:
    if median < wanted.at_least:
        return MISSED
    return "met" if wanted.stretch is None or median < wanted.stretch else "wish met"


def _unmeasured(records: list[dict[str, Any]]) -> list[str]:
    measured = [
        (record["benchmark"], record["threads"], result.what, against) for record, result, against in _ratios(records)
    ]
    found = []
    for wanted in TARGETS:
        if not any(
            (benchmark, threads, against) == (wanted.benchmark, wanted.threads, wanted.against)
            and wanted.what in (what, "*")
            for benchmark, threads, what, against in measured
        ):
            what = "" if wanted.what == "*" else f", {wanted.what}"
            found.append(f"{TITLES[wanted.benchmark]}{what} ({name_of(wanted.against)})")
    return found


def _ratios(records: Iterable[dict[str, Any]]) -> Iterable[tuple[dict[str, Any], Result, str]]:
    for record in records:
        for value in record["results"]:
            result = Result.from_dict(value)
            for against in list(result.measured)[1:]:
                yield record, result, against


def _benchmark(record: dict[str, Any]) -> str:
    lines = [f"### {TITLES[record['benchmark']]}, {_threads(record)}", ""]
    if record["benchmark"] in ABOUT:
        lines += [ABOUT[record["benchmark"]], ""]
    results = [Result.from_dict(value) for value in record["results"]]
    if results:
        lines += _table(results, record)
    if "choices" in record:
        lines += _choices(record["choices"])
    lines += [f"{note[0].upper()}{note.splitlines()[0][1:]}." for note in record.get("notes", [])]
    lines += [f"{name_of(name)} was skipped: {why}." for name, why in record["skipped"].items()]
    lines += [
        f"Taken {record['date']} at commit {record['commit'] or 'unknown'}, {record['rounds']} rounds: "
        f"`python -m benchmarks {record['benchmark']} --threads {record['threads']} --rounds {record['rounds']}`.",
        "",
    ]
    return "\n".join(lines)


def _table(results: list[Result], record: dict[str, Any]) -> list[str]:
    counted = any(result.operations for result in results)
    images = any(result.images for result in results)
    training = record["benchmark"] == "lenet5"
    columns = ["work", "program", "time or memory"]
    columns += ["images/s"] if images else []
    columns += ["s per 60,000"] if training else []
    columns += ["GFLOP/s", "of peak"] if counted else []
    columns += ["ours is better by", "at least", "wished for"]
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for result in results:
        for name in result.measured:
            cells = [result.what if name == result.ours else "", name_of(name), _cost(result, name)]
            if images:
                cells.append(f"{result.images_per_second(name):,.0f}" if result.images else "")
            if training:
                trains = result.what.startswith("train")
                cells.append(f"{MNIST_IMAGES / result.images_per_second(name):.2f}" if trains else "")
            if counted:
                share = result.gigaflops(name) / (record["peak_gigaflops"] * record["threads"])
                cells += [f"{result.gigaflops(name):.1f}", f"{100 * share:.0f} %"] if result.operations else ["", ""]
            cells += _ratio_cells(result, name, record)
            lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _ratio_cells(result: Result, name: str, record: dict[str, Any]) -> list[str]:
    if name == result.ours:
        return ["", "", ""]
    wanted = target(record["benchmark"], result.what, name, record["threads"])
    if wanted is None:
        return [_spread(result, name), "", ""]
    missed = f" {MISSED}" if result.ratio(name).median < wanted.at_least else ""
    stretch = "" if wanted.stretch is None else f"{wanted.stretch:.3g}x"
    return [_spread(result, name) + missed, f"{wanted.at_least:.3g}x", stretch]


def _choices(choices: list[dict[str, Any]]) -> list[str]:
    names = sorted({name for choice in choices for name in choice["seconds"]})
    lines = [f"| network | shape | pass | {' | '.join(names)} | |", "|" + "---|" * (4 + len(names))]
    for choice in choices:
        seconds = least(choice)
        cells = []
        for name in names:
            text = f"{1e3 * seconds[name]:.2f}" if name in seconds else ""
            cells.append(f"**{text}**" if name == choice["chosen"] else text)
        verdict = "" if good(choice) else f"**over {100 * (ALLOWED - 1):.0f} % slower than the best**"
        cells = [choice["network"], choice["shape"], choice["pass"], *cells, verdict]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _spread(result: Result, against: str) -> str:
    spread = result.ratio(against)
    return f"{spread.median:.2f}x ({spread.least:.2f} to {spread.most:.2f})"


def _cost(result: Result, name: str) -> str:
    value = result.value(name)
    if result.unit == "bytes":
        return f"{value / 1e6:.0f} MB"
    return f"{1e3 * value:.3g} ms" if value < 1 else f"{value:.2f} s"


def name_of(name: str) -> str:
    return PEERS[name].title if name in PEERS else _set(name)


def _set(name: str) -> str:
    return {"avx2": "AVX2", "avx512": "AVX-512", "x86_64": "plain x86-64"}.get(name, name)


def _threads(record: dict[str, Any]) -> str:
    return "one thread" if record["threads"] == 1 else f"{record['threads']} threads"
