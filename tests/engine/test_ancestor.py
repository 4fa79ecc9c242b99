"""Libraries are imported once, for a judge and a sandbox: nothing but them is what both inherit."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course.model import Course
from grader.course.reading import load_course
from grader.judge.assignment import Assignment, JudgeError, Run, Wave
from grader.judge.heir import reports
from grader.judge.judging import Judging
from grader.report.as_json import to_json
from grader.submission.reading import read_submission
from grader.wall import ancestor
from grader.wall.ancestor import Ancestor, start_for_two
from grader.wall.errors import SandboxError
from grader.wall.isolation import PROCESS, Isolation
from grader.wall.limits import Limits
from grader.wall.sandbox import Sandbox

WORD = "canary-7c9e6679f2b0d1a4"
SECONDS = 30.0

WRONG = '''
import gc, os, sys
import torch

def count_parameters(model):
    """Say what this process can find of the judge's."""
    word = "-".join(["canary", "7c9e6679f2b0d1a4"])  # not in this text as it is sought
    texts = [str(sys.path), str(dict(os.environ)), str(sys.argv), *sys.modules]
    gc.unfreeze()
    for thing in gc.get_objects():
        if thing is texts:
            continue
        if type(thing) is dict:
            texts.extend(one for one in thing if type(one) is str)
            texts.extend(one for one in thing.values() if type(one) is str)
        elif type(thing) in (list, tuple):
            texts.extend(one for one in thing if type(one) is str)
    found = ["the word" for text in texts if word in text]
    for name in sys.modules:
        if name.startswith("grader.") or name.split(".")[0] in ("hypothesis", "rich", "typer"):
            found.append(name)
    for number in range(3, 4096):
        try:
            kind = os.fstat(number).st_mode
        except OSError:
            continue
        found.append(f"descriptor {kind:o}")
    for path in ("/etc/passwd", "/etc/hostname", "/proc/1/root/etc", "/engine/grader/judge"):
        if os.path.exists(path):
            found.append(path)
    raise RuntimeError("found " + " ".join(found))

def lora_parameters(model):
    return []
