"""Networks come back from model files as they were, and no file makes more of them than it holds."""

import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from activation_cases import CASES
from cnncli.errors import FormatError
from cnncli.layers import (
    LAYER_TYPES,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool1d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    CMul,
    Concat,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Dropout2d,
    Flatten,
    GroupNorm,
    Identity,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    LogSoftmax,
    LPPool2d,
    MaxPool1d,
    MaxPool2d,
    MaxUnpool2d,
    Module,
    Mul,
    Parallel,
    PReLU,
    ReLU,
    Residual,
    RReLU,
    Sequential,
    Softmax,
    Softmax2d,
    StochasticPool2d,
    SubSampling2d,
    Unflatten,
    Upsample,
    ZeroPad2d,
    register,
)
from cnncli.model_file.serialize import load_checkpoint, load_model, save_checkpoint, save_model
from cnncli.network import Network
from cnncli.pictures.recipe import InputRecipe
from cnncli.storage import container
from scripts import run_file

RECORD = {
    "data": {"name": "digits", "digest": "ab" * 32},
    "training": {"command": "cnn train --arch small", "seed": 1, "history": [{"epoch": 1, "loss": 0.1}]},
}


def network_of_all_layers() -> Network:
    network = Network(
        [
            Conv2d(2, 4, (3, 1), stride=2, padding=(1, 0), dilation=(1, 2), groups=2, bias=False),
            BatchNorm2d(4, momentum=0.3),
            Parallel(Residual(Conv2d(2, 2, 1)), Concat(Conv2d(2, 1, 1), [Conv2d(2, 1, 1), ReLU()])),
            Sequential(ReLU(), MaxPool2d(2, stride=1), Sequential(*(case.layer() for case in CASES))),
            AvgPool2d((2, 1), padding=(1, 0), count_include_pad=False),
            BatchNorm2d(4, affine=False),
            Sequential(ConvTranspose2d(4, 4, 3, padding=1), SubSampling2d(4, 1), ZeroPad2d((1, 0, -1, 1))),
            Sequential(MaxPool2d(1), MaxUnpool2d(pooling="7.0")),
            Sequential(Upsample((5, 3), mode="bilinear", align_corners=True), Identity(), Flatten(2)),
            Sequential(MaxPool1d(1), AvgPool1d(1)),
            Sequential(Conv1d(4, 4, 3, padding=1, initialization="torch"), Unflatten(2, (5, -1))),
            Conv2d(4, 4, 1, connections=[[0], [1, 3], [2], [0, 1, 2, 3]]),
            Sequential(GroupNorm(2, 4), LocalResponseNorm(3), Dropout2d(0.25, scale_in="evaluation"), Softmax2d()),
            Sequential(AdaptiveAvgPool2d((5, None)), AdaptiveMaxPool2d((None, 3))),
            Sequential(LPPool2d(2.5, 1), StochasticPool2d(1)),
            Flatten(),
            BatchNorm1d(60),
            Dropout(0.25),
            Sequential(Add(60), Mul(), CMul(60), LayerNorm(60), PReLU(), RReLU(), Softmax()),
            Linear(60, 3),
            LogSoftmax(),
        ],
        (2, 9, 11),
        class_names=["größe", "b c", "3"],
        name="small",
        title="A network of all layers",
    )
    fill(network)
    return network


def fill(network: Network) -> None:
    """Every array gets values of its own."""
    rng = np.random.default_rng(3)
    for parameter in network.named_parameters():
        parameter.value[...] = rng.standard_normal(parameter.value.shape, np.float32)
    for _, buffer in network.named_buffers():
        buffer[...] = rng.random(buffer.shape, np.float32)


def small_network() -> Network:
    network = Network(
        [Flatten(), Linear(4, 2)],
        (1, 2, 2),
        ["no", "yes"],
        name="small",
        recipe=InputRecipe("glyph", 1, 2, 2, "light-on-dark", (0.25,), (0.5,)),
    )
    fill(network)
    return network


def arrays_of(network: Network) -> dict[str, bytes]:
    arrays = {parameter.name: parameter.value.tobytes() for parameter in network.named_parameters()}
    return arrays | {name: buffer.tobytes() for name, buffer in network.named_buffers()}


