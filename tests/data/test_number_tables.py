"""Tables of numbers: what is one, what its columns are, and what is said of rows that cannot be read."""

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.number_sets import class_names, labels_in, load_numbers
from cnncli.data.tables.number_table import (
    NumberTable,
    dressed_number,
    holds_numbers,
    number_of,
    read_number_table,
    target_values,
)
from cnncli.errors import DataError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(content: str, name: str = "t.csv") -> Path:
    Path(name).write_text(content)
    return Path(name)


def read(content: str, target: str | None = None, **options: object) -> NumberTable:
    return read_number_table(written(content), target, **options)  # type: ignore[arg-type]


def refused(content: str, target: str | None = None, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        read(content, target, **options)
    return str(caught.value)


@pytest.mark.parametrize(("content", "name", "is_table"), [
    ("a,b,c\n1,2,x\n3,4,y\n", "t.csv", True), ("a,b,c\n1,2,x\n", "t.csv", False),
    ("a,b,c\n1,2,x\n3,q,y\n", "t.csv", False),
    ("a,b\n1,x\n2,y\n", "t.csv", False), ("a,b\n1.5,x\n2,y\n", "t.csv", True), ("a,b\n1e3,x\n2,y\n", "t.csv", True),
    ("a,b\n-1,x\n2,y\n", "t.csv", True), ("a\n1.5\n2.5\n", "t.csv", False),
    ("a,b,c\n?,na,x\nNaN,-,y\n", "t.csv", False),
    ("a,b,c\n1,na,x\n2,-,y\n", "t.csv", True), ("a,b,c\n1,2,x\n3,4,y\n", "t.DAT", True),
    ("a,b,c\n1,2,x\n3,4,y\n", "t.md", False),
    ("a,b,c\n1,2,x.png\n3,4,y.png\n", "t.csv", False), ("a,b,c\n1,2,x.png\n3,4,x.png\n", "t.csv", True),
    ("a,b,c\n1,2,x.png\n3,4,y.png\n5,6,z\n7,8,w\n", "t.csv", True),
    ("a,b,c\n1,2,x.png\n3,4,y.png\n5,6,z.png\n7,8,w\n", "t.csv", False),
    ("a,b,c\n1,2,x\n3,4,y\n5,6,x\n", "t.csv", True), ("", "t.csv", False), ("\n", "t.csv", False),
    ("label," + ",".join(f"p{at}" for at in range(16)) + "\n" + ("1" + ",7" * 16 + "\n") * 3, "t.csv", False),
])  # fmt: skip
def test_table_of_numbers_is_told_by_its_first_rows(content: str, name: str, is_table: bool) -> None:
    assert holds_numbers(written(content, name)) == is_table


def test_only_the_first_forty_rows_say_what_a_table_is() -> None:
    for row, is_table in ((39, False), (40, True)):
        rows = ["1,2,x"] * 60
        rows[row] = "1,q,x"
        assert holds_numbers(written("a,b,c\n" + "\n".join(rows) + "\n")) == is_table
    assert not holds_numbers(Path("gone.csv")) and not holds_numbers(Path())


def test_files_beside_a_table_that_its_last_column_names_make_it_a_list() -> None:
    content = "a,b,c\n1,2,x\n3,4,y\n5,6,z\n7,8,w\n"
    for number, name in enumerate("xyz"):
        assert holds_numbers(written(content)) == (number < 3)
        Path(f"{name}.png").touch()
    assert not holds_numbers(written(content))


@pytest.mark.parametrize(("cell", "is_dressed"), [
    ("1,000.5", True), ("12,000,000", True), ("1,00", False), ("1000,000", False), ("$5", True), ("-£ 3.5", True),
    ("5 %", True), ("21°", True), ("3.5 km", True), ("7kg", True), ("5m²", True), ("5 mile", False),
    ("2026-11-30", True),
    ("1/2/26", True), ("30.11.2026", True), ("1/2/2", False), ("0x1F", True), ("word", False), ("7", False),
    ("", False), ("NA", False),
])  # fmt: skip
def test_number_that_a_person_reads_and_a_program_does_not_is_told(cell: str, is_dressed: bool) -> None:
    path = written(f'a,b,c\n1,2,x\n3,"{cell}",y\n')
    said = f"t.csv, line 3, column b: '{cell}' is no plain number; write it without unit, sign "
    said += "or separators, or remove the column"
    assert dressed_number(path) == (said if is_dressed else None)


def test_dressed_numbers_are_no_matter_in_lists_and_in_classes() -> None:
    assert dressed_number(written("a,b,c\n5 kg,2,x\n")) is not None
    assert dressed_number(written("path,b\n5 kg,x\n")) is None and dressed_number(written("a\n5 kg\n")) is None
    assert dressed_number(written("a,b\n1,word\n5 kg,x\n")) is not None  # a word in the last column is a class
    assert dressed_number(written("a,b,c\n1,5 kg,c.png\n")) is None and dressed_number(written("")) is None
    assert dressed_number(written("a,b,c\nword,5 kg,x\n")) is None
    for row, is_seen in ((39, True), (40, False)):
        rows = ["1,2,3"] * 60
        rows[row] = "1,5 kg,3"
        assert (dressed_number(written("a,b,c\n" + "\n".join(rows) + "\n")) is not None) == is_seen


def test_columns_have_the_names_of_the_header_or_numbers() -> None:
    table = read("a,,c\n1,2,3\n4,5,6\n")
    assert (table.names, table.targets, table.cells) == (["a", "column 2"], ["c"], [["3"], ["6"]])
    assert table.rows.tolist() == [[1, 2], [4, 5]] and table.rows.dtype == np.float64
    plain = read("1,2,3\n4,5,6\n")
    assert (plain.names, plain.targets, plain.rows.tolist()) == (["x1", "x2"], ["y"], [[1, 2], [4, 5]])
    words = read("1,2,x\n4,5,y\n")
    assert (words.names, words.cells) == (["x1", "x2"], [["x"], ["y"]])
    assert read("a,b,class\n1,2,x\n").names == ["a", "b"]
    assert read("a,b\nna,1\n2,3\n", skip_bad=True).rows.tolist() == [[2]]
    model = {"columns": ["p", "q"]}
    assert read("1,2\n3,4\n", "z", **model).cells == [[], []] and read("1,2,3\n", "z", **model).cells == [["3"]]
    assert read("q,p\n1,2\n", "z", **model).rows.tolist() == [[2, 1]]
    assert read("q,p,z\n1,2,3\n", "z,w", **model).cells == [[]]


def test_targets_are_named_or_counted() -> None:
    content = "a,b,c,d\n1,2,3,4\n"
    for target, names, cells in (
        ("b", ["a", "c", "d"], ["2"]), ("1", ["b", "c", "d"], ["1"]), ("last, a", ["b", "c"], ["4", "1"]),
        (None, ["a", "b", "c"], ["4"]),
    ):  # fmt: skip
        table = read(content, target)
        assert (table.names, table.cells) == (names, [cells])
    header = ",".join(f"c{at}" for at in range(18))
    listed = ", ".join(f"c{at}" for at in range(16))
    assert refused(f"{header}\n{','.join('1' * 18)}\n", "q") == (
        f"t.csv: no column q; pass --label-column with one or more of {listed}"
    )
    assert refused("a\n1\n") == "t.csv: has the target column alone; add a column of numbers to predict it from"
    assert refused("a,b\n1,2\n", "b", columns=["z"]) == "t.csv: no column z, which the model takes; add it"


def test_rows_that_cannot_be_read_are_told_with_their_place() -> None:
    assert refused("") == "t.csv: holds no rows; write a row of numbers for each sample"
    assert refused("a,b\n1,2\n3,4,5\n") == "t.csv, line 3: 3 columns, 2 in the first row; give each the same"
    assert refused("a,b\n1,2\n\nna,4\n") == (
        "t.csv, line 4, column a: is missing; fill it in, or pass --skip-bad to leave out such rows"
    )
    assert refused("a,b\n1,2\n1,\n").startswith("t.csv, line 3, column b: is missing")
    assert refused(f"a,b\n1,2\n{'x' * 30},2\n") == (
        f"t.csv, line 3, column a: '{'x' * 20}' is no number; fill in a number, or remove the column"
    )
    assert "column a: 'inf' is no number" in refused("a,b\n1,2\ninf,2\n")
    assert refused("a,b\nna,2\n", skip_bad=True) == "t.csv: holds no rows of numbers; write one for each sample"
    twice = "n" * 50
    assert refused(f"{twice},b,{twice}\n1,2,3\n") == (
        f"t.csv: more than one column {'n' * 40}; give each a name of its own"
    )
    left = read("a,b\n" + "na,2\n" * 1200 + "1,\n3,4\n", skip_bad=True)
    assert [(note.text, note.counts) for note in left.notes] == [
        ("left aside: 1,201 rows with missing numbers", {"missing numbers": 1201})
    ]


@pytest.mark.parametrize(("header", "first", "is_left"), [
    ("id", 0, True), ("id", 7, True), ("", 0, True), ("a", 0, False), ("id", None, False),
])  # fmt: skip
def test_first_column_that_numbers_the_rows_is_left_aside(header: str, first: int | None, is_left: bool) -> None:
    numbers = [5, 6, 8] if first is None else range(first, first + 3)
    table = read(f"{header},x,y\n" + "".join(f"{number},1,2\n" for number in numbers))
    assert table.names == (["x"] if is_left else [header or "column 1", "x"])
    said = f"left aside: column {header or '1'}, which numbers the rows"
    assert [note.text for note in table.notes] == ([said] if is_left else [])
    alone = read(f"{header},y\n1,2\n2,3\n")
    assert alone.names == [header or "column 1"]  # the only one there is


@pytest.mark.parametrize(("content", "rows"), [
    ("1;2;3\n4;5;6\n", [[1, 2], [4, 5]]), ("1 2 3\n4  5\t6\n", [[1, 2], [4, 5]]),
    ("1\t2\t3\n4\t5\t6\n", [[1, 2], [4, 5]]),
    ("1,5;2;3\n4;5,25;6\n", [[1.5, 2], [4, 5.25]]), ("1,5e3;2;3\n4;-5,25;6\n", [[1500, 2], [4, -5.25]]),
    ("1.000;2,5;3\n2.500.000,5;1;3\n", [[1000, 2.5], [2500000.5, 1]]),
    ("1.000;2.5;3\n2.25;1,5;3\n", [[1, 2.5], [2.25, 1.5]]),
    ("1.000;2.5;3\n4;5;6\n", [[1, 2.5], [4, 5]]), ("1.5,2,3\n4,5,6\n", [[1.5, 2], [4, 5]]),
    ("sep=;\n1,5;2;3\n", [[1.5, 2]]), ("# notes\n1,2,3\n", [[1, 2]]),
])  # fmt: skip
def test_separators_and_decimal_commas_are_found(content: str, rows: list[list[float]]) -> None:
    assert read(content).rows.tolist() == rows


def test_dots_that_part_thousands_are_told() -> None:
    [note] = read("1.000;2,5;3\n2;1.500;3\n").notes
    assert note.text == "converted: 1.000 to 1000, since decimals have a comma"
    # Beside decimal commas more cells with a point than may be thousands are points.
    assert read("1.000;2.5;1.25\n2,5;1;3\n").rows.tolist() == [[1, 2.5], [2.5, 1]]
    assert read("1.000;2.500.000;1,25\n2,5;1.5;3\n").rows.tolist() == [[1000, 2500000], [2.5, 1.5]]


def test_target_values_are_numbers_in_their_rows_and_columns() -> None:
    table = read("a,b,c\n1,2,3\n4,5,6\n", "c,b")
    assert target_values(table).tolist() == [[3, 2], [6, 5]]
    assert target_values(read("1,2\n", "z", columns=["p", "q"])).shape == (1, 0)
    words = read("a,b\n1,2\n3,x\n")
    with pytest.raises(DataError, match=r"^t.csv, line 2, column b: 'x' is no number"):
        target_values(words)
    assert number_of("w", 1, "c", "1e3") == 1000


def test_classes_are_in_the_order_of_numbers_or_of_the_alphabet() -> None:
    assert class_names(read("a,b\n1,+1\n2,-1.0\n3,1\n")) == ["-1", "1"]
    assert class_names(read("a,b\n1,10\n2,9\n")) == ["9", "10"]
    assert class_names(read("a,b\n1,x\n2,9\n3,10\n")) == ["10", "9", "x"]
    table = read("a,b\n1,+1\n2,-1.0\n3,1\n")
    assert labels_in(table, ["-1", "1"]).tolist() == [1, 0, 1]
    names = [f"n{number}" for number in range(12)]
    with pytest.raises(DataError) as caught:
        labels_in(table, names)
    assert str(caught.value) == f"t.csv: class 1 is none of the model's, which are {', '.join(names[:10])}"
    with pytest.raises(DataError, match=r"^t.csv: classes stand in one column; pass --label-column with one name$"):
        class_names(read("a,b,c\n1,2,3\n", "b,c"))


def test_three_different_fractions_are_no_classes() -> None:
    assert class_names(read("a,b\n1,0.5\n2,1.5\n3,2\n")) == ["0.5", "1.5", "2"]
    with pytest.raises(DataError) as caught:
        class_names(read("a,b\n1,0.5\n2,1.5\n3,2.5\n"))
    assert str(caught.value) == (
        "t.csv: column b holds numbers such as 0.5, which are no classes; use --arch linear-regression, or pass "
        "--label-column with the column of classes"
    )


def test_set_of_a_table_has_its_numbers_and_its_names() -> None:
    path = written("a,b,c\n1,2,x\n3,4,y\n5,,z\n")
    found = load_numbers(path, None, has_values=False, skip_bad=True)
    assert found.train is not None and found.train.images.tolist() == [[1, 2], [3, 4]]
    assert (found.class_names, found.train.labels.tolist(), found.columns, found.targets, found.has_values) == (
        ["x", "y"], [0, 1], ("a", "b"), ("c",), False,
    )  # fmt: skip
    values = load_numbers(written("a,b,c\n1,2,5\n3,4,7\n"), "a,c", has_values=True)
    assert values.train is not None and values.train.labels.tolist() == [[1, 5], [3, 7]]
    assert values.has_values and values.samples == "rows" and values.columns == ("b",)
    kept = values.measured(np.array([1]))
    assert kept.mean == (4.0,) and kept.target_mean == (3.0, 7.0) and values.measured(None).mean == (3.0,)
    digests = {values.digest, load_numbers(path.parent / "t.csv", "a", has_values=True).digest}
    assert len(digests) == 2
    ready = values.prepared(values.measured(None))
    assert ready.train is not None and ready.train.images.tolist() == [[-1], [1]] == [
        [row[0]] for row in ready.train.labels
    ]
    assert ready.digest == values.digest


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("rows", [2, 60, 30_000])
def test_a_table_in_utf_16_is_one_of_numbers(encoding: str, rows: int) -> None:
    """As spreadsheets save "Unicode text"; of many rows some are looked at, the last of them cut anywhere."""
    lines = ["a\tb\ty", *(f"{row}.5\t-1\tno" for row in range(rows))]
    Path("t.txt").write_bytes(("\ufeff" + "\r\n".join(lines) + "\r\n").encode(encoding))
    assert holds_numbers(Path("t.txt"))
