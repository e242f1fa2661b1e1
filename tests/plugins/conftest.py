"""The command, run in the process of the tests, as often as a process of its own would start."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import _core
from cnncli.cli.main import run
from plugin_files import Said


@pytest.fixture
def cnn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Said:
    """`cnn("train ...")` in a folder with small.npz; the next call knows no plugin of it."""
    from cnncli.data.preparation import prepare

    monkeypatch.setattr(prepare, "_QUIET_SECONDS", float("inf"))
    monkeypatch.chdir(tmp_path)
    images, labels = np.empty((120, 28, 28), np.uint8), np.empty(120, np.uint8)
    _core.digits_generate(images, labels, seed=7, first=0)
    np.savez("small.npz", x_train=images[:100], y_train=labels[:100], x_test=images[100:], y_test=labels[100:])
    Image.fromarray(images[3]).save("digit.png")

    def call(line: str) -> tuple[int, str, str]:
        from cnncli.layers import LAYER_TYPES
        from cnncli.option_row import PLUGIN_WORDS
        from cnncli.plugins import loading

        code = run(shlex.split(line))
        for plugin, _ in loading._loaded.values():  # a process of its own would not know them either
            for name in plugin.layers:
                LAYER_TYPES.pop(name, None)
        loading._loaded.clear()
        for words in PLUGIN_WORDS.values():
            words.clear()
        out, err = capfd.readouterr()
        return code, out, err

    return call
