"""docs/python.md: its lines run, and print what it shows."""

from pathlib import Path

import pytest
from tools.page_lines import run_lines

ROOT = Path(__file__).parents[2]


def test_lines_of_the_page_print_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, restored_layer_types: None
) -> None:
    for name in ("models", "examples", "digit.png"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    names = run_lines(ROOT / "docs" / "python.md")
    assert {"model", "network", "trainer", "noisy"} <= set(names)
    assert sorted(path.name for path in tmp_path.glob("*.bin")) == ["flats.bin", "mine.bin", "noisy.bin"]
