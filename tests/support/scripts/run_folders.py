"""What other processes do with the folders of runs."""

import sys
import time

from scene import play

from cnncli.training.runs import RunFolder


def hold(root: str, name: str = "") -> None:
    """Opens the run of this name, or creates one, says that it holds it, and waits."""
    run = RunFolder.open(name, root) if name else RunFolder.create(root, "a", {"seed": 1})
    print(run.path.name, flush=True)
    time.sleep(60)
    sys.exit("nobody ended the process that holds the run")


def create(root: str, count: int) -> None:
    for _ in range(count):
        print(RunFolder.create(root, "a", {}).path.name)


if __name__ == "__main__":
    play(globals())
