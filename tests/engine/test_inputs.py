"""Inputs are drawn once a check and seed; a report does not depend on who was judged before."""

import subprocess
import sys

import numpy as np
import pytest

from grader.checks import check, expect_close, fills, function, given, sizes, st
from grader.checks.answers import Local
from grader.judge import inputs
from grader.judge.run import run_check
from grader.wall.protocol.tokens import to_call
from grader.wall.protocol.wire import pack


@check("double", "matches the reference", value=True)
@given(n=sizes(1, 4), fill=fills())
def matches(submission, reference, n, fill):
    x = fill(n)
    expect_close(submission.double(x), reference.double(x))


REFERENCE = Local({"double": lambda x: x + x})


def outcome(double):
    return run_check(matches.check, Local({"double": double}), REFERENCE, seed=0, examples=20)


@pytest.fixture(autouse=True)
def remembered():
    inputs._seen.clear()
    with inputs.remembered():
        yield


def seen_by(double):
    """The inputs that a submission is asked about."""
    asked = []

    def listening(x):
        asked.append(x.tolist())
        return double(x)

    assert outcome(listening).passed
    return asked


def test_the_second_submission_sees_what_the_first_saw():
    first = seen_by(lambda x: 2 * x)
    assert len(inputs.kept(matches)) == 2
    assert seen_by(lambda x: x + x) == first


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x,
        lambda x: x * np.where(np.abs(x) > 20, 3, 2),
        lambda x: 2 * x if len(x) < 4 else 1 / 0,
        lambda x: None,
    ],
)
def test_a_failure_is_the_same_whoever_came_before(wrong):
    cold = outcome(wrong)
    inputs._seen.clear()
    assert outcome(lambda x: 2 * x).passed
    warm = outcome(wrong)
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


def _judge_applies(submission):
    return run_check(applies.check, submission, APPLYING, seed=0, examples=20).status


APPLYING = Local({"apply": lambda f, x: f(x)})


def test_what_is_kept_lies_in_memory_as_it_did():
    """A strided array is another input to whoever reshapes by hand."""

    def contiguous_only(f, x):
        return f(x) if x.flags.c_contiguous else -f(x)

    assert _judge_applies(APPLYING) == "passed"
    assert _judge_applies(Local({"apply": contiguous_only})) == "failed"


def test_what_was_asked_is_asked_again():
    class Listening(Local):
        asked, foreseen = (), ()

        def call(self, name, arguments, keywords):
            self.asked += (pack(to_call(name, arguments, keywords)),)
            return super().call(name, arguments, keywords)

        def foresee(self, requests):
            self.foreseen += tuple(requests)

    assert _judge_applies(APPLYING) == "passed"
    listening = Listening(APPLYING.namespace)
    assert _judge_applies(listening) == "passed"
    assert len(listening.asked) == 20
    assert listening.foreseen == listening.asked


def test_failing_once_is_failing():
    assert outcome(lambda x: 2 * x).passed
    count = iter(range(1000))
    found = outcome(lambda x: 2 * x + (next(count) == 7))
    assert found.status == "failed"
    assert "different answers" in found.message


def test_another_seed_draws_other_inputs():
    assert outcome(lambda x: 2 * x).passed
    assert inputs.seen(matches, 1, 20) is None


def test_nothing_is_kept_where_only_one_is_judged():
    inputs._remembering.set(False)
    assert outcome(lambda x: 2 * x).passed
    assert not inputs.kept(matches)
    inputs._remembering.set(True)


def test_inputs_do_not_depend_on_what_else_was_imported(tmp_path):
    """Hypothesis would draw constants from modules of a project that happen to be loaded."""
    drawing = """
import sys
from pathlib import Path
from hypothesis import Phase, given, settings, strategies as st
from grader.checks import fills
from grader.course.model import load_module
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
