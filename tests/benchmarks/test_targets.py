"""The table of targets names what the benchmarks measure."""

from benchmarks import bench_lenet5, bench_vgg
from benchmarks.__main__ import BENCHMARKS
from benchmarks.bench_shapes import CASES
from benchmarks.page import TITLES
from benchmarks.peers import PEERS
from benchmarks.targets import TARGETS, target


def test_targets_are_those_of_benchmarks_and_of_work_that_exists() -> None:
    work = {
        "lenet5": {part.what for part in [*bench_lenet5.TRAINING, *bench_lenet5.INFERENCE]},
        "vgg": {part.what for part in [*bench_vgg.TRAINING, *bench_vgg.INFERENCE]},
        "shapes": {*CASES, "geometric mean"},
    }
    for wanted in TARGETS:
        assert wanted.benchmark in BENCHMARKS
        assert wanted.stretch is None or wanted.stretch > wanted.at_least
        if wanted.benchmark in work:
            assert wanted.against in PEERS
            assert wanted.what == "*" or wanted.what in work[wanted.benchmark]


def test_page_has_a_title_for_each_benchmark() -> None:
    assert list(TITLES) == list(BENCHMARKS)


def test_target_of_one_work_goes_before_that_of_a_whole_benchmark() -> None:
    mean = target("shapes", "geometric mean", "torch-channels-last", 1)
    one = target("shapes", "1x1", "torch-channels-last", 1)
    assert mean is not None and mean.at_least == 1
    assert one is not None and one.at_least == 0.7


def test_a_target_holds_for_its_number_of_threads() -> None:
    assert target("lenet5", "train, batch 64", "torch", 1) is not None
    assert target("lenet5", "train, batch 64", "torch", 2) is None
    assert target("scaling", "lenet5: train, batch 64", "1 thread", 2) is not None
