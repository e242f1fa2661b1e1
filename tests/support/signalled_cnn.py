"""`python signalled_cnn.py PHASE DELAY SIGNALS TIME train ...`: the command `cnn`, which sends signals to itself.

The signals, numbers with commas between, come DELAY seconds after the phase begins; the file TIME then holds when.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnncli.cli.main import main
from cnncli.program import Program
from cnncli.training.runs import RunFolder

phase, delay, numbers, time_file = sys.argv[1:5]
del sys.argv[1:5]


def send() -> None:
    Path(time_file).write_text(repr(time.time()))
    for number in numbers.split(","):
        os.kill(os.getpid(), int(number))


def at_call(owner: type, name: str, calls: int) -> None:
    """Has the signals sent after the function was called so often."""
    real: Callable[..., Any] = getattr(owner, name)
    left = calls

    def wrapped(*arguments: Any, **options: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            threading.Timer(float(delay), send).start()
        return real(*arguments, **options)

    setattr(owner, name, wrapped)


match phase:
    case "start":
        threading.Timer(float(delay), send).start()
    case "step":
        at_call(Program, "step", 2)
    case "save":
        at_call(RunFolder, "save_checkpoint", 2)  # the first one is written before the first step
    case "validation":
        at_call(Program, "evaluate", 1)
    case "test":
        at_call(Program, "evaluate", 3)  # after the validations of two epochs
    case _:
        sys.exit(f"no phase {phase}")
main()
