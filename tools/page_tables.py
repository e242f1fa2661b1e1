"""What tools write into pages: lines between `<!-- made by TOOL -->` and the `<!-- end -->` behind it."""

END = "<!-- end -->"


def made_lines(page: str, tool: str) -> str:
    """What the tool wrote. tool : as the mark names it, "tools/records.py". SystemExit if a mark is missing."""
    return _parts(page, tool)[1]


def with_made_lines(page: str, tool: str, lines: str) -> str:
    """The page with these lines in place of what the tool wrote before; all else as it is."""
    before, _, after = _parts(page, tool)
    return f"{before}{lines.rstrip()}\n{after}"


def _parts(page: str, tool: str) -> tuple[str, str, str]:
    begin = f"<!-- made by {tool} -->\n"
    before, found, rest = page.partition(begin)
    lines, end, after = rest.partition(END)
    if not found or not end or "<!-- made by " in lines:
        raise SystemExit(f"the page has no {begin.strip()} ... {END}")
    return before + found, lines, end + after
