"""The single-token changes of one module that mean something: what its tests should notice.

Left out, since no test should care: docstrings, type hints, decorators, assertions, f-strings, all that a `raise` says,
and the number that random numbers start from.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMPARE: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "//",
    ast.Pow: "*",
    ast.LShift: ">>",
    ast.RShift: "<<",
    ast.BitAnd: "|",
    ast.BitOr: "&",
    ast.BitXor: "|",
}
_SPELLED: dict[type[ast.AST], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: r"is", ast.IsNot: r"is\s+not", ast.In: "in", ast.NotIn: r"not\s+in",
    ast.Add: r"\+", ast.Sub: "-", ast.Mult: r"\*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: r"\*\*",
    ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: r"\|", ast.BitXor: r"\^",
    ast.And: "and", ast.Or: "or",
}  # fmt: skip
_TWINS = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}
_NO_MATTER = {"strict", "stacklevel"}  # keywords whose value only guards against mistakes
_TYPES = {"None", "int", "float", "str", "bool", "list", "tuple", "dict", "set", "bytes"}


@dataclass(frozen=True)
class Change:
    """One token of a module made another one. `start` and `end` count bytes of the file."""

    module: str
    function: str  # "" at the top, "split", "InputRecipe.prepare"
    number: int  # of the line, from 1
    start: int
    end: int
    new: str
    line: str  # after the change, without its indentation

    def applied(self, source: bytes) -> bytes:
        """The module with this change."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def changes_of(module: str, source: bytes) -> list[Change]:
    """All changes of a module, in the order of its lines."""
    return sorted(_Finder(module, source).found, key=lambda one: (one.start, one.new))


class _Finder:
    def __init__(self, module: str, source: bytes) -> None:
        self.module, self.source = module, source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.found: list[Change] = []
        self._walk(ast.parse(source), "")

    def _walk(self, node: ast.AST, function: str) -> None:
        if isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr) or _is_a_guard(node) or _is_a_start(node):
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            function = f"{function}.{node.name}" if function else node.name
        for start, end, new in self._edits(node):
            self._add(function, start, end, new)
        for child in _children(node):
            self._walk(child, function)

    def _edits(self, node: ast.AST) -> Iterator[tuple[int, int, str]]:
        """(start, end, new text) for this node alone."""
        if isinstance(node, ast.Compare):
            for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                for new in _COMPARE[type(operator)]:
                    yield *self._between(left, operator, right), new
        elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _is_a_type(node):
            yield *self._between(node.left, node.op, node.right), _ARITHMETIC[type(node.op)]
        elif isinstance(node, ast.AugAssign):
            start, end = self._between(node.target, node.op, node.value)
            yield start, end, _ARITHMETIC[type(node.op)]
        elif isinstance(node, ast.BoolOp):
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield *self._between(left, node.op, right), "or" if isinstance(node.op, ast.And) else "and"
        elif isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.UAdd):
            start = self._start(node)
            yield start, start + (3 if isinstance(node.op, ast.Not) else 1), ""
        elif isinstance(node, ast.Constant):
            for new in _other_values(node.value):
                yield self._start(node), self._end(node), new
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in _TWINS:
            yield self._start(node), self._end(node), _TWINS[node.id]
        elif isinstance(node, ast.Attribute) and node.attr in _TWINS:
            yield self._end(node) - len(node.attr), self._end(node), _TWINS[node.attr]
        elif isinstance(node, ast.Break):
            yield self._start(node), self._end(node), "continue"
        elif isinstance(node, ast.Continue):
            yield self._start(node), self._end(node), "break"

    def _between(self, left: ast.AST, operator: ast.AST, right: ast.AST) -> tuple[int, int]:
        """Where the operator stands: what is between its operands but for brackets and comments."""
        start = self._end(left)
        text = re.sub(rb"#[^\n]*", lambda comment: b" " * len(comment[0]), self.source[start : self._start(right)])
        place = re.search(_SPELLED[type(operator)].encode(), text)
        assert place is not None, (self.module, text)
        return start + place.start(), start + place.end()

    def _start(self, node: Any) -> int:
        return int(self.starts[node.lineno - 1] + node.col_offset)

    def _end(self, node: Any) -> int:
        return int(self.starts[node.end_lineno - 1] + node.end_col_offset)

    def _add(self, function: str, start: int, end: int, new: str) -> None:
        number = self.source.count(b"\n", 0, start) + 1
        changed = self.source[:start] + new.encode() + self.source[end:]
        line = changed.splitlines()[number - 1].decode().strip()
        self.found.append(Change(self.module, function, number, start, end, new, line))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node in which a change means something."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.keyword) and child.arg in _NO_MATTER:
                continue
            if isinstance(child, ast.AST):
                yield child


def _is_a_guard(node: ast.AST) -> bool:
    """`if TYPE_CHECKING` and `if __name__ == ...`, of which tests see one side only."""
    return isinstance(node, ast.If) and ast.unparse(node.test).startswith(("TYPE_CHECKING", "__name__"))


def _is_a_start(node: ast.AST) -> bool:
    """`default_rng(7)`: any other number draws as well."""
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 1
    return is_call and node.func.attr in ("default_rng", "seed") and isinstance(node.args[0], ast.Constant)  # type: ignore


def _is_a_type(node: ast.BinOp) -> bool:
    """`int | None` in the place of a value: an alias of a type, or the argument of isinstance."""
    if not isinstance(node.op, ast.BitOr):
        return False
    parts = ast.unparse(node).split(" | ")
    names = [part.split("[")[0].rsplit(".")[-1] for part in parts]
    return any(name in _TYPES or (name[:1].isupper() and not name.isupper()) for name in names)


def _other_values(value: object) -> tuple[str, ...]:
    if isinstance(value, bool):
        return (str(not value),)
    if isinstance(value, int):
        return str(value + 1), str(value - 1)
    if isinstance(value, float):
        return (repr(value * 2 or 1.0),)
    return ()
