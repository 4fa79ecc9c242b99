"""The files that a class handed in, in a folder or a zip, each with a way to read it into memory.

Nothing is unpacked: a path inside an archive is a name and no place on this disk.
"""

from __future__ import annotations

import io
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from grader.submission.reading import UnreadableSubmission
from grader.wall.limits import MB

JUNK = frozenset({"__MACOSX", "__pycache__", "node_modules", "venv"})
LARGEST_ARCHIVE = 32 * MB
"""Bytes of a student's own zip that are read."""

MOST_MEMBERS = 10_000
"""Names in a student's own zip."""

BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
"""What `zipfile` raises on archives that are damaged, encrypted or of another kind."""


@dataclass(frozen=True)
class Member:
    """A file or folder that was handed in.

    `path` is relative and leads nowhere else.  `read` gives the content, one byte more than asked
    for if there is more; it raises UnreadableSubmission.  What is `refused` is never read.
    """

    path: PurePosixPath
    read: Callable[[int], bytes]
    folder: bool = False
    refused: str = ""


def members_of(place: Path) -> list[Member]:
    """All that lies in a folder or a zip, in order.  Raises UnreadableSubmission."""
    if place.is_dir():
        return list(_in_folder(place))
    if not place.exists():
        raise UnreadableSubmission(f"{place} does not exist")
    return in_archive(place, place.name)


def in_archive(archive: Path | bytes, name: str) -> list[Member]:
    """All that lies in a zip; a wrapping folder named like the zip does not count.

    Raises UnreadableSubmission.
    """
    if isinstance(archive, bytes) and archive.count(b"PK\1\2") > MOST_MEMBERS:
        raise UnreadableSubmission(f"{name} holds more than {MOST_MEMBERS} files")
    try:
        opened = zipfile.ZipFile(io.BytesIO(archive) if isinstance(archive, bytes) else archive)
    except BROKEN_ARCHIVE as error:
        raise UnreadableSubmission(f"{name} is not a zip archive: {error}") from None
    found = [one for entry in opened.infolist() if (one := _archived(opened, entry)) is not None]
    found.sort(key=lambda one: one.path.parts)
    wrapper = PurePosixPath(name).stem
    if any(one.path.parts[0] != wrapper for one in found):
        return found
    unwrapped = (replace(one, path=PurePosixPath(*one.path.parts[1:])) for one in found)
    return [one for one in unwrapped if one.path.parts]


def _refused(path: PurePosixPath, why: str) -> Member:
    return Member(path, lambda most: b"", refused=why)


def _in_folder(root: Path) -> Iterator[Member]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not _is_junk(name))
        here = Path(folder)
        for name in [*folders, *sorted(name for name in files if not _is_junk(name))]:
            yield _lying(here / name, PurePosixPath((here / name).relative_to(root).as_posix()))


def _lying(place: Path, path: PurePosixPath) -> Member:
    """A file on the disk; links are never followed, wherever they lead."""
    try:
        kind = place.lstat().st_mode
    except OSError as error:
        return _refused(path, f"{path.name} cannot be read: {error.strerror}")
    if stat.S_ISLNK(kind):
        return _refused(path, f"{path.name} is a link, which is not followed")
    if stat.S_ISDIR(kind):
        return Member(path, lambda most: b"", folder=True)
    if not stat.S_ISREG(kind):
        return _refused(path, f"{path.name} is not a regular file")

    def read(most: int) -> bytes:
        try:
            with place.open("rb") as file:
                return file.read(most + 1)
        except OSError as error:
            raise UnreadableSubmission(f"{path.name} cannot be read: {error.strerror}") from None

    return Member(path, read)


def _archived(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member | None:
    """A member of an archive, None if it is junk."""
    name = entry.filename.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    if not parts or any(_is_junk(part) for part in parts):
        return None
    path = PurePosixPath(*parts)
    if ".." in name.split("/") or name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return _refused(path, f"{path.name}: its name leads out of the archive")
    if stat.S_ISLNK(entry.external_attr >> 16):
        return _refused(path, f"{path.name} is a link, which is not followed")
    if entry.is_dir():
        return Member(path, lambda most: b"", folder=True)
    if entry.flag_bits & 1:
        return _refused(path, f"{path.name} is encrypted")

    def read(most: int) -> bytes:
        try:
            with archive.open(entry) as file:
                return file.read(most + 1)
        except BROKEN_ARCHIVE as error:
            raise UnreadableSubmission(f"{path.name} cannot be read: {error}") from None

    return Member(path, read)


def _is_junk(name: str) -> bool:
    return name in JUNK or name.startswith(".")
