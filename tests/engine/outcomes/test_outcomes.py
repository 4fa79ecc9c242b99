"""Everything that a run leaves behind, in one folder."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grader.classroom.canvas import CanvasError
from grader.classroom.outcomes import CanvasExport, write_results
from grader.classroom.results import Result
from grader.report.disclosure import Disclosure
from grader.report.from_json import chapter_from

EXPORT = b"Student,ID,SIS Login ID\r\n    Points Possible,,\r\nAda,1,s000000\r\n"


def write(results, folder, **more):
    return write_results(results, folder, Disclosure.property, "", **more)


def test_every_file_is_there_and_links_lead_to_files(make_class, hostile, tmp_path):
    results = make_class(20, hostile)
    written = write(results, tmp_path, canvas=CanvasExport(EXPORT))
    there = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert sorted(written.paths) == there
    assert len(there) == 20 + 4
    assert all(path.parent in (tmp_path, tmp_path / "students") for path in there)
    report = (tmp_path / "report.html").read_text("utf-8")
    for path in there:
        name = path.relative_to(tmp_path).as_posix()
        assert f'href="{name}"' in report or name == "report.html"


def test_reports_come_back_as_they_were(make_class, hostile, tmp_path):
    results = make_class(20, hostile, without_mark=3)
    write(results, tmp_path)
    lines = (tmp_path / "reports.jsonl").read_text("utf-8").splitlines()
    read = [json.loads(line) for line in lines]
    assert [one["student"] for one in read] == [one.student for one in results.results]
    for one, result in zip(read, results.results, strict=True):
        assert (chapter_from(one["report"]) if one["report"] else None) == result.report
        assert one["problem"] == result.problem


def test_the_same_class_gives_the_same_bytes(make_class, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second, second):
        write(make_class(40), folder, canvas=CanvasExport(EXPORT))
    for path in first.rglob("*.*"):
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()


def test_copies_are_reported_and_students_see_nothing_of_it(make_class, graded, tmp_path):
    results = replace(
        make_class(0), results=tuple(replace(graded["right"], student=name) for name in "ab")
    )
    write(results, tmp_path)
    assert "look-alikes" in (tmp_path / "report.html").read_text("utf-8")
    assert "alike" not in (tmp_path / "students" / "a.html").read_text("utf-8")


def test_a_gradebook_that_does_not_fit_costs_only_itself(make_class, tmp_path):
    with pytest.raises(CanvasError):
        write(make_class(2), tmp_path, canvas=CanvasExport(b"no gradebook"))
    assert (tmp_path / "report.html").exists()
    assert (tmp_path / "grades.csv").exists()
    assert not (tmp_path / "canvas.csv").exists()


def test_an_empty_class_is_an_empty_table(make_class, tmp_path):
    write(make_class(0), tmp_path)
    assert len((tmp_path / "grades.csv").read_text("utf-8").splitlines()) == 1
    assert (tmp_path / "reports.jsonl").read_text("utf-8") == ""


def test_what_students_may_not_see_is_in_the_instructors_files_only(graded, make_class, tmp_path):
    one = replace(graded["believable"], student="ann")
    results = replace(make_class(0), results=(one, Result("bob", None, None, "no file")))
    write(results, tmp_path)
    assert "global-max" in (tmp_path / "report.html").read_text("utf-8")
    assert "global-max" in (tmp_path / "reports.jsonl").read_text("utf-8")
    assert "global-max" not in (tmp_path / "students" / "ann.html").read_text("utf-8")
