"""The declared forms: what they check, what they show, and what they tell an author."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from grader.bank import load_mistakes
from grader.checks.answers import Local
from grader.course.forms import test_name as name_of
from grader.course.model import CourseError
from grader.course.reading import load_course
from grader.judge.assignment import Run
from grader.judge.chapter import load_chapter
from grader.judge.grading import judge_check
from grader.kit.practice_part import practice_part

TOML = """
name = "small"

[[chapter]]
id = "ch1"
module = "ch01_small"
title = "Small"
imports = ["numpy"]
"""

SOLUTION = '''
"""Small."""

import numpy as np


def halves(x):
    """Half of x, and the mean.

    >>> half, mean = halves(np.array([1.0, 2.0, 5.0]))
    >>> half.tolist(), round(float(mean), 2)
    ([0.5, 1.0, 2.5], 2.67)
    """
    ### BEGIN SOLUTION
    return x / 2, x.mean()
    ### END SOLUTION


def draw(n, rng):
    """Numbers.

    >>> draw(3, np.random.default_rng(0)).round(3).tolist()
    [0.637, 0.27, 0.041]
    """
    ### BEGIN SOLUTION
    return rng.random(n)
    ### END SOLUTION


def each(f, values):
    """Apply f.

    >>> each(lambda x: x + 1, [1, 2])
    [2, 3]
    >>> for value in each(lambda x: {"of": x}, ["a", "b"]):
    ...     print(value)
    {'of': 'a'}
    {'of': 'b'}
    """
    ### BEGIN SOLUTION
    return [f(value) for value in values]
    ### END SOLUTION


class Counter:
    """Counts.

    >>> counter = Counter()
    >>> counter.add(2)
    >>> counter.add(3)
    >>> counter.seen, counter.mean
    ([2, 3], 2.5)
    >>> counter.add("a")
    Traceback (most recent call last):
    ValueError: no number
    """

    ### BEGIN SOLUTION
    def __init__(self):
        self.seen = []

    def add(self, number):
        if isinstance(number, str):
            raise ValueError("no number")
        self.seen.append(number)

    @property
    def mean(self):
        return sum(self.seen) / len(self.seen)
    ### END SOLUTION
'''

CHECKS = """
import numpy as np

from grader.checks import (
    case, double_precision, example, fills, matches, sizes, st, untouched
)

FILLS = fills()

example("halves")
matches("halves", st.builds(lambda n, fill: (fill(n),), sizes(), FILLS), names=("half", "mean"))
matches(
    "halves",
    st.builds(lambda n, fill: fill(n), sizes(), FILLS),
    title="the mean is right",
    names=("half", "mean"),
    only=["mean"],
    first=[(np.zeros((2, 2)),)],
    weight=2,
)
untouched("halves", st.builds(lambda n, fill: case(x=fill(n)), sizes(), FILLS))
double_precision(
    "halves", st.builds(lambda n, fill: fill(n), sizes(), FILLS), names=("half", "mean")
)

