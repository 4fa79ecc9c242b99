"""`grade class`: marks, resuming after any kind of end, and hostile neighbours."""

from __future__ import annotations

import contextlib
import json
import os
import pty
from pathlib import Path

import psutil
import pytest

from grader.course.reading import load_module

small = load_module(Path(__file__).with_name("small_class.py"), "small_class_texts")
RIGHT = small.RIGHT
SLOW = RIGHT.replace("import numpy as np", "import time\n\nimport numpy as np").replace(
    "return np.maximum", "time.sleep(0.03)\n    return np.maximum"
)
CLASS = {
    "amy": RIGHT,
    "ben": small.WRONG_RELU,
    "cleo": small.WRONG_DOUBLE,
    "dan": small.STUB,
    "eli": SLOW,
    "flo": SLOW.replace("0.03", "0.08"),
}
HOSTILE = {
    "endless": RIGHT.replace("return np.maximum", "while True: pass\n    return np.maximum"),
    "exits": RIGHT.replace("return np", "__import__('os')._exit(0)\n    return np"),
    "forks": "import os\nwhile True:\n    os.fork()\n" + RIGHT,
    "hoards": "hoard = bytearray(3 << 30)\nhoard[:] = b'x' * len(hoard)\n" + RIGHT,
}


@pytest.fixture
def full(classroom):
    """A classroom in which everybody has handed in."""
    return filled(classroom)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, bubblewrap):
    """The journal's reports and the printed table of a run from the beginning to the end."""
    classroom = filled(small.Classroom(small.written(tmp_path_factory.mktemp("undisturbed"))))
    code, out, _ = classroom.grade()
    assert code == 1
    return classroom.reports(), out


def filled(classroom):
    for student, text in CLASS.items():
        classroom.hand_in(student, text)
    return classroom


def test_marks_and_the_table(full):
    code, out, err = full.grade()
    assert (code, err) == (1, "")
    scores = {student: json.loads(text)["score"] for student, text in full.reports().items()}
    assert scores == {"amy": 100, "ben": 70, "cleo": 30, "dan": 0, "eli": 100, "flo": 100}
    assert "6 graded, 66.7 points on average." in out
    lines = out.splitlines()
    assert lines[0] == "ch1 · A small chapter   6 students"
    assert [line.split()[1] for line in lines[3:9]] == sorted(CLASS)


def test_everybody_right_is_zero(classroom):
    classroom.hand_in("amy", RIGHT)
    assert classroom.grade()[0] == 0


def test_what_is_known_is_not_judged_again(full):
    first = full.grade()
    entries = full.judged()
    assert full.grade() == first
    assert full.judged() == entries
    full.hand_in("ben", RIGHT)
    assert "ben      100 / 100" in full.grade()[1]
    assert full.judged() == [*entries, "ben"]


def test_another_seed_is_another_mark(full):
    full.grade()
    full.grade("--seed", "7")
    assert len(full.judged()) == 2 * len(CLASS)


@pytest.mark.parametrize("entries", [0, 1, 3, 5])
def test_a_killed_run_goes_on(full, undisturbed, entries):
    run = full.start()
    small.until(lambda: len(full.judged()) >= entries and psutil.Process(run.pid).children())
    small.kill(run)
    kept = full.judged()
    assert entries <= len(kept) < len(CLASS)
    _, out, _ = full.grade()
    assert sorted(full.judged()) == sorted(CLASS)
    assert full.judged()[: len(kept)] == kept
    assert (full.reports(), out) == undisturbed


def test_ctrl_c_stops_cleanly(full, undisturbed):
    run = full.start()
    small.until(lambda: len(full.judged()) >= 2)
    small.press_ctrl_c(run)
    out, err = run.communicate()
    assert (run.returncode, out) == (130, ""), err
    kept = len(full.judged())
    assert err == (
        f"grade: stopped: {kept} of 6 are graded and kept in journal.db; "
        "the same command goes on from there\n"
    )
    assert (full.grade()[1], full.reports()) == undisturbed[::-1]


def is_a_judge(child):
    """Whether it is scheduled like one; who draws inputs before is not."""
    try:
        return os.sched_getscheduler(child.pid) == os.SCHED_BATCH
    except ProcessLookupError:
        return False


def kill_a_judge(run):
    main = psutil.Process(run.pid)
    judges: list[psutil.Process] = []

    def found():
        judges[:] = filter(is_a_judge, main.children())
        return judges

    small.until(found)
    judges[0].kill()


