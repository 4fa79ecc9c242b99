"""Lines as Python counts them."""

from __future__ import annotations

import re

END = re.compile(r"\r\n|\r|\n")


def lines_of(source: str) -> list[str]:
    """The lines without their ends, which are LF, CR LF and CR.

    `str.splitlines` would also cut at form feeds and at U+2028, which are characters to Python:
    every line number after one would be wrong.
    """
    return END.split(source)