example("draw")
example("each")
example("Counter")
"""


@pytest.fixture
def small(tmp_path):
    """`small(checks=..., solution=...)` is a course with those texts."""

    def small(checks: str = CHECKS, solution: str = SOLUTION) -> Path:
        names = ["halves", "draw", "each", "Counter"]
        entries = "".join(
            f'[[chapter.exercise]]\nname = "{name}"\npoints = 25\nhints = ["", "", ""]\n'
            for name in names
        )
        for place, text in {
            "exercises/course.toml": TOML + entries,
            "solutions/ch01_small.py": solution,
            "tests/checks/test_ch01_small.py": checks + fillers(names),
        }.items():
            path = tmp_path / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return small


def fillers(names: list[str]) -> str:
    """Every exercise needs a value check."""
    body = "def test_{0}_any(submission, reference): ...\n"
    head = 'from grader.checks import check\n@check("{0}", "is there", value=True)\n'
    return "\n" + "\n".join((head + body).format(name) for name in names)


def judged(root, title, **answers):
    """The outcome of the check of that title, for what is given in place of the reference."""
    course = load_course(root)
    loaded = load_chapter(course, course.chapters[0])
    (name,) = answers or {"halves": None}
    (check,) = [one for one in loaded.checks[name] if one.title == title]
    answers = {key: value for key, value in answers.items() if value is not None}
    return judge_check(loaded, check, Local({**loaded.namespace, **answers}), Run())


EXAMPLE = "the worked example"


@pytest.mark.parametrize("name", ["halves", "draw", "each", "Counter"])
def test_the_reference_shows_what_its_statement_says(small, name):
    assert judged(small(), EXAMPLE, **{name: None}).passed


def test_an_example_runs_beside_the_submission_where_it_has_to(small):
    root = small(checks=CHECKS.replace('example("halves")', 'example("halves", probe=True)'))
    assert judged(root, EXAMPLE, halves=None).passed
    assert judged(root, EXAMPLE, halves=lambda x: (x, x.mean())).status == "failed"
    made = SOLUTION.replace("draw(3, np.random.default_rng(0))", "draw(3, rng)").replace(
        ">>> draw(3, rng)",
        ">>> rng = np.random.Generator(np.random.PCG64(0))\n    >>> draw(3, rng)",
    )
    assert judged(small(solution=made), EXAMPLE, draw=None).passed
    wrong = judged(small(solution=made), EXAMPLE, draw=lambda n, rng: rng.random(n) / 2)
    assert wrong.status == "failed"


class Wrong:
    """Counts, but takes text."""

    def __init__(self):
        self.seen = []

    def add(self, number):
        self.seen.append(number)

    @property
    def mean(self):
        numbers = [one for one in self.seen if not isinstance(one, str)]
        return sum(numbers) / len(numbers)


class Doubly(Wrong):
    @property
    def mean(self):
        return 2.0


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("halves", lambda x: (x / 2, x.sum()), "mean: a different number"),
        ("halves", lambda x: (x, x.mean()), "half: 3 of 3 entries differ"),
        ("halves", lambda x: ((x / 2).tolist(), x.mean()), "half: an array is due, not a list"),
        ("halves", lambda x: x / 2, "2 values are due (half, mean), not an array"),
        ("halves", lambda x: None, "2 values are due (half, mean), not None"),
        ("halves", lambda x: (x / 2, x.mean(), 1), "2 values are due (half, mean), not 3"),
        ("draw", lambda n, rng: (rng.random(), rng.random(n))[1], "3 of 3 entries differ"),
        ("each", lambda f, values: [f(2) for _ in values], "[0]: a different number"),
        ("each", lambda f, values: [f(one) for one in values][:1], "2 values are due, not 1"),
        ("Counter", Doubly, "counter.mean: a different number"),
        ("Counter", Wrong, "no ValueError was raised"),
    ],
)
def test_a_wrong_answer_fails_its_example(small, name, wrong, words):
    found = judged(small(), EXAMPLE, **{name: wrong})
    assert found.status == "failed"
    assert words in found.message


def test_other_forms_of_a_right_answer_pass_the_example(small):
    def halves(x):
        return [x * 0.5, np.mean(x)]

    assert judged(small(), EXAMPLE, halves=halves).passed

    def draw(n, rng):
        return np.array([rng.random() for _ in range(n)])

    assert judged(small(), EXAMPLE, draw=draw).passed


def test_what_is_rounded_in_the_text_is_compared_so(small):
    wrong = SOLUTION.replace("2.67", "2.68")
    assert judged(small(solution=wrong), EXAMPLE, halves=None).status == "failed"
    assert judged(small(), EXAMPLE, halves=lambda x: (x / 2, 2.6749)).passed
    assert not judged(small(), EXAMPLE, halves=lambda x: (x / 2, 2.6751)).passed


def test_an_example_does_not_ask_what_parameters_are_called(small):
    root = small(solution=SOLUTION.replace(">>> draw(3, np", ">>> draw(3, rng=np"))
    assert judged(root, EXAMPLE, draw=lambda count, generator: generator.random(count)).passed
    assert not judged(root, EXAMPLE, draw=lambda count, generator: np.zeros(count)).passed


def test_the_call_that_went_wrong_is_shown(small):
    found = judged(small(), EXAMPLE, halves=lambda x: (x, 0.0))
    (call,) = found.calls
    assert call.name == "halves"
    assert call.arguments[0].tolist() == [1.0, 2.0, 5.0]
    assert found.expected.tolist() == [0.5, 1.0, 2.5]
    (call,) = judged(small(), EXAMPLE, Counter=Wrong).calls
    assert (call.name, call.probe.about) == ("example", "the example of the statement")


VALUE, MEAN, ALONE = "matches the reference", "the mean is right", "leaves its inputs alone"
DOUBLE = "computed in double precision"


def test_matches_compares_with_the_reference(small):
    root = small()
    assert judged(root, VALUE, halves=lambda x: (x * 0.5, x.sum() / len(x))).passed
    found = judged(root, VALUE, halves=lambda x: (x, x.mean()))
    assert found.message == "half: 1 of 1 entries differ, the first at [0]"
    assert judged(root, MEAN, halves=lambda x: (None, x.mean())).passed
    assert judged(root, MEAN, halves=lambda x: (x / 2, x.mean() + 1)).message.startswith("mean: ")


def test_fixed_cases_are_tried_whatever_is_drawn(small):
    def only_vectors(x):
        return x / 2, (x.mean() if x.ndim == 1 else 7.0)

    found = judged(small(), MEAN, halves=only_vectors)
    assert found.status == "failed"
    assert found.calls[0].arguments[0].shape == (2, 2)


def test_a_drawn_failure_is_shown_before_a_fixed_one_because_it_is_smaller(small):
    found = judged(small(), MEAN, halves=lambda x: (x, 7.0))
    assert found.calls[0].arguments[0].ndim == 1


PROBED = """

