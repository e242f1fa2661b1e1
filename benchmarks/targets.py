"""What the measurements have to show: ratios in one run, at least and wished for."""

from dataclasses import dataclass

APART = "programs of one thread"
# No peers, but yardsticks: how far there was to go.
ALONE = "alone"
BOUNDS = {APART, ALONE, "bare steps"}


@dataclass(frozen=True)
class Target:
    """`against` costs at least `at_least` times what we cost; `stretch` is wished for.

    threads : what it was set for; other thread counts are shown without a target
    """

    benchmark: str
    what: str
    against: str
    at_least: float
    stretch: float | None
    threads: int = 1


def _training(batch_size: int, at_least: float, stretch: float) -> list[Target]:
    tuned = ("torch-channels-last", "tensorflow")
    return [Target("lenet5", f"train, batch {batch_size}", name, at_least, stretch) for name in tuned]


TARGETS = [
    Target("lenet5", "train, batch 64", "torch", 7, 9.5),
    *_training(64, 4.5, 5.5),
    *_training(512, 3.5, 4),
    Target("lenet5", "infer, batch 1", "onnxruntime", 2.5, 3.2),
    Target("lenet5", "infer, batch 64", "onnxruntime", 2, 2.7),
    Target("lenet5", "infer, batch 1000", "onnxruntime", 2.5, 3.3),
    Target("vgg", "train, batch 128", "torch-channels-last", 2.4, 2.9),
    Target("vgg", "train, batch 128", "torch-bf16", 1.3, 1.6),
    Target("vgg", "infer, batch 128", "onnxruntime", 2, 2.5),
    Target("vgg", "infer, batch 1", "onnxruntime", 1.2, 2),
    Target("shapes", "geometric mean", "torch-channels-last", 1, 1.5),
    Target("shapes", "*", "torch-channels-last", 0.7, None),
    Target("isa", "*", "avx512", 0.8, 0.95),
    Target("scaling", "*", "1 thread", 1.85, 1.95, threads=2),
    Target("beside", "*", "1 thread", 1, None, threads=2),
    Target("beside", "train, batch 64, two at once", ALONE, 0.4, None, threads=2),
    Target("command", "classify one picture", "onnxruntime", 1, 1.3),
    Target("command", "classify one picture", "torch", 5, 10),
    Target("command", "peak memory of training LeNet-5", "torch", 3, 5),
    Target("epoch", "*", "bare steps", 1 / 1.1, None),
]


def target(benchmark: str, what: str, against: str, threads: int) -> Target | None:
    """The one that is set for a ratio; one for this very work goes before one for all of a benchmark."""
    fitting = [
        found
        for found in TARGETS
        if (found.benchmark, found.against) == (benchmark, against)
        and found.what in (what, "*")
        and found.threads == threads
    ]
    return min(fitting, key=lambda found: found.what == "*", default=None)
