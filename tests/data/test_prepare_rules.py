"""What is said of pictures without an image, and of classes without pictures: counts, names and where lists end."""

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.dataset import Blank, Note, Split
from cnncli.data.preparation.prepare import (
    _Made,
    _misfit,
    _refuse_broken,
    _tell_blanks,
    _tell_untrained,
    _Watch,
    prepare_set,
)
from cnncli.data.raw import RawPart, RawSet
from cnncli.errors import DataError
from cnncli.pictures.recipe import InputRecipe


def arrays(labels: list[int], shape: tuple[int, ...] = (1, 2, 2)) -> RawPart:
    return RawPart(np.zeros((len(labels), *shape), np.uint8), np.array(labels, np.int64))


def made(count: int, broken: int) -> _Made:
    lines = {number: f"f/{number}.png: is empty" for number in reversed(range(broken))}
    return _Made(np.zeros((count, 1, 2, 2), np.uint8), broken=lines)


def files(count: int) -> RawPart:
    return RawPart([Path(f"f/{number}.png") for number in range(count)], np.zeros(count, np.int64))


@pytest.mark.parametrize(("broken", "rest"), [(2, []), (20, []), (21, ["  and 1 more"]), (22, ["  and 2 more"])])
def test_twenty_pictures_that_cannot_be_read_are_listed(broken: int, rest: list[str]) -> None:
    raw = RawSet("set", ["a"], {"train": files(2500), "test": files(9)}, source="the folder")
    with pytest.raises(DataError) as caught:
        _refuse_broken(raw, {"train": made(2500, broken - 1), "test": made(9, 1)}, False, [])
    assert str(caught.value) == (
        f"the folder: {broken} of 2,509 pictures cannot be read; mend or remove them, or pass --skip-bad to go on "
        "without them"
    )
    lines = [f"  f/{number}.png: is empty" for number in [*range(broken - 1), 0]]
    assert caught.value.__notes__ == [*lines[:20], *rest]


def test_one_picture_that_cannot_be_read_is_named_alone() -> None:
    raw = RawSet("set", ["a"], {"train": files(3)}, source="the folder")
    with pytest.raises(DataError) as caught:
        _refuse_broken(raw, {"train": made(3, 1)}, False, [])
    assert str(caught.value) == "f/0.png: is empty"
    assert caught.value.__notes__ == ["  (--skip-bad goes on without it)"]
    listed = RawPart(files(3).pictures, np.zeros(3, np.int64), ["l.csv, line 2", "l.csv, line 3", "l.csv, line 4"])
    with pytest.raises(DataError, match=r"^l.csv, line 2: f/0.png: is empty"):
        _refuse_broken(RawSet("set", ["a"], {"train": listed}), {"train": made(3, 1)}, False, [])
    one = _Made(np.zeros((3, 1, 2, 2), np.uint8), broken={2: "picture: is too wide"})
    with pytest.raises(DataError, match=r"^image 2: is too wide"):
        _refuse_broken(RawSet("set", ["a"], {"train": arrays([0, 0, 0])}), {"train": one}, False, [])
    _refuse_broken(raw, {"train": made(3, 0)}, False, notes := [])
    assert notes == []


@pytest.mark.parametrize(("broken", "what"), [
    (1, "1 picture of 1,500 that cannot be read (0.png)"),
    (3, "3 pictures of 1,500 that cannot be read (0.png, 1.png, 2.png)"),
    (4, "4 pictures of 1,500 that cannot be read (0.png, 1.png, 2.png, ...)"),
])  # fmt: skip
def test_three_of_those_left_aside_are_named_without_their_folders(broken: int, what: str) -> None:
    notes: list[Note] = []
    _refuse_broken(RawSet("set", ["a"], {"train": files(1500)}), {"train": made(1500, broken)}, True, notes)
    assert notes == [Note("left aside", f"left aside: {what}", {"cannot be read": broken})]