'''


@pytest.fixture
def guarded(tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A copy of the course with the word in its path, its files and this process's environment."""
    root = tmp_path / WORD
    chapter = course.chapter("ch9")
    for path in (course.solution(chapter), course.checks(chapter), course.mistakes(chapter)):
        copy = root / path.relative_to(course.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(f"{path.read_text()}\n\nWORD = '{WORD}'\n")
    (root / "exercises").mkdir()
    shutil.copy(course.root / "exercises" / "course.toml", root / "exercises")
    monkeypatch.setenv("WORD", WORD)
    return load_course(root)


def assigned(course: Course, target: str, path: Path) -> list[Assignment]:
    chapter, exercise = course.select(target)
    exercises = (exercise,) if exercise else chapter.exercises
    return [Assignment(chapter, read_submission(path, chapter), exercises)]


def as_before(course: Course, assignments: list[Assignment], isolation: Isolation) -> str:
    return to_json(Judging(course, assignments, Run(), isolation).reports())


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Ancestor]:
    """The ancestors that are started."""
    found: list[Ancestor] = []
    before = Ancestor._start

    def start(self: Ancestor) -> None:
        found.append(self)
        before(self)

    monkeypatch.setattr(Ancestor, "_start", start)
    return found


@pytest.mark.parametrize("what", ["right", "wrong", "stub"])
def test_reports_are_the_same_byte_for_byte(course, bubblewrap, starts, tmp_path, what):
    path = tmp_path / "ch9.py"
    chapter = course.chapter("ch9")
    path.write_text(
        {
            "right": course.solution(chapter).read_text(),
            "wrong": course.solution(chapter).read_text().replace("/ r", "* r"),
            "stub": course.stub(chapter).read_text(),
        }[what]
    )
    assignments = assigned(course, "ch9", path)
    judged = reports(course, assignments, Run(), bubblewrap)
    assert starts
    assert judged[0].passed == (what == "right")
    assert to_json(judged) == as_before(course, assignments, bubblewrap)
    assert f'"isolation": "{bubblewrap.name}"' in to_json(judged)


def test_chapters_with_and_without_torch_are_judged_together(course, bubblewrap, starts):
    solutions = course.root / "solutions"
    targets = ("ch9.count_parameters", "ch4.sigmoid", "ch8.causal_mask")
    assignments = [one for target in targets for one in assigned(course, target, solutions)]
    heard = []
    judged = reports(
        course, assignments, Run(), bubblewrap, lambda exercise, passed: heard.append(exercise.id)
    )
    assert [report.chapter for report in judged] == ["ch9", "ch4", "ch8"]
    assert all(report.passed for report in judged)
    assert set(heard) == set(targets)
    assert len(starts) == 1


def test_a_submission_finds_nothing_of_the_judge(guarded, bubblewrap, starts, tmp_path):
    path = tmp_path / "ch9.py"
    path.write_text(WRONG)
    (report,) = reports(guarded, assigned(guarded, "ch9.count_parameters", path), Run(), bubblewrap)
    (exercise,) = report.exercises
    assert starts
    assert exercise.status == "error"
    found = re.search(r"RuntimeError: found ([^\"\\\n]*)", to_json([report]))
    assert found
    assert found[1].strip() == "descriptor 140777", "the socket of its own, and nothing more"
    assert WORD not in to_json([report])


def test_no_process_of_the_sandbox_has_the_course_in_its_memory(
    guarded, bubblewrap, starts, tmp_path
):
    if os.geteuid() != 0:
        pytest.skip("the processes of a sandbox are closed to everybody but root")
    path = tmp_path / "ch9.py"
    path.write_text("import time\n\ndef count_parameters(model):\n    time.sleep(6)\n")
    assignments = assigned(guarded, "ch9.count_parameters", path)
    watching = threading.Thread(target=reports, args=(guarded, assignments, Run(), bubblewrap))
    watching.start()
    sandbox, judges = processes_below(starts)
    found = {process: memory_holds(process, WORD.encode()) for process in (*sandbox, *judges)}
    opened = [where for process in sandbox for where in descriptors(process)]
    watching.join()
    assert len(sandbox) >= 3, "zygote, cell and worker"
    assert not [process for process in sandbox if found[process]]
    assert [process for process in judges if found[process]], "the search finds what is there"
    assert not [where for where in opened if not re.match(r"socket:|pipe:|/dev/null|/tmp/#", where)]


def processes_below(starts: list[Ancestor]) -> tuple[list[int], list[int]]:
    """Processes of the sandbox and of the judge, once a worker has been asked for some time."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(0.2)
        below = descendants(starts[0].process.pid) if starts else []
        here = os.stat("/")
        judges = [process for process in below if is_root(process, here)]
        sandbox = [process for process in below if process not in judges and is_python(process)]
        if judges and any(namespace(process) != namespace(judges[0]) for process in sandbox):
            time.sleep(1.5)  # until the worker is there
            below = descendants(starts[0].process.pid)
            judges = [process for process in below if is_root(process, here)]
            return [one for one in below if one not in judges and is_python(one)], judges
    raise AssertionError("no worker was asked")


def descendants(process: int) -> list[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [one for child in map(int, text.split()) for one in (child, *descendants(child))]


def is_root(process: int, here: os.stat_result) -> bool:
    there = os.stat(f"/proc/{process}/root")
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def is_python(process: int) -> bool:
    return (
        b"zygote" in Path(f"/proc/{process}/cmdline").read_bytes()
        and b"python" in Path(f"/proc/{process}/comm").read_bytes()
    )


def namespace(process: int) -> str:
    return os.readlink(f"/proc/{process}/ns/pid")


def memory_holds(process: int, word: bytes) -> bool:
    """Whether a word is anywhere in a process: memory, command line or environment."""
    for name in ("cmdline", "environ"):
        if word in Path(f"/proc/{process}/{name}").read_bytes():
            return True
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(bound, 16) for bound in span.split("-"))
            if "w" not in rights or end - start > 1 << 31:
                continue
            try:
                memory.seek(start)
                if word in memory.read(end - start):
                    return True
            except OSError:
                continue
    return False


def descriptors(process: int) -> Iterator[str]:
    for name in os.listdir(f"/proc/{process}/fd"):
        yield os.readlink(f"/proc/{process}/fd/{name}")


def test_where_namespaces_cannot_be_nested_the_judge_imports_its_own(
    course, bubblewrap, monkeypatch
):
    monkeypatch.setattr(Ancestor, "divisible", lambda self: False)
    with start_for_two(bubblewrap, ("numpy",), Limits()) as sandbox:
        assert type(sandbox) is Sandbox
    assignments = assigned(course, "ch9.count_parameters", course.root / "solutions")
    (report,) = reports(course, assignments, Run(), bubblewrap)
    assert report.passed


def test_without_bubblewrap_there_is_no_ancestor(monkeypatch):
    monkeypatch.setattr(ancestor, "Ancestor", None)
    with start_for_two(Isolation(PROCESS, "a test"), ("numpy",), Limits()) as sandbox:
        assert type(sandbox) is not None


def test_a_library_that_is_not_there_is_said(course, bubblewrap):
    assignments = assigned(course, "ch9.count_parameters", course.root / "solutions")
    with Ancestor(bubblewrap, ("numpy", "no_such_library"), Limits()) as sandbox:
        assert sandbox.divisible()
        waves = [Wave((0,), ("numpy",), sandbox)]
        with pytest.raises(SandboxError, match="No module named 'no_such_library'"):
            reports(course, assignments, Run(), bubblewrap, waves=waves)


def test_the_authors_errors_come_through(guarded, bubblewrap, starts):
    checks = guarded.checks(guarded.chapter("ch9"))
    checks.write_text("import nothing_of_that_name\n")
    assignments = assigned(guarded, "ch9.count_parameters", guarded.root / "solutions")
    with pytest.raises(Exception, match="nothing_of_that_name") as caught:
        reports(guarded, assignments, Run(), bubblewrap)
    assert type(caught.value).__name__ == "CourseError"


def test_a_judge_that_is_killed_gives_no_mark(guarded, bubblewrap, starts):
    assignments = assigned(guarded, "ch9", guarded.root / "solutions")
    threading.Timer(0.5, lambda: starts[0].process.kill()).start()
    with pytest.raises((JudgeError, SandboxError)):
        reports(guarded, assignments, Run(), bubblewrap)