@pytest.mark.parametrize("make", [network_of_all_layers, small_network])
def test_a_network_comes_back_as_it_was(tmp_path: Path, make: Callable[[], Network]) -> None:
    network = make()
    save_model(tmp_path / "model.bin", network, RECORD)
    loaded = load_model(tmp_path / "model.bin")
    assert loaded.description() == network.description()
    assert repr(loaded) == repr(network)
    assert loaded.class_names == network.class_names
    assert loaded.recipe == network.recipe
    assert loaded.record == RECORD
    assert arrays_of(loaded) == arrays_of(network)
    assert not loaded.training
    for parameter in loaded.named_parameters():
        assert parameter.value.flags.writeable
        assert parameter.gradient.shape == parameter.value.shape


def test_the_network_of_all_layers_has_all_layers() -> None:
    def types(module: Module) -> set[str]:
        return {type(module).__name__}.union(*(types(child) for _, child in module.children()))

    built_in = {name for name, made in LAYER_TYPES.items() if made.__module__.startswith("cnncli.")}
    assert types(network_of_all_layers()) - {"Network"} == built_in


def test_saving_what_was_loaded_gives_the_same_bytes(tmp_path: Path) -> None:
    save_model(tmp_path / "a.bin", small_network(), RECORD)
    save_model(tmp_path / "b.bin", load_model(tmp_path / "a.bin"))
    assert (tmp_path / "a.bin").read_bytes() == (tmp_path / "b.bin").read_bytes()


def test_a_custom_layer_comes_back_once_it_is_registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Double(Module):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            return 2 * input

    monkeypatch.setitem(LAYER_TYPES, "Double", Double)  # undoes the registration
    register(Double)
    save_model(tmp_path / "model.bin", Network([Double(), Flatten()], (1, 2, 2)))
    assert isinstance(load_model(tmp_path / "model.bin")[0], Double)
    monkeypatch.delitem(LAYER_TYPES, "Double")
    line = r'model\.bin, layer 0: is of the custom type "Double", which test_serialize\.py had'
    with pytest.raises(FormatError, match=line):
        load_model(tmp_path / "model.bin")


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "checkpoint.bin"
    velocity = rng.standard_normal((2, 4), np.float32)
    state = {"step": 1234, "loss_sum": 0.1 + 0.2, "history": [{"epoch": 1, "loss": 1e-17}], "best": None}
    save_checkpoint(path, small_network(), {"1.weight.velocity": velocity, "steps": 7}, state, RECORD)
    checkpoint = load_checkpoint(path)
    assert arrays_of(checkpoint.network) == arrays_of(small_network())
    assert checkpoint.network.training
    assert checkpoint.network.record == RECORD
    assert checkpoint.state == state
    assert checkpoint.optimizer_state["steps"] == 7
    assert checkpoint.optimizer_state["1.weight.velocity"].tobytes() == velocity.tobytes()
    assert checkpoint.optimizer_state["1.weight.velocity"].flags.writeable
    assert set(checkpoint.optimizer_state) == {"steps", "1.weight.velocity"}


