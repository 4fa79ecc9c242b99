"""Look-alikes: a copy is found whatever was done to its looks, and nobody is accused by chance."""

from __future__ import annotations

import ast
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.classroom.look_alikes import MISSING, Pair, find_look_alikes, groups
from grader.classroom.results import Result
from grader.course.reading import load_course
from grader.course.stubs import BEGIN, END, stub_of
from grader.submission.reading import Submission

ROOT = Path(__file__).resolve().parents[3]
COURSE = load_course(ROOT)
CHAPTERS = [chapter.id for chapter in COURSE.chapters]
VERSIONS = 4


def handed_in(**sources: str) -> list[Result]:
    return [
        Result(student, Submission(Path("ch.py"), "ch", {"ch": source}), None)
        for student, source in sources.items()
    ]


def reference(chapter) -> str:
    lines = COURSE.solution(chapter).read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if line.strip() not in (BEGIN, END))


def released(chapter) -> str:
    return stub_of(COURSE.solution(chapter), chapter)


def implementations(path: Path) -> dict[str, list[str]]:
    """The source of every top-level definition, without its decorators."""
    source = path.read_text("utf-8")
    found: dict[str, list[str]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
            found.setdefault(node.name, []).append("\n".join(lines))
    return found


def independent(chapter) -> dict[str, str]:
    """Whole right submissions that share no function: reference, alternates, oracles."""
    banks = [COURSE.solution(chapter), COURSE.alternates(chapter), COURSE.oracles(chapter)]
    by_name = [implementations(bank) for bank in banks]
    found = {}
    for number in range(VERSIONS):
        parts = []
        for exercise in chapter.exercises:
            choice = [one for bank in by_name for one in bank.get(exercise.name, ())]
            parts += choice[number : number + 1]
        found[f"student{number}"] = "import numpy as np\n\n\n" + "\n\n\n".join(parts) + "\n"
    return found


def disguised(source: str, seed: int = 0) -> str:
    """A copy with other names, other layout, comments, no docstrings, in another order."""
    tree = ast.parse(source)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            _rename(function, seed)
    random.Random(seed).shuffle(tree.body)
    text = "\n# all my own work\n".join(ast.unparse(node) for node in tree.body)
    return re.sub(r"^( +)", lambda found: found[1] * 2, text, flags=re.MULTILINE)


def _rename(function: ast.FunctionDef, seed: int) -> None:
    if ast.get_docstring(function):
        function.body = function.body[1:] or [ast.Pass()]
    arguments = [node for node in ast.walk(function) if isinstance(node, ast.arg)]
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    bound = {node.arg for node in arguments}
    bound |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    other = {name: f"mine_{seed}_{number}" for number, name in enumerate(sorted(bound))}
    for argument in arguments:
        argument.arg = other[argument.arg]
    for name in names:
        name.id = other.get(name.id, name.id)


@pytest.mark.parametrize("name", CHAPTERS)
def test_right_solutions_written_independently_are_not_accused(name):
    chapter = COURSE.chapter(name)
    assert find_look_alikes(handed_in(**independent(chapter)), released(chapter)).pairs == ()


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_disguised_copy_is_found(name):
    chapter = COURSE.chapter(name)
    results = handed_in(**independent(chapter), thief=disguised(reference(chapter)))
    (pair,) = find_look_alikes(results, released(chapter)).pairs
    assert (pair.first, pair.second) == ("student0", "thief")
    assert pair.similarity > 0.9


def test_a_learner_who_writes_what_is_obvious_is_not_accused():
    for path in (ROOT / "tests" / "believable").glob("ch*.py"):
        chapter = COURSE.chapter(path.stem)
        results = handed_in(**independent(chapter), learner=path.read_text("utf-8"))
        assert find_look_alikes(results, released(chapter)).pairs == ()


def test_the_text_of_the_release_is_nobodys():
    chapter = COURSE.chapter("ch8")
    stub = released(chapter)
    assert find_look_alikes(handed_in(a=stub, b=stub, c=stub + "\nx = 1\n"), stub).pairs == ()


def test_what_was_given_to_all_is_left_out():
    given = reference(COURSE.chapter("ch8"))
    assert find_look_alikes(handed_in(a=given, b=given), given).pairs == ()
    assert find_look_alikes(handed_in(a=given, b=given), "").pairs == (Pair("a", "b", 1.0),)


def test_most_of_a_friends_work_is_found_and_a_function_is_not():
    chapter = COURSE.chapter("ch5")
    names = [exercise.name for exercise in chapter.exercises]
    mine, yours = (
        implementations(COURSE.solution(chapter)),
        implementations(COURSE.alternates(chapter)),
    )

    def mixed(copied: int) -> str:
        parts = [mine[one][0] for one in names[:copied]]
        return "\n\n".join(parts + [yours[one][0] for one in names[copied:] if one in yours])

    most = find_look_alikes(
        handed_in(a=reference(chapter), b=disguised(mixed(len(names) - 1))), released(chapter)
    )
    one = find_look_alikes(handed_in(a=reference(chapter), b=mixed(1)), released(chapter))
    assert len(most.pairs) == 1
    assert one.pairs == ()


def test_a_file_that_does_not_parse_hides_nothing():
    chapter = COURSE.chapter("ch4")
    source = reference(chapter)
    broken = source + "\n\ndef oops(:\n"
    (pair,) = find_look_alikes(handed_in(a=source, b=broken), released(chapter)).pairs
    assert pair.similarity >= 0.7


def test_a_copy_in_a_module_of_its_own_is_found():
    chapter = COURSE.chapter("ch4")
    whole = Submission(Path("ch.py"), "ch", {"ch": reference(chapter)})
    split = Submission(Path("ch.py"), "ch", {"ch": "from x import *", "x": reference(chapter)})
    results = [Result("a", whole, None), Result("b", split, None)]
    assert len(find_look_alikes(results, released(chapter)).pairs) == 1


def test_a_clique_is_found_however_large():
    chapter = COURSE.chapter("ch4")
    copies = {f"copy{n:02d}": disguised(reference(chapter), n) for n in range(30)}
    others = {f"other{n}": text for n, text in enumerate(independent(chapter).values()) if n}
    found = find_look_alikes(handed_in(**copies, **others), released(chapter))
    assert groups(found.pairs) == [tuple(copies)]


def test_who_handed_in_nothing_is_nobodys_copy():
    assert find_look_alikes([Result("a", None, None), Result("b", None, None)], "").pairs == ()
    assert find_look_alikes([], "").pairs == ()
    assert find_look_alikes(handed_in(a="", b="x = ("), "").pairs == ()


def test_without_the_library_nothing_is_searched_and_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "copydetect", None)
    found = find_look_alikes(handed_in(a="", b=""), "")
    assert found.note == MISSING
    assert not found.pairs


