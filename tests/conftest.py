"""What all tests share: instruction sets, thread counts, seeded numbers, the real MNIST and mirrors on this machine."""

import os
import shlex
import shutil
import signal
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mirror_server import MirrorServer, make_authority, serve

# A shell starts what runs in the background with Ctrl-C ignored, and children inherit that: tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

THREAD_COUNTS = (1, 2, 3)
_MANY = 6  # tests of a file to run; where there are more, CNN_TEST_PART counts
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 4 << 30  # bytes; the tests leave less than one
SEED = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Files of the tests lie in memory where there is room, unless TMPDIR says where: a training of a moment flushes
    two dozen files, and a disk takes up to 20 ms for each. That they are flushed tests/support/power_loss.py shows."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK):
        sizes = os.statvfs(MEMORY)
        if sizes.f_bavail * sizes.f_frsize >= MEMORY_NEEDED:
            os.environ["TMPDIR"] = str(MEMORY)
            tempfile.tempdir = None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """CNN_TEST_PART=5: of files with many tests to run a fifth of these runs, another fifth with each commit."""
    part = int(os.environ.get("CNN_TEST_PART", "1"))
    commit = os.environ.get("SOURCE_DATE_EPOCH", "")
    if part == 1:
        return
    counts = Counter(item.path for item in items)
    left_out = {
        id(item) for item in items
        if counts[item.path] > _MANY and zlib.crc32(f"{commit} {item.nodeid}".encode()) % part
    }  # fmt: skip
    config.hook.pytest_deselected(items=[item for item in items if id(item) in left_out])
    items[:] = [item for item in items if id(item) not in left_out]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every instruction set that this CPU runs; the list comes from the build, so none is forgotten."""
    if "instruction_set" in metafunc.fixturenames:
        from cnncli import _core

        metafunc.parametrize("instruction_set", _core.instruction_sets(), indirect=True)


@pytest.fixture
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """The test runs once for each instruction set; the one that was in use before is restored."""
    from cnncli import _core

    before = _core.instruction_set()
    _core.set_instruction_set(request.param)
    yield request.param
    _core.set_instruction_set(before)


@pytest.fixture
def restored_threads() -> Iterator[None]:
    """The test may set the number of threads; the one that was in use before is restored."""
    from cnncli import _core

    before = _core.thread_count()
    yield
    _core.set_thread_count(before)


@pytest.fixture(autouse=True)
def unloaded_plugins() -> Iterator[None]:
    """Layers, losses and optimizers that a test registered or loaded are gone after it, in the tables that all modules
    share: no test hangs on which ones ran before it."""
    from cnncli import criteria, optim
    from cnncli.layers import LAYER_TYPES
    from cnncli.option_row import PLUGIN_WORDS
    from cnncli.plugins import loading

    tables: tuple[dict[str, Any], ...] = (LAYER_TYPES, criteria.BY_NAME, optim.BY_NAME)
    before = [dict(table) for table in tables]
    yield
    for table, known in zip(tables, before, strict=True):
        if table != known:
            table.clear()
            table.update(known)
    loading._loaded.clear()
    for words in PLUGIN_WORDS.values():
        words.clear()


@pytest.fixture
def assert_same_bits_for_any_threads(restored_threads: None) -> Callable[[Callable[[], Any]], None]:
    """Call it with a function that computes arrays: it must give the same bits with 1, 2 and 3 threads."""
    from cnncli import _core

    def check(compute: Callable[[], tuple[np.ndarray, ...]]) -> None:
        results = []
        for count in THREAD_COUNTS:
            _core.set_thread_count(count)
            results.append(compute())
        for count, result in zip(THREAD_COUNTS[1:], results[1:], strict=True):
            for index, (one, more) in enumerate(zip(results[0], result, strict=True)):
                assert one.tobytes() == more.tobytes(), f"result {index} differs between 1 and {count} threads"

    return check


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Numbers from a seed that is fixed for each test (or CNN_TEST_SEED), and printed when the test fails."""
    seed = int(os.environ.get("CNN_TEST_SEED") or zlib.crc32(request.node.nodeid.encode()))
    request.node.stash[SEED] = seed
    return np.random.default_rng(seed)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    report = yield
    if report.skipped and os.environ.get("CNN_TEST_TOOLS") == "required" and "apt-get install" in str(report.longrepr):
        # Where everything was to be installed, as in CI, what is missing is a fault of the installation.
        report.outcome = "failed"
        report.longrepr = f"a tool is missing: {report.longrepr}"
    if report.failed and SEED in item.stash:
        report.sections.append(("seed", f"CNN_TEST_SEED={item.stash[SEED]} repeats the numbers of this test"))
    return report


