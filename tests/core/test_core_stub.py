"""`_core.pyi` says what `_core` has: the same names, and for each function the same parameters."""

import ast
import re
from pathlib import Path

import pytest

import cnncli
from cnncli import _core

STUB = Path(cnncli.__path__[0]) / "_core.pyi"
if not STUB.exists():  # an editable install may keep the extension elsewhere than the sources
    STUB = Path(__file__).parents[2] / "python" / "cnncli" / "_core.pyi"


def stub_of(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Public names and what defines them, in a module or in a class."""
    found: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
    return {name: node for name, node in found.items() if is_public(name)}


def is_public(name: str) -> bool:
    return not name.startswith("_") or name in ("__init__", "__version__")


def stub_parameters(function: ast.FunctionDef) -> list[str]:
    arguments = function.args
    names = [argument.arg for argument in arguments.posonlyargs + arguments.args]
    if arguments.vararg or arguments.kwonlyargs:
        names.append("*" + (arguments.vararg.arg if arguments.vararg else ""))
    return names + [argument.arg for argument in arguments.kwonlyargs]


def module_parameters(function: object) -> list[list[str]]:
    """The parameter names of each overload, from the signature lines that pybind11 puts into docstrings."""
    name = function.__name__
    signatures = re.findall(
        rf"^(?:\d+\. )?{re.escape(name)}(\(.*\)) ->", function.__doc__ or "", re.MULTILINE
    )
    return [split_parameters(signature[1:-1]) for signature in signatures]


def split_parameters(text: str) -> list[str]:
    """`a: tuple[int, int] = (1, 1), *, b: int` -> [a, *, b]; commas in brackets and quotes do not count."""
    names, depth, current, quoted = [], 0, "", False
    for character in text + ",":
        quoted ^= character in "'\""
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0 and not quoted:
            names.append(re.split(r"[:=]", current)[0].strip())
            current = ""
        else:
            current += character
    return [name for name in names if name and name != "/"]


def test_split_parameters_of_signatures_as_pybind11_writes_them() -> None:
    assert split_parameters("a: tuple[int, int], *, b: str = 'x, y', c: float = 1.0") == ["a", "*", "b", "c"]
    assert split_parameters("") == []


STUB_NAMES = stub_of(ast.parse(STUB.read_text()).body) if STUB.exists() else {}


def test_stub_has_the_names_of_the_module() -> None:
    assert STUB.exists(), "python/cnncli/_core.pyi is missing"
    assert sorted(STUB_NAMES) == sorted(name for name in dir(_core) if is_public(name))


def functions() -> list[tuple[str, ast.FunctionDef, object]]:
    """Each function, and each method of a class, in the stub and in the module."""
    found = []
    for name, node in STUB_NAMES.items():
        actual = getattr(_core, name, None)
        if isinstance(node, ast.FunctionDef):
            found.append((name, node, actual))
        elif isinstance(node, ast.ClassDef):
            for method, definition in stub_of(node.body).items():
                if isinstance(definition, ast.FunctionDef) and not definition.decorator_list:
                    found.append((f"{name}.{method}", definition, getattr(actual, method, None)))
    return found


@pytest.mark.parametrize(
    "name, node, actual", functions(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_stub_has_the_parameters_of_the_function(name: str, node: ast.FunctionDef, actual: object) -> None:
    assert callable(actual), f"{name} is not in the module"
    overloads = module_parameters(actual)
    assert overloads, f"{name}: no signature in its docstring"
    assert stub_parameters(node) in overloads


@pytest.mark.parametrize(
    "name", [name for name, node in STUB_NAMES.items() if isinstance(node, ast.ClassDef)]
)
def test_stub_has_the_members_of_the_class(name: str) -> None:
    members = {member for member in vars(getattr(_core, name)) if is_public(member)}
    assert sorted(stub_of(STUB_NAMES[name].body)) == sorted(members)
