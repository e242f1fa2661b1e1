"""Runs whose records go to a folder of the test."""

from pathlib import Path

import pytest

from benchmarks import results


@pytest.fixture
def results_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "results"
    monkeypatch.setattr(results, "FOLDER", folder)
    return folder
