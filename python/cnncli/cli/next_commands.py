"""What to type after a training."""

import os
from pathlib import Path

from cnncli.shipped import DATA_SETS
from cnncli.shown import typed
from cnncli.training import records


def next_commands(record: records.Finished) -> list[str]:
    """What to type next; each line runs as it stands where the training was started."""
    files = (word for file in record.plugins for word in ("--plugin", _from_here(file)))
    model = typed(_from_here(str(record.model)), *files)
    by_name = record.data_path in DATA_SETS
    where = [record.data_path if by_name else _from_here(record.data_path)]
    if by_name and record.data_dir is not None and os.environ.get("CNN_DATA_DIR") != record.data_dir:
        where += ["--data-dir", _from_here(record.data_dir)]
    if record.label_column is not None:
        where += ["--label-column", record.label_column]
    where += ["--skip-bad"] if record.skip_bad else []
    # A model knows the name of its data, and no path.
    commands = [f"cnn eval {model}" if by_name and len(where) == 1 else f"cnn eval {model} --data {typed(*where)}"]
    if record.sample is not None and Path(record.sample).is_file():
        commands.append(f"cnn predict {typed(_from_here(record.sample))} --model {model}")
    elif Path("digit.png").is_file() and record.data_path in ("mnist", "digits", "emnist-digits"):
        commands.append(f"cnn predict digit.png --model {model}")
    elif record.samples == "rows":
        commands += [f"cnn predict {typed(where[0])} --model {model}", f"cnn summary {model}"]
    else:
        commands.append(f"cnn data {typed(*where)} --show")
    return commands


def _from_here(path: str) -> str:
    """The path as short as the user would type it."""
    here = os.path.relpath(path)
    if here.startswith("-"):
        return f"./{here}"  # no option
    return here if not here.startswith("..") else path
