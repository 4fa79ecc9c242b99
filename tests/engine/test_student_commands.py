"""What a student does between two gradings: list, next, hint, reset, solution, other names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from grader.cli.app import main
from grader.student.progress import NAME, load_progress
from grader.submission.blocks import blocks, changed

ROOT = Path(__file__).resolve().parents[2]
MODULE = "ch04_softmax_cross_entropy.py"


@pytest.fixture
def student(tmp_path, monkeypatch) -> Path:
    """A folder with the stub of chapter 4, and nothing else of the course."""
    (tmp_path / "exercises").mkdir()
    shutil.copy(ROOT / "exercises" / MODULE, tmp_path / "exercises")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path / "exercises" / MODULE


@pytest.fixture
def run(capsys, student):
    """`run("hint", …)` is (exit code, stdout, stderr)."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        if "solution" not in arguments:
            assert max(map(len, captured.out.splitlines()), default=0) <= 80, captured.out
        return int(left.value.code or 0), captured.out, captured.err

    return run


SOLVED = blocks((ROOT / "solutions" / MODULE).read_text())


def solve(path: Path, name: str, body: str | None = None) -> None:
    """Fill in one exercise, with the reference's text or another."""
    source = path.read_text()
    path.write_text(source.replace(blocks(source)[name].text, body or SOLVED[name].text))


def test_a_grading_is_remembered(run, student):
    solve(student, "softmax")
    solve(student, "sigmoid", "def sigmoid(z):\n    return z")
    assert "12  ch4.softmax                        started" in run("list", "ch4")[1]
    run("ch4.softmax", "ch4.sigmoid", "ch4.logsumexp")
    _, out, err = run("list", "ch4")
    assert err == ""
    assert "1 of 10 done" in out
    assert "✓  12  ch4.softmax                        done" in out
    assert "~   8  ch4.sigmoid                        started: failed, 0 of 8 points" in out
    assert "·   8  ch4.logsumexp                      not started\n" in out
    solve(student, "softmax", "def softmax(z, axis=-1):\n    return z")
    assert "ch4.softmax                        started, changed since it passed" in run("list")[1]


def test_a_grading_of_another_file_is_not(run, student):
    run("ch4.softmax", "--submission", ROOT / "solutions" / MODULE)
    assert not (student.parent / NAME).exists()


def test_next_says_what_and_why(run, student):
    _, out, _ = run("next")
    assert out.startswith("ch4.sigmoid   exercises/ch04_softmax_cross_entropy.py:")
    assert "the first that you have not begun, 8 points" in out
    assert "Turn every logit into a probability between 0 and 1.\nthen:" in out
    assert out.endswith("then: grade ch4.sigmoid     stuck? grade hint ch4.sigmoid\n")
    solve(student, "log_softmax", "def log_softmax(z):\n    return np.log(softmax(z))")
    for _ in range(2):
        out = run("next")[1]
        assert out.startswith("ch4.softmax ")
        assert "ch4.log_softmax is written and waits for it." in out
        run("ch4.log_softmax")
    solve(student, "softmax")
    assert "begun it and not had it checked, 12 points" in run("next")[1]
    names = ("softmax", "logsumexp", "log_softmax")
    student.write_text((ROOT / "exercises" / MODULE).read_text())
    for name in names:
        solve(student, name)
    run(*(f"ch4.{name}" for name in names))
    assert run("next")[1].startswith("ch4.sigmoid")


def test_paths_are_offered_and_lock_nothing(run, student):
    out, err = run("next")[1:]
    assert out.startswith("ch4.sigmoid")
    assert "grade next vision" in err
    assert max(map(len, err.splitlines())) <= 80
    assert run("next", "vision")[1].startswith("ch4.sigmoid")
    assert run("next", "vision")[2] == ""
    assert run("list", "classics")[1].startswith("ch1 ")
    code, _, err = run("next", "visoin")
    assert code == 2
    assert "there is no visoin" in err


def test_a_chapter_without_a_file(run):
    assert "grade init . --chapter ch5 writes its file" in run("list", "ch5")[1]
    code, _, err = run("next", "ch5")
    assert code == 2
    assert "grade init . --chapter ch5 writes it" in err


