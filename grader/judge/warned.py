"""Warnings among what a submission printed: they are Python's words and not the student's."""

from __future__ import annotations

import re

from grader.submission.reading import Submission

WARNING = re.compile(
    r"^(?P<file>[\w/.<>-]+):(?P<line>\d{1,7}): (?P<what>\w*Warning: .*)\n(?:  .*\n)?", re.MULTILINE
)
"""As `warnings.formatwarning` writes one, with the line of source below it."""


def without_warnings(printed: str, submission: Submission) -> tuple[str, str]:
    """What was printed, and the warnings in it: each with the place in the student's own file."""
    found = [_placed(warning, submission) for warning in WARNING.finditer(printed)]
    return WARNING.sub("", printed), "\n".join(dict.fromkeys(found))


def _placed(warning: re.Match[str], submission: Submission) -> str:
    file, line = warning["file"], int(warning["line"])
    if file != f"{submission.module}.py":
        return warning["what"]
    return f"{submission.path.name}, {submission.place(line)}: {warning['what']}"
