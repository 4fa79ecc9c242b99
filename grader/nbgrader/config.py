"""What an nbgrader course needs to have notebooks judged, and what of it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from traitlets.config import Config

from grader.nbgrader.exporter import SubmittedNotebookExporter
from grader.nbgrader.judge import Judge
from grader.nbgrader.rebuild import Rebuild
from grader.nbgrader.reference import CheckReference

REPAIR = "grader.nbgrader.names.repair"
STUB = "raise NotImplementedError"


def configure(c: Config) -> None:
    """Have the notebooks of our chapters judged: `configure(get_config())` in nbgrader_config.py.

    A chapter is released only if its solution passes its own checks.  A submission is rebuilt on
    the release and judged behind the wall; nothing of it runs in a kernel.  What the file set
    before goes on to serve the assignments of other makes.
    """
    if any(missing(c)):
        released = _set(c, GenerateAssignment, "preprocessors")
        sanitized = _set(c, Autograde, "sanitize_preprocessors")
        graded = _set(c, Autograde, "autograde_preprocessors")
        saving = (SaveAutoGrades, AssignLatePenalties)
        c.GenerateAssignment.preprocessors = [CheckReference, *released]
        c.Rebuild.others = sanitized
        c.Autograde.sanitize_preprocessors = [Rebuild]
        c.Judge.others = [one for one in graded if one not in saving]
        c.Autograde.autograde_preprocessors = [Judge, *saving]
        c.Autograde.exporter_class = SubmittedNotebookExporter
        c.Autograde.pre_convert_hook = REPAIR
    c.ClearSolutions.code_stub = {"python": STUB}


def missing(c: Config) -> Iterator[str]:
    """The settings that do not send notebooks to the grader, in the words of nbgrader_config.py."""
    due = {
        "GenerateAssignment.preprocessors": CheckReference,
        "Autograde.sanitize_preprocessors": Rebuild,
        "Autograde.autograde_preprocessors": Judge,
    }
    for name, ours in due.items():
        section, key = name.split(".")
        chosen = c[section].get(key, [])
        if not any(one is ours or one == f"{ours.__module__}.{ours.__name__}" for one in chosen):
            yield f"c.{name} lacks {ours.__name__}"
    reader = c.Autograde.get("exporter_class")
    if reader is not SubmittedNotebookExporter:
        yield f"c.Autograde.exporter_class is not {SubmittedNotebookExporter.__name__}"


def _set(c: Config, kind: Any, name: str) -> list[Any]:
    """A list as the file sets it, else nbgrader's own."""
    chosen = c[kind.__name__].get(name)
    return list(chosen if chosen is not None else kind.class_traits()[name].default())
