"""The report of `cnn data`: what a data set is, what is wrong with it, and sheets of its pictures."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnncli.cli.data_asked import PNG_COLUMNS, Asked
from cnncli.cli.streams import echo, echo_json

if TYPE_CHECKING:
    from cnncli.cli.render_inspection import Names
    from cnncli.data import DataSet, Split
    from cnncli.data.inspection.inspection import Inspection
    from cnncli.data.raw import RawSet
    from cnncli.model.suspects import Suspects
    from cnncli.views.tiles import Page

@dataclass(frozen=True)
class _Found:
    raw: "RawSet"
    dataset: "DataSet"
    inspection: "Inspection | None"
    suspects: "Suspects | None"
    names: "Names | None"
    seconds: float


def tell(asked: Asked) -> bool:
    """Prints and draws what is asked for; whether a fault was found."""
    from cnncli.cli.numbers_named import told_as_table

    of_pictures = {"--model": asked.model, "--out": asked.out, "--show": asked.show or None}
    faults = told_as_table(asked.name_or_path, asked.label_column, asked.skip_bad, asked.as_json, of_pictures)
    if faults is not None:
        return faults > 0
    if asked.model is not None:  # what is wrong with it is told before minutes of reading pictures
        from cnncli.model_file.serialize import load_model

        load_model(asked.model)
    found = _look(asked)
    if asked.out is not None:
        _save_sheet(asked, found)
    if asked.as_json:
        _print_json(asked, found)
    elif asked.show:
        _show_sheet(asked, found)
    elif asked.out is None:
        _show(asked, found)
    if asked.out is not None and not asked.as_json:
        from cnncli.shown import printable

        what = "one row a class" if asked.sheet in ("classes", "names") else asked.sheet
        echo(f"{printable(asked.out)}: {found.dataset.name}, {what}")
    suspicious = found.suspects is not None and bool(found.suspects.rows)
    return suspicious or (found.inspection is not None and bool(found.inspection.findings))


def _look(asked: Asked) -> _Found:
    """Reads the data set and looks at it as far as what is asked for needs."""
    from cnncli import data
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.cli.render_inspection import Names
    from cnncli.data.inspection.inspection import inspect

    needed = not asked.draws or asked.as_json or asked.strict or asked.sheet not in ("classes", "names", "suspects")
    inspection = suspects = names = None
    seconds = 0.0
    with FetchDisplay() as fetching:
        raw = data.read_raw(
            asked.name_or_path, data_dir=asked.data_dir, seed=asked.seed or 0, label_column=asked.label_column,
            report=fetching.show,
        )  # fmt: skip
        wish = data.PictureWish(prepare=asked.prepare or "auto", colour=asked.colour, size=asked.pixels)
        dataset = data.prepare_set(
            raw, wish=wish, skip_bad=asked.skip_bad, use_cache=asked.use_cache, report=fetching.show
        )
        if needed and not asked.no_checks:
            began = time.perf_counter()
            inspection = inspect(raw, fetching.show, dataset)
            seconds = time.perf_counter() - began
            names = Names(inspection.looks, inspection.class_names, asked.name_or_path)
        if asked.model is not None:
            from cnncli.cli.suspects import ask_model

            suspects = ask_model(asked, fetching.show)
    return _Found(raw, dataset, inspection, suspects, names, seconds)


def _page(asked: Asked, found: _Found) -> "Page":
    """The sheet of pictures with their names: of each class, or of those that were found fault with."""
    if asked.sheet == "names":
        from cnncli.cli.named_sheet import COLUMNS, named_sheet

        part, split = _part(found.dataset, asked.part)
        names, columns = found.dataset.class_names, asked.columns or COLUMNS
        return named_sheet(f"{found.dataset.name}, {part}", split, names, part, columns, _picked(asked, found))
    if asked.sheet == "suspects":
        from cnncli.cli.suspects import suspect_sheet

        assert found.suspects is not None
        return suspect_sheet(found.suspects, asked.name_or_path)
    from cnncli.cli.finding_sheet import finding_sheet

    assert found.inspection is not None and found.names is not None
    return finding_sheet(found.raw, found.inspection, found.names, asked.sheet)


def _save_sheet(asked: Asked, found: _Found) -> None:
    assert asked.out is not None
    if asked.sheet != "classes":
        from cnncli.cli.drawn import save_page

        save_page(_page(asked, found), asked.out)
        return
    from cnncli.cli.sheet import make_sheet, sheet_png
    from cnncli.storage.files import write_atomically

    (_, split), class_names = _part(found.dataset, asked.part), found.dataset.class_names
    sheet = make_sheet(split, class_names, asked.columns or PNG_COLUMNS, _picked(asked, found))
    write_atomically(asked.out, sheet_png(sheet))


def _show_sheet(asked: Asked, found: _Found) -> None:
    if asked.sheet != "classes":
        from cnncli.cli.drawn import print_page

        print_page(_page(asked, found), rows=1 if asked.sheet == "names" else 12)
        return
    from cnncli.cli.render_data import show_sheet

    _, split = _part(found.dataset, asked.part)
    show_sheet(split, found.dataset.class_names, asked.columns, _picked(asked, found), found.dataset.polarity)


def _picked(asked: Asked, found: _Found) -> int | None:
    """The seed that picks the images shown; digits are drawn from it already."""
    return None if found.dataset.name == asked.name_or_path == "digits" else asked.seed


def _print_json(asked: Asked, found: _Found) -> None:
    from cnncli.cli.render_data import facts_json
    from cnncli.data.facts import data_facts

    facts: dict[str, Any] = facts_json(data_facts(found.dataset, asked.name_or_path, asked.data_dir))
    if found.inspection is not None and found.names is not None:
        from cnncli.cli.render_inspection import inspection_facts

        facts |= inspection_facts(found.inspection, found.names)
    if found.suspects is not None:
        from cnncli.cli.suspects import suspect_facts

        facts |= suspect_facts(found.suspects, asked.name_or_path)
    echo_json(facts | ({"sheet": asked.out} if asked.out else {}))


def _show(asked: Asked, found: _Found) -> None:
    from cnncli.cli.render import stdout_console
    from cnncli.cli.render_data import show_facts
    from cnncli.data.facts import data_facts

    show_facts(data_facts(found.dataset, asked.name_or_path, asked.data_dir))
    if found.inspection is not None and found.names is not None:
        from cnncli.cli.render_inspection import show_inspection

        show_inspection(stdout_console(), found.inspection, found.names, found.seconds)
    if found.suspects is not None:
        from cnncli.cli.suspects import show_suspects

        show_suspects(found.suspects, asked.name_or_path)


def _part(dataset: "DataSet", name: str | None) -> "tuple[str, Split]":
    """(name, images) of the part to show; without a name the training images, else those to test or to validate."""
    from cnncli.errors import DataError

    parts = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    there = {key: split for key, split in parts.items() if split is not None and len(split)}
    if name is None:
        name = next(key for key in ("train", "test", "validation") if key in there)
    if name not in there:
        raise DataError(f"{dataset.name}: holds no {name} images; leave out --part")
    return name, there[name]