def count(module, numbers):
    \"\"\"count the numbers\"\"\"
    counter = module.Counter()
    for number in numbers:
        counter.add(number)
    return counter.mean


CASES = st.lists(st.integers(1, 9), min_size=1, max_size=4).map(lambda numbers: (numbers,))
matches("Counter", CASES, title="counts", probe=count, value=False)
"""


def test_matches_compares_what_a_probe_answers(small):
    class Right:
        def __init__(self):
            self.sum = self.count = 0

        def add(self, number):
            self.sum, self.count = self.sum + number, self.count + 1

        @property
        def mean(self):
            return self.sum / self.count

    class Wrong(Right):
        def add(self, number):
            self.sum, self.count = self.sum + number, 2

    root = small(checks=CHECKS + PROBED)
    assert judged(root, "counts", Counter=Right).passed
    found = judged(root, "counts", Counter=Wrong)
    assert (found.status, found.calls[0].name) == ("failed", "count")
    assert (found.check.value, found.check.weight) == (False, 1.0)


def test_untouched_takes_keywords(small):
    def halves(x):
        x *= 2
        return x / 4, x.mean() / 2

    assert judged(small(), ALONE, halves=lambda x: (x / 2, x.mean())).passed
    assert judged(small(), ALONE, halves=halves).message.startswith("an input was changed")


def test_single_precision_costs_one_check(small):
    root = small()

    def in_single(x):
        half, mean = x.astype(np.float32) / 2, np.float32(x.mean())
        return half.astype(np.float64), mean

    found = judged(root, DOUBLE, halves=in_single)
    assert found.message.startswith("half: these numbers have about 7 digits")
    assert judged(root, DOUBLE, halves=lambda x: (x * 0.5, x.sum() / len(x))).passed
    rounded = lambda x: (np.round(x / 2, 4), round(x.mean(), 4))  # noqa: E731
    assert judged(root, DOUBLE, halves=rounded).passed
    assert not judged(root, VALUE, halves=rounded).passed
    for title in (EXAMPLE, VALUE, MEAN, ALONE):
        assert judged(root, title, halves=in_single).passed


def test_declarations_are_checks_like_any_other(small):
    course = load_course(small())
    loaded = load_chapter(course, course.chapters[0])
    checks = {one.slug: one for one in loaded.checks["halves"]}
    assert list(checks) == [
        "worked-example",
        "matches-reference",
        "mean-is-right",
        "leaves-its-inputs-alone",
        "computed-in-double-precision",
        "is-there",
    ]
    facts = [(one.practice, one.value, one.weight, one.examples) for one in checks.values()]
    assert facts[:4] == [
        (True, False, 1.0, 15),
        (False, True, 4.0, None),
        (False, True, 2, None),
        (False, False, 1.0, 10),
    ]
    assert checks["matches-reference"].test.__name__ == name_of("halves", VALUE)
    lines = course.checks(course.chapters[0]).read_text().splitlines()
    assert lines[checks["worked-example"].line - 1] == 'example("halves")'
    assert lines[checks["mean-is-right"].line - 1] == "matches("


def test_only_the_example_is_in_the_practice_part(small):
    path = small() / "tests/checks/test_ch01_small.py"
    text = practice_part(path, ["test_halves_worked_example"], ["ch01_small"])
    assert text.endswith('from grader.checks import example\n\nexample("halves")\n')


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('example("draw")', 'example("drew")'), "drew is not defined"),
        (('example("draw")', 'example("halves")'), "two checks of halves are titled alike"),
        (('only=["mean"]', 'only=["man"]'), "only man: it is none of the names half, mean"),
    ],
)
def test_a_wrong_declaration_is_an_error_of_the_author(small, change, words):
    course = load_course(small(checks=CHECKS.replace(*change)))
    with pytest.raises(CourseError, match=words):
        load_chapter(course, course.chapters[0])


def test_a_statement_without_an_example_is_an_error_of_the_author(small):
    bare = SOLUTION.replace(">>> draw(3, np.random.default_rng(0)).round(3).tolist()", "")
    course = load_course(small(solution=bare))
    with pytest.raises(CourseError, match=r"ch01_small.py:19: the statement of draw shows no ex"):
        load_chapter(course, course.chapters[0])


TENSORS = '''
"""Small."""

import torch


def halves(x):
    """Half of x.

    >>> halves(torch.tensor([[1.0, 3.0], [2.0, 5.0]]))
    tensor([[0.5000, 1.5000],
            [1.0000, 2.5000]])
    >>> halves(torch.tensor([1.0, 3.0])).tolist()
    [0.5, 1.5]
    """
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION
'''


def test_tensors_are_compared_as_tensors(small):
    root = small(checks='from grader.checks import example\nexample("halves")\n', solution=TENSORS)
    assert judged(root, EXAMPLE, halves=None).passed
    assert judged(root, EXAMPLE, halves=lambda x: x.double() / 2).passed
    assert judged(root, EXAMPLE, halves=lambda x: x / 2 + 1e-3).status == "failed"
    found = judged(root, EXAMPLE, halves=lambda x: (x / 2).numpy())
    assert found.message == "a tensor is due, not an array"


BANK = """
from grader.bank import slips

