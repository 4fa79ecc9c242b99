"""The parts of a file: which lines are which exercise, and what a change to the file concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from grader.python.graph import affected
from grader.python.lines import lines_of
from grader.python.toplevel import Statement, bindings, top_level


def blocks(source: str) -> dict[str, Statement]:
    """Every top-level name with its statement; of a name that is bound twice, the last counts."""
    return dict(bindings(source))


def replaced(source: str, name: str, text: str) -> str:
    """The source with the block of `name` replaced by `text`, or with `text` at the end."""
    block = blocks(source).get(name)
    if block is None:
        return f"{source.rstrip()}\n\n\n{text}\n"
    lines = lines_of(source)
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
    others = [one for one in top_level(after) if not one.binds & own]
    helpers = affected(others, sorted(other - own)).keys()
    return [
        name
        for name in exercises
        if name in other or (name in new and bool(new[name].uses & helpers))
    ]


def users(source: str, names: Iterable[str], exercises: Sequence[str]) -> list[str]:
    """The other exercises that use one of `names`, directly or by way of others."""
    used = set(names)
    reached = affected(top_level(source), sorted(used))
    return [name for name in exercises if name in reached and name not in used]
