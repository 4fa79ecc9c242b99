"""A version is a hash of what decides about a mark, and of nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.course.model import CourseError
from grader.course.reading import load_course
from grader.course.versions import versions_of

SMALL = Path(__file__).resolve().parent.parent / "nbgrader" / "small_course"
CHECKS = "tests/checks/test_ch01_small.py"
MISTAKES = "tests/mistakes/ch01_small.py"
SOLUTION = "solutions/ch01_small.py"


@pytest.fixture
def changed(tmp_path):
    """`changed(file, before, after)` is the set of exercises whose version another text changes."""

    def changed(name: str, before: str, after: str) -> set[str]:
        root = tmp_path / "course"
        shutil.copytree(SMALL, root)
        path = root / name
        old = versions(root)
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after, 1))
        new = versions(root)
        found = {one for one in new if new[one] != old[one]}
        shutil.rmtree(root)
        return found

    return changed


def versions(root: Path) -> dict[str, str]:
    course = load_course(root)
    return versions_of(course, course.chapters[0]).exercises


BOTH = {"softmax", "relu"}


@pytest.mark.parametrize(
    ("name", "before", "after", "touched"),
    [
        (CHECKS, "sizes(2, 5)", "sizes(2, 6)", {"relu"}),
        (CHECKS, "nothing is negative", "no entry is negative", {"relu"}),
        (CHECKS, "import numpy as np", "import numpy as np  # arrays", set()),
        (CHECKS, "import numpy as np", "import numpy as np\nimport math", set()),
        (CHECKS, "import numpy as np", "import numpy as np\nnp.seterr(all='raise')", BOTH),
        (CHECKS, "import numpy as np", "import numpy as np\nfrom math import *", BOTH),
        (CHECKS, "import check, expect_close", "import check as check, expect_close, st", BOTH),
        (
            CHECKS,
            "import check, expect_close, fills",
            "import check, expect_close, fills, st",
            set(),
        ),
        (MISTAKES, "np.abs(x)", "np.abs(x) + 0", {"relu"}),
        (MISTAKES, "not positive.", "never positive.", {"relu"}),
        (SOLUTION, "np.maximum(x, 0.0)", "np.maximum(0.0, x)", {"relu"}),
        (SOLUTION, "It has two exercises", "It has some exercises", set()),
        ("exercises/course.toml", "points = 60", "points = 60 ", set()),
        ("exercises/course.toml", '"idea"', '"another idea"', set()),
        ("exercises/course.toml", 'imports = ["numpy"]', 'imports = ["numpy", "torch"]', BOTH),
    ],
)
def test_what_changes_a_version(changed, name, before, after, touched):
    assert changed(name, before, after) == touched


def test_helpers_and_what_they_use_count(changed):
    head = "import numpy as np\n"
    helper = head + "LIMIT = 1\ndef within(x):\n    return x < LIMIT\n"
    use = "    answer = submission.relu(fill(n))"
    used = f"    within(0)\n{use}"
    root_text = (SMALL / CHECKS).read_text().replace(head, helper, 1).replace(use, used, 1)

    def with_text(text):
        return changed(CHECKS, (SMALL / CHECKS).read_text(), text)

    assert with_text(root_text) == {"relu"}
    unused = root_text.replace(used, use)
    assert with_text(unused) == set()


def test_a_check_that_is_declared_in_a_loop_may_be_anybody_s(changed):
    loop = '\nfor name in ("softmax", "relu"):\n    check(name, "never fails")(lambda: None)\n'
    end = "expect_close(np.minimum(answer, 0.0), np.zeros(n))"
    assert changed(CHECKS, end, end + loop) == BOTH


def test_a_check_that_is_declared_by_a_helper_may_be_anybody_s(changed):
    helper = (
        '\n\ndef zero(name):\n    return check(name, "never fails")\n\n\n'
        '@zero("relu")\ndef test_zero(submission):\n    pass\n'
    )
    end = "expect_close(np.minimum(answer, 0.0), np.zeros(n))"
    assert changed(CHECKS, end, end + helper) == BOTH


def test_another_chapters_solution_counts_where_it_is_used(tmp_path):
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    other, base = tmp_path / "solutions" / "ch02_more.py", tmp_path / "solutions" / "ch03_base.py"
    base.write_text("ONE = 1\n")
    other.write_text("import ch03_base\n\n\ndef more(x):\n    return x + ch03_base.ONE\n")
    unused = versions(tmp_path)
    own = tmp_path / SOLUTION
    own.write_text(
        own.read_text().replace(
            "    return np.maximum", "    import ch02_more\n    return np.maximum"
        )
    )
    used = versions(tmp_path)
    assert (used["softmax"], used["relu"] != unused["relu"]) == (unused["softmax"], True)
    base.write_text("ONE = 2\n")
    after = versions(tmp_path)
    assert (after["softmax"], after["relu"] != used["relu"]) == (used["softmax"], True)


def test_the_chapter_has_a_version_of_its_own(tmp_path):
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    course = load_course(tmp_path)
    before = versions_of(course, course.chapters[0])
    toml = tmp_path / "exercises" / "course.toml"
    toml.write_text(toml.read_text().replace("A small chapter", "A renamed chapter"))
    course = load_course(tmp_path)
    after = versions_of(course, course.chapters[0])
    assert before.exercises == after.exercises
    assert before.chapter != after.chapter


def test_a_file_that_does_not_parse_is_named_with_its_line(tmp_path):
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    (tmp_path / CHECKS).write_text("import numpy\ndef broken(:\n")
    with pytest.raises(CourseError, match=r"test_ch01_small\.py:2: SyntaxError"):
        versions(tmp_path)


def test_every_exercise_of_the_course_depends_on_its_own_checks(course):
    """One changed check concerns one exercise: the course's own files are taken apart well."""
    for chapter in course.chapters:
        found = versions_of(course, chapter).exercises
        assert len(set(found.values())) == len(chapter.exercises)
