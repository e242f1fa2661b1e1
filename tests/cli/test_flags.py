"""Options without a value do what their table says: given, left out, and never with a value behind them."""

import pytest

from cnncli.cli.train import command
from cnncli.training_options import TRAINING_OPTIONS

FLAGS = [row for row in TRAINING_OPTIONS if row.kind == "flag"]


def parsed(words: list[str]) -> dict[str, object]:
    """The fields that `cnn train` would get."""
    # With the help options of `cnn`: click keeps those of the first context for the whole process.
    names = ["-h", "--help"]
    with command.make_context("train", words, resilient_parsing=True, help_option_names=names) as context:
        return dict(context.params)


@pytest.mark.parametrize("field", [row.field for row in FLAGS])
def test_a_flag_turns_its_field_over(field: str) -> None:
    (row,) = [one for one in FLAGS if one.field == field]
    assert parsed([])[field] is row.negates
    assert parsed([row.option])[field] is not row.negates
    assert parsed([row.option, "lenet5"])[field] is not row.negates  # what follows is no value of it


def test_some_flags_turn_something_on_and_some_turn_something_off() -> None:
    assert {row.negates for row in FLAGS} == {True, False}
