"""The README's first table: the newest records of the two networks, small enough to see at once, and who is faster."""

from typing import Any

from benchmarks.measure import Result
from benchmarks.page import TITLES, machines, name_of

_NETWORKS = ("lenet5", "vgg")
# Where a library is quoted in several forms, the fastest counts; what computes with fewer digits stands apart.
_PEERS = {
    "PyTorch": ("torch",),
    "PyTorch tuned": ("torch-channels-last", "torch-compiled"),
    "PyTorch bfloat16": ("torch-bf16",),
    "TensorFlow": ("tensorflow", "tensorflow-lite"),
    "onnxruntime": ("onnxruntime",),
}


def readme_table(records: list[dict[str, Any]]) -> str:
    """Images per second, and how many times those of the peers; of each network and thread count the newest record.

    The table is of the machine with the most figures of peers, of two with as many the one measured last. Below it
    stands what was faster than we are, on any machine.
    """
    networks = [record for record in records if record["benchmark"] in _NETWORKS]
    if not networks:
        return ""
    by_machine = [group for _, group in machines(networks)]
    shown = max(by_machine, key=lambda group: (_figures(group), max(record["date"] for record in group)))
    lines = [
        f"| {shown[0]['cpu']}, {shown[0]['instruction_set']} | threads | images/s | {' | '.join(_PEERS)} |",
        "|" + "---|" * (3 + len(_PEERS)),
    ]
    for record in sorted(shown, key=lambda record: (_NETWORKS.index(record["benchmark"]), record["threads"])):
        lines += [_row(record, Result.from_dict(value)) for value in record["results"]]
    faster = [line for group in by_machine for line in _faster(group)]
    if faster:
        lines += ["", "Faster than we are:", "", *faster]
    return "\n".join([*lines, ""])


def _figures(group: list[dict[str, Any]]) -> int:
    return sum(len(value["measured"]) for record in group for value in record["results"])


def _faster(group: list[dict[str, Any]]) -> list[str]:
    """For each peer that was faster on a machine a line with the least and the largest of its ratios, and at what."""
    found: dict[str, list[tuple[float, str]]] = {}
    for record in group:
        for value in record["results"]:
            result = Result.from_dict(value)
            for peer in list(result.measured)[1:]:
                ratio = result.ratio(peer).median
                if ratio < 1:
                    work = f"{TITLES[record['benchmark']]}: {result.what}"
                    found.setdefault(peer, []).append((1 / ratio, f"{work} ({record['threads']})"))
    return [
        f"- {name_of(peer)} on {group[0]['cpu']}, by {_span([times for times, _ in cases])}: "
        f"{'; '.join(work for _, work in cases)}"
        for peer, cases in found.items()
    ]


def _span(times: list[float]) -> str:
    least, most = f"{min(times):.1f}x", f"{max(times):.1f}x"
    return least if least == most else f"{least} to {most}"


def _row(record: dict[str, Any], result: Result) -> str:
    ratios = [_least(result, peers) for peers in _PEERS.values()]
    speed = f"{result.images_per_second(result.ours):,.0f}"
    work = f"{TITLES[record['benchmark']]}: {result.what}"
    return f"| {work} | {record['threads']} | {speed} | {' | '.join(ratios)} |"


def _least(result: Result, peers: tuple[str, ...]) -> str:
    ratios = [result.ratio(peer).median for peer in peers if peer in result.measured]
    return f"{min(ratios):.1f}x" if ratios else ""
