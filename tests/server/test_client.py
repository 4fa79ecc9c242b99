"""The commands of a student whose class has a server, against a server that runs."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from grader.cli.app import main
from grader.client.connection import Server, ServerError
from grader.client.credentials import Credentials, checked_url
from grader.client.notebook import as_run
from grader.submission.errors import UnreadableSubmission

from .conftest import CLASS, SEED, free_port
from .crowd import Serving


@pytest.fixture(scope="module")
def serving(small, tmp_path_factory, bubblewrap):
    place = tmp_path_factory.mktemp("serving")
    data = place / "class"
    data.mkdir()
    (data / "class.toml").write_text(CLASS)
    found = Serving(small.written(place / "course"), data, free_port())
    found.invite(["ada", "ben"])
    found.start()
    yield found
    found.stop()


@pytest.fixture
def student(serving, small, tmp_path, monkeypatch, capsys):
    """Runs a command as ada would, in a folder of hers: exit code, stdout, stderr."""
    root = small.written(tmp_path / "work")
    (root / "exercises" / "ch01_small.py").write_text(small.WRONG_RELU)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(root)

    def run(*words: str, stdin: str = "") -> tuple[int, str, str]:
        path = tmp_path / "stdin"
        path.write_text(stdin)
        with path.open() as file:
            monkeypatch.setattr(sys, "stdin", file)
            with pytest.raises(SystemExit) as ended:
                main(list(words))
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_from_the_invitation_to_the_verdict(serving, student, tmp_path):
    code, out, err = student("submit", "ch1")
    assert code == 2
    assert "grade login URL" in err
    code, out, err = student("login", serving.url, stdin=serving.tokens["ada"] + "\n")
    assert (code, out) == (0, "logged in to A small class as ada\n")
    file = tmp_path / "config" / "gradschool" / "server.json"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(file.parent).st_mode) == 0o700

    code, out, err = student("submit", "ch1")
    assert code == 1
    assert "ch1 · A small chapter" in out
    assert "70 / 100" in out
    assert "absolute-value" not in out  # only which checks failed is disclosed
    assert str(SEED) not in out + err
    assert "this one counts; counterexamples are not shown now" in err

    code, out, err = student("submit", "ch1.double")
    assert "double" in out
    assert "relu" not in out
    code, out, err = student("submissions", "ch1")
    assert code == 0
    assert out.count("70 / 100") == 2
    assert out.count("counts") == 1
    assert "ch1 is open" in err


def test_the_report_is_printed_as_grade_prints_it(serving, student, small, tmp_path):
    (serving.data / "class.toml").write_text(CLASS.replace('"property"', '"full"'))
    try:
        student("login", serving.url, stdin=serving.tokens["ben"] + "\n")
        code, ours, _ = student("submit", "ch1")
        place = str(Path.cwd() / "exercises" / "ch01_small.py")
        again, theirs, _ = student("ch1", "--seed", str(SEED), "--submission", place)
    finally:
        (serving.data / "class.toml").write_text(CLASS)
    assert code == again == 1
    assert "absolute-value" in ours
    assert ours.split("next:")[0] == theirs.split("next:")[0]


def test_a_notebook_with_helpers_and_other_names(serving, student):
    student("login", serving.url, stdin=serving.tokens["ada"] + "\n")
    cells = ["import numpy as np", "def my_relu(x):\n    return np.maximum(x, 0.0)"]
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "source": one,
                "metadata": {},
                "outputs": [{"output_type": "stream", "text": "x" * 3_000_000}],
            }
            for one in cells
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    Path("mine.ipynb").write_text(json.dumps(notebook))
    code, out, _ = student("submit", "ch1", "--submission", "mine.ipynb", "--map", "my_relu=relu")
    assert code == 1
    assert "30 / 100" in out


def test_what_goes_wrong_is_said_in_a_line(serving, student):
    for words, stdin, said in (
        (("login", "http://grade.example.edu"), "gs_x", "is not encrypted"),
        (("login", "ftp://x"), "gs_x", "is no address"),
        (("login", serving.url), "", "no token was given"),
        (("login", serving.url), "gs_wrong\n", "the token is not valid"),
    ):
        code, out, err = student(*words, stdin=stdin)
        assert (code, out) == (2, ""), words
        assert said in err
        assert err.count("\n") == 1
    student("login", serving.url, stdin=serving.tokens["ada"] + "\n")
    for words, said in (
        (("submit", "ch1", "--submission", "nowhere.py"), "nowhere.py does not exist"),
        (("submit", "ch9"), "ch9"),
        (("submissions", "--show", "9999"), "you have no submission 9999"),
    ):
        code, out, err = student(*words)
        assert (code, out) == (2, ""), words
        assert said in err


def test_a_server_that_is_away_is_said_in_a_line(monkeypatch):
    monkeypatch.setattr("grader.client.connection.PAUSES", (0.01,))
    server = Server(Credentials(f"http://127.0.0.1:{free_port()}", "gs_x"))
    with pytest.raises(ServerError, match="does not answer"):
        server.get("/me")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("grade.example.edu", "https://grade.example.edu"),
        ("https://grade.example.edu/class/", "https://grade.example.edu/class"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_addresses(typed, address):
    assert checked_url(typed) == address


@pytest.mark.parametrize("typed", ["http://10.0.0.1", "http://", "https://x:99999999", "file:///x"])
def test_addresses_that_are_none(typed):
    with pytest.raises(UnreadableSubmission):
        checked_url(typed)


def test_a_notebook_is_handed_in_as_it_was_run():
    history = ["", "%load_ext grader", "x = 1", "def f(): ...", "x = 1", "%submit ch1"]
    assert as_run(history) == ["def f(): ...", "x = 1"]


def test_submit_in_a_notebook(serving, student, small):
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    student("login", serving.url, stdin=serving.tokens["ada"] + "\n")
    shell = interactive.InteractiveShell.instance()
    try:
        shell.run_cell("%load_ext grader", store_history=True)
        shell.run_cell(small.RIGHT, store_history=True)
        result = shell.run_cell("%submit ch1", store_history=True).result
        assert result.report.score == 100
        assert "100 / 100" in repr(result)
        assert "ch1.relu" in result._repr_html_()
        failed = shell.run_cell("%submit nothing", store_history=True)
        assert "UsageError" in repr(failed.error_in_exec) or failed.result is None
    finally:
        interactive.InteractiveShell.clear_instance()
