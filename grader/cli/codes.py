"""Exit codes, as README promises them."""

from enum import IntEnum


class Code(IntEnum):
    """What a run came to."""

    FULL_MARKS = 0
    POINTS_LOST = 1
    BAD_INPUT = 2
    GRADER_FAILED = 3
    INTERRUPTED = 130
