"""Files and functions of the product stay small enough to be read at once."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 70
CPP_FILES = sorted(path for path in (ROOT / "cpp").rglob("*") if path.suffix in (".h", ".cpp"))
PYTHON_FILES = sorted((ROOT / "python").rglob("*.py"))

# What opens a block but no function, as clang-format lays it out.
NO_FUNCTION = re.compile(
    r"\s*(?:namespace|struct|class|enum|union|if|for|while|do|else|switch|try|extern|CNN_UNROLL|[{}])"
)


def cpp_functions(text: str) -> dict[str, int]:
    """First line of the signature -> lines, for functions and lambdas with a body over several lines."""
    lines = [re.sub(r'"(?:[^"\\]|\\.)*"|\'[{}]\'|//.*', "", line).rstrip() for line in text.splitlines()]
    found = {}
    for number, line in enumerate(lines):
        if not line.endswith("{"):
            continue
        first = number
        while first > 0 and lines[first - 1] and not lines[first - 1].endswith((";", "{", "}", ":")):
            first -= 1
        if NO_FUNCTION.match(lines[first]) or "(" not in "".join(lines[first : number + 1]):
            continue
        depth, last = 0, number
        for last in range(number, len(lines)):
            depth += lines[last].count("{") - lines[last].count("}")
            if depth <= 0:
                break
        found[f"{first + 1}: {lines[first].strip()}"] = last - first + 1
    return found


def python_functions(text: str) -> dict[str, int]:
    """Lines without the docstring, which tells shapes, units and errors and may be long."""
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = node.body[0] if ast.get_docstring(node) else None
            apart = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
            found[f"{node.lineno}: {node.name}"] = (node.end_lineno or 0) - node.lineno + 1 - apart
    return found


def test_functions_of_every_form_are_measured() -> None:
    """The measure itself: what it overlooks it would allow."""
    text = """
template <int T>
CNN_INLINE void tile(const float* x,
                     float* y) {
    for (int i = 0; i < T; ++i) {
        y[i] = x[i];
    }
}

Op::Op(int size)
    : size_(size),
      tasks_(1) {
    check("{");
}

struct Shape {
    int size() const { return 1; }
    int area() const {
        return 2;
    }
};
"""
    assert [name.split(": ", 1)[1] for name in cpp_functions(text)] == [
        "template <int T>", "Op::Op(int size)", "int area() const {",
    ]  # fmt: skip
    assert list(cpp_functions(text).values()) == [7, 5, 3]
    assert len(cpp_functions((ROOT / "cpp/kernels/linear/linear.simd.cpp").read_text())) > 8
    assert list(python_functions('def f():\n    """One\n    two."""\n    return 1\n').values()) == [2]


def test_a_file_and_its_functions_can_be_read_at_once() -> None:
    """A loop and not one test a file: what pytest does around a test takes longer than looking at a file."""
    long_files, long_functions = {}, {}
    for path in CPP_FILES + PYTHON_FILES:
        text, name = path.read_text(), path.relative_to(ROOT).as_posix()
        if len(text.splitlines()) > MOST_LINES_OF_A_FILE:
            long_files[name] = len(text.splitlines())
        functions = cpp_functions(text) if path.suffix in (".h", ".cpp") else python_functions(text)
        long = {function: lines for function, lines in functions.items() if lines > MOST_LINES_OF_A_FUNCTION}
        long_functions |= {name: long} if long else {}
    assert not long_files, "split them by purpose"
    assert not long_functions, "split them"
