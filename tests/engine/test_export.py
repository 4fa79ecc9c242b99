"""`grade export`: the zip in Gradescope's folder layout, the workflow's steps in a shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from grader.cli.app import main
from grader.exports import autograde
from grader.wall.isolation import BUBBLEWRAP, PROCESS, USER, Isolation

ROOT = Path(__file__).resolve().parents[2]
MODULE = "ch04_softmax_cross_entropy"
SOLUTION = ROOT / "solutions" / f"{MODULE}.py"
WRONG = """
import numpy as np

def softmax(z, axis=-1):
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)
"""
GREEDY = """
import os

def softmax(z, axis=-1):
    found = []
    for place in {places!r}:
        for folder, _, files in os.walk(place):
            found += files
    for path in {targets!r}:
        try:
            open(path, "w").write('{{"score": 100}}')
            found.append("wrote " + path)
        except OSError:
            pass
    print("found", found)
    return z
"""


def exported(*arguments: str | Path) -> None:
    with pytest.raises(SystemExit) as left:
        main(["export", *map(str, arguments)])
    assert not left.value.code


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip as `unzip` does: with the permissions that stand in it."""
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            path = opened.extract(entry, folder)
            os.chmod(path, entry.external_attr >> 16 & 0o777)


def environment(**more: str) -> dict[str, str]:
    """Ours without what would let Python find this copy of the engine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, **more}


# Gradescope


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """A folder like `/autograder` after Gradescope has built the image: setup.sh has run in it.

    The virtual environment sees the libraries of ours, so that pip finds its requirements met.
    """
    root = tmp_path_factory.mktemp("image") / "autograder"
    root.mkdir()
    archive = root.parent / "autograder.zip"
    exported("gradescope", "ch4", archive, "--seed", "7", "--examples", "20")
    unpack(archive, root / "source")
    shutil.copy2(root / "source" / "run_autograder", root / "run_autograder")
    subprocess.run([sys.executable, "-m", "venv", root / "venv"], check=True)
    venv = {"base": str(root / "venv"), "platbase": str(root / "venv")}
    libraries = Path(sysconfig.get_path("purelib", "venv", venv), "libraries.pth")
    libraries.write_text(sysconfig.get_path("purelib") + "\n")
    done = subprocess.run(
        ["bash", root / "source" / "setup.sh"],
        env=environment(AUTOGRADER_ROOT=str(root)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture
def submit(image):
    """`submit(files)` runs the autograder on a submission of these files; the results."""
    results = image / "results" / "results.json"

    def submit(files: dict[str, str | Path]) -> dict:
        folder = image / "submission"
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                path.symlink_to(content)
            else:
                path.write_text(content, encoding="utf-8")
        folder.mkdir(exist_ok=True)
        subprocess.run(
            [image / "run_autograder"],
            env=environment(AUTOGRADER_ROOT=str(image)),
            cwd=image,
            capture_output=True,
            check=True,
        )
        return json.loads(results.read_text(encoding="utf-8"))

    return submit


def test_the_zip_is_what_gradescope_asks_for(tmp_path, capsys):
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    for path in (one, two):
        exported("gradescope", "ch4", path, "--disclosure", "none", "--weak-isolation")
    said = capsys.readouterr()
    assert said.out == f"wrote {one}\nwrote {two}\n"
    assert "hidden checks" in said.err
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {"setup.sh", "run_autograder", "README.md", "requirements.txt"} <= set(names)
        assert f"course/solutions/{MODULE}.py" in names
        assert f"course/tests/checks/test_{MODULE}.py" in names
        assert not any("__pycache__" in name for name in names)
        assert not any("shipped" in name for name in names if name.startswith("engine/"))
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        assert modes["run_autograder"] & 0o111
        settings = tomllib.loads(archive.read("settings.toml").decode())
        assert settings == {
            "chapter": "ch4",
            "seed": 0,
            "examples": 50,
            "disclosure": "none",
            "weak_isolation": True,
        }
        needed = archive.read("requirements.txt").decode()
        assert re.search(r"^numpy==[\d.]+$", needed, re.MULTILINE)
        assert "torch" not in needed
        for name in ("setup.sh", "run_autograder"):
            script = archive.read(name)
            assert script.startswith(b"#!/usr/bin/env bash\n")
            subprocess.run(["bash", "-n"], input=script, check=True)


def test_torch_comes_along_where_it_is_needed(tmp_path):
    exported("gradescope", "ch8", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        needed = archive.read("requirements.txt").decode()
    assert needed.startswith("--extra-index-url https://download.pytorch.org/whl/cpu\n")
    assert re.search(r"^torch==[\d.]+$", needed, re.MULTILINE)


def test_a_right_submission_on_gradescope(submit):
    results = submit({f"{MODULE}.py": SOLUTION.read_text()})
    assert results["score"] == 100.0
    assert all(test["status"] == "passed" for test in results["tests"])
    (told,) = results["extra_data"]["chapters"]
    assert told["seed"] == 7


def test_a_wrong_submission_on_gradescope(submit):
    results = submit({"homework/exercises/ch4.py": WRONG})
    assert 0 < results["score"] < 100
    failed = {test["name"]: test for test in results["tests"] if test["status"] == "failed"}
    assert "no-max-shift" in failed["ch4.softmax: matches the reference"]["output"]


def test_a_file_of_any_name_on_gradescope(submit):
    assert submit({"my homework.py": WRONG})["score"] > 0


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, f"holds no {MODULE}.py"),
        ({"a.py": WRONG, "b.py": WRONG}, f"holds no {MODULE}.py"),
        ({"ch4.ipynb": "{"}, "ch4.ipynb is not a notebook"),
        ({"ch4.py": "x" * 2_000_000}, "ch4.py is larger than 1 MB"),
    ],
    ids=["nothing", "two files", "no notebook", "too large"],
)
def test_nothing_to_grade_on_gradescope(submit, image, files, words):
    results = submit(files)
    assert results["score"] == 0.0
    assert words in results["output"]
    assert str(image) not in results["output"]


@pytest.mark.parametrize("name", ["ch4.py", "helper.py"])
def test_a_link_to_the_solution_is_refused(submit, image, name):
    stolen = image / "source" / "course" / "solutions" / f"{MODULE}.py"
    helped = {} if name == "ch4.py" else {"ch4.py": "from helper import softmax"}
    results = submit({**helped, name: stolen})
    assert results["score"] == 0.0
    assert "is a link" in results["output"]


def test_other_links_lead_nowhere(submit, image):
    course = image / "source" / "course"
    results = submit({"homework/ch4.py": WRONG, "aaa": course / "solutions", "data": course})
    assert 0 < results["score"] < 100
    assert submit({"aaa": course / "solutions"})["score"] == 0.0


def test_a_grader_that_fails_gives_no_mark(submit, image):
    checks = image / "source" / "course" / "tests" / "checks" / f"test_{MODULE}.py"
    whole = checks.read_text(encoding="utf-8")
    checks.write_text(
        f'{whole}\n\n@check("softmax", "breaks")\ndef test_broken(submission):\n    return 1 / 0\n'
    )
    try:
        results = submit({"ch4.py": WRONG})
    finally:
        checks.write_text(whole, encoding="utf-8")
    assert "score" not in results
    assert "tests" not in results
    assert "No mark is given" in results["output"]


def test_a_grader_that_is_killed_gives_no_mark(submit, image):
    python = image / "venv" / "bin" / "python"
    python.rename(python.with_name("away"))
    python.write_text("#!/bin/sh\nkill -9 $$\n")
    python.chmod(0o755)
    try:
        results = submit({"ch4.py": SOLUTION.read_text()})
    finally:
        python.with_name("away").replace(python)
    assert results == {"output": "No mark is given: the autograder did not finish."}


def test_nothing_is_marked_without_any_isolation(image, tmp_path, monkeypatch, capsys):
    root = tmp_path / "autograder"
    shutil.copytree(image / "source", root / "source", ignore=shutil.ignore_patterns("engine"))
    (root / "results").mkdir()
    (root / "submission").mkdir()
    shutil.copy(SOLUTION, root / "submission")
    monkeypatch.setattr(autograde, "detect", lambda: Isolation(PROCESS, "chosen by a test"))
    assert "score" not in json.loads(autograde.results_of(root))
    assert "weak_isolation" in capsys.readouterr().err
    settings = root / "source" / "settings.toml"
    text = settings.read_text().replace("weak_isolation = false", "weak_isolation = true")
    settings.write_text(text)
    assert json.loads(autograde.results_of(root))["score"] == 100.0


def test_a_submission_reads_no_check_and_writes_no_mark(submit, image):
    results = image / "results"
    targets = [str(results / "results.json"), str(results / "results.part")]
    places = [str(image / "source"), str(results), str(image / "submission")]
    got = submit({"ch4.py": GREEDY.format(places=places, targets=targets)})
    (told,) = got["extra_data"]["chapters"]
    assert told["isolation"] in (BUBBLEWRAP, USER)
    assert got["score"] == 0.0
    shown = next(test for test in got["tests"] if test["name"].startswith("ch4.softmax: the"))
    assert "printed: found []" in shown["output"]


# A user of its own


@pytest.fixture
def as_root(tmp_path):
    """`as_root(…)` runs `grade` as root where there is no bubblewrap; its output.

    The Python is one that other users may run; skipped where there is none.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs root on Linux")
    libraries = sysconfig.get_path("purelib")
    settings = {"PATH": str(tmp_path), "PYTHONPATH": f"{ROOT}{os.pathsep}{libraries}"}

    def run(python: str, *arguments: str | Path) -> str:
        command = [python, "-m", "grader", *map(str, arguments)]
        return subprocess.run(
            command, env=settings, cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout

    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        if Path(python).exists() and f"isolation   {USER}:" in run(python, "doctor"):
            return lambda *arguments: run(python, *arguments)
    return pytest.skip("there is no Python here that another user can run")


def test_root_without_namespaces_grades_as_another_user(as_root, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir(mode=0o700)
    (secret / "checks.py").touch()
    path = tmp_path / "ch4.py"
    path.write_text(GREEDY.format(places=[str(tmp_path)], targets=[str(path)]))
    greedy = json.loads(as_root("ch4.softmax", "--submission", path, "--format", "json"))
    assert greedy["isolation"] == USER
    first = greedy["exercises"][0]["checks"][0]["counterexample"]
    assert first["calls"][0]["printed"].strip() == "found []"
    right = json.loads(as_root("ch4.softmax", "--submission", SOLUTION, "--format", "json"))
    assert right["score"] == right["max_score"]


# GitHub


def steps(text: str) -> list[dict]:
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load(text)
    assert set(workflow) == {"name", True, "permissions", "defaults", "jobs"}  # True is `on`
    assert workflow["name"] == "Autograding Tests"
    assert workflow[True] == ["push", "workflow_dispatch"]
    assert workflow["permissions"] == {"contents": "read"}
    assert set(workflow["jobs"]) == {"run-autograding-tests"}
    job = workflow["jobs"]["run-autograding-tests"]
    assert set(job) == {"runs-on", "timeout-minutes", "if", "env", "steps"}
    for step in job["steps"]:
        assert set(step) <= {"name", "id", "uses", "with", "run"}
        assert ("uses" in step) != ("run" in step)
        assert "@v" in step.get("uses", "@v")
        assert "${{" not in step.get("run", "")  # nothing is pasted into a shell's text
        subprocess.run(["bash", "-n"], input=step.get("run", ""), text=True, check=True)
    return job["steps"]


def test_the_workflow_of_a_package(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exported("github", "ch4", "--package", "gradschool==1.2.3")
    assert capsys.readouterr().out == "wrote .github/workflows/classroom.yml\n"
    text = Path(".github/workflows/classroom.yml").read_text()
    done = steps(text)
    assert any("install -q 'gradschool==1.2.3'" in step.get("run", "") for step in done)
    assert "secrets." not in text
    assert "COURSE_TOKEN" not in text


def test_the_workflow_with_a_private_course(tmp_path):
    out = tmp_path / "out.yml"
    exported("github", "ch4", out, "--course", "school/course@12e3456", "--disclosure", "property")
    done = steps(out.read_text())
    first = done[0]["with"]
    assert first["repository"] == "school/course"
    assert first["ref"] == "12e3456"  # a commit, no number
    assert first["token"] == "${{ secrets.COURSE_TOKEN }}"
    uses = [step["uses"] for step in done if "uses" in step]
    assert [name.partition("@")[0] for name in uses] == [
        "actions/checkout",
        "actions/checkout",
        "actions/setup-python",
    ]
    install = next(step["run"] for step in done if step["name"] == "Install the grader")
    assert 'install -q "$RUNNER_TEMP/course"' in install


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "must not hold the course"),
        (["--package", "gradschool"], "name one version"),
        (["--package", "gradschool==1'; curl evil"], "name one version"),
        (["--course", "school/course"], "owner/name@commit"),
        (["--course", "school/course@x\n  y: z"], "owner/name@commit"),
        (["--package", "a==1", "--folder", "../x"], "a folder of the repository"),
        (["--package", "a==1", "--folder", '"; curl evil; "'], "a folder of the repository"),
    ],
)
def test_a_workflow_that_would_not_be_safe(tmp_path, capsys, options, words):
    with pytest.raises(SystemExit) as left:
        main(["export", "github", "ch4", str(tmp_path / "out.yml"), *options])
    said = capsys.readouterr()
    assert left.value.code == 2
    assert said.out == ""
    assert words in said.err
    assert not (tmp_path / "out.yml").exists()


