"""What a file may call an exercise that it does not define under its own name."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Collection

from grader.python.toplevel import top_level

LIKENESS = 0.8
"""How alike two names are, by difflib's ratio, that are taken for one with a slip."""

MOST = 1000
"""Statements of a file that somebody wrote by hand, and more."""

WORDS = frozenset("my our new own the impl fn func function custom student hw v1 v2 v3 2".split())
"""Parts of a name that say whose it is, and not what."""

HUMP = re.compile(r"([a-z])(?=[A-Z])")
"""Where a word of a name in capitals ends: `MySoftmax` is `my_softmax`."""


def near_name(source: str, name: str, taken: Collection[str]) -> str:
    """The function or class of the file that is probably `name`; empty where none is.

    Capitals, underscores and words such as `my` do not count.  Names in `taken` are exercises'
    own, and what is one of them but for that is meant for it.  A function goes before a class
    where a function is due.
    """
    if len(top_level(source)) > MOST:
        return ""
    is_class = name[:1].isupper()
    statements = [one for one in top_level(source) if one.is_definition]
    statements.sort(key=lambda one: isinstance(one.node, ast.ClassDef) == is_class)
    defined = [
        bound
        for one in statements
        for bound in one.binds
        if bound not in taken and not bound.startswith("__")
    ]
    same = [one for one in defined if _core(one) == _core(name)]
    if same:
        return same[-1]  # of the kind that is due, if there is one: these are sorted last
    others = set(map(_core, taken))
    cores = {_core(one): one for one in defined if _core(one) not in others}
    close = difflib.get_close_matches(_core(name), cores, n=1, cutoff=LIKENESS)
    return cores[close[0]] if close else ""


def _core(name: str) -> str:
    words = HUMP.sub(r"\1_", name).lower().split("_")
    parts = [part for part in words if part and part not in WORDS]
    return "".join(parts) or name.lower()
