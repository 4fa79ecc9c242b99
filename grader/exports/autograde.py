"""What runs on Gradescope: a folder with a submission goes in, `results.json` comes out.

    python -I -m grader.exports.autograde /autograder

Where there is nothing to grade the score is 0 and the student reads why.  Where the grader itself
fails there is no score at all, and Gradescope reports a failed run.
"""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from grader.course.model import Chapter
from grader.course.reading import load_course
from grader.judge.assignment import Assignment, Run
from grader.judge.heir import reports
from grader.report.as_gradescope import no_mark, to_gradescope, zero
from grader.report.disclosure import Disclosure, disclosed_chapter
from grader.report.model import ChapterReport
from grader.report.text import harmless
from grader.submission.errors import UnreadableSubmission
from grader.submission.reading import Submission, chapter_file, read_submission
from grader.wall.isolation import PROCESS, detect

SETTINGS = "settings.toml"
SOURCES = (".py", ".ipynb")
DEPTH = 3
"""Folders below the submission in which its file is looked for: a repository, a zip of a folder."""

WEAK = (
    "the submission would run as the same user as the grader, and could read the checks: "
    "run as root, install bubblewrap, or set weak_isolation = true in settings.toml"
)


class NotIsolated(Exception):
    """Nothing here keeps a submission from the checks."""


@dataclass(frozen=True)
class Settings:
    """What an instructor chose, as it stands in `settings.toml`."""

    chapter: str
    seed: int
    examples: int
    disclosure: str
    weak_isolation: bool


def main() -> None:
    """Grade what lies in the folders under the root that the command line names."""
    root = Path(sys.argv[1]).resolve()
    results = root / "results" / "results.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    partial = results.with_suffix(".part")
    partial.write_text(results_of(root), encoding="utf-8", newline="\n")
    partial.replace(results)


def results_of(root: Path) -> str:
    """The text of `results.json`; without a score when anything of ours went wrong."""
    try:
        _close_to_others(root)
        settings = _settings(root / "source" / SETTINGS)
        report = _graded(root, settings)
        return to_gradescope([disclosed_chapter(report, Disclosure(settings.disclosure))])
    except UnreadableSubmission as error:
        return zero(str(error))
    except Exception as error:
        why = harmless(f"{type(error).__name__}: {error}")
        print(f"grade: the grader failed, no mark is given: {why}", file=sys.stderr)
        return no_mark("the autograder failed. Your instructor can see why, and run it again.")


def _graded(root: Path, settings: Settings) -> ChapterReport:
    isolation = detect()
    if isolation.name == PROCESS and not settings.weak_isolation:
        raise NotIsolated(f"{isolation.why}; {WEAK}")
    course = load_course(root / "source" / "course")
    chapter = course.chapter(settings.chapter)
    submission = find_submission(root / "submission", chapter)
    assignment = Assignment(chapter, submission, chapter.exercises)
    return reports(course, [assignment], Run(settings.seed, settings.examples), isolation)[0]


def find_submission(folder: Path, chapter: Chapter) -> Submission:
    """The chapter's file anywhere in the folder, or the only file there is.

    Raises UnreadableSubmission, also where a link could lead to files that are not the student's.
    """
    paths = sorted(folder.rglob("*"), key=lambda path: (len(path.parts), path))
    links = {path for path in paths if path.is_symlink()}
    for path in paths:
        if path in links and path.suffix in SOURCES:
            name = harmless(path.name, 80).replace("\n", " ")
            raise UnreadableSubmission(f"{name} is a link: hand in the file itself")
    near = [path for path in paths if len(path.relative_to(folder).parts) <= DEPTH]
    inside = [path for path in near if path not in links]
    for place in [folder, *filter(Path.is_dir, inside)]:
        if chapter_file(place, chapter):
            return _read(place, chapter)
    files = [path for path in inside if path.suffix in SOURCES]
    if len(files) == 1:
        return _read(files[0], chapter)
    raise UnreadableSubmission(
        f"your submission holds no {chapter.module}.py: hand in the file under that name, "
        f"or {chapter.module}.ipynb"
    )


def _read(path: Path, chapter: Chapter) -> Submission:
    try:
        return read_submission(path, chapter)
    except UnreadableSubmission as error:
        why = str(error).replace(f"{path.parent}{os.sep}", "")
        raise UnreadableSubmission(harmless(why).replace("\n", " ")) from None


def _settings(path: Path) -> Settings:
    return Settings(**tomllib.loads(path.read_text(encoding="utf-8")))


def _close_to_others(root: Path) -> None:
    """Leave course, submission and results to root, if that is who we are."""
    if os.geteuid() == 0:
        for name in ("source", "submission", "results"):
            (root / name).chmod(0o700)


if __name__ == "__main__":
    main()
