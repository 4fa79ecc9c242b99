"""Accepting: when, how often, what; and that nothing is accepted twice."""

from __future__ import annotations

import base64
import io
import json
import threading
import zipfile
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from grader.server.accounts import now
from grader.server.http import LARGEST_BODY
from grader.server.people import set_extension
from grader.server.tables import Account, Judgement, Submission

BERLIN = ZoneInfo("Europe/Berlin")


def body(room, **more):
    return {
        "target": "ch1",
        "file": "ch1.py",
        "files": {"ch01_small": room.small.RIGHT},
        "key": "key-of-the-sender",
        **more,
    }


def test_what_is_accepted_is_a_row_with_all_that_was_sent(room):
    ada = room.person("ada")
    helpers = {"ch01_small": "import helper\n", "helper": "x = 'ä\\ud800'\n"}
    answer = ada.api("POST", "/submissions", json=body(room, files=helpers, target="ch1.relu"))
    assert answer.status_code == 202, answer.text
    assert answer.json() | {"received": None} == {
        "id": 1,
        "chapter": "ch1",
        "target": "ch1.relu",
        "file": "ch1.py",
        "received": None,
        "state": "waiting",
        "ahead": 0,
        "score": None,
        "mark": None,
        "most": None,
        "days_late": 0,
        "counts": False,
    }
    with room.office.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Judgement)) == 1


def test_the_same_key_is_the_same_submission_however_often_and_at_once(room):
    ada, bob = room.person("ada"), room.person("bob")
    numbers = []

    def send():
        numbers.append(ada.api("POST", "/submissions", json=body(room)).json()["id"])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == 1
    assert len(numbers) == 8
    other = ada.api("POST", "/submissions", json=body(room, files={"ch01_small": "x = 1"}))
    assert other.status_code == 409
    # Somebody else's key is somebody else's submission.
    assert bob.api("POST", "/submissions", json=body(room)).json()["id"] not in numbers
    with room.office.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 2


