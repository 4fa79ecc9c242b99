"""Files as they lie on the disk: nothing follows a link out of what was handed in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from grader.submission.errors import UnreadableSubmission
from grader.wall.limits import MB

NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A FIFO would keep us waiting, and a link would be followed."""


def content(path: Path, most: int, wanted: int = -1) -> bytes:
    """The bytes of a regular file of at most `most`, the first `wanted` of them.

    Raises UnreadableSubmission, for a link as well.
    """
    try:
        if path.is_symlink():
            raise UnreadableSubmission(a_link(path))
        handle = os.open(path, os.O_RDONLY | NO_LINKS)
    except OSError as error:
        raise UnreadableSubmission(f"{path} cannot be read: {error.strerror}") from None
    with os.fdopen(handle, "rb") as file:
        kind = os.fstat(handle)
        if not stat.S_ISREG(kind.st_mode):
            raise UnreadableSubmission(f"{path} is not a regular file: name a .py or .ipynb file")
        if kind.st_size > most:
            raise UnreadableSubmission(
                f"{path} is larger than {most // MB} MB: is it the right file?"
            )
        return file.read(wanted)


def a_link(path: Path) -> str:
    """What to say about a link."""
    return f"{path.name} is a link, which is not followed: hand in the file itself"


def inside(path: Path, root: Path) -> bool:
    """Whether no part of the path below `root` is a link."""
    parts = path.relative_to(root).parts
    return not any(root.joinpath(*parts[:end]).is_symlink() for end in range(1, len(parts) + 1))
