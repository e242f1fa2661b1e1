"""docs/json.md names every key that a command prints with --json, and no other."""

import contextlib
import io
import itertools
import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnncli import _core
from cnncli.cli.command_table import COMMANDS
from cnncli.cli.main import cli, run
from cnncli.data.download.sources import SOURCES
from cnncli.forms.form_page import make_pages
from cnncli.forms.raster import page_image
from cnncli.model_file.seal import sealed
from cnncli.model_file.serialize import load_model, save_model
from small_sets import SmallSet, make_small_set

ROOT = Path(__file__).parents[2]
KEYS = ROOT / "tools" / "json_keys.toml"
AGAIN = "tools/json_keys.toml says what each key means; write it there, then run python tools/make_reference.py"

# Command -> command lines that together print each of its keys. They run one after the other in one folder.
RUNS = {
    "train": [
        "train --arch mlp --data small.npz --epochs 2 --target 0.99 --val 0.2 --out first.bin",
        "train --arch linear --data small.npz --epochs 1 --out second.bin",
        "train --arch linear-regression --data line.csv --epochs 3 --out line.bin --until converged",
        "train --arch perceptron --data classes.csv --label-column c --epochs 3 --out classes.bin",
        "train --arch linear --data small.npz --epochs 1 --seeds 2",
        "train --arch linear --data small.npz --find-lr",
    ],
    "eval": [
        "eval second.bin --data small.npz --report report.html --csv answers.csv --mistakes wrong",
        "eval line.bin --data line.csv",
        "eval classes.bin --data classes.csv --label-column c",
    ],
    "compare": ["compare first.bin second.bin --data small.npz"],
    "predict": [
        "predict digit.png --model second.bin", "predict line.bin 1.5", "predict digit.png broken.png",
        "predict named.csv --model second.bin --reject 0", "predict named.csv --model second.bin --reject 1",
    ],
    "replay": ["replay second.bin --data small.npz", "replay forged.bin --data small.npz"],
    "histograms": [
        "histograms linear-small-1", "histograms linear-small-1 --out histograms.png", "histograms linear-seeds-1",
    ],
    "runs": ["runs", "runs linear-small-1 mlp-small-1", "runs --prune 3", "runs --prune 3 --yes"],
    "summary": ["summary", "summary lenet5", "summary resnet-small", "summary second.bin", "summary line.bin"],
    "info": ["info second.bin", "info first.bin", "info line.bin", "info shipped.bin"],
    "filters": ["filters lenet5", "filters second.bin --out filters.png"],
    "features": ["features digit.png", "features shipped.bin digit.png --out features.png"],
    "export": ["export lenet5 --html page.html"],
    "saliency": ["saliency digit.png", "saliency digit.png --out saliency.png"],
    "explain": ["explain digit.png --at conv1[3,10,12]", "explain digit.png --at relu1[0,0,0] --out unit.png"],
    "learn": ["learn", "learn descent --out lesson.html --gif lesson.gif"],
    "quiz": ["quiz", "quiz --answers 1,2,3,4,1,2,3,4,1,2,- --out quiz.html"],
    "break": ["break", "break zero-init --images 800 --epochs 2 --keep twins --out case.html"],
    "doctor": ["doctor twins/broken"],
    "step": ["step mlp --data small.npz --explain"],
    "diagram": ["diagram lenet5", "diagram resnet-small --out network.svg"],
    "field": ["field lenet5 --unit 3:7,4", "field lenet5 --unit 3:7,4 digit.png --out field.png"],
    "mask": ["mask digit.png --kernel edge", "mask digit.png --kernel emboss --out mask.png --save-view view.png"],
    "data": [
        "data", "data small.npz", "data small.npz --out sheet.png", "data --cache", "data --clear-cache",
        "data table.csv", "data pictures", "data small.npz --model second.bin", "data faulty.npz", "data rows.csv",
    ],
    "sheet": ["sheet --classes 0-9 --out form.pdf"],
    "collect": ["collect filled.png --out collected --show page.png", "collect filled.png digit.png"],
    "check-layer": ["check-layer ReLU --shape 3"],
    "download": ["download mnist --dir sets", "download mnist --dir sets", "download mnist --dir damaged"],
}  # fmt: skip


# What may end with another code than 0: a target not reached, a picture that cannot be read, a replay that diverges,
# a fault that is found.
MAY_FAIL = ("doctor", "train --arch mlp", "predict digit.png broken.png", "replay forged.bin",
            "collect filled.png digit.png")


def with_json() -> list[str]:
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in COMMANDS}
    return [name for name, one in commands.items() if one and any("--json" in p.opts for p in one.params)]


