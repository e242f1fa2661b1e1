"""`python witnessed_cnn.py TIMES train ...`: the command `cnn`, which notes when each training step ended.

TIMES is a file of float64; number n becomes the time at which step n was done. A memory map keeps what was written
to it when the process is killed.
"""

import sys
import time
from typing import Any

import numpy as np

from cnncli.cli.main import main
from cnncli.program import Program

times = np.memmap(sys.argv.pop(1), np.float64, "r+")
real_step = Program.step


def step(program: Program, *arguments: Any, **options: Any) -> Any:
    result = real_step(program, *arguments, **options)
    times[options["step"] + 1] = time.time()
    return result


Program.step = step  # type: ignore[method-assign]
main()
