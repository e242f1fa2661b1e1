"""Processes that write files."""

import resource

from scene import play

from cnncli.storage.files import write_atomically


def write_versions(path: str) -> None:
    """Files of 1 MB, each of one repeated byte, as fast as it can; says so when the first is there."""
    for version in range(1 << 30):
        write_atomically(path, bytes([version % 251]) * 1_000_000)
        if version == 0:
            print("begun", flush=True)


def write_more_than_allowed(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    write_atomically(path, bytes(10_000))


def write_often(path: str, letter: str) -> None:
    for _ in range(200):
        write_atomically(path, letter.encode() * 1000)


if __name__ == "__main__":
    play(globals())
