"""`grade watch`: on every save the exercises that changed are graded, and the verdict is drawn."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from rich.console import RenderableType
from rich.text import Text

from grader.course.model import Chapter, Exercise
from grader.report.model import ChapterReport
from grader.student.commands import chapter_list, next_hint, next_step, what_to_do
from grader.student.progress import load_progress
from grader.student.workspace import Workspace
from grader.submission.blocks import users
from grader.submission.errors import UnreadableSubmission
from grader.watch import view
from grader.watch.events import Event, Events, Pressed, Resized, Touched
from grader.watch.files import Files
from grader.watch.judge import MOST, Heard, Judge, Judges
from grader.watch.keys import keyboard
from grader.watch.reading import Reading, differing, read
from grader.watch.screen import Screen
from grader.watch.signals import Signals
from grader.watch.view import Picture

SETTLING = 0.2
"""Seconds that a file which is empty, gone or no Python gets: it may be half-written."""


def watch_here(workspace: Workspace, chosen: tuple[Chapter, Exercise | None] | None) -> None:
    """Watch until `q`.  Raises UnreadableSubmission where there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UnreadableSubmission("watch needs a terminal: use grade ch3 to grade once")
    events = Events()
    keys = keyboard(events)
    if keys is None:
        raise UnreadableSubmission("watch cannot read single keys here: use grade ch3 instead")
    watcher = Watcher(workspace, chosen, events)
    screen = Screen()
    try:
        with ExitStack() as stack:
            stack.enter_context(keys)
            stack.enter_context(screen)
            stack.enter_context(Signals(events, keys, screen))
            stack.enter_context(Files(workspace.folder, events))
            watcher.run(screen)
    except KeyboardInterrupt:
        pass  # Ctrl-C is another way to say `q`
    finally:
        watcher.judges.close()


