"""The folders of tools/untuned, and the settings that are tried on them beside what is chosen."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tools.untuned import table, tries
from tools.untuned.sets import FOLDERS, Folder, by_name, write
from tools.untuned.table import line
from tools.untuned.tries import CHOSEN, Results, Try, read_results, settings, take_all

from cnncli.training.plan import make_plan
from cnncli.training_options import TrainSettings


def test_the_folders_are_those_that_are_asked_for() -> None:
    assert len(FOLDERS) >= 5
    few, tail, letters = by_name("few"), by_name("long-tail"), by_name("letters")
    assert set(few.training) == {20} and len(letters.classes) == 50
    assert max(tail.training) == 100 * min(tail.training)
    assert all(len(folder.training) == len(folder.classes) and folder.tested >= 1000 for folder in FOLDERS)
    picture = by_name("textures").picture
    assert picture is not None and picture(0, np.random.default_rng(0)).size == (96, 96)


@pytest.mark.parametrize("name", ["shapes", "textures", "letters", "few", "long-tail"])
def test_a_picture_is_that_of_its_seed_and_classes_differ(name: str) -> None:
    folder = by_name(name)
    assert folder.picture is not None
    one, again, other = (
        np.asarray(folder.picture(kind, np.random.default_rng(3)), np.float64) for kind in (0, 0, 1)
    )
    assert np.array_equal(one, again) and np.abs(one - other).mean() > 1


def test_a_folder_is_written_once_and_whole(tmp_path: Path) -> None:
    drawn = by_name("few").picture
    folder = Folder("small", "two shapes", ("circle", "ring"), [3, 2], 1, drawn)
    place = write(folder, tmp_path, None)
    files = sorted(path.relative_to(place).as_posix() for path in place.rglob("*.png"))
    assert files == [
        "test/circle/0000.png", "test/ring/0000.png", "train/circle/0000.png", "train/circle/0001.png",
        "train/circle/0002.png", "train/ring/0000.png", "train/ring/0001.png",
    ]  # fmt: skip
    before = (place / files[2]).stat().st_mtime_ns
    assert write(folder, tmp_path, None) == place and (place / files[2]).stat().st_mtime_ns == before
    train, test = (np.asarray(Image.open(place / files[number])) for number in (2, 0))
    assert not np.array_equal(train, test)


def test_the_settings_are_24_that_train() -> None:
    found = settings()
    assert len(found) == len({one.name for one in found}) == 24
    for one in found:
        words = dict(zip(one.words[::2], one.words[1::2], strict=True))
        make_plan(
            TrainSettings(words["--arch"], learning_rate=float(words["--lr"]), augment=words["--augment"]), {}, "x"
        )


def test_results_are_kept_and_taken_once_and_the_gap_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five settings of which four get all the time, two all seeds; the second of the five is the best."""
    taken: list[tuple[str, ...]] = []
    right = {"": 0.9, "a": 0.7, "b": 0.91, "c": 0.2, "d": 0.8, "e": 0.6}

    def trained(folder: Path, work: Path, words: tuple[str, ...], seed: int, must_work: bool) -> dict[str, object]:
        taken.append((*words, str(seed)))
        if len(taken) == 4:
            raise KeyboardInterrupt
        name = words[1] if words else ""
        assert must_work == (name == "")
        return {"accuracy": right[name] + 0.01 * (seed - 2), "seconds": 10.0 * seed, "epochs": 7, "network": "mlp"}

    monkeypatch.setattr(tries, "_trained", trained)
    five = [Try(name, ("--arch", name)) for name in "abcde"]
    file = tmp_path / "few.jsonl"
    with pytest.raises(KeyboardInterrupt):
        take_all(Results(file, Path("x"), tmp_path, None), five, (1, 2, 3))
    take_all(Results(file, Path("x"), tmp_path, None), five, (1, 2, 3))
    found = read_results(file)
    assert len(found) == 3 + 5 + 4 + 2 * 2 and len(taken) == len(found) + 1  # one was stopped, and taken again
    assert taken[5] == ("--arch", "b", "--time-limit", "3.00", "1")  # a part of the time that the first chosen one took
    assert taken[-1] == ("--arch", "d", "--time-limit", "10.00", "3")
    assert {result.name for result in found if result.share == 1 and result.seed == 1} == {CHOSEN, *"abde"}
    row = line(by_name("few"), found)
    assert row == "| few | mlp, 7 epochs | 20 s | 90.00 ± 1.00 | b | 91.00 ± 1.00 | +1.00 | 5 |"
    early = line(by_name("few"), [result for result in found if result.name == CHOSEN or result.share < 1])
    assert early.endswith("| b, 0.3 of the time | 90.00 (1 seed) | at most +10.00 | 5 |")
    file.write_text(file.read_text()[:-9])
    assert len(read_results(file)) == len(found) - 1  # a line that was not written whole


def test_all_have_the_time_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, ...]] = []

    def trained(folder: Path, work: Path, words: tuple[str, ...], seed: int, must_work: bool) -> dict[str, object]:
        said.append(words)
        return {"accuracy": 0.5, "seconds": 4.0, "epochs": 7, "network": "mlp"}

    monkeypatch.setattr(tries, "_trained", trained)
    take_all(Results(tmp_path / "r", Path("x"), tmp_path, 20.0), [Try("a", ())], (1,))
    assert said == [("--time-limit", limit) for limit in ("20.00", "6.00", "20.00")]


def test_the_table_takes_its_place_in_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- made by tools/untuned -->\nold\n<!-- end -->\nafter\n")
    table.file_of(tmp_path, "few", 20.0).write_text(
        '{"name": "chosen", "seed": 1, "share": 1.0, "accuracy": 0.5, "seconds": 20, "epochs": 3, "network": "mlp"}\n'
    )
    table.write_table(tmp_path, page)
    assert "old" in page.read_text()  # results kept elsewhere are no matter of the page
    monkeypatch.setattr(table, "RESULTS", tmp_path.resolve())
    table.write_table(tmp_path, page)
    lines = page.read_text().splitlines()
    assert lines[0] == "before" and lines[-1] == "after"
    assert lines[-3] == "| few | mlp, 3 epochs | 20 s | 50.00 (1 seed) |  |  | at most +50.00 | 0 |"


@pytest.mark.slow
def test_a_time_limit_is_one_of_cpu_time(tmp_path: Path) -> None:
    """Of a process that sleeps as long as it works, in the callback of each epoch."""
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time\nfrom cnncli.training import trainer\nclose = trainer.Trainer._close_epoch\n"
                       "def slow(self, stop):\n    time.sleep(0.2)\n    return close(self, stop)\n"
                       "trainer.Trainer._close_epoch = slow\n"
                       "from cnncli.layers import Module\nclass Anything(Module):\n    pass\n")  # fmt: skip
    command = [sys.executable, "-m", "tools.untuned.on_cpu_time", "train", "--arch", "linear", "--data", "digits",
               "--plugin", str(sleeper), "--time-limit", "1", "--threads", "1", "--json", "-q",
               "--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "m.bin")]  # fmt: skip
    facts = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert facts["epochs"] >= 5 and facts["seconds"] < 1.5  # 1 s of sleep at least is none of its time
