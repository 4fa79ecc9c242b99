"""What a submission may use.  The one place; a chapter may override single values."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1024 * 1024

LOAD_MARGIN = 15.0
"""Seconds more, for imports that are not interrupted and a machine that has other things to do."""


@dataclass(frozen=True)
class Limits:
    """Limits of one submission's sandbox; sizes in bytes, times in seconds.

    `call_seconds` and `chapter_seconds` are processor time of a worker and all that it started:
    other programs on the machine cost none of it.  `call_idle_seconds` and `chapter_idle_seconds`
    are a clock behind it, which counts only while none of these processes runs or waits for a
    core.  `memory` is what they may have in memory together, `address_space` what each may map.

    Loading its file has accounts of its own, in seconds of processor time too: what stands outside
    of functions cannot cost what is defined above or below it.  It may wait for `idle_seconds`.
    """

    call_seconds: float = 2.0
    call_idle_seconds: float = 10.0
    definitions_seconds: float = 10.0
    outside_seconds: float = 4.0
    idle_seconds: float = 3.0
    chapter_seconds: float = 60.0
    chapter_idle_seconds: float = 60.0
    start_seconds: float = 30.0
    judge_seconds: float = 20.0
    memory: int = 2048 * MB
    address_space: int = 2048 * MB
    processes: int = 64
    open_files: int = 64
    file_size: int = 16 * MB
    printed: int = 1 * MB
    frame: int = 16 * MB

    @property
    def load_seconds(self) -> float:
        """What loading a file may take before it is given up."""
        return self.definitions_seconds + self.outside_seconds + self.idle_seconds + LOAD_MARGIN
