"""Links in what was handed in: nbgrader would follow them, out of the student's folder."""

from __future__ import annotations

from pathlib import Path

from grader.submission.disk import a_link
from grader.submission.errors import UnreadableSubmission


def without_links(folder: Path) -> None:
    """Raises UnreadableSubmission if the folder is a link, or anything in it.

    nbgrader copies all that lies beside a notebook into the feedback that students get.
    """
    for path in (folder, *sorted(folder.rglob("*"))):
        if path.is_symlink():
            raise UnreadableSubmission(a_link(path))
