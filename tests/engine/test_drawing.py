"""Inputs drawn on every core are those drawn on one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from grader.checks import check
from grader.checks.answers import Once
from grader.judge import drawing
from grader.judge.assignment import JudgeError, Run
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.wall.protocol.wire import pack


@pytest.fixture
def loaded(course) -> LoadedChapter:
    return load_chapter(course, course.chapter("ch4"))


def drawn_on(cores: int, loaded: LoadedChapter, monkeypatch) -> list[object]:
    """The requests that the inputs lead to, and the reference's answers."""
    monkeypatch.setattr(drawing, "cores", lambda: list(range(cores)))
    loaded.recorded.drawn.clear()
    loaded.reference.known.clear()
    drawing.draw(loaded, Run(examples=8))
    kept = sorted(loaded.recorded.drawn.items(), key=lambda one: one[0])
    assert len(kept) > sum(map(len, loaded.checks.values()))
    requests = [(key, one.requests) for key, one in kept]
    arrays = [pack(list(example.values())) for _, one in kept for example in one.inputs]
    return [requests, arrays, sorted(loaded.reference.known.items())]


def test_it_does_not_matter_how_many_draw(loaded, monkeypatch):
    alone = drawn_on(1, loaded, monkeypatch)
    assert drawn_on(3, loaded, monkeypatch) == alone


def test_what_cannot_be_handed_over_is_drawn_here(loaded, monkeypatch, capfd):
    alone = drawn_on(1, loaded, monkeypatch)

    def unable(share):
        raise TypeError("cannot pickle this")

    monkeypatch.setattr(drawing, "_pickled", unable)
    assert drawn_on(3, loaded, monkeypatch) == alone
    assert capfd.readouterr() == ("", "")


@check("logsumexp", "trips over every answer")
def trips(submission, reference):
    submission.logsumexp(np.zeros(1)).no_such_attribute()


def test_a_check_that_fails_the_reference_is_said_once(course, loaded, monkeypatch, capfd):
    """In a helper as here: the fourth exercise is drawn by the fourth process."""
    broken = (*loaded.checks["logsumexp"], trips.check)
    other = replace(loaded, checks={**loaded.checks, "logsumexp": broken})
    assert isinstance(other.reference, Once)
    with pytest.raises(JudgeError, match="logsumexp"):
        drawn_on(4, other, monkeypatch)
    assert capfd.readouterr() == ("", "")
