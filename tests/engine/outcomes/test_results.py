"""Results of a class: what many reports have in common takes memory once."""

import pickle
from itertools import pairwise

from grader.classroom.results import Likeness


def copies_of(result, number):
    """As they come from other processes: nothing is shared."""
    return [pickle.loads(pickle.dumps(result)) for _ in range(number)]


def test_a_result_stays_as_it_is(graded):
    likeness = Likeness()
    assert graded
    for result in graded.values():
        assert likeness.of(result) == result


def test_right_answers_are_kept_once(graded):
    likeness = Likeness()
    kept = [likeness.of(one).report for one in copies_of(graded["right"], 3)]
    for one, other in pairwise(kept):
        assert all(a is b for a, b in zip(one.exercises, other.exercises, strict=True))


def test_of_wrong_answers_the_right_part_is_kept_once(graded):
    likeness = Likeness()
    kept = [likeness.of(one).report for one in copies_of(graded["believable"], 2)]
    checks = [[check for part in one.exercises for check in part.checks] for one in kept]
    alike = {one.status for one, other in zip(*checks, strict=True) if one is other}
    assert "passed" in alike
    assert any(check.counterexample for check in checks[0])
