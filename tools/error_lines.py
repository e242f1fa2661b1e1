"""The error lines of the program, read from its source: every place at which an error is made, as a template.

docs/errors.md is made of them.

What is put in while the program runs stands as `<word>`; where one of several texts is chosen, each is a line of its
own, and where there are too many, the choice is a `<word>` too. `python -m tools.error_lines` prints all.
"""

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "python" / "cnncli"
CORE = ROOT / "cpp"

# What makes a line with click, which ends with exit code 2.
_CLICK = {"UsageError", "BadParameter", "fail"}
_MOST_ALTERNATIVES = 8  # of one line; more are one `<word>`
_DEEPEST = 4  # calls and names that are followed for one line

# A template: texts, and words in < > for what is put in.
Parts = tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One line.

    module : where it is made, such as "data.split"
    kind : the class of the error
    parts : its texts as they stand; what is put in is a part that begins with "\\0"
    """

    module: str
    kind: str
    parts: Parts

    @property
    def text(self) -> str:
        """`<path>: no such file`."""
        return " ".join("".join(f"<{part[1:]}>" if part.startswith("\0") else part for part in self.parts).split())

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a line of this template matches."""
        texts = ("(.*)" if part.startswith("\0") else re.escape(part) for part in self.parts)
        return re.compile("".join(texts), re.DOTALL)

    @property
    def is_told(self) -> bool:
        """Whether the template itself says something."""
        return sum(len(part.strip()) for part in self.parts if not part.startswith("\0")) > 3


class Source:
    """The functions and classes of all modules, and the errors among them."""

    def __init__(self, package: Path = PACKAGE) -> None:
        self.trees = {
            ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
                path.read_text(encoding="utf-8")
            )
            for path in sorted(package.rglob("*.py"))
        }
        self.functions: dict[str, list[tuple[str, ast.FunctionDef]]] = {}  # name -> modules and functions
        bases: dict[str, set[str]] = {}
        for module, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    self.functions.setdefault(node.name, []).append((module, node))
                elif isinstance(node, ast.ClassDef):
                    bases[node.name] = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        self.errors = {"CnnError", "MirrorError", "_Ended", "Failed", "_fail"}
        self.of_usage = {"UsageError", "BadParameter", "MissingError"}
        self.of_command = {"CnnError", "ValueError"}
        for known in (self.errors, self.of_usage, self.of_command):
            while more := {name for name, of in bases.items() if of & known} - known:
                known |= more

    def function(self, name: str, module: str, is_property: bool = False) -> tuple[str, ast.FunctionDef] | None:
        """The function of that name in the module, or the only one in the package, with its module."""
        found = self.functions.get(name, [])
        found = [place for place in found if is_property == any(map(_is_property, place[1].decorator_list))]
        found = [place for place in found if place[0] == module] or found
        return found[0] if len(found) == 1 else None


def lines(source: Source | None = None) -> list[Line]:
    """All of them, each once, by module and text."""
    source = source or Source()
    found = {line for module in source.trees for line in _lines_of(module, source)} | set(_of_core())
    told = (line for line in found if line.is_told)
    return sorted(told, key=lambda line: (line.module, line.text.lower(), line.kind))


def _lines_of(module: str, source: Source) -> Iterator[Line]:
    for owner, call in _calls(source.trees[module]):
        name = _name_of(call.func)
        is_click = name in _CLICK and (name == "fail" or ast.unparse(call.func).startswith("click."))
        if not (is_click or name in source.errors) or not call.args:
            continue
        arguments = list(call.args)
        reads = _Reader(module, source, owner)
        head: Parts = ()
        if name == "_Ended":  # a verdict of `cnn replay`
            arguments = arguments[1:]
        elif len(arguments) > 1 and not is_click and name != "Failed":  # an error of a layer: layer, reason
            arguments, head = arguments[1:], ("\0layer", ": ")
        kind = "UsageError" if is_click else name
        for parts in reads.alternatives(arguments[0]):
            yield Line(module, "CnnError" if kind == "_fail" else kind, _joined((*head, *parts)))
    if module == "cli.usage":  # what it makes of lines of click
        place = source.function("_message", module)
        assert place is not None
        for parts in itertools.chain(*_return_values(*place, source)):
            yield Line(module, "UsageError", _joined(parts))


