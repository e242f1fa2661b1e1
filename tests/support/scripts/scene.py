"""One function of a script is one scene, played in a process of its own: `python fork_scenes.py NAME [ARGUMENT]`."""

import sys
from collections.abc import Callable, Mapping
from typing import Any


def play(scenes: Mapping[str, Callable[..., Any]]) -> None:
    """Calls the function that the command line names, with the arguments behind it; digits are whole numbers."""
    name, *arguments = sys.argv[1:]
    scenes[name](*(int(argument) if argument.isdigit() else argument for argument in arguments))
