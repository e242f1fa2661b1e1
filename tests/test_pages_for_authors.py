"""The pages for those who add to the program name files that are there, and show lines that stand in them."""

import re
from collections.abc import Iterable, Mapping
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
    rows = re.findall(r"^\| (`(?:cpp|python|tests|docs|tools|fuzz)/.*?) \|", text, re.MULTILINE)
    return [file for row in rows for file in re.findall(r"`([^`]+)`", row)]


def of_code(files: list[str]) -> list[str]:
    return [file for file in files if not file.startswith("docs/")]


def all_files() -> dict[str, str]:
    """What people write, of the whole tree: sources, tests, tools, pages, descriptions."""
    kinds = {".py", ".pyi", ".h", ".cpp", ".js", ".css", ".html", ".md", ".toml", ".txt", ".sh", ".json", ".svg"}
    folders = ("benchmarks", "cpp", "docs", "examples", "fuzz", "models", "python", "tests", "tools")
    paths = [*ROOT.glob("*.md"), *ROOT.glob("*.toml"), *(path for name in folders for path in (ROOT / name).rglob("*"))]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(paths)
        if path.suffix in kinds and path.is_file()
    }


def left_over(found: Iterable[str], excepted: Mapping[str, str]) -> list[str]:
    """The files that no pattern stands for, each of which tells why it may; one that stands for none fails."""
    files = set(found)
    for pattern, why in excepted.items():
        matched = {file for file in files if re.match(f"(?:{pattern})$", file)}
        assert matched, f"{pattern} ({why}): no such file any more"
        files -= matched
    return sorted(files)


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
    for file in re.findall(r"`((?:tests|tools|docs|python|cpp|fuzz)/[\w./]+)`", page.read_text()):
        assert (ROOT / file).exists(), file


def test_an_element_wise_layer_is_the_files_of_the_page() -> None:
    page = (ROOT / "docs" / "add-a-layer.md").read_text()
    listed = files_of_rows(section(page, "An element-wise function"))
    assert f"| `Softshrink` | {len(of_code(listed))}, and a line on two pages |" in page
    found = [file for file, text in all_files().items() if "softshrink" in text.lower()]
    assert sorted(listed) == left_over(found, {
        r"docs/(add-a-layer|architecture)\.md|tests/test_pages_for_authors\.py": "show it as the example",
        r"CHANGELOG\.md": "once, when it was new",
    })  # fmt: skip


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
    page_of_layers = (ROOT / "docs" / "add-a-layer.md").read_text()
    layers = of_code(files_of_rows(section(page_of_layers, "An element-wise function")))
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


# What begins the second table, of files that may need a word of a layer.
ASKS = "Where a layer differs"


def test_all_files_that_know_average_pooling_are_on_the_page() -> None:
    text = section((ROOT / "docs" / "add-a-layer.md").read_text(), "A layer with a kernel of its own")
    listed = files_of_rows(text[: text.index(ASKS)])
    own = re.compile(r"cpp/|python/cnncli/(layers|program)/")  # where an average is one of a window, or of weights
    found = [
        file
        for file, text in all_files().items()
        if re.search("average.?pool|avg.?pool" + "|average" * bool(own.match(file)), text, re.IGNORECASE)
    ]
    assert sorted(listed) == left_over(found, {
        r"cpp/kernels/update/.*|cpp/bindings/bind_program\.cpp|cpp/program/(program|stages)\.(h|cpp)|"
        r"python/cnncli/program/(program|updates|weight_average)\.py": "averages of weights, by ASGD and by --ema",
        r"models/.*|docs/gallery/.*|tests/support/(bad_models|program_networks)\.py": "networks that have it",
        r"python/cnncli/lessons/.*": "teach what it does",
        r"docs/(add-a-layer|lecture)\.md|CHANGELOG\.md": "tell of it",
        r"tests/support/(beside_torch|drawn_more_pools)\.py": "compute other layers by it",
        r"tests/(?!support/|layers/test_node_layers|model_file/test_serialize|program/test_same_bits).*":
        "test it or what has it; no list of all layers",
    })  # fmt: skip


def test_all_files_that_ask_layers_what_they_are_are_on_the_page() -> None:
    text = section((ROOT / "docs" / "add-a-layer.md").read_text(), "A layer with a kernel of its own")
    listed = files_of_rows(text[text.index(ASKS) :])
    kinds = r"\b(\w*Pooling|\w+Pool[12]d|Conv[12]d|ConvTranspose2d|Upsample|BatchNorm\w*|GroupNorm)\b"
    asks = r"isinstance|tuple\[type|startswith"
    found = [
        file
        for file, text in product_files("python/cnncli/**/*.py").items()
        if "/layers/" not in file and re.search(asks, text) and re.search(kinds, text)
    ]
    assert sorted(listed) == left_over(found, {
        r".*/(broken/cases|training/finishing|training/prospects)\.py": "of statistics of batches alone",
        r".*/network/description\.py": "the pooling of an unpooling",
        r".*/network/network\.py": "an example in its words",
        r".*/project/layer_code\.py": "in the first table",
        r".*/lessons/(batch_norm|lenet5)\.py": "about one layer, and one network",
    })  # fmt: skip


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
