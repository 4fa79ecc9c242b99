"""The formats that are text: which module draws which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from grader.report.model import ChapterReport

if TYPE_CHECKING:
    from grader.report.as_github import Place


def drawn(reports: list[ChapterReport], format: str, places: Mapping[str, Place]) -> str:
    """The reports in a format other than `terminal`; `places` says where exercises stand."""
    if format == "json":
        from grader.report.as_json import to_json

        return to_json(reports)
    if format == "junit":
        from grader.report.as_junit import to_junit

        return to_junit(reports)
    if format == "gradescope":
        from grader.report.as_gradescope import to_gradescope

        return to_gradescope(reports)
    if format == "github":
        from grader.report.as_github import commands

        return commands(reports, places)
    if format == "html":
        from grader.report.as_page import page_html

        return page_html(reports)
    raise ValueError(f"there is no format {format}")
