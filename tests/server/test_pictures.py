"""Pictures of a submission: drawn behind the wall for whoever may read it, and for nobody else."""

from __future__ import annotations

import pytest

from grader.server.claims import claim, enter
from grader.server.office import opened

from .conftest import CLASS, Room, revealing


@pytest.fixture
def drawn(course, small, tmp_path, bubblewrap):
    """A class of the real course in which ada handed in the right answer to chapter 1."""
    data = tmp_path / "class"
    data.mkdir()
    (data / "class.toml").write_text(CLASS)
    room = Room(opened(data, course, None), small)
    ada, ben = room.person("ada"), room.person("ben")
    text = course.solution(course.chapter("ch1")).read_text()
    number = room.hand_in("ada", text)
    claimed = claim(room.office.database, "tests")
    enter(room.office.database, "tests", claimed, revealing(100.0), "v")
    ada.log_in()
    ben.log_in()
    return room, ada, ben, number


def test_pictures_are_drawn_once_for_their_student(drawn):
    room, ada, ben, number = drawn
    where = f"/submissions/{number}/pictures.svg"
    assert where in ada.browser.get(f"/submissions/{number}").text
    first = ada.browser.get(where)
    assert first.status_code == 200
    assert first.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in first.headers["content-security-policy"]
    assert first.text.startswith("<svg")
    assert "polyline" in first.text or "path" in first.text
    assert ben.browser.get(where).status_code == 404
    room.app.state.bounds.pictures.many = 0  # drawn again it would be refused
    assert ada.browser.get(where).text == first.text


def test_without_a_wall_nothing_is_drawn(drawn, monkeypatch):
    from grader.server import drawings
    from grader.wall.isolation import Isolation

    _, ada, _, number = drawn
    monkeypatch.setattr(drawings, "detect", lambda: Isolation("process", "no bwrap"))
    assert ada.browser.get(f"/submissions/{number}/pictures.svg").status_code == 404
    assert "pictures.svg" not in ada.browser.get(f"/submissions/{number}").text
