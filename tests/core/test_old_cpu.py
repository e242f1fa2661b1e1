"""The build for plain x86-64 runs on a CPU without AVX: an emulated Nehalem of 2008, the oldest that NumPy takes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnn_process import environment, run_cnn

QEMU = shutil.which("qemu-x86_64")
PICTURE = Path(__file__).parents[2] / "digit.png"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.uname().machine != "x86_64", reason="this machine is no x86-64"),
    pytest.mark.skipif(not QEMU, reason="qemu-x86_64 is not installed; apt-get install qemu-user"),
]


def on_old_cpu(*arguments: Any, folder: Path) -> str:
    """What Python prints there; an instruction that such a CPU lacks ends it with SIGILL."""
    command = [str(QEMU), "-cpu", "Nehalem", sys.executable, *map(str, arguments)]
    # NumPy's OpenBLAS asks the CPU which instructions it has, unless the user's machine has a word for it set.
    chosen = {name: value for name, value in environment(folder).items() if name != "OPENBLAS_CORETYPE"}
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=chosen, timeout=600
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_old_cpu_has_no_instruction_set_but_the_plain_one(tmp_path: Path) -> None:
    script = "from cnncli import _core; print(*_core.instruction_sets(), _core.instruction_set())"
    assert on_old_cpu("-c", script, folder=tmp_path).split() == ["x86_64", "x86_64"]


def test_picture_is_read_on_an_old_cpu_as_on_this_one(tmp_path: Path) -> None:
    [old] = json.loads(on_old_cpu("-m", "cnncli", "predict", PICTURE, "--json", folder=tmp_path))
    [here] = run_cnn("predict", PICTURE, "--json", folder=tmp_path).json
    assert old["label"] == here["label"] == "5"
    np.testing.assert_allclose(list(old["probabilities"].values()), list(here["probabilities"].values()), atol=1e-4)


@pytest.mark.parametrize("network", ["lenet5", "convnet"])
def test_network_trains_on_an_old_cpu(tmp_path: Path, rng: np.random.Generator, network: str) -> None:
    images = rng.integers(0, 256, (33, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, 33)
    np.savez(tmp_path / "set.npz", x_train=images, y_train=labels, x_test=images[:5], y_test=labels[:5])
    settings = ("--epochs", 1, "--batch-size", 17, "--threads", 1)
    words = ("train", "--arch", network, "--data", "set.npz", *settings, "--json")
    facts = json.loads(on_old_cpu("-m", "cnncli", *words, folder=tmp_path))
    assert facts["test_images"] == 5 and np.isfinite(facts["test_loss"])
