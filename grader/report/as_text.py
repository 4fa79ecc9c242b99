"""A report as `grade` prints it, as text: without colours, 80 characters wide."""

from __future__ import annotations

import io

from rich.console import Console

from grader.report.failure import WIDTH
from grader.report.model import ChapterReport
from grader.report.terminal import print_reports


def to_text(report: ChapterReport) -> str:
    """One chapter in detail."""
    out = io.StringIO()
    print_reports(Console(file=out, width=WIDTH, highlight=False), [report], True, "")
    return out.getvalue()