def test_all_done(run, student):
    student.write_text((ROOT / "solutions" / MODULE).read_text())
    run("ch4")
    assert run("next")[1] == "Everything here is done.\n"


def test_hints_are_remembered_step_by_step(run, student):
    shown = [run("hint", "ch4.softmax") for _ in range(4)]
    assert [out[:3] for _, out, _ in shown] == ["1/3", "2/3", "3/3", "3/3"]
    assert "grade hint ch4.softmax 2" in shown[0][2]
    assert "--spoil" in shown[3][2]
    assert run("hint", "ch4.softmax", "1")[1] == shown[0][1]
    (student.parent / NAME).unlink()
    assert run("hint", "ch4.softmax")[1] == shown[0][1]


def test_hints_need_no_exercises_folder(run, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    shutil.rmtree(tmp_path / "exercises")
    code, out, _ = run("hint", "ch4.softmax")
    assert code == 0
    assert out.startswith("1/3")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"hints": 3, "verdicts": {}}', "[" * 5000, '{"hints": {"a": 1e999}}'],
)
def test_a_broken_progress_file_is_ignored_with_a_note(run, student, text):
    (student.parent / NAME).write_text(text)
    code, out, err = run("list", "ch4")
    assert code == 0
    assert "0 of 10 done" in out
    assert f"grade: {NAME} is broken" in err
    assert err.count("\n") == 1
    run("hint", "ch4.softmax")
    assert load_progress(student.parent).hints == {"ch4.softmax": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_costs_a_note(run, student):
    student.parent.chmod(0o500)
    try:
        code, _, err = run("hint", "ch4.softmax")
    finally:
        student.parent.chmod(0o700)
    assert code == 0
    assert "progress is not remembered" in err


def test_reset_asks_and_keeps_a_backup(run, student, monkeypatch):
    stub = student.read_text()
    solve(student, "softmax")
    solve(student, "sigmoid")
    before = student.read_text()
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert run("reset", "ch4.softmax")[1] == "Nothing was changed.\n"
    assert student.read_text() == before
    monkeypatch.setattr("builtins.input", lambda question: "y")
    code, out, _ = run("reset", "ch4.softmax")
    assert code == 0
    (backup,) = (student.parent / ".backups").iterdir()
    assert backup.name in out
    assert backup.read_text() == before
    assert blocks(student.read_text())["softmax"].text == blocks(stub)["softmax"].text
    run("reset", "ch4.sigmoid", "--yes")
    assert student.read_text() == stub
    assert len(list((student.parent / ".backups").iterdir())) == 2


def test_reset_of_a_file_that_does_not_parse(run, student):
    solve(student, "softmax", "def softmax(z:\n    return (")
    run("reset", "ch4.softmax", "--yes")
    assert student.read_text() == (ROOT / "exercises" / MODULE).read_text()


def test_reset_brings_back_what_was_deleted(run, student):
    source = student.read_text()
    student.write_text(source.replace(blocks(source)["softmax"].text, ""))
    run("reset", "ch4.softmax", "--yes")
    assert "softmax" in blocks(student.read_text())


def test_reset_where_nobody_answers(run, student, monkeypatch):
    def nobody(question: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    code, _, err = run("reset", "ch4.softmax")
    assert code == 2
    assert "add --yes" in err


def test_a_solution_is_for_those_who_have_one(run, student):
    code, out, err = run("solution", "ch4.softmax")
    assert (code, out) == (2, "")
    assert "--spoil" in err
    assert "def softmax" in run("solution", "ch4.softmax", "--spoil")[1]
    solve(student, "softmax")
    run("ch4.softmax")
    code, out, _ = run("solution", "ch4.softmax")
    assert code == 0
    assert "def softmax" in out
    assert "SOLUTION" not in out


def test_a_course_without_solutions_says_so(run, student, monkeypatch):
    shutil.copy(ROOT / "exercises" / "course.toml", student.parent)
    for command in (["solution", "ch4.softmax", "--spoil"], ["reset", "ch4.softmax", "--yes"]):
        code, out, err = run(*command)
        assert (code, out) == (2, "")
        assert "this course c" in err
        assert err.count("\n") == 1


def test_other_names(run, tmp_path):
    mine = tmp_path / "mine.py"
    source = (ROOT / "solutions" / MODULE).read_text().replace("softmax(", "my_softmax(")
    mine.write_text(source)
    code, out, _ = run("ch4.softmax", "--submission", mine)
    assert code == 1
    assert "missing" in out
    code, _, _ = run("ch4.softmax", "--submission", mine, "--map", "my_softmax=softmax")
    assert code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("my_softmax", "write it like --map my_softmax=softmax"),
        ("=softmax", "write it like"),
        ("softmax=ch4", "write it like"),
        ("softmax=softmx", "did you mean ch4.softmax?"),
        ("softmxa=softmax", "defines no softmxa: did you mean softmax?"),
    ],
)
def test_wrong_other_names(run, student, words, message):
    code, out, err = run("ch4", "--submission", student, "--map", words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("word", "meant"),
    [("lst", "grade list"), ("hnt", "grade hint"), ("softmx", "ch4.softmax"), ("wacth", "watch")],
)
def test_misspelt_words(run, word, meant):
    code, out, err = run(word)
    assert (code, out) == (2, "")
    assert f"did you mean {meant}" in err or f"did you mean grade {meant}" in err


