"""`cnn replay` over many: models of all networks and optimizers come again under other threads and on the other
instruction set; of a hundred that were tampered with none is said to."""

import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli import _core
from cnncli.errors import CnnError
from cnncli.model_file.seal import is_intact, sealed
from cnncli.model_file.serialize import load_model, save_model
from cnncli.model_file.weights import weights_digest
from cnncli.network import Network
from cnncli.training.records import Finished
from cnncli.training.replay import Verdict, replay
from cnncli.training.train import train
from cnncli.training_options import TrainSettings

pytestmark = pytest.mark.slow

TRAIN, TEST = 200, 60
WIDE = tuple(name for name in ("avx2", "avx512") if name in _core.instruction_sets())

# What is trained, each in a second or two.
MODELS: dict[str, dict[str, Any]] = {
    "lenet5 with SGD": {"architecture": "lenet5", "validation": 0.2},
    "lenet5 with Adam": {"architecture": "lenet5", "optimizer": "adam", "learning_rate": 0.001, "schedule": "cosine"},
    "lenet5-1998": {"architecture": "lenet5-1998", "optimizer": "nadam", "learning_rate": 0.001},
    "simplechains": {"architecture": "simplechains", "optimizer": "rmsprop", "learning_rate": 0.0005},
    "torch-digits": {"architecture": "torch-digits", "optimizer": "adagrad", "learning_rate": 0.01},
    "torch-digits-mlp": {"architecture": "torch-digits-mlp", "schedule": "exponential"},
    "convnet, dropout": {"architecture": "convnet", "schedule": "one-cycle", "images": 96},
    "resnet-small, warm-up": {"architecture": "resnet-small", "images": 64, "warmup": 1},
    "mobilenet-small, Muon": {"architecture": "mobilenet-small", "optimizer": "muon", "images": 64},
    "vgg, AdamW": {"architecture": "vgg", "optimizer": "adamw", "learning_rate": 0.001, "images": 32, "epochs": 1},
    "mlp, Lion": {"architecture": "mlp", "optimizer": "lion", "learning_rate": 0.0003},
    "mlp, RAdam, clipped": {"architecture": "mlp", "optimizer": "radam", "learning_rate": 0.001, "clip_norm": 0.5},
    "linear, L-BFGS": {"architecture": "linear", "optimizer": "lbfgs", "batch_size": "full"},
    "linear, conjugate gradient": {"architecture": "linear", "optimizer": "cg", "batch_size": "full"},
    "linear, Rprop": {"architecture": "linear", "optimizer": "rprop", "batch_size": "full", "learning_rate": 0.001},
    "linear, plateau": {"architecture": "linear", "schedule": "plateau", "validation": 0.25, "epochs": 4},
    "mlp until it converges": {"architecture": "mlp", "until": "converged", "until_limit": 0.5, "epochs": 9},
    "mlp to a target": {"architecture": "mlp", "target": 0.3, "validation": 0.2, "epochs": 9},
    "mlp, smooth labels, weighed classes": {"architecture": "mlp", "label_smoothing": 0.1, "class_weights": "balanced"},
    "mlp, hinge loss, Adadelta": {"architecture": "mlp", "loss": "multi-margin", "optimizer": "adadelta"},
    "lenet5 from another model": {"start_from": "lenet5 with SGD", "freeze": 2},
    "linear regression": {"architecture": "linear-regression", "data": "line.csv"},
    "perceptron": {"architecture": "perceptron", "data": "classes.csv", "label_column": "c"},
}  # fmt: skip
# Options that came later than this test; each is tried as soon as it is there.
LATER: dict[str, dict[str, Any]] = {
    "lenet5, augmented": {"architecture": "lenet5", "augment": "strong"},
    "convnet, augmented": {"architecture": "convnet", "augment": "light", "images": 96},
    "linear, drawn by class": {"architecture": "linear", "balance": "sample"},
}
KNOWN = {field.name for field in fields(TrainSettings)}
MODELS |= {name: given for name, given in LATER.items() if set(given) <= KNOWN}


@pytest.fixture(autouse=True)
def restored(restored_threads: None) -> Iterator[None]:
    before = _core.instruction_set()
    yield
    _core.set_instruction_set(before)


@dataclass(frozen=True)
class Trained:
    """A model, and what a replay of it needs to be told."""

    path: Path
    told: dict[str, Any]


