"""Reading a submission: a `.py` file, a folder of them or a notebook becomes text, never code."""

from __future__ import annotations

import bisect
import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.course.model import Chapter, Course, Exercise
from grader.python.lines import lines_of
from grader.submission.blocks import blocks
from grader.submission.cells import python_of
from grader.submission.disk import a_link, content, inside
from grader.submission.errors import UnreadableSubmission
from grader.submission.names import fit, names_of, stem_of, suffix_of
from grader.submission.notebook import code_of_notebook
from grader.submission.siblings import LARGEST, beside, key_of, siblings
from grader.submission.text import decoded, is_notebook, other_kind
from grader.wall.limits import MB

LARGEST_NOTEBOOK = 100 * MB
"""Bytes of a notebook's file: its plots are not source."""


@dataclass(frozen=True)
class Submission:
    """The text of what a student handed in for one chapter.

    `files` holds the chapter's text under the chapter's module and helpers under their dotted
    names.  `cells` are the lines at which a notebook's cells begin.
    """

    path: Path
    module: str
    files: dict[str, str]
    cells: tuple[int, ...] = field(default=())

    @property
    def source(self) -> str:
        return self.files[self.module]

    @property
    def is_notebook(self) -> bool:
        return bool(self.cells)

    def text(self, file: str = "") -> str:
        """The text of one of its files; empty if it has none of that name."""
        return self.files.get(key_of(file) or self.module, "")

    def line(self, number: int, file: str = "") -> str:
        """The text of a line of the submission."""
        lines = lines_of(self.text(file))
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    def place(self, number: int, file: str = "") -> str:
        """How to find that line: `line 12`, or `cell 3, line 2` in a notebook."""
        if file and file != f"{self.module}.py":
            return f"{file}, line {number}"
        if not self.cells:
            return f"line {number}"
        cell = bisect.bisect_right(self.cells, number)
        return f"cell {cell}, line {number - self.cells[cell - 1] + 1}"


def read_submission(path: Path, chapter: Chapter) -> Submission:
    """Find and read the chapter's file under `path`.  Raises UnreadableSubmission."""
    folder = path.is_dir()
    found = _find(path, chapter) if folder else path
    if folder and not inside(found, path):
        raise UnreadableSubmission(a_link(found))
    submission = of_bytes(found, content(found, LARGEST_NOTEBOOK), chapter)
    if folder:
        return with_helpers(submission, siblings(found, submission.source, chapter.module))
    return with_helpers(submission, beside(found, submission.source))


def with_helpers(submission: Submission, helpers: dict[str, str]) -> Submission:
    """The submission with other modules beside it; those that it writes itself come first."""
    return replace(submission, files={**helpers, **submission.files})


def chapter_file(folder: Path, chapter: Chapter) -> Path | None:
    """The chapter's file in a folder, under any of its names, else a copy of it or the like."""
    for path in _places(folder, chapter):
        if path.is_file():
            return path
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        how = fit(stem_of(path), chapter) if suffix_of(path) and path.is_file() else None
        if how is not None:
            found.append((how, suffix_of(path) != ".py", path.name, path))
    return min(found)[-1] if found else None


def _find(folder: Path, chapter: Chapter) -> Path:
    found = chapter_file(folder, chapter)
    if found is None:
        raise UnreadableSubmission(
            f"{folder} holds no {chapter.module}.py: name the file with --submission FILE"
        )
    return found


def _places(folder: Path, chapter: Chapter) -> list[Path]:
    stems = names_of(chapter)
    return [folder / f"{stem}{suffix}" for suffix in (".py", ".ipynb") for stem in stems]


def of_bytes(path: Path, data: bytes, chapter: Chapter) -> Submission:
    """The submission in a file's content, which decides what it is.

    Raises UnreadableSubmission.
    """
    if kind := other_kind(data):
        raise UnreadableSubmission(f"{path.name} is {kind[0]}, not Python: {kind[1]}")
    if is_notebook(data) or suffix_of(path) == ".ipynb":
        return of_notebook(path, decoded(data), chapter)
    if len(data) > LARGEST:
        text = f"{path} is larger than {LARGEST // MB} MB: is it the right file?"
        raise UnreadableSubmission(text)
    return Submission(path, chapter.module, {chapter.module: decoded(data)})


def of_notebook(path: Path, text: str, chapter: Chapter) -> Submission:
    """The submission in a notebook's text.  Raises UnreadableSubmission."""
    sources = code_of_notebook(path.name, text)
    if sum(map(len, sources)) > LARGEST:
        raise UnreadableSubmission(f"{path} holds more than {LARGEST // MB} MB of code")
    return of_cells(path, chapter, sources)


def of_cells(path: Path, chapter: Chapter, sources: Iterable[str]) -> Submission:
    """A notebook's submission: its code cells one after another, and the modules they write."""
    cells, lines, written = [], list[str](), dict[str, str]()
    for source in sources:
        cells.append(len(lines) + 1)
        python = python_of(source)
        lines += [*python.lines, ""]
        for file, text in python.written.items():
            key = key_of(file.removeprefix("+").removeprefix("./"))
            written[key] = written.get(key, "") + text if file.startswith("+") else text
    files = {**written, chapter.module: "\n".join(lines)}
    return Submission(path, chapter.module, files, tuple(cells))


@dataclass(frozen=True)
class Renaming:
    """The submission's own name for an exercise."""

    mine: str
    exercise: Exercise


def renamings(words: Iterable[str], course: Course) -> tuple[Renaming, ...]:
    """Read `my_softmax=softmax` or `my_softmax=ch4.softmax`.

    Raises UnreadableSubmission for another form, UnknownName for an unknown exercise.
    """
    found = []
    for word in words:
        mine, equals, theirs = word.partition("=")
        _, exercise = course.select(theirs) if equals and theirs else (None, None)
        if exercise is None or not mine.isidentifier():
            raise UnreadableSubmission(f"--map {word}: write it like --map my_softmax=softmax")
        found.append(Renaming(mine, exercise))
    return tuple(found)


def renamed(submission: Submission, chapter: Chapter, given: Iterable[Renaming]) -> Submission:
    """The submission with a line at its end for each name that belongs to the chapter.

    Raises UnreadableSubmission if it does not define the name.
    """
    own = [one for one in given if one.exercise.chapter == chapter.id]
    if not own:
        return submission
    defined = blocks(submission.source)
    for one in own:
        if one.mine not in defined:
            near = difflib.get_close_matches(one.mine, defined, n=1)
            meant = f": did you mean {near[0]}?" if near else ""
            raise UnreadableSubmission(f"{submission.path} defines no {one.mine}{meant}")
    lines = [f"{one.exercise.name} = {one.mine}" for one in own]
    text = "\n".join([submission.source, "", *lines, ""])
    return replace(submission, files={**submission.files, submission.module: text})
