"""The roster: who handed in what, read from a folder or a zip as it lies.

Each of these is one student's: a folder with their name, a `.py`, `.ipynb` or `.zip` file with
their name, and the files that Canvas and Moodle name after them.  What cannot be read is a line
about its student and costs nobody else anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from grader.classroom.members import LARGEST_ARCHIVE, Member, in_archive, members_of
from grader.classroom.results import HandedIn
from grader.course.model import Chapter, Course
from grader.report.text import harmless
from grader.submission.reading import (
    LARGEST,
    LARGEST_NOTEBOOK,
    MOST_FILES,
    Submission,
    UnreadableSubmission,
    decoded,
    names_of,
    of_notebook,
)
from grader.wall.limits import MB

GRADABLE = (".py", ".ipynb")
CANVAS = re.compile(r"(?P<name>[^\W_]+)(?:_LATE)?_(?P<id>\d+)_\d+_(?P<file>.+)", re.IGNORECASE)
MOODLE = re.compile(r"(?P<student>.+_\d+)_assignsubmission_[a-z]+_(?P<file>.*)")
AGAIN = re.compile(r"-\d+$")
"""What Canvas puts behind the name of a file that is handed in again."""

LONGEST_NAME = 120
LONGEST_PROBLEM = 300
SHOWN = 4
"""Files that a question names."""


@dataclass(frozen=True)
class Roster:
    """The class in order of their names, and the names of files that are nobody's."""

    students: tuple[HandedIn, ...]
    ignored: tuple[str, ...] = ()


@dataclass
class _Entry:
    """What was found under one student's name; `claims` are the entries that carry it."""

    members: list[Member] = field(default_factory=list)
    claims: dict[str, None] = field(default_factory=dict)


def read_roster(place: Path, course: Course, chapter: Chapter) -> Roster:
    """Read the class's submissions of a chapter.  Raises UnreadableSubmission if there are none."""
    course_of_nbgrader = (place / "nbgrader_config.py").is_file()
    entries: dict[str, _Entry] = {}
    ignored: dict[str, None] = {}
    for member in members_of(place / "submitted" if course_of_nbgrader else place):
        claim = _claim(member)
        if claim is None:
            ignored[_clean(member.path.parts[0])] = None
            continue
        entry = entries.setdefault(claim.student, _Entry())
        entry.claims[claim.by] = None
        if claim.path.parts:
            entry.members.append(replace(member, path=claim.path))
    if not entries:
        raise UnreadableSubmission(f"{place} holds no submissions: one folder or file a student")
    students = (_handed_in(name, entries[name], course, chapter) for name in sorted(entries))
    return Roster(tuple(students), tuple(ignored))


@dataclass(frozen=True)
class _Claim:
    """Whose a file is, which entry says so, and where it lies among that student's."""

    student: str
    by: str
    path: PurePosixPath


def _claim(member: Member) -> _Claim | None:
    """Whose a file is by its name, None if nobody's."""
    top, *rest = member.path.parts
    if moodle := MOODLE.fullmatch(top):
        name = _clean(moodle["student"])
        return _Claim(name, name, PurePosixPath(*filter(None, [moodle["file"]]), *rest))
    if rest or member.folder:
        return _Claim(_clean(top), f"{top}/", PurePosixPath(*rest))
    if canvas := CANVAS.fullmatch(top):
        name = f"{canvas['name']}_{canvas['id']}"
        return _Claim(name, name, PurePosixPath(canvas["file"]))
    stem, suffix = PurePosixPath(top).stem, PurePosixPath(top).suffix.lower()
    if suffix in (*GRADABLE, ".zip") or (member.refused and not suffix):
        return _Claim(_clean(stem), top, PurePosixPath(top))
    return None


def _clean(name: str) -> str:
    """A name as one harmless line; the same however its accents are encoded."""
    return harmless(" ".join(unicodedata.normalize("NFC", name).split()), LONGEST_NAME)


