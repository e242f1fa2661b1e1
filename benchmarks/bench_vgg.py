"""The VGG-like network: training at batch 128, inference at batch 128 and 1."""

from typing import Any

from benchmarks import bench_network
from benchmarks.bench_network import Work
from benchmarks.options import Options

TRAINING = [Work("train", 128, images=256, quick_images=16)]
INFERENCE = [Work("infer", 128, images=256, quick_images=16), Work("infer", 1, images=64, quick_images=2)]


def run(options: Options) -> dict[str, Any]:
    return bench_network.run("vgg", [*TRAINING, *INFERENCE], options)
