"""`grade watch`: on every save the exercises that changed are graded, and the verdict is drawn."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from rich.console import RenderableType
from rich.text import Text

from grader.blocks import changed, parses
from grader.course import Chapter, Exercise
from grader.progress import load_progress
from grader.report.model import ChapterReport
from grader.student_commands import chapter_list, next_hint, next_step, what_to_do
from grader.submission import UnreadableSubmission
from grader.watch.judge import Judge
from grader.watch.keys import RESIZED, SAVED, Keyboard, Signals, ready
from grader.watch.screen import Picture, Screen, headline, verdict
from grader.workspace import Workspace

SETTLING = 0.2
"""Seconds that a file which is empty, gone or no Python gets: it may be half-written."""


def watch_here(workspace: Workspace, chosen: tuple[Chapter, Exercise | None] | None) -> None:
    """Watch until `q`.  Raises UnreadableSubmission where there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UnreadableSubmission("watch needs a terminal: use grade ch3 to grade once")
    if importlib.util.find_spec("termios") is None:
        raise UnreadableSubmission("watch needs a POSIX terminal: use grade ch3 to grade once")
    watcher = Watcher(workspace, chosen)
    try:
        watcher.run()
    except KeyboardInterrupt:
        watcher.leave = True
    finally:
        watcher.judge.close()


