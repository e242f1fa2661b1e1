"""The pages of docs/kernels: their NumPy is what the kernels do, their figures are the code's, errors as measured."""

import re
from pathlib import Path

import pytest
from tools.kernel_errors import ROWS, errors
from tools.page_tables import made_lines

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "kernels"
WITHOUT_LINES = {"README", "winograd"}  # Winograd's matrices are held to their points in a test of their own
PAGES = sorted({page.stem for page in FOLDER.glob("*.md")} - WITHOUT_LINES)

# What a page says, and the line of the code that it is taken from.
CONSTANTS = [
    ("gemm", "K in chunks of 256", "kernels/gemm", "kTerms = 256;"),
    ("gemm", "Rows in parts of 96", "kernels/gemm", "kRows = 96;"),
    ("gemm", "Three panels together", "kernels/gemm", "kTogether = 3 * kLanes;"),
    ("gemm", "| 24 | 8 outputs x 3 positions |", "core", "kSums = kRegisters == 32 ? 24 : 12;"),
    ("gemm", "| 12 | 6 outputs x 1 position", "core", "kMaxTile = kRegisters == 32 ? 8 : kSums / kParts;"),
    ("gemm", "where their length is a multiple of 1024", "kernels/linear", "stride % 1024 == 0"),
    ("convolution", "up to 12 positions", "kernels/convolution", "kStrip = 12;"),
    ("convolution", "6 windows; 2x2 windows of 8 outputs are 12 KiB", "kernels/convolution", "kStrip = 6;"),
    ("convolution", "beyond 288 taps and 24 outputs", "kernels/algorithms", "kDirectTaps = 288;"),
    ("convolution", "beyond 288 taps and 24 outputs", "kernels/algorithms", "kSharedOutputs = 24;"),
    ("convolution", "64 channels of a 1x1 kernel", "kernels/algorithms", "kPointwiseInputs = 64;"),
    ("convolution", "at most 256 positions", "kernels/algorithms", "kPointwisePositions = 256;"),
    ("convolution", "fewer than 8 positions", "kernels/algorithms", "positions < 8"),
    ("convolution", "up to 5 taps", "kernels/convolution", "kMaxGradientTaps = kRegisters == 32 ? 5 : 4;"),
    ("convolution", "16,384 multiply-adds", "kernels/convolution", "kTaskWork = 16384;"),
    ("convolution", "at most 8 parts", "core", "kMaxSlots = 8;"),
    ("pooled-gradient", "at most 512 taps", "kernels/pooled_gradient", "kMostTaps = 512;"),
    ("pooled-gradient", "at most 8192 entries", "kernels/pooled_gradient", "kMostGradients = 8192;"),
    ("update", "a task has 8192 weights", "kernels/update", "kUpdateChunk = 8192;"),
    ("single", "Up to 12 images", "program", "kSingleSamples = 12;"),
    ("single", "(4096 floats)", "kernels/single", "kChunkFloats = 4096;"),
    ("single", "from 8 million multiply-adds on", "program", "kParallelWork = 8'000'000;"),
    ("single", "12 x 2 on AVX-512, 6 x 2 on AVX2, 14 x 1", "kernels/single", "== 1 ? 14 : kRegisters == 32 ? 12 : 6"),
    ("random", "2 << 24 | layer", "random", "kDropout = 2,"),
]


def unwrapped(page: str) -> str:
    return re.sub(r"\s+", " ", (FOLDER / f"{page}.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", ROWS)
def test_lines_of_a_page_run_and_errors_are_as_it_says(page: str) -> None:
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    head, *rows = re.findall(r"^\| (.*) \|$", made_lines(text, "tools/kernel_errors.py"), re.MULTILINE)
    sets = head.removeprefix("| ").split(" | ")
    shown = {label: dict(zip(sets, cells, strict=True)) for label, *cells in (row.split(" | ") for row in rows)}
    found = errors(page)
    assert set(found) == set(shown)
    for row, entries in found.items():
        for name, (square, largest) in entries.items():
            if name not in sets:  # of another kind of machine
                continue
            square_shown, largest_shown = map(float, shown[row][name].split(", "))
            assert 0.8 * square_shown <= square <= 1.2 * square_shown, (row, name)
            assert largest <= 1.2 * largest_shown + 1, (row, name)


def test_every_page_is_in_the_table_and_every_family_has_its_place() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {f"{page}.md" for page in (*PAGES, "winograd")} == set(re.findall(r"^\| \[([\w.-]+)\]", index, re.MULTILINE))
    families = {path.name for path in (ROOT / "cpp" / "kernels").iterdir() if path.is_dir()}
    assert families <= set(re.findall(r"`(\w+)`", index))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_its_parts(page: str) -> None:
    titles = re.findall(r"^## (.*)$", (FOLDER / f"{page}.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"Formula", "Optimizations", "Error", "Speed"} <= set(titles)
    assert any("ayouts" in title for title in titles)


@pytest.mark.parametrize(("page", "said", "folder", "line"), CONSTANTS)
def test_a_figure_of_a_page_is_that_of_the_code(page: str, said: str, folder: str, line: str) -> None:
    assert said in unwrapped(page)
    sources = [path for kind in ("*.h", "*.cpp") for path in (ROOT / "cpp" / folder).glob(kind)]
    assert any(line in re.sub(r"\s+", " ", path.read_text(encoding="utf-8")) for path in sources)
