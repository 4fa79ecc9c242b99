"""Asking ahead: the answers are those of asking one by one, and never those to another question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from grader.wall.clocks import Account
from grader.wall.errors import SubmissionError, SubmissionLost
from grader.wall.foreseeing import Foreseeing
from grader.wall.isolation import PROCESS, Isolation
from grader.wall.limits import Limits
from grader.wall.protocol.tokens import to_call
from grader.wall.protocol.wire import pack
from grader.wall.sandbox import Sandbox
from grader.wall.session import Session, Sources

SOURCE = """
import os
import numpy as np

calls = 0

def count(x):
    global calls
    calls += 1
    return calls

def double(x): return 2 * x
def fail(x): return 1 / x
def hang(x):
    while True: pass
def leave(x): os._exit(0)
def much(x): return np.full(200_000, x)

def forge(x):
    frame = b"\\x83\\xa2id\\x01\\xa5value\\x01\\xa7printed\\xa0"
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, len(frame).to_bytes(4, "big") + frame)
        except OSError:
            continue
    return x
"""
LIMITS = Limits(call_seconds=1.0)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Isolation(PROCESS, "chosen by a test"), ("numpy",), LIMITS) as opened:
        yield opened


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Foreseeing]:
    opened = Foreseeing(Session(sandbox, Sources("ch", {"ch": SOURCE}), LIMITS, Account()))
    with closing(opened):
        yield opened


def foresee(session: Foreseeing, *calls: tuple[str, object]) -> None:
    session.foresee([pack(to_call(name, [argument], {})) for name, argument in calls])


def ask(session: Foreseeing, name: str, argument: object) -> object:
    return session.call(name, [argument], {})


def test_what_was_foreseen_is_answered_in_its_order(session):
    foresee(session, *(("double", float(n)) for n in range(200)), ("count", 0.0))
    assert [ask(session, "double", float(n)) for n in range(200)] == [2.0 * n for n in range(200)]
    assert ask(session, "count", 0.0) == 1
    assert ask(session, "count", 0.0) == 2


def test_many_questions_take_one_journey(session):
    foresee(session, *[("double", 1.0)] * 50)
    ask(session, "double", 1.0)
    assert len(session.asked) == 49


def test_another_question_goes_to_a_worker_that_was_asked_nothing_else(session):
    foresee(session, ("double", 1.0), *[("count", 0.0)] * 20)
    assert ask(session, "double", 1.0) == 2.0
    assert ask(session, "double", 3.0) == 6.0
    assert ask(session, "count", 0.0) == 1


def test_what_was_foreseen_in_vain_leaves_no_trace(session):
    foresee(session, *[("count", 0.0)] * 20)
    assert ask(session, "count", 0.0) == 1
    session.foresee(())
    assert ask(session, "count", 0.0) == 1


def test_a_worker_that_was_asked_nothing_in_vain_stays(session):
    foresee(session, *[("count", 0.0)] * 3)
    assert [ask(session, "count", 0.0) for _ in range(3)] == [1, 2, 3]
    session.foresee(())
    assert ask(session, "count", 0.0) == 4


def test_errors_come_where_they_belong(session):
    foresee(session, ("double", 1.0), ("fail", 0.0), ("double", 2.0))
    assert ask(session, "double", 1.0) == 2.0
    with pytest.raises(SubmissionError, match="division by zero"):
        ask(session, "fail", 0.0)
    assert ask(session, "double", 2.0) == 4.0


@pytest.mark.parametrize(("name", "status"), [("hang", "timeout"), ("leave", "crashed")])
def test_a_call_that_is_lost_costs_no_call_before_it(session, name, status):
    foresee(session, ("double", 1.0), ("double", 2.0), (name, 0.0), ("double", 3.0))
    assert ask(session, "double", 1.0) == 2.0
    assert ask(session, "double", 2.0) == 4.0
    with pytest.raises(SubmissionLost) as caught:
        ask(session, name, 0.0)
    assert caught.value.status == status
    assert ask(session, "double", 3.0) == 6.0


def test_large_answers_do_not_block_the_way(session):
    foresee(session, *(("much", float(n)) for n in range(30)))
    for n in range(30):
        assert np.array_equal(ask(session, "much", float(n)), np.full(200_000, float(n)))


def test_large_questions_do_not_block_the_way(session):
    questions = [np.full(20_000, float(n)) for n in range(30)]
    foresee(session, *(("double", question) for question in questions))
    for question in questions:
        assert np.array_equal(ask(session, "double", question), 2 * question)


def test_a_forged_answer_is_not_taken_for_the_next_one(session):
    foresee(session, ("forge", 1.0), ("double", 1.0))
    with pytest.raises(SubmissionLost, match="protocol error"):
        ask(session, "forge", 1.0)


def test_a_judge_that_gives_up_waiting_asks_another_worker(session, monkeypatch):
    """Its clock may ring while answers are on their way, which are none to later questions."""
    foresee(session, *[("count", 0.0)] * 5)
    assert ask(session, "count", 0.0) == 1

    def ring(*questions):
        raise SubmissionLost("timeout", "the judge's clock")

    with monkeypatch.context() as patch:
        patch.setattr(session.session, "answer", ring)
        with pytest.raises(SubmissionLost, match="clock"):
            ask(session, "count", 0.0)
    assert ask(session, "count", 0.0) == 1
