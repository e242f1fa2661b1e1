"""Files cut and flipped anywhere, mutated by the thousand, and what loading does behind the scenes.

The campaigns behind docs/reliability.md are the same fuzz targets with larger counts: `python -m fuzz.models
--count 10000000`, `python -m fuzz.data --kind idx --count 1000000`.
"""

import json
import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cnncli
from cnncli.errors import FormatError
from cnncli.model_file.serialize import save_checkpoint, save_model, unpack_network
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.shipped import shipped_model
from cnncli.shown import find_unprintable
from cnncli.storage import container
from fuzz import data as fuzz_data
from fuzz import models as fuzz_models
from fuzz.harness import Tally, fuzz
from fuzz.models import NETWORKS
from scripts import run_file

CPU_COUNT = os.cpu_count() or 1


def refused(data: bytes) -> str:
    """The one line that refuses the file."""
    with pytest.raises(FormatError) as caught:
        unpack_network(*container.unpack(data, "model.bin"), "model.bin")
    line = str(caught.value)
    assert line.startswith("model.bin: ") and find_unprintable(line) is None and len(line) < 300, line
    return line


def small_file(folder: Path) -> bytes:
    network = Network.from_description(NETWORKS[1], seed=3)
    save_model(folder / "model.bin", network, {"training": {"seed": 3}})
    return (folder / "model.bin").read_bytes()


def header_end(data: bytes) -> int:
    return 8 + int.from_bytes(data[:8], "little")


def test_a_model_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    data = small_file(tmp_path)
    for length in range(len(data)):
        refused(data[:length])


def test_every_flipped_bit_of_a_model_is_found(tmp_path: Path) -> None:
    data = small_file(tmp_path)
    for position in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[position] ^= 1 << bit
            refused(bytes(damaged))


def test_a_cut_file_is_refused_through_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door that users take; at every byte of the header, and at the edges of the data."""
    monkeypatch.chdir(tmp_path)
    data = small_file(tmp_path)
    start = header_end(data)
    for length in [*range(start + 1), len(data) - 33, len(data) - 32, len(data) - 1]:
        Path("model.bin").write_bytes(data[:length])
        with pytest.raises(FormatError, match=r"^model\.bin: "):
            cnncli.load("model.bin")


def test_every_flipped_bit_of_the_header_of_the_model_that_ships_is_found() -> None:
    """And 300 of its data and its hash, which SHA-256 covers."""
    data = shipped_model("lenet5").read_bytes()
    start = header_end(data)
    rng = random.Random(5)
    bits = [(position, bit) for position in range(start) for bit in range(8)]
    if "CNN_TEST_ALL_BITS" not in os.environ and len(bits) > 4000:
        bits = [*bits[:64], *rng.sample(bits, 2000)]
    bits += [(rng.randrange(start, len(data)), rng.randrange(8)) for _ in range(300)]
    for position, bit in bits:
        damaged = bytearray(data)
        damaged[position] ^= 1 << bit
        refused(bytes(damaged))


@pytest.mark.slow
def test_all_flipped_bits_of_the_header_of_the_model_that_ships_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_TEST_ALL_BITS", "1")
    test_every_flipped_bit_of_the_header_of_the_model_that_ships_is_found()


def without_faults(tally: Tally) -> Tally:
    assert not tally.faults, "\n".join(tally.faults[:5])
    return tally


def test_the_files_that_are_mutated_are_right() -> None:
    """A fuzzer that changes files which are refused anyway tries nothing behind that error."""
    for tensors, record in fuzz_models.base_texts():
        assert fuzz_models.attempt(fuzz_models.packed(tensors, json.loads(record))).startswith("accepted: ")


def test_2000_mutated_models_are_refused_in_one_line_or_run() -> None:
    tally = without_faults(fuzz(fuzz_models.make, fuzz_models.attempt, seed=20, first=0, count=2000))
    assert 1 - tally.share("container") > 0.4  # the deep code is reached
    assert tally.share("accepted") > 0.12


@pytest.mark.parametrize("kind", ["idx", "npz"])
def test_3000_mutated_data_files_are_refused_in_one_line_or_read(kind: str) -> None:
    make, attempt = fuzz_data.KINDS[kind]
    tally = without_faults(fuzz(make, attempt, seed=20, first=0, count=3000))
    assert tally.share("accepted") > 0.02


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "kind", "count"),
    [("models", "model", 200_000), ("data", "idx", 50_000), ("data", "npz", 20_000)],
)
def test_a_campaign_finds_no_fault(tmp_path: Path, module: str, kind: str, count: int) -> None:
    """Processes of their own, so that a crash is a failure of the test."""
    done = subprocess.run(
        [sys.executable, "-m", f"fuzz.{module}", "--kind", kind, "--count", str(count), "--seed", "21",
         "--workers", str(min(4, CPU_COUNT)), "--keep", tmp_path],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "CNN_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_same_seed_makes_the_same_files() -> None:
    """So that a fault is found again by its number, whatever was made before it."""
    for make in (fuzz_models.make, fuzz_data.make_idx, fuzz_data.make_npz):
        first = [make(1, index) for index in range(40)]
        assert [make(1, index) for index in reversed(range(40))] == first[::-1]


@pytest.mark.slow
def test_the_harness_finds_faults(tmp_path: Path) -> None:
    """An error that is no refusal, a file that takes too long, and one that takes too much memory."""

    def attempt(data: bytes) -> str:
        match data[0]:
            case 1:
                raise KeyError("x")
            case 2:
                while True:
                    pass
            case 3:
                above_the_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + (200 << 20)
                np.ones(above_the_peak // 8).sum()
        return "accepted"

    tally = fuzz(lambda seed, index: bytes([index]), attempt, seed=9, first=0, count=5, keep=tmp_path)
    assert [fault.split("\n")[0] for fault in tally.faults[:2]] == [
        "file 1 of seed 9: KeyError: 'x'",
        "file 2 of seed 9: took more than 1 s of CPU time",
    ]
    assert tally.faults[2].startswith("file 3 of seed 9: raised the peak memory by ")
    assert len(tally.faults) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["9-1.bin", "9-2.bin", "9-3.bin"]


@pytest.mark.parametrize("what", ["model", "checkpoint"])
@pytest.mark.parametrize("description", NETWORKS, ids=["linear", "convolution", "all kinds", "vector"])
def test_loading_opens_one_file_and_does_nothing_else(
    tmp_path: Path, what: str, description: dict[str, object]
) -> None:
    path = tmp_path / "model.bin"
    network = Network.from_description(description, seed=1)
    record = {
        "data": "/etc/passwd",
        "command": "__import__('os').system('true')",
        "url": "http://localhost:9/",
    }
    if what == "model":
        save_model(path, network, record)
    else:
        save_checkpoint(path, network, SGD(0.1, momentum=0.9).state_dict(), {"step": 1}, record)
    found = run_file("watched_reading", what, path)
    assert found == f"{[('open', str(path)), ('open', 3)]}\n"  # 3: the descriptor, wrapped
