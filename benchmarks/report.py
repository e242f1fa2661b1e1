"""A record as lines for people, while it is taken."""

from typing import Any

from benchmarks.measure import Result
from benchmarks.targets import target

MNIST_IMAGES = 60_000


def head(record: dict[str, Any]) -> str:
    peak = record["peak_gigaflops"]
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    return (
        f"{record['benchmark']}: {record['cpu']}, {record['cores']} cores, {record['system']}\n"
        f"  {record['instruction_set']}, {record['threads']} thread(s); peak {peak:.1f} GFLOP/s a thread; "
        f"{versions}, {record['compiler']}; commit {record['commit'] or 'unknown'}; {record['rounds']} rounds"
    )


def lines(result: Result, record: dict[str, Any]) -> list[str]:
    """One line for each contender."""
    found = []
    width = max(20, *(len(name) for name in result.measured))
    for name in result.measured:
        parts = [f"  {result.what:32.32} {name:{width}.{width}}", cost(result, name)]
        if result.images and result.unit == "seconds":
            parts.append(f"{result.images_per_second(name):12,.0f} images/s")
        if record["benchmark"] == "lenet5" and result.what.startswith("train"):
            parts.append(f"{MNIST_IMAGES / result.images_per_second(name):7.2f} s/60,000")
        if result.operations:
            share = result.gigaflops(name) / (record["peak_gigaflops"] * record["threads"])
            parts.append(f"{result.gigaflops(name):7.1f} GFLOP/s {100 * share:4.0f} %")
        if name != result.ours:
            parts.append(ratio(result, name, record))
        found.append(" ".join(parts))
    return found


def cost(result: Result, name: str) -> str:
    value = result.value(name)
    return f"{value / 1e6:8.1f} MB" if result.unit == "bytes" else f"{value * 1e3:10.3f} ms"


def ratio(result: Result, against: str, record: dict[str, Any]) -> str:
    spread = result.ratio(against)
    text = f"ours {spread.median:.2f}x ({spread.least:.2f}..{spread.most:.2f})"
    wanted = target(record["benchmark"], result.what, against, record["threads"])
    if wanted is None:
        return text
    met = "met" if spread.median >= wanted.at_least else "MISSED"
    return f"{text}, target {wanted.at_least:.3g}x {met}"
