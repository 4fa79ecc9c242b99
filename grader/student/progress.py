"""What a student has seen and reached so far: a small file beside the exercises.

It may be deleted at any time and is never looked at for a mark: whoever edits it changes what
`grade list` says, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from grader.python.toplevel import Statement
from grader.report.model import ExerciseReport

NAME = ".progress.json"
VERSION = 1
LARGEST = 1_000_000
"""Bytes; a file that is larger was not written here."""


@dataclass(frozen=True)
class Last:
    """The last verdict on an exercise, and a digest of the text that it was about."""

    status: str
    score: float
    digest: str

    @property
    def passed(self) -> bool:
        return self.status == "passed"


@dataclass
class Progress:
    """Hints shown and last verdicts, by exercise; `note` says why an old file was set aside."""

    path: Path
    hints: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, Last] = field(default_factory=dict)
    note: str | None = None

    def record(self, reports: Iterable[ExerciseReport], blocks: dict[str, Statement]) -> None:
        """Remember verdicts; `blocks` are the parts of the file that was graded."""
        for report in reports:
            block = blocks.get(report.id.partition(".")[2])
            digest = block.digest if block else ""
            self.verdicts[report.id] = Last(report.status, report.score, digest)

    def save(self) -> str | None:
        """Replace the file in one step; returns a note if that is not possible."""
        data = {
            "version": VERSION,
            "hints": self.hints,
            "verdicts": {name: asdict(last) for name, last in self.verdicts.items()},
        }
        try:
            _replace(self.path, json.dumps(data, indent=1) + "\n")
        except OSError as error:
            return f"{self.path} cannot be written ({error.strerror}): progress is not remembered"
        return None


def load_progress(folder: Path) -> Progress:
    """Read the file in the exercises folder; a broken one counts as none, with a note."""
    path = folder / NAME
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("too large")
        data = json.loads(path.read_text(encoding="utf-8"))
        return Progress(path, _hints(data["hints"]), _verdicts(data["verdicts"]))
    except FileNotFoundError:
        return Progress(path)
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ):
        return Progress(
            path, note=f"{path.name} is broken and is ignored: delete it to be rid of this"
        )


def _hints(data: dict[str, Any]) -> dict[str, int]:
    return {str(name): int(step) for name, step in data.items()}


def _verdicts(data: dict[str, Any]) -> dict[str, Last]:
    return {
        str(name): Last(str(one["status"]), float(one["score"]), str(one["digest"]))
        for name, one in data.items()
    }


def _replace(path: Path, text: str) -> None:
    """Write beside it and rename: a reader sees the old file or the new one, never a part."""
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
