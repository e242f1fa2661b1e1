"""`train_torch_preset.py PRESET FOLDER EPOCHS [FORM]`: a preset of `cnn train` for a folder of pictures, with PyTorch.

    cnn train --preset cifar10 --data FOLDER --epochs 3
    OMP_NUM_THREADS=2 python benchmarks/scripts/train_torch_preset.py cifar10 FOLDER 3

FOLDER holds train/CLASS/PICTURE and test/CLASS/PICTURE of one size in colour. The same layers, initial distribution of
He et al. 2015, normalization by the mean and deviation of each channel, batches, optimizer with its settings
(torch.optim.Muon for hidden matrices and AdamW for the rest, or SGD), label smoothing, schedule, crops, flips and
painted rectangles. Pictures are decoded once before the first epoch. PyTorch is in its best form: channels_last, and
of plain, compiled, bfloat16 and both that one which makes the most steps in a second here, tried for a few steps
each, unless FORM names one of them. Prints for each epoch the accuracy on the test part and the seconds of its steps.
"""

import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from cnncli.training.schedule import learning_rate

MODELS = Path(__file__).parents[2] / "models"
TRIED_STEPS = 4
CPU = Path("/proc/cpuinfo")


def read(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures as bytes (N, 3, H, W) and their classes, in the order of the names."""
    images, labels = [], []
    for number, kind in enumerate(sorted(path for path in folder.iterdir() if path.is_dir())):
        for path in sorted(kind.iterdir()):
            with Image.open(path) as picture:
                images.append(np.asarray(picture.convert("RGB")))
            labels.append(number)
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2), torch.tensor(labels)


def build(layers: list[dict[str, Any]], shape: tuple[int, ...], classes: int) -> nn.Sequential:
    """The layers of a description; sizes that it leaves out are found by running what stands before."""
    made: list[nn.Module] = []
    for layer in layers:
        settings = dict(layer)
        kind = settings.pop("type")
        given = nn.Sequential(*made).eval()(torch.zeros(1, *shape)).shape
        settings = {name: classes if value == "classes" else value for name, value in settings.items()}
        if kind == "Conv2d":
            made.append(nn.Conv2d(given[1], **settings))
        elif kind == "Linear":
            made.append(nn.Linear(given[1], **settings))
        elif kind == "BatchNorm2d":
            made.append(nn.BatchNorm2d(given[1]))
        else:
            made.append(getattr(nn, kind)(**settings))
    for module in made:
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return nn.Sequential(*made)


def optimizers(network: nn.Module, options: dict[str, Any]) -> list[torch.optim.Optimizer]:
    """As `cnn train` has them; each with the share of the rate that it takes, as `initial_share`."""
    parameters = list(network.parameters())
    if options["optim"] != "muon":
        decay = options.get("weight-decay", 0.0)
        return [
            torch.optim.SGD(parameters, lr=0.1, momentum=options.get("momentum", 0.9), weight_decay=decay,
                            nesterov=options.get("nesterov", False), fused=True)
        ]  # fmt: skip
    decay = options.get("weight-decay", 0.1)
    matrices = [parameter for parameter in parameters if parameter.ndim >= 2]
    hidden = {id(parameter) for parameter in matrices[:-1]}  # the last one is of the outputs
    rest = [parameter for parameter in parameters if id(parameter) not in hidden]
    weights = [parameter for parameter in rest if parameter.ndim >= 2]
    groups = [
        {"params": weights, "weight_decay": decay},
        {"params": [parameter for parameter in rest if parameter.ndim < 2], "weight_decay": 0.0},
    ]
    flat = [Flat(parameter) for parameter in matrices[:-1]]
    return [FlatMuon(flat, decay), torch.optim.AdamW(groups, lr=0.1, fused=True)]


class Flat:
    """The weight of a convolution, and a matrix (filters, all else) beside it: torch.optim.Muon takes only those."""

    def __init__(self, weight: torch.Tensor) -> None:
        self.weight = weight
        self.matrix = nn.Parameter(weight.detach().reshape(len(weight), -1).clone())


class FlatMuon(torch.optim.Optimizer):
    """torch.optim.Muon on the matrices of weights."""

    def __init__(self, flat: list[Flat], decay: float) -> None:
        self.flat = flat
        self.own = torch.optim.Muon([one.matrix for one in flat], lr=0.1, weight_decay=decay)
        self.param_groups = self.own.param_groups
        self.state = self.own.state

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for one in self.flat:
            assert one.weight.grad is not None
            one.matrix.grad = one.weight.grad.reshape(len(one.weight), -1)
        self.own.step()
        for one in self.flat:
            one.weight.copy_(one.matrix.reshape(one.weight.shape))

    def zero_grad(self, set_to_none: bool = True) -> None:
        for one in self.flat:
            one.weight.grad = None


def changed(images: torch.Tensor, crop: int, flip: float) -> torch.Tensor:
    """Bytes (N, 3, H, W), mirrored at their edges, shifted by up to `crop` pixels each way, and some flipped."""
    count, _, height, width = images.shape
    padded = nn.functional.pad(images.float(), (crop, crop, crop, crop), mode="reflect") if crop else images.float()
    rows = torch.randint(0, 2 * crop + 1, (count, 1)) + torch.arange(height)
    columns = torch.randint(0, 2 * crop + 1, (count, 1)) + torch.arange(width)
    columns = torch.where(torch.rand(count, 1) < flip, columns.flip(1), columns)
    number = torch.arange(count)[:, None, None]
    return padded.permute(0, 2, 3, 1)[number, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def erased(images: torch.Tensor, probability: float, level: torch.Tensor) -> torch.Tensor:
    """Floats (N, 3, H, W); of some a rectangle of 2 to 20 %, its shorter side 0.3 to 1 times the longer one, has the
    level (1, 3, 1, 1)."""
    count, _, height, width = images.shape
    area, ratio = (0.02 + 0.18 * torch.rand(count)) * height * width, 0.3 + 0.7 * torch.rand(count)
    ratio = torch.where(torch.rand(count) < 0.5, ratio, 1 / ratio)
    inside = [torch.rand(count) < probability]
    for axis, size, side in ((1, height, (area * ratio).sqrt()), (2, width, (area / ratio).sqrt())):
        side = side.round().clamp(1, size)
        first = (torch.rand(count) * (size - side + 1)).floor()[:, None]
        places = torch.arange(size)[None]
        within = (places >= first) & (places < first + side[:, None])
        inside.append(within[:, :, None] if axis == 1 else within[:, None, :])
    painted = inside[0][:, None, None] & inside[1] & inside[2]
    return torch.where(painted[:, None], level, images)


def forms() -> Iterable[tuple[str, bool, bool]]:
    """(name, whether it is compiled, whether it is in bfloat16)."""
    yield "plain", False, False
    yield "compiled", True, False
    if CPU.exists() and {"avx512_bf16", "amx_bf16"} & set(CPU.read_text().split()):
        yield "bfloat16", False, True
        yield "both", True, True


def stepper(
    network: nn.Module, options: dict[str, Any], compiled: bool, bfloat16: bool
) -> Callable[[torch.Tensor, torch.Tensor, float], None]:
    """A training step of a batch of floats and classes at a rate."""
    loss_of = nn.CrossEntropyLoss(label_smoothing=options.get("label-smoothing", 0.0))
    making = optimizers(network, options)

    def forward(batch: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            loss: torch.Tensor = loss_of(network(batch), wanted)
        return loss

    run = torch.compile(forward, dynamic=False) if compiled else forward

    def step(batch: torch.Tensor, wanted: torch.Tensor, rate: float) -> None:
        for number, optimizer in enumerate(making):
            for group in optimizer.param_groups:
                group["lr"] = rate * (0.15 if number else 1.0)
            optimizer.zero_grad()
        run(batch, wanted).backward()
        for optimizer in making:
            optimizer.step()

    return step


def main() -> None:
    torch.manual_seed(1)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    preset, folder, epochs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    options = tomllib.loads((MODELS / "presets" / f"{preset}.toml").read_text())["options"]
    layers = tomllib.loads((MODELS / f"{options['arch']}.toml").read_text())["layers"]
    began = time.perf_counter()
    images, labels = read(folder / "train")
    test_images, test_labels = read(folder / "test")
    print(f"{len(labels):,} and {len(test_labels):,} pictures read in {time.perf_counter() - began:.1f} s")
    scaled = images.float() / 255
    mean, deviation = 255 * scaled.mean((0, 2, 3), keepdim=True), 255 * scaled.std((0, 2, 3), keepdim=True)
    del scaled
    size = options["batch-size"]

    def prepared(batch: torch.Tensor) -> torch.Tensor:
        return ((batch - mean) / deviation).contiguous(memory_format=torch.channels_last)

    def fresh() -> nn.Sequential:
        return build(layers, tuple(images.shape[1:]), int(labels.max()) + 1).to(memory_format=torch.channels_last)

    batch, wanted, best = prepared(images[:size].float()), labels[:size], ("", False, False)
    fastest = 0.0
    wished = sys.argv[4:]
    for form in forms():
        if wished and form[0] not in wished:
            continue
        step = stepper(fresh(), options, *form[1:])
        step(batch, wanted, 0.001)
        seconds = []
        for _ in range(TRIED_STEPS):
            began = time.perf_counter()
            step(batch, wanted, 0.001)
            seconds.append(time.perf_counter() - began)
        speed = size / min(seconds)
        print(f"{form[0]}: {speed:.0f} images/s", flush=True)
        if speed > fastest:
            fastest, best = speed, form
    print(f"trained in the form {best[0]}")
    network = fresh().train()
    step = stepper(network, options, *best[1:])
    number, steps = 0, epochs * -(-len(labels) // size)
    for epoch in range(1, epochs + 1):
        began = time.perf_counter()
        network.train()
        for chosen in torch.randperm(len(labels)).split(size):
            rate = learning_rate(options["schedule"], options["lr"], number, steps)
            pictures = changed(images[chosen], options.get("crop", 0), options.get("flip", 0.0))
            pictures = erased(pictures, options.get("erase", 0.0), mean)
            step(prepared(pictures), labels[chosen], rate)
            number += 1
        seconds_of_epoch = time.perf_counter() - began
        network.eval()
        with torch.inference_mode():
            right = sum(
                int((network(prepared(part.float())).argmax(1) == expected).sum())
                for part, expected in zip(test_images.split(256), test_labels.split(256), strict=True)
            )
        speed = len(labels) / seconds_of_epoch
        print(
            f"epoch {epoch}/{epochs}  test accuracy {right / len(test_labels):.2%}  {seconds_of_epoch:.1f} s  "
            f"{speed:.0f} images/s", flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
