"""LeNet-5: training at batch 64 and 512, inference at batch 1, 64 and 1000."""

from typing import Any

from benchmarks import bench_network
from benchmarks.bench_network import Work
from benchmarks.options import Options

TRAINING = [Work("train", 64, images=6400, quick_images=640), Work("train", 512, images=5120, quick_images=512)]
INFERENCE = [
    Work("infer", 1, images=1000, quick_images=50),
    Work("infer", 64, images=6400, quick_images=640),
    Work("infer", 1000, images=10_000, quick_images=1000),
]


def run(options: Options) -> dict[str, Any]:
    return bench_network.run("lenet5", [*TRAINING, *INFERENCE], options)
