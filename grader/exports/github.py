"""`grade export github`: a workflow that grades every push to a student's repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from grader.course.model import Chapter, NoCourse
from grader.exports.templates import filled
from grader.report.disclosure import Disclosure

WORKFLOW = Path(".github", "workflows", "classroom.yml")

PINNED = re.compile(
    r"[\w.-]+==[\w.+!-]+"
    r"|https://[\w./:%~-]+\.whl(#sha256=[0-9a-f]{64})?"
    r"|git\+https://[\w./:%~-]+@[\w.-]+"
)
REPOSITORY = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>[\w./-]+)")
FOLDER = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*|\.")

NOWHERE = """\
a student's repository must not hold the course, so say where it comes from:
  --course OWNER/NAME@COMMIT   a private repository, read with the secret COURSE_TOKEN
  --package gradschool==1.2.3  or the https:// address of a wheel, or git+https://…@COMMIT"""


@dataclass(frozen=True)
class CourseRepository:
    """A repository on GitHub that holds the course, and the commit, tag or branch to use."""

    repository: str
    revision: str


@dataclass(frozen=True)
class Workflow:
    """What an instructor chose for one chapter.

    The grader is `package`, or what the course's repository installs.  Raises NoCourse for what
    does not name one place, one version.
    """

    chapter: Chapter
    package: str | None
    course: str | None
    folder: str
    seed: int
    disclosure: Disclosure

    def text(self) -> str:
        """The workflow."""
        if self.package is None and self.course is None:
            raise NoCourse(NOWHERE)
        if not FOLDER.fullmatch(self.folder):
            raise NoCourse(f"--folder {self.folder}: name a folder of the repository")
        return filled(
            "workflow.yml",
            chapter=self.chapter,
            course=self._course(),
            package=self._package(),
            folder=self.folder,
            seed=self.seed,
            disclosure=self.disclosure.value,
        )

    def write(self, path: Path) -> None:
        """Write the workflow, and the folders it stands in."""
        text = self.text()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise NoCourse(f"{path} cannot be written: {error.strerror}") from None

    def _course(self) -> CourseRepository | None:
        if self.course is None:
            return None
        found = REPOSITORY.fullmatch(self.course)
        if found is None:
            raise NoCourse(f"--course {self.course}: write it like --course owner/name@commit")
        return CourseRepository(found["repository"], found["revision"])

    def _package(self) -> str:
        """What pip installs, quoted for the shell."""
        if self.package is None:
            return '"$RUNNER_TEMP/course"'
        if not PINNED.fullmatch(self.package):
            raise NoCourse(
                f"--package {self.package}: name one version, like gradschool==1.2.3, "
                "https://…/gradschool-1.2.3-py3-none-any.whl or git+https://…@COMMIT"
            )
        return f"'{self.package}'"
