"""A submission behind the wall: it answers, and whatever it does costs one answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from grader.checks.arguments import function, generator
from grader.wall.clocks import Account
from grader.wall.errors import SandboxError, SubmissionError, SubmissionLost
from grader.wall.isolation import PROCESS, Isolation
from grader.wall.limits import Limits
from grader.wall.protocol.tokens import Function
from grader.wall.sandbox import Cell, Sandbox, warm_sandbox
from grader.wall.session import Session, Sources
from grader.wall.zygote import Zygote

SOURCE = """
import os, time
import numpy as np
import helper
from math import pi

calls = 0
print("loading")
1 / 0

def double(x, times=2): return x * times
def count():
    global calls
    calls += 1
    return calls
def draw(rng): return rng.standard_normal(3)
def apply(f, x): return f(x)
def say(text): print(text); return None
def fail(x): return 1 / x
def later(): raise NotImplementedError
def refuse(): return np.linalg.det(np.eye(2))
def leave(): os._exit(0)
def hang():
    while True: pass
def greedy(): return len(bytearray(3 << 30))
def unplain(): return object()
def where(): return sorted(os.listdir("/")), dict(os.environ)
def own(): return helper.value

after_the_error = True
def last(): return after_the_error
"""
REFUSED = {"numpy.linalg.det": "it is the exercise"}
LIMITS = Limits(call_seconds=1.0)


@pytest.fixture(scope="module", params=["bubblewrap", "cell", "process"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    if request.param == "cell":
        isolation = request.getfixturevalue("bubblewrap")
        with warm_sandbox(isolation, ("numpy",), LIMITS) as warm:
            warm.wait()
            with Cell(warm) as cell:
                yield cell
        return
    if request.param == "bubblewrap":
        isolation = request.getfixturevalue("bubblewrap")
    else:
        isolation = Isolation(PROCESS, "chosen by a test")
    with Sandbox(isolation, ("numpy",), LIMITS) as opened:
        yield opened


@pytest.fixture
def session(sandbox: Zygote) -> Iterator[Session]:
    sources = Sources("ch", {"ch": SOURCE, "helper": "value = 7"}, REFUSED)
    opened = Session(sandbox, sources, LIMITS, Account())
    yield opened
    opened.close()


def ask(session: Session, name: str, *arguments: object, **keywords: object) -> object:
    return session.call(name, list(arguments), keywords)


def test_calls_are_answered_with_data(session):
    assert ask(session, "double", 2.5) == 5.0
    assert np.array_equal(ask(session, "double", np.ones((2, 3)), times=3), np.full((2, 3), 3.0))
    assert ask(session, "own") == 7


def test_state_lasts_on_one_worker_only(session):
    assert [ask(session, "count"), ask(session, "count")] == [1, 2]
    session.close()
    assert ask(session, "count") == 1


def test_a_failing_statement_costs_only_itself(session):
    assert session.defines("last")
    assert not session.defines("first")
    assert ask(session, "last") is True
    (problem,) = session.problems
    assert (problem.error, problem.lines) == ("ZeroDivisionError", (("ch.py", 9),))


def test_generators_and_functions_travel(session):
    expected = np.random.default_rng(5).standard_normal(3)
    assert np.array_equal(ask(session, "draw", generator(5)), expected)
    assert ask(session, "apply", function(_scaled, factor=4.0), 2.0) == 8.0


def _scaled(x, factor):
    return np.abs(x) * factor


def test_probes_run_beside_the_submission(session):
    source = "def probe(module, x):\n    return [module.double(x), np.sign(x)]\n"
    assert session.probe(Function("probe", source, {}), [-2.0]) == [-4.0, -1.0]


def test_printed_text_comes_along(session):
    ask(session, "say", "hello")
    assert session.printed == "hello\n"
    ask(session, "say", "x" * 100_000)
    assert len(session.printed) <= 2000


def test_errors_name_the_students_line(session):
    with pytest.raises(SubmissionError) as caught:
        ask(session, "fail", 0)
    assert caught.value.status == "error"
    assert caught.value.type_names[0] == "ZeroDivisionError"
    assert caught.value.lines == (("ch.py", 19),)


@pytest.mark.parametrize(("name", "status"), [("later", "not started"), ("refuse", "refused")])
def test_statuses_of_errors(session, name, status):
    with pytest.raises(SubmissionError) as caught:
        ask(session, name)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("leave", "crashed", "the process ended"),
        ("hang", "timeout", "no answer within 1 s"),
        ("greedy", "crashed", "out of memory"),
    ],
)
def test_a_lost_worker_is_replaced(session, name, status, words):
    with pytest.raises(SubmissionLost) as caught:
        ask(session, name)
    assert caught.value.status == status
    assert words in str(caught.value)
    assert ask(session, "double", 1.0) == 2.0


def test_what_is_not_data_is_equal_to_nothing(session):
    assert repr(ask(session, "unplain")) == "Opaque(type_name='object')"


def test_the_chapter_has_an_end(sandbox):
    for processor, idle, words in [(60.1, 0.0, "processor time"), (0.0, 60.1, "nothing ran")]:
        account = Account()
        account.add(processor, idle)
        session = Session(sandbox, Sources("ch", {"ch": SOURCE}), LIMITS, account)
        with pytest.raises(SubmissionLost, match=f"{words} are over"):
            ask(session, "double", 1.0)


def test_a_file_that_cannot_be_loaded_is_tried_once(sandbox):
    session = Session(sandbox, Sources("ch", {"ch": "import os; os._exit(1)"}), LIMITS, Account())
    for _ in range(2):
        with pytest.raises(SubmissionLost, match="while the file was loaded"):
            ask(session, "double", 1.0)


def test_bubblewrap_shows_an_empty_system(bubblewrap):
    with Sandbox(bubblewrap, ("numpy",), LIMITS) as sandbox:
        session = Session(sandbox, Sources("ch", {"ch": SOURCE}), LIMITS, Account())
        folders, environment = ask(session, "where")
        session.close()
    assert not set(folders) & {"home", "work", "var", "opt", "mnt", "srv"}
    assert "PATH" not in environment


def test_a_first_backward_pass_of_a_class_imports_nothing_large(bubblewrap, course):
    chapter = course.chapter("ch9")
    source = """
import sys, torch

def first():
    before = set(sys.modules)
    x = torch.ones(2, requires_grad=True)
    (x * x).backward(torch.ones(2))
    return len(set(sys.modules) - before)
"""
    with warm_sandbox(bubblewrap, chapter.imports, LIMITS, chapter.preload) as warm:
        warm.wait()
        with Cell(warm) as cell:
            session = Session(cell, Sources("ch", {"ch": source}), LIMITS, Account())
            with closing(session):
                assert ask(session, "first") < 10


def test_what_a_chapter_preloads_is_there_and_nothing_else_is(bubblewrap):
    source = "import sys\ndef loaded(): return 'colorsys' in sys.modules\n"
    for preload, expected in [((), False), (("colorsys", "no_such_module"), True)]:
        with Sandbox(bubblewrap, ("numpy",), LIMITS, preload) as sandbox:
            session = Session(sandbox, Sources("ch", {"ch": source}), LIMITS, Account())
            with closing(session):
                assert ask(session, "loaded") is expected


def test_a_sandbox_that_does_not_start_says_why():
    isolation = Isolation(PROCESS, "chosen by a test")
    with (
        Sandbox(isolation, ("no_such_library",), LIMITS) as sandbox,
        pytest.raises(SandboxError, match="No module named 'no_such_library'"),
    ):
        sandbox.open()
