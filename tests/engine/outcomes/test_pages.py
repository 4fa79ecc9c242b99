"""A page a student: safe names, no script, no more than may be disclosed."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from grader.classroom.pages import file_names, student_page
from grader.classroom.results import Result
from grader.report.disclosure import Disclosure

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.html|_[A-Za-z0-9_-]*\.html")


def test_ordinary_names_stay():
    names = ["alice", "Bob_2", "s1234567", "ann-marie"]
    assert file_names(names) == {name: f"{name}.html" for name in names}


def test_hostile_names_become_safe_ones(hostile):
    found = file_names(hostile)
    assert set(found) == set(hostile)
    for name in found.values():
        assert SAFE.fullmatch(name)
        assert len(name) < 150
        assert not re.match(r"(?i)(con|nul|aux|prn)\.", name)


@given(st.lists(st.text(max_size=80) | st.sampled_from(["a", "A", "a b", "a-b", "á"]), unique=True))
def test_no_two_share_a_file_on_any_system(students):
    found = file_names(students)
    assert len({name.casefold() for name in found.values()}) == len(students)
    assert all(SAFE.fullmatch(name) for name in found.values())


def test_whoever_is_called_like_the_file_of_another_gets_another():
    (taken,) = file_names(["a/b"]).values()
    found = file_names([taken.removesuffix(".html"), "a/b"])
    assert len(set(found.values())) == 2


def test_a_page_shows_what_may_be_disclosed(make_class, graded):
    results, one = make_class(1), graded["believable"]
    noted = replace(one, report=replace(one.report, notes=("line 3: it fails",)))
    full = student_page(noted, results, Disclosure.full)
    checks = student_page(noted, results, Disclosure.property)
    score = student_page(noted, results, Disclosure.none)
    assert "global-max" in full
    assert "expected" in full
    assert "line 3" in full
    assert "global-max" not in checks
    assert "expected" not in checks
    assert "matches the reference" in checks
    assert "matches the reference" not in score
    assert "line 3" not in score
    assert "31.24" in score


def test_without_a_mark_the_page_says_so(make_class, graded):
    results = make_class(1)
    unread = Result("ann", None, None, "ann.py is larger than 1 MB: is it the right file?")
    assert unread.problem in student_page(unread, results, Disclosure.full)
    failed = Result("bob", graded["right"].submission, None, "the reference fails the check 'x'")
    page = student_page(failed, results, Disclosure.full)
    assert "no mark yet" in page
    assert "reference" not in page


def test_a_name_is_never_markup(make_class, graded, hostile):
    results = make_class(1)
    for name in hostile:
        page = student_page(replace(graded["right"], student=name), results, Disclosure.full)
        page.encode("utf-8")
        assert "<script" not in page
        assert "<img" not in page
        assert not any(mark in page for mark in "\x1b\x07\u202e")
