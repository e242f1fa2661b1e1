"""The kernels give on AArch64, with NEON, what they give here; a program without Python shows it under an emulator."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import replay_cases

ROOT = Path(__file__).parents[2]
TOOLS = ("aarch64-linux-gnu-g++", "aarch64-linux-gnu-objdump", "qemu-aarch64")
MISSING = [tool for tool in TOOLS if not shutil.which(tool)]
PROGRAMS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason="apt-get install g++-aarch64-linux-gnu qemu-user"),
    pytest.mark.skipif(not shutil.which("cmake", path=PROGRAMS), reason="pip install cmake, or apt-get install cmake"),
]


def built(folder: Path, *settings: str) -> Path:
    environment = {**os.environ, "PATH": PROGRAMS}
    for command in (
        ["cmake", "-S", str(ROOT), "-B", str(folder), "-DCNN_REPLAY=ON", *settings],
        ["cmake", "--build", str(folder), "--parallel", str(os.cpu_count())],
    ):
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cases") / "cases"
    replay_cases.write_cases(path)
    return path


@pytest.fixture(scope="module")
def aarch64(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("aarch64"), f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/tools/aarch64.cmake")


def replay(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


def test_every_case_passes_on_aarch64(aarch64: Path, cases: Path) -> None:
    result = replay("qemu-aarch64", aarch64 / "replay", cases)
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.match(r"neon: \d+ cases, \d+ results, \d+ of them bit for bit, 0 wrong", result.stdout), result.stdout


def test_a_wrong_result_and_a_damaged_file_are_found(aarch64: Path, cases: Path, tmp_path: Path) -> None:
    content = cases.read_bytes()
    (tmp_path / "wrong").write_bytes(content[:-4] + b"\0\0\0\x41")
    (tmp_path / "short").write_bytes(content[:-4])
    result = replay("qemu-aarch64", aarch64 / "replay", tmp_path / "wrong")
    assert (result.returncode, "1 wrong" in result.stdout) == (1, True), result.stdout
    result = replay("qemu-aarch64", aarch64 / "replay", tmp_path / "short")
    assert (result.returncode, "ends early" in result.stderr) == (1, True), result.stderr


def test_arithmetic_on_aarch64_is_neon(aarch64: Path) -> None:
    """Fused multiply-adds of four floats, and hardly any of one."""
    for stem in ("convolution", "gemm", "linear", "single_convolution", "winograd", "pooled_gradient", "activation"):
        [unit] = aarch64.rglob(f"{stem}.simd.cpp.o")
        listing = subprocess.run(
            ["aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", unit],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        found = Counter(re.findall(r"\s(fml[as]\s+v|f(?:n?madd|n?msub)\s+s)", listing))
        vectors = sum(count for word, count in found.items() if word.startswith("fml"))
        assert vectors > 100 and vectors == found.total(), (stem, found)
