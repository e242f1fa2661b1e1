"""The single-token changes of a C++ file that mean something.

Left out, since no test should care: comments, text, preprocessor lines, static assertions, heads of templates. What the
layout of the code (clang-format's) tells to be a pointer, a reference or a template's bracket is no operator.
"""

import re
from collections.abc import Iterator

from mutants.changes import Change

_OTHERS: dict[str, tuple[str, ...]] = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("/",), "+=": ("-=",), "-=": ("+=",), "*=": ("/=",),
    "/=": ("*=",), "++": ("--",), "--": ("++",), "<<": (">>",), ">>": ("<<",), "<<=": (">>=",), ">>=": ("<<=",),
    "&&": ("||",), "||": ("&&",), "&": ("|",), "|": ("&",), "!": ("",),
    "true": ("false",), "false": ("true",), "min": ("max",), "max": ("min",), "begin": ("end",), "end": ("begin",),
    "break": ("continue",), "continue": ("break",), "height": ("width",), "width": ("height",), "rows": ("cols",),
}  # fmt: skip
# Where these are operators they stand between blanks; as signs of types they do not.
_BETWEEN_BLANKS = {"<", ">", "*", "/", "&", "|", ">>", "<<"}
_TOKEN = re.compile(
    r"""(?P<skip>//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|^[ \t]*\#(?:\\\n|[^\n])*)
      | (?P<static>static_assert\b[^;]*;|\btemplate\s*<[^{;()]*?>(?=\s))
      | (?P<word>[A-Za-z_]\w*)
      | (?P<number>0x[0-9a-fA-F']+|(?:\d[\d']*\.?[\d']*|\.\d+)(?:e[+-]?\d+)?f?)(?P<suffix>\w*)
      | (?P<sign><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|::|[-+*/%&|^!<>])""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


def changes_of_cpp(module: str, source: bytes) -> list[Change]:
    """All changes of a file, in the order of its lines."""
    text = source.decode()
    assert text.isascii(), f"{module} has letters that are not ASCII, so that places in it are not those of bytes"
    found = []
    for match in _TOKEN.finditer(text):
        for start, end, new in _edits(text, match):
            number = text.count("\n", 0, start) + 1
            line = (text[:start] + new + text[end:]).split("\n")[number - 1].strip()
            found.append(Change(module, "", number, start, end, new, line))
    return found


def _edits(text: str, match: "re.Match[str]") -> Iterator[tuple[int, int, str]]:
    start, end = match.span()
    if match["skip"] or match["static"]:
        return
    if match["number"]:
        end -= len(match["suffix"])
        for other in _other_numbers(match["number"]):
            yield start, end, other
        return
    token = match.group()
    if token in _BETWEEN_BLANKS and not (text[start - 1].isspace() and text[end : end + 1].isspace()):
        return
    for other in _OTHERS.get(token, ()):
        yield start, end, other


def _other_numbers(text: str) -> tuple[str, ...]:
    if text.startswith("0x"):
        return (hex(int(text.replace("'", ""), 16) ^ 1),)
    digits = text.replace("'", "")
    if digits.isdigit():
        return str(int(digits) + 1), str(int(digits) - 1)
    suffix = "f" if digits.endswith("f") else ""
    return (repr(float(digits.removesuffix("f")) * 2 or 1.0) + suffix,)
