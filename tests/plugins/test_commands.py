"""Plugins on the command line: train, resume, eval, predict, summary."""

import json
from pathlib import Path

import pytest

from cnncli.storage import container
from cnncli.training_options import LOSSES
from plugin_files import NETWORK, SWISH, Said, write_files

TRAIN = "train --plugin my_layers.py --arch my_net.toml --data small.npz --epochs 2 --batch-size 20 --no-cache"


def test_a_network_with_a_layer_a_loss_and_an_optimizer_of_ones_own_is_trained_and_used(
    cnn: Said, tmp_path: Path
) -> None:
    write_files(tmp_path)
    code, out, err = cnn(f"{TRAIN} --loss SquaredDistance --optim HeavyBall --lr 0.01")
    assert code == 0, err
    assert "HeavyBall, learning rate 0.01" in err
    assert "cnn eval model.bin --plugin my_layers.py --data small.npz" in out
    _, content = container.read(tmp_path / "model.bin")
    assert content["plugins"][0]["file"] == "my_layers.py"
    command = content["record"]["training"]["command"]
    for words in ("--plugin my_layers.py", "--loss SquaredDistance", "--optim HeavyBall"):
        assert f" {words} " in command
    code, out, err = cnn("eval model.bin --plugin my_layers.py --data small.npz --no-cache")
    assert code == 0, err
    assert "the loss is the cross-entropy; the training made SquaredDistance small" in out + err
    code, out, err = cnn("predict digit.png --model model.bin --plugin my_layers.py --reject 0")
    assert code == 0, err
    for place in ("model.bin", "my_net.toml"):
        code, out, err = cnn(f"summary {place} --plugin my_layers.py")
        assert code == 0 and "Swish" in out, err


def test_without_the_plugin_each_command_says_which_file_had_the_layer(cnn: Said, tmp_path: Path) -> None:
    write_files(tmp_path)
    assert cnn(TRAIN)[0] == 0
    line = (
        'cnn: model.bin, layer 2: is of the custom type "Swish", which my_layers.py had when the model was saved; a '
        'model file brings no code: pass --plugin my_layers.py, in Python cnncli.load_plugin("my_layers.py")\n'
    )
    for command in ("eval model.bin --data small.npz", "predict digit.png --model model.bin", "summary model.bin"):
        assert cnn(command) == (1, "", line)
    code, out, err = cnn("train --arch my_net.toml --data small.npz")
    assert (code, out) == (1, "")
    assert err.startswith('cnn: my_net.toml, line 12, layer 2: unknown type "Swish"; ')
    assert err.endswith(" (your own: --plugin FILE.py)\n")
    assert cnn("train --loss SquaredDistance") == (
        2, "",
        f"cnn train: --loss SquaredDistance: unknown; use one of {', '.join(LOSSES)}, or your own with --plugin "
        "FILE.py (see cnn train --help)\n",
    )  # fmt: skip


def test_a_run_that_goes_on_knows_its_plugin_and_says_if_it_has_changed(cnn: Said, tmp_path: Path) -> None:
    path = write_files(tmp_path)
    whole = f"{TRAIN} --optim HeavyBall --lr 0.01 --seed 4"
    code, _, err = cnn(whole)
    assert code == 0, err
    settings = json.loads((tmp_path / "runs/mine-small-1/settings.json").read_text())
    assert settings["plugins"] == [str(path)] and len(settings["plugin_digests"][0]) == 64
    wanted = (tmp_path / "model.bin").read_bytes()
    cnn_again = "train --resume runs/mine-small-1 --out again.bin"
    code, _, err = cnn(cnn_again)
    assert code == 0 and "warning" not in err, err
    assert (tmp_path / "again.bin").read_bytes() == wanted

    path.write_text(SWISH + "\n# changed\n")
    code, _, err = cnn(cnn_again)
    assert code == 0, err
    line = "my_layers.py has changed since the run began; what was trained so far was trained with the other"
    assert f"warning: {line}\n" in err
    path.rename(tmp_path / "moved.py")
    assert cnn(cnn_again) == (
        2, "", "cnn: my_layers.py: no such file, but the run needs this plugin; pass --plugin with its new place\n",
    )  # fmt: skip
    code, _, err = cnn(f"{cnn_again} --plugin moved.py")
    assert code == 0, err
    assert cnn(cnn_again)[0] == 0  # the new place is kept


def test_several_plugins_are_loaded_in_order(cnn: Said, tmp_path: Path) -> None:
    write_files(tmp_path, network=NETWORK + '\n[[layers]]\ntype = "Twice"\n')
    Path("second.py").write_text(
        "from cnncli.layers import Module\n\n\nclass Twice(Module):\n    def update_output(self, input):\n"
        "        return 2 * input\n\n    def update_grad_input(self, input, grad_output):\n"
        "        return 2 * grad_output\n"
    )
    code, _, err = cnn(f"{TRAIN} --plugin second.py")
    assert code == 0, err
    _, content = container.read(tmp_path / "model.bin")
    assert [plugin["file"] for plugin in content["plugins"]] == ["my_layers.py", "second.py"]


def test_a_broken_plugin_is_one_line(cnn: Said, tmp_path: Path) -> None:
    write_files(tmp_path, "x = = 1\n")
    for command in (TRAIN, "eval model.bin --plugin my_layers.py", "summary my_net.toml --plugin my_layers.py"):
        assert cnn(command) == (1, "", "cnn: my_layers.py:1: is no Python: invalid syntax: x = = 1\n")
    assert cnn("summary lenet5 --plugin lost.py") == (
        2, "", "cnn: lost.py: no such file; name the .py file that has your layers\n",
    )  # fmt: skip


def test_a_loss_of_values_is_refused_for_classes(cnn: Said, tmp_path: Path) -> None:
    write_files(tmp_path, SWISH.replace("takes_labels = True", "takes_labels = False"))
    code, _, err = cnn(f"{TRAIN} --loss SquaredDistance")
    assert (code, err) == (
        2,
        "cnn: --loss SquaredDistance: takes values as targets, but the data have classes; if it does take classes, "
        "write in class SquaredDistance: takes_labels = True\n",
    )


BROKEN_PARTS = {
    "loss": ("return 2 * self.distance(input, target)", "return 2 * self.distances(input, target)",
             "SquaredDistance(): backward raised AttributeError: 'SquaredDistance' object has no attribute 'distances' "
             "(my_layers.py:48)"),
    "optimizer": ('value -= self.lr * state["velocity"]', 'value -= self.lr * state["speed"]',
                  "HeavyBall(lr 0.01): update raised KeyError: 'speed' (my_layers.py:57)"),
    "constructor of an optimizer": ('state_names = ("velocity",)', "def __init__(self):\n        super().__init__(0.1)",
                                    "HeavyBall: __init__ raised TypeError: HeavyBall.__init__() got an unexpected "
                                    "keyword argument 'lr' (my_layers.py:52)"),
}  # fmt: skip


@pytest.mark.parametrize("part", BROKEN_PARTS)
def test_an_exception_in_a_loss_or_an_optimizer_has_its_line(part: str, cnn: Said, tmp_path: Path) -> None:
    old, new, line = BROKEN_PARTS[part]
    assert old in SWISH
    write_files(tmp_path, SWISH.replace(old, new))
    code, _, err = cnn(f"{TRAIN} --loss SquaredDistance --optim HeavyBall --lr 0.01")
    assert (code, err.splitlines()[-1]) == (1, f"cnn: {line}")
