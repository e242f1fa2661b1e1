"""A value stands in messages in one style, is never long, and steers no terminal, whatever it is."""

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.shown import find_unprintable, from_here, percent, printable, setting_text, shortened, shown, typed

ITSELF: list[Any] = [1]
ITSELF.append(ITSELF)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", '""'), ("größe", '"größe"'), ("a\x1b[2J\n", r'"a\x1b[2J\n"'), ("a" * 60, f'"{"a" * 60}"'),
        ("a" * 61, f'"{"a" * 57}..."'), (True, "true"), (False, "false"), (None, "None"), (7, "7"), (-0.5, "-0.5"),
        (float("nan"), "nan"), (np.float32(0.5), "0.5"),
        (np.int64(3), "3"), (np.array([1, 2]), "[1, 2]"), ([1, True, "x"], '[1, true, "x"]'), ((3, 3), "(3, 3)"),
        ((3,), "(3,)"), ([], "[]"), ([["\x07"]], r'[["\x07"]]'), ({"a": 1}, "{'a': 1}"),
        (ITSELF, "[1, [1, [1, [...]]]]"),
    ],
)  # fmt: skip
def test_values_are_shown_as_toml_and_json_write_them(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    "value", ["\x1b" * 100, list(range(10**6)), {"k": "\u202e" * 99}, "\ud800" * 70, [["\x1b[m"] * 50]]
)
def test_what_is_long_or_steers_a_terminal_is_neither_when_it_is_shown(value: object) -> None:
    text = shown(value)
    assert len(text) <= 62 and find_unprintable(text) is None and "..." in text


def test_a_number_that_python_does_not_print_is_told_by_its_size() -> None:
    assert shown(10**5000) == "a number of thousands of digits" and shown([10**5000]) == f"[{shown(10**5000)}]"


def test_a_text_is_cut_after_the_characters_that_are_shown() -> None:
    assert [shortened(text, 6) for text in ("abcdef", "abcdefg", "\x1babcde")] == ["abcdef", "abc...", "\\x1..."]
    assert printable("a\x1b" * 50) == "a\\x1b" * 50


def test_settings_say_no_more_digits_than_they_need() -> None:
    assert [setting_text(value) for value in (1.0, 1e-8, [0.9, 0.999], "tanh", True, 3)] == [
        "1", "1e-08", "(0.9, 0.999)", "'tanh'", "True", "3",
    ]  # fmt: skip


def test_a_share_is_in_percent() -> None:
    assert [percent(share) for share in (0, 0.5, 1, None, float("nan"))] == ["0.00 %", "50.00 %", "100.00 %", "–", "–"]
    assert percent(0.12345, 1) == "12.3 %"


def test_a_path_below_the_working_folder_is_shown_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path, text in (
        (tmp_path / "a" / "b", "a/b"), (str(tmp_path / "c.py"), "c.py"), (Path("/elsewhere"), "/elsewhere"),
        ("a/b", "a/b"), ("./a", "./a"), (f"{tmp_path}-more/a", f"{tmp_path}-more/a"),
    ):  # fmt: skip
        assert from_here(path) == text


@pytest.mark.parametrize(
    "name", ["a b.bin", "it's", "new\nline.bin", "tab\t\\ and 'quotes'", "\x1b[31m", "\udcff", "\u202e\u00e4", ""]
)
def test_a_shell_reads_the_words_that_were_typed(name: str) -> None:
    line = typed("printf", "%s", name)
    assert find_unprintable(line) is None
    out = subprocess.run(["bash", "-c", os.fsencode(line)], capture_output=True, check=True).stdout
    assert out == os.fsencode(name)
