"""A gradebook of Canvas gets marks in one column; all its other bytes come back as they were."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.classroom.canvas import CanvasError, Gradebook
from grader.classroom.results import ClassResults, Result
from grader.course.reading import load_course

CHAPTER = load_course(Path(__file__).resolve().parents[3]).chapter("ch4")
HEADER = "Student,ID,SIS User ID,SIS Login ID,Section,ch1 (11),{column},Assignments Final Score"
ROWS = (
    ",,,,,Manual Posting,,",
    '"    Points Possible",,,,,100.00,{possible},(read only)',
    '"Lovelace, Ada",101,u-101,ada,"Maths, group ""A""",90,,77.5',
    '"Turing, Alan",102,u-102,alan,Logic ,"80.0",12,',
    '"Çelik, Ümit",103,u-103,umit,"two\nlines",,EX,1',
    '"Student, Test",999,,f3a,Logic,,,',
)


def export(column="ch4 · Logistic and softmax regression (44)", possible="20", end="\r\n"):
    lines = [HEADER, *ROWS]
    text = "".join(line.format(column=column, possible=possible) + end for line in lines)
    return b"\xef\xbb\xbf" + text.encode("utf-8")


@pytest.fixture
def class_of(course, graded):
    """A class of students, each with one of the graded submissions, or none."""

    def make(**kinds: str | None) -> ClassResults:
        results = tuple(
            replace(graded[kind], student=name) if kind else Result(name, None, None, "unreadable")
            for name, kind in kinds.items()
        )
        return ClassResults(course.name, course.chapter("ch4"), 0, results)

    return make


def table(data):
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return {row[0].strip(): row for row in rows}, rows[0]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("column", ["ch4", "ch4 (44)", "CH4: softmax (44)"])
def test_only_the_cells_of_marks_change(class_of, column, end):
    before = export(column, end=end)
    merged = Gradebook(before).merged(class_of(ada="right", alan="believable", zoe="stub"))
    expected = before.replace(b"90,,77.5", b"90,20,77.5").replace(b'"80.0",12,', b'"80.0",6.25,')
    assert merged.data == expected


def test_whoever_is_on_one_side_only_is_named(class_of):
    merged = Gradebook(export()).merged(class_of(ada="right", zoe="stub", alan=None))
    notes = "\n".join(merged.notes)
    assert "in the class, but not in the gradebook: zoe" in notes
    assert "Çelik, Ümit (103)" in notes
    assert "Lovelace" not in notes
    assert "no mark, the field is left as it was: alan" in notes
    assert table(merged.data)[0]["Turing, Alan"][6] == "12"


def test_who_is_excused_stays_excused(class_of):
    merged = Gradebook(export()).merged(class_of(umit="right"))
    assert merged.data == export()
    assert "excused in the gradebook, left so: umit" in merged.notes


@pytest.mark.parametrize(
    "name",
    ["ada", "ADA", "u-101", "101", "lovelaceada", "Ada Lovelace", "lovelaceada_101"],
)
def test_a_student_is_known_by_any_of_their_names(class_of, name):
    merged = Gradebook(export()).merged(class_of(**{name: "right"}))
    assert table(merged.data)[0]["Lovelace, Ada"][6] == "20"


def test_who_could_be_two_is_an_error(class_of):
    two = export().replace(b"u-102", b"ada")
    with pytest.raises(CanvasError, match=r"ada could be Lovelace, Ada \(101\), Turing, Alan"):
        Gradebook(two).merged(class_of(ada="right"))
    same = export().replace(b"Turing, Alan", b"Lovelace, Ada")
    with pytest.raises(CanvasError, match="lovelaceada could be"):
        Gradebook(same).merged(class_of(lovelaceada="right"))
    assert Gradebook(same).merged(class_of(alan="right")).data != same


def test_two_who_are_one_is_an_error(class_of):
    with pytest.raises(CanvasError, match="ada and 101 are both Lovelace, Ada"):
        Gradebook(export()).merged(class_of(**{"ada": "right", "101": "stub"}))


