"""What a submission was asked, asked of those who may explain its answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.bank import Mistake
from grader.checks.answers import Local
from grader.judge.bounded import TooLong, bounded
from grader.judge.evidence import Answer, Item, also_changes, changed_inputs, looks_at_inputs
from grader.judge.likeness import LOOSE, STRICT, Likeness

Names = tuple[Mistake, ...]


@dataclass(frozen=True)
class Suspect:
    """What is tried as an explanation: a mistake, or two at once.

    `files` are those of code that nobody has tried before, and that may not come to an end.
    """

    names: Names
    implementation: Any
    files: frozenset[str] = frozenset()


REFERENCE = Suspect((), None)


@dataclass
class Replays:
    """Answers of suspects to the calls of a submission, each asked for once.

    `namespace` is the reference's: a suspect replaces one function of it, and the reference's own
    calls stay right.
    """

    namespace: Mapping[str, Any]
    answers: dict[tuple[int, bytes], Answer | None] = field(default_factory=dict)

    def answer(self, suspect: Suspect, item: Item) -> Answer | None:
        """What the suspect answers; None if it does not come to an end."""
        if suspect is REFERENCE:
            return item.due
        key = id(suspect), item.call.packed()
        if key not in self.answers:
            self.answers[key] = self._asked(suspect, item)
        return self.answers[key]

    def answered(self, suspect: Suspect, items: Iterable[Item]) -> list[tuple[Item, Answer]]:
        """The calls with what the suspect answers, where it does."""
        answers = ((item, self.answer(suspect, item)) for item in items)
        return [(item, answer) for item, answer in answers if answer is not None]

    def explain(self, suspect: Suspect, items: list[Item], how: Likeness) -> bool:
        """Whether the suspect answers all of these calls as the submission did."""
        raised = False
        for item in items:
            answer = self.answer(suspect, item)
            if answer is None:
                return False
            if not item.same(answer, how):
                if suspect is REFERENCE or not how.loose or not item.got.numeric:
                    return False
                raised = True
        return not raised or self._warns_where_raised(suspect, items)

    def show(self, suspect: Suspect, items: list[Item]) -> bool:
        """Whether the suspect answers so, and not as is due: the calls show what is wrong."""
        differs, raised = False, False
        for item in items:
            answer = self.answer(suspect, item)
            if answer is None:
                return False
            if looks_at_inputs(item.call) and item.got.error is None:
                changed = changed_inputs(item)
                if changed - also_changes(item, answer):
                    return False
                differs |= bool(changed)
            elif item.same(answer, STRICT) or item.same(answer, LOOSE):
                differs |= not Item(item.call, answer, item.due).same(item.due, STRICT)
            elif item.got.numeric:
                raised = True
            else:
                return False
        return self._warns_where_raised(suspect, items) if raised else differs

    def _warns_where_raised(self, suspect: Suspect, items: Iterable[Item]) -> bool:
        """Whether NumPy warns of the suspect's numbers just where the submission raised."""
        if suspect.files:
            return False
        backend = self._backend(suspect)
        return all(Answer.strictly(backend, one.call).numeric == one.got.numeric for one in items)

    def _asked(self, suspect: Suspect, item: Item) -> Answer | None:
        backend = self._backend(suspect)
        if not suspect.files:
            return Answer.of(backend, item.call)
        try:
            return bounded(lambda: Answer.of(backend, item.call), suspect.files)
        except TooLong:
            return None

    def _backend(self, suspect: Suspect) -> Local:
        return Local({**self.namespace, suspect.names[0].exercise: suspect.implementation})
