"""Makes models/lenet5.bin: `python -m tools.train_shipped --data-dir FOLDER [--out FILE] [--work FOLDER]`.

`tools/shipped_digits.py` writes shipped-digits.npz into the working folder, and `cnn train` learns it, so that
`cnn replay models/lenet5.bin --data FOLDER/shipped-digits.npz` trains the same again and compares. What is there
already is gone on with. The epoch, temperature and threshold are chosen by images held out; the test part is read once,
at the end.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tools.pictures import glyphs
from tools.shipped_digits import make

from cnncli.model_file.seal import sealed
from cnncli.model_file.serialize import load_model, save_model
from cnncli.training.records import EpochDone, Finished
from cnncli.training.train import train
from cnncli.training_options import TrainSettings

_FILE = "shipped-digits.npz"
_SETTINGS: dict[str, Any] = {
    "architecture": "lenet5", "epochs": 60, "batch_size": 128, "optimizer": "muon", "learning_rate": 0.02, "ema": 0.999,
    "schedule": "one-cycle", "shift": 0.03, "rotate": 8.0, "scale": 0.08, "shear": 5.0, "elastic": 0.03, "seed": 1,
}  # fmt: skip
# Two that give the same bits: the file is the same whichever made it.
_SAME_BITS = ("avx2", "avx512")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", required=True, help="the folder with MNIST's four files")
    parser.add_argument("--out", type=Path, default=Path("models/lenet5.bin"))
    parser.add_argument("--work", type=Path, default=Path("shipped"), help="for the images and the run")
    parser.add_argument("--epochs", type=int, default=_SETTINGS["epochs"])
    parser.add_argument("--share", type=float, default=1.0, help="of the pictures that are made (for a quick try)")
    parser.add_argument("--threads", type=int)
    asked = parser.parse_args()
    if missing := glyphs.missing_fonts((*glyphs.TRAINING_FONTS, *glyphs.HELD_OUT_FONTS)):
        sys.exit(f"fonts are missing: {', '.join(missing)}; apt-get install {glyphs.FONT_PACKAGES}")
    asked.work.mkdir(parents=True, exist_ok=True)
    images = asked.work / _FILE
    if not images.exists():
        unfinished = images.with_name(f"unfinished-{_FILE}")
        print(f"{make(asked.data_dir, unfinished, asked.share):,} training images", flush=True)
        unfinished.rename(images)
    save_shipped(_trained(images, asked.work, asked.epochs, asked.threads), asked.out, command_of(asked))


def command_of(asked: argparse.Namespace) -> str:
    """The line that makes the file again."""
    changed = [f"--epochs {asked.epochs}"] * (asked.epochs != _SETTINGS["epochs"])
    changed += [f"--share {asked.share:g}"] * (asked.share != 1)
    return " ".join(["python -m tools.train_shipped --data-dir FOLDER", *changed])


def _trained(images: Path, work: Path, epochs: int, threads: int | None) -> Path:
    """The model that `cnn train` makes of the images; a run that was stopped goes on."""
    runs, out = work / "runs", work / "model.bin"
    stopped = sorted(runs.glob("*/checkpoint.bin"))
    settings = TrainSettings(**{**_SETTINGS, "epochs": epochs}, data=str(images), out=str(out), runs=str(runs))
    if stopped and not out.exists():
        settings = TrainSettings(resume=str(stopped[-1].parent), runs=str(runs))
    last = None
    for last in train(replace(settings, threads=threads)):
        if isinstance(last, EpochDone):
            print(f"epoch {last.epoch}/{last.epochs}: {last.validation_accuracy:.2%} of those held out", flush=True)
    assert isinstance(last, Finished)
    return out


def save_shipped(model: Path, out: Path, command: str) -> None:
    """The model of a training without what another training, as good as that, would not say again: times, threads, and
    which of two instruction sets with the same bits; and with how its images were made."""
    network = load_model(model)
    record = dict(network.record)
    record["data"] = {**record["data"], "made_from": "mnist", "made_by": command}
    training = {key: value for key, value in record["training"].items() if key not in ("seconds", "threads")}
    if training["instruction_set"] in _SAME_BITS:
        training["instruction_set"] = _SAME_BITS[0]
    training["history"] = [
        {key: value for key, value in facts.items() if key not in ("seconds", "images_per_second")}
        for facts in training["history"]
    ]
    record["training"] = training
    save_model(out, network, sealed(network, record))
    test = record["test"]
    print(f"{out}: {test['accuracy']:.2%} of MNIST's test images, {record['confidence']}")


if __name__ == "__main__":
    main()
