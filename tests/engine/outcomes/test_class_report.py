"""The class report: its numbers are right, its text is harmless, and it stays small."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from grader.classroom.class_report import bars, class_report
from grader.classroom.figures import Marks, Rate, figures_of
from grader.classroom.look_alikes import LookAlikes, Pair
from grader.classroom.pages import file_names
from grader.classroom.results import ClassResults, Result

NONE = LookAlikes(())
LARGEST = 600_000
"""Bytes of the report on a thousand students."""


def page(results: ClassResults, look_alikes: LookAlikes = NONE) -> str:
    names = file_names(one.student for one in results.results)
    links = {student: f"students/{name}" for student, name in names.items()}
    return class_report(results, look_alikes, links, ["grades.csv"])


class Tags(HTMLParser):
    """Collects start tags; fails on an element that is closed by another's end."""

    VOID = ("meta", "rect", "line", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(text)
    assert parser.open == []
    return parser.seen


@pytest.mark.parametrize("size", [0, 1, 2, 40])
def test_the_page_is_well_formed_and_loads_nothing(make_class, size):
    found = tags(page(make_class(size)))
    names = {tag for tag, _ in found}
    assert not names & {"script", "link", "img", "iframe", "object", "form", "base"}
    targets = [a["href"] for tag, a in found if tag == "a"]
    assert all(re.fullmatch(r"#\w+|grades\.csv|students/[\w-]+\.html", one) for one in targets)
    ids = [a["id"] for _, a in found if "id" in a]
    assert len(ids) == len(set(ids))
    assert {one[1:] for one in targets if one.startswith("#")} <= set(ids)


def test_a_thousand_students_are_a_small_page(make_class):
    text = page(make_class(1000))
    assert len(text.encode("utf-8")) < LARGEST
    assert text.count('href="students/') >= 1000


def test_nobody_has_a_mark(make_class):
    results = make_class(3, without_mark=1)
    text = page(results)
    assert figures_of(results, NONE).marks is None
    assert "No submission has a mark." in text
    assert "s000000 is not a notebook" in text


def test_the_numbers_add_up(make_class):
    results = make_class(60)
    figures = figures_of(results, NONE)
    reports = [one.report for one in results.results if one.report]
    assert figures.marks.count == len(reports) == sum(figures.marks.bins)
    assert figures.marks.full == sum(report.score == 100 for report in reports)
    for exercise in figures.exercises:
        parts = [one for report in reports for one in report.exercises if one.id == exercise.id]
        assert exercise.passed == Rate(sum(one.passed for one in parts), len(parts))
        for check, number in zip(exercise.checks, range(99), strict=False):
            passed = sum(one.checks[number].status == "passed" for one in parts)
            assert check.passed == Rate(passed, len(parts))


def test_mistakes_are_ranked_by_how_many_made_them(make_class):
    results = make_class(60)
    mistakes = figures_of(results, NONE).mistakes
    made = Counter(
        (one.id, mistake.name)
        for result in results.results
        if result.report
        for one in result.report.exercises
        for mistake in one.mistakes
    )
    named = [one for one in mistakes if one.name]
    assert {(one.exercise, one.name): len(one.students) for one in named} == made
    assert [len(one.students) for one in named] == sorted(made.values(), reverse=True)
    assert [bool(one.name) for one in mistakes] == sorted(
        (bool(one.name) for one in mistakes), reverse=True
    )
    text = page(results)
    places = [text.index(f'<b>{one.name}</b> <span class="quiet">{one.exercise}') for one in named]
    assert places == sorted(places)


def test_who_needs_a_human_is_named_with_the_reason(make_class, graded):
    results = replace(
        make_class(0),
        results=(
            replace(graded["right"], student="ann"),
            Result("bob", None, None, "bob.ipynb is not a notebook"),
            replace(graded["trouble"], student="eve"),
        ),
    )
    figures = figures_of(results, LookAlikes((Pair("ann", "eve", 0.87),)))
    assert {
        kind: [(one.student, one.about) for one in found]
        for kind, found in figures.concerns.items()
    } == {
        "no mark": [("bob", "bob.ipynb is not a notebook")],
        "refused": [("eve", "ch4.sigmoid, ch4.logistic_gradient")],
        "crashed": [("eve", "ch4.cross_entropy_gradient")],
        "timeout": [("eve", "ch4.softmax_backward")],
    }
    assert figures.for_a_human == 3
    text = page(results, LookAlikes((Pair("ann", "eve", 0.87),)))
    assert "87 %" in text


def test_nothing_for_a_human_is_said_and_no_more_than_was_searched(make_class, graded):
    results = replace(make_class(0), results=(replace(graded["right"], student="ann"),))
    assert "no two look alike" in page(results)
    text = page(results, LookAlikes((), "look-alikes were not searched"))
    assert "no two look alike" not in text
    assert "look-alikes were not searched" in text


def test_a_mark_that_changed_is_shown_with_what_it_was(make_class, graded):
    one = replace(graded["right"], student="ann", before=graded["believable"].report)
    same = replace(graded["right"], student="bob", before=graded["right"].report)
    results = replace(make_class(0), results=(one, same))
    assert [found.student for found in figures_of(results, NONE).changed] == ["ann"]
    assert re.search(r"ann</a>\s*</th><td[^>]*>31.24</td><td[^>]*>100<", page(results))


def test_hostile_names_and_problems_are_text(make_class, hostile):
    text = page(make_class(len(hostile), hostile, without_mark=2))
    names = {tag for tag, _ in tags(text)}
    assert not names & {"script", "img"}
    assert not any(mark in text for mark in "\x1b\x07\u202e\ud800")


def test_the_same_class_is_the_same_page(make_class):
    assert page(make_class(40)) == page(make_class(40))


@pytest.mark.parametrize(
    ("rate", "percent"),
    [
        (Rate(0, 0), 0),
        (Rate(0, 9), 0),
        (Rate(9, 9), 100),
        (Rate(1, 1000), 1),
        (Rate(999, 1000), 99),
    ],
)
def test_only_none_is_0_and_only_all_is_100_percent(rate, percent):
    assert rate.percent == percent


def test_the_drawing_stays_inside(make_class):
    for bins in ((0,) * 9 + (1,), (1000,) + (1,) * 9, (5,) * 10):
        drawn = list(bars(Marks(sum(bins), 0, 50.0, 50.0, 100.0, bins)))
        assert [bar.count for bar in drawn] == list(bins)
        for bar in drawn:
            assert bar.x >= 0
            assert bar.x + bar.width <= 600
            assert bar.y >= 20
            assert bar.y + bar.height <= 230
            assert (bar.height >= 2) == bool(bar.count)


def test_the_chart_is_a_drawing_with_a_name_and_a_table(make_class):
    text = page(make_class(40))
    svg = re.search(r'<svg class="histogram".*?</svg>', text, re.DOTALL)[0]
    drawn = ElementTree.fromstring(svg)
    assert drawn.get("role") == "img"
    titles = {one.get("id") for one in drawn if one.tag in ("title", "desc")}
    assert set(drawn.get("aria-labelledby").split()) == titles
    assert "How many students have which marks" in text
