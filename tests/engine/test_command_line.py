"""The help on one screen, mistakes in one line, and what a shell completes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from grader.cli.app import app, main
from grader.cli.group import CommandGroup

ROOT = Path(__file__).resolve().parents[2]
COMPLETING = "from grader.cli.app import main; main()"


@pytest.fixture
def run(capsys, monkeypatch):
    """`run("list", …)` in the repository is (exit code, stdout, stderr)."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    return run


def test_help_fits_a_screen(run):
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert "grade ch3.layer_norm" in out
    assert len(out.splitlines()) <= 24
    assert max(map(len, out.splitlines())) <= 80
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        assert command.hidden or name in out.replace(",", " ").split(), name
    assert "..." not in out.split("For students:")[1].split("\n\n")[0]


def test_help_has_room_for_commands_to_come(capsys):
    other = typer.Typer(cls=CommandGroup, rich_markup_mode=None)
    other.command("run", hidden=True)(lambda: None)
    for number in range(20):
        other.command(f"command{number}")(lambda: None)
    with pytest.raises(SystemExit):
        other(["--help"])
    out = capsys.readouterr().out
    assert "command19" in out
    assert len(out.splitlines()) <= 24
    assert max(map(len, out.splitlines())) <= 80


def test_help_of_grading_and_of_a_command(run):
    assert "--submission" in run("run", "--help")[1]
    assert run("ch3", "--help")[1] == run("run", "--help")[1]
    assert "Put an exercise back" in run("reset", "--help")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bogus"], "there is no --bogus: see grade run --help"),
        (["ch4", "--seeds", "3"], "there is no --seeds: did you mean --seed?"),
        (["ch4", "--submision=x"], "there is no --submision: did you mean --submission?"),
        (["ch4", "--seed"], "option '--seed' requires an argument"),
        (["ch4", "--seed", "x"], "invalid value for '--seed'"),
        (["--examples", "0"], "invalid value for '--examples'"),
        (["ch4", "--format", "yaml"], "invalid value for '--format'"),
        (["next", "ch1", "ch2"], "see grade next --help"),
        (["reset", "ch1.predict", "--yess"], "there is no --yess: did you mean --yes?"),
        (["lst"], "there is no lst: did you mean grade list?"),
        (["ch4.softmx"], "did you mean ch4.softmax?"),
    ],
)
def test_wrong_usage_is_one_line(run, arguments, said):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("grade: ")
    assert said in err
    assert err.count("\n") == 1


def test_nothing_set_up_is_three_lines(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in ([], ["next"], ["list"]):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 3
        assert "grade init mycourse" in err


# Completion, by the protocols of the shells' own scripts.


def completed(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMPLETING],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def bash(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    words = line.split(" ")
    return completed(
        folder, _GRADE_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1)
    )


@pytest.mark.parametrize(
    ("line", "offered", "others"),
    [
        ("grade ", {"next", "watch", "release", "ch1", "ch9"}, {"run", "ch3.layer_norm"}),
        ("grade ne", {"next"}, {"ch1"}),
        ("grade ch", {"ch1", "ch9"}, {"ch3.layer_norm", "next"}),
        ("grade ch3.la", {"ch3.layer_norm", "ch3.layer_norm_backward"}, {"ch3.rms_norm"}),
        ("grade layer", {"layer_norm"}, {"ch1"}),
        ("grade ch3 ch4.so", {"ch4.softmax"}, {"ch3.layer_norm"}),
        ("grade ch3 --sub", {"--submission"}, {"--seed"}),
        ("grade --se", {"--seed"}, {"--help"}),
        ("grade hint ch4.so", {"ch4.softmax"}, {"ch4"}),
        ("grade list c", {"ch1"}, {"ch4.softmax"}),
        ("grade init --chapter ch", {"ch1"}, {"next"}),
        ("grade audit ch", {"ch1"}, {"next"}),
    ],
)
def test_bash(line, offered, others):
    done = bash(ROOT, line)
    words = set(done.stdout.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert offered <= words
    assert not others & words


def test_zsh_and_fish():
    asked = {"_TYPER_COMPLETE_ARGS": "grade ch3.la"}
    zsh = completed(ROOT, _GRADE_COMPLETE="complete_zsh", **asked)
    assert '"ch3.layer_norm"\n"ch3.layer_norm_backward"' in zsh.stdout
    asked["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
    fish = completed(ROOT, _GRADE_COMPLETE="complete_fish", **asked)
    assert fish.stdout.split() == ["ch3.layer_norm", "ch3.layer_norm_backward"]


def test_the_script_for_bash_works_in_bash(tmp_path):
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("no bash here")
    command = tmp_path / "grade"
    command.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{COMPLETING}' \"$@\"\n")
    command.chmod(0o755)
    script = completed(ROOT, _GRADE_COMPLETE="source_bash").stdout
    asking = (
        'COMP_WORDS=(grade ch3.la); COMP_CWORD=1; _grade_completion grade; echo "${COMPREPLY[@]}"'
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        [shell, "--norc", "-c", f"{script}\n{asking}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["ch3.layer_norm", "ch3.layer_norm_backward"]
    assert done.stderr == ""


def test_completion_complains_of_nothing(tmp_path):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "course.toml").write_text("name = 3 4")
    broken = bash(tmp_path, "grade ch")
    assert (broken.returncode, broken.stdout.strip(), broken.stderr) == (0, "", "")
    nonsense = completed(
        tmp_path, _GRADE_COMPLETE="complete_bash", COMP_WORDS="grade", COMP_CWORD="x"
    )
    assert (nonsense.stdout, nonsense.stderr) == ("", "")


def test_completion_loads_nothing_heavy():
    program = f"import sys\ntry:\n    {COMPLETING}\nfinally:\n    print(*sys.modules)"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "_GRADE_COMPLETE": "complete_bash",
        "COMP_WORDS": "grade ch3.",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "ch3.layer_norm" in loaded
    assert not loaded & {"numpy", "torch", "hypothesis", "rich.console", "nbformat", "jinja2"}