HINTS = {"shared": "Said once."}

slips("halves", '''
third: Two parts,
  not three.
    x / 2 -> x / 3
shared:
    x.mean() -> x.sum()
in-place:
    return x / 2, x.mean()
    ->
    x /= 2
    return x, 2 * x.mean()
no-half: There is a first part.
    x / 2,
    -> None,
no-mean: There is a second part.
    / 2, x.mean() ->
everything: Neither.
    x => (x + 1)
''', hints=HINTS)

slips("Counter.add", '''
keeps-text: Text is no number.
    if isinstance(number, str):
        raise ValueError("no number")
    ->
''')
"""


@pytest.fixture
def bank(small):
    """`bank(text)` loads those mistakes of the small course."""

    def bank(text: str):
        path = small() / "tests/mistakes/ch01_small.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return {entry.name: entry for entry in load_mistakes(path)}

    return bank


def test_slips_are_changes_of_the_reference(bank):
    x = np.array([1.0, 3.0])
    found = bank(BANK.replace("everything: Neither.\n    x => (x + 1)\n", ""))
    assert found["third"].hint == "Two parts, not three."
    assert found["shared"].hint == "Said once."
    assert "in-place operator" in found["in-place"].hint
    third, mean = found["third"].implementation(x)
    assert (third.tolist(), mean) == ((x / 3).tolist(), 2.0)
    assert found["shared"].implementation(x)[1] == 4.0
    assert found["no-half"].implementation(x) == (None, 2.0)
    assert found["no-mean"].implementation(x).tolist() == [1.0, 3.0]
    half, _ = found["in-place"].implementation(x)
    assert half is x
    counter = found["keeps-text"].implementation()
    counter.add("a")
    assert counter.seen == ["a"]


def test_slips_compose_where_their_texts_do_not_overlap(bank):
    found = bank(BANK.replace("everything: Neither.\n    x => (x + 1)\n", ""))
    third, shared, no_half = (found[name].slip for name in ("third", "shared", "no-half"))
    both, total = third.made_with(shared)(np.array([1.0, 3.0]))
    assert (both.tolist(), total) == ([1 / 3, 1.0], 4.0)
    assert third.made_with(no_half) is None
    assert third.made_with(found["keeps-text"].slip) is None


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: b.\n    x / 4 -> x", 5, "`x / 4` is not in the reference"),
        ("a: b.\n    x -> y", 5, "`x` stands 3 times in the reference: write more of it, or =>"),
        ("a: b.\n    return x / 2,\n    ->\n    y", 5, "`return x / 2,` is not in the reference"),
        ("a: b.", 4, "a changes nothing"),
        ("a:\n    x / 2 -> x", 4, "a has no hint, and is no common mistake"),
        ("Not a name\n    x / 2 -> x", 4, "a slip begins with `name: hint`, not with Not a name"),
        ("a: b.\n    x / 2", 5, "no arrow in `x / 2`"),
        ("a: b.\n    x -> y -> z", 5, "two arrows"),
        (
            "a: b.\n    x / 2 -> x\n\nb: c.\n    x / 2 -> x\n    / 2 -> 3",
            7,
            "two changes of b overlap",
        ),
        ("a: b.\n    x / 2 -> x\n   x / 2 -> x", 6, "a change stands at an indent of four"),
    ],
)
def test_a_slip_that_does_not_fit_is_an_error_with_its_line(bank, text, line, words):
    with pytest.raises(CourseError) as caught:
        bank(f'from grader.bank import slips\n\nslips("halves", """\n{text}\n""")\n')
    assert f"ch01_small.py:{line}: " in str(caught.value)
    assert words in str(caught.value)


def test_a_slip_that_is_no_python_is_an_error_with_its_line(bank):
    found = bank(
        'from grader.bank import slips\nslips("halves", """\na: b.\n    x / 2 -> x /\n""")\n'
    )
    with pytest.raises(
        CourseError, match=r"ch01_small.py:3: with this slip halves is no Python: ret"
    ):
        assert found["a"].implementation


@pytest.mark.parametrize(
    ("name", "words"), [("third", "does not define third"), ("Counter.ad", "no method ad")]
)
def test_slips_of_nothing_are_an_error(bank, name, words):
    with pytest.raises(CourseError, match=words):
        bank(f'from grader.bank import slips\nslips("{name}", """\na: b.\n    x -> y\n""")\n')


ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "grader/README.md"


@pytest.fixture
def blocks():
    """The Python blocks of the design's page, those of the form by the file they stand for."""
    text = README.read_text().partition("## Adding to a course")[2]
    found = re.findall(r"\*\d\. `(\S+?)`(?:(?!\*\d\.).)*?```python\n(.*?)```", text, re.DOTALL)
    return dict(found)


