"""Running a statement's example and comparing what it shows, part by part."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks.answers import Answers, Probe
from grader.checks.arguments import generator
from grader.checks.arrays import kind_of
from grader.checks.examples import PAIR, SHOW, Due, Each, Example, Leaf, Template
from grader.checks.expect import as_parts, expect_close, expect_equal
from grader.checks.mismatch import Mismatch, indefinite, joined
from grader.checks.travelling import LAMBDA, NUMBERS
from grader.wall.errors import SubmissionError
from grader.wall.protocol.tokens import Function

PROBE = "example"
ABOUT = "the example of the statement"

SNAPSHOT = '''
def snapshot(value):
    """a value as it is now, whatever the example does to it afterwards"""
    if hasattr(value, "detach"):
        return value.detach().clone()
    if hasattr(value, "copy") and hasattr(value, "dtype"):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(snapshot(item) for item in value)
    if type(value) is dict:
        return {key: snapshot(item) for key, item in value.items()}
    return value
'''


def run_directly(example: Example, submission: Answers) -> None:
    """Run an example here, its calls going to the submission.  Raises Mismatch."""
    shown: list[Any] = []
    scope: dict[str, Any] = {
        SHOW: shown.append,
        PAIR: as_parts,
        NUMBERS: generator,
        LAMBDA: lambda source: Function("f", source, {}),
    }
    for line in example.imports:
        exec(line, scope)
    scope |= {name: getattr(submission, name) for name in example.functions}
    for step in example.steps:
        shown.clear()
        if step.due and step.due[0].error:
            shown.append(_error_of(step.code, scope))
        else:
            exec(step.code, scope)
        compare(step.due, list(shown), example.tensors)


def probe_of(example: Example) -> Probe:
    """The example as a probe, which returns all that it shows."""
    names = [f"{name} = submission.{name}" for name in example.functions]
    body = [*example.imports, *names, "shown = []"]
    for step in example.steps:
        code = step.code.replace(f"{SHOW}(", f"{SHOW}(shown, ")
        body += _caught(code) if step.due and step.due[0].error else code.splitlines()
    body.append("return shown")
    show = f"def {SHOW}(shown, value):\n    shown.append(snapshot(value))\n"
    head = f"def {PROBE}(submission):\n"
    source = f"{SNAPSHOT}\n\n{show}\n\n{head}" + "".join(f"    {line}\n" for line in body)
    return Probe(Function(PROBE, source, {}), (), ABOUT)


def compare(due: Sequence[Due], shown: Any, tensors: bool) -> None:
    """Raise Mismatch unless each value that is shown is the one that is due.

    With `tensors`, a list that was made by `.tolist()` is compared as a tensor.
    """
    if not isinstance(shown, list) or len(shown) != len(due):
        count = len(shown) if isinstance(shown, list) else "none"
        raise Mismatch(f"{len(due)} values are due in the example, not {count}", got=shown)
    for value, one in zip(shown, due, strict=True):
        if one.error:
            _same_error(value, one.error)
        else:
            _Comparing(tensors).parts(one.template, value, value_of(one.text))


def value_of(text: str) -> Any:
    """What the text of an example stands for: a literal, or an array or tensor as printed."""
    torch = sys.modules.get("torch")
    known = {"array": np.array, "nan": np.nan, "inf": np.inf, **vars(builtins)}
    known |= {name: getattr(np, name) for name in ("float64", "float32", "int64")}
    if torch is not None:
        known |= {"torch": torch, "tensor": torch.tensor}
    return eval(text.replace("<BLANKLINE>", "").strip(), known)


@dataclass(frozen=True)
class _Comparing:
    """Compares a value that is shown with the one that is due."""

    tensors: bool

    def parts(self, template: Template, got: Any, want: Any, where: str = "") -> None:
        if isinstance(template, Leaf):
            self._leaf(template, got, want, joined(where, template.label))
            return
        several = isinstance(template, Each)
        count = len(want) if isinstance(template, Each) else len(template.parts)
        if not isinstance(got, (list, tuple)) or len(got) != count:
            given = len(got) if isinstance(got, (list, tuple)) else indefinite(kind_of(got))
            raise Mismatch(joined(where, f"{count} values are due, not {given}"), want, got)
        templates = [template.item] * count if isinstance(template, Each) else template.parts
        for number, parts in enumerate(zip(templates, got, want, strict=True)):
            self.parts(*parts, joined(where, f"[{number}]" if several and count > 1 else ""))

    def _leaf(self, leaf: Leaf, got: Any, want: Any, where: str) -> None:
        due = self._array(want) if leaf.array and isinstance(want, (list, int, float)) else want
        if _has_fractions(due):
            expect_close(got, due, where, digits=leaf.digits)
        else:
            expect_equal(got, due, where)

    def _array(self, numbers: Any) -> Any:
        """A list as the array or tensor that it was printed from."""
        return sys.modules["torch"].tensor(numbers) if self.tensors else np.array(numbers)


def _has_fractions(value: Any) -> bool:
    """Whether there are floats in it, which are equal up to rounding."""
    if isinstance(value, (list, tuple)):
        return any(map(_has_fractions, value))
    if isinstance(value, dict):
        return any(map(_has_fractions, value.values()))
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fc"
    if hasattr(value, "is_floating_point"):
        return bool(value.is_floating_point())
    return isinstance(value, float)


def _error_of(code: str, scope: dict[str, Any]) -> list[str]:
    """The names of the class of the error that a statement raises, and of its bases."""
    try:
        exec(code, scope)
    except SubmissionError as error:
        return list(error.type_names)
    return []


def _caught(code: str) -> list[str]:
    return [
        "try:",
        *(f"    {line}" for line in code.splitlines()),
        "except Exception as error:",
        "    shown.append([kind.__name__ for kind in type(error).__mro__])",
        "else:",
        "    shown.append([])",
    ]


def _same_error(got: Any, due: str) -> None:
    names = got if isinstance(got, list) else []
    if due not in names:
        text = f"a {due} is due, not a {names[0]}" if names else f"no {due} was raised"
        raise Mismatch(text, expected=due, got=names[0] if names else None)
