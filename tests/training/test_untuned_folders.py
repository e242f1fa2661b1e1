"""The folders of tools/untuned, and the settings that are tried on them beside what is chosen."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tools.untuned import tries
from tools.untuned.__main__ import line
from tools.untuned.sets import FOLDERS, Folder, by_name, write
from tools.untuned.tries import CHOSEN, Try, results_of, settings

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
    taken: list[tuple[str, int, tuple[str, ...]]] = []

    def trained(folder: Path, kept: Path, one: Try, seed: int, threads: int) -> dict[str, object]:
        taken.append((one.name, seed, one.words))
        if len(taken) == 4:
            raise KeyboardInterrupt
        right = {CHOSEN: 0.9, "a": 0.91, "b": 0.5}[one.name]
        return {"accuracy": right, "seconds": 3.0 * seed, "epochs": 7, "network": "mlp"}

    monkeypatch.setattr(tries, "_trained", trained)
    two = [Try("a", ("--arch", "a")), Try("b", ())]
    with pytest.raises(KeyboardInterrupt):
        list(results_of(Path("x"), tmp_path, two, (1, 2), 1))
    found = list(results_of(Path("x"), tmp_path, two, (1, 2), 1))
    assert len(found) == 6 and len(taken) == 7  # one was stopped, and taken again
    assert taken[2][2] == ("--arch", "a", "--time-limit", "3.00") and taken[4][2][-1] == "6.00"  # as long as was chosen
    assert line(by_name("few"), found).endswith("chosen mlp 90.00 %, 7 epochs, 3 s; best of 2: a 91.00 %; gap +1.00")
