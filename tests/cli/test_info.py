"""`cnn info`: what a model file says, also one whose record is nonsense."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from cnn_process import Outcome
from cnncli.cli.main import run
from cnncli.measures.intervals import wilson
from cnncli.model_file.record import TrainingRecord
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network


def test_json_holds_what_the_file_says(trained: tuple[Path, Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    path = trained[0] / "model.bin"
    network = load_model(path)
    assert run(["info", str(path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest() and facts["bytes"] == path.stat().st_size
    assert facts["weights_sha256"] == network.record["training"]["history"][-1]["weights"]
    assert facts["command"] == network.record["training"]["command"]
    by_name = {parameter.name: parameter.value for parameter in network.named_parameters()}
    assert facts["classes"] == [str(digit) for digit in range(10)]
    assert facts["parameters"] == sum(value.size for value in by_name.values())
    assert [tensor["name"] for tensor in facts["tensors"]] == list(by_name)
    for tensor in facts["tensors"]:
        values = by_name[tensor["name"]].astype(np.float64)
        assert tensor["shape"] == list(values.shape)
        assert (tensor["least"], tensor["most"]) == (values.min(), values.max())
        assert tensor["mean"] == pytest.approx(values.sum() / values.size, abs=1e-12)
        assert tensor["std"] == pytest.approx(np.sqrt(((values - values.mean()) ** 2).sum() / values.size))
        assert tensor["zeros"] == (values == 0).mean()


def test_the_command_comes_last_and_the_test_has_its_interval(
    trained: tuple[Path, Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    path = trained[0] / "model.bin"
    record = load_model(path).record
    assert run(["info", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["made again by, with the place of small after --data", f"  {record['training']['command']}"]
    low, high = wilson(round(160 * record["test"]["accuracy"]), 160)
    shown = f"accuracy {100 * record['test']['accuracy']:.2f} % ({100 * low:.2f} % to {100 * high:.2f} %)"
    assert next(line for line in lines if line.startswith("test ")).split(maxsplit=1)[1].startswith(shown)
    assert "confidence" not in record  # nothing was held out
    assert any(line.startswith("answers ") and 'never "not sure"' in line and "--val" in line for line in lines)


NONSENSE = [
    {},
    {"data": 3, "training": "x", "test": [], "confidence": {"temperature": "hot"}},
    {"data": {"name": 5, "left_aside": {"a": "many"}}, "training": {"history": [1, {"epoch": True}, {"epoch": 1}]}},
    {"training": {"history": {"epoch": 1}, "settings": [], "versions": {"cnncli": 1}, "seconds": "long"}},
    {"test": {"images": -1, "accuracy": 0.5, "loss": 1}, "training": {"threads": -2, "best_epoch": 7}},
    {"training": {"history": [{"epoch": 1, "loss": "low"}], "best_epoch": 1, "command": "rm -rf <b>"}},
    {"test": {"images": 10, "accuracy": 7.5, "loss": 1}, "data": {"name": "x" * 5000}},
]


@pytest.mark.parametrize("record", NONSENSE)
def test_a_record_of_nonsense_is_shown_as_far_as_it_makes_sense(
    record: dict, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = Network.from_model_name("linear", ["a", "b"], seed=1)
    network.record = record
    save_model(tmp_path / "m.bin", network)
    assert run(["info", str(tmp_path / "m.bin")]) == 0
    assert "linear" in capsys.readouterr().out
    assert run(["info", str(tmp_path / "m.bin"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["network"] == "linear" and facts["training"]["digest"] is None


def test_a_record_is_read_value_by_value() -> None:
    history = [{"epoch": 1, "loss": 0.5, "accuracy": None}]
    found = TrainingRecord.of({"training": {"history": history, "best_epoch": 1}})
    assert found.history == [{"epoch": 1, "loss": 0.5}] == [found.best] and found.test is None