@pytest.mark.parametrize("command", ["gradescope", "github"])
@pytest.mark.parametrize(
    ("chapter", "out", "words"),
    [("ch44", "out", "there is no ch44"), ("ch4", "/proc/no/out", "cannot be written")],
)
def test_an_export_that_cannot_be(tmp_path, monkeypatch, capsys, command, chapter, out, words):
    monkeypatch.chdir(tmp_path)
    package = ["--package", "gradschool==1.0"] if command == "github" else []
    with pytest.raises(SystemExit) as left:
        main(["export", command, chapter, out, *package])
    said = capsys.readouterr()
    assert left.value.code == 2
    assert said.out == ""
    assert words in said.err
    assert said.err.count("\n") == 1


def test_a_misspelt_export_is_no_chapter(capsys):
    with pytest.raises(SystemExit) as left:
        main(["exprt"])
    assert left.value.code == 2
    assert "did you mean grade export?" in capsys.readouterr().err


@pytest.fixture
def runner(tmp_path):
    """A GitHub runner's folders; `sudo`, `pip` and `python` only note calls, `grade` is ours."""
    for name in ("workspace/exercises", "temp/course", "temp/grader/bin", "bin"):
        (tmp_path / name).mkdir(parents=True)
    for part in ("exercises", "solutions", "tests/checks", "tests/mistakes"):
        shutil.copytree(ROOT / part, tmp_path / "temp" / "course" / part)
    grader = tmp_path / "temp" / "grader" / "bin"
    scripts = {
        tmp_path / "bin" / "sudo": 'echo "sudo $*" >>"$LOG"',
        tmp_path / "bin" / "python": 'echo "python $*" >>"$LOG"',
        grader / "pip": 'echo "pip $*" >>"$LOG"',
        grader / "grade": f'PYTHONPATH={ROOT} exec {sys.executable} -m grader "$@"',
    }
    for path, script in scripts.items():
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    return tmp_path


