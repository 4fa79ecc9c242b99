"""Output on terminals and files of every encoding: what cannot be written is written plainer."""

from __future__ import annotations

import codecs
import io
import sys

PLAINER = {"✓": "+", "✗": "x", "·": "-", "~": "~", "…": "...", "—": "-", "█": "#", "░": "."}
HANDLER = "grader.plainer"


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """Replace marks that an encoding lacks by similar ones, everything else by `?`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(PLAINER.get(character, "?") for character in missing), error.end


def accept_all_text() -> None:
    """Have stdout and stderr take any text: a Windows console's cp1252 knows no ✓."""
    codecs.register_error(HANDLER, _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)