class Trainings:
    """The models, each trained when it is first asked for: on the sets and threads in turns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[str, Trained] = {}
        write_data(folder)

    def instruction_set(self, name: str) -> str:
        return WIDE[list(MODELS).index(name) % len(WIDE)] if WIDE else _core.instruction_set()

    def __getitem__(self, name: str) -> Trained:
        if name not in self._made:
            given = {"epochs": 2, "batch_size": 16, **MODELS[name]}
            told: dict[str, Any] = {"data": str(self.folder / given.pop("data", "digits.npz"))}
            if "start_from" in given:
                told["start_from"] = str(self[given.pop("start_from")].path)
            place = self.folder / str(len(self._made))
            place.mkdir()
            _core.set_instruction_set(self.instruction_set(name))
            threads = 1 + list(MODELS).index(name) % 3
            settings = TrainSettings(
                **given, **told, threads=threads, out=str(place / "model.bin"), runs=str(place / "runs")
            )
            *_, last = train(settings)
            assert isinstance(last, Finished)
            self._made[name] = Trained(place / "model.bin", told)
        return self._made[name]


def write_data(folder: Path) -> None:
    images, labels = np.empty((TRAIN + TEST, 28, 28), np.uint8), np.empty(TRAIN + TEST, np.uint8)
    _core.digits_generate(images, labels, seed=3, first=0)
    parts = {"x_train": images[:TRAIN], "y_train": labels[:TRAIN], "x_test": images[TRAIN:], "y_test": labels[TRAIN:]}
    np.savez(folder / "digits.npz", **parts)
    rng = np.random.default_rng(5)
    rows = np.column_stack([rng.normal(3, 2, (60, 2)), rng.integers(0, 2, 60)])
    rows[:, 1] += rows[:, 2]
    np.savetxt(folder / "line.csv", rows[:, :2], delimiter=",", header="x,y", comments="")
    np.savetxt(folder / "classes.csv", rows, delimiter=",", header="x,y,c", comments="")


@pytest.fixture(scope="module")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Trainings:
    return Trainings(tmp_path_factory.mktemp("trained"))


def verdict(path: Path, told: dict[str, Any], threads: int = 1) -> Verdict:
    *_, last = replay(str(path), TrainSettings(**told, threads=threads))
    assert isinstance(last, Verdict)
    return last


def test_there_are_at_least_twenty() -> None:
    assert len(MODELS) >= 20


@pytest.mark.parametrize("name", MODELS)
def test_it_comes_again_with_other_threads_and_on_the_other_instruction_set(name: str, trainings: Trainings) -> None:
    made = trainings[name]
    here = trainings.instruction_set(name)
    for instruction_set, threads in itertools.product(WIDE or (here,), (1, 2, 3)):
        if (instruction_set == here) != (threads == 2):  # the same set with 2 threads, the other one with 1 and 3
            _core.set_instruction_set(instruction_set)
            found = verdict(made.path, made.told, threads)
            assert found.kind == "reproduced", (instruction_set, threads, found.line)
            assert found.weights == weights_digest(load_model(made.path))


# What a forger does to a model: to its weights, its description, its record.
Change = Callable[[Network, dict[str, Any], np.random.Generator], None]


def one_weight(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    """The last bit of one weight, anywhere."""
    parameter = network.parameters()[0][rng.integers(len(network.parameters()[0]))].reshape(-1)
    place = rng.integers(parameter.size)
    parameter[place] = np.nextafter(parameter[place], np.float32(9))


def its_digest_too(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    one_weight(network, record, rng)
    record["training"]["history"][record["training"]["epoch"] - 1]["weights"] = weights_digest(network)


def all_digests_too(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    for parameter in network.parameters()[0]:
        parameter *= np.float32(1.001)
    for facts in record["training"]["history"]:
        facts["weights"] = weights_digest(network)


def swapped_filters(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    weight = max(network.parameters()[0], key=len)
    if len(weight) == 1:  # no two filters
        weight *= np.float32(-1)
    else:
        weight[[0, 1]] = weight[[1, 0]]
    record["training"]["history"][record["training"]["epoch"] - 1]["weights"] = weights_digest(network)


def swapped_tensors(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    """Two of one size, such as a weight and a bias of one number; where none are, the largest one turned around."""
    tensors = network.parameters()[0]
    pairs = [(a, b) for a, b in itertools.combinations(tensors, 2) if a.size == b.size and a.tobytes() != b.tobytes()]
    if pairs:
        first, second = pairs[0]
        first[...], second[...] = second.reshape(first.shape).copy(), first.reshape(second.shape).copy()
    else:
        largest = max(tensors, key=np.size).reshape(-1)
        largest[:] = largest[::-1].copy()


def another_seed(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    record["training"]["settings"]["seed"] += 1


def another_rate(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    settings = record["training"]["settings"]
    settings["learning_rate"] = float(np.nextafter(settings["learning_rate"], 9))


def another_optimizer(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    settings = record["training"]["settings"]
    settings["optimizer"] = "adamax" if settings["optimizer"] == "adamw" else "adamw"


def larger_batches(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    settings = record["training"]["settings"]
    settings["batch_size"] = 17 if settings["batch_size"] == 16 else 16


def more_epochs(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    record["training"]["settings"]["epochs"] += 1


def fewer_epochs(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    del record["training"]["history"][-1]


def a_better_loss(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    record["training"]["history"][0]["loss"] *= 0.999


def other_marks(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    marks = record["training"]["history"][0]["marks"]
    record["training"]["history"][0]["marks"] = ("1" if marks[0] == "0" else "0") + marks[1:]


def other_data(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    record["data"]["digest"] = record["training"]["settings"]["data_digest"] = "0" * 64


def a_better_test(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    """What the test images said; where there are none, that there were some."""
    count, loss, _ = record["training"].get("test") or (10, 0.1, 0.9)
    record["training"]["test"] = [count, loss / 2, 0.999]


def another_title(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    network.title = "The best network of all"


def another_class(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    if network.class_names:
        network.class_names[0], network.class_names[1] = network.class_names[1], network.class_names[0]
    else:
        network.name += "s"


def another_recipe(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    described = network.description()
    mean = described["recipe"]["mean"]
    mean[0] = float(np.nextafter(mean[0], 9))
    network.recipe = Network.from_description(described, seed=None).recipe


def another_scale(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    described = network.description()
    described["recipe"]["scale"][0] *= 1.5
    network.recipe = Network.from_description(described, seed=None).recipe


def another_key(network: Network, record: dict[str, Any], rng: np.random.Generator) -> None:
    record["training"]["approved"] = True


CHANGES: tuple[Change, ...] = (
    one_weight, its_digest_too, all_digests_too, swapped_filters, swapped_tensors, another_seed, another_rate,
    another_optimizer, larger_batches, more_epochs, fewer_epochs, a_better_loss, other_marks, other_data,
    a_better_test, another_title, another_class, another_recipe, another_scale, another_key,
)  # fmt: skip
VICTIMS = ("lenet5 with SGD", "linear, L-BFGS", "mlp to a target", "resnet-small, warm-up", "linear regression")


def test_a_hundred_are_tried() -> None:
    assert len(CHANGES) * len(VICTIMS) >= 100


@pytest.mark.parametrize("name", VICTIMS)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_was_tampered_with_is_never_said_to_come_again(
    change: Change, name: str, trainings: Trainings, tmp_path: Path, rng: np.random.Generator
) -> None:
    """With the seal that the file had, and under a new one that fits."""
    made = trainings[name]
    for forged in (False, True):
        network = load_model(made.path)
        record = copy.deepcopy(network.record)
        change(network, record, rng)
        path = tmp_path / f"{forged}.bin"
        save_model(path, network, sealed(network, record) if forged else record)
        assert is_intact(load_model(path)) == forged
        try:
            found = verdict(path, made.told)
        except CnnError:  # one line, such as that the data have no such part
            continue
        assert found.kind != "reproduced", found.line
        assert forged or found.kind == "tampered", found.line


@pytest.mark.parametrize("name", ["lenet5 with SGD", "linear, L-BFGS"])
@pytest.mark.parametrize("what", ["a pixel", "a label", "the order", "one left out"])
def test_other_data_make_no_verdict(what: str, name: str, trainings: Trainings, tmp_path: Path) -> None:
    made = trainings[name]
    with np.load(made.told["data"]) as arrays:
        parts = {part: array.copy() for part, array in arrays.items()}
    match what:
        case "a pixel":
            parts["x_train"][-1, -1, -1] ^= 1
        case "a label":
            parts["y_train"][0] = (parts["y_train"][0] + 1) % 10
        case "the order":
            parts["x_train"], parts["y_train"] = parts["x_train"][::-1], parts["y_train"][::-1]
        case "one left out":
            parts["x_test"], parts["y_test"] = parts["x_test"][1:], parts["y_test"][1:]
    np.savez(tmp_path / "digits.npz", **parts)
    assert verdict(made.path, {"data": str(tmp_path / "digits.npz")}).kind == "undecided"


@pytest.mark.parametrize("name", VICTIMS)
def test_no_byte_of_a_file_can_be_changed(name: str, trainings: Trainings, tmp_path: Path) -> None:
    """What no change of the file's own writer makes: one bit of the file, at places all over it."""
    made = trainings[name]
    content = made.path.read_bytes()
    for place in range(0, len(content), max(1, len(content) // 50)):
        damaged = bytearray(content)
        damaged[place] ^= 1
        (tmp_path / "model.bin").write_bytes(damaged)
        with pytest.raises(CnnError):
            verdict(tmp_path / "model.bin", made.told)
