"""Gathers what Sphinx reads: the pages of the repository with their links turned into those of the site, and made ones.

The pages lie below docs, where they are read on their own, too; docs/README.md is the front page, and its lists are the
order of the site. What a page links to outside docs becomes a page of the site, as text.
"""

import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.site import lessons, python_reference

from cnncli.lessons.catalogue import CATALOGUE

ROOT = Path(__file__).parents[2]
FRONT = "docs/README.md"
# Pages outside docs, and what they are called on the site.
OTHERS = {
    "README.md": "readme.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "examples/README.md": "examples.md",
    "models/README.md": "models.md",
}
# Pages that are made, in the group of the front page that they belong to.
MADE = {"Learn": "All lessons <learn/index.md>", "Reference": "Python <python/index.md>"}
LANGUAGES = {".py": "python", ".toml": "toml", ".cpp": "cpp", ".h": "cpp", ".sh": "sh"}
# Pages with tables in which a cell is the name of a lesson, or several.
NAMING_LESSONS = ("docs/lecture.md", "docs/lessons.md")
_LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\]\([^)]*\))*\]\()([^)\s]+)(\))|((?:src|href)=\")([^\"]+)(\")")
_ENTRY = re.compile(r"^- \[([^\]]+)\]\(([^)#]+)\)", re.MULTILINE)
_ROW = re.compile(r"^\| \[[^\]]+\]\(([^)#/]+\.md)\)", re.MULTILINE)


def write(source: Path, extra: Path) -> None:
    """Everything below `source`; `extra` gets what is copied into the site as it is."""
    known = pages()
    linked: set[str] = set()
    for path, name in known.items():
        text = rewritten((ROOT / path).read_text(encoding="utf-8"), path, known, linked)
        _put(source / name, text + _contents(text, path, known))
    for path in sorted((ROOT / "docs").rglob("*")):
        if path.is_file() and path.suffix in (".png", ".svg", ".gif", ".html"):
            _copy(path, source)
    for name in re.findall(r'<img src="docs/([^"]+)"', (ROOT / "README.md").read_text(encoding="utf-8")):
        _copy(ROOT / "docs" / name, extra)  # Sphinx does not look at plain HTML
    for path in sorted(linked):
        _put(source / file_page(path), _shown(path))
    lessons.write(source / "learn", extra / "learn" / "live")
    python_reference.write(source / "python")
    shown = [f"/{file_page(path)}" for path in sorted(linked)]
    _put(source / "files" / "index.md", "---\norphan: true\n---\n# Files\n" + _toctree(shown))


def pages() -> dict[str, str]:
    """Path in the repository -> path on the site, of all pages that people wrote."""
    found = {}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        inside = path.relative_to(ROOT / "docs")
        found[f"docs/{inside.as_posix()}"] = (inside.parent / inside.name.replace("README", "index")).as_posix()
    return {**found, **OTHERS}


def rewritten(text: str, path: str, known: dict[str, str], linked: set[str]) -> str:
    """The page with the links of the site; files that become pages are put into `linked`."""

    def turn(match: re.Match[str]) -> str:
        before, target, behind = (match[1], match[2], match[3]) if match[1] else (match[4], match[5], match[6])
        return _titled(before, target, path, known) + _target(target, path, known, linked) + behind

    if path in NAMING_LESSONS:
        text = _lessons_linked(text)
    out = []
    for part, is_code in _parts(text):
        out.append(part if is_code else _LINK.sub(turn, part))
    return "".join(out)


def _lessons_linked(text: str) -> str:
    """The page with links to the lessons in the cells of its tables."""
    names = "|".join(re.escape(entry.name) for entry in CATALOGUE)
    cell = re.compile(rf"(?<=\| )`(?:{names})`(?:, `(?:{names})`)*(?= \|)")

    def link(match: re.Match[str]) -> str:
        return re.sub(r"`([^`]+)`", r"[`\1`](learn/\1.md)", match[0])

    return "\n".join(cell.sub(link, line) if line.startswith("|") else line for line in text.split("\n"))


def _titled(before: str, target: str, path: str, known: dict[str, str]) -> str:
    """The text of a link, [name.md]( as [Its title](: nobody who reads the site thinks in files."""
    file = target.partition("#")[0]
    full = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
    if full not in known or before not in (f"[{full}](", f"[{posixpath.basename(full)}]("):
        return before
    return "[" + (ROOT / full).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") + "]("


def _target(target: str, path: str, known: dict[str, str], linked: set[str]) -> str:
    file, mark, anchor = target.partition("#")
    if not file or "://" in file:
        return target
    full = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
    if f"{full}/README.md" in known:
        full = f"{full}/README.md"
    if full in known:
        name = known[full]
    elif full.startswith("docs/") and not full.endswith(".txt"):
        name = full.removeprefix("docs/")
    else:
        linked.add(full)
        name = file_page(full)
    return posixpath.relpath(name, posixpath.dirname(known[path]) or ".") + mark + anchor


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text in parts, and whether each is a block of code."""
    end = 0
    for match in re.finditer(r"^(```+|~~~+).*?^\1[ ]*$", text, re.MULTILINE | re.DOTALL):
        yield text[end : match.start()], False
        yield match[0], True
        end = match.end()
    yield text[end:], False


def _contents(text: str, path: str, known: dict[str, str]) -> str:
    """The table of contents that belongs to an index: of the front page one a heading, else one."""
    if path == FRONT:
        groups = []
        for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            title, _, body = section.partition("\n")
            names = [f"{label.replace('`', '')} <{name}>" for label, name in _ENTRY.findall(body)]
            if title in MADE:
                names.insert(1, MADE[title])
            groups.append(_toctree(names, title))
        return "\n".join(groups)
    if not path.startswith("docs/") or not path.endswith("/README.md"):
        return ""
    return _toctree([*_ROW.findall(text), *(name for _, name in _ENTRY.findall(text))])


def _toctree(names: list[str], caption: str = "") -> str:
    if not names:
        return ""
    head = f":caption: {caption}\n" if caption else ""
    return f"\n```{{toctree}}\n:hidden:\n{head}\n" + "\n".join(names) + "\n```\n"


def file_page(path: str) -> str:
    """Where the site shows a file or folder that is no page."""
    return f"files/{path}.md"


def _shown(path: str) -> str:
    whole = ROOT / path
    head = f"# {path}\n\nFrom the source tree.\n\n"
    files = sorted(one for one in whole.iterdir() if one.is_file()) if whole.is_dir() else [whole]
    parts = []
    for file in files:
        fence = "`" * 8
        title = f"## {file.name}\n\n" if whole.is_dir() else ""
        text = file.read_text(encoding="utf-8").rstrip()
        parts.append(f"{title}{fence}{LANGUAGES.get(file.suffix, 'text')}\n{text}\n{fence}\n")
    return head + "\n".join(parts)


def _copy(path: Path, folder: Path) -> None:
    target = folder / path.relative_to(ROOT / "docs")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
