"""What is still open at the end of some text: brackets and long strings."""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?P<long>\"\"\"|''')|(?P<short>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)
    |(?P<open>[(\[{])|(?P<close>[)\]}])""",
    re.VERBOSE | re.DOTALL,
)
ENDS = {quote: re.compile(rf"(?:\\.|[^\\])*?{quote}", re.DOTALL) for quote in ('"""', "'''")}


@dataclass(frozen=True)
class Opening:
    """How many brackets are open, and by which quotes a long string is; false for none."""

    brackets: int = 0
    quote: str = ""

    def __bool__(self) -> bool:
        return bool(self.brackets or self.quote)


def opening_after(text: str, before: Opening) -> Opening:
    """What is open after the text, if that was open before it."""
    place, brackets, quote = 0, before.brackets, before.quote
    while True:
        if quote:
            end = ENDS[quote].match(text, place)
            if end is None:
                return Opening(brackets, quote)
            place, quote = end.end(), ""
        token = TOKEN.search(text, place)
        if token is None:
            return Opening(brackets)
        place = token.end()
        if token["long"]:
            quote = token["long"]
        elif token["open"]:
            brackets += 1
        elif token["close"]:
            brackets = max(0, brackets - 1)
