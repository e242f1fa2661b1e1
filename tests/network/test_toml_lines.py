"""The line on which a value of a TOML text stands."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncli.network.toml_lines import line_of

TRICKY = '''# [training] epochs = 1
name = """
[training]
epochs = 5
"""
epochs = "of the top table"
[other]
epochs = 7
[training] # epochs
batch_size = 3 # epochs = 4

shares = [
    1.0,
    # epochs
    0.5,
]
"epochs" = 9
[training.more]
epochs = 10
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["name"], 2),
        (["epochs"], 6),
        (["other", "epochs"], 8),
        (["training"], 9),
        (["training", "batch_size"], 10),
        (["training", "shares"], 12),
        (["training", "epochs"], 17),
        (["training", "more", "epochs"], 19),
        (["training", "none"], 9),
        (["none"], None),
    ],
)
def test_line_is_that_of_the_statement(keys: list[str], line: int | None) -> None:
    assert line_of(TRICKY, keys) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\ntraining.epochs = 2\n", 2),
        ("x = 1\r\n[training]\r\nepochs = 2\r\n", 3),
        ("training = { a = 1, epochs = 2 }", 1),
        ("x = 1\ntraining = { a = [1,\n2], epochs = 2 }", 2),
        ('x = 1\n[training]\n"\\u0065pochs" = 2\n', 2),  # written with an escape: that of its table
        ("x = 1\n[[training]]\nepochs = 2\n", 2),
    ],
)
def test_other_ways_to_write_a_key_are_found(text: str, line: int) -> None:
    assert tomllib.loads(text)
    assert line_of(text, ["training", "epochs"]) == line


def test_text_of_a_megabyte_takes_no_time_to_speak_of() -> None:
    text = "# epochs\n" * 100_000 + "[training]\nepochs = 3\n"
    assert line_of(text[:20_000] + "\n[training]\nepochs = 3\n", ["nothing", "epochs"]) is None
    assert line_of(text, ["training"]) == 100_001


@settings(deadline=None, derandomize=True, database=None)
@given(
    before=st.lists(st.sampled_from(["", "# a.key", 'other = """\nkey = 1\n"""', "key = [\n1,\n]"]), unique=True),
    between=st.lists(st.sampled_from(["", "# key", "keys = 2", "'a key' = {}", "more.key = 1"]), unique=True),
    key=st.sampled_from(["key", '"key"', "'key'", "  key", "key.inner"]),
)
def test_line_is_found_whatever_stands_before_it(before: list[str], between: list[str], key: str) -> None:
    text = "\n".join([*before, "[table]", *between, f"{key} = 1", "# key"])
    assert line_of(text, ["table", "key"]) == text.count("\n")


def test_statement_is_followed_over_a_hundred_lines() -> None:
    for lines, line in ((99, 1), (100, 1), (101, None)):
        text = "key = [\n" + "1,\n" * (lines - 2) + "]\nmore = 2\n"
        assert tomllib.loads(text) and line_of(text, ["key"]) == line
