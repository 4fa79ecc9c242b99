"""The class report: one HTML page for the instructor, which loads and runs nothing.

Jinja2 escapes every value; names and problems, which are untrusted, are made harmless before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Template
from markupsafe import Markup

from grader.classroom.figures import Figures, Marks, Rate, figures_of
from grader.classroom.grades_csv import points
from grader.classroom.look_alikes import LookAlikes
from grader.classroom.pages import NAME, environment
from grader.classroom.results import ClassResults
from grader.report.text import harmless

WIDTH, HEIGHT = 600.0, 230.0
"""Units of the histogram's drawing."""

LEFT, TOP, BOTTOM = 8.0, 38.0, 34.0
GAP = 6.0
THINNEST = 2.0
"""Height of a bar that counts somebody, however large the others are."""


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram: the marks it counts, and where it stands in the drawing."""

    label: str
    count: int
    x: float
    y: float
    width: float
    height: float


def class_report(
    results: ClassResults,
    look_alikes: LookAlikes,
    pages: Mapping[str, str],
    files: Sequence[str],
) -> str:
    """The page as text.

    `pages` gives each student's page and `files` the other files, relative to the page.
    """
    figures = figures_of(results, look_alikes)
    return _template("class_report.html.j2").render(
        results=results,
        figures=figures,
        sections=Markup(_sections(results, figures, look_alikes, pages, files)),
    )


def report_sections(
    results: ClassResults,
    look_alikes: LookAlikes,
    pages: Mapping[str, str],
    files: Sequence[str],
) -> str:
    """What the page says, as HTML for a page of somebody else's."""
    return _sections(results, figures_of(results, look_alikes), look_alikes, pages, files)


def _sections(
    results: ClassResults,
    figures: Figures,
    look_alikes: LookAlikes,
    pages: Mapping[str, str],
    files: Sequence[str],
) -> str:
    isolations = {one.report.isolation for one in results.results if one.report}
    return _template("class_report_sections.html.j2").render(
        results=results,
        figures=figures,
        bars=list(bars(figures.marks)) if figures.marks else [],
        median_at=_across(figures.marks) if figures.marks else 0,
        size=(WIDTH, HEIGHT, BOTTOM),
        look_alikes=look_alikes,
        isolations=sorted(isolations),
        pages=pages,
        files=files,
    )


def bars(marks: Marks) -> Iterator[Bar]:
    """The histogram's bars from the lowest marks to the highest."""
    step = (WIDTH - 2 * LEFT) / len(marks.bins)
    tallest = max(marks.bins)
    for number, count in enumerate(marks.bins):
        low, high = (marks.most * (number + i) / len(marks.bins) for i in (0, 1))
        label = f"{points(low)} to {points(high)}"
        height = max(THINNEST, (HEIGHT - TOP - BOTTOM) * count / tallest) if count else 0.0
        x = LEFT + number * step + GAP / 2
        yield Bar(
            label,
            count,
            round(x, 1),
            round(HEIGHT - BOTTOM - height, 1),
            round(step - GAP, 1),
            round(height, 1),
        )


def _across(marks: Marks) -> float:
    """Where the median stands in the drawing."""
    return round(LEFT + (WIDTH - 2 * LEFT) * marks.median / marks.most, 1)


@cache
def _template(name: str) -> Template:
    templates = environment()
    templates.filters |= {"name": _name, "points": points, "share": _share}
    return templates.get_template(name)


def _name(text: str) -> str:
    return harmless(text, NAME).replace("\n", " ") or "(no name)"


def _share(rate: Rate) -> str:
    return f"{rate.percent} %"
