"""What is said of lists of pictures, and how paths lead to files: each rule at its limit."""

from pathlib import Path

import pytest

from cnncli.data.resolve import Finder, bases_of, find_files, plain_path
from cnncli.data.tables.lists import make_list_set, read_list, read_names
from cnncli.data.tables.text import cells_of, decode, find_delimiter, read_content, without_preamble
from cnncli.errors import DataError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plant(*names: str) -> None:
    """Empty files: a list opens none of them."""
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def told(content: str, name: str = "list.csv") -> list[str]:
    """The notes on a list with this content, as a set of its own."""
    Path(name).write_text(content)
    listed = read_list(Path(name))
    return [note.text for note in make_list_set("set", listed.where, [("", listed)]).notes]


def refused(content: str, reads: object = read_list) -> str:
    Path("list.csv").write_text(content)
    with pytest.raises(DataError) as caught:
        reads(Path("list.csv"))  # type: ignore[operator]
    return str(caught.value)


@pytest.mark.parametrize("what", ["path", "label"])
def test_five_lines_with_an_empty_cell_are_named(folder: Path, what: str) -> None:
    def gaps(count: int) -> str:
        row = ",x" if what == "path" else "a.png,"
        return refused("path,label\na.png,x\n" + f"{row}\n" * count)

    assert gaps(1) == f"list.csv, line 3: the {what} is empty; fill it in or remove the row"
    for count, more in ((2, ""), (5, ""), (6, " and 1 more"), (1200, " and 1,195 more")):
        listed = ", ".join(str(line) for line in range(3, 3 + min(count, 5)))
        assert gaps(count) == (
            f"list.csv: the {what} is empty in {count:,} rows (lines {listed}{more}); fill it in or remove them"
        )


def test_columns_that_are_not_used_are_named_up_to_five(folder: Path) -> None:
    plant("a.png", "b.png")

    def columns(count: int) -> list[str]:
        names = [f"n{number}" + "x" * 50 for number in range(count)]
        header = ",".join(["path", "label", *names])
        return told(f"{header}\na.png,x{',q' * count}\nb.png,y{',r' * count}\n")

    cut = [f"n{number}" + "x" * 38 for number in range(5)]
    assert columns(0) == []
    assert columns(1) == [f"left aside: column {cut[0]}"]
    assert columns(5) == [f"left aside: columns {', '.join(cut)}"]
    assert columns(7) == [f"left aside: columns {', '.join(cut)} and 2 more"]


def test_pictures_with_several_labels_or_in_several_parts_are_counted(folder: Path) -> None:
    long = "x" * 90 + ".png"
    plant(long, "b.png")
    labels = ["q" * 50, "a", "c", "d", "e", "f"]
    rows = "".join(f"{long},{label}\n" for label in labels)
    assert told("path,label\n" + rows + "b.png,a\n") == [
        f"classes: 1 picture with more than one label, such as {'x' * 80}: a, c, d, e, f"
    ]
    rows = f"{long},{labels[0]}\n{long},a\nb.png,c\nb.png,d\n"
    assert told("path,label\n" + rows)[0] == (
        f"classes: 2 pictures with more than one label, such as {'x' * 80}: a, {'q' * 40}"
    )
    parted = f"path,label,split\n{long},a,train\n{long},a,val\nb.png,a,test\nb.png,a,train\n"
    assert told(parted) == [
        f"parts: 2 of the training pictures are in another part too, such as {'x' * 80}",
        "1 rows for validation: used for validation",
    ]
    assert told("path,label,split\nb.png,a,val\nb.png,a,test\n")[:1] == ["1 rows for validation: used for validation"]


def test_rows_of_other_lengths_are_refused_with_both(folder: Path) -> None:
    rule = "give each row the same, cells with a comma in double quotes"
    assert refused("a.png,x\nb.png\n") == f"list.csv, line 2: 1 column, 2 in the first row; {rule}"
    assert refused("a.png,x\n\nb.png,y,z\n") == f"list.csv, line 3: 3 columns, 2 in the first row; {rule}"


