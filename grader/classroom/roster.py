"""The roster: who handed in what, read from a folder or a zip as it lies.

`claims.py` says whose a file is.  What cannot be read is a line about its student and costs nobody
else anything; of several attempts the last one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath, PurePosixPath

from grader.classroom.claims import UNKNOWN_ARCHIVES, Claims, clean
from grader.classroom.members import (
    ARCHIVES,
    LARGEST_ARCHIVE,
    Member,
    in_archive,
    is_archive,
    members_of,
    not_nested,
)
from grader.classroom.results import HandedIn
from grader.course.model import Chapter, Course
from grader.report.text import harmless
from grader.submission.errors import UnreadableSubmission
from grader.submission.names import GRADABLE, chapter_called, fit, stem_of, suffix_of
from grader.submission.reading import LARGEST_NOTEBOOK, Submission, of_bytes, with_helpers
from grader.submission.siblings import LARGEST, chosen_helpers, key_of
from grader.submission.text import decoded, is_notebook, other_kind
from grader.wall.limits import MB

LONGEST_PROBLEM = 300
SHOWN = 4
"""Files that a question names."""

DEFINITION = re.compile(r"^(def|class) \w+.*:[ \t]*(#.*)?$", re.MULTILINE)

HEAD = 4096
"""Bytes that show what a file is."""


@dataclass(frozen=True)
class Roster:
    """The class in order of their names, and the names of files that are nobody's."""

    students: tuple[HandedIn, ...]
    ignored: tuple[str, ...] = ()


@dataclass
class _Entry:
    """What was found under one student's name, by attempt; `claims` are the entries with it."""

    attempts: dict[str, list[Member]] = field(default_factory=dict)
    claims: dict[str, None] = field(default_factory=dict)


def read_roster(place: Path, course: Course, chapter: Chapter) -> Roster:
    """Read the class's submissions of a chapter.  Raises UnreadableSubmission if there are none."""
    course_of_nbgrader = (place / "nbgrader_config.py").is_file()
    members = members_of(place / "submitted" if course_of_nbgrader else place)
    claims = Claims(members)
    entries: dict[str, _Entry] = {}
    ignored: dict[str, None] = {}
    for member in members:
        claim = claims.of(member)
        if claim is None:
            ignored[clean(member.path.parts[0])] = None
            continue
        entry = entries.setdefault(claim.student, _Entry())
        entry.claims[claim.by] = None
        attempt = entry.attempts.setdefault(claim.attempt, [])
        if claim.path.parts:
            attempt.append(replace(member, path=claim.path))
    if not entries:
        raise UnreadableSubmission(f"{place} holds no submissions: one folder or file a student")
    students = (_handed_in(name, entries[name], course, chapter) for name in sorted(entries))
    tops = {clean(one.path.parts[0]) for one in members if claims.of(one) is not None}
    return Roster(tuple(students), tuple(name for name in ignored if name not in tops))


def _is_source(member: Member) -> bool:
    return bool(suffix_of(member.path))


def _handed_in(student: str, entry: _Entry, course: Course, chapter: Chapter) -> HandedIn:
    *earlier, last = sorted(entry.attempts)
    note = f"attempt of {last}; earlier, not graded: {', '.join(earlier)}" if earlier else ""
    note = harmless(note, LONGEST_PROBLEM)
    try:
        if len(entry.claims) > 1:
            names = ", ".join(map(clean, entry.claims))
            raise UnreadableSubmission(f"{names}: which of them is it? Keep one")
        submission = submission_among(entry.attempts[last], course, chapter)
        return HandedIn(student, submission, note=note)
    except UnreadableSubmission as error:
        problem = harmless(" ".join(str(error).split()), LONGEST_PROBLEM)
        return HandedIn(student, None, problem, note)


