"""Slips: mistakes that are a small change of the reference, written as that change.

    slips("clamp", '''
    bounds-exchanged: Look at which bound is the lower one.
        low, high -> high, low
    upper-bound-ignored: What is above the upper bound becomes the upper bound,
      not what it was.
        np.minimum(np.maximum(x, low), high) -> np.maximum(x, low)

    in-place:
        return np.minimum(np.maximum(x, low), high)
        ->
        x[...] = np.minimum(np.maximum(x, low), high)
        return x
    ''')

A name and its hint stand at the margin; a long hint goes on at an indent of two; without a hint,
the name is a common one.  Changes stand at an indent of four, all of them made together:

- `old -> new` on one line, or on two of which the second begins with the arrow.  The old text
  stands once in the reference, docstrings apart, as whole words; no new text deletes it.
- `old => new` changes the old text wherever it stands.
- Between blank lines: whole lines, an arrow alone on a line, and the lines that replace them.
"""

from __future__ import annotations

import itertools
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.bank.definition import Definition, Edit, definition_of
from grader.bank.entries import HINTS, Mistake, Slip, enter
from grader.course.model import CourseError

NAME = re.compile(r"([a-z0-9][a-z0-9-]*):(?: +(.*))?$")
ARROW = re.compile(r" (->|=>)(?: |$)")
ALONE = ("->", "=>")
CHANGE = 4
"""The indent of a change; a hint goes on at less."""


def slips(exercise: str, text: str, *, hints: Mapping[str, str] | None = None) -> None:
    """Declare small changes of the reference as mistakes of an exercise.

    `exercise` may be a method, `Value.backward`: then its text is what changes.  `hints` are the
    bank's common ones, by name.  Raises CourseError, with file and line, for a change whose old
    text is not in the reference.
    """
    frame = sys._getframe(1)
    path = Path(frame.f_code.co_filename)
    name, _, method = exercise.partition(".")
    reader = _Reader(path, _first_line(path, text, frame.f_lineno), {**HINTS, **(hints or {})})
    definition = reader.definition(name)
    for one in reader.read(text):
        edits = reader.edits(definition, method, one)
        slip = Slip(definition, edits, path, one.line)
        entry = Mistake(name, one.name, one.hint, slip=slip)
        enter(frame.f_globals, entry)


@dataclass(frozen=True)
class _Change:
    """A piece of text and what stands there instead; `lines` are whole ones, at any indent."""

    line: int
    old: str
    new: str
    lines: bool = False
    everywhere: bool = False

    @property
    def pattern(self) -> str:
        if self.lines:
            first, *others = (re.escape(line) for line in self.old.split("\n"))
            below = "".join(rf"\n\1{line}" for line in others)
            return rf"^( *){first}{below}\n"
        before = r"(?<!\w)" if re.match(r"\w", self.old) else ""
        after = r"(?!\w)" if re.search(r"\w$", self.old) else ""
        return before + re.escape(self.old) + after

    def made(self, found: re.Match[str]) -> str:
        """What is written in the place of that match."""
        if not self.lines or not self.new:
            return self.new
        return textwrap.indent(self.new, found[1]) + "\n"


@dataclass(frozen=True)
class _Written:
    """A mistake as it is written."""

    line: int
    name: str
    hint: str
    changes: tuple[_Change, ...]


@dataclass(frozen=True)
class _Line:
    number: int
    indent: int
    text: str


