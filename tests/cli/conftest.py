"""A small data set, a model trained on it, and the command in the test's own folder."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnn_process import Cnn, Outcome, run_cnn

TRAIN_IMAGES, TEST_IMAGES = 640, 160


@pytest.fixture(autouse=True)
def quiet_preparation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are prepared without a word: how long it takes, and so whether it is told, is the machine's affair."""
    from cnncli.data.preparation import prepare

    monkeypatch.setattr(prepare, "_QUIET_SECONDS", float("inf"))


@pytest.fixture
def cnn(tmp_path: Path) -> Cnn:
    """`cnn("eval", "model.bin")` runs `cnn eval model.bin` in the test's own folder."""

    def run(*arguments: Any, **options: Any) -> Outcome:
        return run_cnn(*arguments, folder=options.pop("folder", tmp_path), **options)

    return run


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of a few hundred drawn digits, as an .npz file."""
    from cnncli import _core

    count = TRAIN_IMAGES + TEST_IMAGES
    images, labels = np.empty((count, 28, 28), np.uint8), np.empty(count, np.uint8)
    _core.digits_generate(images, labels, seed=7, first=0)
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(
        path,
        x_train=images[:TRAIN_IMAGES],
        y_train=labels[:TRAIN_IMAGES],
        x_test=images[TRAIN_IMAGES:],
        y_test=labels[TRAIN_IMAGES:],
    )
    return path


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, small_data: Path) -> tuple[Path, Outcome]:
    """A folder with a model.bin trained on `small_data`, and what its training printed."""
    folder = tmp_path_factory.mktemp("trained")
    outcome = run_cnn(
        "train", "--arch", "mlp", "--data", small_data, "--epochs", 3, "--batch-size", 20, folder=folder
    )
    assert outcome.code == 0, outcome.err
    return folder, outcome
