"""`cnn export --html`: what the page of a network is told of it."""

from typing import Any

from cnncli.errors import UsageError
from cnncli.exports.nodes import nodes_of
from cnncli.model.model import Model
from cnncli.pages.network_page import network_page
from cnncli.program.lowering import in_three


def page_of(model: Model, name: str) -> bytes:
    """The page of a model that takes pictures, UTF-8.

    name : what messages and the page call the model

    Raises UsageError for a model without a preparation of pictures or without classes, and for custom layers.
    """
    recipe = model.recipe
    if recipe is None:
        raise UsageError(f"{name}: a model that takes no pictures; export one that was trained on pictures")
    if not model.class_names:
        raise UsageError(f"{name}: its outputs are no classes; export a model that tells classes apart")
    network = model.network
    nodes, result = nodes_of(network)
    confidence = model.confidence
    description: dict[str, Any] = {
        "title": network.title or network.name or name,
        "nodes": nodes.rows,
        "input": list(in_three(network.input_shape)),
        "result": result,
        "recipe": recipe.to_dict(),
        "classes": model.class_names,
        "outputs": network.outputs,
        "temperature": confidence.temperature,
        "threshold": confidence.threshold,
    }
    return network_page(description["title"], description, nodes.weight_bytes()).encode("utf-8", "replace")
