"""docs/model-format.md has every key that a network's description and its recipe are written with, and their values."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli import Network, load, save
from cnncli.layers import Concat, Linear, Residual, Sequential
from cnncli.model import Model
from cnncli.model_file import serialize
from cnncli.network.answers import OUTPUTS
from cnncli.network.description import NETWORK_KEYS
from cnncli.number_recipe import NumberRecipe
from cnncli.pictures.recipe import KINDS, POLARITIES, InputRecipe
from cnncli.storage import container

PAGE = (Path(__file__).parents[2] / "docs" / "model-format.md").read_text(encoding="utf-8")
NUMBERS = NumberRecipe(("rooms", "age"), (3.5, 40.0), (1.5, 20.0), ("price",), (250.0,), (80.0,))


def table_after(words: str) -> dict[str, str]:
    """key -> what the page says of it, in the first table behind these words."""
    lines = PAGE[PAGE.index(words) :].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    found = {}
    for line in lines[first + 2 :]:
        if not line.startswith("| `"):
            break
        keys, said = line.strip("| ").split(" | ", 1)
        found.update(dict.fromkeys(re.findall(r"`(\w+)`", keys), said))
    return found


def line() -> Network:
    return Network([Linear(2, 1)], (2,), recipe=NUMBERS, name="line", outputs="values")


def test_the_page_has_each_key_of_a_description() -> None:
    told = table_after("## The network")
    assert set(told) == set(line().description())
    beside = re.search(r"its (.*) are for `cnn train`", PAGE)[1]
    assert set(told) | set(re.findall(r"`(\w+)`", beside)) == set(NETWORK_KEYS)
    assert set(OUTPUTS) == set(re.findall(r"`(\w+)`", told["outputs"]))


@pytest.mark.parametrize("kind", [*KINDS, "numbers"])
def test_the_page_has_each_key_of_a_recipe(kind: str) -> None:
    written = NUMBERS.to_dict() if kind == "numbers" else InputRecipe(kind).to_dict()
    told = table_after("A recipe of numbers:" if kind == "numbers" else "A recipe of pictures")
    assert list(told) == list(written)
    assert f"`{kind}`" in told["kind"]
    if kind != "numbers":
        assert all(f"`{polarity}`" in told["polarity"] for polarity in POLARITIES)


def test_the_page_has_each_key_of_the_text_and_of_lists_of_layers() -> None:
    assert set(table_after("TEXT is itself")) == set(serialize._KEYS)
    told = table_after("## The network")["layers"]
    assert all(f"`{key}`" in told for key in ("layers", *Residual.described_keys, *Concat.described_keys))
    assert "layers" in Sequential(Linear(2, 1)).settings()


def test_the_example_is_what_is_written_and_is_read(tmp_path: Path, rng: np.random.Generator) -> None:
    text: dict[str, Any] = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])
    network = line()
    network.initialize(seed=2)
    save(Model(network), tmp_path / "ours.bin")
    tensors, written = container.read(tmp_path / "ours.bin")
    assert text == written
    container.write(tmp_path / "theirs.bin", {"0.bias": tensors["0.bias"], "0.weight": tensors["0.weight"]}, text)
    assert (tmp_path / "theirs.bin").read_bytes() == (tmp_path / "ours.bin").read_bytes()
    model = load(tmp_path / "theirs.bin")
    assert asdict(model.network.recipe) == asdict(NUMBERS)
    rows = rng.uniform(1, 9, (3, 2)).astype(np.float32)
    assert np.array_equal(model.network.forward(rows), network.forward(rows))
