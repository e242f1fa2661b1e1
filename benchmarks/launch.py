"""`python -I -S launch.py OUTPUT COMMAND...`: what a command costs, as one JSON line.

A process of its own, and a small one: Linux counts the memory that a process had before it became another program
as that program's, so that a large parent would show as the peak of its child.
"""

import json
import os
import sys
import time


def launch(output: str, command: list[str]) -> dict[str, float]:
    """Seconds from fork to exit, the peak of resident memory in bytes, and the exit code."""
    with open(output, "wb") as file:  # noqa: PTH123 (pathlib would be more memory and start-up)
        start = time.perf_counter()
        child = os.fork()
        if child == 0:
            os.dup2(file.fileno(), 1)
            os.execvp(command[0], command)
        _, status, usage = os.wait4(child, 0)
        seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    return {"seconds": seconds, "peak_bytes": usage.ru_maxrss * unit, "status": os.waitstatus_to_exitcode(status)}


if __name__ == "__main__":
    print(json.dumps(launch(sys.argv[1], sys.argv[2:])))
