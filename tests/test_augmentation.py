"""Which augmentation suits which images, and what is recorded of it."""

import shlex
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from cnncli.augmentation import (
    LEVELS,
    SWITCHES,
    Augmentation,
    PictureFacts,
    augmentation_at,
)
from cnncli.cli.main import run
from cnncli.data import DataSet, Split
from cnncli.errors import CnnError, FormatError, UsageError
from cnncli.model_file.serialize import load_model
from cnncli.program.augmenting import augmentation_source
from cnncli.training.augmented import picture_facts, recorded, resolved
from cnncli.training.presets import preset_settings
from cnncli.training.records import Finished
from cnncli.training.train import train
from cnncli.training_options import TRAINING_OPTIONS, TrainSettings
from small_training import small_settings, weights

PHOTOS = PictureFacts(channels=3, height=32, width=32, images=50_000, is_glyph=False, class_names=["cat", "dog"])
DIGITS = PictureFacts(channels=1, height=28, width=28, images=60_000, is_glyph=True, class_names=list("0123456789"))
GREY = replace(DIGITS, is_glyph=False, class_names=["shirt", "shoe"])


@pytest.mark.parametrize("level", LEVELS)
def test_no_level_mirrors_what_has_sides(level: str) -> None:
    sided = [replace(PHOTOS, class_names=names) for names in (["turn_left", "turn_right"], ["3", "17"], ["a", "b"])]
    for facts in (DIGITS, GREY, replace(PHOTOS, is_glyph=True), *sided):
        assert augmentation_at(level, facts).flip == 0
    if level in ("light", "strong"):
        assert augmentation_at(level, PHOTOS).flip == 0.5


def test_auto_takes_more_for_few_images_and_nothing_for_tiny_ones() -> None:
    assert augmentation_at("auto", PHOTOS) == augmentation_at("light", PHOTOS)
    few = replace(PHOTOS, images=400)
    assert augmentation_at("auto", few) == augmentation_at("strong", few) != augmentation_at("light", few)
    assert augmentation_at("auto", replace(DIGITS, height=4)).is_none
    for level in LEVELS:
        for facts in (DIGITS, GREY, PHOTOS, replace(PHOTOS, height=9, width=300), replace(GREY, height=1, width=1)):
            augmentation_at(level, facts).check_size(facts.height, facts.width)


@pytest.mark.parametrize("field", SWITCHES)
def test_the_row_of_a_switch_and_the_class_have_the_same_limits(field: str) -> None:
    row = next(row for row in TRAINING_OPTIONS if row.field == field)
    for name, limit in row.limits:
        beyond = limit + {"least": -1, "most": 1, "below": 0}[name]
        with pytest.raises(UsageError, match=f"augmentation: {field} is "):
            Augmentation(**{field: int(beyond) if field == "crop" else beyond})
    assert Augmentation(**{field: 0}).is_none


@pytest.mark.parametrize("facts", [DIGITS, GREY, PHOTOS])
@pytest.mark.parametrize("asked", [
    {"augment": "none"}, {"augment": "light"}, {"augment": "auto"}, {"augment": "strong", "rotate": 0, "noise": 0.2},
    {"mixup": 0.3}, {"augment": "none", "crop": 2}, {"augment": "strong", "elastic": 0, "jitter": 0},
])  # fmt: skip
def test_what_is_recorded_gives_the_same_again(asked: dict, facts: PictureFacts) -> None:
    level, chosen = resolved(asked, facts)
    fields = recorded(level, chosen, facts)
    assert fields["augment"] in ("none", "light", "strong", None)
    assert resolved(fields, facts) == (level, chosen)
    for name in asked.keys() - {"augment"}:
        assert getattr(chosen, name) == asked[name]


def images_of(rng: np.random.Generator, background: float, ink: float, channels: int = 1) -> np.ndarray:
    images = np.clip(rng.normal(background, 2, (60, channels, 12, 12)), 0, 255)
    images[:, :, 4:8, 5:7] = ink
    return images.astype(np.uint8)


def set_of(images: np.ndarray, **more: object) -> DataSet:
    labels = np.arange(len(images)) % 2
    return DataSet("some", Split(images, labels.astype(np.int64)), None, ["one", "two"], **more)  # type: ignore[arg-type]


def test_strokes_on_paper_are_seen_and_photos_too(rng: np.random.Generator) -> None:
    assert picture_facts(set_of(images_of(rng, 240, 30))).is_glyph
    assert picture_facts(set_of(images_of(rng, 5, 200, 3))).is_glyph
    photos = rng.integers(0, 256, (60, 3, 12, 12), dtype=np.uint8)
    assert not picture_facts(set_of(photos)).is_glyph
    assert picture_facts(set_of(photos, preparation="glyph")).is_glyph