def run_steps(runner: Path, text: str) -> tuple[int, str]:
    """Run the steps as a runner does; the exit code of the last one and its log."""
    path = f"{runner / 'bin'}{os.pathsep}{os.environ['PATH']}"
    more = {
        "PATH": path,
        "LOG": str(runner / "log"),
        "RUNNER_TEMP": str(runner / "temp"),
        "GITHUB_WORKSPACE": str(runner / "workspace"),
        "GITHUB_STEP_SUMMARY": str(runner / "summary.md"),
        "GITHUB_OUTPUT": str(runner / "output"),
    }
    done = None
    for step in steps(text):
        if "run" in step and not step["run"].startswith("mv "):
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=runner / "workspace",
                env=environment(**more),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0 or step["name"] == "Grade", done.stderr
    assert done is not None
    return done.returncode, done.stdout


@pytest.mark.usefixtures("bubblewrap")
def test_the_workflow_grades(runner):
    out = runner / "out.yml"
    exported("github", "ch4", out, "--course", "school/course@v1", "--seed", "3")
    submission = runner / "workspace" / "exercises"
    # A course of the student's own, in which everything passes, is not asked.
    shutil.copy(ROOT / "exercises" / "course.toml", submission)
    (submission / f"{MODULE}.py").write_text(WRONG)
    code, log = run_steps(runner, out.read_text())
    assert code == 1
    assert f"::error file=exercises/{MODULE}.py,line=4,title=ch4.softmax failed" in log
    assert "::notice title=Autograding report::" in log
    assert re.fullmatch(r"score=[\d.]+\nmax_score=100\n", (runner / "output").read_text())
    assert "no-max-shift" in (runner / "summary.md").read_text()
    called = (runner / "log").read_text()
    assert "sudo apt-get install -q -y bubblewrap" in called
    assert f"pip install -q {runner / 'temp' / 'course'}" in called


@pytest.mark.usefixtures("bubblewrap")
def test_a_link_to_the_course_in_a_repository_is_not_graded(runner):
    out = runner / "out.yml"
    exported("github", "ch4", out, "--course", "school/course@v1")
    stolen = runner / "temp" / "course" / "solutions" / f"{MODULE}.py"
    (runner / "workspace" / "exercises" / f"{MODULE}.py").symlink_to(stolen)
    code, log = run_steps(runner, out.read_text())
    assert code == 2
    assert "::" not in log
    assert not (runner / "output").exists()
