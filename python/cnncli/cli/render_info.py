"""What `cnn info` prints."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from cnncli.augmentation import SWITCHES
from cnncli.cli.render import (
    columns_table,
    duration,
    facts_table,
    fitting_title,
    loss_text,
    print_table,
    size,
    stdout_console,
)
from cnncli.measures.intervals import wilson
from cnncli.measures.tensors import tensor_statistics
from cnncli.model_file.confidence import Confidence
from cnncli.model_file.record import TrainingRecord
from cnncli.model_file.weights import weights_digest
from cnncli.network import Network
from cnncli.number_recipe import NumberRecipe
from cnncli.pictures.recipe import InputRecipe
from cnncli.shown import format_shape, percent, plural, printable, shortened

_CLASSES_SHOWN = 10
_LETTERS = 24
_TENSORS_SHOWN = 64
_BALANCES = {"sample": "every class drawn alike", "weights": "losses weighed, so that each class counts as much"}


def info_facts(path: str, network: Network) -> dict[str, Any]:
    """All of it for `--json`; what the file does not say is null or empty."""
    content = Path(path).read_bytes()
    record = TrainingRecord.of(network.record)
    return {
        "model": path,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "weights_sha256": weights_digest(network),
        "network": network.name,
        "title": network.title,
        "input": list(network.input_shape),
        "outputs": network.outputs,
        "classes": network.class_names,
        "parameters": network.parameter_count(),
        "recipe": None if network.recipe is None else network.recipe.to_dict(),
        "confidence": Confidence.from_record(network.record).to_record() if "confidence" in network.record else None,
        "plugins": [{"file": origin.file, "sha256": origin.digest} for origin in network.plugins],
        "training": asdict(record),
        "command": record.command,
        "tensors": [
            {"name": name, "shape": list(values.shape), **asdict(tensor_statistics(values))}
            for name, values in _tensors(network)
        ],
    }


def show_info(path: str, network: Network) -> None:
    """What it is, how it was made, its tensors, and last the command that makes it again."""
    console, record = stdout_console(), TrainingRecord.of(network.record)
    console.print(Text(fitting_title(network) or network.name or "network", style="bold"))
    print_table(console, facts_table([*what_it_is(path, network), *how_it_was_made(record), *_results(record)]))
    console.print()
    tensors = list(_tensors(network))
    print_table(console, _tensor_table(tensors))
    if len(tensors) > _TENSORS_SHOWN:
        console.print(Text(f"and {len(tensors) - _TENSORS_SHOWN:,} more, with --json", style="dim"))
    console.print()
    if record.command is None:
        console.print(Text("the file does not say which command made it", style="dim"))
        return
    path_needed = "" if record.by_name else f", with the place of {printable(record.data or 'the data')} after --data"
    console.print(Text(f"made again by{path_needed}", style="dim"))
    console.print(Text(f"  {printable(record.command)}", style="bold"))


def what_it_is(path: str, network: Network) -> list[tuple[str, str]]:
    """Names and values that the file itself shows."""
    names = [printable(shortened(name, _LETTERS)) for name in network.class_names[:_CLASSES_SHOWN]]
    more = f", and {len(network.class_names) - len(names):,} more" if len(network.class_names) > len(names) else ""
    classes = f"{len(network.class_names):,}: {', '.join(names)}{more}" if names else "none, it gives values"
    rows = [
        ("file", f"{printable(path)}, {size(Path(path).stat().st_size)}"),
        ("network", f"{printable(network.name) or 'without a name'}, {network.parameter_count():,} parameters"),
        ("input", format_shape(network.input_shape)),
        ("classes", classes),
    ]
    if network.recipe is not None:
        rows.append((recipe_kind(network.recipe), printable(network.recipe.text)))
    if "confidence" in network.record:
        sure = Confidence.from_record(network.record)
        words = f'"not sure" below {percent(sure.threshold)}; probabilities by a temperature of {sure.temperature:g}'
        rows.append(("answers", words))
    elif network.class_names and isinstance(network.recipe, InputRecipe):
        rows.append(("answers", 'never "not sure": that takes images held out from the training (--val)'))
    if network.plugins:
        rows.append(("plugins", ", ".join(printable(origin.file) for origin in network.plugins)))
    return [*rows, ("weights", f"SHA-256 {weights_digest(network)}")]


def recipe_kind(recipe: InputRecipe | NumberRecipe) -> str:
    """What it makes input of."""
    return "numbers" if isinstance(recipe, NumberRecipe) else "pictures"


def how_it_was_made(record: TrainingRecord) -> list[tuple[str, str]]:
    """Names and values of its training, as far as the record tells them."""
    if record.data is None and not record.history:
        return [("training", "the file does not say how it was trained")]
    images = "" if record.images is None else f", {record.images:,} trained on"
    rows = [("data", f"{printable(record.data or 'unknown')}{images}")]
    if record.digest is not None:
        rows.append(("", f"SHA-256 {printable(record.digest)}"))
    if record.made_by is not None:
        made_from = f"from {printable(record.made_from)} and more, " if record.made_from else ""
        rows.append(("", f"made {made_from}by {printable(record.made_by)}"))
    if record.left_aside:
        parts = ", ".join(f"{printable(what)} {count:,}" for what, count in record.left_aside.items())
        rows.append(("left aside", parts))
    epochs = plural(record.epochs, "epoch")
    if record.best_epoch is not None and record.best_epoch != record.epochs:
        epochs += f", the best was {record.best_epoch}"
    seed = record.settings.get("seed")
    seed_words = f", seed {seed}" if isinstance(seed, int) else ""
    rows.append(("trained", epochs + seed_words))
    if (balance := record.settings.get("balance")) in _BALANCES:
        rows.append(("balance", _BALANCES[balance]))
    if changes := _augmentation(record.settings):
        rows.append(("augmented", changes))
    where = [
        duration(record.seconds) if record.seconds is not None else "",
        plural(record.threads, "thread") if record.threads is not None else "",
        printable(record.instruction_set or ""),
        *(f"{printable(name)} {printable(text)}" for name, text in record.versions.items()),
    ]
    rows.append(("with", ", ".join(word for word in where if word)))
    return rows


def _augmentation(settings: Mapping[str, Any]) -> str:
    """How its images were changed, as far as the settings tell; "" where they were not."""
    numbers = {name: settings.get(name) for name in SWITCHES}
    told = [f"{name} {value:g}" for name, value in numbers.items() if type(value) in (int, float) and value]
    level = settings.get("augment")
    words = f"{printable(shortened(level, _LETTERS))}: " if isinstance(level, str) and told else ""
    return words + ", ".join(told)


def _results(record: TrainingRecord) -> list[tuple[str, str]]:
    rows, best = [], record.best
    for name, prefix in (("training", ""), ("validation", "validation_")):
        words = [f"accuracy {percent(best[f'{prefix}accuracy'])}"] if f"{prefix}accuracy" in best else []
        words += [f"loss {loss_text(best[f'{prefix}loss'])}"] if f"{prefix}loss" in best else []
        rows += [(name, ", ".join(words))] if words else []
    if record.test is not None:
        images, accuracy, loss = record.test
        sure = ""
        if 0 <= accuracy <= 1:
            low, high = wilson(round(accuracy * images), images)
            sure = f" ({percent(low)} to {percent(high)})"
        rows.append(("test", f"accuracy {percent(accuracy)}{sure}, loss {loss_text(loss)}, {images:,} images"))
    return rows


def _tensors(network: Network) -> Iterator[tuple[str, Any]]:
    """Parameters, then buffers, by the names that they have in the file."""
    yield from ((parameter.name, parameter.value) for parameter in network.named_parameters())
    yield from network.named_buffers()


def _tensor_table(tensors: list[tuple[str, Any]]) -> Table:
    table = columns_table()
    table.add_column("tensor", no_wrap=True, overflow="ellipsis")
    for heading in ("shape", "mean", "std", "least", "most", "zero"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, values in tensors[:_TENSORS_SHOWN]:
        found = tensor_statistics(values)
        numbers = (f"{value:.3g}" for value in (found.mean, found.std, found.least, found.most))
        table.add_row(name, format_shape(values.shape), *numbers, percent(found.zeros, 0) if found.zeros else "")
    return table
