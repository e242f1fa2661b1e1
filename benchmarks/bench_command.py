"""Whole commands: one picture classified, and the peak of memory of a training on data of MNIST's size."""

import compileall
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import cnncli
from benchmarks.commands import can_import, cnn, cost, script, write_idx
from benchmarks.contender import ROOT
from benchmarks.measure import Result, alternate
from benchmarks.networks import draw_digits, workload_of
from benchmarks.options import Options
from benchmarks.record import Record
from cnncli.model_file.serialize import load_model
from cnncli.shipped import shipped_model

MODULES = {"torch": ("torch", "PIL"), "onnxruntime": ("onnxruntime", "onnx", "PIL")}
TRAINING_ROUNDS = 3  # memory hardly differs from run to run


def run(options: Options) -> dict[str, Any]:
    record = Record("command", options)
    pythons = {name: options.pythons.get(name, sys.executable) for name in MODULES if name in options.peers}
    for name, python in list(pythons.items()):
        why = can_import(python, *MODULES[name])
        if why:
            record.skip(name, why)
            del pythons[name]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        record.add(_classify(Path(name), pythons, options))
        record.add(_train(Path(name), pythons, options))
    return record.to_dict()


def _classify(folder: Path, pythons: dict[str, str], options: Options) -> Result:
    """`cnn predict` with the model that ships, and scripts that do the same with the same weights."""
    images, labels = draw_digits(1)
    Image.fromarray(images[0]).save(folder / "digit.png")
    network = load_model(shipped_model("lenet5"))
    workload = workload_of(network, images[:, None], labels.astype(np.int64))
    workload.save(folder / "workload.npz")
    assert network.recipe is not None
    mean, scale = network.recipe.mean[0], network.recipe.scale[0]
    np.savez(folder / "weights.npz", mean=mean, scale=scale, **workload.arrays)
    # As pip leaves every package; without it, Python compiles a checkout's modules at each start.
    compileall.compile_dir(Path(cnncli.__file__).parent, quiet=1)
    commands = {"cnncli": cnn("predict", "digit.png")}
    if "onnxruntime" in pythons:
        python = pythons["onnxruntime"]
        subprocess.run(
            [python, "-m", "benchmarks.onnx_model", "workload.npz", "model.onnx"],
            check=True,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        words = ("model.onnx", "digit.png", str(mean), str(scale))
        commands["onnxruntime"] = script("predict_onnxruntime", python, *words)
    if "torch" in pythons:
        commands["torch"] = script("predict_torch", pythons["torch"], "weights.npz", "digit.png")

    (ours,) = json.loads(cost(cnn("predict", "digit.png", "--json"), folder, options.threads).output)
    for name, command in commands.items():
        output = cost(command, folder, options.threads).output  # also warms the file cache
        if name != "cnncli" and output.split()[0] != ours["label"]:
            raise AssertionError(f"{name} sees {output.split()[0]}, we see {ours['label']}")
    work = {
        name: lambda command=command: cost(command, folder, options.threads).seconds
        for name, command in commands.items()
    }
    return Result("classify one picture", alternate(work, options.rounds))


def _train(folder: Path, pythons: dict[str, str], options: Options) -> Result:
    """One epoch of LeNet-5, batch 64, from four files to a model file."""
    write_idx(
        folder / "data",
        draw_digits(options.size(60_000, 1000)),
        draw_digits(options.size(10_000, 200), first=60_000),
    )
    words = ["--arch", "lenet5", "--data", "data", "--epochs", "1", "--batch-size", "64"]
    commands = {"cnncli": cnn("train", *words, "--threads", str(options.threads))}
    if "torch" in pythons:
        commands["torch"] = script("train_torch", pythons["torch"], "data", "1", "model.pt")
    work = {
        name: lambda command=command: cost(command, folder, options.threads).peak_bytes
        for name, command in commands.items()
    }
    rounds = min(options.rounds, TRAINING_ROUNDS)
    return Result("peak memory of training LeNet-5", alternate(work, rounds), unit="bytes")
