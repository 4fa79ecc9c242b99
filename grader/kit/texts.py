"""The two files of a student kit that are about the kit itself: README.md and pyproject.toml."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterable

from packaging.requirements import Requirement

from grader.course.model import Chapter, Course, NoCourse
from grader.judge.assignment import HEAVY
from grader.student.init import PROJECT

DISTRIBUTION = "gradschool"

README = """\
# {course}: the exercises

Fill in a function, run `grade`, and see at once whether it is right; if it is not, on which
smallest input, and what was expected there.

| | chapter | exercises |
|---|---|---|
{rows}

## Set up

Python 3.11 or newer, in this folder:

```console
python -m venv .venv
source .venv/bin/activate        # on Windows: .venv\\Scripts\\activate
pip install -e .
grade next                       # what to do first
```

`grade doctor` names what is missing, and the command that mends it.

## Work

The stubs are in `exercises/`, one file a chapter. Leave this running beside your editor, and every
save is checked:

```console
grade watch {first}                  # keys: h hint, n next, l list, r run again, q quit
```

Or ask when you want to know:

```console
grade {first}                        # a chapter
grade {exercise}
grade hint {exercise}
grade list                       # done, started, not started
grade reset {exercise}
```

The same exercises are in `notebooks/`, where each has its check in the cell below it. A notebook is
graded like a file: `grade {first} --submission notebooks/{first}.ipynb`. In a notebook of your own,
`%load_ext grader` gives you `%grade {exercise}`.

## What counts

The checks in this kit are for practice: they give no points. {hidden} hidden checks more await at
submission, with inputs of every size and scale; `grade` says how many for each exercise. Reference
solutions are not in this kit.
"""

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "{version}+kit"
description = {description}
requires-python = "{python}"
dependencies = [
{dependencies}]

[project.scripts]
grade = "grader.cli.app:main"

[project.entry-points.pytest11]
gradschool = "grader.judge.plugin"

[tool.setuptools]
packages = [
{packages}]

[tool.setuptools.package-data]
"*" = ["*"]

{settings}"""


def readme(course: Course, chapters: tuple[Chapter, ...], hidden: int) -> str:
    """What a student reads first."""
    rows = [f"| {one.id} | {one.title} | {len(one.exercises)} |" for one in chapters]
    first = chapters[0]
    return README.format(
        course=course.name,
        rows="\n".join(rows),
        first=first.id,
        exercise=first.exercises[0].id,
        hidden=hidden,
    )


def pyproject(course: Course, chapters: tuple[Chapter, ...], packages: Iterable[str]) -> str:
    """What `pip install .` reads in the kit.  Raises NoCourse if the engine is not installed."""
    try:
        engine = importlib.metadata.metadata(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        raise NoCourse("which libraries a kit needs is known once this is installed") from None
    return PYPROJECT.format(
        name=DISTRIBUTION,
        version=engine["Version"],
        description=json.dumps(f"{course.name}: exercises and practice checks", ensure_ascii=False),
        python=engine["Requires-Python"],
        dependencies=_lines(_dependencies(engine.get_all("Requires-Dist") or (), chapters)),
        packages=_lines(packages),
        settings=PROJECT,
    )


def _dependencies(declared: Iterable[str], chapters: tuple[Chapter, ...]) -> list[str]:
    """What the engine needs, without extras; the heavy library only for a chapter that uses it."""
    needed = {name for chapter in chapters for name in chapter.imports}
    spared = {HEAVY} - needed
    own = [line for line in declared if "extra ==" not in line]
    return sorted(line for line in own if Requirement(line).name not in spared)


def _lines(values: Iterable[str]) -> str:
    return "".join(f"    {json.dumps(value)},\n" for value in values)