def submission_among(members: list[Member], course: Course, chapter: Chapter) -> Submission:
    """The submission among one student's files.  Raises UnreadableSubmission."""
    unpacked = list(_unpacked(members))
    files = [one for one in unpacked if _is_source(one)] or _python_by_another_name(unpacked)
    if not files:
        raise UnreadableSubmission(_nothing_to_grade(unpacked))
    found = _chosen(files, course, chapter)
    plain = suffix_of(found.path) != ".ipynb" and not is_notebook(found.read(HEAD))
    data = _content(found, LARGEST if plain else LARGEST_NOTEBOOK)
    submission = of_bytes(Path(str(found.path)), data, chapter)
    folder = found.path.parent
    helpers: dict[str, PurePath] = {
        key_of(one.path.relative_to(folder).as_posix()): one.path
        for one in files
        if one is not found and one.path.suffix == ".py" and one.path.is_relative_to(folder)
    }
    helpers.pop(chapter.module, None)
    by_path = {one.path: one for one in files}
    return with_helpers(
        submission,
        chosen_helpers(
            helpers,
            submission.source,
            lambda path: decoded(_content(by_path[PurePosixPath(path)])),
        ),
    )


def _unpacked(members: list[Member]) -> Iterator[Member]:
    """One student's files; if there is none to grade, also those in an archive among them."""
    direct = any(map(_is_source, members))
    for member in members:
        if direct or not is_archive(member.path.name) or member.folder or member.refused:
            yield member
        else:
            for inner in in_archive(_content(member, LARGEST_ARCHIVE), member.path.name):
                yield not_nested(replace(inner, path=member.path.parent / inner.path))


def _python_by_another_name(members: list[Member]) -> list[Member]:
    """Text files that hold Python: a student saved it as `.txt`, or without an ending."""
    texts = [one for one in members if one.path.suffix.lower() in (".txt", "") and not one.folder]
    return [one for one in texts if not one.refused and _looks_like_python(one)]


def _looks_like_python(member: Member) -> bool:
    lines = decoded(member.read(LARGEST)).split("\n")
    return any(
        line.startswith(("def ", "class ")) and line.rstrip().endswith(":") for line in lines
    )


def _nothing_to_grade(members: list[Member]) -> str:
    """What was handed in instead, and what to ask for."""
    files = [one for one in members if not one.folder]
    refused = next((one.refused for one in files if one.refused), None)
    if refused is not None:
        return refused
    for member in files:
        kind = other_kind(member.read(HEAD))
        if kind is not None:
            what = f"{kind[0]}: ask for the .py or .ipynb file"
            if member.path.suffix.lower() in (*ARCHIVES, *UNKNOWN_ARCHIVES):
                what += ", or for a .zip" if not is_archive(member.path.name) else " itself"
            return f"{member.path.name} is {what}"
    if files:
        return f"{files[0].path.name} is no .py or .ipynb file: ask for the one with the work in it"
    return "no .py or .ipynb file: ask for the one with the work in it"


def _chosen(files: list[Member], course: Course, chapter: Chapter) -> Member:
    """The chapter's file by its name or folder, or else the only file that is not another's."""
    own = [one for one in files if _about(one.path, course) is chapter]
    named = [one for one in own if chapter_called(stem_of(one.path), course.chapters) is chapter]
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
    names = (stem_of(path), *reversed(path.parent.parts))
    return next((one for name in names if (one := chapter_called(name, course.chapters))), None)


def _rank(path: PurePosixPath, chapter: Chapter) -> tuple[int, tuple[int, int], int]:
    """Near the top is better, then a name that is not a copy's, then a plain file."""
    how = fit(stem_of(path), chapter) or (len(GRADABLE), 0)
    return len(path.parts), how, GRADABLE.index(suffix_of(path) or ".py")


def _content(member: Member, most: int = LARGEST) -> bytes:
    """What is in a file.  Raises UnreadableSubmission."""
    if member.refused:
        raise UnreadableSubmission(member.refused)
    data = member.read(most)
    if len(data) > most:
        raise UnreadableSubmission(f"{member.path} is larger than {most // MB} MB")
    return data
