"""Helpers: other Python files and packages of the folder, which a submission may import.

A helper is kept under its dotted name: `helper`, `utils.ops`, `utils.__init__`.  What is not read
becomes a module that says why when it is imported; what nobody imports costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

from grader.submission.disk import content
from grader.submission.errors import UnreadableSubmission
from grader.submission.text import decoded
from grader.wall.inside.importing import UNREAD
from grader.wall.limits import MB

LARGEST = 1 * MB
"""Bytes of source that are read of a file; the largest real submission is a tenth of it."""

LARGEST_TOGETHER = 4 * MB
MOST_FILES = 50
DEEPEST = 4
NO_PACKAGES = frozenset({"__pycache__", "node_modules", "venv", "site-packages"})
IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+\.*|import[ \t]+)([A-Za-z_]\w*)", re.MULTILINE)
RELATIVE = re.compile(r"^[ \t]*from[ \t]+\.+[ \t]+import[ \t]+([A-Za-z_]\w*)", re.MULTILINE)


def key_of(file: str) -> str:
    """The dotted name under which a file of the submission is kept."""
    return file.removesuffix(".py").replace("/", ".").replace("\\", ".")


def imported_names(text: str) -> set[str]:
    """First parts of the modules that a text imports, also where it does not parse."""
    return {*IMPORT.findall(text), *RELATIVE.findall(text)}


def siblings(found: Path, text: str, own: str) -> dict[str, str]:
    """The helpers in the folder of `found`, whose text is `text`."""
    paths = [path for path in _modules(found.parent) if path != found]

    def read(path: PurePath) -> str:
        return decoded(content(Path(path), LARGEST))

    named: dict[str, PurePath] = {
        key_of(path.relative_to(found.parent).as_posix()): path for path in paths
    }
    named.pop(own, None)
    return chosen_helpers(named, text, read)


def chosen_helpers(
    named: dict[str, PurePath],
    text: str,
    read: Callable[[PurePath], str],
) -> dict[str, str]:
    """Read the helpers, those that are imported first, until there are enough."""
    helpers, whole = dict[str, str](), 0
    wanted, rest = imported_names(text), sorted(named)
    while len(helpers) < MOST_FILES and rest:
        name = next((one for one in rest if one.split(".")[0] in wanted), rest[0])
        rest.remove(name)
        try:
            found = read(named[name])
        except UnreadableSubmission as error:
            helpers[name] = unread(str(error))
            continue
        if whole + len(found) > LARGEST_TOGETHER:
            helpers[name] = unread(f"{named[name].name} was not read: too much is handed in")
            continue
        helpers[name] = found
        whole += len(found)
        wanted |= imported_names(found)
    return helpers


def beside(found: Path, text: str) -> dict[str, str]:
    """For a file handed in alone: what to say for each helper that it imports and left behind."""
    told = {}
    for name in sorted(imported_names(text)):
        if (found.parent / f"{name}.py").is_file() or _is_package(found.parent / name):
            if name == found.stem:
                continue
            told[name] = unread(
                f"{name} lies beside {found.name}, which was handed in alone: hand in the folder"
            )
    return told


def unread(why: str) -> str:
    """The text of a helper that says why it cannot be imported."""
    return f"{UNREAD}{why}"


def _modules(folder: Path, depth: int = 0) -> Iterator[Path]:
    """Python files in the folder and, before other folders are looked at, in its packages."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    yield from (path for path in entries if path.suffix == ".py" and not path.is_dir())
    for path in entries if depth < DEEPEST else ():
        if _is_package(path) or (depth and path.is_dir()):
            yield from _modules(path, depth + 1)


def _is_package(path: Path) -> bool:
    """Whether a folder holds modules; a link to one leads elsewhere."""
    if path.name.startswith(".") or path.name in NO_PACKAGES or not path.name.isidentifier():
        return False
    return path.is_dir() and not path.is_symlink() and any(path.glob("*.py"))
