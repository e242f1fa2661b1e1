"""What tools/watching_cost.py counts."""

import importlib.util
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_cpu_time_of_showing_is_a_part_of_that_of_the_process(tmp_path: Path) -> None:
    place = Path(__file__).parents[1] / "tools" / "watching_cost.py"
    spec = importlib.util.spec_from_file_location("watching_cost", place)
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    words = ["--arch", "linear", "--data", "digits", "--images", "2000", "--epochs", "3", "--runs", str(tmp_path)]
    words += ["-o", str(tmp_path / "m.bin")]
    whole, shown = tool.cpu_seconds(words, (45, 160), tmp_path / "shown")
    _, quiet = tool.cpu_seconds([*words, "-q"], None, tmp_path / "quiet")
    assert 0 < quiet < shown < whole
    with pytest.raises(RuntimeError, match="exit code 2"):
        tool.cpu_seconds(["--nonsense"], None, tmp_path / "none")
