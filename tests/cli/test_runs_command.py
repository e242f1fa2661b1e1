"""`cnn runs`: what there is, where two differ, and what goes."""

import csv
import io
import json
import shlex
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from cnncli.cli import render_runs
from cnncli.cli.main import run
from cnncli.training.run_list import find_runs
from cnncli.training.runs import RunFolder

COMMON = ["train", "digits", "--arch", "linear", "--images", "200", "--epochs", "2", "-q"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs that are done, one that stopped, and one whose settings are damaged."""
    folder = tmp_path_factory.mktemp("place")
    runs = folder / "runs"
    for rate in ("0.02", "0.05"):
        assert run([*COMMON, "--lr", rate, "-o", str(folder / "model.bin"), "--runs", str(runs)]) == 0
    (runs / "linear-digits-3").mkdir()
    settings = json.loads((runs / "linear-digits-1" / "settings.json").read_text()) | {"epochs": 9}
    (runs / "linear-digits-3" / "settings.json").write_text(json.dumps(settings))
    (runs / "broken-1").mkdir()
    (runs / "broken-1" / "settings.json").write_text("{")
    (runs / "other").mkdir()  # no run
    return runs


def facts(root: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert run(["runs", *words, "--runs", str(root), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_each_run_is_listed_with_what_it_came_to(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    rows = {Path(row["run"]).name: row for row in facts(root, capsys)["runs"]}  # type: ignore[attr-defined]
    assert {name: row["state"] for name, row in rows.items()} == {
        "linear-digits-1": "done", "linear-digits-2": "done", "linear-digits-3": "stopped", "broken-1": "damaged",
    }  # fmt: skip
    done = rows["linear-digits-1"]
    last = json.loads((root / "linear-digits-1" / "metrics.jsonl").read_text().splitlines()[-1])
    assert (done["epochs_done"], done["epochs"], done["loss"]) == (2, 2, last["loss"])
    assert 0 < done["test_accuracy"] < 1
    assert (rows["linear-digits-3"]["epochs_done"], rows["linear-digits-3"]["epochs"]) == (0, 9)
    assert run(["runs", "--runs", str(root)]) == 0
    out = capsys.readouterr().out
    assert "linear-digits-1" in out and "broken-1: " in out and "settings.json: is not JSON at character 1" in out


def test_a_run_that_goes_on_is_running(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RunFolder.open("linear-digits-3", root):
        rows = facts(root, capsys)["runs"]
    assert {Path(row["run"]).name: row["state"] for row in rows}["linear-digits-3"] == "running"  # type: ignore[attr-defined]


def test_a_run_that_was_stopped_before_its_best_model_was_kept_is_stopped(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "runs" / "linear-digits-1"
    shutil.copytree(root / "linear-digits-1", place)
    (place / "best.bin").unlink()
    (row,) = facts(tmp_path / "runs", capsys)["runs"]  # type: ignore[misc]
    assert (row["state"], row["fault"], row["test_accuracy"]) == ("stopped", None, None)


@pytest.mark.parametrize(("width", "has_size"), [(80, False), (120, True)])
def test_a_list_fits_the_terminal_and_only_long_names_are_broken(
    width: int, has_size: bool, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "a-network-with-a-long-name-on-a-folder-with-one-too-that-takes-a-line-and-more-1"
    shutil.copytree(root / "linear-digits-1", tmp_path / long)
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=width, color_system=None, legacy_windows=False)
    monkeypatch.setattr(render_runs, "stdout_console", lambda: console)
    render_runs.list_runs(find_runs(tmp_path), tmp_path)
    table = screen.getvalue().split("\n\n")[0].splitlines()
    assert all(len(line) <= width for line in table) and "…" not in screen.getvalue()
    assert ("size" in table[0]) == has_size and " done " in table[1] and " test " in table[1]
    assert "".join(line.split("  ")[0].strip() for line in table[1:]) == long


def test_a_comparison_shows_what_differs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("linear-digits-1", "linear-digits-2")
    assert facts(root, capsys, *names)["differ"] == {"learning_rate": [0.02, 0.05]}
    assert run(["runs", *names, "--runs", str(root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == list(names)
    assert lines[1].split() == ["learning", "rate", "0.02", "0.05"]
    assert {line.split()[0] for line in lines[2:]} == {"state", "epochs", "loss", "accuracy", "test", "time"}


def test_its_folder_holds_the_command_and_a_table(root: Path, tmp_path: Path) -> None:
    folder = root / "linear-digits-2"
    line = (folder / "command.txt").read_text()
    again = [*shlex.split(line)[1:], "-q", "-o", str(tmp_path / "again.bin"), "--runs", str(tmp_path / "runs")]
    assert run(again) == 0
    measures = ("loss", "accuracy", "learning_rate")
    [copy] = (tmp_path / "runs").iterdir()
    tables = []
    for path in (folder, copy):
        with (path / "metrics.csv").open(newline="") as file:
            tables.append([[row[name] for name in measures] for row in csv.DictReader(file)])
    assert tables[0] == tables[1] and len(tables[0]) == 2
    first = json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])
    assert [float(value) for value in tables[0][0]] == [first[name] for name in measures]


def test_only_what_is_done_and_old_is_removed(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    copy = tmp_path / "runs"
    shutil.copytree(root, copy)
    before = {path.name for path in copy.iterdir()}
    assert facts(copy, capsys, "--prune", "1") == {"would_remove": [str(copy / "linear-digits-1")]}
    assert {path.name for path in copy.iterdir()} == before
    assert facts(copy, capsys, "--prune", "1", "--yes") == {"removed": [str(copy / "linear-digits-1")]}
    assert {path.name for path in copy.iterdir()} == before - {"linear-digits-1"}
    assert run(["runs", "--runs", str(copy), "--prune", "0", "--yes"]) == 0
    assert {path.name for path in copy.iterdir()} == {"linear-digits-3", "broken-1", "other"}
    assert "1 run removed" in capsys.readouterr().out


def test_what_stays_is_told_last(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "runs"
    shutil.copytree(root, copy)
    for words, stay in (
        (["--prune", "1"], {"linear-digits-2", "linear-digits-3", "broken-1"}),
        (["--prune", "0", "--yes"], {"linear-digits-3", "broken-1"}),
        (["--prune", "0"], {"linear-digits-3", "broken-1"}),
    ):
        assert run(["runs", "--runs", str(copy), *words]) == 0
        told, _, names = capsys.readouterr().out.splitlines()[-1].partition(": ")
        assert told == "what stays" and {Path(name).name for name in names.split(", ")} == stay
    monkeypatch.setattr("cnncli.cli.runs._MOST_NAMED", 1)
    assert run(["runs", "--runs", str(copy), "--prune", "0"]) == 0
    assert capsys.readouterr().out.endswith(" and 1 more\n")


def test_trainings_of_several_seeds_are_listed_compared_and_removed_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    assert run([*COMMON, "--seeds", "2", "--runs", str(runs)]) == 0
    capsys.readouterr()
    names = {str(Path(row["run"]).relative_to(runs)) for row in facts(runs, capsys)["runs"]}  # type: ignore[attr-defined]
    assert names == {f"linear-seeds-1/linear-digits-{number}" for number in (1, 2)}
    assert run(["runs", "--runs", str(runs)]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in names)
    by_group = facts(runs, capsys, "linear-seeds-1")
    assert by_group["differ"] == {"seed": [1, 2]}  # in the order in which they were trained
    assert facts(runs, capsys, *sorted(names)) == by_group
    assert len(facts(runs, capsys, "--prune", "1", "--yes")["removed"]) == 1  # type: ignore[arg-type]
    assert len(facts(runs, capsys)["runs"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["nothing"], "cnn: nothing: no such run; start one with cnn train"),
        (["a", "--prune", "1"], "cnn runs: --prune is about all runs; leave out a (see cnn runs --help)"),
        (["--yes"], "cnn runs: --yes goes with --prune; add --prune KEEP (see cnn runs --help)"),
    ],
)
def test_mistakes_are_one_line(
    words: list[str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["runs", *words, "--runs", str(tmp_path)]) == 2
    assert capsys.readouterr().err == line + "\n"


def test_no_runs_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runs", "--runs", str(tmp_path / "none")]) == 0
    assert "cnn train starts one" in capsys.readouterr().out
