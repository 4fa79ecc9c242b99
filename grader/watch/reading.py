"""What the watcher compares: a chapter's file, and the files beside it that it imports."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from grader.course.model import Chapter
from grader.python.toplevel import definition_of, top_level
from grader.report.explain import explained
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

    def syntax_error(self, name: str = "") -> str | None:
        """Where the file is no Python, and why; None where it is.

        Of several places the one in the exercise `name` is shown, else the first.
        """
        if self.submission is None:
            return None
        found = [one for one in top_level(self.source) if one.broken is not None]
        if not found:
            return None
        chosen = next((one for one in found if name in one.binds), found[0])
        assert chosen.broken is not None
        number, line = chosen.broken.line, self.submission.line(chosen.broken.line)
        error = f"{chosen.broken.error}: {chosen.broken.message}"
        advice = explained(error, line)
        where = f"{self.submission.place(number)}: {line}"
        return "\n".join([where, error, *([advice] if advice else [])])

    def gradable(self, names: Iterable[str]) -> list[str]:
        """Those of the exercises that are Python, whatever else in the file is not."""
        if self.submission is None:
            return []
        return [one for one in names if not _is_broken(self.source, one)]

    @property
    def half_written(self) -> bool:
        """Whether it may be in the middle of being saved."""
        return not self.source or self.syntax_error() is not None


def _is_broken(source: str, name: str) -> bool:
    definition = definition_of(source, name)
    return definition is not None and definition.broken is not None


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
    while more := {name for name, text in known.items() if _modules(text) & _roots(stale)} - stale:
        stale |= more
    names = _names_from(after.source, _roots(stale)) if stale else set()
    if "*" in names:
        return exercises
    return changed(before.source, after.source, exercises, names)


def _roots(modules: Iterable[str]) -> set[str]:
    """The first parts of dotted names: of a package every file counts."""
    return {name.partition(".")[0] for name in modules}


def _used(submission: Submission) -> dict[str, str]:
    """The files that count: the chapter's own, and what it imports, by way of others too."""
    found = {submission.module: submission.source}
    pending = [submission.source]
    while pending:
        imported = _modules(pending.pop())
        for name in sorted(submission.files):
            if name.partition(".")[0] in imported and name not in found:
                found[name] = submission.files[name]
                pending.append(found[name])
    return found


@lru_cache(maxsize=64)
def _modules(source: str) -> frozenset[str]:
    """The modules that a text imports anywhere."""
    return frozenset(name for part in _parts(source) for name in _from(part))


def _parts(source: str) -> Iterator[ast.AST]:
    nodes = (one.node for one in top_level(source) if one.node is not None)
    return itertools.chain.from_iterable(map(ast.walk, nodes))


def _from(part: ast.AST) -> set[str]:
    if isinstance(part, ast.Import):
        return {alias.name.partition(".")[0] for alias in part.names}
    if isinstance(part, ast.ImportFrom) and part.module:
        return {part.module.partition(".")[0]}
    if isinstance(part, ast.ImportFrom):  # `from . import helper`
        return {alias.name for alias in part.names}
    return set()


def _names_from(source: str, modules: set[str]) -> set[str]:
    """The names of the text that come from these modules; `*` for all that a module has."""
    found: set[str] = set()
    for one in top_level(source):
        imports = [part for part in ast.walk(one.node) if _from(part) & modules] if one.node else []
        if imports and one.is_definition:
            found |= one.binds
        for part in imports:
            if isinstance(part, (ast.Import, ast.ImportFrom)):
                found |= {name.asname or name.name.partition(".")[0] for name in part.names}
    return found
