"""Which chapter a file is for by its name, as browsers, editors and students leave it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from grader.course.model import Chapter

GRADABLE = (".py", ".ipynb")
WRAPPED = (".txt", ".json")
"""What a browser or a mail program puts behind the real ending."""

COPIES = re.compile(
    r"""
    ^(?:copy|kopie|copie|copia)\ (?:of|von|de|di)\ | ^\(\d+\)\s*
    | \s*[-_ ]\s*(?:copy|kopie|copie|copia)\s*(?:\(?\d+\)?)?$ | \s*\(\d+\)$ | (?<=\w)-\d+$
    """,
    re.VERBOSE,
)
"""What a copy or a second download adds to a name."""

WORDS = re.compile(r"[^\W_]+")
SPELT_OUT = re.compile(r"(?<![^\W_])(?:chapter|chap|ch)[ _-]*0*(\d+)(?![^\W_])")

EXACT, COPY, WITHIN = range(3)
"""How well a name fits: as it is, as a copy's, or as a part of it."""


def suffix_of(path: PurePath) -> str:
    """`.py` or `.ipynb` if the name ends so, also in capitals or wrapped; else ``""``."""
    name = path.name.lower()
    for wrapped in WRAPPED:
        if any(name.endswith(ending + wrapped) for ending in GRADABLE):
            name = name.removesuffix(wrapped)
    return next((ending for ending in GRADABLE if name.endswith(ending)), "")


def stem_of(path: PurePath) -> str:
    """The name without its ending, however wrapped."""
    suffix = suffix_of(path)
    return path.name[: path.name.lower().rindex(suffix)] if suffix else path.stem


def names_of(chapter: Chapter) -> tuple[str, ...]:
    """What a chapter's file may be called, but for its suffix; the best name first."""
    return tuple(name for name in chapter.names if not name.isdigit())


def fit(stem: str, chapter: Chapter) -> tuple[int, int] | None:
    """How well a name fits the chapter, smaller is better; None if it does not."""
    names = names_of(chapter)
    plain = stem.strip().lower()
    if plain in names:
        return EXACT, names.index(plain)
    original = _original(plain)
    if original in names:
        return COPY, names.index(original)
    words = f" {' '.join(WORDS.findall(original))} "
    for place, name in enumerate(names):
        if f" {name.replace('_', ' ')} " in words:
            return WITHIN, place
    numbers = [int(number) for number in SPELT_OUT.findall(original)]
    return (WITHIN, len(names)) if numbers == [chapter.number] else None


def chapter_called(stem: str, chapters: Iterable[Chapter]) -> Chapter | None:
    """The one chapter that the name fits best; None if none does, or two as well."""
    fits = [(how, chapter) for chapter in chapters if (how := fit(stem, chapter)) is not None]
    best = min((how for how, _ in fits), default=None)
    chosen = [chapter for how, chapter in fits if best is not None and how[0] == best[0]]
    return chosen[0] if len(chosen) == 1 else None


def _original(name: str) -> str:
    while (shorter := COPIES.sub("", name).strip()) not in (name, ""):
        name = shorter
    return name
