"""What is said of an option of a training: a row of the table of options."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "whole", "number", "time", "steps", "word", "loss", "text", "path", "folder", "flag", "switch", "pixels", "files"
]

# Of plugins, by the field of the option; filled while they are loaded.
PLUGIN_WORDS: dict[str, list[str]] = {"loss": [], "optimizer": []}


@dataclass(frozen=True)
class TrainingOption:
    """One option.

    group : of GROUPS, where the help has it
    kind : "whole" or "number" within `limits` or a word of `words`, a "word" of `words` or of a plugin, a "time" in
        seconds, "steps" as `Pace` writes them, "text", a "path", a "folder", "pixels", a "flag", a "switch", which is
        on, off, or left open, or "files", an option that may be given again
    help : one sentence or two; what is chosen without it stands in `otherwise`
    field : its name in the settings
    brief : the same in a few words, of an option of every day: the help that fits a screen lists these
    flag : the option; "" where it is --field
    long_flag : another word for it
    names : what its value may be the name of, "networks", "trained models", "data sets" or "presets", in any case
    limits : of numbers: least and most are allowed, above and below are not
    use : the remedy for a value that is not allowed; "" where it is made of kind and limits
    default : value without the option; None: it is decided later
    fallback : what is decided where the network's description and the optimizer say nothing either
    is_described : a network's description may set it in [training]
    of_optimizer : it is a setting of the optimizer, by the same name in Python
    is_recorded : it decides the result, so that the recorded command and settings.json have it
    stays_free : a run that goes on takes another value
    negates : a flag that switches its field off
    """

    group: str
    kind: Kind
    help: str
    metavar: str = ""
    field: str = ""
    flag: str = ""
    long_flag: str = ""
    brief: str = ""
    names: str = ""
    words: tuple[str, ...] = ()
    limits: tuple[tuple[str, float], ...] = ()
    use: str = ""
    default: Any = None
    fallback: Any = None
    otherwise: str = ""
    env: str = ""
    is_described: bool = False
    of_optimizer: bool = False
    is_recorded: bool = False
    stays_free: bool = False
    negates: bool = False

    @property
    def option(self) -> str:
        """As it is typed."""
        return self.flag or f"--{self.field.replace('_', '-')}"

    @property
    def opposite(self) -> str:
        """What switches it off, of a switch."""
        return f"--no-{self.option.removeprefix('--')}"

    @property
    def known_words(self) -> tuple[str, ...]:
        """Its words, and those that plugins have brought."""
        return (*self.words, *PLUGIN_WORDS.get(self.field, ()))

    def plain(self, value: Any) -> Any:
        """A value that its rule accepts, such as a number of NumPy, as one of Python; None stays None."""
        if value is None or value in self.words:
            return value
        makers: dict[Kind, Callable[[Any], Any]] = {
            "whole": int, "number": float, "time": float, "pixels": tuple, "files": tuple,
        }  # fmt: skip
        return makers.get(self.kind, lambda value: value)(value)


def option_row(group: str, kind: Kind, help: str, metavar: str = "", **more: Any) -> Any:
    """A field of the settings, and all that is said of its option."""
    more["limits"] = tuple(more.get("limits", {}).items())
    return field(default=more.get("default"), metadata={"row": TrainingOption(group, kind, help, metavar, **more)})
