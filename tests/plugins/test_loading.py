"""A plugin gives its classes their names; what is wrong in it is one line with its place."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

import cnncli
from cnncli.criteria import BY_NAME as LOSSES
from cnncli.errors import CnnError, FormatError
from cnncli.layers import LAYER_TYPES
from cnncli.model_file.custom import changed_plugins
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network
from cnncli.optim import BY_NAME as OPTIMIZERS
from cnncli.storage import container
from plugin_files import SWISH, write_files

LAYER = """from cnncli.layers import Module


class Twice(Module):
    def update_output(self, input):
        return 2 * input
"""


def test_layers_losses_and_optimizers_of_a_plugin_have_names(tmp_path: Path) -> None:
    path = write_files(tmp_path)
    plugin = cnncli.load_plugin(path)
    assert (plugin.layers, plugin.losses, plugin.optimizers) == (("Swish",), ("SquaredDistance",), ("HeavyBall",))
    assert plugin.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert LAYER_TYPES["Swish"]().beta.tolist() == [1]  # type: ignore[attr-defined]
    assert LOSSES["SquaredDistance"]().takes_labels and OPTIMIZERS["HeavyBall"]().lr == 0.001
    assert "_Private" not in LAYER_TYPES


def test_a_plugin_is_run_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    path = write_files(tmp_path, LAYER)
    cnncli.load_plugin(path)
    first = LAYER_TYPES["Twice"]
    cnncli.load_plugin(os.path.relpath(path))
    assert LAYER_TYPES["Twice"] is first
    path.write_text(LAYER.replace("2 *", "4 / 2 *"))
    cnncli.load_plugin(path)
    assert LAYER_TYPES["Twice"] is not first


def test_a_plugin_imports_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside_the_plugin.py").write_text("FACTOR = 3\n")
    layer = LAYER.replace("2 *", "FACTOR *")
    cnncli.load_plugin(write_files(tmp_path, f"from beside_the_plugin import FACTOR\n{layer}"))
    assert LAYER_TYPES["Twice"]().forward([2.0]).tolist() == [6.0]


FAULTS = {
    "syntax": (LAYER + "x = = 1\n", ":7: is no Python: invalid syntax: x = = 1"),
    "indentation": (
        "if True:\nx = 1\n",
        ":2: is no Python: expected an indented block after 'if' statement on line 1: x = 1",
    ),
    "exception": (LAYER + "\n1 / 0\n", ":8: raised ZeroDivisionError: division by zero"),
    "exception below": ("def f():\n    return {}['a']\n\nf()\n", ":2: raised KeyError: 'a'"),
    "import": ("import no_such_module\n", ":1: raised ModuleNotFoundError: No module named 'no_such_module'"),
    "end": ("import sys\nsys.exit(3)\n", ":2: raised SystemExit: 3; a plugin defines classes and runs nothing"),
    "byte 0": ("x = 1\0\n", ": is no Python: source code string cannot contain null bytes"),
    "nothing": (
        "x = 1\n",
        ": has no layer, loss or optimizer; write a class that begins as in class Swish(Module) "
        "(from cnncli.layers import Module)",
    ),
    "built-in layer": (
        LAYER.replace("Twice", "ReLU"),
        ":4: class ReLU has the name of a built-in layer; give the class another name",
    ),
    "built-in layer, registered": (
        LAYER.replace("class Twice", "@register\nclass ReLU").replace("import Module", "import Module, register"),
        ":4: ReLU: is the name of a built-in layer; use another class name",
    ),
    "built-in loss": (
        "from cnncli.criteria import Criterion\nclass MSELoss(Criterion):\n    pass\n",
        ":2: class MSELoss has the name of a built-in loss; give the class another name",
    ),
    "built-in optimizer": (
        "from cnncli.optim import Optimizer\nclass Adam(Optimizer):\n    pass\n",
        ":2: class Adam has the name of a built-in optimizer; give the class another name",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_plugin_is_one_line_with_its_place(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text, line = FAULTS[fault]
    write_files(tmp_path, text)
    before = dict(LAYER_TYPES)
    with pytest.raises(CnnError) as caught:
        cnncli.load_plugin("my_layers.py")
    assert str(caught.value).replace("'my_layers.py', ", "") == f"my_layers.py{line}"
    assert before == LAYER_TYPES


def test_two_plugins_with_one_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one.py", "two.py"):
        Path(name).write_text(LAYER)
    cnncli.load_plugin("one.py")
    with pytest.raises(CnnError) as caught:
        cnncli.load_plugin("two.py")
    assert str(caught.value) == "two.py:4: class Twice has the name of a layer of one.py; give the class another name"


def test_two_plugins_with_one_file_name_are_two(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_files(tmp_path / name, LAYER.replace("Twice", name.title()))
        cnncli.load_plugin(tmp_path / name / "my_layers.py")
    assert LAYER_TYPES["One"].__module__ != LAYER_TYPES["Two"].__module__


@pytest.mark.parametrize(
    ("name", "rule"),
    [("lost.py", "no such file"), ("net.toml", "is no Python file"), ("folder.py", r"cannot be read \(is a dir")],
)
def test_what_is_no_plugin_is_refused(name: str, rule: str, tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "net.toml").write_text("")
    with pytest.raises(CnnError, match=rf"{name}: {rule}"):
        cnncli.load_plugin(tmp_path / name)


def network() -> Network:
    layers = [{"type": "Flatten"}, {"type": "Residual", "body": [{"type": "Swish", "beta": 0.5}]}]
    return Network.from_description({"name": "mine", "input": [1, 2, 3], "layers": layers}, seed=1)


def test_a_model_file_names_the_plugin_of_its_layers_and_holds_no_code(tmp_path: Path) -> None:
    path = write_files(tmp_path)
    digest = cnncli.load_plugin(path).digest
    made = network()
    images = np.random.default_rng(1).normal(size=(4, 1, 2, 3)).astype(np.float32)
    save_model(tmp_path / "model.bin", made)
    _, content = container.read(tmp_path / "model.bin")
    assert content["plugins"] == [{"file": "my_layers.py", "layers": ["Swish"], "sha256": digest}]
    assert b"tanh" not in (tmp_path / "model.bin").read_bytes()
    loaded = load_model(tmp_path / "model.bin")
    assert loaded.forward(images).tobytes() == made.eval().forward(images).tobytes()
    assert changed_plugins(loaded) == []

    path.write_text(SWISH + "# another version\n")
    cnncli.load_plugin(path)
    assert changed_plugins(load_model(tmp_path / "model.bin")) == [
        "my_layers.py has changed since the model was saved; its answers may be other ones"
    ]


def test_without_its_plugin_a_model_says_which_layer_is_missing_and_which_file_had_it(tmp_path: Path) -> None:
    cnncli.load_plugin(write_files(tmp_path))
    save_model(tmp_path / "model.bin", network())
    del LAYER_TYPES["Swish"]
    with pytest.raises(FormatError) as caught:
        load_model(tmp_path / "model.bin")
    assert str(caught.value) == (
        f'{tmp_path}/model.bin, layer 1.body.0: is of the custom type "Swish", which my_layers.py had when the model '
        'was saved; a model file brings no code: pass --plugin my_layers.py, in Python '
        'cnncli.load_plugin("my_layers.py")'
    )


HOSTILE = {
    "no list": ({}, "plugins must be a list of at most 64 objects"),
    "too many": ([{"file": "a", "layers": [], "sha256": ""}] * 65, "plugins must be a list of at most 64 objects"),
    "no object": (["a.py"], 'plugins has "a.py"; it must be an object of file, layers, sha256'),
    "code": ([{"file": "a", "layers": [], "sha256": "", "code": "x"}], "it must be an object of file, layers, sha256"),
    "no digest": ([{"file": "a", "layers": [], "sha256": "12"}], 'sha256 of the plugin a is "12"; use 64 hex digits'),
    "no names": ([{"file": "a", "layers": [1], "sha256": ""}], "layers of the plugin a are no list of names"),
    "file": ([{"file": 3, "layers": [], "sha256": ""}], "file of a plugin is 3; use a text of printable characters"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_model_file_with_strange_plugins_is_refused(case: str, tmp_path: Path) -> None:
    plugins, line = HOSTILE[case]
    save_model(tmp_path / "good.bin", Network.from_model_name("linear"))
    tensors, content = container.read(tmp_path / "good.bin")
    container.write(tmp_path / "model.bin", tensors, {**content, "plugins": plugins})
    with pytest.raises(FormatError) as caught:
        load_model(tmp_path / "model.bin")
    assert line in str(caught.value) and str(caught.value).startswith(f"{tmp_path}/model.bin: ")
