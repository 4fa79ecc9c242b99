"""Control groups: where one may be made, with which limits, and what is told of its end.

No hierarchy of version 2 with the controllers is needed: the kernel's part is played by
`MadeHierarchy`, which gives every new folder the files that the kernel would.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from grader.cli.doctor import memory
from grader.wall import cgroups
from grader.wall.cgroups import make_group, parent_of_groups
from grader.wall.clocks import Account
from grader.wall.errors import SubmissionLost
from grader.wall.isolation import PROCESS, Isolation
from grader.wall.limits import MB, Limits
from grader.wall.sandbox import Sandbox
from grader.wall.session import Session, Sources

FILES = ("cgroup.procs", "cgroup.subtree_control", "cgroup.kill", "memory.max", "pids.max")
EVENTS = "low 0\nhigh 0\nmax 0\noom 0\noom_kill {}\n"


class MadeHierarchy:
    """A folder that looks like /sys/fs/cgroup, and one like /proc/self."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.proc = folder / "cgroup", folder / "proc"
        for place in (self.root, self.root / "user", self.root / "user" / "shell"):
            self.make(place)
        self.proc.mkdir()
        self.mount("cgroup2")
        (self.proc / "cgroup").write_text("9:cpu:/x\n0::/user/shell\n")
        monkeypatch.setattr(Path, "rmdir", shutil.rmtree)
        made = Path.mkdir

        def mkdir(place: Path, *arguments: object, **keywords: object) -> None:
            made(place, *arguments, **keywords)  # type: ignore[arg-type]
            if place.is_relative_to(self.root):
                self.furnish(place)

        monkeypatch.setattr(Path, "mkdir", mkdir)

    def make(self, place: Path) -> None:
        place.mkdir()
        self.furnish(place)

    @staticmethod
    def furnish(place: Path) -> None:
        for name in FILES:
            (place / name).write_text("")
        (place / "memory.events").write_text(EVENTS.format(0))

    def mount(self, kind: str) -> None:
        (self.proc / "mounts").write_text(f"proc /proc proc rw 0 0\nx {self.root} {kind} rw 0 0\n")

    def hand_on(self, group: str, controllers: str) -> None:
        (self.root / group / "cgroup.subtree_control").write_text(controllers)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeHierarchy:
    return MadeHierarchy(tmp_path, monkeypatch)


def test_groups_are_made_where_the_controllers_are_handed_on(made):
    assert parent_of_groups(made.proc) is None
    made.hand_on("user", "cpu pids")
    assert parent_of_groups(made.proc) is None
    made.hand_on("user", "cpu memory pids")
    assert parent_of_groups(made.proc) == made.root / "user"


@pytest.mark.parametrize("lacking", ["mount", "version", "own"])
def test_where_there_is_no_hierarchy_there_are_no_groups(made, lacking):
    made.hand_on("user", "memory pids")
    if lacking == "version":
        made.mount("cgroup")
    else:
        (made.proc / {"mount": "mounts", "own": "cgroup"}[lacking]).unlink()
    assert parent_of_groups(made.proc) is None


def test_a_group_has_the_limits_of_a_sandbox(made):
    group = make_group(made.root / "user", Limits(memory=300 * MB, processes=7))
    assert (group.place / "memory.max").read_text() == str(300 * MB)
    assert (group.place / "pids.max").read_text() == "7"
    assert not (group.place / "memory.swap.max").exists()
    group.remove()
    assert not group.place.exists()


def test_a_group_that_cannot_be_limited_is_none(made):
    (made.root / "user" / "cgroup.procs").unlink()
    assert cgroups.grouped(None, Limits()) is None


@pytest.mark.parametrize(("kills", "words"), [(0, "the process ended"), (1, "out of memory")])
def test_the_end_of_a_worker_in_a_group_is_told(made, monkeypatch, kills, words):
    monkeypatch.setattr(cgroups, "home", lambda: made.root / "user")
    source = "import os\ndef go(): os._exit(1)\n"
    sources = Sources("ch", {"ch": source})
    with (
        Sandbox(Isolation(PROCESS, "chosen by a test"), ("numpy",), Limits()) as sandbox,
        closing(Session(sandbox, sources, Limits(), Account())) as session,
    ):
        assert session.defines("go")
        (place,) = (made.root / "user").glob("gradschool-*")
        assert int((place / "cgroup.procs").read_text()) == session.worker.process
        (place / "memory.events").write_text(EVENTS.format(kills))
        with pytest.raises(SubmissionLost, match=words):
            session.call("go", [], {})
    assert not list((made.root / "user").glob("gradschool-*"))


def test_the_doctor_says_who_keeps_the_memory():
    states = [memory(Path("/x"), True), memory(None, True), memory(None, False)]
    assert ["group" in one.state for one in states] == [True, False, False]
    assert ["watched" in one.state for one in states] == [False, True, False]
