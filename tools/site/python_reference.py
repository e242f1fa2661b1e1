"""The reference of Python, made from signatures and docstrings: a page a part of `cnncli`."""

import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import cnncli


@dataclass(frozen=True)
class Part:
    """A page: the module whose `__all__` it shows, without `hidden` names; `bases` come first, with their methods."""

    module: str
    title: str
    bases: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


PARTS = (
    Part("cnncli", "cnncli: models, networks, training"),
    Part("cnncli.layers", "Layers", ("Module", "Sequential", "Parameter", "register", "describe")),
    Part("cnncli.criteria", "Losses", ("Criterion",)),
    Part("cnncli.optim", "Optimizers", ("Optimizer", "WholeBatchOptimizer")),
    Part("cnncli.data", "Data", ("load", "DataSet", "Split"), ("load", "DataSet", "Split", "PictureWish", "read_raw")),
    Part("cnncli.measures", "Measures", (), ("ConfusionMatrix", "Logger")),
)
WITH_METHODS = ("cnncli", "cnncli.data", "cnncli.measures")
_HEAD = """# Python

Made from the docstrings. `import cnncli` is quick: what is heavy is loaded when it is first used. The arrays are
NumPy's, `float32` where nothing else is said. [python.md](../python.md) shows all of it at work, in lines that run, and
[custom-layers.md](../custom-layers.md) layers, losses and optimizers of your own.

| page | |
|---|---|
"""


def write(folder: Path) -> None:
    """The pages."""
    folder.mkdir(parents=True)
    rows = []
    for part in PARTS:
        name = part.module.rpartition(".")[2]
        (folder / f"{name}.md").write_text(page(part), encoding="utf-8")
        rows.append(f"| [{part.title}]({name}.md) | {_first(import_module(part.module))} |")
    names = "\n".join(part.module.rpartition(".")[2] for part in PARTS)
    text = _HEAD + "\n".join(rows) + f"\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    (folder / "index.md").write_text(text, encoding="utf-8")


def page(part: Part) -> str:
    """The page of a part: a table of its names, and an entry for each."""
    module = import_module(part.module)
    members = list(_members(part, module))
    rows = [f"| [`{name}`](#{part.module}.{name}) | {_first(member)} |" for name, member in members]
    table = "| | |\n|---|---|\n" + "\n".join(rows)
    parts = [f"# {part.title}\n", table, f"\n```{{py:currentmodule}} {part.module}\n```\n"]
    for name, member in members:
        parts.append(f"## {name}\n\n" + _entry(name, member, part))
    return "\n".join(parts)


def _members(part: Part, module: Any) -> Iterator[tuple[str, Any]]:
    names = part.only or [name for name in module.__all__ if not name.startswith("_")]
    for name in (*part.bases, *sorted(set(names) - set(part.bases), key=str.lower)):
        member = getattr(module, name)
        if inspect.isclass(member) or inspect.isroutine(member):
            yield name, member


def _first(member: Any) -> str:
    """The first sentence of a docstring, for a cell of a table."""
    text = " ".join(inspect.cleandoc(member.__doc__ or "").partition("\n\n")[0].split())
    ends = (match.start() for match in re.finditer(r"[.:;](?=\s)", text))
    end = next((end for end in ends if text.count("(", 0, end) == text.count(")", 0, end)), len(text))
    sentence = re.sub(r",? in step t = 1, 2,.*$", "", text[:end]).rstrip(".:;")
    return escaped(sentence).replace("|", "\\|")


def _entry(name: str, member: Any, part: Part) -> str:
    kind = "class" if inspect.isclass(member) else "function"
    body = markdown(inspect.getdoc(member) or "")
    if kind == "class" and (name in part.bases or part.module in WITH_METHODS):
        body += "".join(_methods(member))
    return _directive(kind, name + signature(member), body, 8)


def _methods(owner: type) -> Iterator[str]:
    """Entries of the public methods and properties of a class, of its own package's bases too."""
    for name in dir(owner):
        if name.startswith("_") or not (home := _home(owner, name)):
            continue
        member = inspect.getattr_static(owner, name)
        body = markdown(inspect.cleandoc(getattr(member, "__doc__", None) or ""))
        if isinstance(member, property):
            yield _directive("property", name, body, 6)
        elif callable(function := getattr(home, name)):
            kind = "staticmethod" if isinstance(member, staticmethod) else "method"
            kind = "classmethod" if isinstance(member, classmethod) else kind
            yield _directive(kind, name + signature(function), body, 6)


