"""A mistake is named when it is sure, and only then."""

from __future__ import annotations

import pytest

from grader.judge.assignment import Run

NAMED = {
    "no-max-shift": "e = np.exp(z)\n    return e / e.sum(axis=axis, keepdims=True)",
    "global-sum": "e = np.exp(z - z.max())\n    return e / e.sum()",
}
UNNAMED = [
    "return z * 3.25 + 1",
    "e = np.exp(z - z.max(axis=axis, keepdims=True))\n    return e / (e.sum() + 0.125)",
]


def source(body: str) -> str:
    return f"import numpy as np\n\n\ndef softmax(z, axis=-1):\n    {body}\n"


@pytest.fixture
def diagnosed(grade, tmp_path):
    def diagnosed(body: str, **options):
        path = tmp_path / "mine.py"
        path.write_text(source(body))
        (exercise,) = grade("ch4.softmax", path, **options).exercises
        return exercise

    return diagnosed


@pytest.mark.parametrize("name", NAMED)
def test_a_known_mistake_in_the_students_words_is_named(diagnosed, name):
    exercise = diagnosed(NAMED[name])
    assert exercise.status == "failed"
    assert exercise.mistake.name == name


def test_a_known_mistake_is_named_beside_another_one(diagnosed):
    body = "e = np.exp(z)\n    z[...] = 0\n    return e / e.sum(axis=axis, keepdims=True)"
    exercise = diagnosed(body)
    assert any("input" in check.title and check.status == "failed" for check in exercise.checks)
    assert exercise.mistake.name == "no-max-shift"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_name_does_not_depend_on_the_inputs(diagnosed, seed):
    assert diagnosed(NAMED["global-sum"], run=Run(seed=seed)).mistake.name == "global-sum"


@pytest.mark.parametrize("body", UNNAMED)
def test_silence_is_better_than_a_wrong_name(diagnosed, body):
    exercise = diagnosed(body)
    assert exercise.status == "failed"
    assert exercise.mistake is None


def test_the_exercise_underneath_is_pointed_at(grade, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "import numpy as np\n"
        "def logsumexp(z, axis=-1):\n    return z.max(axis=axis)\n"
        "def log_softmax(z, axis=-1):\n"
        "    return z - np.expand_dims(logsumexp(z, axis), axis)\n"
    )
    report = grade("ch4", path)
    notes = {exercise.id: exercise.note for exercise in report.exercises}
    assert "logsumexp" in notes["ch4.log_softmax"]
    assert notes["ch4.logsumexp"] is None
