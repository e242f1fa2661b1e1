"""The README's first table: the newest records of the two networks, small enough to see at once."""

from typing import Any

from benchmarks.measure import Result
from benchmarks.page import TITLES

BEGIN, END = "<!-- made by tools/make_performance.py -->\n", "<!-- end -->\n"
_NETWORKS = ("lenet5", "vgg")
# Where a library is quoted in several forms, the fastest counts.
_PEERS = {
    "PyTorch": ("torch",),
    "PyTorch tuned": ("torch-channels-last", "torch-compiled"),
    "TensorFlow": ("tensorflow", "tensorflow-lite"),
    "onnxruntime": ("onnxruntime",),
}


def readme_table(records: list[dict[str, Any]]) -> str:
    """Images per second, and how many times those of the peers; of each network and thread count the newest record."""
    newest: dict[tuple[str, int], dict[str, Any]] = {}
    for record in sorted(records, key=lambda record: record["date"]):
        if record["benchmark"] in _NETWORKS:
            newest[record["benchmark"], record["threads"]] = record
    if not newest:
        return ""
    first = next(iter(newest.values()))
    lines = [
        f"| {first['cpu']}, {first['instruction_set']} | threads | images/s | {' | '.join(_PEERS)} |",
        "|" + "---|" * (3 + len(_PEERS)),
    ]
    for benchmark in _NETWORKS:
        for threads in sorted(count for name, count in newest if name == benchmark):
            for value in newest[benchmark, threads]["results"]:
                lines.append(_row(benchmark, threads, Result.from_dict(value)))
    return "\n".join([*lines, ""])


def with_table(text: str, table: str) -> str:
    """The README with this table between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table + END + after


def _row(benchmark: str, threads: int, result: Result) -> str:
    ratios = [_least(result, peers) for peers in _PEERS.values()]
    speed = f"{result.images_per_second(result.ours):,.0f}"
    return f"| {TITLES[benchmark]}: {result.what} | {threads} | {speed} | {' | '.join(ratios)} |"


def _least(result: Result, peers: tuple[str, ...]) -> str:
    ratios = [result.ratio(peer).median for peer in peers if peer in result.measured]
    return f"{min(ratios):.1f}x" if ratios else ""
