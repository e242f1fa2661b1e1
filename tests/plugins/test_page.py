"""The example of docs/custom-layers.md is the layer that `cnn new-layer` writes, and it learns."""

import json
from pathlib import Path

import pytest

from cnncli.storage import container
from plugin_files import Said

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "plugin"


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
