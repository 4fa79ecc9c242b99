"""What learning management systems download, and what students call their files."""

from __future__ import annotations

import io
import tarfile

import pytest

from grader.classroom.roster import read_roster
from grader.course.reading import load_course
from tests.classroom import small_class as small


@pytest.fixture
def course(tmp_path):
    return load_course(small.written(tmp_path / "course"))


@pytest.fixture
def students(course, tmp_path):
    """`students({path: content})` is the roster of a folder that holds these files."""

    def read(files: dict[str, str | bytes], chapter: str = "ch1"):
        for name, content in files.items():
            path = tmp_path / "class" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        roster = read_roster(tmp_path / "class", course, course.chapter(chapter))
        return {
            one.student: f"! {one.problem}" if one.submission is None else one.submission.source
            for one in roster.students
        } | {f"{one.student} (note)": one.note for one in roster.students if one.note}

    return read


def tarred(files: dict[str, str], mode: str = "w:gz") -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode) as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()


def test_blackboard_counts_the_last_attempt(students):
    assert students(
        {
            "HW_4_ada_attempt_2026-10-01-10-00-00_ch1.py": "first",
            "HW_4_ada_attempt_2026-10-02-11-30-00.txt": "Name: Ada",
            "HW_4_ada_attempt_2026-10-02-11-30-00_ch1.py": "second",
            "HW_4_bob_attempt_2026-10-01-10-05-00_my work.py": "bob",
            "HW_4_cyd_attempt_2026-10-01-10-05-00.txt": "Name: Cyd, nothing attached",
        }
    ) == {
        "ada": "second",
        "ada (note)": "attempt of 2026-10-02-11-30-00; earlier, not graded: 2026-10-01-10-00-00",
        "bob": "bob",
        "cyd": "! no .py or .ipynb file: ask for the one with the work in it",
    }


def test_brightspace_in_files_and_folders(students):
    assert students(
        {
            "123-9 - Ada Low - Oct 2, 2026 1130 AM - ch1.py": "ada again",
            "123-9 - Ada Low - Sept 30, 2026 930 PM - ch1.py": "earlier",
            "124-9 - Bob Ray - October 1, 2026 1005 AM/ch1.py": "bob",
            "125-9 - Ada Low - Oct 1, 2026 1000 AM/ch1.py": "another Ada",
            "index.html": "<html>",
        }
    ) == {
        "Ada Low_123": "ada again",
        "Ada Low_123 (note)": "attempt of 2026-10-02-11-30-00; earlier, not graded: "
        "2026-09-30-21-30-00",
        "Bob Ray_124": "bob",
        "Ada Low_125": "another Ada",
    }


def test_sakai_and_what_lies_around_a_hand_in(students):
    assert students(
        {
            "Homework/grades.csv": "x",
            "Homework/Low, Ada(ada01)/Submission attachment(s)/ch1.py": "ada",
            "Homework/Low, Ada(ada01)/timestamp.txt": "20261001",
            "Homework/Low, Ada(ada01)/Feedback Attachment(s)/ch1.py": "not hers",
            "Homework/Ray, Bob(bob02)/timestamp.txt": "20261001",
        }
    ) == {
        "Low, Ada(ada01)": "ada",
        "Ray, Bob(bob02)": "! no .py or .ipynb file: ask for the one with the work in it",
    }


def test_moodle_4_has_no_underscore_at_the_end(students):
    assert students({"Ada Low_12_assignsubmission_file/ch1.py": "ada"}) == {"Ada Low_12": "ada"}


@pytest.mark.parametrize(
    "name",
    [
        "Copy of ch1.py",
        "ch1-Copy1.py",
        "ch1 (1).py",
        "ch1 - Copy.py",
        "ch1 - Copy (2).py",
        "ch1_final.py",
        "ada_ch1.py",
        "CH1.PY",
        "ch1.py.txt",
        "Chapter 1.py",
        "ch01_first (1).py",
        "Kopie von ch1.py",
    ],
)
def test_a_file_may_be_called(students, name):
    beside = name.replace("1", "2", 1).replace("ch01", "ch02").replace("first", "second")
    found = students({f"ada/{name}": "right", f"ada/{beside}": "of another chapter"})
    assert found == {"ada": "right"}


def test_the_file_itself_comes_before_its_copy(students):
    assert students({"ada/ch1.py": "itself", "ada/ch1 (1).py": "copy"}) == {"ada": "itself"}


def test_what_is_no_source_is_named_with_what_to_ask_for(students):
    assert students(
        {
            "amy.rar": b"Rar!\x1a\x07\x01\x00",
            "ben/ch1.7z": b"7z\xbc\xaf\x27\x1c",
            "cleo.pdf": b"%PDF-1.7",
            "dan/ch1.py": b"PK\x03\x04 and so on",
            "eli/ch1.py": "<!DOCTYPE html><html>",
            "flo.py": "flo",
        }
    ) == {
        "amy": "! amy.rar is a RAR archive: ask for the .py or .ipynb file, or for a .zip",
        "ben": "! ch1.7z is a 7-Zip archive: ask for the .py or .ipynb file, or for a .zip",
        "cleo": "! cleo.pdf is a PDF document: ask for the .py or .ipynb file",
        "dan": "! ch1.py is a zip archive, not Python: "
        "unpack it and hand in the .py or .ipynb file",
        "eli": "! ch1.py is a web page, not Python: "
        "download the file itself, not the page that shows it",
        "flo": "flo",
    }


def test_tar_archives_are_read_and_lead_nowhere(students):
    assert students(
        {
            "amy.tar.gz": tarred({"ch1.py": "amy"}),
            "ben/work.tgz": tarred({"work/ch1.py": "ben"}),
            "cleo.tar": tarred({"../../ch1.py": "out"}, "w"),
            "dan.tar.gz": b"\x1f\x8b no archive",
        }
    ) == {
        "amy": "amy",
        "ben": "ben",
        "cleo": "! ch1.py: its name leads out of the archive",
        "dan": "! dan.tar.gz is a damaged archive, or none",
    }


def test_python_in_a_text_file_is_read_and_an_essay_is_not(students):
    found = students({"amy.txt": "def double(x):\n    return 2 * x\n", "ben.txt": "Dear all,\n"})
    assert found["amy"].startswith("def double")
    assert found["ben"].startswith("! ben.txt is no .py or .ipynb file")
