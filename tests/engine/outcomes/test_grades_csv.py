"""grades.csv: a mark where there is one, nothing where there is none, and no formula."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from grader.classroom.grades_csv import cell, grades_csv, points
from grader.classroom.results import Result


def rows(results):
    return list(csv.DictReader(io.StringIO(grades_csv(results), newline="")))


def test_every_exercise_has_a_column_and_the_columns_add_up(make_class):
    results = make_class(40)
    read = rows(results)
    assert [row["student"] for row in read] == [one.student for one in results.results]
    ids = [exercise.id for exercise in results.chapter.exercises]
    for row, one in zip(read, results.results, strict=True):
        assert list(row)[-len(ids) :] == ids
        assert row["chapter"] == "ch4"
        if one.report:
            assert float(row["score"]) == one.report.score
            assert sum(float(row[name]) for name in ids) == pytest.approx(one.report.score)
            assert row["status"] == ("passed" if one.report.passed else "failed")


def test_no_mark_is_an_empty_field_and_never_0(make_class, graded):
    failed = Result("ann", None, None, "ann/ch4.py cannot be read: Permission denied")
    results = replace(make_class(1), results=(failed, replace(graded["stub"], student="bob")))
    ann, bob = rows(results)
    points_of = [exercise.id for exercise in results.chapter.exercises]
    assert ann["score"] == ""
    assert not any(ann[name] for name in points_of)
    assert ann["status"] == "no mark"
    assert ann["problem"] == failed.problem
    assert bob["score"] == "0"
    assert all(bob[name] == "0" for name in points_of)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1", "＝1", '=cmd|"/c calc"!A'],
)
def test_a_formula_becomes_text(text):
    assert not cell(text).lstrip().startswith(tuple("=+-@＝"))
    assert text.strip() in cell(text)


@pytest.mark.parametrize("text", ["ann", "o'neill", "a=b", "张伟", "ann-marie", ""])
def test_an_ordinary_name_stays_as_it_is(text):
    assert cell(text) == text


def test_hostile_names_stay_in_their_cells(make_class, hostile):
    results = make_class(len(hostile), hostile, without_mark=2)
    text = grades_csv(results)
    text.encode("utf-8")
    assert len(text.splitlines()) == len(hostile) + 1
    assert not any(mark in text for mark in "\x1b\x07\u202e")
    for row in rows(results):
        assert None not in row
        assert not row["student"].startswith(("=", "@", "+", "-"))
        assert not row["problem"].startswith(("=", "@", "+", "-"))


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (100.0, "100"), (62.5, "62.5"), (5.15, "5.15"), (1 / 3, "0.33")]
)
def test_points_are_plain_numbers(value, text):
    assert points(value) == text
