"""What goes wrong on the judge's side."""


class JudgeError(Exception):
    """The grader itself is at fault; no mark may be given."""
