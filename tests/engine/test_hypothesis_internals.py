"""What we use of Hypothesis though it is private still does what it is used for.

If one of these fails after a release of Hypothesis: verdicts are right nevertheless.  Look for the
private name in `grader/checks/hypothesis_internals.py` in the new release, and write its new name
there.  If there is none, cap Hypothesis in pyproject.toml below that release.
"""

from __future__ import annotations

import inspect

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from grader.checks.draws import Manner, fills
from grader.checks.hypothesis_internals import runner, without_database_key

NESTED = {
    "itself": fills(),
    "in a tuple": st.tuples(fills()).map(lambda one: one[0]),
    "mapped": fills().map(lambda fill: fill),
    "after another": st.integers(0, 3).flatmap(lambda number: fills()),
}


def drawn(strategy, *, number=20, by=7, **runner):
    """What Hypothesis draws in a test whose first argument is this runner."""
    seen = []
    quiet = settings(max_examples=number, database=None, phases=(Phase.generate,))

    @seed(by)
    @quiet
    @given(value=strategy)
    def with_runner(manner, value):
        seen.append(value)

    @seed(by)
    @quiet
    @given(value=strategy)
    def without_runner(value):
        seen.append(value)

    with_runner(**runner) if runner else without_runner()
    return seen


@pytest.mark.parametrize("name", NESTED)
def test_fills_learn_from_the_runner_how_to_draw(name):
    plain = {fill.kind for fill in drawn(NESTED[name], manner=Manner.PLAINLY)}
    assert plain == {"integers", "one-hot", "zeros"}
    assert {fill.kind for fill in drawn(NESTED[name], manner=Manner.AT_EVERY_SCALE)} == {"normal"}
    assert {fill.kind for fill in drawn(NESTED[name])} == {"normal"}


def test_asking_for_the_runner_changes_no_draw():
    """The public way does: if this fails, the private name is gone and the public way is taken."""

    @st.composite
    def pair(draw, ask):
        asked = [ask(draw), draw(st.integers()), ask(draw), draw(st.integers())]
        return asked[1], asked[3]

    silent, asking = (drawn(pair(ask), number=100) for ask in (lambda draw: None, runner))
    assert asking == silent


def test_the_source_of_a_test_is_not_read(monkeypatch):
    read = []
    source = inspect.getsource
    monkeypatch.setattr(inspect, "getsource", lambda of: read.append(of) or source(of))

    @without_database_key
    @settings(max_examples=1, database=None, derandomize=False)
    @given(value=st.none())
    def test(value):
        """Is what is drawn of any interest?"""

    test()
    assert not [of for of in read if getattr(of, "__name__", "") == "test"]


def test_constants_of_a_project_are_not_drawn():
    assert not any(
        providers._get_local_constants().set_for_type(kind) for kind in (int, float, str, bytes)
    )
