"""What is left out is what the documentation of PyTorch says, also where PyTorch is not installed to be asked."""

import inspect
from types import ModuleType
from typing import Any

import pytest

from cnncli import criteria, layers, optim

# Of PyTorch's documentation; None is what it has where another argument decides.
SLIDING = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
POOLING = {"stride": None, "padding": 0, "ceil_mode": False}
MAX_POOLING = {**POOLING, "dilation": 1, "return_indices": False}
BATCH_NORM = {"eps": 1e-5, "momentum": 0.1, "affine": True}
LAYERS: dict[str, dict[str, Any]] = {
    "AdaptiveMaxPool2d": {"return_indices": False},
    "AvgPool1d": {**POOLING, "count_include_pad": True},
    "AvgPool2d": {**POOLING, "count_include_pad": True, "divisor_override": None},
    "BatchNorm1d": BATCH_NORM,
    "BatchNorm2d": BATCH_NORM,
    "CELU": {"alpha": 1},
    "Conv1d": SLIDING,
    "Conv2d": SLIDING,
    "ConvTranspose2d": {**SLIDING, "output_padding": 0},
    "Dropout": {"p": 0.5},
    "Dropout2d": {"p": 0.5},
    "ELU": {"alpha": 1},
    "Flatten": {"start_dim": 1, "end_dim": -1},
    "GELU": {"approximate": "none"},
    "GroupNorm": {"eps": 1e-5, "affine": True},
    "Hardtanh": {"min_val": -1, "max_val": 1},
    "LPPool2d": {"stride": None, "ceil_mode": False},
    "LayerNorm": {"eps": 1e-5, "elementwise_affine": True, "bias": True},
    "LeakyReLU": {"negative_slope": 0.01},
    "Linear": {"bias": True},
    "LocalResponseNorm": {"alpha": 1e-4, "beta": 0.75, "k": 1},
    "LogSoftmax": {"dim": None},
    "MaxPool1d": MAX_POOLING,
    "MaxPool2d": MAX_POOLING,
    "MaxUnpool2d": {"stride": None, "padding": 0},
    "PReLU": {"num_parameters": 1, "init": 0.25},
    "RReLU": {"lower": 1 / 8, "upper": 1 / 3},
    "Softmax": {"dim": None},
    "Softplus": {"beta": 1, "threshold": 20},
    "Upsample": {"size": None, "scale_factor": None, "mode": "nearest", "align_corners": None,
                 "recompute_scale_factor": None},
}  # fmt: skip
ADAM = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0}
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "ASGD": {"lr": 0.01, "lambd": 1e-4, "alpha": 0.75, "t0": 1e6, "weight_decay": 0},
    "Adadelta": {"lr": 1, "rho": 0.9, "eps": 1e-6, "weight_decay": 0},
    "Adagrad": {"lr": 0.01, "lr_decay": 0, "weight_decay": 0, "initial_accumulator_value": 0, "eps": 1e-10},
    "Adam": {**ADAM, "lr": 1e-3, "amsgrad": False},
    "AdamW": {**ADAM, "lr": 1e-3, "weight_decay": 0.01, "amsgrad": False},
    "Adamax": {**ADAM, "lr": 2e-3},
    "Muon": {"lr": 1e-3, "weight_decay": 0.1, "momentum": 0.95, "nesterov": True, "eps": 1e-7, "ns_steps": 5,
             "ns_coefficients": (3.4445, -4.775, 2.0315), "adjust_lr_fn": None},
    "NAdam": {**ADAM, "lr": 2e-3, "momentum_decay": 4e-3, "decoupled_weight_decay": False},
    "RAdam": {**ADAM, "lr": 1e-3, "decoupled_weight_decay": False},
    "RMSprop": {"lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0, "centered": False},
    "Rprop": {"lr": 0.01, "etas": (0.5, 1.2), "step_sizes": (1e-6, 50)},
    "SGD": {"lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False},
}  # fmt: skip
OF_LABELS = {"weight": None, "ignore_index": -100, "reduction": "mean"}
CRITERIA: dict[str, dict[str, Any]] = {
    "BCELoss": {"weight": None, "reduction": "mean"},
    "BCEWithLogitsLoss": {"weight": None, "reduction": "mean", "pos_weight": None},
    "CrossEntropyLoss": {**OF_LABELS, "label_smoothing": 0},
    "HuberLoss": {"reduction": "mean", "delta": 1},
    "KLDivLoss": {"reduction": "mean", "log_target": False},
    "L1Loss": {"reduction": "mean"},
    "MSELoss": {"reduction": "mean"},
    "MultiLabelMarginLoss": {"reduction": "mean"},
    "MultiMarginLoss": {"p": 1, "margin": 1, "weight": None, "reduction": "mean"},
    "NLLLoss": OF_LABELS,
    "SmoothL1Loss": {"reduction": "mean", "beta": 1},
    "SoftMarginLoss": {"reduction": "mean"},
}


def of(module: ModuleType, table: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What each class takes for the arguments of a table."""
    found = {name: inspect.signature(getattr(module, name)).parameters for name in table}
    return {name: {argument: found[name][argument].default for argument in table[name]} for name in table}


@pytest.mark.parametrize(
    ("module", "table"), [(layers, LAYERS), (optim, OPTIMIZERS), (criteria, CRITERIA)],
    ids=["layers", "optim", "criteria"],
)  # fmt: skip
def test_what_is_left_out_is_what_pytorch_documents(module: ModuleType, table: dict[str, dict[str, Any]]) -> None:
    assert of(module, table) == table


def test_settings_that_pytorch_has_not_begin_as_their_sources_say() -> None:
    """LeCun 1989 for the tanh, Chen et al. 2023 for Lion; a hinge loss has its margin at 1."""
    sources = {"ScaledTanh": {"amplitude": 1.7159, "slope": 2 / 3}, "Step": {"threshold": 0}}
    assert of(layers, sources) == sources
    lion = {"Lion": {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0}}
    assert of(optim, lion) == lion
    hinge = {"HingeLoss": {"margin": 1, "reduction": "mean"}, "OfLabels": {"off": -1, "on": 1}}
    assert of(criteria, hinge) == hinge