def test_a_checkpoint_is_a_model(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a.bin", small_network(), {"v": np.ones(3, np.float32)}, {}, RECORD)
    assert arrays_of(load_model(tmp_path / "a.bin")) == arrays_of(small_network())


def test_a_model_is_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_model("model.bin", small_network())
    with pytest.raises(FormatError) as caught:
        load_checkpoint("model.bin")
    assert str(caught.value) == ("model.bin: is a model without the state of its training; name a checkpoint.bin")


def test_the_record_keeps_no_folders_no_nan_and_no_control_characters(tmp_path: Path) -> None:
    record = {
        "out": Path("/home/somebody/model.bin"),
        "loss": float("nan"),
        "step": np.int64(3),
        "accuracy": np.float32(0.5),
        "times": (1.0, float("inf")),
        "title\n": "red\x1b[31m",
    }
    save_model(tmp_path / "model.bin", small_network(), record)
    assert load_model(tmp_path / "model.bin").record == {
        "out": "model.bin",
        "loss": None,
        "step": 3,
        "accuracy": 0.5,
        "times": [1.0, None],
        "title\\n": "red\\x1b[31m",
    }


def test_weights_that_are_not_finite_are_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    network = small_network()
    save_model("model.bin", network)
    before = Path("model.bin").read_bytes()
    next(network.named_parameters()).value[0, 0] = np.inf
    with pytest.raises(FormatError) as caught:
        save_model("model.bin", network)
    assert str(caught.value) == ("model.bin: tensor 1.weight holds NaN or infinity; train with a smaller learning rate")
    assert Path("model.bin").read_bytes() == before


# Files that are right as containers, but not as models

Change = Callable[[dict[str, np.ndarray], dict[str, Any]], object]


def layers_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    return content["network"]["layers"]  # type: ignore[no-any-return]


BROKEN: dict[str, tuple[Change, str]] = {
    "no version": (
        lambda _, content: content.pop("version"),
        "model.bin: format version None; this program reads 1, update it",
    ),
    "a later version": (
        lambda _, content: content.update(version=2),
        "model.bin: format version 2; this program reads 1, update it",
    ),
    "a version that only equals": (
        lambda _, content: content.update(version=True),
        "model.bin: format version true; this program reads 1, update it",
    ),
    "an unknown key": (
        lambda _, content: content.update(more=1),
        'model.bin: record has the unknown key "more"',
    ),
    "no network": (lambda _, content: content.pop("network"), "model.bin: record has no object network"),
    "no record": (lambda _, content: content.update(record=[]), "model.bin: record has no object record"),
    "an unknown key of the network": (
        lambda _, content: content["network"].update(layer=1),
        'model.bin: unknown key "layer"; did you mean "layers"?',
    ),
    "no layers": (
        lambda _, content: content["network"].update(layers=[]),
        'model.bin: needs "layers", a list of one layer or more; add [[layers]] tables',
    ),
    "an unknown layer": (
        lambda _, content: layers_of(content)[1].update(type="Linaer"),
        'model.bin, layer 1: unknown type "Linaer"; did you mean "Linear"?',
    ),
    "an unknown setting": (
        lambda _, content: layers_of(content)[1].update(output=3),
        'model.bin, layer 1 (Linear): unknown setting "output"; known: bias, in_features, initialization, out_features',
    ),
    "a setting of another type": (
        lambda _, content: layers_of(content)[1].update(bias="no"),
        'model.bin, layer 1 (Linear): bias is "no"; use true or false',
    ),
    "layers that do not fit": (
        lambda _, content: layers_of(content)[1].update(in_features=5),
        "model.bin, layer 1 (Linear): takes samples of shape 5, got 4; use in_features=4",
    ),
    "class names of another number": (
        lambda _, content: content["network"].update(classes=["one"]),
        'model.bin: the last layer gives samples of shape 2 for 1 classes; end with type = "Linear", '
        'out_features = "classes"',
    ),
    "a recipe with less": (
        lambda _, content: content["network"]["recipe"].pop("mean"),
        "model.bin: input recipe has no mean; it needs kind, channels, height, width, polarity, mean, scale, border",
    ),
    "a recipe of another size": (
        lambda _, content: content["network"]["recipe"].update(height=3),
        "model.bin: its input recipe makes 1x3x2, but its network takes 1x2x2",
    ),
    "a tensor missing": (
        lambda tensors, _: tensors.pop("1.bias"),
        "model.bin: tensor 1.bias is missing, 2 of the network",
    ),
    "a tensor too many": (
        lambda tensors, _: tensors.update({"2.bias": tensors["1.bias"]}),
        "model.bin: tensor 2.bias belongs to no layer of the network",
    ),
    "a tensor of an optimizer in a model": (
        lambda tensors, _: tensors.update({"optimizer/a": tensors["1.bias"]}),
        "model.bin: tensor optimizer/a belongs to no layer of the network",
    ),
    "a tensor of another shape": (
        lambda tensors, _: tensors.update({"1.weight": tensors["1.weight"].T}),
        "model.bin: tensor 1.weight is 4x2, but its layer needs 2x4",
    ),
    "a tensor of another type": (
        lambda tensors, _: tensors.update({"1.bias": np.zeros(2, np.int64)}),
        "model.bin: tensor 1.bias has dtype int64; layers need float32",
    ),
    "many layers": (
        lambda _, content: layers_of(content).extend([{"type": "ReLU"}] * 4095),
        "model.bin: network has 4,097 layers; at most 4,096 are allowed",
    ),
    "many nested layers": (
        lambda _, content: layers_of(content).append({"type": "Sequential", "layers": [{"type": "ReLU"}] * 4094}),
        "model.bin: network has 4,097 layers; at most 4,096 are allowed",
    ),
    "more memory than the file has": (
        lambda _, content: content["network"].update(
            input=[50_000], layers=[{"type": "Linear", "in_features": 50_000, "out_features": 2}], recipe=None
        ),
        "model.bin: tensor 0.weight is missing, 2x50000 of the network",
    ),
    "more memory than the budget": (
        lambda _, content: content["network"].update(
            input=[1 << 28], layers=[{"type": "Linear", "in_features": 1 << 28, "out_features": 4}], recipe=None
        ),
        "model.bin, layer 0 (Linear): parameters up to here take 4 GiB, more than the limit of 2 GiB; "
        "use smaller layers",
    ),
    "numbers that overflow 64 bits when multiplied": (
        lambda _, content: content["network"].update(
            input=[1 << 28],
            layers=[{"type": "Linear", "in_features": 1 << 28, "out_features": (1 << 31) - 1}],
            recipe=None,
        ),
        "model.bin, layer 0 (Linear): parameters up to here take 2.147e+09 GiB, more than the limit of 2 GiB"
        "; use smaller layers",
    ),
    "a checkpoint that is no object": (
        lambda _, content: content.update(checkpoint=[]),
        "model.bin: checkpoint must be an object of two objects, optimizer and state",
    ),
    "a checkpoint with a part missing": (
        lambda _, content: content.update(checkpoint={"optimizer": {}}),
        "model.bin: checkpoint must be an object of two objects, optimizer and state",
    ),
}


def write_changed(path: Path | str, change: Change) -> None:
    save_model(path, small_network(), RECORD)
    tensors, content = container.read(path)
    change(tensors, content)
    container.write(path, tensors, content)


@pytest.mark.parametrize("case", BROKEN)
def test_each_broken_rule_has_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.chdir(tmp_path)
    change, line = BROKEN[case]
    write_changed("model.bin", change)
    load = load_checkpoint if "checkpoint" in case else load_model
    with pytest.raises(FormatError) as caught:
        load("model.bin")
    assert str(caught.value) == line


def test_a_description_of_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    """Within the budget of parameters, but the file does not hold them."""
    layers = [{"type": "Linear", "in_features": 20_000, "out_features": 20_000}]
    write_changed(
        tmp_path / "model.bin",
        lambda _, content: content["network"].update(input=[20_000], layers=layers, classes=None, recipe=None),
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FormatError, match=r"tensor 0\.weight is missing, 20000x20000 of the network"):
        load_model(tmp_path / "model.bin")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_a_file_full_of_layers_is_refused_at_once(tmp_path: Path) -> None:
    layers = [{"type": "ReLU"}] * 150_000
    write_changed(tmp_path / "model.bin", lambda _, content: content["network"].update(layers=layers))
    begin = time.monotonic()
    with pytest.raises(FormatError, match="150,000 layers"):
        load_model(tmp_path / "model.bin")
    assert time.monotonic() - begin < 20


def values_of(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value inside a JSON value."""
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [path, *(deep for key, value in items for deep in values_of(value, (*path, key)))]


HOSTILE = (None, True, -1, 1 << 31, 0.5, "", "classes", [], [[1]], {}, {"type": "ReLU"})


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 19])
def test_any_value_anywhere_in_the_description_is_refused_in_one_line_or_read(every: int, tmp_path: Path) -> None:
    """Every value of the network's description, replaced by each of those above; or each of these in turn."""
    path = tmp_path / "model.bin"
    save_model(path, network_of_all_layers(), RECORD)
    tensors, content = container.read(path)
    text = json.dumps(content)
    cases = [(place, value) for place in values_of(content["network"], ("network",)) for value in HOSTILE]
    for place, value in cases[::every]:
        changed = json.loads(text)
        inner = changed
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        path.write_bytes(container.pack(tensors, changed))
        try:
            network = load_model(path)
        except FormatError as error:
            line = str(error)
            assert line.startswith(str(path))
            assert line.isprintable()
            assert len(line) < len(str(path)) + 300
        else:
            assert network.parameter_count() < 1000


def test_loading_runs_nothing_and_opens_nothing_else(tmp_path: Path) -> None:
    """An audit hook sees every import, file, process and socket of the interpreter."""
    path = tmp_path / "model.bin"
    record = {
        "data": "/etc/passwd",
        "command": "__import__('os').system('true')",
        "url": "http://localhost:9/",
    }
    save_model(path, small_network(), record)
    found = run_file("watched_reading", "model", path)
    assert found == f"{[('open', str(path)), ('open', 3)]}\n"  # 3: the descriptor, wrapped
