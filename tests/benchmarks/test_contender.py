"""Worker processes: what they answer, and how they fail."""

import contextlib
import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks import contender
from benchmarks.contender import Contender, Missing, Together
from benchmarks.networks import make_workload
from benchmarks.peers import PEERS, peers_for
from benchmarks.workload import Workload


@pytest.fixture
def workload_file(tmp_path: Path) -> str:
    path = tmp_path / "workload.npz"
    make_workload("linear", 32).save(path)
    return str(path)


def softmax_regression(path: str, batch_size: int, learning_rate: float) -> list[float]:
    """The loss of each step of the network `linear`, in float64."""
    workload = Workload.load(Path(path))
    weight, bias = (workload.arrays[name].astype(np.float64) for name in ("1.weight", "1.bias"))
    losses = []
    for batch in workload.batches(batch_size):
        x = workload.images[batch].reshape(batch_size, -1).astype(np.float64)
        p = np.exp(x @ weight.T + bias)
        p /= p.sum(axis=1, keepdims=True)
        right = np.eye(10)[workload.labels[batch]]
        losses.append(-np.log((p * right).sum(axis=1)).mean())
        weight -= learning_rate * (p - right).T @ x / batch_size
        bias -= learning_rate * (p - right).mean(axis=0)
    return losses


def test_worker_trains_and_is_timed(workload_file: str) -> None:
    with contextlib.closing(Contender("cnncli", 1)) as ours:
        assert ours.versions == {"numpy": np.__version__}
        ours.ask("load", path=workload_file)
        losses = ours.prepare("train", batch_size=8, learning_rate=0.01, momentum=0.0)["value"]
        np.testing.assert_allclose(losses, softmax_regression(workload_file, 8, 0.01), rtol=1e-4)
        assert ours.run() > 0
        outputs = ours.prepare("infer", batch_size=16)["value"]
        np.testing.assert_allclose(np.exp(outputs).sum(axis=1), np.ones(32), rtol=1e-5)