def test_two_at_once_do_not_share_the_last_try(room):
    room.set('name = "x"\ntries = "3 an hour"\n')
    ada = room.person("ada")
    codes = []

    def send(number):
        answer = ada.api("POST", "/submissions", json=body(room, key=f"key-number-{number}"))
        codes.append(answer.status_code)

    threads = [threading.Thread(target=send, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [202] * 3 + [429] * 5
    answer = ada.api("POST", "/submissions", json=body(room, key="one-more-of-these"))
    assert "no tries of ch1 are left until" in answer.json()["detail"]
    assert 0 < int(answer.headers["retry-after"]) <= 1200


def test_a_chapter_is_open_from_then_until_then(room):
    ada = room.person("ada")

    def attempt(opens: timedelta, due: timedelta, more: str = "") -> tuple[int, str]:
        times = [(now() + one).astimezone(BERLIN).replace(tzinfo=None) for one in (opens, due)]
        stamps = [f"{one:%Y-%m-%d %H:%M:%S}" for one in times]
        room.set(
            f'name = "x"\ntimezone = "Europe/Berlin"\ntries = "unlimited"\n'
            f"[ch1]\nopens = {stamps[0]}\ndue = {stamps[1]}\n{more}"
        )
        key = f"key-{opens.total_seconds():.0f}-{due.total_seconds():.0f}-{len(more)}"
        answer = ada.api("POST", "/submissions", json=body(room, key=key.replace(".", "_")))
        return answer.status_code, answer.json().get("detail", "")

    hour, day = timedelta(hours=1), timedelta(days=1)
    assert attempt(-hour, hour)[0] == 202
    code, said = attempt(hour, day)
    assert code == 409
    assert "ch1 opens on" in said
    code, said = attempt(-day, -hour)
    assert code == 409
    assert "ch1 closed on" in said
    assert attempt(-day, -hour, 'late = "2 days, 10 % a day"\n')[0] == 202
    assert attempt(-day, -hour, 'grace = "90 min"\n')[0] == 202
    answer = ada.api(
        "POST", "/submissions", json=body(room, target="ch2", files={"ch02_other": ""})
    )
    assert (answer.status_code, answer.json()["detail"]) == (409, "ch2 is not open in this class")


def test_an_extension_is_for_one_student_alone(room):
    due = datetime.now(BERLIN).replace(tzinfo=None, microsecond=0) - timedelta(hours=2)
    room.set(f'name = "x"\ntimezone = "Europe/Berlin"\n[ch1]\ndue = {due}\n')
    ada, bob = room.person("ada"), room.person("bob")
    with room.office.database.writing() as session:
        account = session.get(Account, ada.id)
        set_extension(session, account, "ch1", now() + timedelta(hours=1))
    assert ada.api("POST", "/submissions", json=body(room)).status_code == 202
    assert bob.api("POST", "/submissions", json=body(room)).status_code == 409


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": "ch9"}, "ch9"),
        ({"target": "ch1.nothing"}, "nothing"),
        ({"target": "ch\x00"}, ""),
        ({"files": {"other": "x"}}, "the text of ch01_small is missing"),
        ({"files": {"ch01_small": "", "../x": ""}}, "is no name of a module"),
        ({"files": {"ch01_small": "x" * 1_100_000}}, "larger than 1 MB"),
        ({"files": {"ch01_small": 3}}, "files.ch01_small"),
        ({"cells": [3, 1]}, "in order"),
        ({"cells": [-1]}, "cells.0"),
        ({"key": "no spaces"}, "key"),
        ({"more": 1}, "more"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(sqlite_room, change, said):
    ada = sqlite_room.person("ada")
    answer = ada.api("POST", "/submissions", json=body(sqlite_room, **change))
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
    assert said in answer.json()["detail"]
    assert len(answer.json()["detail"]) < 400


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b"\xff\xfe" * 100,
        json.dumps("x" * 1_900_000).encode(),
        b"1e999999",
    ],
    ids=["empty", "half", "deep list", "deep object", "no text", "no object", "infinite"],
)
def test_a_body_that_is_no_submission_is_no_error_of_ours(sqlite_room, content):
    ada = sqlite_room.person("ada")
    headers = {**ada.bearer, "content-type": "application/json"}
    answer = ada.browser.post("/api/submissions", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert isinstance(answer.json()["detail"], str)


def test_two_megabytes_and_not_more(sqlite_room):
    ada = sqlite_room.person("ada")

    def send(content, **headers):
        return ada.browser.post("/api/submissions", content=content, headers=ada.bearer | headers)

    assert send(b"x" * (LARGEST_BODY + 1)).status_code == 413
    said = send(b"x" * (LARGEST_BODY + 1)).json()["detail"]
    assert "more than 2 MB was sent" in said
    # Without a length that is said before, and with one that lies.
    assert send(iter([b"x" * 100_000] * 40)).status_code == 413
    assert send(b"x" * LARGEST_BODY).status_code == 422


def archive(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return data.getvalue()


NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "source": "def relu(x):\n    return x\n",
            "metadata": {},
            "outputs": [],
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}
BOMB = archive({"ch1.py": b"x = 1\n" * 2_000_000})


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("ch1.py", b"def relu(x):\n    return x\n", 303),
        ("ch1.ipynb", json.dumps(NOTEBOOK).encode(), 303),
        ("hand-in.zip", archive({"ch1.py": b"def relu(x): ...\n", "helper.py": b"y = 1\n"}), 303),
        ("ch1 (2).py", b"def relu(x): ...\n", 303),
        ("work.py", b"def relu(x): ...\n", 422),
        ("ch1.pdf", b"%PDF-1.4", 422),
        ("ch1.py", b"PK\x03\x04nonsense", 422),
        ("ch1.zip", BOMB, 422),
        ("ch1.ipynb", b"[" * 500_000, 422),
        ("../../etc/ch1.py", b"def relu(x): ...\n", 303),
        ("ch1.py\x00.sh", b"def relu(x):\n    return x\n", 422),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_from_a_browser(sqlite_room, name, content, code):
    ada = sqlite_room.person("ada")
    ada.log_in()
    page = ada.browser.get("/").text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    answer = ada.browser.post(
        "/submissions",
        data={"csrf": csrf, "chapter": "by its name"},
        files={"file": (name, content)},
        follow_redirects=False,
    )
    assert answer.status_code == code, answer.text
    if code != 303:
        assert 'role="alert"' in answer.text


def test_random_bytes_in_names_are_shown_harmlessly(sqlite_room):
    ada = sqlite_room.person("ada")
    name = base64.b64decode("PHNjcmlwdD4bWzMxbdg=").decode("latin-1")
    answer = ada.api("POST", "/submissions", json=body(sqlite_room, file=name))
    assert answer.status_code == 202
    assert "\x1b" not in answer.json()["file"]
    ada.log_in()
    assert "<script>\x1b" not in ada.browser.get("/").text
    assert "&lt;script&gt;" in ada.browser.get("/").text
