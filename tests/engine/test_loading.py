"""A bad line costs only itself."""

from __future__ import annotations

import sys

import pytest

from grader.wall.inside.loading import Loader


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    # Where a submission runs a stand-in takes the engine's place.
    monkeypatch.setitem(sys.modules, "grader", sys.modules["grader"])
    yield
    sys.modules.pop("mine", None)


def load(source: str, **others: str):
    loader = Loader("mine", {"mine": source, **others}, 1.0)
    return loader.run(), [(one["types"][0], one["lines"][-1][1]) for one in loader.problems]


def test_statements_after_a_failing_one_run():
    module, problems = load("a = 1\nb = 1 / 0\nc = 3\n")
    assert (module.a, module.c) == (1, 3)
    assert problems == [("ZeroDivisionError", 2)]


@pytest.mark.parametrize(
    "broken",
    ["def bad(:\n    return 1\n", "x = (1,\n", "def bad():\nreturn 1\n", "if True\n    x = 1\n"],
)
def test_a_syntax_error_costs_its_block(broken):
    module, problems = load(
        f"def first():\n    return 1\n\n{broken}\n\ndef last():\n    return 2\n"
    )
    assert module.first() == 1
    assert module.last() == 2
    assert problems[0][0] in ("SyntaxError", "IndentationError")


def test_decorated_functions_survive_a_syntax_error_elsewhere():
    source = "import functools\nx = (\n\n@functools.cache\ndef f():\n    return 1\n"
    module, _ = load(source)
    assert module.f() == 1
    assert hasattr(module.f, "cache_info")


def test_a_statement_that_does_not_end_is_interrupted():
    module, problems = load("while True:\n    pass\ndef f():\n    return 1\n")
    assert module.f() == 1
    assert problems[0][0] == "StillRunning"


def test_main_blocks_do_not_run():
    module, problems = load("ran = False\nif __name__ == '__main__':\n    ran = True\n")
    assert module.ran is False
    assert not problems


@pytest.mark.parametrize("source", ["", "\x00", "(" * 10_000, "-" * 100_000 + "1"])
def test_no_source_breaks_the_loader(source):
    loader = Loader("mine", {"mine": source + "\n"}, 1.0)
    assert loader.run().__name__ == "mine"
    assert len(loader.problems) == bool(source)


def test_other_files_of_the_folder_can_be_imported():
    module, problems = load("from other import value\n", other="value = 5\n")
    assert module.value == 5
    assert not problems
