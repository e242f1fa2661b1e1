"""The page of one trained network: its weights, the programs that run it, and a pad to draw on, all in one file."""

import base64
import hashlib
import json
import re
from importlib.resources import files
from typing import Any

import numpy as np

from cnncli.pages.html import Markup, element, empty, join, text
from cnncli.pages.style import BASE

# In the order in which they are read; each is about one thing, and names what it needs of those before it.
SCRIPTS = (
    "network", "windows", "values", "kinds", "planes", "resize", "paper", "rules", "parts", "layout", "ink", "prepare",
    "pad", "paint", "explain", "maps", "unit", "page",
)  # fmt: skip


def network_page(title: str, description: dict[str, Any], weights: bytes) -> str:
    """One HTML file that loads nothing and runs the network in the browser.

    title : of the page
    description : JSON values, which web/network.js reads: nodes, input, result, recipe, classes, outputs, temperature,
        threshold
    weights : float32, little-endian, at the offsets that the nodes name
    """
    script = _script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'"
    policy += "; base-uri 'none'; form-action 'none'"
    head = [
        empty("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        empty("meta", name="viewport", content="width=device-width, initial-scale=1"),
        empty("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(BASE + _read("page.css"))),
    ]
    body = [
        _read("body.html").replace("{title}", text(title)),
        _data("network", json.dumps(description, separators=(",", ":"), allow_nan=False)),
        _data("weights", as_text(weights)),
        element("script", Markup(script)),
    ]
    return f'<!doctype html>\n<html lang="en">\n<head>{join(head)}</head>\n<body>\n{"".join(body)}\n</body>\n</html>\n'


def as_text(weights: bytes) -> str:
    """Eleven characters for nine bytes, where base64 has twelve: all 94 of ASCII that are seen, and the blank, but for
    "<", which HTML would read. 94^11 is more than 2^72. At the end zeros fill up to nine bytes."""
    alphabet = np.frombuffer(bytes(code for code in range(32, 127) if code != ord("<")), np.uint8)
    ninths = np.frombuffer(weights + bytes(-len(weights) % 9), np.uint8).reshape(-1, 9).astype(np.int64)
    high = ((ninths[:, :4] << np.array([28, 20, 12, 4])).sum(axis=1)) + (ninths[:, 4] >> 4)  # 36 bits each
    low = ((ninths[:, 4] & 15) << 32) + (ninths[:, 5:] << np.array([24, 16, 8, 0])).sum(axis=1)
    letters = np.empty((len(ninths), 11), np.uint8)
    for place in reversed(range(11)):
        high, rest = np.divmod(high, 94)
        low, digit = np.divmod((rest << 36) + low, 94)
        letters[:, place] = alphabet[digit]
    return letters.tobytes().decode()


def _data(name: str, content: str) -> str:
    """What the page reads and a browser does not run. A name of a class may hold "</script>"."""
    return f'<script type="text/plain" id="{name}">{content.replace("<", chr(92) + "u003c")}</script>\n'


def _script() -> str:
    parts = "".join(_shrunk(f"{name}.js") for name in SCRIPTS)
    return f'(()=>{{"use strict";let M=Math;\n{parts}}})();'


# Comments, then blanks beside signs. A string or a template comes first, so that nothing in it is taken for one;
# "a - -b" keeps its blank. The programs have no regular expressions.
_TEXTS = r'("(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`'
_COMMENTS = re.compile(_TEXTS + r")|[ \t]*//[^\n]*|[ \t]*/\*.*?\*/", re.DOTALL)
_BLANKS = re.compile(
    _TEXTS + r"|[-+] (?=[-+]))|[ \t]*((?![-+] ?[-+])[-+*/%=<>!&|?:;,(){}\[\]])[ \t]*|^[ \t]+|(?<=[{;,(\[])\n\s*",
    re.MULTILINE | re.DOTALL,
)
# Two words that stand in the programs hundreds of times; nothing else is called M.
_SHORTER = {"const ": "let ", "Math.": "M."}
_WORDS = re.compile(_TEXTS + r")|\b(const |Math\.)")


def _shrunk(name: str) -> str:
    """A program without what is for people, who read it in cnncli/pages/web; about three quarters of it."""
    text = _COMMENTS.sub(lambda found: found[1] or "", _read(name))
    text = _BLANKS.sub(lambda found: found[1] or found[2] or "", text)
    text = _WORDS.sub(lambda found: found[1] or _SHORTER[found[2]], text)
    return "".join(f"{line}\n" for line in text.splitlines() if line)


def _read(name: str) -> str:
    return (files("cnncli.pages") / "web" / name).read_text("utf-8")
