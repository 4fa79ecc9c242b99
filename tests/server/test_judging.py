"""Judging as the server does it: the reports of `grade class`, and nothing else."""

from __future__ import annotations

import threading
import time

import pytest

from grader.cli.app import main
from grader.server.dispatcher import Dispatcher
from grader.wall.isolation import Isolation

from .conftest import SEED
from .crowd import class_reports, reports_match, verdicts


@pytest.fixture
def handed_in(room, small):
    texts = {
        "amy": small.RIGHT,
        "ben": small.WRONG_RELU,
        "cleo": small.WRONG_DOUBLE,
        "dan": small.STUB,
        "eve": "this is no Python\n",
    }
    for name, text in texts.items():
        room.person(name)
        room.hand_in(name, text)
    return room, texts


def graded_as_a_class(room, small, texts):
    classroom = small.Classroom(room.office.course.root)
    for name, text in texts.items():
        classroom.hand_in(name, text)
    code, _, err = classroom.grade("--seed", str(SEED))
    assert code == 1, err
    return class_reports(classroom.journal)


def test_verdicts_are_those_of_grade_class_byte_for_byte(handed_in, small, bubblewrap):
    room, texts = handed_in
    room.judge(bubblewrap)
    ours = verdicts(room.office.database)
    assert reports_match(ours, graded_as_a_class(room, small, texts)) == []
    assert len(ours) == len(texts)


def test_a_changed_check_is_regraded_in_its_exercise_alone(handed_in, small, bubblewrap):
    room, _ = handed_in
    staff = room.person("teach", staff=True)
    staff.log_in()
    room.judge(bubblewrap)
    checks = room.office.course.root / "tests" / "checks" / "test_ch01_small.py"
    text = checks.read_text()
    wrong = 'same(submission, reference, "relu", fill(n))'
    assert wrong in text
    checks.write_text(text.replace(wrong, "expect_close(submission.relu(fill(n)), 3.0)"))
    where = staff.form("/class/ch1/regrades", "/class/ch1").headers["location"]
    room.judge(bubblewrap)
    table = staff.browser.get(where).text.split("Marks that change")[1]
    assert "amy" in table
    assert "ch1.relu" in table
    assert "ch1.double" not in table
    assert staff.form(f"{where}/decision", where, verdict="accept").status_code == 303
    assert ">70<" in staff.browser.get("/students").text


def test_a_course_that_is_broken_keeps_everybody_waiting_and_says_so(
    sqlite_room, small, bubblewrap
):
    room = sqlite_room
    staff, ada = room.person("teach", staff=True), room.person("ada")
    staff.log_in()
    checks = room.office.course.root / "tests" / "checks" / "test_ch01_small.py"
    text = checks.read_text()
    checks.write_text("def nothing(:\n")
    number = room.hand_in("ada")
    dispatcher = Dispatcher(room.office, bubblewrap)
    thread = threading.Thread(target=dispatcher.run, daemon=True)
    thread.start()
    try:
        end = time.monotonic() + 30
        while not dispatcher.problem and time.monotonic() < end:
            time.sleep(0.05)
        assert "cannot be judged" in dispatcher.problem
        assert ada.api("GET", f"/submissions/{number}").json()["state"] in ("waiting", "judging")
        checks.write_text(text)
        while room.waiting() and time.monotonic() < end + 30:
            time.sleep(0.05)
        assert ada.api("GET", f"/submissions/{number}").json()["score"] == 100
    finally:
        dispatcher.close()
        thread.join(20)


def test_without_strong_isolation_no_server_starts(sqlite_room, monkeypatch, capsys):
    from grader.server import serving

    weak = Isolation("process", "bwrap is not installed")
    monkeypatch.setattr(serving, "detect", lambda: weak)
    monkeypatch.chdir(sqlite_room.office.course.root)
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--data", str(sqlite_room.office.data)])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "behind bubblewrap only" in said
    assert "bwrap is not installed" in said