@pytest.fixture(autouse=True)
def no_mirrors(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test fetches anything from another machine: the only mirror is a port where nobody listens."""
    monkeypatch.setenv("CNN_MIRRORS", "https://127.0.0.1:9/")


@pytest.fixture(scope="session")
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def no_cache_of_the_user(_cache_of_the_tests: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prepared pictures are kept where the tests keep their files."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(_cache_of_the_tests))
    monkeypatch.delenv("CNN_CACHE_LIMIT", raising=False)


@pytest.fixture(scope="session", autouse=True)
def _digits_drawn_once() -> Iterator[None]:
    """The 70,000 images of `digits` are drawn once in a process, which takes 1.5 s; nobody may change them."""
    from cnncli.data import digits

    real, known = digits._draw, dict[tuple[int, int], Any]()

    def draw(count: int, seed: int) -> Any:
        if count < 1000:
            return real(count, seed)
        if (count, seed) not in known:
            split = real(count, seed)
            assert split is not None
            for array in (split.images, split.labels):
                array.flags.writeable = False
            if len(known) == 4:  # 70,000 images are 55 MB
                known.pop(next(iter(known)))
            known[count, seed] = split
        return known[count, seed]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digits, "_draw", draw)
        yield


@dataclass(frozen=True)
class MirrorServers:
    """A server whose certificate is trusted, one whose certificate is not, and one that speaks plain http."""

    trusted: MirrorServer
    strange: MirrorServer
    plain: MirrorServer
    authority: Path


@pytest.fixture(scope="session")
def _mirror_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MirrorServers]:
    pytest.importorskip("trustme", reason="the certificates of the test mirrors are made with trustme")
    authority, trusted_context, strange_context = make_authority(tmp_path_factory.mktemp("authority"))
    with serve(trusted_context) as trusted, serve(strange_context) as strange, serve(None) as plain:
        yield MirrorServers(trusted, strange, plain, authority)


@pytest.fixture
def mirror_servers(_mirror_servers: MirrorServers, monkeypatch: pytest.MonkeyPatch) -> MirrorServers:
    """Mirrors on this machine, with no files yet; this process and those it starts trust their authority."""
    for server in (_mirror_servers.trusted, _mirror_servers.strange, _mirror_servers.plain):
        server.files.clear()
        server.requests.clear()
        server.hold.clear()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(_mirror_servers.authority))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("CNN_MIRRORS")
    monkeypatch.delenv("CNN_DATA_DIR", raising=False)
    return _mirror_servers


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """The folder with MNIST's four IDX files (gzipped or not) that CNN_TEST_MNIST names, or a skip."""
    folder = os.environ.get("CNN_TEST_MNIST")
    if not folder:
        pytest.skip("CNN_TEST_MNIST is not set; set it to a folder with MNIST's four IDX files")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"CNN_TEST_MNIST={folder}: no such folder")
    return path


@pytest.fixture(scope="session")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cnncli.cli.main import run
    from page_world import small_digits, write_models, write_world

    folder = tmp_path_factory.mktemp("world")
    write_world(folder)
    with small_digits(), pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        write_models(folder, lambda line: run(shlex.split(line)))
    return folder


@pytest.fixture
def world(_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, restored_threads: None) -> Path:
    """The folder that the test is in: a copy of one that has all that the pages name, see page_world."""
    folder = tmp_path / "world"
    shutil.copytree(_world, folder, symlinks=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    return folder