def _handed_in(student: str, entry: _Entry, course: Course, chapter: Chapter) -> HandedIn:
    try:
        if len(entry.claims) > 1:
            names = ", ".join(map(_clean, entry.claims))
            raise UnreadableSubmission(f"{names}: which of them is it? Keep one")
        return HandedIn(student, _submission(entry.members, course, chapter))
    except UnreadableSubmission as error:
        return HandedIn(student, None, harmless(" ".join(str(error).split()), LONGEST_PROBLEM))


def _submission(members: list[Member], course: Course, chapter: Chapter) -> Submission:
    """The submission among one student's files.  Raises UnreadableSubmission."""
    files = [one for one in _unpacked(members) if one.path.suffix.lower() in GRADABLE]
    if not files:
        raise UnreadableSubmission(
            next((one.refused for one in members if one.refused), "no .py or .ipynb file")
        )
    found = _chosen(files, course, chapter)
    path = Path(str(found.path))
    if found.path.suffix.lower() == ".ipynb":
        return of_notebook(path, decoded(_content(found, LARGEST_NOTEBOOK)), chapter)
    beside = [one for one in files if one.path.parent == found.path.parent and not one.refused]
    others = [one for one in beside if one.path.suffix == ".py" and one is not found]
    texts = {one.path.stem: decoded(_content(one)) for one in others[:MOST_FILES]}
    return Submission(path, chapter.module, {**texts, chapter.module: decoded(_content(found))})


def _unpacked(members: list[Member]) -> Iterator[Member]:
    """One student's files; if there is none to grade, also those in a zip among them."""
    direct = any(one.path.suffix.lower() in GRADABLE for one in members)
    for member in members:
        if direct or member.path.suffix.lower() != ".zip" or member.folder or member.refused:
            yield member
        else:
            for inner in in_archive(_content(member, LARGEST_ARCHIVE), member.path.name):
                yield replace(inner, path=member.path.parent / inner.path)


def _chosen(files: list[Member], course: Course, chapter: Chapter) -> Member:
    """The chapter's file by its name or folder, or else the only file that is not another's."""
    own = [one for one in files if _about(one.path, course) is chapter]
    named = [one for one in own if _chapter_called(one.path.stem, course) is chapter]
    if named:
        best = min(_rank(one.path, chapter) for one in named)
        candidates = [one for one in named if _rank(one.path, chapter) == best]
    else:
        candidates = own or [one for one in files if _about(one.path, course) is None]
    if not candidates:
        raise UnreadableSubmission(f"nothing for {chapter.id} was handed in")
    if len(candidates) > 1:
        names = ", ".join(str(one.path) for one in candidates[:SHOWN])
        raise UnreadableSubmission(f"which file is {chapter.id}: {names}?")
    return candidates[0]


def _about(path: PurePosixPath, course: Course) -> Chapter | None:
    """The chapter that a file belongs to by its name, or else by the folders around it."""
    names = (path.stem, *reversed(path.parent.parts))
    return next((one for name in names if (one := _chapter_called(name, course))), None)


def _chapter_called(name: str, course: Course) -> Chapter | None:
    plain = AGAIN.sub("", name).lower()
    return next((one for one in course.chapters if plain in names_of(one)), None)


def _rank(path: PurePosixPath, chapter: Chapter) -> tuple[int, int, int]:
    """Near the top is better, then a plain file, then the best name."""
    name = AGAIN.sub("", path.stem).lower()
    return (
        len(path.parts),
        GRADABLE.index(path.suffix.lower()),
        names_of(chapter).index(name),
    )


def _content(member: Member, most: int = LARGEST) -> bytes:
    """What is in a file.  Raises UnreadableSubmission."""
    if member.refused:
        raise UnreadableSubmission(member.refused)
    data = member.read(most)
    if len(data) > most:
        raise UnreadableSubmission(f"{member.path} is larger than {most // MB} MB")
    return data
