"""The examples in docstrings do what they show."""

import doctest
import importlib
import pkgutil

import pytest

import cnncli
import cnncli.criteria
import cnncli.layers
import cnncli.optim

PACKAGES = (cnncli.layers, cnncli.criteria, cnncli.optim)
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(cnncli.__path__, "cnncli.")
    if not module.name.endswith(("__main__", "._core"))
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_every_layer_loss_and_optimizer_shows_an_example() -> None:
    for package in PACKAGES:
        for name in package.__all__:
            member = getattr(package, name)
            if isinstance(member, type) and name not in ("Criterion", "Optimizer", "Parameter"):
                assert ">>>" in (member.__doc__ or ""), f"{name} has no example"
