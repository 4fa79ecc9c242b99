"""A classroom of a small course."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grader.course.reading import load_module


@pytest.fixture(scope="session")
def small() -> ModuleType:
    """The small course's texts and helpers."""
    return load_module(Path(__file__).with_name("small_class.py"), "small_class")


@pytest.fixture
def classroom(small: ModuleType, tmp_path: Path, bubblewrap: object) -> Any:
    return small.Classroom(small.written(tmp_path / "course"))