def test_what_lies_beyond_an_edge_is_the_background_or_a_mirror(rng: np.random.Generator) -> None:
    paper = augmentation_source(images_of(rng, 240, 30))
    assert abs(paper["fill"][0] - 240) <= 1 and paper["erase"] == paper["fill"] and not paper["mirrored"]
    photos = rng.integers(0, 256, (60, 3, 12, 12), dtype=np.uint8)
    found = augmentation_source(photos)
    assert found["mirrored"] and np.allclose(found["erase"], photos.mean(axis=(0, 2, 3)), atol=0.51)
    only = np.arange(10, dtype=np.int64)
    photos[:10] = 7
    assert augmentation_source(photos, only)["fill"] == [7, 7, 7]
    floats = augmentation_source(np.array([[[[-2, -2, -2], [-2, 3, -2], [-2, -2, np.nan]]]], np.float32))
    assert (floats["low"], floats["span"], floats["fill"]) == (-2, 5, [0])


def trained(settings: TrainSettings) -> dict:
    *_, last = train(settings)
    assert isinstance(last, Finished)
    return load_model(last.model).record["training"]


def test_a_description_and_a_preset_set_it_and_a_typed_level_goes_before(tmp_path: Path) -> None:
    small = replace(small_settings(tmp_path, train=60), epochs=1)
    path = Path(small.architecture)
    path.write_text(path.read_text() + '[training]\naugment = "light"\nrotate = 25\n')
    described = trained(small)["settings"]
    assert (described["augment"], described["rotate"], described["shift"]) == ("light", 25, 0.07)
    off = trained(replace(small, augment="none"))["settings"]
    assert off["augment"] == "none" and all(off[name] is None for name in SWITCHES)
    preset = tmp_path / "mine.toml"
    preset.write_text('[options]\naugment = "strong"\nstroke = 1\n')
    assert preset_settings(str(preset)) == {"augment": "strong", "stroke": 1}
    assert preset_settings(str(preset), {"augment": "none"}) == {}
    path.write_text(path.read_text().replace("25", "250"))
    with pytest.raises(FormatError, match=r"rotate is 250; use a number, at least 0 and at most 180"):
        list(train(small))


def test_without_the_option_nothing_is_recorded_and_the_command_repeats_what_was(tmp_path: Path) -> None:
    small = replace(small_settings(tmp_path, train=60), epochs=1)
    plain = trained(small)
    assert plain["settings"]["augment"] is None and "--augment" not in plain["command"]
    changed = trained(replace(small, augment="auto", elastic=0.0, flip=0.25, out=str(tmp_path / "one.bin")))
    words = shlex.split(changed["command"])
    assert words[words.index("--augment") + 1] == "strong" and words[words.index("--elastic") + 1] == "0.0"
    again = tmp_path / "again.bin"
    places = {"drawn.npz": small.data, "small.toml": small.architecture}
    command = [str(places.get(word, word)) for word in words[1:]]
    assert run([*command, "--out", str(again), "--runs", str(tmp_path / "runs")]) == 0
    assert weights(again) == weights(tmp_path / "one.bin") != weights(small.out)


def test_words_of_other_programs_are_understood(tmp_path: Path) -> None:
    small = replace(small_settings(tmp_path, train=60), epochs=1)
    words = ["--translate", "0.1", "--degrees", "7", "--fliplr", "0.5", "--reprob", "0.2", "--color-jitter", "0.1"]
    command = ["train", "--arch", small.architecture, "--data", small.data, "--epochs", "1", "--out", small.out]
    assert run([*map(str, command), "--runs", small.runs, *words]) == 0
    settings = load_model(str(small.out)).record["training"]["settings"]
    found = {name: settings[name] for name in ("shift", "rotate", "flip", "erase", "jitter")}
    assert found == {"shift": 0.1, "rotate": 7, "flip": 0.5, "erase": 0.2, "jitter": 0.1}


def test_rows_of_numbers_are_refused_and_auto_leaves_them(tmp_path: Path, rng: np.random.Generator) -> None:
    table = tmp_path / "x.csv"
    rows = [f"{a:.3f},{b:.3f},{'yes' if a > b else 'no'}" for a, b in rng.normal(size=(60, 2))]
    table.write_text("a,b,c\n" + "\n".join(rows) + "\n")
    settings = TrainSettings(
        architecture="mlp", data=str(table), epochs=1, runs=str(tmp_path / "runs"), out=str(tmp_path / "m.bin")
    )
    with pytest.raises(CnnError, match=r"--augment light: changes images, and the data are rows of numbers"):
        list(train(replace(settings, augment="light")))
    assert trained(replace(settings, augment="auto"))["settings"]["augment"] is None


def test_optimizers_of_all_images_refuse_it_before_there_is_a_run(tmp_path: Path) -> None:
    small = replace(small_settings(tmp_path, train=60), optimizer="lbfgs", batch_size=None, epochs=1, max_iter=1)
    with pytest.raises(UsageError, match=r"^--shift 0.1: lbfgs needs the same images in each evaluation; leave it out"):
        list(train(replace(small, shift=0.1)))
    assert not (tmp_path / "runs").exists()
    assert trained(replace(small, augment="auto"))["settings"]["augment"] is None


def test_a_crop_that_leaves_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^--crop 28: images are 28x28, .*; use at most 27$"):
        list(train(replace(small_settings(tmp_path), crop=28)))
    assert not (tmp_path / "runs").exists()
    assert asdict(Augmentation(crop=np.int64(3)))["crop"] == 3
