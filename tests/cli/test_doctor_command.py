"""`cnn doctor` and `cnn break` as users type them."""

import json
import shutil
from pathlib import Path

import pytest

from browser import OpenPage, chromium
from cnncli.broken.cases import CASES
from cnncli.cli.doctor import FOUND
from cnncli.cli.main import run


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A broken run and its twin in one folder, with the page of them."""
    folder = tmp_path_factory.mktemp("twins")
    words = ["break", "no-normalization", "--images", "1000", "--epochs", "3", "--threads", "1"]
    assert run([*words, "--keep", str(folder), "--out", str(folder / "case.html")]) == 0
    return folder


def test_cases_are_listed_in_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["break"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:9]] == [case.name for case in CASES]
    assert all(len(line) <= 80 for line in lines)


def test_a_case_tells_what_it_is_in_lines_that_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["break", "zero-init", "--images", "600", "--epochs", "3", "--threads", "1"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    heads = ["What to look for", "Why", "How to mend it", "The mistake", "Mended",
             "What cnn doctor says of the broken one"]  # fmt: skip
    assert [line for line in lines if line in heads] == heads
    assert "zero-init: units of a layer are copies of each other" in out
    assert out.count("healthy twin") >= 2 and "training loss" in out and "validation accuracy, %" in out
    assert "Of its healthy twin: nothing found." in lines


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-shufle"], "did you mean no-shuffle?"),
        (["zero-init", "--data", "nowhere"], "nowhere"),
        (["zero-init", "--out", "page.pdf"], "use a name that ends in .html"),
        (["zero-init", "--arch", "nonet"], "no network is named"),
        (["deep-sigmoids", "--arch", "perceptron"], "--arch"),
    ],
)
def test_what_cannot_be_broken_is_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["break", *words]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error and len(error.splitlines()) <= 2 and not list(tmp_path.iterdir())


def test_runs_that_are_there_are_not_written_over(twins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["break", "zero-init", "--keep", str(twins)]) == 2
    assert "has a broken already" in capsys.readouterr().err


def test_the_doctor_says_what_it_found_and_that_it_found_nothing(
    twins: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", str(twins / "healthy")]) == 0
    assert capsys.readouterr().out == f"{twins}/healthy: nothing found\n"
    assert run(["doctor", "broken", "healthy", "--runs", str(twins)]) == FOUND == 3
    lines = capsys.readouterr().out.splitlines()
    assert "no-normalization: the numbers that go in are far from mean 0 and deviation 1" in " ".join(
        " ".join(lines).split()
    )
    assert lines[-1] == f"{twins}/healthy: nothing found" and max(map(len, lines[1:-1])) <= 80


def test_the_newest_run_is_looked_at_and_json_has_the_numbers(twins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (twins / "broken" / "note.txt").touch()  # it changed last
    assert run(["doctor", "--runs", str(twins), "--json"]) == FOUND
    (facts,) = json.loads(capsys.readouterr().out)["runs"]
    assert facts["run"] == str(twins / "broken") and facts["has_signs"] is True
    first = facts["findings"][0]
    assert first["kind"] == "no-normalization" and first["likelihood"] > 0.9
    assert 50 < first["evidence"][0]["value"] < 150 and first["evidence"][0]["epoch"] == 1


def test_the_accuracy_is_that_of_the_epoch_that_is_kept_as_all_others_tell_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.json").write_text("{}")
    (tmp_path / "diagnostics.json").write_text(json.dumps({"epochs": [], "warnings": ["a line"]}))
    rows = [{"epoch": at, "accuracy": 0.9, "validation_accuracy": right, "validation_loss": 1.0, "loss": 1.0}
            for at, right in ((1, 0.5), (2, 0.61111), (3, 0.54167))]  # fmt: skip
    for count, words in ((3, "3 epochs, validation accuracy 61.11 % of epoch 2, which is kept"),
                         (2, "2 epochs, validation accuracy 61.11 %")):  # fmt: skip
        (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:count]))
        assert run(["doctor", str(tmp_path)]) == FOUND
        assert capsys.readouterr().out.splitlines()[0] == f"{tmp_path}: {words}"
    (tmp_path / "metrics.jsonl").write_text(json.dumps({**rows[0], "validation_accuracy": [1]}) + "\n")
    assert run(["doctor", str(tmp_path)]) == FOUND
    assert capsys.readouterr().out.splitlines()[0] == f"{tmp_path}: 1 epoch, training accuracy 90.00 %"


def test_a_run_of_an_older_version_is_told_so(twins: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = tmp_path / "old"
    shutil.copytree(twins / "healthy", old)
    (old / "diagnostics.json").unlink()
    (old / "checkpoint.bin").unlink()
    assert run(["doctor", str(old)]) == 0
    assert "an older version trained it" in capsys.readouterr().out


def test_what_the_training_warned_of_is_said_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--arch", "linear", "--data", "digits", "--images", "90", "--epochs", "1", "--lr", "1e-7", "--seed", "3"]
    where = ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "model.bin")]
    assert run(["train", *words, *where, "--json"]) == 0
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert run(["doctor", "--runs", str(tmp_path / "runs")]) == FOUND
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(str(tmp_path / "runs")) and "nothing found" not in lines[0]
    assert " ".join(" ".join(lines[1:]).split()) == f"warned: {warning}"
    assert run(["doctor", "--runs", str(tmp_path / "runs"), "--json"]) == FOUND
    (facts,) = json.loads(capsys.readouterr().out)["runs"]
    assert facts["findings"] == [] and facts["warnings"] == [warning]


def test_warnings_of_any_type_and_with_control_characters_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.json").write_text("{}")
    (tmp_path / "diagnostics.json").write_text(json.dumps({"epochs": [], "warnings": [3, None, "a\x1b[31m line"]}))
    assert run(["doctor", str(tmp_path)]) == FOUND
    assert "\x1b" not in (printed := capsys.readouterr().out) and printed.count("warned: ") == 1
    (tmp_path / "diagnostics.json").write_text(json.dumps({"epochs": [], "warnings": "text"}))
    assert run(["doctor", str(tmp_path)]) == 0


def test_a_name_of_no_run_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "nothing", "--runs", str(tmp_path)]) == 2
    assert "no such run" in capsys.readouterr().err
    assert run(["doctor", "--runs", str(tmp_path)]) == 2
    assert "no run; name one, or train with cnn train" in capsys.readouterr().err


def test_a_run_that_has_just_begun_is_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "settings.json").write_text("{}")
    assert run(["doctor", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.endswith("nothing found; its first epoch is not over\n")


def test_the_page_loads_nothing_and_fits(twins: Path) -> None:
    with chromium() as browser:
        for width, scheme in ((390, "dark"), (1280, "light")):
            with OpenPage(browser, twins / "case.html", width=width, color_scheme=scheme) as shown:
                assert shown.errors == [] and len(shown.requests) == 1
                page = shown.page
                assert page.locator("svg.plot").count() == 3
                assert page.locator("h2").all_inner_texts() == [
                    "Curves", "What to look for", "Why", "How to mend it", "The lines", "What cnn doctor says",
                ]  # fmt: skip
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert page.locator("pre").first.inner_text().startswith("x = images.astype(np.float32)")
                assert "\\n" not in page.inner_text("main")
                strokes = "all => all.map(one => getComputedStyle(one).stroke)"
                colours = page.eval_on_selector_all(".plot .line", strokes)
                assert len(set(colours)) == 2 and "none" not in colours
