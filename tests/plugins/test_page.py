"""docs/custom-layers.md: its lines run, its commands too, and the example is the layer that `cnn new-layer` writes."""

import json
import re
from pathlib import Path

import pytest
from tools.page_lines import run_lines

from cnncli.storage import container
from plugin_files import Said

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "custom-layers.md"
EXAMPLE = ROOT / "examples" / "plugin"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_lines_of_the_page_run_and_print_what_is_shown() -> None:
    run_lines(PAGE)


def test_commands_of_the_page_run(cnn: Said, tmp_path: Path) -> None:
    (toml,) = blocks("toml")
    (tmp_path / "my_net.toml").write_text(toml)
    lines = "".join(blocks("sh")).splitlines()
    assert [line.split()[1] for line in lines] == ["new-layer", "check-layer", "train", "eval", "predict", "summary"]
    for line in lines:
        line = line.removeprefix("cnn ").replace("--data digits", "--data small.npz --no-cache")
        if line.startswith("eval"):
            line += " --data small.npz --no-cache"
        if line.startswith("predict"):
            line += " --reject 0"
        code, _, err = cnn(line)
        assert code == 0, err


def test_the_example_is_the_layer_that_the_command_writes(cnn: Said, tmp_path: Path) -> None:
    assert cnn("new-layer Swish")[0] == 0
    assert (tmp_path / "swish.py").read_text() == (EXAMPLE / "swish.py").read_text()


def test_the_example_trains_lenet5_and_its_slopes_are_learned(cnn: Said, tmp_path: Path) -> None:
    options = "--data small.npz --epochs 4 --batch-size 20 --no-cache"
    code, _, err = cnn(f"train --plugin {EXAMPLE}/swish.py --arch {EXAMPLE}/lenet5-swish.toml {options}")
    assert code == 0, err
    tensors, _ = container.read(tmp_path / "model.bin")
    slopes = [array for name, array in tensors.items() if name.endswith("beta")]
    assert len(slopes) == 4 and all(slope != 1 for slope in slopes)


@pytest.mark.slow
def test_lenet5_with_swish_reaches_98_5_percent_of_mnist_in_three_epochs(cnn: Said, mnist_folder: Path) -> None:
    options = f"--data mnist --data-dir {mnist_folder} --epochs 3 --json"
    code, out, err = cnn(f"train --plugin {EXAMPLE}/swish.py --arch {EXAMPLE}/lenet5-swish.toml {options}")
    assert code == 0, err
    assert json.loads(out)["test_accuracy"] >= 0.985
