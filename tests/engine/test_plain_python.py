"""A chapter without any library: its answers are text, bytes, lists and dicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.authoring.trivial import trivial_answers
from grader.course.model import Course
from grader.course.reading import load_course
from grader.wall.isolation import PROCESS, Isolation, detect

FILES = {
    "exercises/course.toml": """
[[chapter]]
id = "ch1"
module = "ch01_words"
title = "Words"
imports = []

[[chapter.exercise]]
name = "neighbours"
points = 60
hints = ["a", "b", "c"]

[[chapter.exercise]]
name = "spell"
points = 40
hints = ["a", "b", "c"]
""",
    "solutions/ch01_words.py": '''
"""Words."""


def neighbours(words):
    """Pairs of neighbours, and where they stand.

    >>> neighbours(["a", "b"])
    {('a', 'b'): [0]}
    """
    ### BEGIN SOLUTION
    found = {}
    for place, pair in enumerate(zip(words, words[1:])):
        found.setdefault(pair, []).append(place)
    return found
    ### END SOLUTION


def spell(word):
    """The word, and its bytes.

    >>> spell("é")
    ('é', b'\\\\xc3\\\\xa9')
    """
    ### BEGIN SOLUTION
    return word, word.encode()
    ### END SOLUTION
''',
    "tests/checks/test_ch01_words.py": """
from grader.checks import check, expect_equal, expect_untouched, given, st

WORDS = st.lists(st.sampled_from("abé"), max_size=5)

@check("neighbours", "matches the reference", value=True)
@given(words=WORDS)
def test_neighbours(submission, reference, words):
    expect_equal(submission.neighbours(words), reference.neighbours(words))

@check("neighbours", "leaves its input alone", examples=5)
@given(words=WORDS)
def test_untouched(submission, words):
    expect_untouched(submission, "neighbours", words)

@check("spell", "matches the reference", value=True)
@given(word=st.sampled_from(["", "a", "é", "no"]))
def test_spell(submission, reference, word):
    expect_equal(submission.spell(word), reference.spell(word))
""",
}
RIGHT = """
from collections import defaultdict

def neighbours(words):
    found = defaultdict(list)
    for i in range(1, len(words)):
        found[words[i - 1], words[i]] += [i - 1]
    return found

def spell(word):
    return [word, bytes(word, "utf-8")]
"""
WRONG = """
def neighbours(words):
    found = {}
    while len(words) > 1:
        found.setdefault((words.pop(0), words[0]), []).append(0)
    return found

def spell(word):
    return word, word.encode("utf-16")
"""


@pytest.fixture
def words(tmp_path: Path) -> Course:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return load_course(tmp_path)


@pytest.mark.parametrize("isolation", [None, Isolation(PROCESS, "chosen by a test")])
@pytest.mark.parametrize(("source", "scores"), [(RIGHT, [60, 40]), (WRONG, [0, 0])])
def test_it_is_graded_behind_the_wall(words, tmp_path, grade, isolation, source, scores):
    path = tmp_path / "ch01_words.py"
    path.write_text(source)
    report = grade("ch1", path, isolation or detect(), of=words)
    assert [one.score for one in report.exercises] == scores
    assert report.notes == ()


def test_a_counterexample_shows_pairs_and_bytes(words, tmp_path, grade):
    path = tmp_path / "ch01_words.py"
    path.write_text(WRONG)
    pairs, spelled = grade("ch1", path, of=words).exercises
    (call,) = pairs.checks[0].counterexample.calls
    assert call.returned == "{('a', 'a'): [0, 0]}"
    assert spelled.checks[0].counterexample.expected == "b''"


@pytest.mark.parametrize("right", ["word", ["a", "word"], b"bytes", {"a": "word"}])
def test_trivial_answers_may_be_text(right):
    answers = {
        what: answer() for what, answer in trivial_answers(lambda: right) if "its" not in what
    }
    assert right not in answers.values()
    kept = [answers[what] for what in ("zeros", "ones", "a constant")]
    assert all(type(one) is type(right) and len(one) == len(right) for one in kept)
