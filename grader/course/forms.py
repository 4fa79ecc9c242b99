"""The declared forms of a check file, as their text shows them: `example("softmax")`."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

TITLES = {
    "example": "the worked example",
    "matches": "matches the reference",
    "untouched": "leaves its inputs alone",
    "double_precision": "computed in double precision",
}
"""The forms, and what their checks are titled unless they say otherwise."""


@dataclass(frozen=True)
class Declared:
    """A check that stands as one declaration at the margin of a check file."""

    exercise: str
    title: str

    @property
    def test_name(self) -> str:
        return test_name(self.exercise, self.title)


def slug(title: str) -> str:
    """A check's title as it stands in its id."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(word for word in words if word not in ("a", "an", "the"))


def test_name(exercise: str, title: str) -> str:
    """The name of the test that a form declares, as pytest knows it."""
    return f"test_{exercise}_{slug(title).replace('-', '_')}"


def declared_by(node: ast.stmt) -> Declared | None:
    """What a statement declares, if it is one of the forms with its exercise written out."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
        return None
    exercise = call.args[0]
    if call.func.id not in TITLES or not isinstance(exercise, ast.Constant):
        return None
    titles = [word.value for word in call.keywords if word.arg == "title"]
    title = ast.literal_eval(titles[0]) if titles else TITLES[call.func.id]
    return Declared(str(exercise.value), str(title))