def test_groups_hang_together():
    pairs = [Pair("a", "b", 1.0), Pair("c", "d", 0.8), Pair("d", "e", 0.9), Pair("f", "e", 0.9)]
    assert groups(pairs) == [("c", "d", "e", "f"), ("a", "b")]


def test_the_same_pairs_whatever_python_hashes_to():
    script = """
from pathlib import Path
from grader.classroom.look_alikes import find_look_alikes
from grader.classroom.results import Result
from grader.submission.reading import Submission
texts = [Path(f"solutions/{name}.py").read_text("utf-8")
         for name in ("ch04_softmax_cross_entropy", "ch05_backpropagation")]
texts += [text[: len(text) * 3 // 4] for text in texts]
print(find_look_alikes([
    Result(str(n), Submission(Path("x"), "x", {"x": text}), None) for n, text in enumerate(texts)
], ""))
"""
    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert all(f"first='{a}', second='{b}'" in said.copy().pop() for a, b in ["02", "13"])


def test_pairs_come_in_the_order_of_the_students():
    chapter = COURSE.chapter("ch4")
    names = ["zoe", "ann", "bob"]
    results = handed_in(**dict.fromkeys(names, reference(chapter)))
    pairs = find_look_alikes(results, released(chapter)).pairs
    assert [(pair.first, pair.second) for pair in pairs] == [("zoe", "ann"), ("zoe", "bob")]