class Watcher:
    """The chapter and exercise at hand, what was last graded, and what is on the screen."""

    def __init__(
        self, workspace: Workspace, chosen: tuple[Chapter, Exercise | None] | None, events: Events
    ) -> None:
        self.workspace, self.events = workspace, events
        self.chapters = (chosen[0],) if chosen else workspace.course.chapters
        self.progress = load_progress(workspace.folder)
        step = next_step(workspace, self.progress, self.chapters)
        first = step.exercise if step else self.chapters[0].exercises[0]
        self.exercise = (chosen and chosen[1]) or first
        self.judges = Judges(workspace, events)
        self.chapter = workspace.course.chapter(self.exercise.chapter)
        self.judge: Judge = self.judges.of(self.chapter)
        self.seen = {one.id: read(workspace, one) for one in self.chapters}
        self.graded = dict(self.seen)
        self.following: tuple[str, ...] = ()
        self.first: ChapterReport | None = None
        self.headline: RenderableType = Text("")
        self.verdict: RenderableType = Text("")
        self.body: Sequence[RenderableType] = ()
        self.hints: list[str] = []
        self.page: Callable[[], None] | None = None
        self.settled: float | None = None
        self.since: float | None = None
        self.checking = Text("")
        self.leave = False
        self.keys: dict[str, Callable[[], None]] = {
            "h": self.hint,
            "n": self.next,
            "l": self.list,
            "r": lambda: self.check((self.exercise.name,)),
            "c": lambda: self.check(tuple(one.name for one in self.chapter.exercises)),
            "q": self.quit,
        }

    def run(self, screen: Screen) -> None:
        """Draw and react until it is time to leave."""
        self.begin()
        while not self.leave:
            screen.draw(self.picture())
            event = self.events.next(self.patience())
            if isinstance(event, Resized):
                screen.forget()
            self.react(event)

    def patience(self) -> float | None:
        """Seconds until something is due though nothing happens; None for no end."""
        now = time.monotonic()
        left = [] if self.settled is None else [max(0.0, self.settled - now)]
        if self.since is not None:
            left.append(1 - (now - self.since) % 1)
        return min(left, default=None)

    def begin(self) -> None:
        """Say what to do; have an exercise that is begun checked at once."""
        self.to_do()
        standings = self.workspace.standings(self.chapter, self.progress)
        if any(one.exercise == self.exercise and one.state == "started" for one in standings):
            self.check((self.exercise.name,))

    def react(self, event: Event | None) -> None:
        """Deal with what happened; nothing has where a file had time to become whole."""
        if isinstance(event, Heard):
            if self.judge.answers(event):
                self.answered(event)
        elif isinstance(event, Pressed):
            for key in event.keys.lower():
                self.keys.get(key, lambda: None)()
        elif isinstance(event, Touched):
            self.saved()
            self.warm(event.names)
        elif event is None:
            self.saved()

    def warm(self, names: frozenset[str]) -> None:
        """A file of another chapter is being opened or saved: its judge may start loading."""
        others = [one for one in self.chapters if any(one.module in name for name in names)]
        if len(others) < MOST:
            for chapter in others:
                self.judges.of(chapter)
            self.judges.of(self.chapter)

    def saved(self) -> None:
        """Compare files with what was graded last; grade what changed."""
        now = time.monotonic()
        over = self.settled is not None and now >= self.settled
        for chapter in sorted(self.chapters, key=lambda one: one != self.chapter):
            after = read(self.workspace, chapter)
            if after == self.seen[chapter.id]:
                continue
            if not over and after.half_written:
                self.settled = self.settled or now + SETTLING
                return
            before, self.seen[chapter.id] = self.seen[chapter.id], after
            self.go_to(chapter)
            self.compare(after, restored=before.half_written)
        self.settled = None

    def go_to(self, chapter: Chapter) -> None:
        if chapter != self.chapter:
            self.chapter, self.exercise, self.hints = chapter, chapter.exercises[0], []

    def trouble(self, reading: Reading) -> None:
        """Say what is wrong with what cannot be graded; the last verdict stays known."""
        error = reading.syntax_error(self.exercise.name)
        self.judge.forget()
        self.following, self.page, self.since = (), None, None
        self.headline, self.body = view.trouble(reading.problem, error, self.verdict)

    def compare(self, after: Reading, restored: bool) -> None:
        """Grade what differs from the last text that could be graded, and is Python."""
        before = self.graded[self.chapter.id]
        names = [one.name for one in self.chapter.exercises]
        changed = differing(before, after, names) if before.submission else []
        different = after.gradable(changed)
        if after.half_written and not different:
            if changed and self.exercise.name not in changed:
                self.exercise, self.hints = self.chapter.exercise(changed[0]), []
            self.trouble(after)
            return
        self.graded[self.chapter.id] = after
        if not different and restored:
            different = [self.exercise.name]
        if not different:
            self.headline = Text("saved: no exercise changed")
            return
        if self.exercise.name not in different:
            self.exercise, self.hints = self.chapter.exercise(different[0]), []
        self.check(tuple(different), tuple(users(after.source, different, names)))

    def check(self, names: tuple[str, ...], following: tuple[str, ...] = ()) -> None:
        """Have exercises graded, then the `following`; the answers come when they come."""
        reading = self.seen[self.chapter.id]
        if not reading.gradable(names):
            self.trouble(reading)
            return
        self.following, self.first, self.page = following, None, None
        self.since = time.monotonic()
        self.checking = view.checking(self.chapter, names)
        self.headline, self.body = self.checking, ()
        self.judge = self.judges.of(self.chapter)
        self.judge.ask(names)

    def answered(self, heard: Heard) -> None:
        """Draw a verdict, below the one on what it uses if there is one."""
        report, self.since = heard.answer.report, None
        if report is None:
            self.headline, self.body = Text(heard.answer.problem, "bold red"), ()
            self.page = None
            return
        self.progress = self.workspace.remember([report])
        if self.first is None:
            self.first = report
            self.headline = self.verdict = view.headline(report)
            self.body = view.verdict(report, self.hints_left(report))
            if self.following:
                self.body = [*self.body, view.checking_users(self.following)]
                self.judge.ask(self.following)
                self.since = time.monotonic()
        else:
            self.body = [*view.verdict(self.first, None), *view.users(self.first, report)]
        if self.page:
            self.page()

    def hints_left(self, report: ChapterReport) -> str | None:
        """What key helps now."""
        if any(one.id == self.exercise.id and one.passed for one in report.exercises):
            self.hints = []
            return "n goes on to the next exercise" if len(report.exercises) == 1 else None
        return None

    def hint(self) -> None:
        """One step more towards the exercise at hand."""
        self.progress = load_progress(self.workspace.folder)
        text = next_hint(self.exercise, None, self.progress)
        self.progress.save()
        if text not in self.hints:
            self.hints.append(text)

    def next(self) -> None:
        """Go to the exercise to do now: in this chapter, or in another that is watched."""
        self.progress = load_progress(self.workspace.folder)
        step = None
        for chapters in ((self.chapter,), self.chapters):
            try:
                step = step or next_step(self.workspace, self.progress, chapters)
            except UnreadableSubmission as error:
                self.headline, self.body = Text(str(error), "bold yellow"), ()
                return
        if step is not None and step.exercise != self.exercise:
            self.go_to(self.workspace.course.chapter(step.exercise.chapter))
            self.exercise, self.hints = step.exercise, []
            self.judges.of(self.chapter)
        self.to_do()

    def to_do(self) -> None:
        """Say where the exercise to do now is."""
        self.page = None
        try:
            step = next_step(self.workspace, self.progress, (self.chapter,))
        except UnreadableSubmission as error:
            self.headline, self.body = Text(str(error), "bold yellow"), ()
            return
        if step is None:
            self.headline, self.body = Text(f"{self.chapter.id} is done.", "bold green"), ()
            return
        place, *what, _ = what_to_do(self.workspace, step)
        self.headline, self.body = view.to_do(place, what)

    def list(self) -> None:
        """The chapter's exercises; a verdict that comes meanwhile stands above them."""
        lines = list(chapter_list(self.workspace, self.chapter, self.progress))
        if self.page is None:
            self.headline = Text(lines[0], "bold")
        self.page, self.body = self.list, [Text(line) for line in lines[1:]]

    def quit(self) -> None:
        self.leave = True

    def picture(self) -> Picture:
        standings = self.workspace.standings(self.chapter, self.progress)
        title = f"{self.chapter.id} · {self.chapter.title}"
        hints = [view.hint(self.exercise, text) for text in self.hints]
        headline = self.headline
        if self.since is not None and headline is self.checking:
            headline = view.lasting(self.checking, time.monotonic() - self.since)
        return Picture(title, headline, [*hints, *self.body], standings)
