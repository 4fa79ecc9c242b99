"""A bad line costs only itself."""

from __future__ import annotations

import sys

import pytest

from grader.wall.inside.allowance import Allowance
from grader.wall.inside.loading import Loader


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    # Where a submission runs a stand-in takes the engine's place.
    monkeypatch.setitem(sys.modules, "grader", sys.modules["grader"])
    yield
    for name in ("mine", "other"):
        sys.modules.pop(name, None)


def load(source: str, notebook: bool = False, **others: str):
    loader = Loader("mine", {"mine": source, **others}, Allowance(2.0, 1.0, 1.0), notebook)
    module = loader.run()
    return module, [(one["types"][0], one["lines"][-1][1]) for one in loader.problems.told]


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
    loader = Loader("mine", {"mine": source + "\n"}, Allowance(2.0, 1.0, 1.0))
    assert loader.run().__name__ == "mine"
    assert len(loader.problems.told) == bool(source)


def test_other_files_of_the_folder_can_be_imported():
    module, problems = load("from other import value\n", other="value = 5\n")
    assert module.value == 5
    assert not problems


@pytest.mark.parametrize(
    "bad",
    [
        "return 1",
        "yield 1",
        "await something()",
        "break",
        "continue",
        "def bad(x, x):\n    return x",
        "def bad():\n    nonlocal x",
        "def bad(x):\n    global x",
        "nonlocal x",
        "class Bad:\n    return 1",
        "if True:\n    return 1",
        "def bad():\n    x = 1\n    global x",
        "from __future__ import braces",
        "x: int = (yield)",
        "[x async for x in y]",
        "*a, *b = 1, 2",
    ],
)
def test_what_parses_and_does_not_compile_costs_its_statement(bad):
    module, problems = load(f"first = 1\n{bad}\nlast = 2\n")
    assert (module.first, module.last) == (1, 2)
    ((kind, line),) = problems
    assert kind == "SyntaxError"
    assert 2 <= line <= 4


def test_definitions_that_do_not_compile_are_told_by_name():
    loader = Loader("mine", {"mine": "def f(x, x): pass\ndef g(\n"}, Allowance(2.0, 1.0, 1.0))
    loader.run()
    assert {name: one["text"] for name, one in loader.problems.uncompiled.items()} == {
        "f": "duplicate argument 'x' in function definition",
        "g": "'(' was never closed",
    }


def test_hints_are_never_evaluated():
    module, problems = load(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import absent\n"
        "def f(x: absent.Array, y: Later[int] | None = None) -> Float[Tensor, 'a b']:\n"
        "    z: nowhere = 1\n    return x\n"
        "class Node:\n    parents: tuple[Value, ...]\n    def add(self, o: Value) -> Node: ...\n"
        "top: Absent = 3\n"
    )
    assert not problems
    assert module.f(5) == 5
    assert module.top == 3


def test_dataclasses_named_tuples_and_type_hints_work_as_with_the_future():
    module, problems = load(
        "import typing\nfrom dataclasses import dataclass, field, fields, KW_ONLY\n"
        "from typing import ClassVar, NamedTuple\n"
        "class Pair(NamedTuple):\n    a: int\n    b: float = 2.0\n"
        "@dataclass\nclass Node:\n    count: ClassVar[int] = 0\n    x: int = 1\n    _: KW_ONLY\n"
        "    kids: list[Node] = field(default_factory=list)\n"
        "hints = typing.get_type_hints(Node)\nnames = [one.name for one in fields(Node)]\n"
    )
    assert not problems
    assert module.Pair(1) == (1, 2.0)
    assert module.names == ["x", "kids"]
    assert module.hints["kids"] == list[module.Node]


def test_hints_of_other_files_are_not_evaluated_either():
    module, problems = load("import other\n", other="def f(x: absent.Array): return x\n")
    assert not problems
    assert module.other.f(1) == 1


def test_a_notebook_may_await_and_a_file_may_not():
    source = "import asyncio\nasync def two():\n    await asyncio.sleep(0)\n    return 2\n"
    source += "value = await two()\n"
    module, problems = load(source, notebook=True)
    assert (module.value, problems) == (2, [])
    _, problems = load(source)
    assert problems == [("SyntaxError", 5)]


def test_awaiting_is_bounded():
    module, problems = load("import asyncio\nawait asyncio.sleep(60)\nlast = 1\n", notebook=True)
    assert module.last == 1
    assert problems == [("StillRunning", 2)]


def test_the_source_is_there_for_those_who_look():
    module, problems = load(
        "import inspect, linecache\ndef f():\n    return 1  # one\n"
        "text = inspect.getsource(f)\nclass K:\n    def g(self): pass\nk = inspect.getsource(K)\n"
        "def looking(g):\n    assert 'looked' in inspect.getsource(g)\n    return g\n"
        "@looking\ndef looked(): return 2\n"
        "code = compile('1 + 1', '<mine>', 'eval')\nspace = {}\nexec('two = 2', space)\n"
    )
    assert not problems
    assert module.text == "def f():\n    return 1  # one\n"
    assert module.k.startswith("class K:")
    assert (eval(module.code), module.space["two"]) == (2, 2)


def test_instances_can_be_pickled():
    module, problems = load(
        "import pickle\nclass K:\n    x = 1\nk = pickle.loads(pickle.dumps(K()))\n"
    )
    assert not problems
    assert (type(module.k), module.K.__module__) == (module.K, "mine")


def test_what_takes_long_outside_of_functions_costs_no_definition():
    busy = "while True:\n    pass\n"
    module, problems = load(f"def f(): return 1\n{busy}{busy}def g(): return 2\nlast = 3\n")
    assert (module.f(), module.g(), module.last) == (1, 2, 3)
    assert [kind for kind, _ in problems] == ["StillRunning", "StillRunning"]


def test_a_demonstration_within_its_account_is_run_to_its_end():
    source = "import time\nend = time.process_time() + 0.6\nn = 0\n"
    module, problems = load(source + "while time.process_time() < end:\n    n += 1\ndone = True\n")
    assert (module.done, problems) == (True, [])


def test_a_definition_that_does_not_end_is_interrupted():
    module, problems = load("class K:\n    while True:\n        pass\ndef f(): return 1\n")
    assert module.f() == 1
    assert problems[0][0] == "StillRunning"


def test_importing_a_library_is_not_interrupted(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "slow_library.py").write_text(
        "import time\nend = time.process_time() + 1.5\nwhile time.process_time() < end: pass\n"
        "whole = True\n"
    )
    module, problems = load("for _ in range(2):\n    import slow_library\nmore = 1\n")
    assert not problems
    assert module.slow_library.whole
    sys.modules.pop("slow_library")


def test_a_file_of_the_submission_that_does_not_end_is_no_library():
    module, problems = load("import other\nlast = 1\n", other="while True:\n    pass\n")
    assert module.last == 1
    assert problems[0][0] == "StillRunning"


def test_problems_are_told_up_to_a_number():
    source = "".join(f"a{n} = 1 / 0\n" for n in range(1000))
    loader = Loader("mine", {"mine": source}, Allowance(2.0, 2.0, 1.0))
    loader.run()
    assert (len(loader.problems.told), loader.problems.more) == (20, 980)