def found_in(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, type) of each value: `layers[].name`."""
    match value:
        case dict():
            if path:
                yield path, "object"
            for key, inner in value.items():
                yield from found_in(inner, f"{path}.{key}" if path else key)
        case list():
            yield path, "list"
            for inner in value:
                yield from found_in(inner, f"{path}[]")
        case bool():
            yield path, "true or false"
        case str():
            yield path, "text"
        case int():
            yield path, "whole number"
        case float():
            yield path, "number"
        case None:
            yield path, "null"


def of_type(found: str, said: str) -> bool:
    """Whether a type in the table allows a value of the type."""
    names = said.split(" or ") if said != "true or false" and "true or false" not in said else None
    if names is None:
        names = ["true or false", *said.replace("true or false", "").strip().removeprefix("or ").split(" or ")]
    return found in names or "any" in names or (found == "whole number" and "number" in names)


class Table:
    """What the table says of one command."""

    def __init__(self, command: str) -> None:
        rows = tomllib.loads(KEYS.read_text(encoding="utf-8"))[command]
        self.types = {("" if path == "(list)" else path): text.partition(":")[0] for path, text in rows.items()}
        self._patterns = {path: re.compile("".join(map(pattern_of, split(path)))) for path in self.types}

    def row(self, path: str) -> str | None:
        """The row of the table that stands for a path that was found: itself, or one with `<name>`."""
        if path in self.types:
            return path
        return next((row for row, pattern in self._patterns.items() if pattern.fullmatch(path)), None)


def pattern_of(part: str) -> str:
    return "[^.\\[\\]]+" if part.startswith("<") else re.escape(part)


def split(path: str) -> list[str]:
    return re.split("(<[^>]*>)", path)


def is_told_by_its_items(path: str, value_type: str, types: dict[str, str]) -> bool:
    """`classes[]`, an object, is described by the keys in it."""
    return value_type == "object" and path.endswith("[]") and any(row.startswith(f"{path}.") for row in types)


def test_every_command_with_json_is_looked_at() -> None:
    assert sorted(RUNS) == sorted(with_json()), "a command with --json needs lines in RUNS of this file"
    assert sorted(tomllib.loads(KEYS.read_text(encoding="utf-8"))) == sorted(RUNS), AGAIN


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, _mirror_servers: Any) -> Iterator[dict[str, list[Any]]]:
    """Command -> what its lines printed; all run in one folder, when first asked for."""
    folder, before = tmp_path_factory.mktemp("json"), Path.cwd()
    small = make_small_set("mnist")
    server = _mirror_servers.trusted
    server.files.update(small.served)
    mirrors = small.with_mirrors(server.url("missing"), server.url("good"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setitem(SOURCES, "mnist", mirrors)
        patch.setenv("CNN_NUM_THREADS", "1")
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("REQUESTS_CA_BUNDLE", str(_mirror_servers.authority))
        for name in ("CNN_MIRRORS", "CNN_DATA_DIR", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.delenv(name, raising=False)
        write_files(small)
        found: dict[str, list[Any]] = {}
        for command, lines in RUNS.items():
            if command == "replay":
                forge("second.bin", "forged.bin")
            found[command] = [printed_by(line) for line in lines]
        yield found
    assert Path.cwd() == before


def write_files(small: SmallSet) -> None:
    """What the command lines name."""
    images, labels = np.empty((400, 28, 28), np.uint8), np.empty(400, np.uint8)
    _core.digits_generate(images, labels, seed=7, first=0)
    np.savez("small.npz", x_train=images[:300], y_train=labels[:300], x_test=images[300:], y_test=labels[300:])
    shutil.copy(ROOT / "digit.png", "digit.png")
    shutil.copy(ROOT / "models" / "lenet5.bin", "shipped.bin")
    Path("broken.png").write_text("no picture")
    Path("named.csv").write_text("path,label\ndigit.png,5\n")
    form = page_image(make_pages(["0", "1"], 1, "a4")[0], 4.0)
    ImageDraw.Draw(form).ellipse((60, 145, 95, 185), outline=0, width=4)  # in the first cell
    form.save("filled.png")
    rows = [(x, 2 * x + 1, "ab"[x % 2]) for x in range(30)]
    Path("line.csv").write_text("x,y\n" + "".join(f"{x},{y}\n" for x, y, _ in rows))
    Path("classes.csv").write_text("x,y,c\n" + "".join(f"{x},{y},{c}\n" for x, y, c in rows))
    Path("table.csv").write_text("x,y,z\n" + "".join(f"{x},{y},{x - y}\n" for x, y, _ in rows))
    Path("rows.csv").write_text("x,y,c\n1.5,2,a\n1.5,2,a\n3,4,b\n3,4,a\n5,1,b\n")
    np.savez("faulty.npz", x=images[[*range(20), 0, 1]], y=np.arange(22) % 2)
    for part, name in itertools.product(("train", "val", "test"), "ab"):
        Path("pictures", part, name).mkdir(parents=True)
        for index in range(3):
            Image.fromarray(images[index + 3 * ord(name)]).save(Path("pictures", part, name, f"{index}.png"))
    damaged = Path("damaged", "mnist", next(iter(small.served)))
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"cut")


def forge(path: str, other: str) -> None:
    """A model that says that it was trained with another rate, under a seal that fits."""
    network = load_model(path)
    network.record["training"]["settings"]["learning_rate"] *= 1.5
    save_model(other, network, sealed(network, network.record))


def printed_by(line: str) -> Any:
    """The JSON value that the command prints; of a command that fails what it says, so that others are looked at."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([*line.split(), "--json"])
    if code != 0 and not line.startswith(MAY_FAIL):
        return AssertionError(f"cnn {line}: {err.getvalue()}")
    return json.loads(out.getvalue())


@pytest.mark.parametrize("command", RUNS)
def test_the_keys_are_those_of_the_table(command: str, printed: dict[str, list[Any]]) -> None:
    table, seen = Table(command), set[str]()
    for value in printed[command]:
        if isinstance(value, AssertionError):
            raise value
    for path, value_type in (one for value in printed[command] for one in found_in(value)):
        row = table.row(path)
        if row is None:
            assert is_told_by_its_items(path, value_type, table.types), f"cnn {command} prints {path}; {AGAIN}"
            continue
        seen.add(row)
        assert of_type(value_type, table.types[row]), f"cnn {command}: {path} is {value_type}, not {table.types[row]}"
    vanished = set(table.types) - seen
    assert not vanished, f"cnn {command} does not print {sorted(vanished)}; {AGAIN}, or have RUNS of this file print it"
