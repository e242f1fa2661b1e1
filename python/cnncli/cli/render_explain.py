"""What `cnn explain` prints: a unit's terms as grids of values and weights, or as a list, and where it goes next."""

from collections.abc import Iterator, Sequence
from typing import Any

from cnncli.microscope.places import place_text
from cnncli.microscope.unit import Reader
from cnncli.microscope.unit_sum import Term, UnitSum
from cnncli.shown import format_shape, percent, printable

_WIDTH = 6  # characters of a number of a grid
_WIDEST = 5  # columns of a window whose values and weights stand beside each other in 80 characters
_CHANNELS = 3  # channels that are drawn
_TERMS = 12  # terms that are listed


def unit_lines(unit: UnitSum, whole: bool) -> Iterator[str]:
    """The unit, term by term; `whole`: all channels and terms, else those that count most."""
    if unit.settings:
        yield f"{unit.type} {unit.settings}, which gives {format_shape(unit.shape)}."
    yield f"{unit.words}."
    yield ""
    if unit.verb == "formula":
        yield from _formula_lines(unit, whole)
    elif (grids := _grids(unit.terms)) is not None:
        yield from _grid_lines(unit, grids, whole)
    else:
        yield from _listed(unit.terms, whole, unit.verb)
    yield ""
    yield from _end_lines(unit)


def _formula_lines(unit: UnitSum, whole: bool) -> Iterator[str]:
    if len(unit.terms) == 1 and len(unit.facts) < 2:
        [term] = unit.terms
        yield _line(f"value of {_where(term)}", term.value)
    else:
        yield from _listed(unit.terms, whole, unit.verb)
    for name, value in unit.facts.items():
        yield _line(name, value)


def _end_lines(unit: UnitSum) -> Iterator[str]:
    if unit.verb == "sum" and len(unit.terms) != 1:
        places = f", {unit.empty} places on padding count 0" if unit.empty else ""
        total = unit.computed - (unit.bias or 0.0)
        yield _line(f"sum of {len(unit.terms):,} products{places}", total)
    if unit.verb == "largest":
        top = [_where(term) for term in unit.terms if term.value == unit.computed]
        yield _line("the largest" + (f", {top[0]}" if top else ""), unit.computed)
    if unit.bias is not None:
        yield _line("bias", unit.bias)
    yield _line(f"unit {place_text(unit.place)} of layer {unit.name}", unit.output)


def reader_lines(readers: Sequence[Reader], unit: UnitSum) -> Iterator[str]:
    """Where the unit goes next."""
    if not readers:
        yield "It is an output of the network."
    for one in readers:
        name = f"{one.name} {one.type}"
        if one.before == one.after:
            yield f"Then {name}: nothing there would change if it were 0."
            continue
        count = f"{one.units:,} of its units change" if one.units != 1 else "1 of its units changes"
        yield f"Then {name}: {count} if it is 0, most {place_text(one.place)}, {one.before:.4g} to {one.after:.4g}."


def answer_line(names: Sequence[str], with_it: Sequence[float], without: Sequence[float]) -> str:
    """What the answer would be if the unit were 0."""
    first = max(range(len(with_it)), key=with_it.__getitem__)
    second = max(range(len(without)), key=without.__getitem__)
    before = f"{printable(names[first])} with {percent(with_it[first])}"
    if first == second and percent(with_it[first]) == percent(without[first]):
        return f"The answer is {before}, and would be the same if this unit were 0."
    return f"The answer is {before}; if this unit were 0, {printable(names[second])} with {percent(without[second])}."


def title(unit: UnitSum, picture: str, network: str) -> str:
    """Which unit it is."""
    return f"unit {place_text(unit.place)} of layer {unit.name}, {unit.type}, of {network} for {picture}"


Grid = dict[tuple[int, int], Term]


