"""A mistake is named when it is sure, and only then."""

from __future__ import annotations

import textwrap

import pytest

from grader.judge.assignment import Run
from grader.judge.bounded import TooLong, bounded
from grader.report import as_json
from grader.report.as_page import page_html
from grader.report.failure import failure, plain
from grader.report.from_json import chapter_from
from grader.report.model import ChapterReport

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


FORMS = {
    "single precision": "e = np.exp(z.astype(np.float32))\n"
    "    return e / e.sum(axis=axis, keepdims=True)",
    "a list": "e = np.exp(z)\n    return (e / e.sum(axis=axis, keepdims=True)).tolist()",
    "by raising": "import math\n"
    "    e = np.vectorize(math.exp)(z)\n"
    "    return e / e.sum(axis=axis, keepdims=True)",
    "by an assertion": "e = np.exp(z)\n"
    "    p = e / e.sum(axis=axis, keepdims=True)\n"
    "    assert np.isfinite(p).all(), p\n"
    "    return p",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_mistake_in_another_form_is_the_same_mistake(diagnosed, form):
    assert diagnosed(FORMS[form]).mistake.name == "no-max-shift"


RIGHT = (
    "e = np.exp(z - z.max(axis=axis, keepdims=True))\n    p = e / e.sum(axis=axis, keepdims=True)"
)


@pytest.mark.parametrize(
    "body",
    [
        RIGHT + "\n    return p.astype(np.float32)",
        RIGHT + "\n    return p.tolist()",
        RIGHT + "\n    assert z.ndim < 3\n    return p",
        RIGHT + "\n    return p[0]",
    ],
)
def test_a_right_answer_in_another_form_is_no_mistake_of_the_bank(diagnosed, body):
    found = diagnosed(body)
    assert found.status in ("failed", "error")
    assert found.mistake is None or found.mistake.name == "single-precision"


def test_a_rounded_answer_has_a_name(diagnosed):
    found = diagnosed(RIGHT + "\n    return np.round(p, 3)")
    assert found.mistake.name == "rounded"
    assert "3 decimals" in found.mistake.hint


NORM = """
import numpy as np


def rms_norm(x, gamma, eps):
    {rms_norm}


def layer_norm_backward(dout, x, gamma, eps):
    {layer_norm_backward}


def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    {batch_norm_train}
"""
BACKWARD = (
    "inv = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + eps)\n"
    "    x_hat = (x - x.mean(axis=-1, keepdims=True)) * inv\n"
    "    g = dout * gamma\n"
    "    dx = g - g.mean(axis=-1, keepdims=True)\n"
    "    dx = dx - x_hat * (g * x_hat).mean(axis=-1, keepdims=True)\n"
    "    axes = tuple(range(x.ndim - 1))\n"
    "    return dx * inv, (dout * x_hat).sum(axis=axes), dout.sum(axis=axes)"
)
TRAINING = (
    "mu, var = x.mean(axis=0), x.var(axis=0)\n"
    "    m, v = (1 - momentum) * running_mean + momentum * mu, (1 - momentum) * running_var\n"
    "    v += momentum * x.var(axis=0, ddof=1)\n"
    "    return gamma * (x - mu) / np.sqrt(var + eps) + beta, m, v"
)
NORMS = {
    "rms_norm": "return gamma * x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)",
    "layer_norm_backward": BACKWARD,
    "batch_norm_train": TRAINING,
}


@pytest.fixture
def normalized(grade, tmp_path):
    """`normalized(name, before, after)` grades a right function with these changes."""

    def normalized(name: str, *changes: tuple[str, str], **options):
        body = NORMS[name]
        for before, after in changes:
            assert before in body
            body = body.replace(before, after)
        path = tmp_path / "ch03_normalization.py"
        path.write_text(NORM.format(**{**NORMS, name: body}))
        report = grade(f"ch3.{name}", path, **options)
        return report.exercises[0]

    return normalized


@pytest.mark.parametrize("name", NORMS)
def test_nothing_is_named_where_nothing_is_wrong(normalized, name):
    found = normalized(name)
    assert found.passed
    assert found.mistakes == ()


PAIRS = [
    ("rms_norm", ("(x * x).mean(axis=-1, keepdims=True)", "x.var(axis=-1, keepdims=True)"),
     ("gamma * x", "(1 + gamma) * x"), ["uses-std", "unit-offset"]),
    ("layer_norm_backward", (" - g.mean(axis=-1, keepdims=True)", ""), ("dout * x_hat", "dout * x"),
     ["mean-path-missing", "dgamma-uses-x"]),
    ("batch_norm_train", ("np.sqrt(var + eps)", "(np.sqrt(var) + eps)"), (", ddof=1", ""),
     ["running-var-biased", "eps-outside-sqrt"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "one", "other", "both"), PAIRS, ids=[one[0] for one in PAIRS])
@pytest.mark.parametrize("seed", [0, 7])
def test_two_slips_at_once_are_both_named(normalized, name, one, other, both, seed):
    found = normalized(name, one, other, run=Run(seed=seed))
    assert [mistake.name for mistake in found.mistakes] == both
    assert found.mistake == found.mistakes[0]
    shown = plain(failure(found))
    assert all(mistake.name in shown for mistake in found.mistakes)
    report = ChapterReport("c", "ch3", "t", "process", 0, (found,))
    data = as_json.chapter(report)
    assert [one["name"] for one in data["exercises"][0]["mistakes"]] == both
    assert chapter_from(data) == report


def test_one_slip_beside_what_nobody_knows_is_not_a_pair(normalized):
    found = normalized(
        "rms_norm", ("gamma * x", "(1.37 + gamma) * x"), ("mean(axis=-1", "max(axis=-1")
    )
    assert found.mistakes == ()


def test_writing_into_one_of_two_arrays_is_the_in_place_mistake(normalized):
    change = ("m, v = (1 - momentum) * running_mean + momentum * mu",
              "running_mean *= 1 - momentum\n    m, v = running_mean + momentum * mu")  # fmt: skip
    assert [one.name for one in normalized("batch_norm_train", change).mistakes] == [
        "in-place-running"
    ]
    both = normalized("batch_norm_train", change, (", ddof=1", ""))
    assert [one.name for one in both.mistakes] == ["running-var-biased", "in-place-running"]


@pytest.mark.parametrize(("name", "one", "other", "both"), PAIRS, ids=[one[0] for one in PAIRS])
def test_a_mistake_stands_beside_the_numbers_that_show_it(normalized, name, one, other, both):
    found = normalized(name, one, other)
    failing = {check.id: check.counterexample for check in found.checks if check.status == "failed"}
    for mistake in found.mistakes:
        assert mistake.check in failing
    assert {check.id for check in found.shown} == {mistake.check for mistake in found.mistakes}
    assert found.repro == found.shown[0].counterexample.repro != ""
    beside = [found.mistakes_at(check) for check in found.shown]
    assert sorted(one.name for some in beside for one in some) == sorted(both)


def test_a_mistake_in_another_output_shows_the_numbers_of_that_output(normalized):
    changes = next(part for part in PAIRS if part[0] == "layer_norm_backward")[1:3]
    found = normalized("layer_norm_backward", *changes)
    first, second = found.mistakes
    assert "dx" in failing_check(found, first.check).counterexample.message
    assert (first.message, first.expected, first.got) == ("", None, None)
    assert second.message.startswith("[1]: ")
    shown = plain(failure(found))
    assert shown.index(second.got) < shown.index(second.name)
    page = page_html([ChapterReport("c", "ch3", "t", "process", 0, (found,))])
    assert page.index(second.message) < page.index(second.name)
    assert page.count(second.name) == 1
    alone = normalized("layer_norm_backward", changes[1])
    assert alone.mistake.message == ""
    assert "dgamma" in failing_check(alone, alone.mistake.check).counterexample.message


def failing_check(report, check):
    return next(one for one in report.checks if one.id == check)


def test_what_another_exercise_raises_names_nothing_here(grade, tmp_path):
    source = """
        import numpy as np

        def softmax(z, axis=-1):
            e = np.exp(z - z.max(axis=axis, keepdims=True))
            return e / {sum}

        def cross_entropy_gradient(z, y):
            p = softmax(z)
            p[np.arange(len(y)), y] -= 1
            return p
    """
    path = tmp_path / "ch04_softmax_cross_entropy.py"
    for total, named in (("e.sum(axis=axis, keepdims=True)", True), ("e.sum(axis=7)", False)):
        path.write_text(textwrap.dedent(source).replace("{sum}", total))
        (found,) = grade("ch4.cross_entropy_gradient", path).exercises
        assert found.status == ("failed" if named else "error")
        assert bool(found.mistakes) is named


def test_slips_that_never_end_together_are_given_up():
    source = "def forever(n):\n    while n:\n        n += 1\n"
    scope: dict[str, object] = {}
    exec(compile(source, "<with a slip>", "exec"), scope)
    with pytest.raises(TooLong):
        bounded(lambda: scope["forever"](1), frozenset({"<with a slip>"}))
    assert bounded(lambda: scope["forever"](0), frozenset({"<with a slip>"})) is None
    assert bounded(lambda: sum(range(10**6)), frozenset()) == sum(range(10**6))


MATH = """
import math

import numpy as np


def sigmoid(z):
    return np.array([{one} for t in np.ravel(z)]).reshape(np.shape(z))


def cross_entropy(z, y):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    loss = {loss}
    if not np.isfinite(loss):
        raise ValueError("the loss is infinite")
    return loss


def cross_entropy_gradient(z, y):
    rows = []
    for row, label in zip(z, y):
        p = np.exp(row - max(row))
        p = p / p.sum()
        p[label] -= 1
        rows.append(p{divided})
    return rows


def logsumexp(z, axis=-1):
    return np.apply_along_axis({logsumexp}, axis, z)
"""
MATH_RIGHT = {
    "one": "0.5 + 0.5 * math.tanh(0.5 * t)",
    "loss": "float(-np.mean((z - z.max(axis=-1, keepdims=True))[np.arange(len(y)), y]"
    " - np.log(e.sum(axis=-1))))",
    "divided": " / len(y)",
    "logsumexp": "lambda r: max(r) + math.log(sum(math.exp(v - max(r)) for v in r))",
}


@pytest.fixture
def in_math(grade, tmp_path):
    """`in_math(name, **changes)` grades a function in Python's own arithmetic with changes."""

    def in_math(name: str, **changes: str):
        path = tmp_path / "ch04_softmax_cross_entropy.py"
        path.write_text(MATH.format(**MATH_RIGHT | changes))
        return grade(f"ch4.{name}", path).exercises[0]

    return in_math


@pytest.mark.parametrize(
    ("name", "change", "mistake"),
    [
        ("sigmoid", {"one": "1 / (1 + math.exp(-t))"}, "exp-overflow"),
        ("sigmoid", {"one": "math.exp(t) / (1 + math.exp(t))"}, "infinity-over-infinity"),
        (
            "logsumexp",
            {"logsumexp": "lambda r: math.log(sum(math.exp(v) for v in r))"},
            "no-max-shift",
        ),
        (
            "cross_entropy",
            {"loss": "float(-np.mean(np.log(p[np.arange(len(y)), y])))"},
            "log-of-softmax",
        ),
        ("cross_entropy_gradient", {"divided": ""}, "not-averaged"),
    ],
)
def test_how_it_fails_is_a_matter_of_form(in_math, name, change, mistake):
    found = in_math(name, **change)
    assert found.status in ("failed", "error")
    assert [one.name for one in found.mistakes] == [mistake]


@pytest.mark.parametrize("name", ["sigmoid", "cross_entropy", "logsumexp"])
def test_right_in_pythons_own_arithmetic(in_math, name):
    assert not in_math(name).mistakes
    assert [check.id for check in in_math(name).checks if check.status != "passed"] == []


def test_a_list_of_rows_is_no_mistake_of_the_bank(in_math):
    assert in_math("cross_entropy_gradient").mistakes == ()


def test_dropped_batches_are_named_as_lists_too(grade, tmp_path):
    path = tmp_path / "ch01_gradient_descent.py"
    path.write_text(
        "def minibatches(n, batch_size, rng):\n"
        "    order, k = rng.permutation(n), batch_size\n"
        "    return [order[i * k : (i + 1) * k].tolist() for i in range(n // k)]\n"
    )
    (found,) = grade("ch1.minibatches", path).exercises
    assert [one.name for one in found.mistakes] == ["drops-last-batch"]
