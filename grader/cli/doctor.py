"""`grade doctor`: what grades here, in which versions; what is missing, and how to mend it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from grader.course.model import Course, CourseError, NoCourse, find_course
from grader.course.reading import load_course
from grader.judge.assignment import HEAVY
from grader.student.workspace import find_workspace
from grader.wall import cgroups, usage
from grader.wall.isolation import PROCESS, USER, Isolation, detect, lacking
from grader.wall.protocol.line import forks
from grader.watch.staying import staying

DISTRIBUTION = "gradschool"
WEAK = {
    PROCESS: (
        "good enough to practise: a process of its own, with limits",
        "not for marks: it can read files and use the network",
    ),
    USER: (
        "good enough where a container serves one submission: another user, who",
        "cannot read what is root's, but can read other files and use the network",
    ),
}

Installed = Callable[[str], str | None]
"""The version of a distribution, or None."""


@dataclass(frozen=True)
class Finding:
    """One thing worth knowing; `cures` are commands to run where something is missing."""

    topic: str
    state: str
    cures: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        yield f"{self.topic:<12}{self.state}"
        for number, cure in enumerate(self.cures):
            yield f"{'':<12}{'do: ' if number == 0 else '    '}{cure}"


def findings() -> Iterator[Finding]:
    """Everything about this machine, Python and folder."""
    course, finding = course_here(Path.cwd())
    yield finding
    yield from nbgrader_course(Path.cwd())
    yield from isolation(detect(), sys.platform)
    yield memory(cgroups.home(), usage.tells())
    yield from warm_judges(staying())
    yield Finding("python", f"{platform.python_version()} on {platform.system()}")
    try:
        declared = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding(DISTRIBUTION, "not installed", ("pip install -e .",))
        return
    yield from libraries(declared, installed, course)
    yield from extras(declared, installed)


def warm_judges(sockets: list[Path]) -> Iterator[Finding]:
    """Judges that stay for the next run of `grade`."""
    if sockets:
        chapters = ", ".join(sorted({path.name.partition("-")[0] for path in sockets}))
        yield Finding("warm", f"{chapters}: loaded for ten minutes, end that with `grade stop`")


def course_here(folder: Path) -> tuple[Course | None, Finding]:
    """The course that grades in a folder, and where the exercises are."""
    try:
        course = load_course(find_course(folder))
    except (NoCourse, CourseError) as error:
        return None, Finding("course", str(error))
    kind = "a student kit" if course.is_kit else "with references"
    count = len(course.chapters)
    named = f"{course.name}, {count} {'chapter' if count == 1 else 'chapters'}, {kind}"
    try:
        find_workspace(folder, course)
    except NoCourse:
        return course, Finding("course", f"{named}; no exercises here", ("grade init mycourse",))
    return course, Finding("course", named)


def memory(groups: Path | None, watched: bool) -> Finding:
    """Who keeps all processes of a submission together to their memory."""
    if groups is not None:
        return Finding("memory", "held by a control group of Linux for each submission")
    if watched:
        return Finding("memory", "watched: what its processes have resident is added up")
    return Finding("memory", "limited for each of its processes, not for all together")


def isolation(found: Isolation, system: str, root: Path = Path("/")) -> Iterator[Finding]:
    """How strong the wall is; `root` is where the system's own files are looked for."""
    if found.strong or system != "linux" or not forks():
        yield Finding("isolation", f"{found.name}: {found.why}")
    else:
        bwrap = shutil.which("bwrap")
        cure = not_working(found.why, root) if bwrap else not_installed(root)
        yield Finding("isolation", f"{found.name}: {cure.problem}", cure.commands)
    if not found.strong:
        yield from (Finding("", line) for line in WEAK[found.name])
        yield from (Finding("", f"here {line}") for line in lacking(found))


def libraries(
    declared: Iterable[str], version: Installed, course: Course | None
) -> Iterator[Finding]:
    """What the engine needs.  The heavy library only if a chapter of the course does."""
    chapters = course.chapters if course else ()
    for requirement in map(Requirement, declared):
        if requirement.marker is not None:
            continue
        name, have = requirement.name, version(requirement.name)
        spared = name == HEAVY and not any(HEAVY in one.imports for one in chapters)
        if have is None and spared:
            yield Finding(name, "not installed; no chapter here needs it")
        elif have is None:
            yield Finding(name, "missing", (f"pip install '{requirement}'",))
        elif not requirement.specifier.contains(have.partition("+")[0], prereleases=True):
            state = f"{have}, but {requirement.specifier} is needed"
            yield Finding(name, state, (f"pip install '{requirement}'",))
        else:
            yield Finding(name, have)


NBGRADER = "nbgrader"
CONFIGURED = "add to nbgrader_config.py, as its last lines:"
CONFIGURE = ("from grader.nbgrader.config import configure", "configure(c)")