def _home(owner: type, name: str) -> type | None:
    """The class of this package that says what the member does; None where none does."""
    for one in owner.__mro__:
        if name in vars(one) and one.__module__.startswith("cnncli") and getattr(vars(one)[name], "__doc__", None):
            return one
    return None


def _directive(kind: str, head: str, body: str, fence: int) -> str:
    return f"{'`' * fence}{{py:{kind}}} {head}\n\n{body.strip() or '...'}\n{'`' * fence}\n\n"


def signature(member: Any) -> str:
    """As it is written, with names of classes without their modules, and of defaults that are objects three dots."""
    try:
        found = inspect.signature(member)
    except ValueError:
        return "()"
    wanted = []
    for parameter in found.parameters.values():
        if parameter.name == "self":
            continue
        if isinstance(parameter.default, int | float | str | tuple | None) or parameter.default is parameter.empty:
            wanted.append(parameter)
        else:
            wanted.append(parameter.replace(default=...))
    returned = found.empty if inspect.isclass(member) else found.return_annotation
    text = str(found.replace(parameters=wanted, return_annotation=returned))
    return re.sub(r"\b(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_])", "", text).replace("Ellipsis", "...")


def markdown(doc: str) -> str:
    """A docstring of this house as Markdown.

    Paragraphs, formulas (lines that begin with a name and " = "), lists, "name : meaning" and examples.

    >>> markdown("Adds c.  y[i] = x[i] + c")
    'Adds c.  y\\\\[i\\\\] = x\\\\[i\\\\] + c\\n\\n'
    >>> print(markdown("c : float, default 1"), end="")
    `c`
    : float, default 1
    <BLANKLINE>
    """
    return "".join(_block(block) for block in re.split(r"\n\s*\n", inspect.cleandoc(doc)) if block.strip())


def _block(block: str) -> str:
    lines = block.splitlines()
    if lines[0].startswith(">>>"):
        return f"```pycon\n{block}\n```\n\n"
    if all(line.startswith("    ") for line in lines):
        return f"```text\n{textwrap.dedent(block)}\n```\n\n"
    if _FIELD.match(lines[0]):
        return _fields(lines)
    if lines[0].startswith("- "):
        return "\n".join(escaped(line) for line in lines) + "\n\n"
    return _sentences(lines) + "\n\n"


_FIELD = re.compile(r"^([A-Za-z_][\w*]*(?:, [A-Za-z_][\w*]*)*) : (.*)$")
_FORMULA = re.compile(r"^[A-Za-z_]\w*(?:\[[^\]]*\])?(?:\([^)]*\))? = ")


def _fields(lines: list[str]) -> str:
    out: list[tuple[str, list[str]]] = []
    for line in lines:
        found = _FIELD.match(line)
        if found:
            out.append((found[1], [found[2]]))
        elif line.startswith("    ") or not out:
            out[-1][1].append(line.strip())
        else:
            out[-1][1].append(line.strip())
    terms = [f"`{names}`\n: {escaped(' '.join(said))}\n" for names, said in out]
    return "\n".join(terms) + "\n"


def _sentences(lines: list[str]) -> str:
    """Lines of a paragraph; a formula begins a line of its own."""
    out: list[str] = []
    for line in lines:
        if out and _FORMULA.match(line):
            out[-1] += "\\"
        out.append(escaped(line.strip()))
    return "\n".join(out)


def escaped(text: str) -> str:
    """Text in which no sign means anything to Markdown, but for what is between backquotes."""
    parts = re.split(r"(`[^`]+`)", text)
    signs = re.compile(r"([\\*_\[\]<>|#~^{}$])")
    return "".join(part if index % 2 else signs.sub(r"\\\1", part) for index, part in enumerate(parts))


def names() -> set[str]:
    """All that the reference has an entry for, as `cnncli.layers.ReLU`."""
    return {f"{part.module}.{name}" for part in PARTS for name, _ in _members(part, import_module(part.module))}


assert cnncli.__all__