def test_without_the_column_one_is_added(class_of):
    before = export("ch5 (55)")
    merged = Gradebook(before).merged(class_of(ada="believable"))
    rows, header = table(merged.data)
    assert header[-1] == "ch4 · Logistic and softmax regression"
    assert rows["Points Possible"][-1] == "100"
    assert rows["Lovelace, Ada"][-1] == "31.24"
    assert rows["Turing, Alan"][-1] == ""
    *lines, rest = merged.data.decode("utf-8").split("\r\n")
    assert rest == ""
    without = "".join(line.rpartition(",")[0] + "\r\n" for line in lines)
    assert without == before.decode("utf-8")


@pytest.mark.parametrize("wanted", ["Homework", "Homework (44)", "44", "homework"])
def test_a_column_may_be_named(class_of, wanted):
    merged = Gradebook(export("Homework (44)")).merged(class_of(ada="right"), wanted)
    assert table(merged.data)[0]["Lovelace, Ada"][6] == "20"


def test_a_column_that_is_not_there_is_an_error(class_of):
    with pytest.raises(CanvasError, match=r"no column ch9: it has ch1 \(11\), Homework \(44\)$"):
        Gradebook(export("Homework (44)")).merged(class_of(ada="right"), "ch9")


def test_a_column_that_could_be_two_is_an_error(class_of):
    twice = export("ch4 (44)").replace(b"ch1 (11)", b"ch4 (45)")
    with pytest.raises(CanvasError, match="choose one by its number"):
        Gradebook(twice).merged(class_of(ada="right"))
    chosen = Gradebook(twice).merged(class_of(ada="right"), "44")
    assert table(chosen.data)[0]["Lovelace, Ada"][5:7] == ["90", "20"]


def test_ch1_is_not_ch10(class_of):
    merged = Gradebook(export("ch40 (44)")).merged(class_of(ada="right"))
    assert table(merged.data)[0]["Lovelace, Ada"][6] == ""


def test_read_only_columns_are_never_filled_in(class_of):
    locked = export("ch5 (55)").replace(b"Assignments Final Score", b"ch4 Final Score")
    rows, header = table(Gradebook(locked).merged(class_of(ada="right")).data)
    assert rows["Lovelace, Ada"][7] == "77.5"
    assert header[-1].startswith("ch4 ·")


@pytest.mark.parametrize(("possible", "mark"), [("100", "31.24"), ("10.00", "3.12"), ("", "31.24")])
def test_marks_are_in_points_of_the_column(class_of, possible, mark):
    merged = Gradebook(export(possible=possible)).merged(class_of(alan="believable"))
    assert table(merged.data)[0]["Turing, Alan"][6] == mark


def test_decimal_commas_stay_decimal_commas(class_of):
    before = (
        b'Student;ID;SIS Login ID;ch4 (44)\n    Points Possible;;;20,0\n"Lovelace, Ada";101;ada;\n'
    )
    merged = Gradebook(before).merged(class_of(ada="believable"))
    assert merged.data == before.replace(b"ada;\n", b"ada;6,25\n")


@pytest.mark.parametrize("data", [b"", b"name,mark\nada,1\n", b"\x00\xff\xfe", b"PK\x03\x04"])
def test_what_is_no_gradebook_is_one_clear_line(data):
    with pytest.raises(CanvasError, match="no columns Student and ID"):
        Gradebook(data)


@given(
    st.lists(
        st.lists(st.sampled_from(["", "a", '"a,b"', '"a\n""b"', '"', "é", 'a"b']), max_size=6)
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.binary(max_size=20),
)
def test_every_byte_that_is_not_ours_comes_back(lines, end, tail):
    text = "Student,ID,ch4 (44)" + "".join(end + ",".join(line) for line in lines)
    data = text.encode() + end.encode() + tail
    assert Gradebook(data).merged(ClassResults("course", CHAPTER, 0, ())).data == data
