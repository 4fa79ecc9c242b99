"""Inputs are drawn once a check and seed; a report does not depend on who was judged before."""

import subprocess
import sys

import numpy as np
import pytest

from grader.checks import check, expect_close, fills, function, given, sizes, st
from grader.checks.answers import Local
from grader.judge.recorded import Recorded
from grader.judge.run import run_check
from grader.wall.protocol.tokens import to_call
from grader.wall.protocol.wire import pack


@check("double", "matches the reference", value=True)
@given(n=sizes(1, 4), fill=fills())
def matches(submission, reference, n, fill):
    x = fill(n)
    expect_close(submission.double(x), reference.double(x))


REFERENCE = Local({"double": lambda x: x + x})


@pytest.fixture
def recorded():
    return Recorded().recording()


def outcome(double, recorded):
    submission = Local({"double": double})
    return run_check(matches.check, submission, REFERENCE, seed=0, examples=20, recorded=recorded)


def seen_by(double, recorded):
    """The inputs that a submission is asked about."""
    asked = []

    def listening(x):
        asked.append(x.tolist())
        return double(x)

    assert outcome(listening, recorded).passed
    return asked


def test_the_second_submission_sees_what_the_first_saw(recorded):
    first = seen_by(lambda x: 2 * x, recorded)
    assert len(recorded.drawn) == 2
    assert seen_by(lambda x: x + x, recorded) == first


def test_what_is_given_away_is_used_once(recorded):
    first = seen_by(lambda x: 2 * x, recorded)
    assert seen_by(lambda x: 2 * x, recorded.giving_away()) == first
    assert not recorded.drawn


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x,
        lambda x: x * np.where(np.abs(x) > 20, 3, 2),
        lambda x: 2 * x if len(x) < 4 else 1 / 0,
        lambda x: None,
    ],
)
def test_a_failure_is_the_same_whoever_came_before(wrong, recorded):
    cold = outcome(wrong, Recorded())
    assert outcome(lambda x: 2 * x, recorded).passed
    warm = outcome(wrong, recorded)
    assert not cold.passed
    for name in ("status", "message"):
        assert getattr(warm, name) == getattr(cold, name)
    assert repr([call.arguments for call in warm.calls]) == repr(
        [call.arguments for call in cold.calls]
    )
    assert len(warm.transcript) == len(cold.transcript)


@check("apply", "takes functions, too", value=True)
@given(x=st.builds(lambda fill, n: fill(n), fills(), sizes(2, 4)))
def applies(submission, reference, x):
    arguments = function(_scaled, factor=x), x
    expect_close(submission.apply(*arguments), reference.apply(*arguments))


def _scaled(x, factor):
    return x * factor


def _judge_applies(submission, recorded):
    return run_check(
        applies.check, submission, APPLYING, seed=0, examples=20, recorded=recorded
    ).status


APPLYING = Local({"apply": lambda f, x: f(x)})


def test_what_is_kept_lies_in_memory_as_it_did(recorded):
    """A strided array is another input to whoever reshapes by hand."""

    def contiguous_only(f, x):
        return f(x) if x.flags.c_contiguous else -f(x)

    assert _judge_applies(APPLYING, recorded) == "passed"
    assert _judge_applies(Local({"apply": contiguous_only}), recorded) == "failed"


def test_what_was_asked_is_asked_again(recorded):
    class Listening(Local):
        asked, foreseen = (), ()

        def call(self, name, arguments, keywords):
            self.asked += (pack(to_call(name, arguments, keywords)),)
            return super().call(name, arguments, keywords)

        def foresee(self, requests):
            self.foreseen += tuple(requests)

    assert _judge_applies(APPLYING, recorded) == "passed"
    listening = Listening(APPLYING.namespace)
    assert _judge_applies(listening, recorded) == "passed"
    assert len(listening.asked) == 20
    assert listening.foreseen == listening.asked


def test_failing_once_is_failing(recorded):
    assert outcome(lambda x: 2 * x, recorded).passed
    count = iter(range(1000))
    found = outcome(lambda x: 2 * x + (next(count) == 7), recorded)
    assert found.status == "failed"
    assert "different answers" in found.message


def test_another_seed_draws_other_inputs(recorded):
    assert outcome(lambda x: 2 * x, recorded).passed
    assert recorded.find(matches.check, 1, 20) is None


def test_nothing_is_kept_where_only_one_is_judged():
    recorded = Recorded()
    assert outcome(lambda x: 2 * x, recorded).passed
    assert not recorded.drawn


def test_inputs_do_not_depend_on_what_else_was_imported(tmp_path):
    """Hypothesis would draw constants from modules of a project that happen to be loaded."""
    drawing = """
import sys
from pathlib import Path
from hypothesis import Phase, given, settings, strategies as st
from grader.checks import fills
from grader.course.reading import load_module
if len(sys.argv) > 1:
    load_module(Path(sys.argv[1]), "other")
@settings(derandomize=True, database=None, phases=[Phase.generate], max_examples=200)
@given(fill=fills())
def draw(fill):
    print(fill)
draw()
"""
    (tmp_path / "other.py").write_text(f"MANY = {[*range(1000, 1500)]}")
    command = [sys.executable, "-c", drawing]
    one, two = (
        subprocess.run([*command, *more], capture_output=True, text=True, check=True).stdout
        for more in ([], [str(tmp_path / "other.py")])
    )
    assert one.count("Fill") == 200
    assert one == two


def test_who_only_decides_looks_for_no_smaller_counterexample(recorded):
    assert outcome(lambda x: 2 * x, recorded).passed
    asked = []

    def wrong(x):
        asked.append(x)
        return x

    def decided(double):
        return run_check(
            matches.check,
            Local({"double": double}),
            REFERENCE,
            seed=0,
            examples=20,
            recorded=recorded,
            only_decide=True,
        )

    assert decided(lambda x: x + x).passed
    assert decided(wrong).status == "failed"
    few = len(asked)
    assert outcome(wrong, recorded).status == "failed"
    assert len(asked) > 3 * few
