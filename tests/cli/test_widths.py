"""What commands print fits into terminals of any width, and uses those that are wide."""

from pathlib import Path

import pytest

from cnncli.cli.main import run
from cnncli.cli.render_collect import _short
from cnncli.network import Network
from cnncli.views.diagram import diagram_lines

DIGIT = str(Path(__file__).parents[2] / "digit.png")
COMMANDS = {
    "diagram": ["diagram", "resnet-small"],
    "filters": ["filters", "lenet5"],
    "features": ["features", "lenet5", DIGIT],
    "field": ["field", "lenet5", "--unit", "3:7,4"],
    "mask": ["mask", DIGIT, "--kernel", "edge"],
}


def printed(words: list[str], columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """As in a terminal of so many columns."""
    monkeypatch.setattr("cnncli.cli.drawn.width", lambda *_: columns)
    capsys.readouterr()
    code = run(words)
    said = capsys.readouterr()
    assert code == 0, said.err
    return said.out


@pytest.mark.parametrize("name", COMMANDS)
def test_lines_are_as_wide_as_the_terminal_at_most(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for columns in (64, 80):
        lines = printed(COMMANDS[name], columns, monkeypatch, capsys).splitlines()
        assert lines and max(map(len, lines)) <= columns, max(lines, key=len)


def test_a_diagram_is_cut_where_it_must_be_and_keeps_its_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Shapes end at most in 8 characters and counts in 6, with two spaces before each; texts have the rest, of 80
    characters where they go to no terminal."""
    monkeypatch.setattr("cnncli.cli.plain.can_draw", lambda _: False)
    rows = diagram_lines(Network.from_model_name("resnet-small"), blocks=False)
    assert (max(len(shape) for _, shape, _ in rows), max(len(count) for *_, count in rows)) == (8, 6)
    longest = max(len(text) for text, *_ in rows)
    for columns, room in ((50, 32), (30, 20), (200, min(longest, 62))):
        lines = printed(COMMANDS["diagram"], columns, monkeypatch, capsys).splitlines()[:-1]
        for line, (text, shape, count) in zip(lines, rows, strict=True):
            shown = text if len(text) <= room else text[: room - 2] + ".."
            assert line == f"{shown:<{room}}  {shape:<8}  {count:>6}".rstrip()


@pytest.mark.parametrize(("letters", "shown"), [(24, "n" * 24), (25, "n" * 22 + "..")])
def test_names_of_classes_have_24_letters_at_most_in_the_table_of_a_photograph(letters: int, shown: str) -> None:
    assert _short("n" * letters) == shown
