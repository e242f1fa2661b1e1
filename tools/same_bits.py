"""Writes the table of docs/same-bits.md: `python -m tools.same_bits`; with --check, only says whether it differs.

Each network is trained as by `cnn train --arch NAME --data digits --epochs 1 --seed 1`, and the SHA-256 of its
weights is taken. Takes about a minute.
"""

import sys
import tempfile
from pathlib import Path

from tools.page_tables import made_lines, with_made_lines

from cnncli import _core
from cnncli.model_file.serialize import load_model
from cnncli.model_file.weights import weights_digest
from cnncli.training.records import Finished
from cnncli.training.train import train
from cnncli.training_options import TrainSettings

TARGET = Path(__file__).parents[1] / "docs" / "same-bits.md"
NETWORKS = ("linear", "mlp", "lenet5", "convnet")
_TOOL = "tools/same_bits.py"


def weights_hash(network: str) -> str:
    """The SHA-256 of the names, and the float32 values in little-endian order, of all parameters and buffers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "model.bin"
        settings = TrainSettings(
            architecture=network, data="digits", epochs=1, seed=1, out=str(out), runs=str(folder / "runs")
        )
        *_, last = train(settings)
        assert isinstance(last, Finished)
        model = load_model(out)
    return weights_digest(model)


def table() -> str:
    """The hashes on this CPU, as Markdown."""
    rows = [f"| {network} | `{weights_hash(network)}` |" for network in NETWORKS]
    return "\n".join(["| network | SHA-256 of the weights |", "|---|---|", *rows, ""])


def documented() -> dict[str, str]:
    """network -> its hash in docs/same-bits.md."""
    lines = made_lines(TARGET.read_text(encoding="utf-8"), _TOOL).splitlines()
    cells = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {row[0]: row[1] for row in cells if row[0] in NETWORKS}


def main() -> int:
    if _core.instruction_set() not in ("avx2", "avx512"):
        sys.exit("the table is for CPUs with fused multiply-adds, AVX2 or AVX-512")
    page = TARGET.read_text(encoding="utf-8")
    made = with_made_lines(page, _TOOL, table())
    if "--check" in sys.argv:
        print("as it is" if made == page else f"{TARGET.name} differs; python -m tools.same_bits makes it")
        return int(made != page)
    TARGET.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
