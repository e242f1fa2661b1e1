"""Convolutions of many shapes, forward + backward, against PyTorch channels_last.

Each side has its arrays in the layout of its own choice before the clock starts, as in the middle of a network:
our time is that of the kernels, with packing and sums of the gradients, without the conversion from NCHW.
"""

import math
from typing import Any

from benchmarks.convolution_case import ConvolutionCase
from benchmarks.measure import Result, compare
from benchmarks.options import Options
from benchmarks.peers import peers_for
from benchmarks.record import Record, contenders, tolerances

# Samples, channels, outputs, size, kernel, and what makes it general.
CASES = {
    "stride 2": ConvolutionCase(32, 64, 128, 28, 3, stride=2, padding=1),
    "1x1": ConvolutionCase(32, 128, 128, 28, 1),
    "1x1 with stride 2": ConvolutionCase(32, 128, 256, 28, 1, stride=2),
    "3x3 on 3 channels": ConvolutionCase(32, 3, 64, 32, 3, padding=1),
    "7x7 on 3 channels with stride 2": ConvolutionCase(32, 3, 64, 64, 7, stride=2, padding=3),
    "7x7": ConvolutionCase(32, 32, 32, 28, 7, padding=3),
    "dilation 2": ConvolutionCase(32, 64, 64, 28, 3, padding=2, dilation=2),
    "4 groups": ConvolutionCase(32, 128, 128, 28, 3, padding=1, groups=4),
    "depthwise": ConvolutionCase(32, 128, 128, 28, 3, padding=1, groups=128),
}
QUICK_SAMPLES = 16


def run(options: Options) -> dict[str, Any]:
    record = Record("shapes", options)
    results = []
    with contenders(peers_for("convolution", options.peers), options, record) as running:
        for name, case in CASES.items():
            values = case.to_dict()
            values["samples"] = options.size(case.samples, QUICK_SAMPLES)
            case = ConvolutionCase(**values)
            result = compare(
                name,
                running,
                tolerances(running),
                options.rounds,
                "convolution",
                fail=record.fail,
                images=case.samples,
                operations=2 * 3 * case.samples * case.multiply_adds,
                case=values,
            )
            record.add(result)
            results.append(result)
    record.add(geometric_mean(results))
    return record.to_dict()


def geometric_mean(results: list[Result]) -> Result:
    """Of the seconds, round by round: its ratio is the geometric mean of the ratios."""

    def mean(values: tuple[float, ...]) -> float:
        return math.exp(math.fsum(map(math.log, values)) / len(values))

    names = results[0].measured
    rounds = {name: zip(*(result.measured[name] for result in results), strict=True) for name in names}
    return Result("geometric mean", {name: [mean(values) for values in rounds[name]] for name in names})
