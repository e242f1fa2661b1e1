"""How well a model of numbers does: errors in the units of the table, or right and wrong classes."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnncli.data import Note
from cnncli.data.number_set import NumberSplit
from cnncli.data.number_sets import class_names, labels_in, read_number_table, target_values
from cnncli.errors import DataError, UsageError
from cnncli.layers import Flatten, Linear, Tanh
from cnncli.measures.classification import Metrics, measure
from cnncli.measures.intervals import Interval, mean_interval
from cnncli.model.own_data import chosen_samples, own_samples
from cnncli.model_file.serialize import load_model
from cnncli.network import Network
from cnncli.network.answers import answers
from cnncli.number_recipe import NumberRecipe
from cnncli.program import Program
from cnncli.shown import printable

_BATCH_SIZE = 256


@dataclass(frozen=True)
class Fit:
    """Errors of one target column, in its units.

    mse : mean of (prediction - value)^2; rmse : its root; mae : mean of |prediction - value|
    mae_interval : Student's 95 % interval of that mean
    r2 : 1 - mse / variance of the values, the share of the variance that is explained; NaN where they are all the same

    >>> fit = fit_of("y", np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    >>> round(fit.mse, 4), round(fit.rmse, 4), round(fit.mae, 4), fit.r2
    (0.3333, 0.5774, 0.3333, 0.5)
    """

    target: str
    mse: float
    rmse: float
    mae: float
    r2: float
    mae_interval: Interval


@dataclass(frozen=True)
class NumberEvaluation:
    """The measures of a model on `samples` rows of a table: a fit for each target, or those of classes.

    part, trained_on : as of `Evaluation`; a table is one part, "train", of which a model may have held rows out
    """

    model: str
    data: str
    samples: int
    fits: list[Fit]
    metrics: Metrics | None
    class_names: list[str]
    notes: list[Note] = field(default_factory=list)
    part: str = "train"
    trained_on: bool = False


def fit_of(target: str, values: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]) -> Fit:
    """The errors of predictions (N,) of values (N,)."""
    error = predicted - values
    mse, variance = float(np.mean(error**2)), float(np.var(values))
    explained = 1 - mse / variance if variance > 0 else float("nan")
    sizes = np.abs(error)
    return Fit(target, mse, mse**0.5, float(np.mean(sizes)), explained, mean_interval(sizes.tolist()))


def recipe_of_numbers(network: Network) -> NumberRecipe:
    """The recipe of a network that was trained on a table."""
    assert isinstance(network.recipe, NumberRecipe)
    return network.recipe


def outputs_for_rows(network: Network, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """What the network gives for rows (N, F) of a table; a last output of values is standardized."""
    return _outputs(network, recipe_of_numbers(network).inputs(rows))


def _outputs(network: Network, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return Program(network, min(_BATCH_SIZE, max(len(inputs), 1))).predict(inputs)


def evaluate_numbers(
    path: str | Path, data: str | None, label_column: str | None = None, skip_bad: bool = False, part: str | None = None
) -> NumberEvaluation:
    """Measures a model file on rows of a table: on all, or of the one that it was trained on as `evaluate_model` does.

    label_column : the target columns; None: those that the model was trained on, by name
    part : "train" or "held-out"; None: the rows that it held out, if it held any out

    Raises UsageError without a table, DataError for one that does not fit.
    """
    network = load_model(path)
    recipe = recipe_of_numbers(network)
    if data is None:
        raise UsageError(
            f"{printable(path)}: was trained on a table of numbers, and model files hold no paths; pass --data TABLE"
        )
    target = label_column or ",".join(recipe.targets)
    table = read_number_table(Path(data), target, columns=recipe.columns, skip_bad=skip_bad)
    if part not in (None, "train", "held-out"):
        raise DataError(f"{table.source}: holds no {part} rows; it has train: leave out --part")
    if len(table.targets) != len(recipe.targets):
        raise DataError(f"{table.source}: no column {printable(target)} to compare with; pass --label-column")
    names = network.class_names
    true = labels_in(table, names) if names else target_values(table)
    inputs = recipe.inputs(table.rows)
    # Each class gives its share of the rows held out, in the order of the table's own classes.
    split = NumberSplit(inputs, labels_in(table, class_names(table)) if names else true)
    own = own_samples(network.record, data, split)
    chosen, numbers = chosen_samples(own, part, table.source, str(path), "rows")
    if numbers is not None:
        true, inputs = true[numbers], inputs[numbers]
    outputs = _outputs(network, inputs)
    metrics, fits = None, []
    if names:
        metrics = measure(true, answers(outputs, network.outputs), len(names), float("nan"))
    else:
        predicted = recipe.values(outputs)
        fits = [fit_of(name, true[:, i], predicted[:, i]) for i, name in enumerate(recipe.targets)]
    is_seen = chosen == "train" and own is not None
    return NumberEvaluation(
        printable(path), table.name, len(true), fits, metrics, names, table.notes, chosen, is_seen
    )


def learned_line(network: Network) -> list[str]:
    """The lines that a linear network of numbers has learned, in the units of its table: "y = 2 x1 - 0.5 x2 + 3".

    Of one that ends with Tanh what comes before it; no lines for other networks.
    """
    layers = [layer for _, layer in network.leaves() if not isinstance(layer, Flatten | Tanh)]
    recipe = network.recipe
    if not isinstance(recipe, NumberRecipe) or len(layers) != 1 or not isinstance(layers[0], Linear):
        return []
    linear = layers[0]
    weights, biases = recipe.line(linear.weight, linear.bias if linear.bias is not None else None)
    names = recipe.targets if network.outputs == "values" else network.class_names[-len(biases) :]
    return [
        f"{printable(name)} = {_sum(zip(row.tolist(), recipe.columns, strict=True), bias)}"
        for name, row, bias in zip(names, weights, biases.tolist(), strict=True)
    ]


def _sum(terms: "zip[tuple[float, str]]", bias: float) -> str:
    text = ""
    for weight, name in [*terms, (bias, "")]:
        sign = ("- " if weight < 0 else "+ ") if text else ("-" if weight < 0 else "")
        text += f" {sign}{abs(weight):.6g}" + (f" {printable(name)}" if name else "")
    return text.strip()
