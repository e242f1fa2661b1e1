"""`cnn download` as users type it, against mirrors on this machine."""

import dataclasses
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cnn_process import Outcome, environment
from cnncli.cli import download as command
from cnncli.data.download.sources import SOURCES
from mirror_server import deaf_port, wait_until
from small_cnn import write_sets
from small_sets import SmallSet, make_small_set

FIRST = "train-images-idx3-ubyte.gz"
SMALL_CNN = Path(__file__).parents[1] / "support" / "small_cnn.py"
Start = Callable[..., "subprocess.Popen[str]"]
SECONDS = re.compile(r"\d+\.\d s\b")


@pytest.fixture
def small(mirror_servers: Any) -> SmallSet:
    made = make_small_set("mnist")
    mirror_servers.trusted.files.update(made.served)
    return made


@pytest.fixture
def start(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> Start:
    """Starts `cnn` with a small MNIST that the mirrors of these kinds serve."""

    def run(*arguments: Any, kinds: tuple[str, ...] = ("good",), **options: Any) -> "subprocess.Popen[str]":
        mirrors = [mirror_servers.trusted.url(kind) for kind in kinds]
        sets = write_sets(tmp_path / "sets.json", small.with_mirrors(*mirrors), reach_seconds=10)
        variables = environment(tmp_path)
        del variables["CNN_MIRRORS"]
        return subprocess.Popen(
            [*options.pop("prefix", []), sys.executable, SMALL_CNN, sets, *map(str, arguments)],
            cwd=tmp_path,
            env={**variables, **options.pop("env", {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            **options,
        )

    return run


def finish(process: "subprocess.Popen[str]") -> Outcome:
    out, err = process.communicate(timeout=60)
    return Outcome(process.returncode, out, err)


def blurred(text: str) -> str:
    """Without the seconds, which differ from run to run."""
    return SECONDS.sub("S s", text)


def assert_whole(folder: Path, small: SmallSet) -> None:
    assert {path.name for path in folder.iterdir()} == {*small.served, ".cnncli-fetch.lock"}
    for name, content in small.served.items():
        assert (folder / name).read_bytes() == content


def test_names_in_the_help_are_those_of_the_table() -> None:
    assert tuple(SOURCES) == command.NAMES


def test_redirected_output_is_one_plain_line_a_file(
    start: Start, small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    outcome = finish(start("download", "mnist"))
    assert outcome.code == 0
    folder = tmp_path / ".cache" / "cnncli" / "mnist"
    assert_whole(folder, small)
    mirror = f"localhost:{mirror_servers.trusted.port}"
    assert blurred(outcome.err) == (
        f"fetching mnist: 4 files, 63 kB, into {folder}\n"
        f"  train-images-idx3-ubyte.gz     47 kB in S s from {mirror}\n"
        f"  train-labels-idx1-ubyte.gz      {len(small.served['train-labels-idx1-ubyte.gz'])} B in S s from {mirror}\n"
        f"  t10k-images-idx3-ubyte.gz      16 kB in S s from {mirror}\n"
        f"  t10k-labels-idx1-ubyte.gz       {len(small.served['t10k-labels-idx1-ubyte.gz'])} B in S s from {mirror}\n"
    )
    assert outcome.out == f"mnist: fetched and verified, in {folder}\ntry next\n  cnn train --data mnist\n"

    again = finish(start("download", "mnist", kinds=("missing",)))
    assert (again.code, again.err) == (0, "")
    assert again.out == f"mnist: already there and verified, in {folder}\ntry next\n  cnn train --data mnist\n"


def test_emnist_is_fetched_once_for_both_of_its_sets(mirror_servers: Any, tmp_path: Path) -> None:
    letters, digits = make_small_set("emnist-letters"), make_small_set("emnist-digits")
    mirror_servers.trusted.files.update(letters.served)
    mirror = mirror_servers.trusted.url("good")
    # The archive of the letters holds empty files in the place of the digits, which is enough to see it unpacked.
    digits_source = dataclasses.replace(digits.with_mirrors(mirror), files=letters.source.files)
    sets = write_sets(tmp_path / "sets.json", letters.with_mirrors(mirror), digits_source, reach_seconds=10)
    variables = environment(tmp_path)
    del variables["CNN_MIRRORS"]
    result = subprocess.run(
        [sys.executable, SMALL_CNN, sets, "download", "emnist-letters", "emnist-digits", "--dir", "."],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == (
        "emnist-letters: fetched and verified, in emnist\ntry next\n  cnn train --data emnist-letters --data-dir .\n"
        "emnist-digits: already there and verified, in emnist\n"
        "try next\n  cnn train --data emnist-digits --data-dir .\n"
    )
    assert blurred(result.stderr) == (
        "fetching emnist-letters: 1 file, 64 kB, into emnist\n"
        "  gzip.zip                    verified, unpacking\n"
        f"  gzip.zip                       64 kB in S s from localhost:{mirror_servers.trusted.port}\n"
    )


@pytest.mark.slow
def test_dir_is_a_folder_of_data_sets(start: Start, small: SmallSet, tmp_path: Path) -> None:
    outcome = finish(start("download", "mnist", "--dir", "my sets"))
    assert outcome.code == 0, outcome.err
    assert_whole(tmp_path / "my sets" / "mnist", small)
    assert outcome.out == (
        "mnist: fetched and verified, in my sets/mnist\ntry next\n  cnn train --data mnist --data-dir 'my sets'\n"
    )
    by_variable = finish(start("download", "mnist", env={"CNN_DATA_DIR": "my sets"}, kinds=("missing",)))
    assert by_variable.out == (
        "mnist: already there and verified, in my sets/mnist\ntry next\n  cnn train --data mnist\n"
    )
    # What is typed goes before the variable, so that the next command needs it too.
    beside = finish(start("download", "mnist", "--dir", "my sets", env={"CNN_DATA_DIR": "other"}, kinds=("missing",)))
    assert beside.out == (
        "mnist: already there and verified, in my sets/mnist\ntry next\n  cnn train --data mnist --data-dir 'my sets'\n"
    )


def test_skipped_mirrors_are_told_with_the_reason(start: Start, small: SmallSet, mirror_servers: Any) -> None:
    outcome = finish(start("download", "mnist", "--dir", ".", kinds=("missing", "html", "good")))
    assert outcome.code == 0
    host = f"localhost:{mirror_servers.trusted.port}"
    assert blurred(outcome.err).splitlines()[:4] == [
        "fetching mnist: 4 files, 63 kB, into mnist",
        f"  train-images-idx3-ubyte.gz  skipped {host}/missing/0: 404 Not Found",
        f"  train-images-idx3-ubyte.gz  skipped {host}/html/0: sends HTML instead of a gzip file",
        f"  train-images-idx3-ubyte.gz     47 kB in S s from {host}",
    ]


def test_json_is_one_value_with_the_same_facts(start: Start, small: SmallSet, mirror_servers: Any) -> None:
    outcome = finish(start("download", "mnist", "--dir", ".", "--json", kinds=("unavailable", "good")))
    assert outcome.code == 0
    (facts,) = outcome.json
    host = f"localhost:{mirror_servers.trusted.port}"
    assert {name: facts[name] for name in ("name", "folder", "present", "damaged")} == {
        "name": "mnist",
        "folder": "mnist",
        "present": [],
        "damaged": [],
    }
    assert facts["skipped"] == [{"file": FIRST, "mirror": f"{host}/unavailable/0", "reason": "503 Service Unavailable"}]
    fetched = [(file["file"], file["size_bytes"], file["resumed_bytes"], file["mirror"]) for file in facts["fetched"]]
    assert fetched == [(name, len(content), 0, f"{host}/good/0") for name, content in small.served.items()]
    again = finish(start("download", "mnist", "--dir", ".", "--json"))
    assert again.json == [{**facts, "present": list(small.served), "fetched": [], "skipped": []}]


def test_no_good_mirror_is_one_line_and_what_to_put_where(
    start: Start, small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    outcome = finish(start("download", "mnist", "--dir", ".", kinds=("missing", "bomb")))
    assert (outcome.code, outcome.out) == (1, "")
    host = f"localhost:{mirror_servers.trusted.port}"
    content_bytes = f"{small.source.files[0].content_bytes:,}"
    assert outcome.err.splitlines() == [
        "fetching mnist: 4 files, 63 kB, into mnist",
        f"  train-images-idx3-ubyte.gz  skipped {host}/missing/0: 404 Not Found",
        f"  train-images-idx3-ubyte.gz  skipped {host}/bomb/0: unpacks to more than its {content_bytes} bytes",
        f"cnn: mnist: none of its 2 mirrors sends {FIRST} as it must be; try again later, or put it into mnist by hand",
        f"  from https://{host}/missing/0/ into mnist, SHA-256 of the content, gzipped or not:",
        *(f"  {file.sha256}  {file.name.removesuffix('.gz')}" for file in small.source.files),
    ]
    assert not [path for path in (tmp_path / "mnist").iterdir() if path.suffix == ".gz"]


def test_terminal_gets_a_bar(start: Start, small: SmallSet, mirror_servers: Any) -> None:
    terminal = {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1", "COLUMNS": "120"}
    process = start("download", "mnist", "--dir", ".", kinds=("held",), env=terminal)
    wait_until(lambda: len(mirror_servers.trusted.requests) == 1)
    time.sleep(0.5)  # the bar is drawn ten times a second
    mirror_servers.trusted.hold.set()
    outcome = finish(process)
    assert outcome.code == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", outcome.err)
    assert re.search(r"train-images-idx3-ubyte\.gz +[━╸╺]+ +24 kB of 47 kB", plain), plain
    assert outcome.err.count("\x1b[?25l") == outcome.err.count("\x1b[?25h") >= 1  # cursor hidden, and back


def test_a_killed_download_goes_on_where_it_ended(
    start: Start, small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    process = start("download", "mnist", "--dir", ".", kinds=("held",))
    half = len(small.served[FIRST]) // 2
    part = tmp_path / "mnist" / f"{FIRST}.part"
    wait_until(lambda: part.exists() and part.stat().st_size == half)
    process.kill()
    process.communicate()
    assert not (tmp_path / "mnist" / FIRST).exists()
    mirror_servers.trusted.hold.set()
    outcome = finish(start("download", "mnist", "--dir", ".", kinds=("held",)))
    assert outcome.code == 0
    assert_whole(tmp_path / "mnist", small)
    asked = [request for request in mirror_servers.trusted.requests if request.path == FIRST]
    assert [(request.range, request.if_range) for request in asked] == [
        (None, None),
        (f"bytes={half}-", '"version 1"'),
    ]
    assert blurred(outcome.err).splitlines()[1] == (
        f"  train-images-idx3-ubyte.gz     47 kB in S s from localhost:{mirror_servers.trusted.port}, "
        "24 kB of it were there"
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_at_once_and_says_how_to_go_on(
    start: Start, small: SmallSet, mirror_servers: Any, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    process = start("download", "mnist", "--dir", ".", kinds=("held",))
    part = tmp_path / "mnist" / f"{FIRST}.part"
    wait_until(lambda: part.exists() and part.stat().st_size > 0)
    process.send_signal(number)
    sent = time.monotonic()
    outcome = finish(process)
    assert time.monotonic() - sent < 2  # Python itself takes a part of it to end
    assert outcome.code == code
    assert outcome.err.splitlines()[1:] == ["stopped; the same command goes on where this one ended"]
    mirror_servers.trusted.hold.set()
    assert finish(start("download", "mnist", "--dir", ".")).code == 0
    assert_whole(tmp_path / "mnist", small)


def test_two_processes_at_once_fetch_every_file_once(
    start: Start, small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    first = start("download", "mnist", "--dir", ".", kinds=("held",))
    wait_until(lambda: len(mirror_servers.trusted.requests) == 1)
    second = start("download", "mnist", "--dir", ".", kinds=("held",))
    assert second.stderr is not None
    assert second.stderr.readline() == "waiting for another process that fetches mnist\n"
    mirror_servers.trusted.hold.set()
    outcomes = finish(first), finish(second)
    assert [outcome.code for outcome in outcomes] == [0, 0]
    assert outcomes[0].out.startswith("mnist: fetched and verified, in mnist\n")
    assert outcomes[1].out.startswith("mnist: already there and verified, in mnist\n")
    assert_whole(tmp_path / "mnist", small)
    assert [request.path for request in mirror_servers.trusted.requests] == list(small.served)


@pytest.mark.slow
def test_none_of_100_kills_of_two_at_once_leaves_a_file_that_is_not_whole(
    start: Start, small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    rng = random.Random(1)
    folder = tmp_path / "mnist"
    assert finish(start("download", "mnist", "--dir", ".")).code == 0
    left = 0
    for round_number in range(50):
        for path in folder.iterdir():
            if rng.random() < 0.7:
                path.unlink()
        (folder / FIRST).unlink(missing_ok=True)
        # Every second pair meets a mirror that stops in mid-file: those are killed there for certain.
        kinds = ("cut-once", "good") if round_number % 2 else ("held",)
        seen = len(mirror_servers.trusted.requests)
        processes = [start("download", "mnist", "--dir", ".", kinds=kinds) for _ in range(2)]
        wait_until(lambda seen=seen: len(mirror_servers.trusted.requests) > seen)
        time.sleep(rng.uniform(0, 0.1))
        for process in processes:
            process.kill()
            process.communicate()
        for name, content in small.served.items():
            if (folder / name).exists():
                assert (folder / name).read_bytes() == content
        left += any(path.suffix == ".part" for path in folder.iterdir())
    assert left > 0  # some were killed in the middle of a file
    assert finish(start("download", "mnist", "--dir", ".")).code == 0
    for name, content in small.served.items():
        assert (folder / name).read_bytes() == content


def test_process_that_waits_goes_on_when_the_other_is_killed(
    start: Start, small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    first = start("download", "mnist", "--dir", ".", kinds=("held",))
    part = tmp_path / "mnist" / f"{FIRST}.part"
    wait_until(lambda: part.exists() and part.stat().st_size > 0)
    second = start("download", "mnist", "--dir", ".", kinds=("held",))
    assert second.stderr is not None
    second.stderr.readline()
    first.kill()
    first.communicate()
    mirror_servers.trusted.hold.set()
    assert finish(second).code == 0
    assert_whole(tmp_path / "mnist", small)


def test_file_that_may_not_grow_is_one_line(start: Start, small: SmallSet, tmp_path: Path) -> None:
    limited = ["bash", "-c", 'ulimit -f 10; exec "$@"', "bash"]
    outcome = finish(start("download", "mnist", "--dir", ".", prefix=limited))
    assert outcome.code == 1
    message = re.sub(r"[\d,]+ bytes are", "N bytes are", outcome.err.splitlines()[-1])
    assert message == f"cnn: mnist/{FIRST}.part: N bytes are more than a file may have here; see ulimit -f"
    assert not (tmp_path / "mnist" / FIRST).exists()
    assert finish(start("download", "mnist", "--dir", ".")).code == 0
    assert_whole(tmp_path / "mnist", small)


@pytest.mark.slow
def test_offline_says_after_one_limit_what_to_put_where(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    """Mirrors that swallow every packet are the slowest way to be offline."""
    with deaf_port() as deaf:
        source = dataclasses.replace(small.source, mirrors=(f"https://localhost:{deaf}/", "https://localhost:9/"))
        sets = write_sets(tmp_path / "sets.json", source)
        variables = environment(tmp_path)
        del variables["CNN_MIRRORS"]

        def timed(*arguments: str) -> tuple[float, "subprocess.CompletedProcess[str]"]:
            began = time.monotonic()
            result = subprocess.run(
                [sys.executable, SMALL_CNN, sets, *arguments],
                cwd=tmp_path,
                env=variables,
                capture_output=True,
                text=True,
                check=False,
            )
            return time.monotonic() - began, result

        start_seconds, _ = timed("--version")
        seconds, result = timed("download", "mnist")
    folder = tmp_path / ".cache" / "cnncli" / "mnist"
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"cnn: mnist: {FIRST} and 3 other files are not in {folder}, and no mirror can be reached "
        f"(localhost:{deaf}: no connection within 1.7 s; localhost:9: connection refused); "
        "try again later, or put the files there by hand",
        f"  from https://localhost:{deaf}/ into {folder}, SHA-256 of the content, gzipped or not:",
        *(f"  {file.sha256}  {file.name.removesuffix('.gz')}" for file in small.source.files),
    ]
    # The limit of 1.7 s once, and not again for each of the four files; a busy machine may take longer to start Python.
    assert seconds - start_seconds < 2 * 1.7


@pytest.mark.slow
def test_train_fetches_by_itself(start: Start, small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    outcome = finish(start("train", "--arch", "linear", "--data", "mnist", "--epochs", 1, "--json"))
    assert outcome.code == 0, outcome.err
    assert outcome.json["data"] == "mnist" and outcome.json["images"] == 60
    lines = [line for line in outcome.err.splitlines() if not line.startswith("looking at ")]  # on a busy machine
    assert lines[0].startswith("fetching mnist: 4 files, 63 kB, into ")
    assert lines[5].startswith("linear with 7,850 parameters on mnist, 60 images, ")
    again = finish(start("eval", "model.bin", kinds=("missing",)))
    assert again.code == 0 and not again.err.replace("looking at 20 pictures of mnist\n", "")


def test_train_without_a_name_fetches_mnist(start: Start, small: SmallSet, tmp_path: Path) -> None:
    outcome = finish(start("train", "--arch", "linear", "--epochs", 1, "--json"))
    assert outcome.code == 0, outcome.err
    assert outcome.json["data"] == "mnist"


def test_train_takes_wrong_bytes_for_an_error(start: Start, small: SmallSet, tmp_path: Path) -> None:
    outcome = finish(start("train", "--arch", "linear", "--epochs", 1, kinds=("wrong-bytes",)))
    assert (outcome.code, outcome.out) == (1, "")
    folder = tmp_path / ".cache" / "cnncli" / "mnist"
    assert (
        f"cnn: mnist: its only mirror does not send {FIRST} as it must be; try again later, or put it into {folder} "
        "by hand"
    ) in outcome.err.splitlines()
    assert not (tmp_path / "model.bin").exists()