def test_the_form_in_the_readme_can_be_filled_in(blocks, tmp_path):
    files = {
        name: text.replace("...\n", "raise NotImplementedError\n") for name, text in blocks.items()
    }
    shapes = (
        "GAINS = np.arange(2.0, 9.0)\nVECTORS = shapes()\nSEVERAL = shapes(3)\n\n\n@st.composite"
    )
    checks = files["tests/checks/test_ch03_normalization.py"].replace("@st.composite", shapes)
    files["tests/checks/test_ch03_normalization.py"] = checks.replace(", st,", ", shapes, st,")
    solution = files["solutions/ch03_normalization.py"]
    files["solutions/ch03_normalization.py"] = f"import numpy as np\n\n\n{solution}"
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    entry = '\n[[chapter.exercise]]\nname = "rms_norm"\npoints = 100\nhints = ["", "", ""]\n'
    toml = TOML.replace("ch01_small", "ch03_normalization") + entry
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises/course.toml").write_text(toml)
    course = load_course(tmp_path)
    loaded = load_chapter(course, course.chapters[0])
    mistakes = load_mistakes(course.mistakes(course.chapters[0]))
    assert [entry.name for entry in mistakes] == [
        "root-missing", "centred", "gain-forgotten", "fixed-eps", "in-place", "by-matrix",
    ]  # fmt: skip
    for check in loaded.checks["rms_norm"]:
        assert judge_check(loaded, check, loaded.reference, Run()).passed
    for entry in mistakes:
        wrong = Local({**loaded.namespace, "rms_norm": entry.implementation})
        outcomes = [judge_check(loaded, one, wrong, Run()) for one in loaded.checks["rms_norm"]]
        assert not all(one.passed for one in outcomes), entry.name


def test_the_readme_knows_every_key_of_the_course_file():
    text = README.read_text().partition("All its keys:")[2].partition("```\n")[0]
    shown = set(re.findall(r"^(\w+) =|^\[\[?([\w.]+)\]", text, re.MULTILINE))
    keys = {key or table for key, table in shown}
    used = set(re.findall(r"^(\w+) = ", (ROOT / "exercises/course.toml").read_text(), re.MULTILINE))
    assert used - keys == set()
