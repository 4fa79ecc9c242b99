"""Parts of a report as plain text: for formats that know no layout but lines."""

from __future__ import annotations

from collections.abc import Iterator

from grader.report.model import ChapterReport, CheckReport, Counterexample, ExerciseReport
from grader.report.text import harmless


def points(score: float, most: float) -> str:
    """`5.15 / 12`."""
    return f"{score:g} / {most:g}"


def explained(report: ExerciseReport, check: CheckReport) -> str:
    """What became of a check: its counterexample, and the mistake that this shows."""
    parts = list(_counterexample(check.counterexample)) if check.counterexample else []
    if check in report.shown[:1]:
        parts += _about(report)
    parts += _mistakes(report, check)
    return "\n".join(parts)


def failure(report: ExerciseReport) -> str:
    """Why an exercise failed, headed by the checks that say so; empty where none is shown."""
    parts = [part for check in report.shown for part in (titled(check), explained(report, check))]
    return "\n".join(filter(None, parts))


def titled(check: CheckReport) -> str:
    """A check's title, and its status where that says more than passed or failed."""
    title = harmless(check.title)
    return title if check.status in ("passed", "failed") else f"{title} ({harmless(check.status)})"


def notes(report: ChapterReport) -> str:
    """What was noticed about the file as a whole."""
    return "\n".join(harmless(note) for note in report.notes)


def _counterexample(shown: Counterexample) -> Iterator[str]:
    for call in shown.calls:
        about = f"   {harmless(call.about)}" if call.about else ""
        yield f"{harmless(call.function)}({', '.join(map(harmless, call.arguments))}){about}"
        for name, value in call.arguments.items():
            yield _labelled(f"  {harmless(name)} =", value)
        if call.warned:
            yield _labelled("  warning:", call.warned)
        if call.printed:
            yield _labelled("  printed:", call.printed)
    yield from _compared(shown.expected, shown.got, shown.message)


def _compared(expected: str | None, got: str | None, message: str) -> Iterator[str]:
    if expected is not None:
        yield _labelled("expected", expected)
    if got is not None:
        yield _labelled("got     ", got)
    if message:
        yield harmless(message)


def _about(report: ExerciseReport) -> Iterator[str]:
    if report.waits_for:
        yield harmless(report.standing)
    if report.near:
        yield harmless(f"The file defines {report.near}: rename it, or grade it {report.renaming}")
    if report.note:
        yield harmless(report.note)


def _mistakes(report: ExerciseReport, check: CheckReport) -> Iterator[str]:
    for mistake in report.mistakes_at(check):
        if mistake.message:
            yield from _compared(mistake.expected, mistake.got, mistake.message)
        yield f"likely mistake: {harmless(mistake.name)}"
        yield harmless(mistake.hint)


def _labelled(label: str, value: str) -> str:
    """A value behind its label, further lines below the first."""
    return f"{label} " + harmless(value).rstrip().replace("\n", "\n" + " " * (len(label) + 1))
