"""What the watcher compares: a chapter's file, and the files beside it that it imports."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from functools import lru_cache

from grader.course.model import Chapter
from grader.python.division import UNPARSABLE
from grader.student.workspace import Workspace
from grader.submission.blocks import changed
from grader.submission.errors import UnreadableSubmission
from grader.submission.reading import Submission, chapter_file, read_submission


@dataclass(frozen=True)
class Reading:
    """A chapter's file and the others that it imports, or why it could not be read."""

    submission: Submission | None
    problem: str = ""

    @property
    def source(self) -> str:
        return self.submission.source if self.submission else ""

    @property
    def imported(self) -> dict[str, str]:
        """The texts of the other files, by module."""
        submission = self.submission
        if submission is None:
            return {}
        return {name: text for name, text in submission.files.items() if name != submission.module}

    def syntax_error(self) -> str | None:
        """Where the file is no Python, and why; None where it is."""
        if self.submission is None:
            return None
        try:
            ast.parse(self.source)
        except SyntaxError as error:
            number = error.lineno or 1
            line = self.submission.line(number)
            return f"{self.submission.place(number)}: {line}\nSyntaxError: {error.msg}"
        except UNPARSABLE as error:
            return f"{type(error).__name__}: {error}"
        return None

    @property
    def half_written(self) -> bool:
        """Whether it may be in the middle of being saved."""
        return not self.source or self.syntax_error() is not None


def read(workspace: Workspace, chapter: Chapter) -> Reading:
    """Read the chapter as it is now."""
    if chapter_file(workspace.folder, chapter) is None:
        gone = workspace.shown(workspace.file(chapter))
        return Reading(None, problem=f"{gone} is gone: waiting for it to come back")
    try:
        submission = read_submission(workspace.folder, chapter)
    except UnreadableSubmission as error:
        return Reading(None, problem=str(error))
    return Reading(replace(submission, files=_used(submission)))


def differing(before: Reading, after: Reading, exercises: list[str]) -> list[str]:
    """The exercises that a change concerns: their own text, or what they use here or imported."""
    known = {**before.imported, **after.imported}
    stale = {name for name in known if before.imported.get(name) != after.imported.get(name)}
    while more := {name for name, text in known.items() if _modules(text) & stale} - stale:
        stale |= more
    names = _names_from(after.source, stale) if stale else set()
    if "*" in names:
        return exercises
    return changed(before.source, after.source, exercises, names)


def _used(submission: Submission) -> dict[str, str]:
    """The files that count: the chapter's own, and what it imports, by way of others too."""
    found = {submission.module: submission.source}
    pending = [submission.source]
    while pending:
        for name in sorted(_modules(pending.pop())):
            if name in submission.files and name not in found:
                found[name] = submission.files[name]
                pending.append(found[name])
    return found


@lru_cache(maxsize=64)
def _modules(source: str) -> frozenset[str]:
    """The modules that a text imports anywhere."""
    try:
        tree = ast.parse(source)
    except UNPARSABLE:
        return frozenset()
    return frozenset(name for part in ast.walk(tree) for name in _from(part))


def _from(part: ast.AST) -> set[str]:
    if isinstance(part, ast.Import):
        return {alias.name.partition(".")[0] for alias in part.names}
    if isinstance(part, ast.ImportFrom) and part.module:
        return {part.module.partition(".")[0]}
    return set()


def _names_from(source: str, modules: set[str]) -> set[str]:
    """The names of the text that come from these modules; `*` for all that a module has."""
    found: set[str] = set()
    try:
        tree = ast.parse(source)
    except UNPARSABLE:
        return found
    for node in tree.body:
        imports = [part for part in ast.walk(node) if _from(part) & modules]
        if imports and isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        for part in imports:
            if isinstance(part, (ast.Import, ast.ImportFrom)):
                found |= {one.asname or one.name.partition(".")[0] for one in part.names}
    return found