def _calls(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
    """Each call, with the innermost function it stands in."""

    def walk(node: ast.AST, owner: ast.FunctionDef | None) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
        if isinstance(node, ast.Call):
            yield owner, node
        inner = node if isinstance(node, ast.FunctionDef) else owner
        for child in ast.iter_child_nodes(node):
            yield from walk(child, inner)

    return walk(tree, None)


class _Reader:
    """Texts of expressions within one function."""

    def __init__(self, module: str, source: Source, owner: ast.FunctionDef | None, depth: int = 0) -> None:
        self._module, self._source, self._owner, self._depth = module, source, owner, depth

    def alternatives(self, node: ast.expr) -> list[Parts]:
        """What the expression may read, as templates; one `<word>` where that cannot be told."""
        found = self._read(node)
        return found if 0 < len(found) <= _MOST_ALTERNATIVES else [(_word(node),)]

    def _read(self, node: ast.expr) -> list[Parts]:
        match node:
            case ast.Constant(value=str(text)):
                return [(text,)]
            case ast.JoinedStr(values=values):
                return self._product(values)
            case ast.FormattedValue(value=value):
                return self.alternatives(value)
            case ast.IfExp(body=body, orelse=orelse):
                return [*self.alternatives(body), *self.alternatives(orelse)]
            case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_text(left) or _is_text(right):
                return self._product([left, right])
            case ast.Name(id=name):
                return self._values_of(name)
            case ast.Call(func=ast.Attribute(value=receiver, attr="strip" | "lower" | "rstrip")):
                return self._read(receiver)
            case ast.Call(func=ast.Name(id="plural"), args=[count, ast.Constant(value=str(noun))]):
                return [(_word(count), f" {noun}s")]
            case ast.Call(func=ast.Name(id="reason_of")):
                return [("\0reason",)]
            case ast.Call(func=function):
                return self._returned(_name_of(function))
            case ast.Attribute(attr=name):  # such as limits.remedy
                return self._returned(name, is_property=True)
        return []

    def _product(self, values: Sequence[ast.expr]) -> list[Parts]:
        choices = [self.alternatives(value) for value in values]
        while _size(choices) > _MOST_ALTERNATIVES:  # what has most alternatives becomes a word
            most = max(range(len(choices)), key=lambda index: len(choices[index]))
            value = values[most]
            choices[most] = [(_word(value.value if isinstance(value, ast.FormattedValue) else value),)]
        return [tuple(itertools.chain(*chosen)) for chosen in itertools.product(*choices)]

    def _values_of(self, name: str) -> list[Parts]:
        """Texts that the function gives the name; none where one of them is no text."""
        if self._owner is None or self._depth == _DEEPEST:
            return []
        given = []
        for node in ast.walk(self._owner):
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    given.append(value)
                case ast.AugAssign(target=ast.Name(id=target)) if target == name:
                    return []
                case ast.NamedExpr(target=ast.Name(id=target)) if target == name:
                    return []
        deeper = _Reader(self._module, self._source, self._owner, self._depth + 1)
        texts = [deeper._read(value) for value in given]
        return list(itertools.chain(*texts)) if all(texts) else []

    def _returned(self, name: str, is_property: bool = False) -> list[Parts]:
        """What a function of this package returns, if it writes sentences."""
        found = self._source.function(name, self._module, is_property) if self._depth < _DEEPEST else None
        texts = [] if found is None else list(_return_values(*found, self._source, self._depth + 1))
        return list(itertools.chain(*texts)) if all(map(_are_told, texts)) else []


def _return_values(
    module: str, function: ast.FunctionDef, source: Source, depth: int = 0
) -> Iterator[list[Parts]]:
    """What each return statement of a function gives."""
    inside = _Reader(module, source, function, depth)
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield inside._read(node.value)


def _is_property(decorator: ast.expr) -> bool:
    return _name_of(decorator) in ("property", "cached_property")


def _are_told(texts: Iterable[Parts]) -> bool:
    """Whether there are templates, and all say something themselves."""
    texts = list(texts)
    return bool(texts) and all(Line("", "", text).is_told for text in texts)


def _is_text(node: ast.expr) -> bool:
    """Whether the expression is seen to be a text, so that + puts texts together."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(left) or _is_text(right)
        case ast.IfExp(body=body):
            return _is_text(body)
    return False


def _size(choices: Iterable[Sequence[object]]) -> int:
    size = 1
    for one in choices:
        size *= len(one)
    return size


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _word(node: ast.expr) -> str:
    """One word for what an expression puts in: the last name in it that says something."""
    names = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute):
            names.append(inner.attr)
        elif isinstance(inner, ast.Name):
            names.append(inner.id)
    called = {_name_of(inner.func) for inner in ast.walk(node) if isinstance(inner, ast.Call)}
    said = [name for name in names if name not in called and name not in ("self", "cls", "UNPRINTABLE")]
    word = (said or names or ["text"])[0].strip("_").replace("_", " ")
    counts = isinstance(node, ast.Call) and _name_of(node.func) == "len"
    return f"\0number of {word}" if counts else f"\0{word}"


def _joined(parts: Iterable[str]) -> Parts:
    """Texts that follow each other as one."""
    joined: list[str] = []
    for part in parts:
        if joined and not part.startswith("\0") and not joined[-1].startswith("\0"):
            joined[-1] += part
        elif part:
            joined.append(part)
    return tuple(joined)


def _of_core() -> Iterator[Line]:
    """What the core says of the settings in the environment, which nothing above it has looked at."""
    for path in (CORE / "runtime" / "threads.cpp", CORE / "simd" / "instruction_set.cpp"):
        for thrown in re.findall(r"throw std::\w+\((.*?)\);", path.read_text(encoding="utf-8"), re.DOTALL):
            parts = []
            for text, word in re.findall(r'"((?:[^"\\]|\\.)*)"|([A-Za-z_][\w.:]*(?:\([^()]*\))?)', thrown):
                if text:
                    parts.append(text)
                elif not word.startswith("std::string") or not thrown.startswith(word):
                    name = re.sub(r"^std::\w+\(|\)$|\.\w+\(\)|\(.*", "", word)
                    parts.append(f"\0{name.strip('_') or 'value'}")
            yield Line(f"_core ({path.relative_to(ROOT)})", "ValueError", _joined(parts))


# Folder or module of the package -> heading of the page, in the order of a person's work
HEADINGS = {
    "cli": "The command line",
    "limits": "Numbers",
    "data": "Data sets",
    "pictures": "Pictures",
    "number_recipe": "Rows of numbers",
    "network": "Descriptions of networks",
    "layers": "Layers",
    "criteria": "Losses",
    "optim": "Optimizers",
    "training": "Training, runs and replay",
    "model": "Evaluation and prediction",
    "model_file": "Model files",
    "measures": "Measures",
    "views": "Pictures of a network",
    "plugins": "Plugins",
    "custom_code": "Code of your own",
    "checks": "The check of a layer",
    "program": "Running a network",
    "storage": "Files",
    "_core": "The environment",
}
HEAD = """# Error lines

Made by `python tools/make_reference.py` from the source; change them there.

Every error of the program is one line: where, the rule, the value found, the remedy. What is put in stands as `<word>`.
On the command line `cnn:` or the command comes first, and the exit code is 2 where the command line has to be changed
and 1 for anything else; `cnn replay` has codes of its own ([cli.md](cli.md)). A name or a path on the command line
that does not exist is 2, whatever it names: a network, a model, a data set, a picture, a run. In Python each is an
exception, a subclass of `cnncli.errors.CnnError`. A line without a code is part of another one, or what `cnn replay`
and `cnn check-layer` find.
"""


def page() -> str:
    """docs/errors.md."""
    source = Source()
    of_heading: dict[str, list[Line]] = {}
    for line in lines(source):
        of_heading.setdefault(line.module.partition(".")[0].partition(" ")[0], []).append(line)
    parts = [HEAD]
    for name in sorted(of_heading, key=lambda name: (list(HEADINGS).index(name) if name in HEADINGS else 99, name)):
        parts.append(f"## {HEADINGS.get(name, name)}\n\n| line | error | code | made in |\n|---|---|---|---|")
        rows = sorted(of_heading[name], key=lambda line: (line.text.lower(), line.module))
        parts += [_row(line, source) for line in rows]
        parts[-1] += "\n"
    return "\n".join(parts)


def _row(line: Line, source: Source) -> str:
    text = line.text.replace("|", "\\|")
    ticks = "``" if "`" in text else "`"
    code = 2 if line.kind in source.of_usage else 1 if line.kind in source.of_command else "-"
    return f"| {ticks}{text}{ticks} | {line.kind.strip('_')} | {code} | {line.module} |"


if __name__ == "__main__":
    for line in lines():
        print(f"{line.module}\t{line.kind}\t{line.text}")
