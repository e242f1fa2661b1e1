"""What a replay has to be told, since model files hold no paths: data, plugins and the model that was started from."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cnncli.data import ignore
from cnncli.errors import UsageError
from cnncli.network.architectures import read_model
from cnncli.training import replay as module
from cnncli.training.plan import Plan, make_plan
from cnncli.training.replay import _Ended, _same_data, _same_start, _with_plugins
from cnncli.training.start import shipped_start
from cnncli.training_options import TrainSettings


def plan(**changed: Any) -> Plan:
    made = make_plan(TrainSettings(), *read_model("lenet5"))
    return replace(made, data="mnist", data_digest="right", **changed)


def undecided(call: Any, *arguments: Any) -> str:
    with pytest.raises(_Ended) as caught:
        call(*arguments)
    assert caught.value.verdict.kind == "undecided"
    return caught.value.verdict.line


@dataclass(frozen=True)
class Data:
    """A data set as far as its digest is asked for."""

    digest: str
    name: str = "as found"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """Which data were loaded, and where they were looked for; their digest is the name of their folder."""
    found: list[tuple[str, str | None]] = []

    def loaded(where: Plan, *_: Any) -> tuple[Data, str]:
        found.append((where.data, where.data_dir))
        return Data(where.data_dir or "right"), where.data

    monkeypatch.setattr(module, "data_again", loaded)
    return found


def model(**about: Any) -> Any:
    return SimpleNamespace(record={"data": about}, name="n")


def test_only_data_that_were_named_are_found_by_their_name(asked: list[tuple[str, str | None]]) -> None:
    said = TrainSettings(data=None)
    named, files = plan(), replace(plan(), data="mnist.npz")
    found: Any = _same_data(named, model(by_name=True, name="MNIST"), said, ignore)
    assert asked == [("mnist", None)] and found == Data("right", "MNIST")
    for other, by_name in ((named, False), (named, None), (named, 1), (files, True), (files, False)):
        with pytest.raises(UsageError, match=r"^the model was trained on files called \S+, and .*; pass --data PATH$"):
            _same_data(other, model(by_name=by_name), said, ignore)
    assert len(asked) == 1


def test_what_is_told_goes_before_the_name_and_must_have_the_digest(asked: list[tuple[str, str | None]]) -> None:
    for by_name in (True, False):
        told = TrainSettings(data="here.npz", data_dir="right")
        found: Any = _same_data(plan(data_dir="old"), model(by_name=by_name, name=7), told, ignore)
        assert asked.pop() == ("here.npz", "right") and found == Data("right")
    line = undecided(_same_data, plan(), model(by_name=True), TrainSettings(data="here.npz", data_dir="wrong"), ignore)
    assert line == "here.npz is not the data that it was trained on: another digest"


def test_a_model_that_was_started_from_is_needed_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "read_start", lambda told: SimpleNamespace(path=told.start_from, digest="right"))
    started = plan(start_from="old.bin", start_digest="right")
    assert _same_start(plan(), TrainSettings(start_from="new.bin")) is None
    with pytest.raises(UsageError) as caught:
        _same_start(started, TrainSettings())
    assert str(caught.value) == (
        "the training started from old.bin, and model files hold no paths; pass --from MODEL"
    )
    found = _same_start(started, TrainSettings(start_from="new.bin"))
    assert found is not None and found.path == "new.bin"
    line = undecided(_same_start, replace(started, start_digest="other"), TrainSettings(start_from="new.bin"))
    assert line == "new.bin is not the model that it started from: another digest"


def test_plugins_are_taken_by_their_names_and_must_be_the_same_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "load_plugin", lambda file: SimpleNamespace(digest=f"of {Path(file).name}"))
    with_two = plan(plugins=("a.py", "b.py"), plugin_digests=["of a.py", "of b.py"])
    told = TrainSettings(plugins=("mine/b.py", "more/c.py", "mine/a.py"))
    assert _with_plugins(with_two, told).plugins == ("mine/a.py", "mine/b.py")
    assert _with_plugins(plan(), told).plugins is None and _with_plugins(plan(), TrainSettings()).plugins is None
    for less in (None, ("mine/a.py",)):
        first = "b.py" if less else "a.py"
        with pytest.raises(UsageError, match=rf"^the model needs the plugin {first}; pass --plugin with its place$"):
            _with_plugins(with_two, TrainSettings(plugins=less))
    line = undecided(_with_plugins, replace(with_two, plugin_digests=["of a.py", "of c.py"]), told)
    assert line == "a plugin is not the file that the model was trained with"


def test_a_model_that_comes_with_the_program_is_found_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lenet5").write_bytes(b"a file of the user's, which no model may open")
    shipped = shipped_start("lenet5")
    assert shipped is not None and shipped.network.name == "lenet5" and shipped_start("resnet9") is None
    found = _same_start(plan(start_from="lenet5", start_digest=shipped.digest), TrainSettings())
    assert found is not None and found.digest == shipped.digest
    with pytest.raises(UsageError, match=r"^the training started from lenet5, and model files hold no paths; pass "):
        _same_start(plan(start_from="lenet5", start_digest="of another file"), TrainSettings())