def test_nothing_set_up(run, tmp_path, monkeypatch):
    shutil.rmtree(tmp_path / "exercises")
    for words in ([], ["ch4"], ["list"], ["next"]):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert err.count("\n") == 3
        assert "grade init" in err


SOURCE = """\
import numpy as np

SCALE = 2

def helper(x):
    return SCALE * x

def one(x):
    return helper(x)

def two(x):
    return one(x)
"""


@pytest.mark.parametrize(
    ("old", "new", "exercises"),
    [
        ("return one", "return 1 + one", ["two"]),
        ("SCALE = 2", "SCALE = 3", ["one"]),
        ("return SCALE", "return 1 + SCALE", ["one"]),
        ("return helper(x)", "return helper(x", ["one"]),
        ("\n\ndef two", "\n\n# a remark\n\ndef two", []),
        ("def two", "def three", ["two"]),
        ("import numpy as np", "import numpy", []),
    ],
)
def test_what_a_change_concerns(old, new, exercises):
    assert changed(SOURCE, SOURCE.replace(old, new), ["one", "two"]) == exercises
    assert changed(SOURCE.replace(old, new), SOURCE, ["one", "two"]) == exercises


def test_what_waits_for_a_stub_is_not_asked_to_be_written(run, student):
    solve(student, "log_softmax", "def log_softmax(z, axis=-1):\n    return np.log(softmax(z))")
    assert (
        "~  10  ch4.log_softmax                    waits for ch4.softmax" in run("list", "ch4")[1]
    )
    _, out, _ = run("next")
    assert out.startswith("ch4.softmax   ")
    assert "ch4.log_softmax is written and waits for it." in out
    _, out, _ = run("ch4.log_softmax")
    assert "waits for ch4.softmax" in out
    assert "next: write ch4.softmax, then run grade ch4.softmax" in out
    solve(student, "softmax")
    assert "waits" not in run("list", "ch4")[1]


def test_the_command_that_is_suggested_keeps_the_submission(run, tmp_path):
    mine = tmp_path / "my file.py"
    mine.write_text("import numpy as np\n\n\ndef Soft_Max(z, axis=-1):\n    return z\n")
    _, out, _ = run("ch4.softmax", "--submission", mine)
    assert "--map Soft_Max=softmax" in out
    assert f"--submission '{mine}' --map Soft_Max=softmax" in " ".join(out.split())
    mine.write_text("def softmax(z, axis=-1):\n    return (z\n")
    _, out, _ = run("ch4.softmax", "--submission", mine)
    assert f"make it Python, then run grade ch4.softmax --submission '{mine}'" in " ".join(
        out.split()
    )
