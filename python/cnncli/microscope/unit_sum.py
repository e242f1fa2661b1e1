"""How one value of a layer comes about, term by term."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cnncli.layers.arrays import Shape

Place = tuple[int, ...]


@dataclass(frozen=True)
class Term:
    """One value that a unit is made of.

    source : where it stands: the step whose output it is, as `cnn summary` names it, or "input"
    place : its indices there
    value : of it
    weight : what it is multiplied by; None where nothing is
    part : what it adds; of a maximum, a root or a quotient, what the formula makes of it
    """

    source: str
    place: Place
    value: float
    weight: float | None
    part: float


@dataclass(frozen=True)
class UnitSum:
    """A unit and its terms.

    name, type, settings : of its layer
    place, shape : its indices, and the shape of the layer's output
    words : the layer's formula
    verb : what becomes of the terms: "sum", "largest" or "formula"
    terms : those that count, in the order of the input
    empty : places of its window that lie on padding
    bias : what is added to a sum; None: nothing is
    facts : what is computed on the way, by name
    computed : the unit by these terms, in float64
    output : what the layer gave, float32
    """

    name: str
    type: str
    settings: str
    place: Place
    shape: Shape
    words: str
    verb: str
    terms: Sequence[Term]
    output: float
    computed: float
    empty: int = 0
    bias: float | None = None
    facts: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; what is no finite number is None."""
        return {
            "layer": self.name,
            "type": self.type,
            "unit": list(self.place),
            "shape": list(self.shape),
            "formula": self.words,
            "terms": [
                {"from": term.source, "place": list(term.place), "value": _json(term.value),
                 "weight": _json(term.weight), "part": _json(term.part)}
                for term in self.terms
            ],
            "on_padding": self.empty,
            "bias": _json(self.bias),
            "facts": {name: _json(value) for name, value in self.facts.items()},
            "computed": _json(self.computed),
            "output": _json(self.output),
        }  # fmt: skip


def _json(value: float | None) -> float | None:
    return None if value is None or value != value or value in (float("inf"), float("-inf")) else value
