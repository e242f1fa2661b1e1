"""What the command line says to every benchmark."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Options:
    """peers : names of `PEERS`; pythons : interpreters by library; quick : sizes for a try, not for a record;
    say : gets the lines for people; only : of `forms` the work whose name has this in it."""

    peers: list[str]
    threads: int = 1
    rounds: int = 7
    quick: bool = False
    only: str = ""
    pythons: dict[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = print

    def size(self, full: int, quick: int) -> int:
        return quick if self.quick else full
