"""Reads a file, and prints what the interpreter did meanwhile: every import, file, process, socket and piece of code.

python watched_reading.py model|checkpoint|container FILE
"""

import sys
from typing import Any

import cnncli
from cnncli.model_file.serialize import load_checkpoint
from cnncli.storage import container

# The first parts of events' names; "object" and "builtins" are left out, since `inspect` raises them.
KINDS = {
    *("import", "exec", "compile", "code", "open", "os", "socket", "subprocess", "pickle", "mmap", "ctypes", "marshal"),
    *("shutil", "urllib", "tempfile", "fcntl", "sys", "cpython", "gc"),
}
READERS = {"model": cnncli.load, "checkpoint": load_checkpoint, "container": container.read}

events: list[tuple[str, Any]] = []


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event.split(".")[0] in KINDS:
        events.append((event, arguments[0] if arguments else None))


read = READERS[sys.argv[1]]
sys.addaudithook(hook)
read(sys.argv[2])
print(events)
