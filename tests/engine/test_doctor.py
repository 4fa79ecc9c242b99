"""`grade doctor` on machines that lack something: their files, and what is installed on them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.cli import doctor
from grader.cli.app import main
from grader.cli.doctor import INSTALL, not_installed, not_working
from grader.course.model import Course
from grader.kit.files import kit_files, write_kit
from grader.wall.isolation import BUBBLEWRAP, PROCESS, Isolation

DECLARED = [
    "numpy>=1.26",
    "torch<2.14,>=2.4",
    'nbgrader>=0.9.5; extra == "nbgrader"',
    'jupyterlab>=4.2; extra == "nbgrader"',
    'sphinx>=7; extra == "docs"',
]
EVERYTHING = {
    "numpy": "2.4.6",
    "torch": "2.13.0+cpu",
    "nbgrader": "0.9.5",
    "jupyterlab": "4.3",
    "sphinx": "8.0",
}


def said(findings) -> str:
    text = "\n".join(line for finding in findings for line in finding.lines())
    assert max(map(len, text.splitlines())) <= 100
    return text


def without(*names: str):
    """`importlib.metadata` of a machine that lacks some libraries."""
    return {name: have for name, have in EVERYTHING.items() if name not in names}.get


def machine(root: Path, **files: str) -> Path:
    """A root with some files; `kernel__x` is `proc/sys/kernel/x`, `os_release` is in `etc`."""
    places = {"os_release": "etc/os-release", "dockerenv": ".dockerenv"}
    for name, text in files.items():
        place = places.get(name) or "proc/sys/" + name.replace("__", "/")
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def test_where_all_is_well_nothing_is_to_do(course):
    found = [
        *doctor.isolation(Isolation(BUBBLEWRAP, "bwrap is installed and works"), "linux"),
        *doctor.libraries(DECLARED, without(), course),
        *doctor.extras(DECLARED, without()),
    ]
    assert [finding for finding in found if finding.cures] == []
    assert "[docs]      complete" in said(found)


def test_a_missing_library(course):
    text = said(doctor.libraries(DECLARED, without("torch"), course))
    assert re.search(r"torch +missing\n +do: pip install 'torch<2.14,>=2.4'", text)
    assert "numpy       2.4.6" in text


def test_a_library_of_another_version(course):
    text = said(doctor.libraries(DECLARED, {"numpy": "1.20", "torch": "2.13.0"}.get, course))
    assert "numpy       1.20, but >=1.26 is needed" in text
    assert "pip install 'numpy>=1.26'" in text


def test_torch_is_not_missed_where_no_chapter_needs_it(course):
    numpy_only = Course("small", course.root, course.chapters[:2])
    (_, torch) = doctor.libraries(DECLARED, without("torch"), numpy_only)
    assert torch.cures == ()
    assert "no chapter here needs it" in torch.state


def test_missing_extras():
    text = said(doctor.extras(DECLARED, without("jupyterlab", "sphinx")))
    assert "[nbgrader]  without jupyterlab\n" in text
    assert "do: pip install 'gradschool[nbgrader]'" in text
    assert "do: pip install 'gradschool[docs]'" in text


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ('ID=ubuntu\nID_LIKE="debian"', "sudo apt install bubblewrap"),
        ("ID=debian", "sudo apt install bubblewrap"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"', "sudo dnf install bubblewrap"),
        ("ID=arch", "sudo pacman -S bubblewrap"),
        ('ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"', "sudo zypper install bubblewrap"),
        ("ID=alpine", "sudo apk add bubblewrap"),
        ("ID=strange", "install bubblewrap"),
    ],
)
def test_no_bubblewrap(tmp_path, release, command, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    root = machine(tmp_path, os_release=release)
    text = said(doctor.isolation(Isolation(PROCESS, "bwrap is not installed"), "linux", root))
    assert "process: bubblewrap is not installed" in text
    assert f"do: {command}\n" in text
    assert "not for marks" in text


def test_a_system_without_a_name(tmp_path):
    assert not_installed(tmp_path).commands == ("install bubblewrap",)
    assert all("bubblewrap" in command for command in INSTALL.values())


@pytest.mark.parametrize(
    ("files", "problem", "command"),
    [
        (
            {
                "kernel__apparmor_restrict_unprivileged_userns": "1",
                "user__max_user_namespaces": "0",
            },
            "AppArmor forbids user namespaces",
            "sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict",
        ),
        (
            {"kernel__apparmor_restrict_unprivileged_userns": "1"},
            "AppArmor forbids user namespaces",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        (
            {"kernel__unprivileged_userns_clone": "0"},
            "kernel.unprivileged_userns_clone = 0",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            {"user__max_user_namespaces": "0"},
            "user.max_user_namespaces = 0",
            "sudo sysctl -w user.max_user_namespaces=15000",
        ),
        ({"dockerenv": ""}, "this is a container", "--security-opt seccomp=unconfined"),
        ({"user__max_user_namespaces": "9000"}, "bwrap: no permission", "says more"),
    ],
)
def test_bubblewrap_that_does_not_work(tmp_path, files, problem, command):
    cure = not_working("bwrap: no permission", machine(tmp_path, **files))
    assert problem in cure.problem
    assert command in "\n".join(cure.commands)


def test_other_systems_are_told_what_they_have():
    text = said(doctor.isolation(Isolation(PROCESS, "bubblewrap needs Linux"), "darwin"))
    assert "process: bubblewrap needs Linux" in text
    assert "not for marks" in text
    assert "do: " not in text


def test_the_course_here(course, tmp_path):
    assert doctor.course_here(course.root)[1].state.endswith(
        f"{len(course.chapters)} chapters, with references"
    )
    empty = doctor.course_here(tmp_path)[1]
    assert empty.cures == ("grade init mycourse",)
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "course.toml").write_text("name = 3 4")
    assert "course.toml:1: " in doctor.course_here(tmp_path)[1].state


def test_the_course_of_a_kit(course, tmp_path):
    write_kit(tmp_path / "kit", kit_files(course, (course.chapter("ch4"),)))
    shipped = tmp_path / "kit" / "grader" / "shipped"
    assert "1 chapter, a student kit" in doctor.course_here(shipped)[1].state


def test_on_the_command_line(capsys):
    with pytest.raises(SystemExit) as left:
        main(["doctor"])
    out = capsys.readouterr().out
    assert not left.value.code
    assert re.search(r"isolation +(bubblewrap|process): ", out)
    assert re.search(r"numpy +\d", out)


def test_an_older_python_is_told_so_in_one_line(course):
    older = "import runpy, sys; sys.version_info = (3, 10, 4)"
    program = f"{older}; runpy.run_module('grader', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "grade: Python 3.11 or newer is needed, this is 3.10\n"
