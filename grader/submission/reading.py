"""Reading a submission: a `.py` file, a folder of them or a notebook becomes text, never code."""

from __future__ import annotations

import bisect
import difflib
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.course.model import Chapter, Course, Exercise
from grader.submission.blocks import blocks
from grader.wall.limits import MB

LARGEST = 1 * MB
"""Bytes of source that are read; the largest real submission is a tenth of it."""

LARGEST_NOTEBOOK = 32 * MB
"""Bytes of a notebook's file: its plots are not source."""

MOST_FILES = 50


class UnreadableSubmission(Exception):
    """Nothing can be graded; the message says what to do."""


@dataclass(frozen=True)
class Submission:
    """The text of what a student handed in for one chapter."""

    path: Path
    module: str
    files: dict[str, str]
    cells: tuple[int, ...] = field(default=())

    @property
    def source(self) -> str:
        return self.files[self.module]

    def line(self, number: int, file: str = "") -> str:
        """The text of a line of the submission."""
        lines = self.files.get(file.removesuffix(".py") or self.module, "").splitlines()
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
    found = _find(path, chapter) if path.is_dir() else path
    if found.suffix == ".ipynb":
        return of_notebook(found, notebook_text(found), chapter)
    files = {chapter.module: _text(found)}
    if path.is_dir():
        files |= _siblings(found)
    return Submission(found, chapter.module, files)


def chapter_file(folder: Path, chapter: Chapter) -> Path | None:
    """The chapter's file in a folder, under any of its names."""
    return next((path for path in _places(folder, chapter) if path.is_file()), None)


def _find(folder: Path, chapter: Chapter) -> Path:
    found = chapter_file(folder, chapter)
    if found is None:
        raise UnreadableSubmission(
            f"{folder} holds no {chapter.module}.py: name the file with --submission FILE"
        )
    return found


def names_of(chapter: Chapter) -> tuple[str, ...]:
    """What a chapter's file may be called, but for its suffix; the best name first."""
    return (chapter.module, chapter.id, f"ch{chapter.number:02d}")


def _places(folder: Path, chapter: Chapter) -> list[Path]:
    stems = names_of(chapter)
    return [folder / f"{stem}{suffix}" for suffix in (".py", ".ipynb") for stem in stems]


def _siblings(found: Path) -> dict[str, str]:
    """Other modules in the folder, which the submission may import."""
    others = sorted(path for path in found.parent.glob("*.py") if path != found)[:MOST_FILES]
    return {path.stem: _text(path) for path in others if path.is_file()}


def notebook_text(path: Path) -> str:
    """The text of a notebook's file, plots and all.  Raises UnreadableSubmission."""
    return _text(path, LARGEST_NOTEBOOK)


def _text(path: Path, most: int = LARGEST) -> str:
    return decoded(_bytes(path, most))


def decoded(data: bytes) -> str:
    """The text of a source file, in UTF-8 or else in Latin-1."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _bytes(path: Path, most: int) -> bytes:
    try:
        kind = path.stat()
        if not stat.S_ISREG(kind.st_mode):
            raise UnreadableSubmission(f"{path} is not a regular file: name a .py or .ipynb file")
        if kind.st_size > most:
            raise UnreadableSubmission(
                f"{path} is larger than {most // MB} MB: is it the right file?"
            )
        return path.read_bytes()
    except OSError as error:
        raise UnreadableSubmission(f"{path} cannot be read: {error.strerror}") from None


def of_notebook(path: Path, text: str, chapter: Chapter) -> Submission:
    """The submission in a notebook's text.  Raises UnreadableSubmission."""
    import nbformat

    try:
        notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        sources = [_sendable(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableSubmission(f"{path} is not a notebook: {reason[:80]}") from None
    if sum(map(len, sources)) > LARGEST:
        raise UnreadableSubmission(f"{path} holds more than {LARGEST // MB} MB of code")
    return of_cells(path, chapter, sources)


def of_cells(path: Path, chapter: Chapter, sources: Iterable[str]) -> Submission:
    """A notebook's submission: its code cells one after another."""
    cells, lines = [], list[str]()
    for source in sources:
        cells.append(len(lines) + 1)
        lines += [*_without_magics(source), ""]
    return Submission(path, chapter.module, {chapter.module: "\n".join(lines)}, tuple(cells))


def _sendable(source: object) -> str:
    """The text of a cell; lone surrogates, which JSON can hold, cannot be sent anywhere."""
    return str(source).encode("utf-8", "replace").decode("utf-8")


def _without_magics(source: str) -> list[str]:
    """The lines of a cell; IPython's magics and shell lines become comments."""
    if source.lstrip().startswith("%%"):
        first, *rest = source.splitlines()
        kept = rest if re.match(r"\s*%%(time|timeit|capture|grade)\b", first) else []
        return ["#" + first, *kept]
    return [
        re.sub(r"^(\s*)([%!].*|\?.*|[\w.]+\?{1,2}\s*)$", r"\1pass  # \2", line)
        for line in source.splitlines()
    ]


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
