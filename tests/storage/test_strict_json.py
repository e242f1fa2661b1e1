"""JSON of others is read strictly: what parsers disagree on, and what would cost too much, is refused."""

from pathlib import Path

import pytest

from cnncli.errors import CnnError, FormatError
from cnncli.storage.strict_json import MAX_FILE_BYTES, check_strings, parse_object, read_object


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'{"a":"\xff"}', "is not UTF-8 at byte 6"),
        ('{"a":1 "b":2}', "is not JSON at character 7: expecting ',' delimiter"),
        ("", "is not JSON at character 0: expecting value"),
        ('{"a":"\n"}', "is not JSON at character 6: invalid control character at"),
        ("{} {}", "is not JSON at character 3: extra data"),
        ("[1]", "is not a JSON object"),
        ('{"a":{"b":1,"c":2,"b":3}}', 'has the key "b" twice'),
        ('{"a\\u001b":1,"a\\u001b":2}', r'has the key "a\x1b" twice'),
        ('{"a":NaN}', "has NaN, which is not JSON"),
        ('{"a":-Infinity}', "has -Infinity, which is not JSON"),
        ('{"a":1e999}', "has the number 1e999, which no float64 can hold"),
        ('{"a":18446744073709551616}', "has the number 18446744073709551616, which needs more than 64 bits"),
        ('{"a":-18446744073709551615}', "has the number -18446744073709551615, which needs more than 64 bits"),
        ('{"a":' + "9" * 5000 + "}", "has the number " + "9" * 40 + ", which needs more than 64 bits"),
        ('{"a":' * 33 + "1" + "}" * 33, "is nested deeper than 32 levels"),
        ('{"a":' * 100_000, "is nested deeper than 32 levels"),
        ('{"a":' + "[" * 100_000, "is nested deeper than 32 levels"),
    ],
)
def test_what_breaks_a_rule_is_refused(text: str | bytes, line: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_object(text)
    assert str(caught.value) == line


def test_what_keeps_the_rules_is_read() -> None:
    text = '{"a":[1,-2,0.1,1e-300,true,null,"\\u00e9"],"b":18446744073709551615}'
    assert parse_object(text) == {"a": [1, -2, 0.1, 1e-300, True, None, "é"], "b": (1 << 64) - 1}


def test_32_levels_are_allowed() -> None:
    value = parse_object('{"a":' * 32 + "1" + "}" * 32)
    for _ in range(32):
        value = value["a"]
    assert value == 1


@pytest.mark.parametrize("value", [{"a": ["x\x1b[2J"]}, {"x\x1b[2J": 1}, [{"a": {"x\x1b[2J": []}}]])
def test_control_characters_are_found_in_keys_and_values(value: object) -> None:
    with pytest.raises(FormatError) as caught:
        check_strings(value)
    assert str(caught.value) == r'has the control character U+001B in "x\x1b[2J"; remove it'


@pytest.mark.parametrize("character", ["\n", "\t", "\x00", "\x7f", "\x9b", "\u202e", "\u2028", "\ud800"])
def test_each_kind_of_control_character_is_found(character: str) -> None:
    with pytest.raises(FormatError, match=f"U\\+{ord(character):04X}"):
        check_strings({"a": character})


def test_text_in_other_scripts_is_allowed() -> None:
    check_strings({"names": ["größe", "数字", "😀", "עברית"]})


def test_texts_of_65536_characters_are_allowed() -> None:
    check_strings({"a": ["x" * 65_536], "y" * 65_536: 1})
    for value in ({"a": "x" * 65_537}, {"x" * 65_537: 1}, ["x" * 65_537]):
        with pytest.raises(FormatError, match=r"^has a text of 65,537 characters; at most 65,536 may be$"):
            check_strings(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(("content", "line"), [
    (b'{"a": 1}', None), (b"[]", "is not a JSON object; train again"),
    (b"{", "is not JSON at character 1: expecting property name enclosed in double quotes; train again"),
    (b'{"a\xff": 1}', "is not UTF-8 at byte 3; train again"),
])  # fmt: skip
def test_a_file_of_an_object_is_named_with_what_to_do(tmp_path: Path, content: bytes, line: str | None) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    if line is None:
        assert read_object(path, "train again") == {"a": 1}
        return
    with pytest.raises(FormatError) as caught:
        read_object(path, "train again")
    assert str(caught.value) == f"{path}: {line}"


def test_files_that_are_too_large_or_cannot_be_read_are_named(tmp_path: Path) -> None:
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(FormatError, match=r"large\.json: is larger than 64 MiB; train again$"):
        read_object(tmp_path / "large.json", "train again")
    with pytest.raises(CnnError, match=r"none\.json: cannot be read: no such file or directory$"):
        read_object(tmp_path / "none.json", "train again")