@pytest.mark.parametrize(("count", "what"), [
    (1, "1 picture in which no glyph is found (0.png), 1 of 2 of a"),
    (3, "3 pictures in which no glyph is found (0.png, 1.png, 2.png), 3 of 4 of a"),
    (4, "4 pictures in which no glyph is found (0.png, 1.png, 2.png, ...), 4 of 5 of a"),
])  # fmt: skip
def test_pictures_without_a_glyph_are_left_aside_in_training_and_wrong_elsewhere(count: int, what: str) -> None:
    blanks = tuple(Blank(f"f/{number}.png", 0, "no glyph") for number in range(count))
    split = Split(np.zeros((1, 1, 2, 2), np.uint8), np.zeros(1, np.int64), blanks=blanks)
    notes: list[Note] = []
    _tell_blanks("train", split, ["a"], notes)
    _tell_blanks("test", split, ["a"], notes)
    assert notes == [
        Note("left aside", f"left aside: {what}", {"no glyph in train": count}),
        Note("prepared", f"test: {what}, counted as wrong answers", {"no glyph in test": count}),
    ]


def test_classes_of_the_most_pictures_without_a_glyph_are_named() -> None:
    blanks = tuple(Blank("f.png", label, "no glyph") for label in [2, 1, 2, 0, 2, 4, 4, 4, 4])
    split = Split(np.zeros((3, 1, 2, 2), np.uint8), np.array([0, 1, 4]), blanks=blanks)
    _tell_blanks("train", split, ["a", "b", "c", "d", "e" * 50], notes := [])
    assert notes[0].text.endswith(f", 4 of 5 of {'e' * 40}, 3 of 3 of c, 1 of 2 of b, ...")


def test_three_classes_that_are_measured_and_never_trained_on_are_named() -> None:
    def told(labels: list[int], part: str = "test") -> list[Note]:
        notes: list[Note] = []
        splits = {name: Split(np.zeros((len(held), 1, 1, 1), np.uint8), np.array(held, np.int64))
                  for name, held in (("train", [0, 4]), (part, labels))}  # fmt: skip
        _tell_untrained(["a", "b" * 50, "c", "d", "e", "f"], splits, notes)
        return notes

    assert told([0, 4]) == []
    assert told([1, 0]) == [
        Note("classes", f"class {'b' * 40}: no training images, so that 1 image of test cannot be answered",
             {"untrained in test": 1}),
    ]  # fmt: skip
    [three] = told([5, 2, 2, 3], "validation")
    assert three.text == "classes c, d, f: no training images, so that 4 images of validation cannot be answered"
    assert three.counts == {"untrained in validation": 4}
    [four] = told([1, 2, 3, 5])
    assert four.text.startswith(f"classes {'b' * 40}, c, d, ...: no training images, so that 4 images")
    notes: list[Note] = []
    _tell_untrained(["a"], {"test": Split(np.zeros((1, 1, 1, 1), np.uint8), np.zeros(1, np.int64))}, notes)
    assert notes == []


def test_what_has_no_image_goes_and_the_others_keep_their_order() -> None:
    images = np.arange(2500, dtype=np.int64).astype(np.uint8).reshape(-1, 1, 1, 1)
    part = RawPart([Path(f"{number}.png") for number in range(2500)], np.arange(2500))
    lost = {0, 5, 1023, 1024, 2048, 2499}
    one = _Made(images.copy(), broken={0: "x", 2048: "x"}, blank={2499: "last", 5: "five", 1023: "y", 1024: "z"})
    split = one.split(part)
    kept = [number for number in range(2500) if number not in lost]
    np.testing.assert_array_equal(split.images, images[kept])
    assert split.labels.tolist() == kept and split.files == tuple(f"{number}.png" for number in kept)
    assert split.blanks == (
        Blank("5.png", 5, "five"), Blank("1023.png", 1023, "y"), Blank("1024.png", 1024, "z"),
        Blank("2499.png", 2499, "last"),
    )  # fmt: skip
    held = _Made(images[:3].copy(), blank={1: "none"}).split(arrays([7, 8, 9]))
    assert (held.files, held.labels.tolist(), held.blanks) == (None, [7, 9], (Blank("image 1", 8, "none"),))


