"""What `cnn summary` prints."""

from typing import Any

from rich.text import Text

from cnncli.cli.numbers_named import learned_lines
from cnncli.cli.render import columns_table, facts_table, fitting_title, print_table, size, stdout_console
from cnncli.cli.render_info import recipe_kind
from cnncli.model_file.record import TrainingRecord
from cnncli.network import LayerRow, Network
from cnncli.network.architectures import read_model
from cnncli.shipped import model_names
from cnncli.shown import format_shape, printable

_BYTES_A_PARAMETER = 4
_WIDE = 100  # columns of a terminal, from which on headings have one line


def summary_facts(network: Network) -> dict[str, Any]:
    """The summary for `--json`."""
    rows = network.layer_table()
    return {
        "network": network.name,
        "title": network.title,
        "input": list(network.input_shape),
        "classes": network.class_names,
        "loss": loss_of(network),
        "started_from": start_of(network),
        "outputs": network.outputs,
        "learned": learned_lines(network),
        "preparation": None if network.recipe is None else network.recipe.to_dict(),
        "layers": [_layer_facts(row) for row in rows],
        "parameters": sum(row.parameters for row in rows),
        "multiply_adds": sum(row.multiply_adds for row in rows),
        "parameter_bytes": sum(row.parameters for row in rows) * _BYTES_A_PARAMETER,
        "activation_bytes": sum(row.activation_bytes for row in rows),
    }


def loss_of(network: Network) -> str | None:
    """What its training made small; None for a network that was not trained."""
    settings = TrainingRecord.of(network.record).settings
    loss = settings.get("loss", "cross-entropy") if settings else None
    return loss if isinstance(loss, str) else None


def start_of(network: Network) -> str | None:
    """The model that its training started from, and what stayed of it; None for random weights."""
    settings = TrainingRecord.of(network.record).settings
    name, freeze = settings.get("start_from"), settings.get("freeze")
    if not isinstance(name, str):
        return None
    if type(freeze) is not int or freeze < 1:
        return name
    frozen = "layer 0 stayed as it was" if freeze == 1 else f"layers 0 to {freeze - 1} stayed as they were"
    return f"{name}, of which {frozen}"


def _layer_facts(row: LayerRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "type": row.type,
        "settings": row.settings,
        "output": list(row.output_shape),
        "parameters": row.parameters,
        "multiply_adds": row.multiply_adds,
        "field_of_view": None if row.field_of_view is None else list(row.field_of_view),
        "activation_bytes": row.activation_bytes,
    }


def show_summary(network: Network) -> None:
    """A row for each layer, and the totals."""
    console, facts = stdout_console(), summary_facts(network)
    sample = "image" if len(network.input_shape) == 3 else "row"
    console.print(Text(fitting_title(network) or network.name or "network", style="bold"))
    console.print()
    table = columns_table()
    table.add_column("", justify="right", style="dim")
    table.add_column("layer", overflow="fold")  # a word that does not fit goes on in the next line: nothing is cut
    table.add_column("output", no_wrap=True)
    for heading in ("parameters", "multiply-\nadds", "field\nof view", "memory"):
        wide = heading.replace("-\n", "-").replace("\n", " ")
        table.add_column(heading if console.width < _WIDE else wide, justify="right", no_wrap=True)
    table.add_row("", "input", format_shape(network.input_shape), "", "", "", "")
    for row in network.layer_table():
        table.add_row(
            row.name,
            Text.assemble((row.type, "bold"), f" {row.settings}" if row.settings else ""),
            format_shape(row.output_shape),
            _count(row.parameters),
            _count(row.multiply_adds),
            "" if row.field_of_view is None else format_shape(row.field_of_view),
            size(row.activation_bytes),
        )
    print_table(console, table)
    console.print()
    print_table(
        console,
        facts_table(
            [
                ("parameters", f"{facts['parameters']:,} ({size(facts['parameter_bytes'])})"),
                ("multiply-adds", f"{facts['multiply_adds']:,} for one {sample}"),
                ("memory", f"{size(facts['activation_bytes'])} for the outputs of one {sample}"),
                *([(recipe_kind(network.recipe), network.recipe.text)] if network.recipe is not None else []),
                *[("learned" if not i else "", line) for i, line in enumerate(facts["learned"])],
                *([("loss", printable(facts["loss"]))] if facts["loss"] else []),
                *([("started from", printable(facts["started_from"]))] if facts["started_from"] else []),
            ]
        ),
    )


def network_facts() -> list[dict[str, Any]]:
    """What there is to choose from: the networks that come with the program, the smallest first."""
    networks = []
    for name in model_names():
        description, source = read_model(name)
        networks.append(Network.from_description(description, seed=None, source=source))
    return [
        {
            "network": network.name,
            "title": network.title,
            "input": list(network.input_shape),
            "parameters": network.parameter_count(),
        }
        for network in sorted(networks, key=Network.parameter_count)
    ]


def list_networks(networks: list[dict[str, Any]]) -> None:
    console = stdout_console()
    table = columns_table()
    table.add_column("network", no_wrap=True, style="bold")
    table.add_column("input", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("")
    for facts in networks:
        table.add_row(facts["network"], format_shape(facts["input"]), f"{facts['parameters']:,}", facts["title"])
    print_table(console, table)
    console.print()
    console.print(Text("cnn summary NAME shows the layers, cnn train --arch NAME trains one", style="dim"))


def _count(number: int) -> str:
    return f"{number:,}" if number else ""
