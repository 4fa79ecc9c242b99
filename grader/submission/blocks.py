"""The parts of a file: which lines are which exercise, and what a change to the file concerns."""

from __future__ import annotations

import ast
import hashlib
import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from grader.report.model import ExerciseReport

UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
START = re.compile(r"(?:async +def|def|class) +(\w+)|import |from |@|(\w+) *[:=]")


@dataclass(frozen=True)
class Block:
    """A top-level definition: its lines, counted from 1, its text and the names it uses."""

    first: int
    last: int
    text: str
    uses: frozenset[str] = field(default=frozenset())

    @property
    def digest(self) -> str:
        """Short and the same for the same text, whatever the space around it."""
        return hashlib.sha256(self.text.strip().encode("utf-8", "replace")).hexdigest()[:16]


def parses(source: str) -> bool:
    """Whether the text is Python at all."""
    try:
        ast.parse(source)
    except UNPARSABLE:
        return False
    return True


def blocks(source: str) -> dict[str, Block]:
    """Every top-level name with its block; of a name that is bound twice, the last counts.

    A file that does not parse is divided by its lines, as well as that goes.
    """
    lines = source.split("\n")
    try:
        tree = ast.parse(source)
    except UNPARSABLE:
        return _by_lines(lines)
    found = {}
    for node in tree.body:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(one.lineno for one in decorators)])
        last = node.end_lineno or node.lineno
        uses = frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))
        block = Block(first, last, "\n".join(lines[first - 1 : last]), uses)
        found.update(dict.fromkeys(bound_names(node), block))
    return found


def replaced(source: str, name: str, text: str) -> str:
    """The source with the block of `name` replaced by `text`, or with `text` at the end."""
    block = blocks(source).get(name)
    if block is None:
        return f"{source.rstrip()}\n\n\n{text}\n"
    lines = source.split("\n")
    return "\n".join([*lines[: block.first - 1], *text.split("\n"), *lines[block.last :]])


def changed(
    before: str, after: str, exercises: Sequence[str], also: Collection[str] = ()
) -> list[str]:
    """The exercises that differ, themselves or in a helper, constant or import that they use.

    `also` are names that have changed without the text: what they stand for is imported.  An
    exercise that only uses another exercise that changed is not among them: see `users`.
    """
    old, new = blocks(before), blocks(after)
    other = {
        name
        for name in {*old, *new}
        if name not in old or name not in new or old[name].digest != new[name].digest
    } | set(also)
    own = set(exercises)
    helpers = _reached({name: one for name, one in new.items() if name not in own}, other - own)
    return [
        name
        for name in exercises
        if name in other or (name in new and bool(new[name].uses & helpers))
    ]


def users(source: str, names: Iterable[str], exercises: Sequence[str]) -> list[str]:
    """The other exercises that use one of `names`, directly or by way of others."""
    used = set(names)
    reached = _reached(blocks(source), used)
    return [name for name in exercises if name in reached - used]


def _reached(found: dict[str, Block], names: set[str]) -> set[str]:
    """The names, and those of the blocks that use one of them, directly or by way of others."""
    reached = set(names)
    while more := {name for name, one in found.items() if one.uses & reached} - reached:
        reached |= more
    return reached


def bound_names(node: ast.stmt) -> list[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return [
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    ]


def _by_lines(lines: list[str]) -> dict[str, Block]:
    """A block starts where a line at the margin looks like a definition, and ends at the next."""
    starts = [number for number, line in enumerate(lines) if START.match(line)]
    starts = [n for n in starts if n == 0 or not lines[n - 1].startswith("@")]
    found = {}
    for start, end in itertools.pairwise([*starts, len(lines)]):
        while end > start + 1 and not lines[end - 1].strip():
            end -= 1
        text = "\n".join(lines[start:end])
        named = re.search(r"^(?:async +def|def|class) +(\w+)|^(\w+) *[:=]", text, re.MULTILINE)
        if named:
            uses = frozenset(re.findall(r"\b[A-Za-z_]\w*\b", text))
            found[named[1] or named[2]] = Block(start + 1, end, text, uses)
    return found


def broken_below(source: str, name: str, broken: Iterable[str]) -> list[str]:
    """Those of the `broken` exercises that `name` uses in that source, in order of use."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    wanted = set(broken) - {name}
    used = [
        part.id
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and part.id in wanted
    ]
    return list(dict.fromkeys(used))


def with_notes(reports: Sequence[ExerciseReport], source: str) -> tuple[ExerciseReport, ...]:
    """Say so in the report of a failing exercise when it uses others that fail."""
    broken = [_name(report) for report in reports if not report.passed]
    return tuple(_with_note(report, source, broken) for report in reports)


def _with_note(report: ExerciseReport, source: str, broken: list[str]) -> ExerciseReport:
    if report.status not in ("failed", "error"):
        return report
    below = broken_below(source, _name(report), broken)
    note = f"It uses your {', '.join(below)}, still wrong: start there." if below else None
    return replace(report, note=note)


def _name(report: ExerciseReport) -> str:
    return report.id.partition(".")[2]