def test_a_request_that_fails_brings_its_traceback_and_the_worker_goes_on(workload_file: str) -> None:
    with contextlib.closing(Contender("cnncli", 1)) as ours:
        with pytest.raises(RuntimeError, match=r"cnncli: load failed\n(?s:.*)FileNotFoundError"):
            ours.ask("load", path=workload_file + "none")
        ours.ask("load", path=workload_file)


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "peer_of_test.py").write_text("import a_library_that_nobody_has\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    peer = dataclasses.replace(PEERS["torch"], module="peer_of_test")
    monkeypatch.setitem(contender.PEERS, "torch", peer)
    with pytest.raises(Missing, match=r"^a_library_that_nobody_has is not installed$"):
        Contender("torch", 1)


def test_a_library_that_does_not_fit_the_machine_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "peer_of_test.py").write_text(
        "from benchmarks.peers import Unfit\n"
        "class Contender:\n"
        "    def __init__(self, threads, **form):\n"
        "        raise Unfit('too small a CPU')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setitem(contender.PEERS, "torch", dataclasses.replace(PEERS["torch"], module="peer_of_test"))
    with pytest.raises(Missing, match=r"^too small a CPU$"):
        Contender("torch", 1)


def test_a_worker_that_dies_tells_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "peer_of_test.py").write_text("import sys\nsys.exit('no memory left')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setitem(contender.PEERS, "torch", dataclasses.replace(PEERS["torch"], module="peer_of_test"))
    with pytest.raises(RuntimeError, match=r"^torch: its process ended\n(?s:.*)no memory left"):
        Contender("torch", 1)


def test_a_worker_that_died_fails_again_when_asked_again(workload_file: str) -> None:
    with contextlib.closing(Contender("cnncli", 1)) as ours:
        ours._process.kill()
        for _ in range(2):
            with pytest.raises(RuntimeError, match=r"^cnncli: its process ended\n"):
                ours.ask("load", path=workload_file)


def test_what_a_library_prints_does_not_get_between_the_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "peer_of_test.py").write_text(
        "import os\nprint('hello')\nos.write(1, b'from C')\n"
        "class Contender:\n"
        "    versions = {'library': '1'}\n"
        "    def __init__(self, threads, **form):\n"
        "        print('threads', threads)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setitem(contender.PEERS, "torch", dataclasses.replace(PEERS["torch"], module="peer_of_test"))
    with contextlib.closing(Contender("torch", 1)) as peer:
        assert peer.versions == {"library": "1"}


def test_peers_are_those_that_do_the_work() -> None:
    assert peers_for("train", list(PEERS)) == ["torch", "torch-channels-last", "torch-bf16", "tensorflow", "jax"]
    assert "torch-compiled" in peers_for("infer", list(PEERS), "vgg")
    assert "torch-compiled" not in peers_for("infer", list(PEERS), "lenet5")
    assert peers_for("infer", ["onnxruntime", "cnncli"]) == ["onnxruntime"]
    assert peers_for("convolution", list(PEERS)) == ["torch-channels-last"]


def test_algorithms_are_asked_of_the_core() -> None:
    from benchmarks.convolution_case import ConvolutionCase
    from cnncli import _core

    with contextlib.closing(Contender("cnncli", 1)) as ours:
        found = ours.ask("algorithms", case=ConvolutionCase(3, 2, 4, 6, 3).to_dict(), rounds=2)
    assert list(found) == ["forward", "gradient of the input", "gradient of the weights"]
    for choice in found.values():
        assert choice["chosen"] in choice["seconds"]
        assert set(choice["seconds"]) <= set(_core.convolution_algorithms())
        assert all(len(seconds) == 2 for seconds in choice["seconds"].values())


def test_a_round_is_over_when_the_process_rests(
    workload_file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Threads that spin after their work would take a core from the next contender."""
    (tmp_path / "peer_of_test.py").write_text(
        "import threading, time\n"
        "def spin():\n"
        "    end = time.monotonic() + 0.5\n"
        "    while time.monotonic() < end: pass\n"
        "class Contender:\n"
        "    versions = {}\n"
        "    def __init__(self, threads, **form): pass\n"
        "    def infer(self, workload, batch_size):\n"
        "        return lambda: threading.Thread(target=spin).start() or 0\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setitem(contender.PEERS, "torch", dataclasses.replace(PEERS["torch"], module="peer_of_test"))
    with contextlib.closing(Contender("torch", 1)) as peer:
        peer.ask("load", path=workload_file)
        peer.prepare("infer", batch_size=16)
        assert peer.run() < 0.4  # the spinning is not its time
        before = peer._cpu_ticks()
        time.sleep(0.1)
        assert peer._cpu_ticks() <= before + 1


def test_contenders_that_work_together_are_one_that_does_their_share(workload_file: str) -> None:
    with contextlib.closing(Together([Contender("cnncli", 1), Contender("cnncli", 1)], "both")) as both:
        both.ask("load", path=workload_file)
        losses = both.prepare("train", batch_size=8, learning_rate=0.01, momentum=0.0)["value"]
        np.testing.assert_allclose(losses, softmax_regression(workload_file, 8, 0.01), rtol=1e-4)
        first, second = both.members
        first.result = lambda: 0.5  # type: ignore[method-assign]
        second.result = lambda: 0.75  # type: ignore[method-assign]
        assert both.run() == 0.375


def test_a_form_and_libraries_that_come_first_reach_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "peer_of_test.py").write_text(
        "import os, sys\n"
        "class Contender:\n"
        "    def __init__(self, threads, *, layout):\n"
        "        modules = list(sys.modules)\n"
        "        before = modules.index('tabnanny') < modules.index('peer_of_test')\n"
        "        openmp = os.environ.get('OMP_NUM_THREADS', 'unset')\n"
        "        self.versions = {'layout': layout, 'before': str(before), 'openmp': openmp}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    peer = dataclasses.replace(PEERS["torch"], module="peer_of_test", form={"layout": "last"})
    with contextlib.closing(Contender(peer, 1, first=["tabnanny"], environment={"OMP_NUM_THREADS": None})) as other:
        assert other.versions == {"layout": "last", "before": "True", "openmp": "unset"}
        assert other.label == "PyTorch"


def test_work_is_done_again_and_again_for_a_while(workload_file: str) -> None:
    with contextlib.closing(Contender("cnncli", 1)) as ours:
        ours.ask("load", path=workload_file)
        ours.prepare("infer", batch_size=16)
        start = time.monotonic()
        seconds = ours.run_for(0.2)
        assert time.monotonic() - start >= 0.2
        assert 0 < seconds < 0.1  # on average, and one takes a thousandth of that


def test_more_threads_than_told_are_found_out(
    workload_file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The CPU time of the other process is what it says here: this test needs no second core."""
    (tmp_path / "peer_of_test.py").write_text(
        "import time\n"
        "class Contender:\n"
        "    versions = {}\n"
        "    def __init__(self, threads, cores): self.cores = cores\n"
        "    def infer(self, workload, batch_size):\n"
        "        time.process_time = lambda: self.cores * time.perf_counter()\n"
        "        return lambda: time.sleep(0.01) or 0\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    for cores, found in ((1.9, None), (3.0, pytest.approx(3, rel=0.05))):
        peer = dataclasses.replace(PEERS["torch"], module="peer_of_test", form={"cores": cores})
        with contextlib.closing(Contender(peer, 2)) as other:
            other.ask("load", path=workload_file)
            other.prepare("infer", batch_size=16)
            other.run()
            assert other.cores_beyond_threads() == found
