"""What those who teach the class can do: extensions, tokens, regrades, exports, and the log."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from grader.report.as_json import chapter as as_json
from grader.server.accounts import now
from grader.server.claims import claim, enter
from grader.server.tables import FAILED, Judgement, Submission

from .conftest import SEED, revealing


@pytest.fixture
def class_of_three(room):
    """Ada has 30 points, ben 50 and then 40, and cleo has not begun."""
    staff = room.person("teach", staff=True)
    people = [room.person(name) for name in ("ada", "ben", "cleo")]
    room.hand_in("ada")
    room.decide(30.0)
    room.hand_in("ben")
    room.decide(50.0)
    room.hand_in("ben")
    room.decide(40.0)
    staff.log_in()
    return room, staff, people


def marks(person):
    return {one["id"]: one["mark"] for one in person.api("GET", "/chapters").json()}


def test_the_best_one_counts_or_the_last_one(class_of_three):
    room, _, (ada, ben, cleo) = class_of_three
    assert [marks(one)["ch1"] for one in (ada, ben, cleo)] == [30.0, 50.0, None]
    counting = [one["counts"] for one in ben.api("GET", "/submissions").json()]
    assert counting == [False, True]
    room.set('name = "x"\ncounts = "last"\n')
    assert marks(ben)["ch1"] == 40.0


def test_what_is_late_loses_by_the_policy(class_of_three):
    room, _, (ada, _, _) = class_of_three
    due = (now() - timedelta(hours=30)).replace(tzinfo=None, microsecond=0)
    room.set(f'name = "x"\nlate = "3 days, 10 % a day"\n[ch1]\ndue = {due}\n')
    (one,) = ada.api("GET", "/submissions").json()
    assert (one["score"], one["mark"], one["days_late"]) == (30.0, 24.0, 2)


def test_the_live_page_counts_everybody(class_of_three):
    room, staff, _ = class_of_three
    page = staff.browser.get("/class/ch1").text
    assert "2 began" in page
    assert "1 did not" in page
    assert "secret-mistake" in page
    assert ">40<" not in page.split('id="students"')[1]
    assert staff.browser.get("/class/ch7").status_code == 404
    assert "cleo" in staff.browser.get("/students").text
    assert room.waiting() == 0


def test_an_extension_is_given_and_taken_back(class_of_three):
    room, staff, (ada, ben, _) = class_of_three
    room.set('name = "x"\ntimezone = "Europe/Berlin"\n[ch1]\ndue = 2020-01-01 12:00:00\n')
    page = f"/students/{ada.id}"
    answer = staff.form(f"{page}/extension", page, chapter="ch1", due="2999-07-01T12:00")
    assert answer.status_code == 303
    (chapter,) = ada.api("GET", "/chapters").json()
    assert (chapter["state"], chapter["due"], chapter["extended"]) == (
        "open",
        "2999-07-01T12:00:00+02:00",
        True,
    )
    assert ben.api("GET", "/chapters").json()[0]["state"] == "closed"
    assert staff.form(f"{page}/extension", page, chapter="ch1", due="soon").status_code == 422
    assert staff.form(f"{page}/extension", page, chapter="ch1", due="").status_code == 303
    assert ada.api("GET", "/chapters").json()[0]["state"] == "closed"
    log = staff.browser.get("/audit").text
    assert "ada, ch1: Mon 01 Jul 2999" in log


def test_a_new_token_is_shown_once_and_the_old_one_is_void(class_of_three):
    _, staff, (ada, _, _) = class_of_three
    page = f"/students/{ada.id}"
    answer = staff.form(f"{page}/token", page, what="renew")
    token = answer.text.split('class="secret">')[1].split("<")[0]
    assert token not in staff.browser.get(page).text
    assert ada.api("GET", "/me").status_code == 401
    ada.token = token
    assert ada.api("GET", "/me").status_code == 200


def test_a_regrade_shows_every_changed_mark_before_it_counts(class_of_three):
    room, staff, (ada, ben, _) = class_of_three
    answer = staff.form("/class/ch1/regrades", "/class/ch1")
    where = answer.headers["location"]
    assert staff.form("/class/ch1/regrades", "/class/ch1").status_code == 409
    assert "0 of 3 judged" in staff.browser.get(where).text
    decision = f"{where}/decision"
    assert staff.form(decision, where, verdict="accept").status_code == 409
    # The change makes ada's submission worth 45, and leaves ben's two as they are.
    for score in (45.0, 50.0, 40.0):
        claimed = claim(room.office.database, "tests")
        enter(room.office.database, "tests", claimed, revealing(score), "v2")
    page = staff.browser.get(where).text
    assert "3 of 3 judged" in page
    table = page.split("Marks that change")[1]
    assert "1 student," in table
    assert ">30<" in table
    assert ">45<" in table
    assert "ben" not in table
    assert [marks(one)["ch1"] for one in (ada, ben)] == [30.0, 50.0]
    assert staff.form(decision, where, verdict="accept").status_code == 303
    assert [marks(one)["ch1"] for one in (ada, ben)] == [45.0, 50.0]
    assert staff.form(decision, where, verdict="reject").status_code == 409
    page = staff.browser.get(where).text
    assert ">45<" in page.split("Marks that change")[1]
    log = staff.browser.get("/audit").text
    assert "regrade begun" in log
    assert "regrade accepted" in log


def test_a_regrade_that_is_rejected_changes_nothing(class_of_three):
    room, staff, (ada, _, _) = class_of_three
    where = staff.form("/class/ch1/regrades", "/class/ch1").headers["location"]
    claimed = claim(room.office.database, "tests")
    enter(room.office.database, "tests", claimed, revealing(99.0), "v2")
    assert staff.form(f"{where}/decision", where, verdict="reject").status_code == 303
    assert marks(ada)["ch1"] == 30.0
    assert room.waiting() == 0
    assert "nothing failed" in staff.browser.get("/queue").text


def test_what_the_grader_failed_at_can_be_judged_again(class_of_three):
    room, staff, (ada, _, _) = class_of_three
    number = room.hand_in("ada")
    with room.office.database.writing() as session:
        found = session.scalar(select(Judgement).where(Judgement.submission_id == number))
        found.state, found.problem = FAILED, "the judge was killed"
        judgement = found.id
    assert ada.api("GET", f"/submissions/{number}").json()["state"] == "failed"
    assert "the judge was killed" in staff.browser.get("/queue").text
    assert staff.form(f"/queue/{judgement}", "/queue").status_code == 303
    assert room.waiting() == 1
    assert staff.form(f"/queue/{judgement}", "/queue").status_code == 404


def exported(staff, **files):
    csrf = staff.browser.get("/class/ch1").text.split('name="csrf" value="')[1].split('"')[0]
    answer = staff.browser.post("/class/ch1/export", data={"csrf": csrf}, files=files or None)
    if answer.status_code != 200:
        return answer
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return {name.split("/", 1)[1]: archive.read(name).decode() for name in archive.namelist()}


def test_the_export_has_the_files_of_grade_class(class_of_three):
    room, staff, _ = class_of_three
    files = exported(staff)
    assert {"grades.csv", "reports.jsonl", "report.html", "students/ada.html"} <= set(files)
    rows = files["grades.csv"].splitlines()
    assert rows[1].startswith("ada,ch1,30,100,failed,")
    assert rows[2].startswith("ben,ch1,50,100,failed,")
    assert rows[3].startswith("cleo,ch1,,100,no mark,nothing was handed in")
    line = json.loads(files["reports.jsonl"].splitlines()[0])
    assert line["report"] == as_json(revealing(30.0))
    assert str(SEED) not in files["students/ada.html"]
    assert "secret-mistake" in files["students/ada.html"]
    room.set('name = "x"\nafter = "none"\n')
    assert "secret-mistake" not in exported(staff)["students/ada.html"]


def test_the_export_has_late_marks_and_fills_in_a_gradebook(class_of_three):
    room, staff, _ = class_of_three
    due = (now() - timedelta(hours=1)).replace(tzinfo=None, microsecond=0)
    room.set(f'name = "x"\nlate = "3 days, 10 % a day"\n[ch1]\ndue = {due}\n')
    gradebook = "Student,ID,SIS Login ID,ch1 (77)\nPoints Possible,,,10\nAda,1,ada,\nBen,2,ben,\n"
    files = exported(staff, gradebook=("canvas.csv", gradebook.encode()))
    assert files["grades.csv"].splitlines()[1] == "ada,ch1,27,100,failed,1 day late: 10 % less,30,,"
    assert files["canvas.csv"].splitlines()[2:] == ["Ada,1,ada,2.7", "Ben,2,ben,4.5"]
    answer = exported(staff, gradebook=("canvas.csv", b"no,gradebook\n"))
    assert answer.status_code == 422
    assert "no columns Student and ID" in answer.text


def test_a_chapter_that_the_course_has_no_more_is_no_error_of_ours(class_of_three):
    room, staff, _ = class_of_three
    with room.office.database.writing() as session:
        session.execute(update(Submission).values(chapter="ch77"))
    for path in ("/submissions/1", "/class/ch77", "/students", "/queue", "/class"):
        assert staff.browser.get(path).status_code in (200, 404), path
