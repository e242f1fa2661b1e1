"""One version everywhere."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import cnncli


def test_the_version_is_that_of_the_distribution() -> None:
    assert cnncli.__version__ == version("cnncli")


def test_the_version_is_that_of_the_project_file() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    assert cnncli.__version__ == project["project"]["version"]
