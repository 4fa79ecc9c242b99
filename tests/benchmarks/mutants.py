"""Sharpness beyond the bank: mutate each reference mechanically and see what the checks accept.

    python tests/benchmarks/mutants.py ch4 [ch5 …]

Every mutant changes one operator, constant, comparison, argument or statement of one reference.
Survivors are printed; those in `equivalent_mutants.txt` are known to answer alike everywhere.
Exit code 1 if less than 97 % of the others are rejected.
"""

from __future__ import annotations

import ast
import copy
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.checks.answers import Local
from grader.course.model import Chapter, Course, Exercise
from grader.course.reading import load_course
from grader.judge.assignment import JudgeError, Run
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.judge.grading import judge_exercise

ROOT = Path(__file__).resolve().parents[2]
KNOWN = Path(__file__).with_name("equivalent_mutants.txt")
SECONDS = 20
DUE = 0.97

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


@dataclass(frozen=True)
class Mutant:
    """One changed line of one reference."""

    exercise: str
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.exercise}: `{self.before}` -> `{self.after}`"


def mutants_of(path: Path, exercise: Exercise) -> Iterator[Mutant]:
    """Every mutant of the exercise's function or class."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    node = next(one for one in tree.body if getattr(one, "name", "") == exercise.name)
    places = [part for part in ast.walk(node) if not _is_docstring(part)]
    for number, _ in enumerate(places):
        for change in _changes(places[number]):
            twin = copy.deepcopy(node)
            target = [part for part in ast.walk(twin) if not _is_docstring(part)][number]
            before = _line(twin, target)
            change(twin, target)
            after = _line(twin, target)
            if before != after:
                source = ast.unparse(ast.fix_missing_locations(twin))
                yield Mutant(exercise.id, target_line(target), before, after, source)


def target_line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _is_docstring(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return _is_docstring(node.value)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_conversion(node: ast.Call) -> bool:
    """`float(x)`: an answer may be a Python or a NumPy number."""
    return isinstance(node.func, ast.Name) and node.func.id == "float"


def _changes(node: ast.AST) -> Iterator[Any]:
    """Functions that change such a node in place."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in OPERATORS:
        yield lambda tree, one: setattr(one, "op", OPERATORS[type(one.op)]())
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult)):
        yield _swap_operands
    if isinstance(node, ast.Compare):
        yield lambda tree, one: one.ops.__setitem__(0, OPERATORS[type(one.ops[0])]())
    if isinstance(node, ast.BoolOp):
        yield lambda tree, one: setattr(one, "op", OPERATORS[type(one.op)]())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not, ast.Invert)):
        yield lambda tree, one: _replace(tree, one, one.operand)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda tree, one: setattr(one, "value", not one.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield lambda tree, one: setattr(one, "value", one.value + 1)
        yield lambda tree, one: setattr(one, "value", one.value - 1)
    if isinstance(node, ast.Call) and len(node.args) >= 2:
        yield lambda tree, one: one.args.__setitem__(slice(0, 2), one.args[1::-1])
    if isinstance(node, ast.Call) and len(node.args) == 1 and not _is_conversion(node):
        yield lambda tree, one: _replace(tree, one, one.args[0])
    if isinstance(node, ast.keyword):
        yield _drop_keyword
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.Raise)):
        yield lambda tree, one: _replace(tree, one, ast.Pass())
    if isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) >= 2:
        yield lambda tree, one: one.elts.reverse()
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield lambda tree, one: _replace(tree, one, one.value)


def _swap_operands(tree: ast.AST, node: ast.BinOp) -> None:
    node.left, node.right = node.right, node.left


def _drop_keyword(tree: ast.AST, node: ast.keyword) -> None:
    for part in ast.walk(tree):
        if isinstance(part, ast.Call) and node in part.keywords:
            part.keywords.remove(node)


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list) and old in value:
                value[value.index(old)] = new


def _line(tree: ast.AST, target: ast.AST) -> str:
    """The statement around the target, as text."""
    number = target_line(target)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and _covers(node, number):
            return ast.unparse(node)
    return ast.unparse(tree)[:2000] if number == 0 else _header(tree, number)


def _covers(node: ast.stmt, number: int) -> bool:
    return target_line(node) <= number <= (getattr(node, "end_lineno", 0) or 0)


def _header(tree: ast.AST, number: int) -> str:
    inner = [
        node for node in ast.walk(tree) if isinstance(node, ast.stmt) and _covers(node, number)
    ]
    return ast.unparse(inner[-1]).splitlines()[0] if inner else ast.unparse(tree)


def killed(loaded: LoadedChapter, exercise: Exercise, mutant: Mutant) -> bool:
    """Whether the checks reject the mutant."""
    namespace = dict(loaded.namespace)
    signal.signal(signal.SIGALRM, _too_long)
    # Once is not enough: an exception that is raised while Python collects garbage is lost.
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(mutant.source, namespace)
            answers = {**loaded.namespace, exercise.name: namespace[exercise.name]}
            verdict = judge_exercise(loaded, exercise, Local(answers), Run())
    except (JudgeError, TooLong):
        return True
    except Exception:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return verdict.score < exercise.points


class TooLong(BaseException):
    """A mutant that does not end is rejected by the sandbox."""


def _too_long(number: int, frame: object) -> None:
    raise TooLong


def survivors(course: Course, chapter: Chapter, exercise: Exercise) -> tuple[int, list[Mutant]]:
    """How many mutants an exercise has, and which its checks accept."""
    loaded = load_chapter(course, chapter)
    every = list(mutants_of(course.solution(chapter), exercise))
    return len(every), [one for one in every if not killed(loaded, exercise, one)]


def main(names: list[str]) -> int:
    os.environ["OMP_NUM_THREADS"] = "1"
    course = load_course(ROOT)
    known = set(KNOWN.read_text(encoding="utf-8").splitlines()) if KNOWN.exists() else set()
    chosen = [course.chapter(name) for name in names] or list(course.chapters)
    total = accepted = unknown = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        tasks = [
            pool.submit(survivors, course, chapter, exercise)
            for chapter in chosen
            for exercise in chapter.exercises
        ]
        for task in tasks:
            count, alive = task.result()
            total += count
            accepted += len(alive)
            for mutant in alive:
                new = str(mutant) not in known
                unknown += new
                print(f"{'NEW ' if new else '    '}{mutant}")
    different = total - accepted + unknown
    rate = 1 - unknown / different
    print(f"{total} mutants, {accepted} accepted, {accepted - unknown} of them equivalent;")
    print(f"{rate:.1%} of the others rejected")
    return int(rate < DUE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
