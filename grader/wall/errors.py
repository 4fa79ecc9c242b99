"""How a request to a submission can end other than with an answer."""

from __future__ import annotations


class SubmissionError(Exception):
    """The submission's own code raised, or does not offer what was asked for.

    `status` is `error`, `missing`, `not started` or `refused`; `type_names` the names of the
    error's class and its bases; `lines` the submission's own lines it passed through.
    """

    def __init__(
        self,
        status: str,
        type_names: tuple[str, ...] = (),
        text: str = "",
        lines: tuple[tuple[str, int], ...] = (),
    ) -> None:
        super().__init__(f"{type_names[0]}: {text}" if type_names else text)
        self.status, self.type_names, self.text, self.lines = status, type_names, text, lines


class SubmissionLost(BaseException):
    """The submission's process hung, died or broke the protocol in the middle of a check.

    Not an Exception: no check may catch it, and Hypothesis must not try to shrink it.  `status`
    is `timeout` or `crashed`.
    """

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status

    def __reduce__(self) -> tuple[type[SubmissionLost], tuple[str, str]]:
        return type(self), (self.status, str(self))


class SandboxError(Exception):
    """The sandbox itself does not start; no submission is to blame."""
