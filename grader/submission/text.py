"""Bytes become text, and a file is what its content says, whatever it is called."""

from __future__ import annotations

import codecs
import io
import re
import tokenize

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The marks that may stand at the beginning of a text, and what is written behind them."""

SIGNATURES = (
    (b"PK\x03\x04", "a zip archive", "unpack it and hand in the .py or .ipynb file"),
    (b"Rar!", "a RAR archive", "hand in the .py or .ipynb file, or a .zip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "hand in the .py or .ipynb file, or a .zip"),
    (b"\x1f\x8b", "a gzip archive", "unpack it and hand in the .py or .ipynb file"),
    (b"BZh", "a bzip2 archive", "unpack it and hand in the .py or .ipynb file"),
    (b"\xfd7zXZ\x00", "an xz archive", "unpack it and hand in the .py or .ipynb file"),
    (b"%PDF", "a PDF document", "hand in the .py or .ipynb file itself"),
    (b"\xd0\xcf\x11\xe0", "an Office document", "hand in the .py or .ipynb file itself"),
    (b"{\\rtf", "a rich text document", "save it as plain text, with the ending .py"),
    (b"\x89PNG", "a picture", "hand in the .py or .ipynb file, not a photograph of it"),
    (b"\xff\xd8\xff", "a picture", "hand in the .py or .ipynb file, not a photograph of it"),
    (b"GIF8", "a picture", "hand in the .py or .ipynb file, not a photograph of it"),
    (b"\x7fELF", "a program", "hand in the .py or .ipynb file itself"),
)
"""First bytes of what is no source, what it is, and what to do."""

WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
NOTEBOOK = re.compile(rb'\s*\{.*?"(cells|worksheets)"\s*:\s*\[', re.DOTALL)
NOTEBOOK_HEAD = 200_000
"""Bytes in which a notebook names its cells; its metadata may stand first."""


def other_kind(data: bytes) -> tuple[str, str] | None:
    """What the content is if it is no source at all, and what to do; None for text."""
    for signature, kind, advice in SIGNATURES:
        if data.startswith(signature):
            return kind, advice
    if WEB_PAGE.match(data):
        return "a web page", "download the file itself, not the page that shows it"
    return None


def is_notebook(data: bytes) -> bool:
    """Whether the content is a notebook's JSON."""
    head = data[:NOTEBOOK_HEAD].removeprefix(codecs.BOM_UTF8)
    if not head.lstrip().startswith(b"{"):
        return False
    return NOTEBOOK.match(head) is not None or b'"nbformat"' in data[-NOTEBOOK_HEAD:]


def decoded(data: bytes) -> str:
    """The text of a source file, its lines ended by a newline each.

    The mark at its beginning decides how it is read, else its own declaration (PEP 263), else it
    is UTF-8, else Latin-1.
    """
    for mark, coding in MARKS:
        if data.startswith(mark):
            return _lines_ended(data.removeprefix(mark * (coding == "utf-8")), coding)
    try:
        declared, _ = tokenize.detect_encoding(io.BytesIO(data[:1000]).readline)
    except SyntaxError:
        declared = "utf-8"
    return _lines_ended(data, declared)


def _lines_ended(data: bytes, coding: str) -> str:
    for attempt in (coding, "utf-8"):
        try:
            return with_newlines(data.decode(attempt))
        except (UnicodeDecodeError, LookupError):
            continue
    return with_newlines(data.decode("latin-1"))


def with_newlines(text: str) -> str:
    """The text with one kind of line end.  As in Python, U+2028 and a form feed end no line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
