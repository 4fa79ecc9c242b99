"""`grade export gradescope`: the zip that Gradescope builds an autograder from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.course.model import Chapter, Course
from grader.course.reading import POINTS
from grader.exports.bundle import course_files, engine_files, requirements, write_zip
from grader.exports.templates import filled
from grader.report.disclosure import Disclosure

SCRIPTS = ("setup.sh", "run_autograder")


@dataclass(frozen=True)
class Autograder:
    """What an instructor chose for one chapter."""

    chapter: Chapter
    seed: int
    examples: int
    disclosure: Disclosure
    weak_isolation: bool

    def write(self, course: Course, path: Path) -> None:
        """Write the zip.  Raises CourseError, NoCourse."""
        write_zip(path, self._files(course), SCRIPTS)

    def _files(self, course: Course) -> dict[str, bytes]:
        own = course_files(course, self.chapter)
        files = {f"course/{name}": data for name, data in own.items()}
        files |= {f"engine/{name}": data for name, data in engine_files().items()}
        files |= {name: filled(name).encode() for name in SCRIPTS}
        return files | {
            "README.md": filled(
                "README.md",
                chapter=self.chapter,
                points=POINTS,
                limit=f"{self.chapter.limits.chapter_seconds:g}",
            ).encode(),
            "requirements.txt": requirements(self.chapter).encode(),
            "settings.toml": filled(
                "settings.toml",
                chapter=self.chapter,
                seed=self.seed,
                examples=self.examples,
                disclosure=self.disclosure.value,
                weak_isolation=self.weak_isolation,
            ).encode(),
        }
