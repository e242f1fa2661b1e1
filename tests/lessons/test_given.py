"""What a reader gives to lessons: how many numbers, how large, at which rates, which pictures; and what stands in."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.errors import CnnError, UsageError
from cnncli.lessons import batch_norm, dropout, learned_mask, mlp, step
from cnncli.lessons.blocks import Asked, Choice, Question, check_rate, check_values, distinct, number
from cnncli.lessons.catalogue import CATALOGUE, find_entry, give
from cnncli.lessons.given import crop, own_network, seen
from lesson_pages import fresh

# How many numbers a lesson takes, and how far from 0 they may be.
TAKEN = {
    "notation": (2, 2, 100_000), "supervised": (1, 1, 9), "activations": (1, 3, 20), "perceptron": (4, 4, 1),
    "layer": (3, 3, 100), "mlp": (4, 4, 1), "softmax": (2, 12, 1000), "chain": (4, 4, 10), "backprop": (3, 3, 10),
    "convolution-1d": (2, 7, 10_000), "convolution": (9, 9, 1000), "custom": (1, 1, 10), "reading": (2, 2, 3000),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (mlp, dropout, batch_norm, learned_mask):
        monkeypatch.setattr(module, "STEPS", 12)
    monkeypatch.setattr(learned_mask, "_TOLD", (0,))
    monkeypatch.setattr(learned_mask, "learn", partial(learned_mask.learn, steps=12))
    monkeypatch.setattr(step, "losses", partial(step.losses, steps=12))
    monkeypatch.setattr(step, "_STEPS", 12)
    monkeypatch.setattr(step, "_RATES", 2)
    monkeypatch.setattr(batch_norm, "IMAGES", 100)
    monkeypatch.setattr(dropout, "IMAGES", 100)


def test_every_lesson_with_numbers_of_the_reader_has_a_row() -> None:
    assert set(TAKEN) == {entry.name for entry in CATALOGUE if "values" in entry.takes}


@pytest.mark.parametrize("name", TAKEN)
def test_as_many_numbers_are_taken_as_are_asked_for_and_no_larger_ones(name: str) -> None:
    fewest, most, largest = TAKEN[name]
    entry = find_entry(name)
    for count in (fewest - 1, most + 1):
        with pytest.raises(UsageError, match=f"--values: has {count}; give "):
            give(entry, Asked(values=(1.0,) * count))
    beyond = 1.001 * largest + 0.001
    for value in (beyond, -beyond):
        with pytest.raises(UsageError, match=f" is beyond {largest:g}; give "):
            give(entry, Asked(values=(value,) * fewest))
    least = () if name in ("reading",) else (1.0,) * fewest
    if least:
        assert give(entry, Asked(values=least)).name == name
    ends = {"notation": (100_000.0, 100_000.0), "reading": (1958.0, 3000.0)}.get(name, (float(largest),) * most)
    assert give(entry, Asked(values=ends)).name == name


def test_numbers_are_checked_at_their_bounds() -> None:
    assert check_values((3.0, -3.0), (0.0,), range(2, 3), "two", 3) == (3, -3)
    assert check_values(None, (7.0,), range(2, 3), "two", 3) == (7,)
    assert check_values((10_000.0,), (0.0,), range(1, 2), "one") == (10_000,)
    for wrong in (float("nan"), float("inf"), 10_000.01):
        with pytest.raises(UsageError, match=r"is beyond 10000; give one"):
            check_values((wrong,), (0.0,), range(1, 2), "one")


def test_rates_are_above_0_and_below_a_million() -> None:
    assert check_rate(999_999.0, 1) == 999_999 and check_rate(1e-300, 1) == 1e-300 and check_rate(None, 0.3) == 0.3
    for wrong in (0.0, -0.1, 1e6, float("nan"), float("inf")):
        with pytest.raises(UsageError, match=r"^--rate \S+: no learning rate"):
            check_rate(wrong, 1)


@pytest.mark.parametrize(
    ("name", "rate"),
    [("classification", 0.2), ("mlp", 0.3), ("softmax", 1), ("backprop", 1), ("step", 1), ("learn-a-mask", 0.05)],
)
def test_where_no_rate_is_given_the_one_of_the_lesson_is_told(name: str, rate: float) -> None:
    given = fresh(name)
    assert given.values.get("rate", given.data.get("rate")) == rate
    texts = [getattr(block, "text", getattr(block, "title", "")) for block in given.blocks]
    assert any(f"rate {rate:g}" in text or f"- {rate:g} dE/dz" in text for text in texts)


def test_trainings_on_images_have_their_rates() -> None:
    assert fresh("dropout").values["training"]["rate"] == 0.05
    assert fresh("batchnorm").values["training"]["rate"] == 0.5


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.0, 4, "0.0000"), (-0.0, 4, "0.0000"), (0.001, 4, "0.0010"), (0.00099, 4, "9.900e-04"),
     (99_999.0, 2, "99999.00"),
     (100_000.0, 4, "1.000e+05"), (-2.5, 3, "-2.500"), (float("-inf"), 4, "-inf"), (float("nan"), 4, "nan")],
)  # fmt: skip
def test_numbers_of_tables_are_plain_from_a_thousandth_to_a_hundred_thousand(
    value: float, digits: int, text: str
) -> None:
    assert number(value, digits) == text


def test_a_question_has_the_first_four_that_differ_in_order_where_all_are_numbers() -> None:
    def choices(*texts: str) -> list[Choice]:
        return [Choice(text, not place, f"why {place}") for place, text in enumerate(texts)]

    assert [one.text for one in distinct(choices("5", "3", "5", "10", "-1", "7"))] == ["-1", "3", "5", "10"]
    assert [one.text for one in distinct(choices("b", "a", "b", "c"))] == ["b", "a", "c"]
    assert [one.why for one in distinct(choices("5", "5"))] == ["why 0"]
    assert Question("?", choices("b", "a")).right == 1 and Question("?", distinct(choices("5", "3"))).right == 2


def picture(folder: Path, pixels: Any) -> str:
    path = folder / "own.png"
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)
    return str(path)


def test_of_a_picture_the_piece_is_taken_where_most_happens(tmp_path: Path) -> None:
    pixels = np.full((20, 20), 100)
    pixels[9:13, 6:10] = np.arange(16).reshape(4, 4) * 17  # from black to white
    found = crop(Asked(picture=picture(tmp_path, pixels)), 5)
    assert found is not None
    levels, said = found
    row, column = (int(word.strip(",")) for word in said.split() if word.strip(",").isdigit())
    assert levels.shape == (5, 5) and (levels == np.rint(pixels[row : row + 5, column : column + 5] * 9 / 255)).all()
    deviations = [pixels[r : r + 5, c : c + 5].std() for r in range(16) for c in range(16)]
    assert pixels[row : row + 5, column : column + 5].std() == pytest.approx(max(deviations))
    assert crop(Asked(), 5) is None


def test_a_picture_that_is_too_small_for_a_piece_has_its_border_repeated(tmp_path: Path) -> None:
    found = crop(Asked(picture=picture(tmp_path, [[0, 255, 0]])), 3)
    assert found is not None and found[0].tolist() == [[0, 9, 0]] * 3


def test_a_larger_picture_is_made_four_times_as_large_as_its_piece(tmp_path: Path) -> None:
    pixels = np.kron(np.arange(16).reshape(4, 4) * 17, np.ones((20, 20)))  # 80 x 80; four times 5 are 20
    found = crop(Asked(picture=picture(tmp_path, pixels)), 5)
    assert found is not None and found[0].shape == (5, 5) and len(set(found[0].ravel().tolist())) > 1
    words = found[1].split()
    row = int(words[words.index("row") + 1])
    assert 0 <= row <= 15


def test_another_seed_is_another_digit() -> None:
    digits = [seen(Asked(seed=seed)).image for seed in (1, 2, 3)]
    assert not (digits[0] == digits[1]).all() and not (digits[1] == digits[2]).all()
    assert (seen(Asked(seed=1)).image == digits[0]).all() and (seen(Asked(seed=1001)).image == digits[0]).all()


def test_a_network_is_a_name_a_description_or_a_file(tmp_path: Path) -> None:
    network, said, trained = own_network(Asked())
    assert (said, trained, network.input_shape) == ("lenet5", True, (1, 28, 28))
    _, said, trained = own_network(Asked(model="mlp"))
    assert (said, trained) == ("mlp", False)
    path = tmp_path / "own.toml"
    path.write_text(
        'input = [1, 8, 8]\nclasses = 2\nlayers = [{type = "Flatten"}, {type = "Linear", out_features = 2}]\n'
    )
    network, said, trained = own_network(Asked(model=str(path)))
    assert (network.input_shape, trained) == ((1, 8, 8), False) and said.endswith("own.toml")
    assert own_network(Asked(), "mlp")[1] == "mlp"
    given = seen(Asked(model=str(path)))
    assert given.image.shape == (1, 8, 8) and given.image.max() > 100  # a digit, made small
    with pytest.raises(CnnError):
        own_network(Asked(model="nowhere"))


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (5, 2)])
def test_a_mask_is_learned_of_a_picture_that_it_does_not_fit_into(size: tuple[int, int], tmp_path: Path) -> None:
    """The picture goes on as its edges are, up to the three pixels of a mask."""
    Image.fromarray(np.arange(size[0] * size[1], dtype=np.uint8).reshape(size)).save(tmp_path / "small.png")
    entry = find_entry("learn-a-mask")
    assert give(entry, Asked(picture=str(tmp_path / "small.png"))).name == entry.name
