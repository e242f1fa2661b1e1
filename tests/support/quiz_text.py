"""The numbers in the text of a question of the quiz."""

import re

_NUMBER = r"(-?[\d,]+(?:\.\d+)?)"


def found(pattern: str, text: str) -> list[float] | None:
    """The numbers in a text where `#` stands in the pattern; None where it does not fit."""
    match = re.search(re.escape(pattern).replace(r"\#", _NUMBER), text)
    return None if match is None else [float(group.replace(",", "")) for group in match.groups()]