def test_a_judge_that_dies_is_no_mark_and_tried_once_more(full, undisturbed):
    run = full.start()
    kill_a_judge(run)
    out, err = run.communicate(timeout=120)
    assert (full.reports(), out) == undisturbed
    ((message,),) = full.rows("SELECT message FROM failures")
    assert message == "the judge was killed"
    assert err == ""


def test_a_judge_that_dies_twice_leaves_no_mark(classroom):
    classroom.hand_in("eli", SLOW)
    run = classroom.start()
    for entries in range(2):
        kill_a_judge(run)
        small.until(
            lambda entries=entries: len(classroom.rows("SELECT number FROM failures")) > entries
        )
    out, _ = run.communicate(timeout=120)
    assert run.returncode == 3
    assert "no mark: the grader failed: the judge was killed" in " ".join(out.split())
    assert classroom.judged() == []
    assert classroom.grade()[0] == 0


def test_hostile_neighbours_change_no_mark(full, undisturbed):
    for student, text in HOSTILE.items():
        full.hand_in(student, text)
    code, out, _ = full.grade()
    assert code == 1
    reports = full.reports()
    assert {student: reports[student] for student in CLASS} == undisturbed[0]
    hostile = {student: json.loads(reports[student])["exercises"] for student in HOSTILE}
    statuses = {student: [one["status"] for one in found] for student, found in hostile.items()}
    assert statuses["endless"] == ["passed", "timeout", "passed"]
    assert statuses["exits"] == ["passed", "crashed", "passed"]
    assert statuses["forks"] == ["timeout"] * 3 or "passed" not in statuses["forks"]
    assert "relu crashed" in out


def test_what_cannot_be_read_costs_nobody_else_anything(full):
    full.hand_in("gus", "")
    (full.submissions / "gus" / "ch1.py").unlink()
    (full.submissions / "hal.ipynb").write_text("{}")
    (full.submissions / "README.txt").write_text("a note")
    code, out, err = full.grade()
    assert code == 1
    assert "gus" in out
    assert "no mark: no .py or .ipynb file" in out
    assert "hal.ipynb is not a notebook" in " ".join(out.split())
    assert "6 graded" in out
    assert "2 without a mark" in out
    assert err == "grade: nobody's, so not graded: README.txt\n"


def test_what_a_class_comes_to_is_written(full):
    (full.root / "export.csv").write_text(
        'Student,ID,SIS Login ID,Section\n"Adams, Amy",1,amy,A\n"Brown, Ben",2,ben,A\n'
    )
    code, _, err = full.grade("--output", "out", "--canvas", "export.csv")
    assert code == 1
    assert "into out" in err.splitlines()[-1]
    out = full.root / "out"
    assert "amy,ch1,100" in (out / "grades.csv").read_text()
    assert '"Brown, Ben",2,ben,A,70' in (out / "canvas.csv").read_text()
    assert len(list((out / "students").iterdir())) == len(CLASS)
    assert "A small chapter" in (out / "report.html").read_text()


def test_names_on_a_terminal_are_harmless(classroom):
    classroom.hand_in("[red]eve\x1b[31m", RIGHT)
    _, out, _ = classroom.grade()
    assert "[red]eve\N{REPLACEMENT CHARACTER}[31m" in out


def test_a_bar_on_a_terminal_and_none_elsewhere(full, undisturbed):
    ours, theirs = pty.openpty()
    run = full.start(stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # what a pseudo-terminal reads as its end
        while part := os.read(ours, 1 << 16):
            shown += part
    os.close(ours)
    assert run.communicate()[0] == undisturbed[1]
    assert b"6/6" in shown
    assert b"a minute" in shown


@pytest.mark.parametrize(
    ("options", "folder", "said"),
    [
        ((), "nowhere", "nowhere does not exist"),
        ((), "solutions/ch01_small.py", "ch01_small.py is not a zip archive"),
        (("--journal", "no/such.db"), "submissions", "no such folder to keep it in"),
        (("--canvas", "export.csv"), "submissions", "--canvas needs --output FOLDER"),
        (("--scheduler", "tcp://127.0.0.1:9"), "submissions", "no Dask scheduler answers"),
    ],
)
def test_bad_input_is_one_line(full, options, folder, said):
    code, out, err = full.grade(*options, folder=folder)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_without_bubblewrap_a_class_is_refused(full, monkeypatch):
    empty = full.root / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    code, out, err = full.grade()
    assert (code, out) == (2, "")
    assert err.startswith("grade: a class is not graded without bubblewrap: bwrap is not installed")
    assert err.count("\n") == 1
    assert full.grade("--weak-isolation")[0] == 1
    assert {json.loads(text)["isolation"] for text in full.reports().values()} == {"process"}