def test_labels_and_parts_that_cannot_be_shown_are_cut(folder: Path) -> None:
    plant("a.png")
    label = "x" * 90
    assert refused(f"path,label\na.png,{label}\a\n") == (
        f"list.csv, line 2: label '{'x' * 80}' holds control characters; use printable ones"
    )
    assert refused(f"path,label,split\na.png,x,{'p' * 50}\n") == (
        f"list.csv, line 2: split '{'p' * 40}' is no part; write train, val or test"
    )
    classes = "path,cat,dog,eel\n" + "a.png,1,0,0\n" * 299  # rows from which the columns are found
    assert refused(classes + "a.png,1,1.0,0\n") == "list.csv, line 301: 2 classes; give each picture one"
    assert refused(classes + "a.png,x,0,0\n") == "list.csv, line 301: 0 classes; give each picture one"


def test_pictures_none_of_which_is_found_are_refused_with_the_first(folder: Path) -> None:
    name = "d/" + "x" * 200 + ".png"
    assert refused(f"path,label\n{name},a\nb.png,b\n") == (
        f"list.csv: none of its 2 pictures is found, such as '{name[:120]}' (line 2); write paths relative to the list "
        "or to the current folder"
    )
    Path("list.csv").write_text(f"path,label\n{name},a\n")
    [row] = read_list(Path("list.csv")).rows  # one alone is told when it is read
    assert (row.line, row.written, row.file, row.is_found, row.label) == (2, name, Path(name), False, "a")


def test_addresses_are_refused_with_their_line(folder: Path) -> None:
    address = "https://example.org/" + "x" * 200
    said = f"'{address[:120]}' is an address; fetch the pictures, and list the files"
    plant("a.png")
    assert refused(f"path,label\na.png,x\n{address},y\n") == f"list.csv, line 3: {said}"
    assert refused(f"a.png\n{address}\n", read_names) == f"list.csv, line 2: {said}"


def test_paths_that_lead_elsewhere_are_told_cut(folder: Path) -> None:
    deep = "/".join(["deep" * 10] * 4)
    plant(f"{deep}/a.png")
    other = "/other/" + "y" * 90
    assert told(f"path,label\n{other}/{deep}/a.png,x\n") == [
        f"converted: paths such as {other[:80]} are read as {(deep + '/a.png')[-120:]}"
    ]
    plant("lists/in.csv", "b.png")
    assert told("path,label\nb.png,x\n", "lists/list.csv") == ["converted: paths are relative to the current folder"]
    assert told("path,label\n./b.png,x\n") == [] == told("path,label\nb,x\n")


def test_names_of_pictures_are_read_with_or_without_labels(folder: Path) -> None:
    plant("a, b.png", "c.png")

    def names(content: str) -> list[tuple[str, str]]:
        Path("list.csv").write_text(content)
        return [(str(path), label) for path, label in read_names(Path("list.csv"))]

    assert names("a, b.png\nc.png\n") == [("a, b.png", ""), ("c.png", "")]
    assert names('"c.png"\n') == [("c.png", "")] == names("path\nc.png\n")
    assert names("path,label\nc.png,x\n") == [("c.png", "x")] == names("c.png,x\n")
    assert names("path,size,colour\nc.png,1,2\n") == [("c.png", "")]  # either may be the label: none is needed
    assert names("path\n") == [("path", "")]
    assert names("gone.png\n") == [("gone.png", "")]
    assert refused("path,label\n", read_names) == "list.csv: lists no pictures; write the path of one in each row"


