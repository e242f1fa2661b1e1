"""`python -m benchmarks` with tiny sizes: what is kept, said and refused. No figure of time is asserted."""

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.busy_loop import busy_loop
from benchmarks.commands import can_import, cost, write_idx
from benchmarks.networks import draw_digits
from cnncli import _core
from cnncli.data import load
from cnncli.layers import Conv2d
from cnncli.network import Network
from cnncli.shipped import model_names


def run(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main([*words, "--quick", "--rounds", "1", "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    return record


def test_record_of_lenet5_says_where_and_how(results_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = run(capsys, "lenet5", "--peers", "")
    assert record["benchmark"] == "lenet5" and record["threads"] == 1 and record["rounds"] == 1
    assert record["instruction_set"] == _core.instruction_set()
    assert record["peak_gigaflops"] > 0 and record["cpu"] and record["versions"]["numpy"]
    assert record["compiler"].startswith(("GCC", "Clang"))
    assert [result["what"] for result in record["results"]] == [
        "train, batch 64",
        "train, batch 512",
        "infer, batch 1",
        "infer, batch 64",
        "infer, batch 1000",
    ]
    assert all(list(result["measured"]) == ["cnncli"] for result in record["results"])
    (line,) = (results_folder / "tried.jsonl").read_text().splitlines()
    assert json.loads(line) == record


def test_lines_for_people_give_speed_and_share_of_the_peak(
    results_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lenet5", "--peers", "", "--quick", "--rounds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("lenet5: ")
    assert "GFLOP/s a thread" in lines[1]
    assert "images/s" in lines[2] and "s/60,000" in lines[2] and lines[2].endswith("%")


def test_instruction_sets_are_compared_or_it_is_said_why_not(
    results_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_core, "instruction_sets", lambda: ["x86_64", "avx2"])
    record = run(capsys, "isa")
    assert record["results"] == []
    assert "cannot run avx512" in record["notes"][0]


def test_one_thread_has_nothing_to_scale(results_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("scaling", "beside"):
        assert "--threads 2" in run(capsys, name, "--threads", "1")["notes"][0]


@pytest.mark.slow
def test_threads_are_measured_beside_a_busy_loop(results_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = run(capsys, "beside", "--threads", "2")
    found = {result["what"]: list(result["measured"]) for result in record["results"]}
    assert found["train, batch 64, quiet"] == ["2 threads", "1 thread, quiet"]
    assert found["train, batch 64, beside a loop"] == ["2 threads", "1 thread"]
    assert found["train, batch 64, two at once"] == ["each of two", "alone"]
    for library in ("torch", "sklearn"):
        assert (f"train, batch 64, {library} first" in found) != (library in record["skipped"])


def test_the_busy_loop_spins_and_ends() -> None:
    with busy_loop() as loop:
        before = time.process_time()
        time.sleep(0.2)
        assert time.process_time() - before < 0.1  # it is another process
        assert loop.poll() is None
    assert loop.poll() is not None


def test_a_busy_loop_that_ended_is_no_neighbour() -> None:
    with pytest.raises(RuntimeError, match="nothing was measured beside it"), busy_loop() as loop:
        loop.kill()
        loop.wait()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "ours"), [("epoch", "cnn train"), ("command", "cnncli"), ("shapes", "cnncli"), ("vgg", "cnncli")]
)
def test_benchmark_runs_without_peers(
    name: str, ours: str, results_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = run(capsys, name, "--peers", "")
    assert record["results"]
    assert all(next(iter(result["measured"])) == ours for result in record["results"])


@pytest.mark.slow
def test_choices_cover_every_convolution_of_the_models(
    results_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choices = run(capsys, "choices")["choices"]
    # Each shape with the first network that has it.
    known: set[tuple[object, str]] = set()  # a table of connections is no matter
    shapes: Counter[str] = Counter()
    for name in model_names():
        for step in Network.from_model_name(name).trace():
            if not isinstance(step.layer, Conv2d):
                continue
            settings = step.layer.settings()
            names = ("out_channels", "kernel_size", "stride", "padding", "dilation", "groups")
            shape = step.input_shapes[0], str([settings.get(one) for one in names])
            shapes[name] += 0 if shape in known else 3
            known.add(shape)
    assert Counter(choice["network"] for choice in choices) == +shapes
    assert {"convnet": 6, "lenet5": 6, "torch-digits": 6}.items() <= shapes.items()  # by hand
    assert all(choice["chosen"] in choice["seconds"] for choice in choices)


@pytest.mark.torch
def test_peers_of_pytorch_compute_what_we_compute(results_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The runner itself holds their losses and outputs to ours."""
    for name in ("lenet5", "shapes"):
        record = run(capsys, name, "--peers", "torch,torch-channels-last,torch-bf16")
        assert "failed" not in record
        assert not record["skipped"] or record["skipped"] == {"torch-bf16": "this CPU has no instructions for bfloat16"}
        assert all("torch-channels-last" in result["measured"] for result in record["results"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lenet5", "--peers", "caffe"], "--peers caffe: unknown; use torch,"),
        (["lenet5", "--threads", "0"], "pass numbers of at least 1"),
        (["lenet5", "--threads", "two"], "invalid literal"),
        (["lenet5", "--keep", "--quick"], "not for the record"),
        (["lenet5", "--only", "train"], "--only: it is for forms"),
        (["lenet6"], "invalid choice"),
    ],
)
def test_wrong_usage_is_refused(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_cost_of_a_command_is_its_own(tmp_path: Path) -> None:
    """Nothing of the memory of this process, which is over 20 MB."""
    found = cost(["echo", "hello"], tmp_path, threads=1)
    assert found.output == "hello\n"
    assert found.seconds > 0 and 0 < found.peak_bytes < 20e6


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"^ls none: exit code 2\n.*none"):
        cost(["ls", "none"], tmp_path, threads=1)


def test_missing_library_of_a_script_is_told() -> None:
    import sys

    assert can_import(sys.executable, "numpy") is None
    why = can_import(sys.executable, "a_library_that_nobody_has")
    assert why == "ModuleNotFoundError: No module named 'a_library_that_nobody_has'"


def test_written_idx_files_are_a_data_set(tmp_path: Path) -> None:
    write_idx(tmp_path / "data", draw_digits(7), draw_digits(3, first=7))
    found = load(str(tmp_path / "data"))
    assert found.train is not None and found.test is not None
    assert found.train.images.shape == (7, 1, 28, 28) and found.test.labels.shape == (3,)
    assert (found.test.images[:, 0] == draw_digits(3, first=7)[0]).all()
