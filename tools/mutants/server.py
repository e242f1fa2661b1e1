"""Runs pytest in forks of a process that has imported what takes long: `python server.py`, spoken to by `runs.py`.

Each line of stdin is a run: {"arguments": [...], "environment": {...}, "said": a file for what it prints}. The answers
are two lines: the number of its process, which is the leader of a group, and its exit code.
"""

import json
import os
import sys
from typing import Any


def main() -> None:
    import numpy
    import PIL.Image
    import pytest

    assert "cnncli" not in sys.modules and numpy and PIL.Image
    for line in sys.stdin:
        run = json.loads(line)
        number = os.fork()
        if number == 0:
            _become(run)
            code = int(pytest.main(run["arguments"]))
            sys.stdout.flush()
            os._exit(code)
        print(number, flush=True)
        _, status = os.waitpid(number, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(run: dict[str, Any]) -> None:
    """A group of its own, no input, and a file for what is printed."""
    os.setsid()
    os.environ.update(run["environment"])
    said = os.open(run["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(said, 1)
    os.dup2(said, 2)


if __name__ == "__main__":
    main()
