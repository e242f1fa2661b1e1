"""Looks at every link of a built site: it leads to a place of the site, or stands in the list of outer ones."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[2]
OUTER = ROOT / "docs" / "outer-links.txt"
# Tags whose address a browser fetches when it shows the page.
_FETCHED = {"img", "script", "link", "iframe", "source", "video", "audio", "embed", "object"}


class Page(HTMLParser):
    """links : (tag, address) of what the page names; anchors : its ids and names"""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps what it names."""
        values = {name: value for name, value in attrs if value is not None}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "link" and values.get("rel") in ("next", "prev", "index", "search", "author", "canonical"):
            tag = "a"  # nothing is fetched
        self.links += [(tag, values[name]) for name in ("href", "src", "data", "srcset") if name in values]


def outer_links() -> set[str]:
    """The addresses of docs/outer-links.txt, whose lines with # say what they are for."""
    lines = OUTER.read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def site(folder: Path, outer: set[str]) -> tuple[int, list[str]]:
    """How many pages there are, and a line for each link that leads nowhere."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    faults = []
    for path, page in pages.items():
        for tag, address in page.links:
            fault = _fault(path, tag, address, pages, outer)
            if fault:
                faults.append(f"{path.relative_to(folder)}: {address}: {fault}")
    return len(pages), faults


def _fault(path: Path, tag: str, address: str, pages: dict[Path, Page], outer: set[str]) -> str:
    parts = urlsplit(address)
    if parts.scheme == "data":
        return ""
    if parts.scheme or parts.netloc:
        if tag in _FETCHED:
            return "is fetched from elsewhere"
        return "" if address in outer else "stands not in docs/outer-links.txt"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        return "is a folder"
    if not target.is_file():
        return "there is no such file"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "there is no such place on that page"
    return ""
