"""What a submission may use.  The one place; a chapter may override single values."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Limits of one submission's sandbox; sizes in bytes, times in seconds of wall clock."""

    call_seconds: float = 2.0
    chapter_seconds: float = 60.0
    start_seconds: float = 30.0
    address_space: int = 2048 * MB
    processes: int = 64
    open_files: int = 64
    file_size: int = 16 * MB
    printed: int = 1 * MB
    frame: int = 64 * MB
