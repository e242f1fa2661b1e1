"""Loads data sets whose files are there, and ends with an error if a socket, a process or a download was touched.

python offline.py FOLDER SETS NAME ...     SETS : the file of `small_cnn.write_sets`
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
events: list[str] = []
sys.addaudithook(lambda name, arguments: events.append(name))

from small_cnn import _use_sets  # noqa: E402 - after the hook, so that imports are watched too

_use_sets(Path(sys.argv[2]))

from cnncli import data  # noqa: E402
from cnncli.cli.main import run  # noqa: E402

for name in sys.argv[3:]:
    assert data.load(name, data_dir=sys.argv[1]).train is not None
    assert run(["download", name, "--dir", sys.argv[1]]) == 0
touched = {event for event in events if event.startswith(("socket.", "subprocess.", "urllib.", "http.", "ftplib."))}
assert "open" in events
assert not touched, touched
assert "requests" not in sys.modules

import socket  # noqa: E402

socket.getaddrinfo("localhost", 1)
assert "socket.getaddrinfo" in events  # the hook would have seen it