class Watcher:
    """The chapter and exercise at hand, what was last graded, and what is on the screen."""

    def __init__(
        self, workspace: Workspace, chosen: tuple[Chapter, Exercise | None] | None
    ) -> None:
        self.workspace = workspace
        self.chapters = (chosen[0],) if chosen else workspace.course.chapters
        self.progress = load_progress(workspace.folder)
        step = next_step(workspace, self.progress, self.chapters)
        first = step.exercise if step else self.chapters[0].exercises[0]
        self.exercise = (chosen and chosen[1]) or first
        self.chapter = workspace.course.chapter(self.exercise.chapter)
        self.judge = Judge(workspace, self.chapter)
        self.texts = {one.id: workspace.source(one) for one in self.chapters}
        self.headline: RenderableType = Text("")
        self.body: Sequence[RenderableType] = ()
        self.settled: float | None = None
        self.leave = False
        self.keys: dict[str, Callable[[], None]] = {
            "h": self.hint,
            "n": self.next,
            "l": self.list,
            "r": lambda: self.check((self.exercise.name,)),
            "c": lambda: self.check(tuple(one.name for one in self.chapter.exercises)),
            "q": self.quit,
        }

    def run(self) -> None:
        """Draw and react until it is time to leave."""
        with ExitStack() as stack:
            keyboard = stack.enter_context(Keyboard(sys.stdin.fileno()))
            screen = stack.enter_context(Screen())
            signals = stack.enter_context(Signals(self.workspace.folder))
            self.begin()
            while not self.leave:
                screen.draw(self.picture())
                self.react(keyboard, signals, screen)

    def begin(self) -> None:
        """Say what to do; have an exercise that is begun checked at once."""
        self.next(move=False)
        standings = self.workspace.standings(self.chapter, self.progress)
        if any(one.exercise == self.exercise and one.state == "started" for one in standings):
            self.check((self.exercise.name,))

    def react(self, keyboard: Keyboard, signals: Signals, screen: Screen) -> None:
        """Wait for the next thing to happen and deal with it."""
        left = None if self.settled is None else max(0.0, self.settled - time.monotonic())
        judge = [] if self.judge.ended else [self.judge.connection]
        happened = ready([keyboard.descriptor, signals.awake, *judge], left)
        heard = signals.heard() if signals.awake in happened else b""
        if RESIZED in heard:
            screen.forget()
        if self.judge.connection in happened:
            self.answered()
        if SAVED in heard or not happened:
            self.saved()
        if keyboard.descriptor in happened:
            for key in keyboard.pressed().lower():
                self.keys.get(key, lambda: None)()

    def saved(self) -> None:
        """Compare files with what was graded last; grade what changed."""
        now = time.monotonic()
        over = self.settled is not None and now >= self.settled
        for chapter in self.chapters:
            before, after = self.texts[chapter.id], self.workspace.source(chapter)
            if after == before:
                continue
            if not over and (not after or not parses(after)):
                self.settled = self.settled or now + SETTLING
                return
            self.texts[chapter.id] = after
            self.compare(chapter, before, after)
        self.settled = None

    def compare(self, chapter: Chapter, before: str | None, after: str | None) -> None:
        """The chapter's file has another text now, or none."""
        shown = self.workspace.shown(self.workspace.file(chapter))
        if after is None:
            self.headline = Text(f"{shown} is gone: waiting for it to come back", "bold yellow")
            self.body = ()
            return
        names = [one.name for one in chapter.exercises]
        different = changed(before or "", after, names) if before else [self.exercise.name]
        if chapter != self.chapter:
            self.judge.close()
            self.chapter, self.judge = chapter, Judge(self.workspace, chapter)
            self.exercise = chapter.exercises[0]
            different = [name for name in different if name in names] or names[:1]
        if not different:
            self.headline = Text("saved: no exercise changed")
            return
        if self.exercise.name not in different:
            self.exercise = chapter.exercise(different[0])
        self.check(tuple(different))

    def check(self, names: tuple[str, ...]) -> None:
        """Have exercises graded; the answer comes when it comes."""
        what = f"{self.chapter.id}.{names[0]}" if len(names) == 1 else f"{len(names)} exercises"
        self.headline = Text(f"checking {what}…", "bold yellow")
        self.body = ()
        if self.judge.ended:
            self.judge.close()
            self.judge = Judge(self.workspace, self.chapter)
        self.judge.ask(names)

    def answered(self) -> None:
        """Draw a verdict, unless it is about something that has changed meanwhile."""
        answer = self.judge.hear()
        if answer is None:
            return
        if answer.report is None:
            self.headline, self.body = Text(answer.problem, "bold red"), ()
            return
        self.judged(answer.report)

    def judged(self, report: ChapterReport) -> None:
        self.progress = self.workspace.remember([report])
        self.headline, self.body = headline(report), verdict(report)
        if report.passed and len(report.exercises) == 1:
            self.body = [*self.body, Text("\nn goes on to the next exercise", "dim")]

    def hint(self) -> None:
        """One step more towards the exercise at hand, below what is there."""
        self.progress = load_progress(self.workspace.folder)
        text = next_hint(self.exercise, None, self.progress)
        self.progress.save()
        self.body = [*self.body, Text(f"\nhint for {self.exercise.name}  ", "cyan").append(text)]

    def next(self, move: bool = True) -> None:
        """Go to the exercise to do now and say where it is."""
        self.progress = load_progress(self.workspace.folder)
        try:
            step = next_step(self.workspace, self.progress, (self.chapter,))
        except UnreadableSubmission as error:
            self.headline, self.body = Text(str(error), "bold yellow"), ()
            return
        if step is None:
            self.headline, self.body = Text(f"{self.chapter.id} is done.", "bold green"), ()
            return
        if move:
            self.exercise = step.exercise
        place, *what, _ = what_to_do(self.workspace, step)
        self.headline = Text(f"next: {place}", "bold")
        self.body = [*map(Text, what), Text("Write it and save: it is checked at once.", "dim")]

    def list(self) -> None:
        lines = chapter_list(self.workspace, self.chapter, self.progress)
        self.headline, self.body = Text(next(lines), "bold"), [Text(line) for line in lines]

    def quit(self) -> None:
        self.leave = True

    def picture(self) -> Picture:
        standings = self.workspace.standings(self.chapter, self.progress)
        title = f"{self.chapter.id} · {self.chapter.title}"
        return Picture(title, self.headline, self.body, standings)
