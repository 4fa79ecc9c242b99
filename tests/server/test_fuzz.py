"""schemathesis over the whole OpenAPI document, as a student and as staff: no error of ours."""

from __future__ import annotations

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from grader.server import bulletin
from grader.server.identity import Bounds
from grader.server.limiter import Limiter
from grader.server.web import application

EXAMPLES = int(os.environ.get("GRADSCHOOL_FUZZ_EXAMPLES", "12"))
"""Requests a route; the long form of tests/benchmarks/server.py has hundreds."""


@pytest.fixture
def app(room, monkeypatch):
    """A class in which something was handed in, without limits for who asks often."""
    monkeypatch.setattr(bulletin, "LONGEST", 0.3)
    monkeypatch.setattr(bulletin, "BREATH", 0.1)
    free = Limiter(10**9, 1.0)
    found = application(room.office, Bounds(free, free, free, free))
    return room, found


@pytest.mark.parametrize("who", ["nobody", "student", "staff"])
def test_no_request_is_an_error_of_ours(app, who):
    room, found = app
    room.app = found
    person = room.person("ada", staff=who == "staff")
    room.person("ben")
    room.hand_in("ben")
    room.hand_in("ada")
    room.decide()
    headers, cookies, csrf = {}, {}, None
    if who != "nobody":
        person.log_in()
        headers, cookies = person.bearer, dict(person.browser.cookies)
        page = person.browser.get("/students" if who == "staff" else "/").text
        csrf = page.split('name="csrf" value="')[1].split('"')[0]
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", found)
    seen = []
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path == "/logout":
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case):
            if csrf and isinstance(case.body, dict) and "csrf" in case.body:
                case.body["csrf"] = csrf  # or nothing would get beyond the form
            answer = case.call(headers=headers, cookies=cookies)
            seen.append(answer.status_code)
            assert answer.status_code < 500, (case.method, case.path, answer.text[:300])

        given(case=operation.as_strategy())(ask)()
    assert len(seen) > 15 * min(EXAMPLES, 5)
    if who == "staff":
        assert 200 in seen
        assert 422 in seen
