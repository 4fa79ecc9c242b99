"""Sphinx turns the pages into a site: no network, no date, the same bytes each time."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from pathlib import Path

from grader.authoring.pages import pages
from grader.course.model import Course, CourseError, NoCourse

LISTING = ".grade-docs"
"""A file of the site that lists the others: what a later run may replace."""

NOT_PUBLISHED = {".buildinfo", "objects.inv"}

SETTINGS = {
    "extensions": ["myst_parser", "grader.formulas.mathml"],
    "myst_enable_extensions": ["dollarmath"],
    "html_math_renderer": "mathml",
    "html_theme": "furo",
    "html_static_path": [str(Path(__file__).with_name("static"))],
    "html_css_files": ["formulas.css"],
    "html_copy_source": False,
    "html_show_copyright": False,
    "html_use_index": False,
    # A page read from a disk cannot load another one to show an excerpt of it.
    "html_show_search_summary": False,
    "highlight_language": "python",
    "smartquotes": False,
    "language": "en",
}

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def build_site(course: Course, folder: Path) -> Path:
    """Write the site into `folder` and return its start page.

    Raises NoCourse where Sphinx is missing or the folder holds something else, and CourseError
    where a statement cannot be set.
    """
    old = _listed(folder)
    with tempfile.TemporaryDirectory(prefix="grade-docs-") as name:
        work = Path(name)
        for page, text in pages(course):
            path = work / "source" / f"{page}.md"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        _run_sphinx(course, work)
        try:
            _publish(work / "site", folder, old)
        except OSError as error:
            raise NoCourse(f"{folder} cannot be written: {error.strerror}") from None
    return folder / "index.html"


def _run_sphinx(course: Course, work: Path) -> None:
    try:
        import furo  # noqa: F401
        import myst_parser  # noqa: F401
        from sphinx.application import Sphinx
        from sphinx.util.docutils import docutils_namespace, patch_docutils
    except ImportError:
        raise NoCourse("a site needs Sphinx: pip install 'gradschool[docs]'") from None
    warnings = io.StringIO()
    title = {"project": course.name, "html_title": course.name}
    with patch_docutils(work / "source"), docutils_namespace():
        site = Sphinx(
            srcdir=work / "source",
            confdir=None,
            outdir=work / "site",
            doctreedir=work / "doctrees",
            buildername="html",
            confoverrides={**SETTINGS, **title},
            status=None,
            warning=warnings,
            freshenv=True,
        )
        site.build(force_all=True)
    if said := COLOUR.sub("", warnings.getvalue()).strip():
        raise CourseError(f"the site cannot be built: {said.splitlines()[0]}")


def _listed(folder: Path) -> list[Path]:
    """The files of an earlier site in the folder.  Raises NoCourse where it is not a site."""
    listing = folder / LISTING
    if listing.is_file():
        names = listing.read_text(encoding="utf-8").splitlines()
        inside = folder.resolve()
        return [folder / name for name in names if (folder / name).resolve().is_relative_to(inside)]
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NoCourse(f"{folder} holds something else: name a new or empty folder for the site")
    return []


def _publish(site: Path, folder: Path, old: list[Path]) -> None:
    made = sorted(path.relative_to(site) for path in site.rglob("*") if path.is_file())
    made = [path for path in made if path.name not in NOT_PUBLISHED]
    for path in old:
        path.unlink(missing_ok=True)
    for path in made:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(site / path, folder / path)
    listing = "".join(f"{path.as_posix()}\n" for path in made)
    (folder / LISTING).write_text(listing, encoding="utf-8", newline="\n")
