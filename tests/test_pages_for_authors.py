"""The pages for those who add to the program name files that are there, and show lines that stand in them."""

import re
from pathlib import Path

import pytest
from tools.count_lines import count, folder_of, table
from tools.page_blocks import run_lines

from cnncli.training_options import OPTIMIZERS

ROOT = Path(__file__).parents[1]
PAGES = ("add-an-optimizer.md",)


@pytest.mark.parametrize("name", PAGES)
def test_page_names_files_that_exist_and_shows_their_lines(name: str) -> None:
    page = (ROOT / "docs" / name).read_text()
    files = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert len(files) == 3
    sources = "".join((ROOT / file).read_text() for file in files)
    shown = re.findall(r"```(?:cpp|python)\n(.*?)```", page, re.DOTALL)
    assert len(shown) >= 2
    for lines in shown:
        assert lines in sources
    for file in re.findall(r"`((?:tests|tools|docs|python|cpp)/[\w./]+)`", page):
        assert (ROOT / file).exists(), file


def test_no_other_file_of_the_product_names_an_optimizer() -> None:
    """What the page promises: the folder, the list of rules and the table of cases are all."""
    allowed = {"optim/__init__.py", "_core.pyi"}  # the first tells editors only
    for path in sorted((ROOT / "python" / "cnncli").rglob("*.py")):
        place = path.relative_to(ROOT / "python" / "cnncli").as_posix()
        if place in allowed or place.startswith(("optim/", "lessons/", "microscope/")):  # which show some of them
            continue
        for name in set(OPTIMIZERS) - {"sgd", "rmsprop", "muon"}:  # the table of options says whose --momentum is
            assert not re.search(rf"\b{name}\b", path.read_text()), f"{place} names {name}"


def section(page: str, title: str) -> str:
    """The text below a heading of the second level, without the next one."""
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)[1]


def files_of_rows(text: str) -> list[str]:
    rows = re.findall(r"^\| (`(?:cpp|python|tests)/.*?) \|", text, re.MULTILINE)
    return [file for row in rows for file in re.findall(r"`([^`]+)`", row)]


def product_files(*patterns: str) -> dict[str, str]:
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for pattern in patterns
        for path in sorted(ROOT.glob(pattern))
    }


def test_lines_on_the_page_of_layers_run_and_stand_in_its_files() -> None:
    page = ROOT / "docs" / "add-a-layer.md"
    run_lines(page)
    files = files_of_rows(page.read_text())
    sources = "".join((ROOT / file).read_text() for file in files)
    shown = re.findall(r"```(cpp|python)\n(.*?)```", page.read_text(), re.DOTALL)
    parts = [lines for language, lines in shown if language == "cpp" or lines.startswith(" ")]  # of a class
    assert len(parts) == 3
    for lines in parts:
        assert lines in sources


def test_an_element_wise_layer_is_three_files() -> None:
    page = (ROOT / "docs" / "add-a-layer.md").read_text()
    listed = files_of_rows(section(page, "An element-wise function"))
    assert len(listed) == 3
    product = ("cpp/**/*.h", "cpp/**/*.cpp", "python/cnncli/**/*.py", "python/cnncli/**/*.pyi", "models/*.toml")
    files = product_files(*product, "tests/**/*.py")
    del files["tests/test_pages_for_authors.py"]
    found = [file for file, text in files.items() if "softshrink" in text.lower()]
    assert sorted(listed) == sorted(found)


def test_an_option_of_training_is_one_field() -> None:
    """But for the optimizer that has it, and lessons, the product names it once: in the table that all others read."""
    files = product_files("python/cnncli/**/*.py")
    others = {file: text for file, text in files.items() if "/optim/" not in file and "/lessons/" not in file}
    found = {file: text.count("dampening") for file, text in others.items()}
    declared = "python/cnncli/training_options.py"
    assert [file for file, times in found.items() if times] == [declared]
    field = re.search(r"^    dampening: .*?(?=^    \w+: )", files[declared], re.MULTILINE | re.DOTALL)
    assert field is not None and field[0].count("dampening") == found[declared]


def test_the_table_of_additions_says_what_the_pages_show() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    row = r"^\| .* \| \d+ \| (\d+) \| (?:\[([\w.-]+)\]|`([\w./]+)`)"
    counts = re.findall(row, section(page, "What an addition touches"), re.MULTILINE)
    layers = files_of_rows(section((ROOT / "docs" / "add-a-layer.md").read_text(), "An element-wise function"))
    optimizer = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "add-an-optimizer.md").read_text(), re.MULTILINE)
    assert counts == [
        (str(len(layers)), "add-a-layer.md", ""),
        (str(len(optimizer)), "add-an-optimizer.md", ""),
        ("1", "", "python/cnncli/training_options.py"),
    ]


def test_the_table_of_lines_adds_up_and_names_all_folders() -> None:
    text = section((ROOT / "docs" / "architecture.md").read_text(), "How large it is")
    rows = [row.split("|")[1:-1] for row in text.splitlines() if row.startswith(("| cpp/", "| python/", "| all"))]
    numbers = [[int(cell.strip().replace(",", "") or 0) for cell in row[1:]] for row in rows]
    for column in zip(*numbers, strict=True):
        assert sum(column[:-1]) == column[-1] > 20_000
    named = {row[0].strip() for row in rows[:-1]}
    folders = {folder_of(file) for file in product_files("python/cnncli/**/*.py", "cpp/**/*.h", "cpp/**/*.cpp")}
    assert named <= folders and len(folders - named) <= 3  # new ones may wait for the next count


def test_lines_are_counted_by_folder() -> None:
    ours = {"python/cnncli/data/tables/text.py": "a\n\nb\n", "python/cnncli/data/raw.py": "a\n", "cpp/simd/a.h": "//\n"}
    counted = count({**ours, "cpp/CMakeLists.txt": "a\n", "tests/test_a.py": "a\n"})
    assert counted == {"python/cnncli/data": 4, "cpp/simd": 1}
    rows = ["| cpp/simd | 1 |", "| python/cnncli/data | 4 |", "| all | 5 |"]
    assert table({"now": counted}).splitlines()[2:] == rows


def test_all_files_that_know_average_pooling_are_on_the_page() -> None:
    page = (ROOT / "docs" / "add-a-layer.md").read_text()
    listed = files_of_rows(section(page, "A layer with a kernel of its own"))
    files = product_files("cpp/**/*.h", "cpp/**/*.cpp", "python/cnncli/layers/*.py", "python/cnncli/program/*.py")
    files["python/cnncli/_core.pyi"] = (ROOT / "python" / "cnncli" / "_core.pyi").read_text()
    # Where averages of weights are kept, by ASGD and by --ema.
    of_weights = re.compile("/update/|bind_program|program/program|stages|updates.py|weight_average|_core.pyi")
    found = [
        file
        for file, text in files.items()
        if not of_weights.search(file) and (re.search("average", text, re.IGNORECASE) or "AvgPool" in text)
    ]
    assert sorted(listed) == sorted(found)


def test_page_for_contributors_names_what_is_there() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    assert "(CONTRIBUTING.md)" in (ROOT / "README.md").read_text()
    named = re.findall(r"(?<![\w./])(?:tests|tools|docs|cpp|\.ci)/[\w./-]*\w", page)
    assert len(named) > 10
    for file in named:
        assert (ROOT / file).exists(), file
    for module in re.findall(r"-m ((?:tools|fuzz)\.\w+)", page):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
    headings = re.findall(r"^#+ (.+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"README\.md#([\w-]+)", page)) <= anchors
