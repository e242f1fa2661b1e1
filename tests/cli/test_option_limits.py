"""The table of a training's options: least and largest values, what is chosen without them, who may set them."""

from collections.abc import Callable

import click
import pytest

from cnncli.cli.train import command
from cnncli.errors import UsageError
from cnncli.option_row import TrainingOption
from cnncli.training.rules import check_asked
from cnncli.training_options import (
    CONVERGED_EPOCHS,
    OPTIMIZERS,
    TRAINING_OPTIONS,
    TrainSettings,
    recorded_words,
    row_of,
)

CONTEXT = click.Context(command)
# Of each option values that it takes and values beside them that it refuses.
LIMITS = {
    "freeze": ("0 100000", "-1 100001 0.5"),
    "epochs": ("1 100000", "0 100001 1.5"),
    "patience": ("1 100000", "0 100001"),
    "batch_size": ("1 65536 full", "0 65537 all"),
    "until_limit": ("0 0.999", "-0.1 1"),
    "until_window": ("1 100000", "0 100001"),
    "label_smoothing": ("0 0.999", "-0.1 1"),
    "learning_rate": ("1e-9 1000", "0 -0.1"),
    "momentum": ("0 0.999", "-0.1 1"),
    "max_iter": ("1 100000", "0 100001"),
    "dampening": ("0 0.999", "-0.1 1"),
    "weight_decay": ("0 1000", "-0.1"),
    "l1": ("0 1000", "-0.1"),
    "plateau_patience": ("0 100000", "-1 100001"),
    "plateau_factor": ("1e-9 0.999", "0 1"),
    "warmup": ("0 1000", "-0.1"),
    "clip_norm": ("1e-9 1000", "0"),
    "clip_value": ("1e-9 1000", "0"),
    "ema": ("1e-9 0.999", "0 1"),
    "images": ("1 100000000", "0 0.5"),
    "validation": ("0 0.999", "-0.1 1"),
    "target": ("1e-9 1", "0 1.001"),
    "seed": ("0 9223372036854775807", "-1 9223372036854775808"),
    "threads": ("1 1024", "0 1025"),
    "save_every": ("0 1000", "-0.1"),
    "time_limit": ("0.001 400h", "0 -1 m"),
    "pixels": ("1 4096 1x4096", "0 4097 1x2x3 x"),
}


def parsed(field: str, value: str) -> object:
    """What `cnn train` makes of the value of an option."""
    (option,) = [one for one in command.params if one.name == field]
    return option.type_cast_value(CONTEXT, value)


@pytest.mark.parametrize("field", LIMITS)
def test_an_option_takes_the_values_of_its_limits_and_none_beside_them(field: str) -> None:
    taken, refused = LIMITS[field]
    for value in taken.split():
        parsed(field, value)
    for value in refused.split():
        with pytest.raises(click.BadParameter) as caught:
            parsed(field, value)
        assert caught.value.message.startswith(f"{value}: ")


def test_a_caller_from_python_gives_a_time_above_0() -> None:
    check_asked({"time_limit": 1e-9})
    for value in (0, -0.5):
        with pytest.raises(UsageError, match="use a number, more than 0"):
            check_asked({"time_limit": value})


def test_every_number_has_its_limits_here() -> None:
    kinds = ("whole", "number", "time", "pixels")
    assert {row.field for row in TRAINING_OPTIONS if row.kind in kinds and row.group != "Augmentation"} == set(LIMITS)


def test_what_is_decided_where_nobody_says_anything() -> None:
    assert {row.field: row.fallback for row in TRAINING_OPTIONS if row.fallback is not None} == {
        "prepare": "auto", "epochs": 10, "batch_size": 64, "reduce": "mean", "loss": "cross-entropy",
        "optimizer": "sgd", "schedule": "cosine", "validation": 0.0,
    }  # fmt: skip
    settings = TrainSettings()
    assert (settings.seed, settings.save_every, settings.runs) == (1, 30.0, "runs")
    assert (settings.skip_bad, settings.plot, settings.use_cache) == (False, False, True)
    said = {name: row_of(name).otherwise for name in ("until_limit", "until_window", "plateau_patience")}
    assert said == {
        "until_limit": "0.001 with --until converged", "until_window": "5 with --until converged",
        "plateau_patience": "2 with --schedule plateau",
    }  # fmt: skip
    assert row_of("plateau_factor").otherwise == "0.1 with --schedule plateau"
    assert row_of("max_iter").otherwise == "20 with --optim lbfgs or cg"
    assert CONVERGED_EPOCHS == 1000


def fields(which: Callable[[TrainingOption], bool]) -> str:
    return " ".join(row.field for row in TRAINING_OPTIONS if which(row))


def test_a_description_sets_how_is_trained_and_not_on_what() -> None:
    assert fields(lambda row: row.is_described and row.group == "Training") == (
        "epochs patience batch_size reduce until until_limit until_window loss balance label_smoothing optimizer "
        "learning_rate momentum max_iter dampening nesterov weight_decay l1 schedule plateau_patience plateau_factor "
        "warmup clip_norm clip_value ema validation"
    )
    assert fields(lambda row: row.is_described and row.group in ("Network and data", "Run")) == ""


def test_a_run_that_goes_on_takes_anew_only_what_does_not_change_its_result() -> None:
    assert (
        fields(lambda row: row.stays_free) == "data plugins data_dir use_cache threads out plot log save_every resume"
    )


def test_optimizers_are_the_files_of_their_folder_and_take_the_settings_that_are_theirs() -> None:
    assert fields(lambda row: row.of_optimizer) == "momentum max_iter dampening nesterov weight_decay"
    assert " ".join(OPTIMIZERS) == ("adadelta adagrad adam adamax adamw asgd lion muon nadam radam rmsprop rprop sgd")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"time_limit": 90.0, "epochs": 3}, "--epochs 3 --time-limit 90"),
        ({"time_limit": 90.5, "learning_rate": 1.0}, "--time-limit 90.5 --lr 1.0"),
        ({"plugins": ("a.py", "b.py"), "pixels": (28, 32)}, "--pixels 28x32 --plugin a.py --plugin b.py"),
        ({"skip_bad": False, "nesterov": False, "epochs": None}, "--no-nesterov"),
        ({"skip_bad": True, "nesterov": True}, "--skip-bad --nesterov"),
        ({"threads": 2, "out": "model.bin", "loss": "mse", "freeze": 0}, "--freeze 0 --loss mse"),
    ],
)
def test_a_command_is_written_as_it_is_typed_without_what_does_not_decide_its_result(
    values: dict[str, object], words: str
) -> None:
    assert recorded_words(values) == words.split()


def test_the_network_is_lenet5_where_none_is_named() -> None:
    assert (TrainSettings().network, TrainSettings("mlp").network) == ("lenet5", "mlp")
