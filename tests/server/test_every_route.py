"""Every route of the OpenAPI, asked by the wrong person; and disclosure, on every one of them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from grader.server.accounts import now

from .conftest import MARKERS, PROPERTY, SEED

PUBLIC = {("GET", "/login"), ("POST", "/login")}
OWN = {
    ("GET", "/"),
    ("POST", "/logout"),
    ("POST", "/submissions"),
    ("GET", "/api/me"),
    ("GET", "/api/chapters"),
    ("GET", "/api/submissions"),
    ("POST", "/api/submissions"),
}
"""Routes that show whoever asks nothing but what is hers."""

ONE = "/submissions/{number}"
OF_ONE = {
    ("GET", ONE),
    ("GET", f"{ONE}/events"),
    ("GET", f"{ONE}/pictures.svg"),
    ("GET", f"/api{ONE}"),
    ("GET", f"/api{ONE}/report"),
    ("GET", f"/api{ONE}/events"),
}
"""Routes about one submission: its student and the staff may."""

NAME = "ben-the-other-student"
SOURCE = "# the-source-of-ben\n"


def routes(app) -> set[tuple[str, str]]:
    """All that the OpenAPI document names."""
    paths = app.openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


@pytest.fixture
def filled(sqlite_room):
    """A class in which ben handed in, got a verdict, and is being regraded."""
    room = sqlite_room
    staff, ada, ben = room.person("teach", staff=True), room.person("ada"), room.person(NAME)
    number = room.hand_in(NAME, room.small.RIGHT + SOURCE)
    room.decide()
    for one in (staff, ada, ben):
        one.log_in()
    assert staff.form("/class/ch1/regrades", "/class/ch1").status_code == 303
    return room, staff, ada, ben, number


def ask(person, method, path, number, *, headers=None, csrf=None, fields=True):
    """Ask for a route with whatever it needs; streams are not read."""
    where = path.replace("{number}", str(number)).replace("{name}", "ch1")
    form = {
        "csrf": csrf or "",
        "verdict": "accept",
        "what": "revoke",
        "chapter": "ch1",
        "due": "2030-01-01 12:00",
        "token": "gs_wrong",
    }
    more = {}
    if method == "POST":
        more = {"json": {}} if path.startswith("/api") else {"data": form if fields else {}}
        if path in ("/submissions", "/class/{name}/export"):
            more["files"] = {"file": ("ch1.py", b"x = 1\n")}
    return person.browser.request(
        method, where, headers=headers or {}, follow_redirects=False, **more
    )


def test_the_document_names_every_route(sqlite_room):
    app = sqlite_room.app
    named = routes(app)
    there = set()

    def walk(found):
        for one in found:
            if isinstance(one, APIRoute):
                there.update((method, one.path) for method in one.methods)
            inner = getattr(one, "routes", None) or getattr(
                getattr(one, "original_router", None), "routes", None
            )
            if inner and not isinstance(one, (APIRoute, Route)):
                walk(inner)

    walk(app.routes)
    assert there == named
    assert len(named) >= 25
    assert named >= PUBLIC | OWN | OF_ONE


def test_nobody_gets_nothing(filled):
    room, staff, _, _, number = filled
    stranger = room.person("stranger")
    stranger.browser.cookies.clear()
    for method, path in sorted(routes(room.app) - PUBLIC):
        for headers in ({}, {"Authorization": "Bearer gs_" + "x" * 32}, {"Authorization": "x"}):
            if path.startswith("/api"):
                answer = ask(stranger, method, path, number, headers=headers)
                assert answer.status_code in (401, 429), (method, path)
            elif not headers:
                answer = ask(stranger, method, path, number)
                assert answer.status_code == 303, (method, path)
                assert answer.headers["location"] == "/login"
    # A cookie that somebody made up, or signed with another key, is nobody.
    good = staff.browser.cookies["gradschool"]
    secret, _, mac = good.rpartition(".")
    for cookie in ("x", f"{secret}.{'0' * 64}", f"{secret}x.{mac}", secret, "."):
        stranger.browser.cookies.set("gradschool", cookie)
        assert ask(stranger, "GET", "/class", number).status_code == 303


def test_a_student_reads_nothing_of_another_and_changes_nothing(filled):
    room, staff, ada, ben, number = filled
    csrf = ada.browser.get("/").text.split('name="csrf" value="')[1].split('"')[0]
    before = ben.api("GET", f"/submissions/{number}").json()
    log = staff.browser.get("/audit").text
    for method, path in sorted(routes(room.app) - PUBLIC):
        headers = ada.bearer if path.startswith("/api") else {}
        answer = ask(ada, method, path, number, headers=headers, csrf=csrf)
        where = (method, path, answer.status_code)
        if path == "/logout":
            assert answer.status_code == 303
            ada.log_in()
            csrf = ada.browser.get("/").text.split('name="csrf" value="')[1].split('"')[0]
        elif (method, path) in OF_ONE:
            assert answer.status_code == 404, where
        elif (method, path) in OWN:
            assert answer.status_code < 500, where
        else:
            assert answer.status_code == 403, where
        for told in (NAME, SOURCE.strip(), *MARKERS, str(SEED)):
            assert told not in answer.text, (where, told)
    assert ben.api("GET", f"/submissions/{number}").json() == before
    assert staff.browser.get("/audit").text.count("<tr>") == log.count("<tr>")


def test_every_form_needs_what_only_our_page_knows(filled):
    room, staff, _, _, number = filled
    forms = [one for one in routes(room.app) if one[0] == "POST" and not one[1].startswith("/api")]
    assert len(forms) >= 8
    for method, path in sorted(forms):
        for csrf in ("", "0" * 64, "é"):
            answer = ask(staff, method, path, number, csrf=csrf)
            assert answer.status_code == 403, (path, csrf)
    # A token is no cookie: the API takes no browser's word, and pages take no token.
    for path in ("/api/me", "/api/submissions"):
        assert staff.browser.get(path).status_code == 401
    staff.browser.cookies.clear()
    for path in ("/class", "/"):
        answer = staff.browser.get(path, headers=staff.bearer, follow_redirects=False)
        assert answer.status_code == 303


@pytest.mark.parametrize("disclosure", ["full", "property", "none"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_student_sees_what_is_disclosed_in_every_format_on_every_route(
    filled, disclosure, moment
):
    room, _, _, ben, number = filled
    other = {"full": "none", "property": "full", "none": "full"}[disclosure]
    hours = 1 if moment == "before" else -1
    due = (now() + timedelta(hours=hours)).replace(tzinfo=None, microsecond=0)
    other_moment = "after" if moment == "before" else "before"
    room.set(
        f'name = "x"\nseed = {SEED}\n{moment} = "{disclosure}"\n{other_moment} = "{other}"\n'
        f"[ch1]\ndue = {due}\n"
    )
    texts = {}
    for method, path in sorted(routes(room.app)):
        if method != "GET" or path == "/login":
            continue
        headers = ben.bearer if path.startswith("/api") else {}
        texts[path] = ask(ben, method, path, number, headers=headers).text
    for format in ("json", "junit", "gradescope", "html", "text"):
        answer = ben.api("GET", f"/submissions/{number}/report?format={format}")
        assert answer.status_code == 200
        texts[format] = answer.text
    assert f"/api{ONE}" in texts
    for where, text in texts.items():
        assert str(SEED) not in text, where
        for marker in (*MARKERS, "secret-note"):
            if disclosure != "full":
                assert marker not in text, (where, marker)
        if disclosure == "none":
            assert PROPERTY not in text, where
    shown = {"full": MARKERS[0], "property": PROPERTY, "none": "30"}[disclosure]
    for where in (ONE, f"/api{ONE}", "json", "html", "junit"):
        assert shown in texts[where], where


def test_the_staff_sees_everything(filled):
    _, staff, _, _, number = filled
    page = staff.browser.get(f"/submissions/{number}").text
    assert all(marker in page for marker in MARKERS[:4])
    report = staff.api("GET", f"/submissions/{number}").json()["report"]
    assert report["seed"] == SEED


def test_every_page_forbids_scripts_of_others_and_has_none_inline(filled):
    room, staff, _, ben, number = filled
    seen = 0
    for person in (staff, ben):
        for method, path in sorted(routes(room.app)):
            if method != "GET" or path.startswith("/api") or path == "/class/{name}/events":
                continue  # the last one is a stream without an end
            answer = ask(person, method, path, number)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text), path
            assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:", answer.text), path
            seen += answer.headers.get("content-type", "").startswith("text/html")
    assert seen > 15


def test_cookies_and_tokens_of_the_log_in(sqlite_room):
    room = sqlite_room
    ada = room.person("ada")
    page = ada.browser.get("/login")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    answer = ada.browser.post(
        "/login", data={"token": ada.token, "csrf": csrf}, follow_redirects=False
    )
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "gradschool=" in one)
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert ada.token not in cookie
    room.set('name = "x"\nurl = "https://grade.example.edu"\n')
    csrf = ada.browser.get("/login").text.split('name="csrf" value="')[1].split('"')[0]
    ada.browser.base_url = "https://testserver"
    csrf = ada.browser.get("/login").text.split('name="csrf" value="')[1].split('"')[0]
    answer = ada.browser.post(
        "/login", data={"token": ada.token, "csrf": csrf}, follow_redirects=False
    )
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "gradschool=" in one)
    assert "Secure" in cookie
    # Without the page's own field nobody is logged in, by whatever token.
    answer = ada.browser.post("/login", data={"token": ada.token}, follow_redirects=False)
    assert answer.status_code == 403


def test_guessing_is_slowed_down_and_a_class_is_not(sqlite_room):
    room = sqlite_room
    people = [room.person(f"student{number}") for number in range(60)]
    for one in people:
        one.log_in()
        assert one.api("GET", "/me").status_code == 200
    guess = {"Authorization": "Bearer gs_" + "x" * 32}
    codes = [people[0].browser.get("/api/me", headers=guess).status_code for _ in range(40)]
    assert codes.count(401) == 20
    assert codes[-1] == 429
    page = people[0].browser.get("/login").text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    answer = people[0].browser.post("/login", data={"token": "gs_x", "csrf": csrf})
    assert answer.status_code == 429


def test_submissions_are_bounded_where_tries_are_not(sqlite_room):
    ada = sqlite_room.person("ada")
    codes = []
    for number in range(35):
        files = {"ch01_small": "x = 1"}
        body = {"target": "ch1", "file": "x.py", "files": files, "key": f"number-{number:04}"}
        codes.append(ada.api("POST", "/submissions", json=body).status_code)
    assert codes.count(202) == 30
    assert codes[-1] == 429
