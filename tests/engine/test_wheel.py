"""`grade init`, and a built wheel in an empty virtual environment: chapter 1 from start to end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from grader.cli.app import main
from grader.submission.blocks import blocks, replaced

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("grader", "exercises", "pictures", "solutions", "tests/checks", "tests/mistakes")
FILES = ("pyproject.toml", "README.md", "LICENSE")


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command outside of this environment and return what it says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=kept, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def grade(tmp_path_factory) -> Path:
    """The `grade` command of an environment that holds the wheel, and sees our libraries."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for part in PARTS:
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source)
    pip = (sys.executable, "-m", "pip")
    run(*pip, "wheel", "-q", "--no-deps", "-w", folder, source, cwd=folder)
    shutil.rmtree(source)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    paths = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    python = Path(sysconfig.get_path("scripts", "venv", paths), "python")
    (wheel,) = folder.glob("*.whl")
    run(*pip, "--python", python, "install", "-q", "--no-deps", wheel, cwd=folder)
    # Only now: pip would take the gradschool of this environment for the wheel's.
    libraries = Path(sysconfig.get_path("purelib", "venv", paths), "libraries.pth")
    libraries.write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent / "grade"


def test_chapter_1_from_start_to_end_with_a_wheel(grade, tmp_path):
    assert "grade next" not in run(grade, "init", "work", "--chapter", "ch1", cwd=tmp_path)
    work = tmp_path / "work"
    (path,) = (work / "exercises").glob("*.py")
    solved = blocks((ROOT / "solutions" / path.name).read_text())
    done = 0
    while (step := run(grade, "next", cwd=work)) != "Everything here is done.\n":
        name = step.split()[0].removeprefix("ch1.")
        path.write_text(replaced(path.read_text(), name, solved[name].text))
        run(grade, f"ch1.{name}", cwd=work)
        done += 1
    assert f"{done} of {done} done" in run(grade, "list", "ch1", cwd=work)
    assert "100 / 100" in run(grade, "ch1", cwd=work)
    assert "def predict" in run(grade, "solution", "ch1.predict", cwd=work)
    assert "gradient_descent: the loss" in run(grade, "show", "ch1", cwd=work)


def test_the_wheel_is_a_whole_course(grade, tmp_path):
    run(grade, "init", cwd=tmp_path)
    everything = run(grade, "list", cwd=tmp_path)
    chapters = tomllib.loads((ROOT / "exercises" / "course.toml").read_text())["chapter"]
    for chapter in chapters:
        assert f"{chapter['id']}  {chapter['title']}" in everything
        assert (tmp_path / "exercises" / f"{chapter['module']}.py").is_file()


def test_the_wheel_makes_the_site_of_a_course(grade, tmp_path):
    for part in PARTS[1:]:
        shutil.copytree(ROOT / part, tmp_path / part)
    assert run(grade, "docs", "site", cwd=tmp_path) == "site/index.html\n"
    assert "<math" in (tmp_path / "site" / "ch1.html").read_text()
    assert (tmp_path / "site" / "_static" / "formulas.css").is_file()


@pytest.mark.parametrize("words", [("docs", "site"), ("notebooks",), ("stubs",), ("audit",)])
def test_authors_commands_need_a_course_of_their_own(grade, words, tmp_path):
    done = subprocess.run([grade, *words], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("run this in a course folder\n")
    assert list(tmp_path.iterdir()) == []


def test_the_wheel_carries_the_configuration_of_nbgrader(grade, tmp_path):
    where = "from grader.authoring.notebooks import CONFIG; print(CONFIG.read_text(), end='')"
    said = run(grade.parent / "python", "-c", where, cwd=tmp_path)
    assert said == (ROOT / "assignments" / "nbgrader_config.py").read_text()


def test_init_never_overwrites(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "work" / "exercises" / "ch01_gradient_descent.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    for settings in ("wrote", "kept "):
        with pytest.raises(SystemExit) as left:
            main(["init", "work", "--chapter", "ch1", "--chapter", "ch4"])
        assert left.value.code == 0
        said = capsys.readouterr()
        assert "kept  exercises/ch01_gradient_descent.py" in said.out
        assert f"{settings} .vscode/settings.json" in said.out
        assert said.err == "next: cd work && grade next\n"
    assert mine.read_text() == "mine"
    written = {path.name for path in (tmp_path / "work" / "exercises").iterdir()}
    assert written == {"ch01_gradient_descent.py", "ch04_softmax_cross_entropy.py"}
    json.loads((tmp_path / "work" / ".vscode" / "settings.json").read_text())
    json.loads((tmp_path / "work" / ".vscode" / "tasks.json").read_text())
    tomllib.loads((tmp_path / "work" / "pyproject.toml").read_text())


def test_the_wheel_carries_the_templates(grade, tmp_path):
    listed = "from grader.classroom.pages import environment; print(environment().list_templates())"
    templates = ROOT / "grader" / "classroom" / "templates"
    said = run(grade.parent / "python", "-c", listed, cwd=tmp_path)
    assert said.strip() == str(sorted(path.name for path in templates.iterdir()))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["init", str(ROOT)], "is a course already"),
        (["init", "work", "--chapter", "ch44"], "there is no ch44"),
        (["init", "/proc/nowhere"], "cannot be written"),
    ],
)
def test_init_where_it_cannot(tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(arguments)
    said = capsys.readouterr()
    assert left.value.code == 2
    assert said.out == ""
    assert words in said.err
    assert said.err.count("\n") == 1
