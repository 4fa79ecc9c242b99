"""What travels to another machine: the course, the engine, and the versions they need."""

from __future__ import annotations

import importlib.metadata
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from grader.course.model import SHIPPED, Chapter, Course, CourseError, NoCourse
from grader.judge.assignment import HEAVY

PACKAGE = "gradschool"
ENGINE = Path(__file__).resolve().parent.parent
COURSE = ("exercises", "solutions", "tests/checks", "tests/mistakes")
WITHOUT_CUDA = "https://download.pytorch.org/whl/cpu"
"""Where pip finds builds of torch for the processor, a tenth of the others' size."""

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip: the same content gives the same bytes."""

PROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "{version}"
requires-python = ">=3.11"

[tool.setuptools.packages.find]
include = ["grader*"]

[tool.setuptools.package-data]
grader = ["py.typed"]
"grader.exports.templates" = ["*"]
"""


def course_files(course: Course, chapter: Chapter) -> dict[str, bytes]:
    """The files that grading needs, by their paths in the course.  Raises CourseError."""
    for path in (course.solution(chapter), course.checks(chapter)):
        if not path.is_file():
            raise CourseError(f"{path}: the file is missing")
    paths = [course.root / "exercises" / "course.toml"]
    paths += [path for part in COURSE for path in (course.root / part).glob("*.py")]
    return {path.relative_to(course.root).as_posix(): path.read_bytes() for path in paths}


def engine_files() -> dict[str, bytes]:
    """The engine without any course, as a project that pip installs."""
    project = PROJECT.format(name=PACKAGE, version=_installed(PACKAGE))
    return {"pyproject.toml": project.encode()} | {
        f"grader/{path.relative_to(ENGINE).as_posix()}": path.read_bytes()
        for path in sorted(ENGINE.rglob("*"))
        if path.is_file() and not {"__pycache__", SHIPPED} & set(path.relative_to(ENGINE).parts)
    }


def requirements(chapter: Chapter) -> str:
    """A requirements file: what engine and chapter need, in the versions installed here.

    torch is left at home where the chapter does not import it: it is larger than all the rest.
    """
    index = f"--extra-index-url {WITHOUT_CUDA}\n" if HEAVY in chapter.imports else ""
    return index + "".join(f"{name}=={_installed(name)}\n" for name in _needed(chapter))


def write_zip(path: Path, files: Mapping[str, bytes], executable: Collection[str]) -> None:
    """Write files under sorted names, with fixed times.  Raises NoCourse."""
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, EARLIEST)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3  # Unix: the permissions below count
                entry.external_attr = (0o100755 if name in executable else 0o100644) << 16
                archive.writestr(entry, files[name])
    except OSError as error:
        raise NoCourse(f"{path} cannot be written: {error.strerror}") from None


def _needed(chapter: Chapter) -> Iterator[str]:
    for line in importlib.metadata.requires(PACKAGE) or ():
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if requirement.name != HEAVY or HEAVY in chapter.imports:
            yield requirement.name


def _installed(name: str) -> str:
    """The version without its local part: `2.6.0`, not `2.6.0+cpu`.  Raises NoCourse."""
    try:
        return Version(importlib.metadata.version(name)).public
    except importlib.metadata.PackageNotFoundError:
        raise NoCourse(f"{name} is not installed here: pip install {PACKAGE}") from None
