"""What values of options may be, and what is said of others; and the one line for a command that cannot be run."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from cnncli.cli import options
from cnncli.cli.usage import check_values, in_our_words, usage_line

WHOLE = options.Number(whole=True)


def converted(kind: click.ParamType[Any], value: object) -> object:
    """The value, or what is said of it."""
    try:
        return kind.convert(value, None, None)
    except click.BadParameter as error:
        return error.message


NO_TIME = "use a time above 0, such as 90s, 5m or 1h30m"
NO_SIZE = "use pixels such as 32, or HxW such as 32x48, up to 4096"
NO_WHOLE = "use a whole number"


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (options.Duration(), "90", 90.0),
        (options.Duration(), "5m", 300.0),
        (options.Duration(), "5 MIN 1s", 301.0),
        (options.Duration(), "1.5h", 5400.0),
        (options.Duration(), "1h30m2s", 5402.0),
        (options.Duration(), ".5", 0.5),
        (options.Duration(), "", f"'': {NO_TIME}"),
        (options.Duration(), "0s", f"0s: {NO_TIME}"),
        (options.Duration(), "soon", f"soon: {NO_TIME}"),
        (options.Duration(), "9" * 310, f"{'9' * 310}: {NO_TIME}"),
        (options.ImageSize(), "32", (32, 32)),
        (options.ImageSize(), "32X48", (32, 48)),
        (options.ImageSize(), "32×48", (32, 48)),
        (options.ImageSize(), (3, 5), (3, 5)),
        (options.ImageSize(), "4096x1", (4096, 1)),
        (options.ImageSize(), "00032", (32, 32)),
        (options.ImageSize(), "000032", f"000032: {NO_SIZE}"),
        (options.ImageSize(), "4097", f"4097: {NO_SIZE}"),
        (options.ImageSize(), "32x0", f"32x0: {NO_SIZE}"),
        (options.ImageSize(), "x", f"x: {NO_SIZE}"),
        (options.ImageSize(), "1x2x3", f"1x2x3: {NO_SIZE}"),
        (options.ImageSize(), "²", f"²: {NO_SIZE}"),
        (WHOLE, "1e3", 1000),
        (WHOLE, "20.0", 20),
        (WHOLE, "20.5", f"20.5: {NO_WHOLE}"),
        (WHOLE, "9007199254740992.0", 2**53),
        (WHOLE, "-9007199254740992.0", -(2**53)),
        (WHOLE, "9007199254740994.0", f"9007199254740994.0: {NO_WHOLE}"),
        (WHOLE, "9007199254740994", 2**53 + 2),
        (WHOLE, "inf", f"inf: {NO_WHOLE}"),
        (WHOLE, " ", f"' ': {NO_WHOLE}"),
        (options.Number(("full",), whole=True), "full", "full"),
        (options.Number(("full",), whole=True), "most", f"most: {NO_WHOLE}, or full"),
        (options.Number(above=0), "1e3", 1000.0),
        (options.Number(above=0), "nan", "nan: use a number, more than 0"),
        (options.NearestChoice(["cosine", "step"]), "COSINE", "cosine"),
        (options.NearestChoice(["cosine", "step"]), "cosin", "cosin: unknown; did you mean cosine?"),
        (options.NearestChoice(["cosine", "step"]), "zzz", "zzz: unknown; use one of cosine, step"),
        (options.NearestChoice(["mse"], lambda: ["mse", "own"]), "own", "own"),
        (options.NearestChoice(["mse"], lambda: ["mse", "own"]), "owm", "owm: unknown; did you mean own?"),
        (
            options.NearestChoice(["mse"], lambda: ["mse", "own"]), "zzz",
            "zzz: unknown; use one of mse, own, or your own with --plugin FILE.py",
        ),
        (options.LossTerms(["mse", "l1"]), "mse+l1:times=0.1", "mse+l1:times=0.1"),
        (options.LossTerms(["mse", "l1"]), "mse+l2:times=0.1", "l2: unknown; use one of mse, l1"),
        (options.Dial(["s", "m"]), "S", "s"),
        (
            options.Dial(["s", "m"]), "2s",
            "2s: is how large the network is, s, m or l; the pixels of images are --pixels",
        ),
        (options.Steps(), "5000,1200:4300", "5000,1200:4300"),
    ],
)  # fmt: skip
def test_a_value_is_taken_or_told_with_its_remedy(kind: click.ParamType[Any], value: object, told: object) -> None:
    made = converted(kind, value)
    assert (made, type(made)) == (told, type(told))


def test_a_folder_need_not_exist_and_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "new"):
        assert converted(options.Folder(), str(path)) == str(path)
    assert converted(options.Folder(), str(tmp_path / "file")) == f"{tmp_path}/file: is a file; name a folder"
    assert converted(options.Folder(), "") == "'': name a folder, . for the one you are in"


NO_BOX = "use four whole numbers, X,Y,W,H, such as 10,20,100,120"


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ([], "None None False False quiet=False debug=False"),
        (["--box", "1, 2,3,4", "--invert"], "(1, 2, 3, 4) True False False quiet=False debug=False"),
        (["--no-invert", "--tta", "--json"], "None False True True quiet=False debug=False"),
        (["-q"], "None None False False quiet=True debug=False"),
        (["--quiet", "--debug"], "None None False False quiet=True debug=True"),
        (["--box", "1,2,3"], f"1,2,3: {NO_BOX}"),
        (["--box", "1,2,3,4,5"], f"1,2,3,4,5: {NO_BOX}"),
        (["--box", "1,2,3,²"], f"1,2,3,²: {NO_BOX}"),
        (["--box", "1,2,3,-4"], f"1,2,3,-4: {NO_BOX}"),
    ],
)
def test_options_of_several_commands_are_read_alike(words: list[str], seen: str) -> None:
    @click.command()
    @options.box_option
    @options.invert_option
    @options.tta_option
    @options.json_option
    @options.quiet_option
    @options.debug_option
    def command(box: Any, invert: Any, tta: bool, as_json: bool) -> None:
        debug = click.get_current_context().find_root().ensure_object(dict).get("debug", False)
        click.echo(f"{box} {invert} {tta} {as_json} quiet={options.is_quiet()} debug={debug}")

    assert seen in CliRunner().invoke(command, words).output


@pytest.mark.parametrize(("word", "kept"), [("--debug", "debug"), ("--quiet", "quiet"), ("-q", "quiet")])
def test_what_concerns_errors_is_known_before_another_option_is_refused(word: str, kept: str) -> None:
    @click.command()
    @options.box_option
    @options.quiet_option
    @options.debug_option
    def command(box: Any) -> None:
        raise AssertionError(box)

    state: dict[str, bool] = {}
    assert NO_BOX in CliRunner().invoke(command, ["--box", "x", word], obj=state).output
    assert state == {kept: True}


def test_nothing_is_quiet_where_no_command_runs() -> None:
    assert not options.is_quiet()


@click.command(epilog="Examples:\n\n  cnn one\n  cnn two 7  ")
@click.argument("file", required=False)
@click.option("--out", envvar="CNN_OUT", metavar="FILE", type=WHOLE)
@click.option("--epochs", "--rounds", metavar="N", type=WHOLE)
@click.option("--json", is_flag=True)
@click.option("-v", count=True)
@click.option("--plot", is_flag=False, flag_value="curves.png", metavar="FILE")
@click.option("--fast/--no-fast")
def two(**_: object) -> None:
    """A command with an option of each kind."""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["--batch", "3"], ["--batch", "3"]),  # means --batch-size, which this command has not
        (["--max-epochs=3", "--output", "x"], ["--epochs=3", "--out", "x"]),
        (["--NUM-EPOCHS", "3"], ["--epochs", "3"]),
        (["--out", "x", "--", "--output"], ["--out", "x", "--", "--output"]),
        (["--rounds", "3"], ["--rounds", "3"]),
    ],
)
def test_options_of_other_programs_are_understood(typed: list[str], meant: list[str]) -> None:
    assert in_our_words(two, typed, click.Context(two, info_name="two")) == meant


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("--out 3 --json -v x", None),
        ("--out", "--out needs a value: --out FILE"),
        ("--out --json", "--out needs a value: --out FILE"),
        ("--out -7 --epochs --no-fast", "--epochs needs a value: --epochs N"),  # a number may be negative
        ("--out=3 --epochs", "--epochs needs a value: --epochs N"),
        ("--out x --epochs", "--epochs needs a value: --epochs N"),
        ("--json=1", "--json is on or off; write --json alone"),
        ("--json --epochs", "--epochs needs a value: --epochs N"),
        ("-v=1", None),  # left to click, which takes letters together
        ("--plot --json=1", "--json is on or off; write --json alone"),
        ("--plot x --epochs", "--epochs needs a value: --epochs N"),
        ("--plot --epochs", "--epochs needs a value: --epochs N"),
        ("--plot", None),
        ("--plot=x --epochs", "--epochs needs a value: --epochs N"),
        ("x y --nothing --epochs", "--epochs needs a value: --epochs N"),
        ("-- --epochs", None),
    ],
)
def test_an_option_needs_its_value_and_does_not_take_the_next_option_for_it(words: str, fault: str | None) -> None:
    context = click.Context(two, info_name="two")
    if fault is None:
        check_values(two, words.split(), context)
        return
    with pytest.raises(click.UsageError) as caught:
        check_values(two, words.split(), context)
    assert caught.value.message == fault


@pytest.mark.parametrize(
    ("words", "environment", "line"),
    [
        (["--epoch", "3"], {}, "two: no option --epoch; did you mean --epochs? (see two --help)"),
        (["--zzz"], {}, "two: no option --zzz (see two --help)"),
        (["a", "b", "c"], {}, "two: b c: more than this command takes; use it as in: cnn two 7 (see two --help)"),
        (["--out", "x"], {}, "two: --out x: use a whole number (see two --help)"),
        ([], {"CNN_OUT": "x"}, "two: CNN_OUT=x: use a whole number (see two --help)"),
        (["--out", "x"], {"CNN_OUT": "3"}, "two: --out x: use a whole number (see two --help)"),
    ],
)
def test_a_command_that_cannot_be_run_is_told_in_one_line(
    words: list[str], environment: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(click.ClickException) as caught:
        two.make_context("two", words)
    assert usage_line(caught.value) == line


def test_clicks_own_sentences_become_our_lines() -> None:
    context = click.Context(two, info_name="two")
    assert usage_line(click.UsageError("Something is Wrong.", context)) == "two: something is Wrong (see two --help)"
    assert usage_line(click.UsageError("FILE is no. 1.", context)) == "two: FILE is no. 1. (see two --help)"
    assert usage_line(click.ClickException("Wrong.")) == "cnn: wrong (see cnn --help)"
    (file,) = [one for one in two.params if one.name == "file"]
    assert usage_line(click.MissingParameter(ctx=context, param=file)) == (
        "two: [FILE] is missing; use it as in: cnn two 7 (see two --help)"
    )
    assert usage_line(click.BadParameter("x: no such file", context, file)) == "two: x: no such file (see two --help)"
    bare = click.Context(click.Command("bare", epilog="cnn bare"), info_name="bare")
    assert usage_line(click.MissingParameter(ctx=bare, param=file)) == "bare: [FILE] is missing (see bare --help)"
    one = click.Context(click.Command("one", epilog="Example:\n  cnn one"), info_name="one")
    assert usage_line(click.MissingParameter(ctx=one, param=file)) == (
        "one: [FILE] is missing; use it as in: cnn one (see one --help)"
    )
