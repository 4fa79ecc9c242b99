"""Look-alikes: submissions that share more text than people write by chance.

A submission is reduced to what renaming, comments, layout and the order of its functions do not
change.  copydetect cuts that into overlapping pieces, its fingerprints.  What stands in the
release, or in many submissions, says nothing about two of them and is left out.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from grader.classroom.results import Result
from grader.python.division import UNPARSABLE
from grader.submission.blocks import blocks
from grader.submission.reading import Submission

PIECE = 20
"""Characters of a fingerprint, names counting as one.

Measured on the nine chapters: right solutions written independently share at most 0.12 of their
fingerprints, a learner's with one of those 0.34, a renamed copy all of them.
"""

ALIKE = 0.7
"""The part of the smaller submission's own fingerprints from which two are look-alikes."""

LEAST = 150
"""Own fingerprints that a submission needs to be compared: short chapters have 350 to 500."""

COMMON, COMMON_PART = 20, 0.2
"""A fingerprint of more different submissions than this, and this part of all, is common."""

LONGEST = 200_000
"""Characters of a submission that are looked at, bare; ten times a long one."""

COLUMNS = 2048
MISSING = "look-alikes were not searched: pip install 'gradschool[class]'"


@dataclass(frozen=True)
class Pair:
    """Two students whose submissions are alike, and how much: from `ALIKE` to 1."""

    first: str
    second: str
    similarity: float


@dataclass(frozen=True)
class LookAlikes:
    """The pairs found, in the students' order; `note` says why nothing was searched."""

    pairs: tuple[Pair, ...]
    note: str = ""


@dataclass(frozen=True)
class _Text:
    """One text and all who handed it in, up to renaming.

    `own` counts its own fingerprints, `shared` are those of them that others have, too.
    """

    students: tuple[str, ...]
    own: int
    shared: np.ndarray


def find_look_alikes(results: Sequence[Result], released: str) -> LookAlikes:
    """Compare all submissions, without what `released`, the text of the stub, holds already.

    Of a text that many handed in each is paired with the first, so there are never more pairs
    of equal texts than students.
    """
    try:
        import copydetect  # noqa: F401
    except ImportError:
        return LookAlikes((), MISSING)
    texts = _texts(results, released)
    alike = [pair for text in texts for pair in _same(text)] + list(_similar(texts))
    place = {result.student: number for number, result in enumerate(results)}
    return LookAlikes(tuple(sorted(alike, key=lambda one: (place[one.first], place[one.second]))))


def groups(pairs: Sequence[Pair]) -> list[tuple[str, ...]]:
    """Students who hang together by pairs, the largest groups first, each in the pairs' order."""
    group_of: dict[str, set[str]] = {}
    for pair in pairs:
        merged = group_of.get(pair.first, {pair.first}) | group_of.get(pair.second, {pair.second})
        group_of.update(dict.fromkeys(merged, merged))
    ordered: dict[int, list[str]] = {}
    for student in dict.fromkeys(name for pair in pairs for name in (pair.first, pair.second)):
        ordered.setdefault(id(group_of[student]), []).append(student)
    return sorted(map(tuple, ordered.values()), key=len, reverse=True)


def _texts(results: Sequence[Result], released: str) -> list[_Text]:
    """Every different text with its own fingerprints; texts with too few are left out."""
    _, stub = _fingerprints(_parts(released))
    students: dict[str, list[str]] = {}
    fingerprints: dict[str, np.ndarray] = {}
    for result in results:
        if result.submission is not None:
            key, found = _fingerprints(_whole(result.submission))
            students.setdefault(key, []).append(result.student)
            if key not in fingerprints:
                fingerprints[key] = np.array(sorted(found - stub), np.int64)
    texts = _with_shared(students, fingerprints)
    return [text for text in texts if text.own >= LEAST]


def _with_shared(
    students: dict[str, list[str]], fingerprints: dict[str, np.ndarray]
) -> Iterator[_Text]:
    """Leave out what so many have that nobody can have it from anybody."""
    if not fingerprints:
        return
    everything = np.concatenate(list(fingerprints.values()))
    values, counts = np.unique(everything, return_counts=True)
    most = max(COMMON, COMMON_PART * len(fingerprints))
    for key, found in fingerprints.items():
        count = counts[np.searchsorted(values, found)]
        own = count <= most
        yield _Text(tuple(students[key]), int(own.sum()), found[own & (count > 1)])


def _same(text: _Text) -> Iterator[Pair]:
    first, *others = text.students
    return (Pair(first, other, 1.0) for other in others)


def _similar(texts: list[_Text]) -> Iterator[Pair]:
    """Pairs of different texts, by the first who handed each in."""
    if len(texts) < 2:
        return
    sizes = np.array([text.own for text in texts])
    similarity = _shared(texts) / np.minimum(sizes[:, None], sizes[None, :])
    for one, other in zip(*np.nonzero(np.triu(similarity >= ALIKE, 1)), strict=True):
        value = round(float(similarity[one, other]), 2)
        yield Pair(texts[one].students[0], texts[other].students[0], value)


def _shared(texts: list[_Text]) -> np.ndarray:
    """How many fingerprints each two texts have in common: an index, multiplied in slices."""
    document = np.repeat(np.arange(len(texts)), [len(text.shared) for text in texts])
    values, column = np.unique(np.concatenate([text.shared for text in texts]), return_inverse=True)
    order = np.argsort(column, kind="stable")
    document, column = document[order], column[order]
    shared = np.zeros((len(texts), len(texts)), np.float32)
    for start in range(0, len(values), COLUMNS):
        here = slice(*np.searchsorted(column, [start, start + COLUMNS]))
        holds = np.zeros((len(texts), COLUMNS), np.float32)
        holds[document[here], column[here] - start] = 1
        shared += holds @ holds.T
    return shared


def _fingerprints(parts: Iterable[str]) -> tuple[str, set[int]]:
    """A digest of the parts as copydetect reads them, in any order, and their fingerprints.

    A window of 1 keeps every fingerprint: how many two texts share then does not depend on
    Python's hashes, which differ from run to run.
    """
    from copydetect import CodeFingerprint

    texts: list[str] = []
    found: set[int] = set()
    for part in parts:
        read = CodeFingerprint("", PIECE, 1, language="python", fp=io.StringIO(part))
        texts.append(read.filtered_code)
        found.update(int(value) for value in read.hashes)
    whole = "\n".join(sorted(texts))
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest(), found


def _whole(submission: Submission) -> Iterator[str]:
    """The parts of a submission and of the modules it brings along, until they get too long."""
    others = sorted(submission.files.keys() - {submission.module})
    left = LONGEST
    for name in (submission.module, *others):
        if left > 0:
            for part in _parts(submission.files[name]):
                yield part[: max(left, 0)]
                left -= len(part)


def _parts(source: str) -> Iterator[str]:
    """The definitions, each without comments, docstring, layout and chosen names."""
    return (_bare(block.text) for block in blocks(source).values())


def _bare(text: str) -> str:
    try:
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                _drop_docstring(node)
        _rename(tree)
        return ast.unparse(tree)
    except UNPARSABLE:
        return text


def _drop_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:] or [ast.Pass()]


def _rename(tree: ast.Module) -> None:
    """Every name but Python's own becomes one and the same, also `self`, also a borrowed `sum`."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    arguments = [node for node in ast.walk(tree) if isinstance(node, ast.arg)]
    chosen = {node.arg for node in arguments}
    chosen |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    for argument in arguments:
        argument.arg = "name"
    for name in names:
        if name.id in chosen or not hasattr(builtins, name.id):
            name.id = "name"
