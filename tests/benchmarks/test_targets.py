"""The table of targets names what the benchmarks measure."""

from benchmarks import bench_lenet5, bench_vgg
from benchmarks.__main__ import BENCHMARKS
from benchmarks.bench_shapes import CASES
from benchmarks.forms import CHANGES, FORMS
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


def test_what_peers_are_quoted_in_is_among_the_forms_that_were_tried() -> None:
    for name, peer in PEERS.items():
        if name == "cnncli":
            continue
        tried = [form for form in FORMS[peer.library].values() if PEERS[form.peer].module == peer.module]
        for do in peer.does & {"train", "infer"}:
            assert any(
                do in form.does
                and _form(form.form, do) == _form(peer.form, do)
                and form.environment == peer.environment
                for form in tried
            ), f"{name}: {do}"


def _form(form: dict, do: str) -> dict:
    """Without what only training, or only inference, has."""
    other = {"train": {"traced"}, "infer": {"fused", "loop"} | ({"channels_last"} if "traced" in form else set())}[do]
    return {key: value for key, value in form.items() if key not in other}


def test_changes_are_from_and_to_forms_that_were_tried() -> None:
    for change in CHANGES:
        for form in (change.before, change.now):
            assert change.does in FORMS[change.library][form].does
