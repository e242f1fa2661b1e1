"""`cnn` with small data sets in the place of the real ones: `python small_cnn.py SETS.json download mnist`.

The command runs as it is; only the table of data sets, which has digests of files of many megabytes, and the patience
are other ones.
"""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from cnncli.cli.main import main
from cnncli.data.download import fetching
from cnncli.data.download.sources import SOURCES, RemoteFile, Source
from cnncli.data.download.transfer import Patience


def write_sets(path: Path, *sources: Source, **patience: Any) -> Path:
    """Writes what a process of this file is to use."""
    facts = {"sources": [dataclasses.asdict(source) for source in sources], "patience": patience}
    path.write_text(json.dumps(facts), encoding="utf-8")
    return path


def _use_sets(path: Path) -> None:
    facts = json.loads(path.read_text(encoding="utf-8"))
    for fields in facts["sources"]:
        tuples = {name: tuple(fields[name]) for name in ("folders", "mirrors", "class_names", "siblings")}
        files = tuple(RemoteFile(**file) for file in fields["files"])
        SOURCES[fields["name"]] = Source(**{**fields, **tuples, "files": files})
    fetching.PATIENCE = Patience(**facts["patience"])


if __name__ == "__main__":
    _use_sets(Path(sys.argv.pop(1)))
    main()
