"""The files that a class handed in, in a folder or a zip, each with a way to read it into memory.

Nothing is unpacked: a path inside an archive is a name and no place on this disk.
"""

from __future__ import annotations

import io
import lzma
import os
import re
import stat
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from grader.submission.disk import content
from grader.submission.errors import UnreadableSubmission
from grader.wall.limits import MB

JUNK = frozenset({"__MACOSX", "__pycache__", "node_modules", "venv"})
LARGEST_ARCHIVE = 32 * MB
"""Bytes of a student's own zip that are read."""

LARGEST_UNPACKED = 64 * MB
"""Bytes of a tar's files, which lie in memory until they are read."""

MOST_MEMBERS = 10_000
"""Names in a student's own zip."""

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")

BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
"""What `zipfile` and `tarfile` raise on archives that are damaged, encrypted or of another kind."""


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


def is_archive(name: str) -> bool:
    """Whether a file of that name can be looked into."""
    return name.lower().endswith(ARCHIVES)


def in_archive(archive: Path | bytes, name: str) -> list[Member]:
    """All that lies in a zip or tar; a wrapping folder named like the archive does not count.

    Raises UnreadableSubmission.
    """
    found = _in_zip(archive, name) if _is_zip(archive, name) else _in_tar(archive, name)
    found.sort(key=lambda one: one.path.parts)
    wrapper = next((name[: -len(one)] for one in ARCHIVES if name.lower().endswith(one)), name)
    if any(one.path.parts[0] != wrapper for one in found):
        return found
    unwrapped = (replace(one, path=PurePosixPath(*one.path.parts[1:])) for one in found)
    return [one for one in unwrapped if one.path.parts]


def _is_zip(archive: Path | bytes, name: str) -> bool:
    if isinstance(archive, bytes):
        return archive.startswith(b"PK") or not is_archive(name) or name.lower().endswith(".zip")
    return zipfile.is_zipfile(archive) or not tarfile.is_tarfile(archive)


def _in_zip(archive: Path | bytes, name: str) -> list[Member]:
    if isinstance(archive, bytes) and archive.count(b"PK\1\2") > MOST_MEMBERS:
        raise UnreadableSubmission(f"{name} holds more than {MOST_MEMBERS} files")
    try:
        opened = zipfile.ZipFile(io.BytesIO(archive) if isinstance(archive, bytes) else archive)
    except BROKEN_ARCHIVE as error:
        raise UnreadableSubmission(f"{name} is not a zip archive: {error}") from None
    return [one for entry in opened.infolist() if (one := _archived(opened, entry)) is not None]


def _in_tar(archive: Path | bytes, name: str) -> list[Member]:
    """The members of a tar, read once from its beginning: a stream cannot be looked up in."""
    found, total = list[Member](), 0
    try:
        data = io.BytesIO(archive) if isinstance(archive, bytes) else archive.open("rb")
        with data, tarfile.open(fileobj=data, mode="r:*") as opened:
            for entry in opened:
                total += max(entry.size, 0)
                if len(found) >= MOST_MEMBERS or total > LARGEST_UNPACKED:
                    raise UnreadableSubmission(f"{name} holds too much: ask for the file itself")
                member = _in_tar_member(opened, entry)
                if member is not None:
                    found.append(member)
    except BROKEN_ARCHIVE:
        raise UnreadableSubmission(f"{name} is a damaged archive, or none") from None
    return found


def _in_tar_member(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Member | None:
    located = _located(entry.name)
    if located is None or isinstance(located, Member):
        return located
    if entry.isdir():
        return Member(located, lambda most: b"", folder=True)
    if entry.issym() or entry.islnk():
        return _refused(located, f"{located.name} is a link, which is not followed")
    file = archive.extractfile(entry) if entry.isreg() else None
    if file is None:
        return _refused(located, f"{located.name} is not a regular file")
    data = file.read()
    return Member(located, lambda most: data[: most + 1])


def not_nested(member: Member) -> Member:
    """An archive within an archive is named, not read."""
    if member.folder or member.refused or not is_archive(member.path.name):
        return member
    return _refused(
        member.path, f"{member.path.name} is an archive within an archive: ask for the file itself"
    )


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
        return content(place, sys.maxsize, most + 1)

    return Member(path, read)


def _located(filename: str) -> PurePosixPath | Member | None:
    """Where a member lies: a path that leads nowhere else, a refusal, or None if it is junk."""
    name = filename.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    if not parts or any(_is_junk(part) for part in parts):
        return None
    path = PurePosixPath(*parts)
    if ".." in name.split("/") or name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return _refused(path, f"{path.name}: its name leads out of the archive")
    return path


def _archived(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member | None:
    """A member of a zip, None if it is junk."""
    path = _located(entry.filename)
    if path is None or isinstance(path, Member):
        return path
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
