"""The one reader of Python's top level: what does not parse costs itself alone."""

from __future__ import annotations

import ast
import time

import pytest

from grader.python.division import divided
from grader.python.graph import affected, needed
from grader.python.lines import lines_of
from grader.python.toplevel import definition_of, top_level
from grader.submission.blocks import users
from grader.submission.shortcuts import find_shortcuts

GOOD = "import math\n\n\ndef area(r):\n    return math.pi * r**2\n"
LAST = "def last():\n    return 2\n"


def broken(source: str) -> list[tuple[int, str]]:
    return [(one.broken.line, one.broken.message) for one in top_level(source) if one.broken]


@pytest.mark.parametrize(
    ("bad", "line", "words"),
    [
        ("def bad(r:\n    return r\n", 7, "never closed"),
        ("def bad(r):\n    return (r\n", 8, "never closed"),
        ("def bad(r)\n    return r\n", 7, "expected ':'"),
        ('def bad(r):\n    """Open\n    return r\n', 8, "unterminated triple-quoted"),
        ('def bad(r):\n    """Doc."""\n    More.\n    """\n    return r\n', 9, ""),
        ("def bad(r):\n    x = 'open\n    return r\n", 8, "unterminated string"),
        ("def bad(r):\n\tx = 1\n        return x\n", 9, "inconsistent use of tabs"),
        ("def bad(r):\n    return “r”\n", 8, "U+201C"),
        ("def bad(r):\n\u00a0   return r\n", 8, "U+00A0"),
        ("def bad(r):\n    print 'r'\n", 8, "parentheses"),
        ("class bad:\n    def f(self)\n        pass\n", 8, "expected ':'"),
        ("@property\ndef bad(r):\n    return r +\n", 9, "invalid syntax"),
        ("def bad[T](r: T) -> T:\n    return r r\n", 7, ""),
        ("def bad(r):\n<<<<<<< HEAD\n    a = 1\n=======\n    a = 2\n>>>>>>> x\n", 8, "conflict"),
    ],
)
def test_a_definition_that_does_not_parse_costs_itself_alone(bad, line, words):
    source = f"{GOOD}\n{bad}\n{LAST}"
    assert {"area", "last"} <= {name for one in top_level(source) if one.node for name in one.binds}
    definition = definition_of(source, "bad")
    assert definition is not None
    assert definition.node is None
    ((number, message),) = broken(source)
    assert words in message
    assert number in (line, line + 1)
    assert lines_of(source)[number - 1] in bad


def test_every_such_block_is_found_and_not_only_the_first():
    source = f"def one(:\n    pass\n{GOOD}def two(:\n    pass\n{LAST}three = (\n"
    names = {name for one in top_level(source) if one.broken for name in one.binds}
    assert names == {"one", "two", "three"}


@pytest.mark.parametrize(
    "whole",
    [
        'TEXT = """\ndef f(:\nimport nothing\nx = 1\n"""\n',
        "TABLE = dict(\na=1,\nb=2,\n)\n",
        "x = 1 + \\\n2\n",
        "if True:\n    x = 1\n# a comment\nelse:\n    x = 2\n",
        "@decorate\n@twice(\n1)\ndef f():\n    pass\n",
        '"""Words\n=======\nat the margin (\n"""\n',
    ],
)
def test_what_is_whole_stays_whole_beside_what_is_not(whole):
    kept = [one.node for one in top_level(whole + "broken = = 1\n") if one.node]
    assert ast.dump(ast.Module(kept, [])) == ast.dump(ast.Module(ast.parse(whole).body, []))


def test_lines_are_those_of_the_file():
    source = "bad = = 1\n\n" + GOOD + "worse = (\n"
    node = definition_of(source, "area").node
    assert (node.lineno, node.body[0].lineno, node.body[0].end_lineno) == (6, 7, 7)
    assert definition_of(source, "area").text == "def area(r):\n    return math.pi * r**2"


def test_a_line_in_words_is_counted_from_the_files_beginning():
    source = f"{GOOD}\ndef bad(r):\n    return [r\n    )\n"
    assert broken(source) == [
        (9, "closing parenthesis ')' does not match opening parenthesis '[' on line 8")
    ]


def test_imports_in_a_conflict_are_all_made_and_definitions_are_not():
    source = "<<<<<<< HEAD\nimport math\n=======\nimport cmath\ndef f():\n    pass\n>>>>>>> x\n"
    kept = {name for one in top_level(source + GOOD) if one.node for name in one.binds}
    assert kept == {"math", "cmath", "area"}
    assert set(broken(source + GOOD)) == {(1, "conflict marker")}


def test_statements_of_one_line_have_texts_of_their_own():
    assert [one.text for one in top_level("a = 1; b = 2\nc = 3  # why\n")] == [
        "a = 1",
        "b = 2",
        "c = 3  # why",
    ]


def test_lines_end_where_python_ends_them():
    source = "a = '\u2028\x0c\x85'\r\nb = 2\rc = 3\n"
    assert [one.first for one in top_level(source)] == [1, 2, 3]


def test_who_needs_what_and_who_is_affected():
    statements = top_level("a = 1\nb = a\nc = b\nd = 4\nb2 = c = d\n")
    assert needed(statements, ["c"]) >= {"a", "b", "d"}
    assert affected(statements, ["a"]) == {"a": "a", "b": "a"}, "c is bound anew, without a"


LARGE = {
    "names in the worst order": "\n".join(f"a{i} = a{i + 1}" for i in range(30_000)),
    "names on one line": ";".join(f"a{i} = a{i + 1}" for i in range(30_000)),
    "one statement": ", ".join(f"a{i}" for i in range(30_000)) + " = a1, a2",
    "no Python": "\n".join(f"a{i} = = a{i + 1}" for i in range(10_000)),
    "every other line": "\n".join(f"a{i} = = 1\nb{i} = 2" for i in range(10_000)),
    "quotes": "\n".join(("a = '''", 'b = """')[i % 2] for i in range(20_000)) + "\n(",
    "brackets": "\n".join("a = (" for _ in range(20_000)),
    "a long text": 'a = """\n' + "\n".join("def f(): pass" for _ in range(20_000)) + '\n"""\n(',
    "attributes": "a = b" + ".c" * 2_000 + "\n",
}


@pytest.mark.parametrize("kind", LARGE)
def test_reading_is_linear(kind):
    source = LARGE[kind]
    began = time.process_time()
    top_level(source)
    find_shortcuts(source, ())
    users(source, ["a30000"], ["a0"])
    assert time.process_time() - began < 3, "quadratic would be a minute"


def test_a_marker_that_never_ends_is_a_conflict_of_its_line():
    pieces = divided(["a = 1", "<<<<<<< HEAD", "b = 2"])
    assert [one.broken.line for one in pieces if one.broken] == [2]
