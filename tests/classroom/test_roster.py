"""Who handed in what: folders, files and zips as they lie, whatever is in them."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from pathlib import Path

import pytest

from grader.classroom.roster import read_roster
from grader.course.reading import load_course, load_module
from grader.submission.errors import UnreadableSubmission
from grader.submission.siblings import LARGEST

small = load_module(Path(__file__).with_name("small_class.py"), "small_class_texts")
NOTHING = "! no .py or .ipynb file: ask for the one with the work in it"
NOTHING = "! no .py or .ipynb file: ask for the one with the work in it"
NOTEBOOK = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": ["x = 'nb'"],
            }
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
)


@pytest.fixture
def course(tmp_path):
    return load_course(small.written(tmp_path / "course"))


@pytest.fixture
def read(course, tmp_path):
    """`read({path: text})` is what a folder with these files holds: a source or problem each."""

    def read(files: dict[str, str], chapter: str = "ch1") -> dict[str, str]:
        root = tmp_path / "handed_in"
        root.mkdir(exist_ok=True)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return found(course, root, chapter)

    return read


@pytest.fixture
def read_zip(course, tmp_path):
    """The same for an archive; a name may be a ZipInfo."""

    def read_zip(files, name: str = "submissions.zip") -> dict[str, str]:
        path = tmp_path / name
        path.write_bytes(zipped(files))
        return found(course, path)

    return read_zip


def zipped(files) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


def found(course, place: Path, chapter: str = "ch1") -> dict[str, str]:
    roster = read_roster(place, course, course.chapter(chapter))
    assert [one.student for one in roster.students] == sorted(
        one.student for one in roster.students
    )
    return {
        one.student: one.submission.source.strip() if one.submission else f"! {one.problem}"
        for one in roster.students
    }


def test_folders_files_and_notebooks(read):
    assert read(
        {
            "amy/ch01_small.py": "amy",
            "ben/CH1.py": "ben",
            "cleo/ch01.ipynb": NOTEBOOK,
            "dan/my homework.py": "dan",
            "eli/deep/inside/ch1.py": "eli",
            "flo.py": "flo",
            "gus.ipynb": NOTEBOOK,
            "hal/submission.zip": "",
        }
        | {"ida/.DS_Store": "junk", "ida/.ipynb_checkpoints/ch1.py": "old", "ida/ch1.py": "ida"}
    ) == {
        "amy": "amy",
        "ben": "ben",
        "cleo": "x = 'nb'",
        "dan": "dan",
        "eli": "eli",
        "flo": "flo",
        "gus": "x = 'nb'",
        "hal": "! submission.zip is not a zip archive: File is not a zip file",
        "ida": "ida",
    }


def test_an_nbgrader_course_is_read_as_it_lies(read):
    files = {
        "submitted/amy/ch1/ch1.ipynb": NOTEBOOK,
        "submitted/amy/ch1/timestamp.txt": "2026-11-22",
        "submitted/amy/ch2/ch2.ipynb": NOTEBOOK.replace("'nb'", "'other'"),
        "submitted/ben/ch1/my-notebook.ipynb": NOTEBOOK,
        "submitted/cleo/ch2/ch2.ipynb": NOTEBOOK,
        "nbgrader_config.py": "",
        "gradebook.db": "",
    }
    right = {"amy": "x = 'nb'", "ben": "x = 'nb'", "cleo": "! nothing for ch1 was handed in"}
    assert read(files) == right
    assert read({}, "ch2")["amy"] == "x = 'other'"


def test_which_file_it_is(read):
    found = read(
        {
            "amy/a.py": "",
            "amy/b.py": "",
            "ben/ch2.py": "another chapter",
            "cleo/ch1.py": "the best",
            "cleo/old/ch1.py": "deeper",
            "cleo/notes.py": "",
            "dan/one/ch1.py": "",
            "dan/two/ch1.py": "",
            "eli/ch1.ipynb": NOTEBOOK,
            "eli/ch1.py": "a plain file",
            "flo/essay.pdf": "",
        }
    )
    assert found == {
        "amy": "! which file is ch1: a.py, b.py?",
        "ben": "! nothing for ch1 was handed in",
        "cleo": "the best",
        "dan": "! which file is ch1: one/ch1.py, two/ch1.py?",
        "eli": "a plain file",
        "flo": "! essay.pdf is no .py or .ipynb file: ask for the one with the work in it",
    }


def test_modules_beside_it_come_along_and_other_students_do_not(course, tmp_path):
    (tmp_path / "handed_in" / "amy").mkdir(parents=True)
    for name in ("amy/ch1.py", "amy/helper.py", "ben.py", "cleo.py"):
        (tmp_path / "handed_in" / name).write_text(name)
    roster = read_roster(tmp_path / "handed_in", course, course.chapter("ch1"))
    assert [sorted(one.submission.files) for one in roster.students] == [
        ["ch01_small", "helper"],
        ["ch01_small"],
        ["ch01_small"],
    ]


def test_what_is_nobodys_is_named(course, read, tmp_path):
    read({"amy.py": "", "README.txt": "", "grades.csv": ""})
    roster = read_roster(tmp_path / "handed_in", course, course.chapter("ch1"))
    assert roster.ignored == ("README.txt", "grades.csv")


def test_nothing_handed_in_is_bad_input(read):
    with pytest.raises(UnreadableSubmission, match="holds no submissions"):
        read({"README.txt": ""})


def test_one_name_twice_is_a_question(read):
    files = {"amy.py": "1", "amy/ch1.py": "2", "ben.py": "ben"}
    assert read(files) == {"amy": "! amy/, amy.py: which of them is it? Keep one", "ben": "ben"}


def test_one_name_in_two_encodings_is_a_question(read):
    found = read({"Jos\u00e9/ch1.py": "1", "Jose\u0301/ch1.py": "2"})
    (problem,) = found.values()
    assert "which of them is it?" in problem


def test_links_are_not_followed(read, tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("the reference")
    root = tmp_path / "handed_in"
    (root / "amy").mkdir(parents=True)
    (root / "amy" / "ch1.py").symlink_to(secret)
    (root / "ben").symlink_to(tmp_path)
    (root / "cleo").mkdir()
    (root / "cleo" / "ch1.py").write_text("cleo")
    (root / "cleo" / "helper.py").symlink_to(secret)
    (root / "dan.py").symlink_to(secret)
    (root / "eli").mkdir()
    (root / "eli" / "inside").symlink_to(tmp_path, target_is_directory=True)
    assert read({}) == {
        "amy": "! ch1.py is a link, which is not followed",
        "ben": "! ben is a link, which is not followed",
        "cleo": "cleo",
        "dan": "! dan.py is a link, which is not followed",
        "eli": "! inside is a link, which is not followed",
    }


def test_files_that_are_none(read, tmp_path):
    (tmp_path / "handed_in" / "amy").mkdir(parents=True)
    os.mkfifo(tmp_path / "handed_in" / "amy" / "ch1.py")
    found = read({"ben/ch1.py": "x" * (LARGEST + 1), "cleo/ch1.ipynb": "no notebook"})
    assert found["amy"] == "! ch1.py is not a regular file"
    assert found["ben"] == "! ch1.py is larger than 1 MB"
    assert found["cleo"].startswith("! ch1.ipynb is not a notebook")


CANVAS = {
    "doejane_12345_67890_ch1.py": "jane",
    "roejohn_LATE_222_67891_ch01_small-2.py": "john",
    "poejim_333_67892_work.ipynb": NOTEBOOK,
    "moejack_444_1_ch1.py": "jack",
    "moejack_444_2_helper.py": "helps",
    "noeann_555_67893_essay.pdf": "%PDF",
    "noebob_666_text.html": "<p>",
    "coeliz_777_67894_all.zip": zipped({"all/ch1.py": "liz", "__MACOSX/._ch1.py": "junk"}),
}
FROM_CANVAS = {
    "doejane_12345": "jane",
    "roejohn_222": "john",
    "poejim_333": "x = 'nb'",
    "moejack_444": "jack",
    "noeann_555": "! essay.pdf is a PDF document: ask for the .py or .ipynb file",
    "noebob_666": "! text.html is no .py or .ipynb file: ask for the one with the work in it",
    "coeliz_777": "liz",
}


def test_canvas(read_zip):
    assert read_zip(CANVAS) == FROM_CANVAS


def test_canvas_unpacked(course, tmp_path):
    root = tmp_path / "unpacked"
    root.mkdir()
    for name, text in CANVAS.items():
        (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert found(course, root) == FROM_CANVAS


def test_moodle(read_zip):
    assert read_zip(
        {
            "Jane Doe_12345_assignsubmission_file_/ch1.py": "jane",
            "Jane Doe_12345_assignsubmission_onlinetext_/onlinetext.html": "<p>",
            "Jane Doe_54321_assignsubmission_file_/ch1.py": "another jane",
            "Jürgen_O_Neil_222_assignsubmission_file_work.ipynb": NOTEBOOK,
        }
    ) == {
        "Jane Doe_12345": "jane",
        "Jane Doe_54321": "another jane",
        "Jürgen_O_Neil_222": "x = 'nb'",
    }


def test_a_plain_zip_and_its_junk(read_zip):
    files = {
        "hw1/": "",
        "hw1/amy/ch1.py": "amy",
        "hw1/amy/.DS_Store": "",
        "hw1/ben.py": "ben",
        "hw1/cleo/": "",
        "__MACOSX/hw1/amy/._ch1.py": "junk",
        "hw1\\dan\\ch1.py": "dan",
    }
    expected = {"amy": "amy", "ben": "ben", "cleo": NOTHING, "dan": "dan"}
    assert read_zip(files, "hw1.zip") == expected


def test_hostile_names_in_a_zip_lead_nowhere(read_zip, tmp_path):
    link = zipfile.ZipInfo("cleo/ch1.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    before = sorted(tmp_path.rglob("*"))
    found = read_zip(
        {
            "../../amy/ch1.py": "out",
            "/etc/ben.py": "out",
            link: "/etc/passwd",
            "C:/dan/ch1.py": "out",
            "eli/../../ch1.py": "out",
            "flo/ch1.py": "flo",
        }
    )
    assert found.pop("flo") == "flo"
    assert found.pop("cleo") == "! ch1.py is a link, which is not followed"
    assert all(text.endswith("its name leads out of the archive") for text in found.values())
    assert sorted(found) == ["C:", "amy", "eli", "etc"]
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "submissions.zip"])


def test_bombs_cost_their_student(read_zip):
    zeros = b"\0" * (300 << 20)
    found = read_zip(
        {
            "amy/ch1.py": zeros,
            "ben/all.zip": zipped({"ch1.py": zeros}),
            "cleo/all.zip": zipped({f"{n}.txt": "" for n in range(10_001)}),
            "dan/all.zip": zipped({"more.zip": zipped({"ch1.py": "too deep"})}),
            "eli/ch1.py": "eli",
        }
    )
    assert found == {
        "amy": "! ch1.py is larger than 1 MB",
        "ben": "! ch1.py is larger than 1 MB",
        "cleo": "! all.zip holds more than 10000 files",
        "dan": "! more.zip is an archive within an archive: ask for the file itself",
        "eli": "eli",
    }


def test_encrypted_and_damaged_members_cost_their_student(course, tmp_path):
    data = bytearray(
        zipped({"amy/ch1.py": "amy" * 99, "ben/ch1.py": "ben" * 99, "cleo.py": "cleo"})
    )
    central = data.index(b"PK\1\2")
    data[central + 8] |= 1
    start = data.index(b"ben/ch1.py") + len("ben/ch1.py")
    data[start : start + 6] = b"\xff" * 6
    path = tmp_path / "all.zip"
    path.write_bytes(data)
    problems = found(course, path)
    assert problems["amy"] == "! ch1.py is encrypted"
    assert problems["ben"].startswith("! ch1.py cannot be read: ")
    assert problems["cleo"] == "cleo"


def test_an_archive_that_is_none_is_bad_input(course, tmp_path):
    path = tmp_path / "all.zip"
    path.write_text("no zip")
    with pytest.raises(UnreadableSubmission, match="is not a zip archive"):
        found(course, path)