def nbgrader_course(folder: Path) -> Iterator[Finding]:
    """What keeps an nbgrader course in this folder from having notebooks judged."""
    config = folder / "nbgrader_config.py"
    signs = (config.name, "gradebook.db", "source/*/*.ipynb")
    if not any(path for sign in signs for path in folder.glob(sign)):
        return
    if importlib.util.find_spec(NBGRADER) is None:
        yield Finding(NBGRADER, "not installed", (f"pip install '{DISTRIBUTION}[nbgrader]'",))
        return
    if not config.is_file():
        yield Finding(
            NBGRADER,
            "no nbgrader_config.py here: nobody gets a point",
            ("copy it from the course's assignments/, where `grade notebooks` writes it",),
        )
        return
    from grader.nbgrader.installed import ConfigFailed, settings_missing

    try:
        lacking = settings_missing()
    except ConfigFailed as error:
        yield Finding(NBGRADER, f"nbgrader_config.py does not run: {error}", ("mend that line",))
        return
    if lacking:
        yield Finding(NBGRADER, f"nobody gets a point: {lacking[0]}", (CONFIGURED, *CONFIGURE))
        for more in lacking[1:]:
            yield Finding("", more)
    else:
        yield Finding(NBGRADER, "notebooks of a course's chapters are judged")


def extras(declared: Iterable[str], version: Installed) -> Iterator[Finding]:
    """Which optional parts are complete, and how to complete the others."""
    parts: dict[str, list[str]] = {}
    for line in declared:
        found = re.search(r"""extra\s*==\s*["']([\w.-]+)["']""", line)
        if found:
            parts.setdefault(found[1], []).append(Requirement(line).name)
    for extra, names in parts.items():
        missing = [name for name in names if version(name) is None]
        cures = (f"pip install '{DISTRIBUTION}[{extra}]'",) if missing else ()
        state = f"without {', '.join(missing)}" if missing else "complete"
        yield Finding(f"[{extra}]", state, cures)


def installed(name: str) -> str | None:
    """The version of a distribution, None if it is missing."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


INSTALL = {
    "debian": "sudo apt install bubblewrap",
    "ubuntu": "sudo apt install bubblewrap",
    "fedora": "sudo dnf install bubblewrap",
    "rhel": "sudo dnf install bubblewrap",
    "arch": "sudo pacman -S bubblewrap",
    "suse": "sudo zypper install bubblewrap",
    "opensuse": "sudo zypper install bubblewrap",
    "alpine": "sudo apk add bubblewrap",
    "gentoo": "sudo emerge sys-apps/bubblewrap",
    "void": "sudo xbps-install bubblewrap",
    "nixos": "nix-env -iA nixos.bubblewrap",
}

APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
SWITCHES = {
    "kernel.unprivileged_userns_clone": "1",
    "user.max_user_namespaces": "15000",
}
"""Settings of the kernel that forbid user namespaces when they are 0, and a value that allows."""

PROFILE = (
    "sudo apt install apparmor-profiles",
    "cd /usr/share/apparmor/extra-profiles",
    "sudo cp bwrap-userns-restrict /etc/apparmor.d/",
    "sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict",
)
CONTAINERS = (".dockerenv", "run/.containerenv")
SECURITY = "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined …"


@dataclass(frozen=True)
class Cure:
    """What is wrong in a few words, and commands that mend it, in order."""

    problem: str
    commands: tuple[str, ...]


def not_installed(root: Path = Path("/")) -> Cure:
    """How to install bubblewrap here; `root` is where `etc/os-release` is looked for."""
    known = [INSTALL[name] for name in _distributions(root) if name in INSTALL]
    return Cure("bubblewrap is not installed", tuple(known[:1]) or ("install bubblewrap",))


def not_working(complaint: str, root: Path = Path("/")) -> Cure:
    """What keeps bwrap from working; `root` is where `proc/sys` is looked for."""
    if _setting(APPARMOR, root) == "1":
        return Cure(
            "AppArmor forbids user namespaces: give bwrap the profile that allows them",
            (*PROFILE, f"or, for every program: sudo sysctl -w {APPARMOR}=0"),
        )
    for name, value in SWITCHES.items():
        if _setting(name, root) == "0":
            return Cure(
                f"the kernel forbids user namespaces: {name} = 0",
                (f"sudo sysctl -w {name}={value}",),
            )
    if any((root / mark).exists() for mark in CONTAINERS):
        return Cure("this is a container that forbids user namespaces", (SECURITY,))
    return Cure(complaint, ("bwrap --unshare-user --ro-bind / / true    says more",))


def _distributions(root: Path) -> list[str]:
    """What the system calls itself, and what it is like."""
    try:
        lines = (root / "etc" / "os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    named = dict(line.split("=", 1) for line in lines if "=" in line)
    values = " ".join(shlex.split(f"{named.get('ID', '')} {named.get('ID_LIKE', '')}"))
    return [part for word in values.split() for part in (word, word.partition("-")[0])]


def _setting(name: str, root: Path) -> str | None:
    try:
        return (root / "proc" / "sys" / name.replace(".", "/")).read_text(encoding="ascii").strip()
    except OSError:
        return None