def _grids(terms: Sequence[Term]) -> list[tuple[str, Grid]] | None:
    """Terms that are places of channels, by channel; None if they are no small windows."""
    if any(len(term.place) not in (2, 3) for term in terms):
        return None
    found: dict[tuple[str, int], Grid] = {}
    for term in terms:
        channel, *rest = term.place
        row, column = rest if len(rest) == 2 else (0, rest[0])
        found.setdefault((term.source, channel), {})[(row, column)] = term
    for grid in found.values():
        columns = [column for _, column in grid]
        rows = [row for row, _ in grid]
        if max(columns) - min(columns) >= _WIDEST or max(rows) - min(rows) > 2 * _WIDEST:
            return None
    if all(len(grid) == 1 for grid in found.values()):
        return None
    return [(f"channel {channel} of {_source(source)}", grid) for (source, channel), grid in found.items()]


def _grid_lines(unit: UnitSum, grids: list[tuple[str, Grid]], whole: bool) -> Iterator[str]:
    order = sorted(grids, key=lambda one: -abs(_total(one[1])))
    drawn = grids if whole or len(grids) <= _CHANNELS else order[:_CHANNELS]
    for number, (name, grid) in enumerate(drawn):
        if number:
            yield ""
        yield from _one_grid(name, grid, unit.verb)
    rest = [one for one in grids if one not in drawn]
    if rest:
        sums = "  ".join(f"{name.split()[1]}: {_total(grid):.4g}" for name, grid in rest[:_TERMS])
        more = f"  and {len(rest) - _TERMS} more" if len(rest) > _TERMS else ""
        yield ""
        yield f"sums of the other channels  {sums}{more}  (--all shows them)"


def _one_grid(name: str, grid: Grid, verb: str) -> Iterator[str]:
    rows = range(min(row for row, _ in grid), max(row for row, _ in grid) + 1)
    columns = range(min(column for _, column in grid), max(column for _, column in grid) + 1)
    size = _WIDTH * len(columns)
    heads = f"{name}, rows {rows[0]} to {rows[-1]}, columns {columns[0]} to {columns[-1]}"
    if verb == "largest":
        yield heads
        for row in rows:
            yield "".join(_number(grid.get((row, column)), "value") for column in columns)
        return
    yield heads
    yield f"  {'values':<{size - 2}}     {'weights':<{size - 2}}   {'sum':>8}"
    for row in rows:
        there = [grid.get((row, column)) for column in columns]
        values = "".join(_number(one, "value") for one in there)
        weights = "".join(_number(one, "weight") for one in there)
        yield f"{values} x {weights} = {sum(one.part for one in there if one is not None):8.4f}"


def _number(term: Term | None, what: str) -> str:
    value: Any = None if term is None else getattr(term, what)
    if value is None:
        return " " * (_WIDTH - 1) + "."
    forms = (".2f", ".1f", ".0f", ".0e") if abs(value) < 100 else (".0f", ".0e")
    texts = [format(value, form).replace("e+0", "e").replace("e+", "e") for form in forms]
    text = next((one for one in texts if len(one) < _WIDTH), texts[-1])  # or it would touch the number before it
    return f"{text:>{_WIDTH}}"


def _listed(terms: Sequence[Term], whole: bool, verb: str) -> Iterator[str]:
    order = list(terms) if whole else sorted(terms, key=lambda term: -abs(term.part))
    shown = order if whole else order[:_TERMS]
    for term in shown:
        if term.weight is None:
            part = f"   {term.part:12.4f}" if verb == "formula" and term.part != term.value else ""
            yield f"  {_where(term):24} {term.value:12.4f}{part}"
        else:
            yield f"  {_where(term):24} {term.value:12.4f} x {term.weight:9.4f} = {term.part:10.4f}"
    rest = order[len(shown) :]
    if rest:
        together = f", together {sum(term.part for term in rest):.4f}" if verb == "sum" else ""
        yield f"  and {len(rest):,} smaller ones{together}  (--all shows them)"


def _total(grid: Grid) -> float:
    return sum(term.part for term in grid.values())


def _where(term: Term) -> str:
    return f"{_source(term.source)} {place_text(term.place)}"


def _source(source: str) -> str:
    return "the input" if source == "input" else f"layer {source}"


def _line(name: str, value: float) -> str:
    return f"{name:58} {value:12.5f}"