def test_arrays_of_another_form_than_the_model_takes_are_told() -> None:
    recipe = InputRecipe("plain", 1, 6, 6, "any", (0.0,), (1.0,), 2)
    for shape, said in (
        ((1, 2, 2), ""), ((3, 2, 2), " (the images are RGB 2x2)"), ((1, 6, 6), " (the images are grey 6x6)"),
        ((1, 2, 3), " (the images are grey 2x3)"),
    ):  # fmt: skip
        raw = RawSet("set", ["a"], {"train": files(1), "test": arrays([0], shape)})
        assert _misfit(raw, ["train", "test"], recipe) == said
        assert _misfit(raw, ["train"], recipe) == ""


def test_arrays_that_are_as_they_should_be_are_not_touched_and_keep_their_digest(rng: np.random.Generator) -> None:
    train, test = (rng.integers(0, 256, (count, 1, 6, 5), np.uint8) for count in (9, 4))
    parts = {"train": RawPart(train, np.arange(9)), "test": RawPart(test, np.arange(4))}
    raw = RawSet("set", [str(label) for label in range(9)], parts, known_digest="known")
    recipe = InputRecipe("plain", 1, 6, 5)
    whole = prepare_set(raw, recipe=recipe, use_cache=False)
    assert whole.train is not None and whole.train.images is train and whole.digest == "known"
    assert prepare_set(raw, recipe=recipe, parts=["train"], use_cache=False).known_digest is None
    smaller = prepare_set(raw, recipe=InputRecipe("plain", 1, 5, 5), use_cache=False)
    assert smaller.known_digest is None and smaller.train is not None and smaller.train.images.shape == (9, 1, 5, 5)
    framed = prepare_set(raw, recipe=InputRecipe("plain", 1, 8, 7, border=1), use_cache=False).train
    assert framed is not None
    np.testing.assert_array_equal(framed.images[:, :, 1:-1, 1:-1], train)
    assert framed.images[0, 0, 0, 0] == np.round(
        np.median(np.concatenate([train[0, 0, 0], train[0, 0, -1], train[0, 0, :, 0], train[0, 0, :, -1]]))
    )
    turned = prepare_set(
        raw, recipe=InputRecipe("plain", 3, 6, 5, mean=(0.0,) * 3, scale=(1.0,) * 3), use_cache=False
    ).train
    assert turned is not None and (turned.images == train).all()


def test_glyphs_that_lie_as_mnists_do_are_inverted_where_the_recipe_has_the_other_ink(rng: np.random.Generator) -> None:
    light = np.zeros((5, 1, 28, 28), np.uint8)
    light[:, :, 4:24, 4:24] = rng.integers(128, 256, (5, 1, 20, 20))
    for pictures, polarity in ((light, "light-on-dark"), (255 - light, "dark-on-light")):
        recipe = InputRecipe("glyph", 1, 28, 28, polarity)
        for given in (pictures, 255 - pictures):
            raw = RawSet("set", ["a"], {"train": RawPart(given, np.zeros(5, np.int64))})
            made = prepare_set(raw, recipe=recipe, use_cache=False).train
            assert made is not None and (made.images is given) == (given is pictures)
            np.testing.assert_array_equal(made.images, pictures)


def test_progress_is_told_after_half_a_second_and_then_each_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    now, told = [100.0], []
    monkeypatch.setattr("cnncli.data.preparation.prepare.time.monotonic", lambda: now[0])
    watch = _Watch("set", told.append)
    for after, done in ((0.0, 0), (0.49, 1), (0.501, 2), (0.59, 3), (0.602, 4)):
        now[0] = 100 + after
        watch.show("preparing", done, 9)
    assert [(one.stage, one.done, one.total) for one in told] == [("preparing", 2, 9), ("preparing", 4, 9)]
    assert [one.seconds for one in told] == pytest.approx([0.501, 0.602])
    now[0], watch.cached = 102, 5
    watch.close()
    assert (told[-1].stage, told[-1].total, told[-1].cached, told[-1].seconds) == ("preparing", 9, 5, 2)
    watch.show("looking at", 1, 4)
    watch.close()
    watch.close()
    assert len(told) == 3  # what was quick is not told
