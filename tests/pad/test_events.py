"""Bytes of a terminal at the borders of what they may be."""

import pytest

from cnncli.pad.events import EventReader, Key, Mouse


def events(data: bytes) -> list[Key | Mouse]:
    return list(EventReader().feed(data))


@pytest.mark.parametrize(("code", "end", "expected"), [
    (0, "M", Mouse("press", 0, 0, 0)), (1, "M", Mouse("press", 1, 0, 0)), (2, "M", Mouse("press", 2, 0, 0)),
    (4, "M", Mouse("press", 0, 0, 0)), (16, "M", Mouse("press", 0, 0, 0)),  # with Shift, with Ctrl
    (32, "M", Mouse("drag", 0, 0, 0)), (35, "M", Mouse("drag", 3, 0, 0)), (33, "m", Mouse("release", 1, 0, 0)),
    (63, "M", Mouse("drag", 3, 0, 0)), (64, "M", None), (65, "m", None), (128, "M", None),
])  # fmt: skip
def test_the_bits_of_a_button_are_told(code: int, end: str, expected: Mouse | None) -> None:
    assert events(f"\x1b[<{code};1;1{end}".encode()) == ([] if expected is None else [expected])


def test_a_sequence_that_goes_on_for_more_than_64_bytes_is_none() -> None:
    for size, waits in ((63, True), (64, True), (65, False)):
        reader = EventReader()
        found = list(reader.feed(b"\x1b[" + b"1" * (size - 2)))
        assert reader.is_waiting == waits and (found == []) == waits
    assert events(b"\x1b[" + b"1" * 63)[:2] == [Key("escape"), Key("[")]


@pytest.mark.parametrize(("begun", "waits"), [
    (b"\xc2", True), (b"\xc1", False), (b"\xe2\x82", True), (b"\xf0\x9f\x98", True), (b"\x80", False),
    (b"\xe2\xc0", False), (b"\xe2A", False), (b"\xf0\x9f\x98\x41", False),
])  # fmt: skip
def test_a_letter_that_has_begun_is_waited_for_as_long_as_it_may_be_one(begun: bytes, waits: bool) -> None:
    reader = EventReader()
    list(reader.feed(begun))
    assert reader.is_waiting == waits


def test_letters_of_one_to_four_bytes_are_keys_and_control_characters_are_none() -> None:
    assert events("aé€😀\b".encode()) == [Key("a"), Key("é"), Key("€"), Key("😀"), Key("backspace")]
    assert events(b"\x00\x01\x1e\x7f") == [Key("backspace")]
    assert events(b"\x1b\x1b[A") == [Key("escape"), Key("up")] and events(b"\x1bx") == [Key("escape"), Key("x")]
