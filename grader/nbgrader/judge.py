"""Judging instead of executing: the notebook's code goes through the wall, its marks come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Enum, Integer, Unicode

from grader.assignment import Assignment, Wave, started
from grader.course import Chapter, Course, CourseError, find_course, load_course
from grader.journal import Journal, Key, course_version, key_of
from grader.judge import inputs
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.judge.grading import Run, judge_exercise
from grader.judge.judging import Judging, load_library
from grader.judge.run import JudgeError
from grader.nbgrader.cells import grading
from grader.nbgrader.rebuild import submission_of
from grader.notebooks import checks_id
from grader.report.as_html import exercise_html, overview_html
from grader.report.disclosure import Disclosure
from grader.report.model import ChapterReport, ExerciseReport
from grader.submission import Submission
from grader.wall.isolation import Isolation, detect
from grader.wall.sandbox import SandboxError

Failure = JudgeError | SandboxError


@dataclass(frozen=True)
class Bench:
    """Judges submissions of one chapter; what the journal knows is not judged again."""

    course: Course
    chapter: Chapter
    run: Run
    isolation: Isolation
    journal: Path

    @cached_property
    def version(self) -> str:
        """The version of the course that judges."""
        return course_version(self.course, self.chapter)

    def key(self, student: str, submission: Submission) -> Key:
        """Where the journal has the report, if it has."""
        return key_of(student, submission, self.version, self.isolation.name, self.run)

    def judge_each(self, submissions: list[Submission]) -> Iterator[ChapterReport | Failure]:
        """Judge one after another, each in a sandbox of its own and on every core.

        No student's code ever runs beside another's.  The next sandbox loads its libraries
        while the submission before is judged; checks and inputs are made once for all.
        """
        loaded = self._loaded()
        assignments = [Assignment(self.chapter, one, self.chapter.exercises) for one in submissions]
        ahead = self._started(assignments[0]) if assignments else None
        for number, assignment in enumerate(assignments):
            stack, waves = ahead or self._started(assignment)
            following = assignments[number + 1 : number + 2]
            with stack:
                ahead = self._started(following[0]) if following else None
                judging = Judging(
                    self.course, [assignment], self.run, self.isolation, loaded=loaded
                )
                try:
                    report: ChapterReport | Failure = judging.reports(waves)[0]
                except (JudgeError, SandboxError) as error:
                    report = error
            yield report

    def _started(self, assignment: Assignment) -> tuple[ExitStack, list[Wave]]:
        stack = ExitStack()
        return stack, stack.enter_context(started([assignment], self.isolation))

    def _loaded(self) -> dict[str, LoadedChapter]:
        """The chapter, with the inputs of its checks drawn: judges are forked with both."""
        for library in self.chapter.imports:
            load_library(library)
        loaded = load_chapter(self.course, self.chapter)
        with inputs.remembered():
            for exercise in self.chapter.exercises:
                judge_exercise(loaded, exercise, loaded.reference, self.run)
        return {self.chapter.id: loaded}

    def report(self, student: str, submission: Submission) -> ChapterReport:
        """Look the report up, or judge and enter it."""
        with Journal(self.journal) as journal:
            key = self.key(student, submission)
            known = journal.find(key)
            if known is not None:
                return known
            assignment = Assignment(self.chapter, submission, self.chapter.exercises)
            (report,) = Judging(self.course, [assignment], self.run, self.isolation).reports()
            journal.append(key, report)
            return report


class Judge(NbGraderPreprocessor):
    """Puts the score of each exercise, and the report on it, into its cell's output."""

    seed = Integer(0, help="Another seed draws other inputs.").tag(config=True)
    disclosure = Enum(
        [level.value for level in Disclosure],
        default_value=Disclosure.full.value,
        help="What feedback shows: full, property (titles of checks only) or none.",
    ).tag(config=True)
    course = Unicode("", help="The course's folder; by default the one around this.").tag(
        config=True
    )
    journal = Unicode("journal.db", help="Where reports are kept, in the nbgrader course.").tag(
        config=True
    )
    weak_isolation = Bool(False, help="Make marks even without bubblewrap.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        names = resources["nbgrader"]
        bench = self.bench(names["notebook"], Path(self.parent.parent.coursedir.root))
        submission = submission_of(nb, bench.chapter, Path(f"{names['notebook']}.ipynb"))
        report = bench.report(names["student"], submission)
        fill_in(nb, report, bench.chapter, Disclosure(self.disclosure))
        return nb, resources

    def bench(self, notebook: str, root: Path) -> Bench:
        """What judges that notebook in the nbgrader course at `root`.  Raises JudgeError."""
        course = load_course(Path(self.course) if self.course else find_course(root))
        isolation = detect()
        if not isolation.strong and not self.weak_isolation:
            raise JudgeError(
                f"no mark is made without bubblewrap: {isolation.why}; "
                "install it, or set c.Judge.weak_isolation = True"
            )
        run = Run(seed=self.seed)
        return Bench(course, course.chapter(notebook), run, isolation, root / self.journal)


def fill_in(
    notebook: NotebookNode, report: ChapterReport, chapter: Chapter, disclosure: Disclosure
) -> None:
    """Write the outputs that nbgrader reads marks from.  Raises CourseError."""
    graded = graded_cells(notebook, chapter)
    for exercise, shown in zip(chapter.exercises, report.exercises, strict=True):
        cell = graded[checks_id(exercise)]
        cell.outputs = [_result(shown, float(grading(cell)["points"]), disclosure)]
        cell.execution_count = 1
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    if disclosure is not Disclosure.none:
        overview = new_output("display_data", {"text/html": overview_html(report)})
        first.outputs = [overview, *first.outputs]


def graded_cells(notebook: NotebookNode, chapter: Chapter) -> dict[str, NotebookNode]:
    """The cells with points by their grade ids, one an exercise.  Raises CourseError."""
    graded = [cell for cell in notebook.cells if grading(cell).get("grade")]
    found = [str(grading(cell).get("grade_id")) for cell in graded]
    expected = [checks_id(exercise) for exercise in chapter.exercises]
    if sorted(found) != sorted(expected):
        differing = ", ".join(sorted(set(found) ^ set(expected))) or "cells that stand twice"
        raise CourseError(
            f"notebook and course differ in {differing}: "
            f"run `grade notebooks` and `nbgrader generate_assignment {chapter.id} --force`"
        )
    return dict(zip(found, graded, strict=True))


def _result(report: ExerciseReport, points: float, disclosure: Disclosure) -> NotebookNode:
    """The mark as a plain number between 0 and the cell's points, with the report beside it."""
    score = min(max(points * report.score / report.max_score, 0.0), points)
    data = {"text/plain": repr(round(score, 2)), "text/html": exercise_html(report, disclosure)}
    return new_output("execute_result", data, execution_count=1)
