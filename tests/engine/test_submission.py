"""Reading submissions: every kind of file becomes text or a one-line error."""

from __future__ import annotations

import codecs
import json
import os

import nbformat
import pytest

from grader.submission.errors import UnreadableSubmission
from grader.submission.reading import chapter_file, read_submission

SOURCE = "def softmax(z):\n    return z\n"


@pytest.fixture
def chapter(course):
    return course.chapter("ch4")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (SOURCE.encode(), SOURCE),
        (b"\xef\xbb\xbf" + SOURCE.encode(), SOURCE),
        (b"# caf\xe9\n", "# café\n"),
        (b"", ""),
        (b"x = 1\x00\n", "x = 1\x00\n"),
        (SOURCE.replace("\n", "\r\n").encode(), SOURCE),
        (SOURCE.replace("\n", "\r").encode(), SOURCE),
        (SOURCE.encode("utf-16"), SOURCE),
        (codecs.BOM_UTF16_BE + SOURCE.encode("utf-16-be"), SOURCE),
        (SOURCE.encode("utf-32"), SOURCE),
        ("# coding: gbk\n# 作业\n".encode("gbk"), "# coding: gbk\n# 作业\n"),
        (b"# coding: no such\nx = 1\n", "# coding: no such\nx = 1\n"),
        ("s = '\u2028\x0c'\n".encode(), "s = '\u2028\x0c'\n"),
    ],
    ids=[
        "utf-8",
        "byte order mark",
        "latin-1",
        "empty",
        "NUL",
        "CRLF",
        "CR",
        "utf-16",
        "utf-16-be",
        "utf-32",
        "declared",
        "declared wrongly",
        "no line ends",
    ],
)
def test_text_in_any_coding(tmp_path, chapter, data, text):
    path = tmp_path / "mine.py"
    path.write_bytes(data)
    assert read_submission(path, chapter).source == text


def test_a_folder_brings_its_other_modules(tmp_path, chapter):
    (tmp_path / f"{chapter.module}.py").write_text(SOURCE)
    (tmp_path / "helper.py").write_text("value = 1\n")
    assert chapter_file(tmp_path, chapter)
    files = read_submission(tmp_path, chapter).files
    assert files == {chapter.module: SOURCE, "helper": "value = 1\n"}


def test_a_notebook_becomes_its_code(tmp_path, chapter):
    cells = [
        nbformat.v4.new_markdown_cell("# Softmax"),
        nbformat.v4.new_code_cell("%matplotlib inline\n!ls\nimport numpy as np"),
        nbformat.v4.new_code_cell("%%bash\nrm -rf /"),
        nbformat.v4.new_code_cell("%%time\ndef softmax(z):\n    return z"),
    ]
    path = tmp_path / "ch4.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    submission = read_submission(path, chapter)
    assert "rm -rf" not in submission.source.replace("#", "")
    scope: dict[str, object] = {}
    exec(submission.source, scope)
    assert scope["softmax"](3) == 3
    line = submission.source.splitlines().index("    return z") + 1
    assert submission.place(line) == "cell 3, line 3"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "cannot be read: No such file"),
        (lambda path: os.mkfifo(path), "not a regular file"),
        (lambda path: path.write_bytes(b"x" * (1 << 21)), "larger than 1 MB"),
        (lambda path: path.mkdir(), "holds no"),
    ],
    ids=["absent", "FIFO", "huge", "empty folder"],
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path, chapter, make, words):
    path = tmp_path / "mine.py"
    make(path)
    with pytest.raises(UnreadableSubmission, match=words) as caught:
        read_submission(path, chapter)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "not json", json.dumps({"cells": 3})])
def test_a_broken_notebook_is_said_in_one_line(tmp_path, chapter, text):
    path = tmp_path / "ch4.ipynb"
    path.write_text(text)
    with pytest.raises(UnreadableSubmission, match="is not a notebook") as caught:
        read_submission(path, chapter)
    assert "\n" not in str(caught.value)
