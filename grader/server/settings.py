"""`class.toml`: what the instructor decided about a class.

The server writes one to begin with, and reads it again whenever it changes.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from grader.classroom.lateness import LatePolicy
from grader.course.model import Course
from grader.report.disclosure import Disclosure
from grader.server.toml import Reader, SettingsError

FILE = "class.toml"
BEST, LAST = "best", "last"

WRITTEN = """\
# What this class may do.  The server reads this file again whenever it is saved.

name = "{name}"
timezone = "UTC"                # times without an offset are meant here: "Europe/Berlin"
# url = "https://grade.example.edu"   # what students reach the server by

tries = "12 an hour"            # submissions of a chapter by one student; or "unlimited"
counts = "best"                 # which submission does: "best" or "last"
before = "property"             # what students see before their deadline, and after it:
after = "full"                  #   "full" (counterexample, mistake and hint),
                                #   "property" (which checks failed) or "none" (points)
grace = "10 min"                # not yet late
late = "0 days"                 # "3 days, 10 % a day": still accepted, at that loss

# Inputs that nobody has seen, the same for all.  Whoever knows it can draw them: keep it secret.
seed = {seed}

# With no chapter named here, all of them are open.  With some, only these are:
# [ch3]
# opens = 2026-10-01 08:00:00
# due = 2026-10-15 23:59:00
# tries = "unlimited"           # and any of the lines above, for this chapter alone
"""

SPAN = re.compile(r"(\d+)\s*(s|sec|seconds?|min|minutes?|h|hours?|d|days?)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TRIES = re.compile(r"(\d+)\s*(?:an?\s+|per\s+|/\s*)(minute|hour|day)")
PERIOD = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
LATE = re.compile(r"(\d+)\s*days?(?:\s*,\s*(\d+(?:\.\d+)?)\s*%\s*(?:a|per)\s*day)?")
ZONELESS = "UTC"


@dataclass(frozen=True)
class Tries:
    """So many submissions in a period of seconds, as a bucket that fills again; None: no limit."""

    most: int | None = None
    seconds: float = 3600.0


@dataclass(frozen=True)
class Opening:
    """What holds for one chapter.  Moments carry the class's time zone; None is no bound."""

    opens: datetime | None = None
    due: datetime | None = None
    tries: Tries = field(default_factory=Tries)
    counts: str = BEST
    before: Disclosure = Disclosure.property
    after: Disclosure = Disclosure.full
    late: LatePolicy = field(default_factory=LatePolicy)


@dataclass(frozen=True)
class Settings:
    """A class: its chapters by id, in the order of the course."""

    name: str
    zone: ZoneInfo
    url: str
    seed: int
    chapters: dict[str, Opening]


def written(name: str) -> str:
    """A class.toml to begin with, with a secret seed of its own."""
    return WRITTEN.format(name=name.replace("\\", "").replace('"', ""), seed=secrets.randbits(48))


def read_settings(path: Path, course: Course) -> Settings:
    """Read a class.toml.  Raises SettingsError, whose message says what to do."""
    reader = Reader.of_file(path)
    zone = reader.zone("timezone", ZONELESS)
    name, url = reader.text("name", course.name), reader.text("url", "").rstrip("/")
    seed = reader.whole("seed", 0)
    common = _opening(reader, zone, Opening())
    known = [chapter.id for chapter in course.chapters]
    own = {}
    for chapter, table in reader.tables(known):
        own[chapter] = _opening(table, zone, common)
        table.finished()
    reader.finished()
    chapters = {one: own.get(one, common) for one in known if one in own or not own}
    return Settings(name, zone, url, seed, chapters)


def _opening(reader: Reader, zone: ZoneInfo, common: Opening) -> Opening:
    found = Opening(
        opens=reader.moment("opens", zone, common.opens),
        due=reader.moment("due", zone, common.due),
        tries=_tries(reader, common.tries),
        counts=reader.one_of("counts", (BEST, LAST), common.counts),
        before=Disclosure(reader.one_of("before", tuple(Disclosure), common.before)),
        after=Disclosure(reader.one_of("after", tuple(Disclosure), common.after)),
        late=_late(reader, common.late),
    )
    if found.opens and found.due and found.due <= found.opens:
        raise SettingsError(f"{reader.where}: it is due before it opens")
    return found


def _tries(reader: Reader, common: Tries) -> Tries:
    said = reader.text("tries", "")
    if not said:
        return common
    if said == "unlimited":
        return Tries()
    match = TRIES.fullmatch(said)
    if match is None or match[1] == "0":
        raise SettingsError(f'{reader.where}: tries is "12 an hour" or "unlimited", not "{said}"')
    return Tries(int(match[1]), PERIOD[match[2]])


def _late(reader: Reader, common: LatePolicy) -> LatePolicy:
    grace, percent, days = common.grace, common.percent, common.days
    said = reader.text("grace", "")
    if said:
        match = SPAN.fullmatch(said)
        if match is None:
            raise SettingsError(f'{reader.where}: grace is like "10 min" or "2 hours": "{said}"')
        grace = timedelta(seconds=int(match[1]) * SECONDS[match[2][0]])
    said = reader.text("late", "")
    if said:
        match = LATE.fullmatch(said)
        percent = float(match[2] or 0) if match else 101.0
        if match is None or percent > 100:
            raise SettingsError(f'{reader.where}: late is like "3 days, 10 % a day": "{said}"')
        days = int(match[1])
    return LatePolicy(grace, percent, days)
