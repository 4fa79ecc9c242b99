"""Whose a file is, by the names that learning management systems give to what they download.

A name says a student, perhaps an attempt, and where the file lies among that student's:

    Canvas        lowada_LATE_11_999_ch4.py
    Moodle        Ada Low_12_assignsubmission_file_/ch4.py
    Blackboard    Homework 4_ada01_attempt_2026-10-01-10-00-00_ch4.py
    Brightspace   11-22 - Ada Low - Oct 1, 2026 1015 AM/ch4.py (or - ch4.py)
    Sakai         Homework/Low, Ada(ada01)/Submission attachment(s)/ch4.py
    anybody       ada/ch4.py, ada.py
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from grader.classroom.members import ARCHIVES, Member
from grader.report.text import harmless
from grader.submission.names import suffix_of

CANVAS = re.compile(r"(?P<name>[^\W_]+)(?:_LATE)?_(?P<id>\d+)_\d+_(?P<file>.+)", re.IGNORECASE)
CANVAS_TEXT = re.compile(r"(?P<name>[^\W_]+)(?:_LATE)?_(?P<id>\d+)_(?P<file>text\.html)")
MOODLE = re.compile(r"(?P<student>.+_\d+)_assignsubmission_[a-z]+_?(?P<file>.*)")
BLACKBOARD = re.compile(
    r"(?P<whose>.+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)", re.IGNORECASE
)
BRIGHTSPACE = re.compile(
    r"(?P<id>\d+-\d+) - (?P<name>.+?) - "
    r"(?P<when>[A-Z][a-z]+\.? \d{1,2}, \d{4} \d{1,2}:?\d\d [AP]M)(?: - (?P<file>.+))?"
)
SAKAI = re.compile(r".+\([^()]+\)")
ATTACHMENTS, FEEDBACK = "Submission attachment(s)", "Feedback Attachment(s)"
UNKNOWN_ARCHIVES = (".rar", ".7z")
DOCUMENTS = tuple(".txt .pdf .docx .doc .odt .rtf .html .jpg .jpeg .png .heic".split())
OUR_OWN = re.compile(r"(readme|grades|roster|gradebook|index)\b", re.IGNORECASE)
"""Files beside the hand-ins that are no hand-in: a system or an instructor put them there."""

STAMP = "%Y-%m-%d-%H-%M-%S"
"""How Blackboard writes a time, and how attempts are compared."""

LONGEST_NAME = 120


@dataclass(frozen=True)
class Claim:
    """Whose a file is, which entry says so, in which attempt, and where it lies among theirs."""

    student: str
    by: str
    path: PurePosixPath
    attempt: str = ""


def clean(name: str) -> str:
    """A name as one harmless line; the same however its accents are encoded."""
    return harmless(" ".join(unicodedata.normalize("NFC", name).split()), LONGEST_NAME)


class Claims:
    """Reads the names of one class's files."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.of_sakai = any(map(_of_sakai, members))
        whose = {
            found["whose"]
            for one in members
            if (found := BLACKBOARD.fullmatch(one.path.parts[0])) is not None
        }
        parts = zip(*(name.split("_")[:-1] for name in whose), strict=False)
        common = [one[0] for one in itertools.takewhile(lambda one: len(set(one)) == 1, parts)]
        self.assignment = "".join(f"{part}_" for part in common)
        """What stands before every Blackboard user's name; an assignment's may have underscores."""

    def of(self, member: Member) -> Claim | None:
        """Whose a file is by its name, None if nobody's."""
        if self.of_sakai:
            return _of_sakai(member)
        top, *rest = member.path.parts
        if found := MOODLE.fullmatch(top):
            name = clean(found["student"])
            return Claim(name, name, PurePosixPath(*filter(None, [found["file"]]), *rest))
        if found := BLACKBOARD.fullmatch(top):
            name = clean(found["whose"].removeprefix(self.assignment))
            return Claim(name, name, PurePosixPath(found["file"] or ""), found["when"])
        if found := BRIGHTSPACE.fullmatch(top):
            name = f"{clean(found['name'])}_{found['id'].split('-')[0]}"
            path = PurePosixPath(*filter(None, [found["file"]]), *rest)
            return Claim(name, name, path, _sortable(found["when"]))
        return _of_folder_or_file(member, top, rest)


def _of_sakai(member: Member) -> Claim | None:
    parts = member.path.parts
    for place, (folder, inner) in enumerate(itertools.pairwise(parts)):
        if SAKAI.fullmatch(folder) and inner in (ATTACHMENTS, FEEDBACK, "timestamp.txt"):
            inside = parts[place + 2 :] if inner == ATTACHMENTS else ()
            return Claim(clean(folder), f"{folder}/", PurePosixPath(*inside))
    return None


def _of_folder_or_file(member: Member, top: str, rest: list[str]) -> Claim | None:
    if rest or member.folder:
        return Claim(clean(top), f"{top}/", PurePosixPath(*rest))
    if canvas := CANVAS.fullmatch(top) or CANVAS_TEXT.fullmatch(top):
        name = f"{canvas['name']}_{canvas['id']}"
        return Claim(name, name, PurePosixPath(canvas["file"]))
    path = PurePosixPath(top)
    if suffix_of(path) or (member.refused and not path.suffix):
        return Claim(clean(path.stem), top, path)
    lower = top.lower()
    for ending in (*ARCHIVES, *UNKNOWN_ARCHIVES, *DOCUMENTS):
        if lower.endswith(ending) and not OUR_OWN.match(lower):
            return Claim(clean(top[: -len(ending)]), top, path)
    return None


def _sortable(when: str) -> str:
    """Brightspace's date so that later is greater; months are cut to three letters or are not."""
    month, rest = when.replace(":", "").split(maxsplit=1)
    try:
        return datetime.strptime(f"{month[:3]} {rest}", "%b %d, %Y %I%M %p").strftime(STAMP)
    except ValueError:
        return when
