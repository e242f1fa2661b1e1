"""The examples in docstrings do what they show, in every module that has some."""

import doctest
import importlib
from pathlib import Path

import pytest

import cnncli
import cnncli.criteria
import cnncli.layers
import cnncli.optim

PACKAGES = (cnncli.layers, cnncli.criteria, cnncli.optim)
ROOT = Path(__file__).parents[1]
# Where modules are, and the folder that their names begin in.
PLACES = {
    "cnncli": Path(cnncli.__path__[0]).parent,  # as it is installed
    "benchmarks": ROOT,
    "fuzz": ROOT,
    "tools": ROOT,
}


def modules_with_examples() -> list[str]:
    found = []
    for package, folder in PLACES.items():
        for path in sorted((folder / package).rglob("*.py")):
            if ">>> " in path.read_text(encoding="utf-8"):
                found.append(".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"))
    return found


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0, "the examples stand where doctest does not look"
    assert result.failed == 0


def test_every_layer_loss_and_optimizer_shows_an_example() -> None:
    for package in PACKAGES:
        for name in package.__all__:
            member = getattr(package, name)
            if isinstance(member, type) and name not in ("Criterion", "Optimizer", "Parameter"):
                assert ">>>" in (member.__doc__ or ""), f"{name} has no example"
