"""`--format junit`: XML that continuous integration reads; a suite an exercise, a case a check."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from grader.report.model import (
    DOES_NOT_PARSE,
    UNTOUCHED,
    ChapterReport,
    CheckReport,
    ExerciseReport,
)
from grader.report.plain import explained, points
from grader.report.text import harmless

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""

WIDEST = 100_000
"""Characters of one text: many values, each short."""

FAILURES = ("failed", "refused", *UNTOUCHED, DOES_NOT_PARSE)
SKIPPED = "not run"


def to_junit(reports: list[ChapterReport]) -> str:
    """The reports as one `testsuites` document; times are left at zero, the bytes stay the same."""
    root = ElementTree.Element("testsuites", name=_clean(reports[0].course) if reports else "")
    for report in reports:
        for exercise in report.exercises:
            root.append(_suite(report, exercise))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _suite(report: ChapterReport, exercise: ExerciseReport) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=_clean(exercise.id), time="0")
    told = {
        "score": f"{exercise.score:g}",
        "max_score": f"{exercise.max_score:g}",
        "isolation": report.isolation,
    }
    if report.seed is not None:
        told["seed"] = str(report.seed)
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in told.items():
        ElementTree.SubElement(properties, "property", name=name, value=_clean(value))
    cases = [_case(exercise, check) for check in exercise.checks] or [_undisclosed(exercise)]
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    return suite


def _case(exercise: ExerciseReport, check: CheckReport) -> ElementTree.Element:
    case = _named_case(exercise, check.title)
    if check.status != "passed":
        case.append(_outcome(check.status, _headline(check), explained(exercise, check)))
    return case


def _named_case(exercise: ExerciseReport, name: str) -> ElementTree.Element:
    named = {"classname": _clean(exercise.id), "name": _clean(name), "time": "0"}
    return ElementTree.Element("testcase", named)


def _headline(check: CheckReport) -> str:
    """The one line that a reader of XML shows beside the name."""
    said = check.counterexample.message.strip() if check.counterexample else ""
    return said.splitlines()[0] if said else check.status


def _undisclosed(exercise: ExerciseReport) -> ElementTree.Element:
    """The one case of an exercise whose checks may not be seen."""
    case = _named_case(exercise, "points")
    if not exercise.passed:
        earned = points(exercise.score, exercise.max_score)
        case.append(_outcome(exercise.status, earned, ""))
    return case


def _outcome(status: str, message: str, text: str) -> ElementTree.Element:
    if status == SKIPPED:
        return ElementTree.Element("skipped", message=_clean(message))
    tag = "failure" if status in FAILURES else "error"
    found = ElementTree.Element(tag, message=_clean(message), type=_clean(status))
    found.text = _clean(text)
    return found


def _clean(text: str) -> str:
    return ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", harmless(text, WIDEST))
