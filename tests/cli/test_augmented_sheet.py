"""`cnn data --augment`: images beside what epochs make of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import _core, data
from cnncli.augmentation import augmentation_at
from cnncli.cli.augmented_sheet import augmented_page
from cnncli.cli.main import run
from cnncli.program.augmenting import augmentation_source
from cnncli.training.augmented import picture_facts


def test_tiles_are_the_image_and_what_each_epoch_of_a_training_sees() -> None:
    dataset = data.load("digits")
    page = augmented_page(dataset, "strong", 4, None)
    facts = picture_facts(dataset)
    changes = augmentation_at("strong", facts)
    assert [panel.title for panel in page.panels] == list("0123456789")
    assert page.lines == [f"strong: {changes.words}"]
    assert dataset.train is not None
    images, source = dataset.train.images, augmentation_source(dataset.train.images)
    for label, panel in enumerate(page.panels):
        number = np.flatnonzero(dataset.train.labels == label)[0]
        assert [tile.label for tile in panel.tiles] == ["as it is", "epoch 1", "epoch 2", "epoch 3"]
        np.testing.assert_array_equal(panel.tiles[0].pixels[..., 0], images[number, 0])
        for epoch, tile in enumerate(panel.tiles[1:]):
            levels = _core.augment_images(
                images, np.array([number]), settings=changes.settings(), source=source, seed=1, epoch=epoch
            )
            np.testing.assert_array_equal(tile.pixels[..., 1], np.round(levels[0, 0]))


def test_the_sheet_is_drawn_and_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "digits", "--show", "--augment"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("light: shift 0.07") and lines[3] == "0"  # a row shows all of its tiles
    path = tmp_path / "sheet.png"
    assert run(["data", "digits", "--augment", "strong", "--columns", "3", "--out", str(path)]) == 0
    assert "strong: shift" in capsys.readouterr().out
    with Image.open(path) as image:
        assert image.width > 200 and image.height > 500
    assert run(["data", "digits", "--augment=none", "--json", "--out", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["augmentation"] == "none: none"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--augment"], "--augment is about the sheet; add --show or --out sheet.png"),
        (["--augment", "srong", "--show"], "--augment srong: unknown; did you mean strong?"),
        (["--augment", "--of", "leaks", "--show"], "--of: --augment shows training images; leave out one of them"),
    ],
)
def test_what_does_not_go_together_is_told(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "digits", *words]) == 2
    assert line in capsys.readouterr().err
