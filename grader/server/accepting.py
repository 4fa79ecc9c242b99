"""Accepting a submission: what may be handed in now, and the row that it becomes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.classroom.members import Member, in_archive, is_archive
from grader.classroom.roster import submission_among
from grader.course.model import Chapter, Course
from grader.report.text import harmless
from grader.server.accounts import now
from grader.server.claims import packed
from grader.server.history import received_of, window_for
from grader.server.office import Office
from grader.server.settings import Settings
from grader.server.tables import FIRST, WAITING, Account, Judgement, Submission
from grader.server.tries import left
from grader.server.windows import AHEAD, CLOSED
from grader.submission import reading
from grader.submission.errors import UnreadableSubmission
from grader.submission.names import chapter_called, stem_of
from grader.submission.siblings import LARGEST, LARGEST_TOGETHER, MOST_FILES
from grader.wall.limits import MB

DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*){0,8}")
LONGEST_NAME = 200
MOST_CELLS = 10_000


class Refused(Exception):
    """It is not accepted, for a reason that passes: too early, too late, no tries left.

    `again` is when it may be tried again, if that is known.
    """

    def __init__(self, why: str, again: datetime | None = None) -> None:
        super().__init__(why)
        self.again = again


@dataclass(frozen=True)
class HandIn:
    """What somebody hands in, read and not yet accepted; `key` is the sender's own."""

    chapter: Chapter
    target: str
    submission: reading.Submission
    key: str


def of_text(
    course: Course, target: str, file: str, files: dict[str, str], cells: list[int], key: str
) -> HandIn:
    """What `grade submit` sends.  Raises UnknownName, UnreadableSubmission."""
    chapter, _ = course.select(target)
    if chapter.module not in files:
        raise UnreadableSubmission(f"the text of {chapter.module} is missing")
    if len(files) > MOST_FILES + 1:
        raise UnreadableSubmission(f"at most {MOST_FILES} helpers may be handed in")
    if wrong := next((name for name in files if not DOTTED.fullmatch(name)), None):
        raise UnreadableSubmission(f"{harmless(wrong, 80)} is no name of a module")
    sizes = [len(text.encode("utf-8", "replace")) for text in files.values()]
    if max(sizes) > LARGEST or sum(sizes) > LARGEST_TOGETHER + LARGEST:
        raise UnreadableSubmission(f"a file is larger than {LARGEST // MB} MB")
    if len(cells) > MOST_CELLS or cells != sorted(cells) or (cells and cells[0] != 1):
        raise UnreadableSubmission("cells are the lines at which they begin, in order, from 1")
    clean = {name: _whole(text) for name, text in files.items()}
    submission = reading.Submission(Path(_name(file)), chapter.module, clean, tuple(cells))
    return HandIn(chapter, target, submission, key)


def of_file(course: Course, target: str | None, name: str, data: bytes, key: str) -> HandIn:
    """A file as a browser sends it: source, notebook, or an archive of them.

    Without a target the names say which chapter it is for.  Raises UnknownName,
    UnreadableSubmission.
    """
    name = _name(name)
    member = Member(PurePosixPath(name), lambda most: data[: most + 1])
    if target is None:
        target = _named(course, member, data)
    chapter, _ = course.select(target)
    found = submission_among([member], course, chapter)
    return HandIn(chapter, target, found, key)


def accept(session: Session, office: Office, account: Account, hand_in: HandIn) -> Submission:
    """Make it a row.  Who sends the same key again gets the same row.  Raises Refused."""
    database, settings = office.database, office.settings
    # One student's submissions are accepted one after another, or two could take the last try.
    session.execute(database.locked(select(Account.id).where(Account.id == account.id)))
    known = session.scalar(
        select(Submission).where(Submission.account_id == account.id, Submission.key == hand_in.key)
    )
    content = packed(hand_in.submission)
    digest = hashlib.sha256(content).hexdigest()
    if known is not None:
        if known.digest != digest:
            raise Refused("this key was sent before with another submission: take a new one")
        return known
    _look(session, settings, account, hand_in.chapter)
    row = Submission(
        account_id=account.id,
        key=hand_in.key,
        chapter=hand_in.chapter.id,
        target=hand_in.target,
        received=now(),
        file=_name(str(hand_in.submission.path)),
        digest=digest,
        content=content,
        round=FIRST,
    )
    session.add(row)
    session.flush()
    session.add(Judgement(submission_id=row.id, round=FIRST, state=WAITING, losses=0))
    return row


def _look(session: Session, settings: Settings, account: Account, chapter: Chapter) -> None:
    """Raises Refused where the chapter is not open to the student, or no try is left."""
    if chapter.id not in settings.chapters:
        raise Refused(f"{chapter.id} is not open in this class")
    found = window_for(session, settings, account.id, chapter.id)
    moment = now()
    state = found.state(moment)
    if state == AHEAD and found.opening.opens:
        raise Refused(f"{chapter.id} opens on {said(found.opening.opens)}")
    if state == CLOSED and found.closes:
        raise Refused(f"{chapter.id} closed on {said(found.closes)}")
    still = left(found.opening.tries, received_of(session, account.id, chapter.id), moment)
    if still.tries == 0 and still.next is not None:
        when = still.next.astimezone(settings.zone)
        raise Refused(f"no tries of {chapter.id} are left until {when:%H:%M:%S}", still.next)


def said(moment: datetime) -> str:
    """A moment as the class's clock shows it."""
    return f"{moment:%a %d %b %Y at %H:%M} ({moment.tzname()})"


def _named(course: Course, member: Member, data: bytes) -> str:
    """The one chapter that the file's name, or those in an archive, are about.

    Raises UnreadableSubmission.
    """
    name = member.path.name
    paths = [member.path]
    if is_archive(name):
        paths += [one.path for one in in_archive(data, name) if not one.folder]
    called = (chapter_called(stem_of(path), course.chapters) for path in paths)
    found = {one.id for one in called if one is not None}
    if len(found) != 1:
        raise UnreadableSubmission(
            "which chapter is it? The file's name does not say: choose it in the list"
        )
    return found.pop()


def _name(text: str) -> str:
    """A file's name, without its folders, that can be shown."""
    name = PurePosixPath(text.replace("\\", "/")).name
    return harmless(name, LONGEST_NAME // 2).replace("\n", " ")[:LONGEST_NAME] or "submission"


def _whole(text: str) -> str:
    """Half a character, which JSON can hold, can be sent nowhere."""
    return text.encode("utf-8", "replace").decode("utf-8")
