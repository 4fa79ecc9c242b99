"""CSV whose every byte is kept: lines and fields as they are written, quotes and all.

The `csv` module reads what a field means and forgets how it was quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Line:
    """A line, its fields as they are written, and what ends it."""

    fields: list[str]
    end: str

    def value(self, column: int) -> str:
        """The text of a field; empty where the line is shorter than the header."""
        raw = self.fields[column] if column < len(self.fields) else ""
        if raw.startswith('"') and raw.endswith('"') and len(raw) > 1:
            raw = raw[1:-1].replace('""', '"')
        return raw.strip()


def delimiter_of(text: str) -> str:
    """Canvas writes commas, or semicolons where a decimal is a comma."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def lines_of(text: str, delimiter: str) -> Iterator[Line]:
    """Cut into lines and fields: put together again they are the text."""
    field = re.compile(
        rf'("(?:[^"]|"")*"[^{delimiter}\r\n]*|[^{delimiter}\r\n]*)({delimiter}|\r\n|\r|\n|\Z)'
    )
    fields: list[str] = []
    for match in field.finditer(text):
        fields.append(match[1])
        if match[2] != delimiter:
            yield Line(fields, match[2])
            fields = []
            if match.end() == len(text):
                return


def quoted(text: str, delimiter: str) -> str:
    special = any(mark in text for mark in (delimiter, '"', "\n", "\r"))
    return '"' + text.replace('"', '""') + '"' if special else text