def test_file_is_found_by_its_name_then_without_suffix_then_in_other_case(folder: Path) -> None:
    plant("d/a.png", "d/A.PNG", "d/b.jpg", "d/B2.PNG", "d/c.png", "d/c.jpg", "d/e.txt", "d/f.g.png", "D2/x.png")
    finder = Finder()

    def found(name: str) -> str | None:
        path = finder.find(Path("d"), name)
        return path and str(path)

    assert [found(name) for name in ("a.png", "A.PNG", "b", "B", "b.png", "b2.jpg", "f.g")] == [
        "d/a.png", "d/A.PNG", "d/b.jpg", "d/b.jpg", "d/b.jpg", "d/B2.PNG", "d/f.g.png",
    ]  # fmt: skip
    assert found("c") == "d/c.jpg" and found("c.bmp") is None  # the first; but none of two is another's
    assert found("C") is None and found("e") is None and found("E.txt") == "d/e.txt" and found("a.Png") is None
    assert finder.find(Path(), "d2/X.png") == Path("D2/x.png") and finder.find(Path(), "d9/x.png") is None
    plant("other/Q/x.png", "other/q/x.png")
    assert finder.find(Path("other"), "q/x.png") == Path("other/q/x.png")
    assert finder.find(Path("d"), "") is None and finder.find(Path(), str(folder / "d" / "b")) == folder / "d/b.jpg"


@pytest.mark.parametrize(("written", "plain"), [
    ("C:\\a\\b.png", "/a/b.png"), ("c:/a.png", "/a.png"), (".\\.\\a.png", "a.png"), ("a.png", "a.png"),
    ("././a.png", "a.png"), ("cc:\\a", "cc:/a"), ("../a.png", "../a.png"), ("C:a", "C:a"),
])  # fmt: skip
def test_paths_of_other_systems_are_plain(written: str, plain: str) -> None:
    assert plain_path(written) == plain


def test_files_may_lie_in_folders_beside_the_list_that_bear_its_name_first(folder: Path) -> None:
    plant("set/b/x.png", "set/train/y.png", "set/b/deep/er/z.png", "set/.hidden/x.png", "set/list.csv")
    assert bases_of(Path("set/train_labels.csv")) == [
        Path("set"), Path(), Path("set/train"), Path("set/b"), Path("set/b/deep"),
    ]  # fmt: skip
    found, way = find_files(Path("set/l.csv"), ["x.png", "y.png", "z.png"], Finder())
    assert found == [Path("set/b/x.png"), Path("set/train/y.png"), None] and way.strip == 0
    plant("set/train/x.png")
    assert find_files(Path("set/l.csv"), ["x.png", "y.png"], Finder())[0] == [
        Path("set/train/x.png"), Path("set/train/y.png"),  # the folder that holds most
    ]  # fmt: skip


def test_first_folders_of_paths_are_left_out_where_that_leads_to_most_files(folder: Path) -> None:
    plant("p/a.png", "p/b.png", "c.png")
    paths = ["/home/me/p/a.png", "/home/me/p/b.png", "/home/me/c.png"]
    found, way = find_files(Path("l.csv"), paths, Finder())
    assert found == [Path("p/a.png"), Path("p/b.png"), Path("c.png")] and (way.base, way.strip) == (Path(), 2)
    deep = ["/".join(["d"] * 11) + "/q/a.png", "/".join(["d"] * 11) + "/q/b.png"]
    assert find_files(Path("l.csv"), deep, Finder())[0] == [Path("p/a.png"), Path("p/b.png")]
    deeper = [f"d/{path}" for path in deep]  # one more than twelve
    assert find_files(Path("l.csv"), deeper, Finder())[0] == [None, None]
    assert find_files(Path("l.csv"), [], Finder())[0] == []


