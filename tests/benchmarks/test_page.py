"""docs/performance.md: made from the records, and plain about what is missed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.page import page
from benchmarks.readme_table import readme_table

TOOL = Path(__file__).parents[2] / "tools" / "make_performance.py"


def record(benchmark: str = "lenet5", threads: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "benchmark": benchmark,
        "date": "2026-01-01 10:00",
        "cpu": "Some CPU",
        "cores": 2,
        "system": "Linux",
        "instruction_set": "avx2",
        "peak_gigaflops": 100.0,
        "compiler": "GCC 12",
        "commit": "abc",
        "threads": threads,
        "rounds": 3,
        "quick": False,
        "versions": {"python": "3.11"},
        "skipped": {},
        "results": [],
        **other,
    }


def result(what: str, **measured: list[float]) -> dict[str, Any]:
    named = {name.replace("_", "-"): values for name, values in measured.items()}
    return {"what": what, "measured": named, "unit": "seconds", "images": 100, "operations": 10**9}


def test_page_is_that_of_the_records() -> None:
    run = subprocess.run([sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def test_page_without_records_says_so() -> None:
    assert "None are on record yet." in page([])


def test_targets_met_and_missed_and_slower_are_told() -> None:
    made = page(
        [
            record(
                results=[
                    result("train, batch 64", cnncli=[1.0] * 3, torch=[8.0, 7.5, 10.0], torch_channels_last=[4.0] * 3),
                    result("infer, batch 1", cnncli=[1.0] * 3, onnxruntime=[0.5] * 3),
                    result("infer, batch 64", cnncli=[1.0] * 3, onnxruntime=[2.7] * 3),
                ]
            )
        ]
    )
    assert "| LeNet-5: train, batch 64 | 1 | PyTorch | 7x | 9.5x | 8.00x (7.50 to 10.00) | met |" in made
    assert "| LeNet-5: train, batch 64 | 1 | PyTorch tuned | 4.5x | 5.5x | 4.00x (4.00 to 4.00) | **missed** |" in made
    assert "| LeNet-5: infer, batch 64 | 1 | onnxruntime | 2x | 2.7x | 2.70x (2.70 to 2.70) | wish met |" in made
    assert "2 of 4 targets are met." in made
    assert "We are slower than:\n\n- LeNet-5: infer, batch 1, one thread: onnxruntime (0.50x)\n" in made
    assert "VGG-like network, infer, batch 1 (onnxruntime)" in made  # not measured
    # 100 images in 1 s; 1 GFLOP of 100.
    assert "| train, batch 64 | cnncli | 1.00 s | 100 | 600.00 | 1.0 | 1 % |  |  |  |" in made


def test_newest_record_of_a_machine_counts() -> None:
    old = record(results=[result("infer, batch 1", cnncli=[1.0], torch=[3.0])])
    new = record(date="2026-01-02 09:00", results=[result("infer, batch 1", cnncli=[1.0], torch=[5.0])])
    other = record(cpu="Other CPU", results=[result("infer, batch 1", cnncli=[1.0], torch=[7.0])])
    made = page([new, old, other])
    assert "5.00x" in made and "7.00x" in made and "3.00x" not in made
    assert made.index("## Other CPU, AVX2") < made.index("## Some CPU, AVX2")


def test_choices_that_are_not_the_best_are_told() -> None:
    choice = {"network": "vgg", "shape": "1 -> 2", "pass": "forward", "chosen": "direct"}
    choices = [
        {**choice, "seconds": {"direct": [0.003, 0.001], "im2col": [0.002, 0.002]}},
        {**choice, "seconds": {"direct": [0.002], "winograd": [0.001]}},
    ]
    made = page([record("choices", choices=choices, notes=["1 of 2 choices are good"])])
    assert "| vgg | 1 -> 2 | forward | **1.00** | 2.00 |  |  |" in made
    assert "| vgg | 1 -> 2 | forward | **2.00** |  | 1.00 | **over 5 % slower than the best** |" in made
    assert "1 of 2 choices are good." in made


def test_what_was_skipped_is_told() -> None:
    assert "JAX was skipped: jax is not installed." in page([record(skipped={"jax": "jax is not installed"})])


def test_records_are_read_as_they_were_written(results_folder: Path) -> None:
    first, second = record(results=[result("b", z=[1.0], a=[2.0])]), record("vgg")
    assert results.append(first, keep=True) == results_folder / "lenet5.jsonl"
    results.append(second, keep=True)
    results.append(record("isa"), keep=False)
    assert results.read() == [first, second]
    assert list(results.read()[0]["results"][0]["measured"]) == ["z", "a"]  # ours is the first one
    assert json.loads((results_folder / "tried.jsonl").read_text())["benchmark"] == "isa"


def test_readme_has_the_newest_record_of_each_network_and_thread_count() -> None:
    old = record(date="2025-01-01 10:00", results=[result("infer, batch 1", cnncli=[2.0] * 3, torch=[2.0] * 3)])
    measured = {"torch": [8.0, 7.5, 10.0], "tensorflow": [4.0] * 3, "tensorflow_lite": [3.0] * 3}
    new = record(results=[result("infer, batch 1", cnncli=[1.0] * 3, **measured)])
    table = readme_table([new, old, record("command")])
    assert table.splitlines()[2:] == ["| LeNet-5: infer, batch 1 | 1 | 100 | 8.0x |  |  | 3.0x |  |"]


def test_readme_is_of_the_machine_with_most_peers_and_tells_what_is_faster_on_any() -> None:
    work, ours = "infer, batch 1", [1.0] * 3
    peers = {"torch": [8.0] * 3, "tensorflow": [4.0] * 3, "jax": [9.0] * 3, "onnxruntime": [3.0] * 3}
    most = record(results=[result(work, cnncli=ours, **peers), result("train", cnncli=ours)])
    faster = {"torch": [2.0] * 3, "torch_bf16": [0.5] * 3}
    later = record(cpu="Another CPU", date="2026-02-01 10:00", results=[result(work, cnncli=ours, **faster)])
    vgg = record("vgg", 2, cpu="Another CPU", results=[result(work, cnncli=ours, torch_bf16=[0.8] * 3)])
    lines = readme_table([later, most]).splitlines()
    assert lines[0].startswith("| Some CPU, avx2 |")
    assert lines[2] == "| LeNet-5: infer, batch 1 | 1 | 100 | 8.0x |  |  | 4.0x | 3.0x |"
    assert lines[-1] == "- PyTorch tuned, bf16 on Another CPU, by 2.0x: LeNet-5: infer, batch 1 (1)"
    *_, both = readme_table([later, most, vgg]).splitlines()
    assert both == (
        "- PyTorch tuned, bf16 on Another CPU, by 1.2x to 2.0x: "
        "LeNet-5: infer, batch 1 (1); VGG-like network: infer, batch 1 (2)"
    )
    assert "Faster" not in readme_table([most])


def test_forms_that_were_tried_are_beside_each_other_and_the_best_is_told() -> None:
    """Two records of parts of the work make one table; of the same work the later one counts."""
    labels = ["tensorflow: explicit padding", "tensorflow: SAME, all steps in one function, malloc"]

    def taken(date: str, what: str, *ratios: float) -> dict[str, Any]:
        value = result(what)
        value["measured"] = {"cnncli": [1.0], **{label: [ratio] for label, ratio in zip(labels, ratios, strict=True)}}
        return record("forms", results=[value], date=date)

    made = page(
        [
            taken("2026-01-01 11:00", "lenet5: train, batch 64", 12.0, 4.0),
            taken("2026-01-01 10:00", "lenet5: train, batch 64", 99.0, 1.0),
            taken("2026-01-01 10:30", "lenet5: train, batch 512", 3.0, 3.5),
        ]
    )
    assert "## Some CPU" in made
    assert "| form | lenet5: train, batch 64 | lenet5: train, batch 512 |" in made
    assert "| explicit padding | 12.00x | **3.00x** |" in made
    assert "| SAME, all steps in one function, malloc | **4.00x** | 3.50x |" in made
    assert (
        "| TensorFlow | lenet5: train, batch 64 | 1 | explicit padding | 12.00x | "
        "SAME, all steps in one function, malloc | 4.00x | oneDNN's kernels"
    ) in made
    assert "99.00x" not in made