class _Reader:
    """Reads the slips of one declaration, whose text begins on a line of a bank file."""

    def __init__(self, path: Path, first: int, hints: Mapping[str, str]) -> None:
        self.path, self.first, self.hints = path, first, hints

    def error(self, line: int, message: str) -> CourseError:
        return CourseError.at(self.path, line, message)

    def definition(self, exercise: str) -> Definition:
        """The reference's.  Raises CourseError if there is none."""
        solution = self.path.resolve().parents[2] / "solutions" / self.path.name
        if not solution.is_file():
            raise self.error(self.first, f"there is no solutions/{self.path.name} to slip in")
        found = definition_of(solution, solution.stat().st_mtime_ns, exercise)
        if found is None:
            raise self.error(self.first, f"the reference does not define {exercise}")
        return found

    def read(self, text: str) -> Iterator[_Written]:
        """The slips, in order.  Raises CourseError."""
        lines = [
            _Line(number, len(line) - len(line.lstrip()), line.rstrip())
            for number, line in enumerate(textwrap.dedent(text).split("\n"), self.first)
        ]
        heads = [at for at, line in enumerate(lines) if line.text and not line.indent]
        for line in lines[: heads[0] if heads else None]:
            if line.text:
                raise self.error(line.number, "a slip begins with `name: hint` at the margin")
        for begin, end in itertools.pairwise([*heads, len(lines)]):
            yield self._slip(lines[begin], lines[begin + 1 : end])

    def _slip(self, head: _Line, below: list[_Line]) -> _Written:
        named = NAME.match(head.text)
        if named is None:
            raise self.error(head.number, f"a slip begins with `name: hint`, not with {head.text}")
        name, hint = named[1], [named[2] or ""]
        while below and 0 < below[0].indent < CHANGE:
            hint.append(below.pop(0).text.strip())
        sentence = " ".join(part for part in hint if part) or self.hints.get(name)
        if sentence is None:
            raise self.error(head.number, f"{name} has no hint, and is no common mistake")
        changes = tuple(self._changes(below))
        if not changes:
            raise self.error(head.number, f"{name} changes nothing: `old -> new` stands below it")
        return _Written(head.number, name, sentence, changes)

    def _changes(self, lines: list[_Line]) -> Iterator[_Change]:
        for filled, group in itertools.groupby(lines, key=lambda line: bool(line.text)):
            block = list(group)
            if not filled:
                continue
            for line in block:
                if line.indent < CHANGE:
                    raise self.error(line.number, "a change stands at an indent of four")
            arrows = [at for at, line in enumerate(block) if line.text.strip() in ALONE]
            if arrows:
                yield self._block(block, arrows)
            else:
                yield from map(self._one, _joined(block))

    def _one(self, line: _Line) -> _Change:
        old_and_new = line.text.strip()
        arrows = list(ARROW.finditer(old_and_new))
        if len(arrows) != 1:
            what = "two arrows" if arrows else "no arrow"
            raise self.error(line.number, f"{what} in `{old_and_new}`: write `old -> new`")
        (arrow,) = arrows
        old, new = old_and_new[: arrow.start()], old_and_new[arrow.end() :]
        return _Change(line.number, old.strip(), new.strip(), everywhere=arrow[1] == "=>")

    def _block(self, block: list[_Line], arrows: list[int]) -> _Change:
        at = arrows[0]
        if len(arrows) > 1 or not at:
            raise self.error(block[0].number, "one arrow between the old lines and the new ones")
        old, new = (
            "\n".join(one.text[CHANGE:] for one in part) for part in (block[:at], block[at + 1 :])
        )
        return _Change(block[0].number, old, new, True, block[at].text.strip() == "=>")

    def edits(self, definition: Definition, method: str, slip: _Written) -> tuple[Edit, ...]:
        """Where the slip changes the reference.  Raises CourseError."""
        try:
            begin, end = definition.span(method)
        except KeyError:
            raise self.error(slip.line, f"{definition.name} has no method {method}") from None
        made: list[Edit] = []
        for change in slip.changes:
            made += self._edits(definition.text, begin, end, change)
        for one, other in itertools.combinations(made, 2):
            if one.overlaps(other):
                raise self.error(slip.line, f"two changes of {slip.name} overlap")
        return tuple(made)

    def _edits(self, text: str, begin: int, end: int, change: _Change) -> Iterable[Edit]:
        found = list(re.compile(change.pattern, re.MULTILINE).finditer(text, begin, end))
        first = change.old.partition("\n")[0]
        if not found:
            raise self.error(change.line, f"`{first}` is not in the reference")
        if len(found) > 1 and not change.everywhere:
            often = f"`{first}` stands {len(found)} times in the reference"
            raise self.error(change.line, f"{often}: write more of it, or => for all")
        return [Edit(one.start(), one.end(), change.made(one)) for one in found]


def _joined(block: list[_Line]) -> Iterator[_Line]:
    """The lines, one that begins with an arrow joined to the one above it."""
    groups: list[list[_Line]] = []
    for line in block:
        if groups and line.text.strip().startswith(tuple(f"{arrow} " for arrow in ALONE)):
            groups[-1].append(line)
        else:
            groups.append([line])
    for group in groups:
        text = " ".join(line.text.strip() for line in group)
        yield _Line(group[0].number, group[0].indent, text)


def _first_line(path: Path, text: str, called: int) -> int:
    """The line of the file on which the text begins; that of the call if it is put together."""
    source = path.read_text(encoding="utf-8")
    at = source.find(text)
    return source.count("\n", 0, at) + 1 if at >= 0 else called
