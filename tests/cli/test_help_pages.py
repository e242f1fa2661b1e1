"""Help that fits a screen, help of everything, and the words that the command line understands."""

import json
import re
import tomllib
from itertools import combinations
from pathlib import Path

import click
import pytest

from cnncli.cli.command_table import COMMANDS, GROUPS
from cnncli.cli.help_pages import SCREEN_LINES, GroupedCommand, HelpCommand
from cnncli.cli.main import cli, run
from cnncli.nearest import nearest
from cnncli.training_options import TRAINING_OPTIONS

ROOT = Path(__file__).parents[2]
TALLEST = 56  # lines of the short help of a command with many options
each_command = pytest.mark.parametrize("name", COMMANDS)


def command_named(name: str) -> HelpCommand:
    found = cli.get_command(click.Context(cli), name)
    assert isinstance(found, HelpCommand), "give it cls=HelpCommand"
    return found


def printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(words) == 0
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@each_command
def test_help_fits_a_screen(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed([name, "--help"], capsys)
    assert printed([name, "-h"], capsys) == text
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    whole = printed(["help", name], capsys)
    assert len(lines) <= SCREEN_LINES or len(lines) <= min(TALLEST, len(whole.splitlines()))
    options = [option for option in command_named(name).params if isinstance(option, click.Option)]
    for option in options:
        assert re.search(rf"(?<![\w-]){option.opts[0]}(?![\w-])", text), f"{option.opts[0]} is not even named"
        said = " ".join((option.help or "").split())
        assert said.replace(" ", "") in re.sub(r"\s", "", whole), f"{option.opts[0]} is not told in full"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("train", "--find-lr +Look for a learning rate and train nothing"),
        ("eval", "--report FILE.html +Write a page of all results"),
        ("eval", "--plugin FILE.py +Your own layers, losses or optimizers"),
        ("predict", "--save-view FILE.png +Write the strip that --show draws to FILE.png"),
        ("explain", "--at [^ ]+ +The unit to explain"),
        ("explain", "-o, --out FILE.png +Write all this as one picture to FILE.png"),
        ("step", "--weight [^ ]+ +The weight of --explain"),
        ("data", "--seed N +Seed of drawn digits, and of the images to show"),
        ("mask", "--save-view FILE.png +Write a strip to FILE.png"),
    ],
)
def test_a_line_that_ends_early_is_true(name: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert re.search(rf"^  {line}$", printed([name, "--help"], capsys), re.MULTILINE)


def test_help_of_the_group_fits_a_screen_with_its_groups(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(["--help"], capsys)
    assert printed(["help"], capsys) == text
    lines = text.splitlines()
    assert [line.split()[0] for line in lines if line.partition(" ")[0] in GROUPS] == list(GROUPS)
    assert len(lines) < SCREEN_LINES and max(map(len, lines)) <= 80


def test_no_two_commands_are_one_letter_apart() -> None:
    for one, other in combinations(COMMANDS, 2):
        letters = sum(a != b for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))
        assert letters > 1, (one, other)


@pytest.mark.parametrize("network", ["vgg", "resnet-small", "lenet5"])
def test_help_beside_a_network_shows_what_its_training_has(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    described = tomllib.loads((ROOT / "models" / f"{network}.toml").read_text())["training"]
    text = printed(["train", "--arch", network, "--help"], capsys)
    rows = {row.field: row for row in TRAINING_OPTIONS}
    for field in ("epochs", "batch_size", "momentum", "weight_decay", "schedule"):
        if field in described:
            value = described[field]
            wanted = f"{value:.4g}" if isinstance(value, float) else str(value)
            assert re.search(rf"^  {rows[field].option} .*\[{re.escape(wanted)}\]$", text, re.MULTILINE), field
    assert "[" not in re.search(r"\n  --epochs .*", printed(["train", "--help"], capsys))[0]  # type: ignore[index]


def test_help_beside_what_is_wrong_is_the_plain_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(["train", "--arch", "nothing", "--epochs", "x", "--help"], capsys) == printed(
        ["train", "--help"], capsys
    )


def test_help_is_coloured_where_colours_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    text = printed(["summary", "-h"], capsys)
    assert "\x1b[1;32mOptions:\x1b[0m" in text
    assert "\x1b[36m-h, --help\x1b[0m" in text
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in printed(["summary", "-h"], capsys)


def test_the_options_of_the_table_stand_under_their_groups() -> None:
    command = command_named("train")
    assert isinstance(command, GroupedCommand)
    with command.context_class(command, info_name="train") as ctx:
        found = {title: [option.opts[0] for option in options] for title, options in command.sections(ctx)}
    assert found["Training options"] == [row.option for row in TRAINING_OPTIONS if row.group == "Training"]
    assert "--json" in found["Other options"]


@pytest.mark.parametrize(
    "words",
    [
        "train --arch LeNet5 --data DIGITS --optim Adam --epochs 1 --images 64",
        "Train Digits --architecture=lenet5 --optimizer adam --batch 64 --num-epochs 1 --images 64",
        "train digits --net lenet5 --optimiser ADAM --bs=64 --max-epochs=1 --images 64 --workers 1",
    ],
)
def test_names_in_any_case_and_the_words_of_the_field_are_understood(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "here.bin"
    assert run([*words.split(), "-o", str(out), "--runs", str(tmp_path / "runs"), "-q"]) == 0
    assert out.exists()
    assert [line for line in capsys.readouterr().err.splitlines() if not line.startswith("warning: ")] == []
    [folder] = (tmp_path / "runs").iterdir()
    settings = json.loads((folder / "settings.json").read_text())
    plan = settings.get("settings", settings)
    assert (plan["architecture"], plan["optimizer"], plan["batch_size"]) == ("lenet5", "adam", 64)


def test_a_word_of_others_does_not_go_before_an_option_of_that_name(capsys: pytest.CaptureFixture[str]) -> None:
    """--model is --arch for `cnn train`, and a model for `cnn predict`."""
    assert run(["predict", "nowhere.png", "--model", "nowhere.bin"]) == 2
    assert "nowhere.bin" in capsys.readouterr().err


def test_a_folder_goes_before_a_name_in_another_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "DIGITS").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run(["data", "DIGITS"]) == 1
    assert capsys.readouterr().err.startswith("cnn: DIGITS")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sdg", "sgd"), ("ADMA", "adam"), ("rms", "rmsprop"), ("tabs", None), ("zz", None), ("a", None), ("", None),
        ("adma", "adam"), ("adamized", "adam"), ("sgds", "sgd"), ("nadamm", "nadam"), ("lb", None),
    ],
)  # fmt: skip
def test_the_nearest_name_is_told_only_when_it_is_near(typed: str, meant: str | None) -> None:
    assert nearest(typed, ["adam", "nadam", "sgd", "rmsprop", "lbfgs"]) == meant


def test_the_short_version_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(["-V"], capsys) == printed(["--version"], capsys)


def test_data_without_a_name_lists_what_there_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from cnncli.data import NAMES

    facts = json.loads(printed(["data", "--json", "--data-dir", str(tmp_path)], capsys))["data_sets"]
    assert {row["data"] for row in facts} == set(NAMES)
    assert [row["data"] for row in facts if row["is_here"]] == ["digits"]
    text = printed(["data", "--data-dir", str(tmp_path)], capsys)
    for row in facts:
        assert re.search(rf"^{row['data']} +{row['classes']} ", text, re.MULTILINE)