@pytest.mark.parametrize(("text", "delimiter"), [
    ("a;b\nc;d\n", ";"), ("a\tb\nc\td\n", "\t"), ("a|b\nc|d\n", "|"), ("a,b;c\nd,e;f\n", ","),
    ("a,b;c;d\ne,f;g;h\n", ";"),
    ("a\nb\n", ","), ("a.png 1\nb.png 2\n", ""), ("a.png 1\nb 2\n", ","), ("a.png 1 2\nb c.png 2\n", ""), ("", ","),
    ("a.png\nb.png\n", ","), ("a;b,c\nd;e\nf;g\n", ";"), ("a,b;c\nd;e\nf;g\n", ";"), ("\n\n", ","),
])  # fmt: skip
def test_separator_gives_most_rows_the_same_number_of_columns(text: str, delimiter: str) -> None:
    assert find_delimiter(text) == delimiter


def test_cells_keep_the_lines_that_they_begin_in() -> None:
    assert list(cells_of("l", 'a,b\n\n"c\nd", e\nf,g\n', ",")) == [
        (1, ["a", "b"]), (3, ["c\nd", "e"]), (5, ["f", "g"]),
    ]  # fmt: skip
    assert list(cells_of("l", "a b.png 1\n\n c.png  2 \n", "")) == [(1, ["a b.png", "1"]), (3, ["c.png", "2"])]
    with pytest.raises(DataError, match=r"^l, line 2: not CSV \(.*\); check the quotes$"):
        list(cells_of("l", 'a,b\nc,"d"e\n', ","))


def test_preamble_is_fifty_lines_of_comments_at_most() -> None:
    for count, is_whole in ((49, True), (50, True), (51, False)):
        text, declared = without_preamble("#\n" * count + "a,b")
        assert (text == "\n" * count + "a,b") == is_whole and declared is None
        assert text.count("\n") == count
    assert without_preamble('"sep=|"\r\na|b\n# c\n') == ("\na|b\n# c\n", "|")
    assert without_preamble("a;b\nsep=;\n") == ("a;b\nsep=;\n", None)
    assert without_preamble("sep=x\na\n") == ("sep=x\na\n", None)


def test_text_is_latin_1_where_a_letter_in_four_has_an_accent_at_most() -> None:
    for plain, accents, is_latin in ((8, 2, True), (7, 2, False), (12, 3, True), (12, 4, False)):
        content = ("\u00e9x" * accents + "x" * (plain - accents)).encode("latin-1")
        if is_latin:
            assert decode(content, "l")[0] == content.decode("latin-1")
        else:
            with pytest.raises(DataError, match=r"^l, line 1: not UTF-8 text"):
                decode(content, "l")
    for run, is_latin in ((2, True), (3, False)):
        content = b"x" * 40 + b"\n\n" + b"\xe9" * run + b"x"
        if is_latin:
            assert decode(content, "l")[1][0].text == "converted: l from Latin-1 to UTF-8"
        else:
            with pytest.raises(DataError, match=r'^l, line 3: not UTF-8 text; save the list as UTF-8 \("CSV UTF-8" in'):
                decode(content, "l")
    for control in (b"\x08", b"\x0b", b"\x0e", b"\x1f", b"\x80", b"\x9f"):
        with pytest.raises(DataError, match="not UTF-8"):
            decode(b"x" * 40 + b"\xe9" + b"x" + control, "l")
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert decode(mark + "a\u00e9".encode(encoding), "l")[0] == "a\u00e9"
        with pytest.raises(DataError, match=r"^l: UTF-16 text that is cut or damaged; save the list as UTF-8$"):
            decode(mark + b"abc", "l")


def test_list_may_be_as_large_as_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(bytes(1200))
    assert read_content(path, "l", 1200) == bytes(1200)
    with pytest.raises(DataError, match=r"^l: 1,200 bytes; the limit is 1,199, use a smaller list$"):
        read_content(path, "l", 1199)
    with pytest.raises(DataError, match=r"^l: not a regular file; save the list to a file first$"):
        read_content(tmp_path, "l")
    with pytest.raises(DataError, match=r"^l: cannot be read \(no such file or directory\); check the file"):
        read_content(tmp_path / "gone", "l")
