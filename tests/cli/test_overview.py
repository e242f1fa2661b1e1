"""The commands on one screen: a row for a command with a sentence, two columns for those with a few words."""

import re

import pytest

from cnncli.cli import overview
from cnncli.cli.command_table import GROUPS, Listed


def shown(monkeypatch: pytest.MonkeyPatch, *commands: Listed) -> list[str]:
    """The lines of a group of commands called a, bb, ccc and so on."""
    group = {letter * (place + 1): one for place, (letter, one) in enumerate(zip("abcde", commands, strict=False))}
    monkeypatch.setattr(overview, "GROUPS", {"Use": group})
    lines = overview.overview().splitlines()
    assert lines[2] == "" and lines[-2].startswith("Options: ")
    return lines[3:-2]


def test_commands_with_a_sentence_have_a_row_each_below_the_name_of_their_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = shown(monkeypatch, Listed("a", "Does one thing.", "one thing"), Listed("b", "Does another."))
    assert lines == ["Use    a           Does one thing.", "       bb          Does another."]


@pytest.mark.parametrize(("count", "rows"), [(1, [(0, None)]), (4, [(0, 2), (1, 3)]), (5, [(0, 3), (1, 4), (2, None)])])
def test_others_go_down_one_column_and_then_the_other(
    count: int, rows: list[tuple[int, int | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = shown(monkeypatch, *(Listed("x", "Does.", f"thing {place}") for place in range(count)))
    names = ["abcde"[place] * (place + 1) for place in range(5)]
    cell = [f"{name:12}thing {place}" for place, name in enumerate(names)]
    expected = [
        f"{'Use' if at == 0 else '':7}{cell[left]:36}{'' if right is None else cell[right]}".rstrip()
        for at, (left, right) in enumerate(rows)
    ]
    assert lines == expected


def test_every_command_stands_there_once_whole_and_within_its_column() -> None:
    text = overview.overview()
    for title, commands in GROUPS.items():
        assert len(title) < 7
        for name, listed in commands.items():
            words = listed.brief if all(one.brief for one in commands.values()) else listed.summary
            assert len(re.findall(rf"(?<!\S){re.escape(name)} +{re.escape(words)}(?=  |\n)", text)) == 1
    assert text.splitlines()[0] == "Usage: cnn [OPTIONS] COMMAND [ARGS]..."
    assert text.splitlines()[-2:] == ["Options: -V, --version, -h, --help", "Example: cnn train --arch lenet5"]
