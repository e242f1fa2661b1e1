"""What a description's [training] and [target] may hold, and what is said of all else."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncli.errors import CnnError, FormatError, UsageError
from cnncli.layers.registry import LAYER_TYPES
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.shipped import model_names
from cnncli.shown import find_unprintable
from cnncli.training.plan import make_plan
from cnncli.training.rules import TARGET, TRAINING, check_asked, check_described
from cnncli.training.train import train
from cnncli.training_options import TrainSettings

HEAD = """name = "own"
input = [1, 28, 28]
classes = 10
layers = [{ type = "Flatten" }, { type = "Linear", out_features = "classes" }]
"""
WHOLE = "use a whole number, at least 1 and at most 100,000"


def said(folder: Path, text: str) -> str:
    """What a training with a description says of it, where there is no data to read."""
    path = folder / "own.toml"
    path.write_text(HEAD + text)
    with pytest.raises(FormatError) as caught:
        list(train(TrainSettings(str(path), data="nowhere", runs=str(folder / "runs"), out=str(folder / "m.bin"))))
    assert not (folder / "runs").exists()
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('epochs = "abc"', f', line 6, [training]: epochs is "abc"; {WHOLE}'),
        ("epochs = 0", f", line 6, [training]: epochs is 0; {WHOLE}"),
        ("epochs = 3.0", f", line 6, [training]: epochs is 3.0; {WHOLE}"),
        ("# why\nepochs = true", f", line 7, [training]: epochs is true; {WHOLE}"),
        ("momentum = 1.5", ", line 6, [training]: momentum is 1.5; use a number, at least 0 and less than 1"),
        ("learning_rate = inf", ", line 6, [training]: learning_rate is inf; use a number, more than 0"),
        ("weight_decay = -1", ", line 6, [training]: weight_decay is -1; use a number, at least 0"),
        ("nesterov = 1", ", line 6, [training]: nesterov is 1; use true or false"),
        ('optimizer = "sdg"', ', line 6, [training]: optimizer is "sdg"; did you mean "sgd"?'),
        ('schedule = "cosin"', ', line 6, [training]: schedule is "cosin"; did you mean "cosine"?'),
        ("schedule = []", ", line 6, [training]: schedule is []; use one of constant, step, cosine, one-cycle, "),
        ("learning_rat = 1", ', line 6, [training]: unknown setting "learning_rat"; did you mean "learning_rate"?'),
        ("a\u001b = 1", " is not TOML"),
        ('"a\\u001b" = 1', ', line 5, [training]: unknown setting "a\\x1b"; known: '),
        ("[target]\nshares = [2]", ", line 7, [target]: shares is [2]; use a list of numbers above 0 and at most 1"),
        ("[target]\ncycle = 0", f", line 7, [target]: cycle is 0; {WHOLE}"),
        ("x = 0x" + "f" * 5000, ', line 6, [training]: unknown setting "x"; known: '),
        ("epochs = 0x" + "f" * 5000, f", line 6, [training]: epochs is a number of thousands of digits; {WHOLE}"),
        ("epochs = 1" + "0" * 5000, ": is not TOML"),
    ],
)
def test_wrong_setting_is_told_with_its_line_before_data_is_read(tmp_path: Path, text: str, line: str) -> None:
    assert line in said(tmp_path, f"[training]\n{text}\n")


@pytest.mark.parametrize("text", ["training = 3", "[[training]]"])
def test_training_that_is_no_table_is_told(tmp_path: Path, text: str) -> None:
    assert said(tmp_path, text).startswith(", line 5: training is ")


def test_descriptions_that_ship_break_no_rule() -> None:
    for name in model_names():
        description, source = read_model(name)
        check_described(description, name, source)


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"epochs": 0}, f"--epochs 0: {WHOLE}"),
        ({"batch_size": "many"}, "--batch-size many: use a whole number, at least 1 and at most 65,536, or full"),
        ({"learning_rate": -0.1}, "--lr -0.1: use a number, more than 0"),
        ({"validation": 1}, "--val 1: use a number, at least 0 and less than 1"),
        ({"seed": -1}, "--seed -1: use a whole number, at least 0 and at most 9,223,372,036,854,775,807"),
        ({"schedule": "cosin"}, '--schedule cosin: unknown; did you mean "cosine"?'),
        ({"target": 1.5}, "--target 1.5: use an accuracy above 0 and at most 1, such as 0.99"),
    ],
)
def test_wrong_setting_of_a_caller_is_told(asked: dict[str, Any], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_plan(TrainSettings(**asked), {}, "own.toml")
    assert str(caught.value) == line


def test_numbers_of_numpy_are_numbers() -> None:
    check_asked({"epochs": np.int64(3), "learning_rate": np.float32(0.1)})
    plan = make_plan(TrainSettings(epochs=np.int64(3), learning_rate=np.float32(0.5)), {}, "own.toml")  # type: ignore
    assert (type(plan.epochs), type(plan.learning_rate), plan.learning_rate) == (int, float, 0.5)


EXAMPLES = int(os.environ.get("CNN_FUZZ_EXAMPLES", "100"))
fuzz = settings(deadline=None, derandomize=True, database=None, max_examples=EXAMPLES)

# Whatever TOML can hold.
VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-3, 70_000),
        st.sampled_from([10**400, -(2**63), 2**31]),
        st.integers(5000, 5001).map(lambda digits: 16**digits),  # more than Python prints
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["classes", "sgd", "cosine", "ReLU", "Sequential"]),
        st.dates(),
        st.datetimes(),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def settings_of(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=6), VALUES, max_size=4)


@fuzz
@given(training=VALUES | settings_of(list(TRAINING)), fast=VALUES | settings_of(list(TARGET)), aims=st.booleans())
def test_no_training_table_raises_anything_but_one_line(training: Any, fast: Any, aims: bool) -> None:
    description = {"training": training, "target": fast}
    try:
        make_plan(TrainSettings("lenet5", target=0.9 if aims else None), description, "own.toml")
    except CnnError as error:
        assert not find_unprintable(str(error))


LAYER_SETTINGS = sorted(
    {"inputs", "outputs", "kernel", "stride", "padding", "dilation", "groups", "bias", "rate", "features", "layers"}
    | {"momentum", "epsilon", "affine", "count_padding", "input_channels", "output_channels", "seed", "type"}
)


@st.composite
def layers(draw: st.DrawFn) -> dict[str, Any]:
    return {"type": draw(st.sampled_from(sorted(LAYER_TYPES)) | VALUES)} | draw(settings_of(LAYER_SETTINGS))


@fuzz
@given(
    found=st.lists(layers(), max_size=3) | VALUES,
    top=st.dictionaries(st.sampled_from(["name", "title", "input", "classes", "recipe", "x"]), VALUES, max_size=2),
)
def test_no_description_of_layers_raises_anything_but_one_line(found: Any, top: dict[str, Any]) -> None:
    description = {"name": "own", "input": [2, 9, 9], "classes": 10, "layers": found} | top
    try:
        Network.from_description(description, seed=None, source="own.toml")
    except CnnError as error:
        assert not find_unprintable(str(error))
