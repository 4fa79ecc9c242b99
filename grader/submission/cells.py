"""A notebook's cell as Python, by the rules of IPython's `inputtransformer2`.

Magics, shell lines and questions are no Python.  They become `pass`, or None where their answer is
assigned, and every line stays where it was, so that an error is found where the student wrote it.
The rules stand here once more because a report must not depend on whether IPython is installed; a
test compares them with IPython's own.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

OTHER_LANGUAGES = frozenset(
    "! sx system sh bash zsh script cmd powershell html svg latex markdown javascript js "
    "typescript perl ruby python2 pypy python python3 R rpy julia sql bigquery cython cpp".split()
)
"""Cell magics whose body is not run in the notebook's own namespace."""

WRITES = frozenset({"writefile", "file"})
RUNS_ITS_LINE = frozenset({"time", "prun"})
"""Line magics that run the statement behind them where names are kept."""

AUTOMAGIC = frozenset(
    "pip conda mamba micromamba uv cd ls ll la pwd cat cp mv rm rmdir mkdir man more less clear "
    "history who whos reset load_ext matplotlib pylab env time timeit run".split()
)
"""First words of a cell of one line that IPython takes for a magic without its sign."""

ESCAPES = "!%?,;/"
INDENT = re.compile(r"[ \t]*")
PROMPTS = (re.compile(r">>>(?: |$)"), re.compile(r"\s*In \[\d+\]:(?: |$)"))
AGAIN = (re.compile(r"(?:>>>|\.\.\.)(?: |$)"), re.compile(r"\s*(?:In \[\d+\]:|\.{3,}:)(?: |$)"))
"""Prompts of a first line that was copied from a session, and of any of its lines."""

PIECE = re.compile(
    r"""
    (?P<triple>\"{3}|'{3}) | "(?:\\.|[^"\\])*(?:"|\\?$) | '(?:\\.|[^'\\])*(?:'|\\?$)
    | (?P<comment>\#.*) | (?P<open>[(\[{]) | (?P<close>[)\]}])
    | (?P<assign>(?<![=!<>:+\-*/%@&|^~])=(?!=)) | (?P<continued>\\$)
    """,
    re.VERBOSE,
)
ANSWER = re.compile(r"\s*(?:!|%(?=[A-Za-z_]))")
RUN = re.compile(r"%run\s+(?:-i\s+)?([A-Za-z_]\w*)\.py\s*$")


@dataclass
class Python:
    """What a cell comes to: its lines, and the modules that it writes, by their file names."""

    lines: list[str]
    written: dict[str, str] = field(default_factory=dict)


def python_of(source: str) -> Python:
    """The cell in Python, line for line."""
    lines = _without_prompts(_dedented(source.split("\n")))
    first = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    if first == len(lines):
        return Python(lines)
    head, body = lines[first], lines[first + 1 :]
    if head.startswith("%%") and not re.match(r"%%\w+\?", head):
        return _of_cell_magic(head, body, lines[:first])
    if not any(line.strip() for line in body) and _is_automagic(head):
        return Python([*lines[:first], f"pass  # {head}", *body])
    return Python(_without_escapes(lines))


def _of_cell_magic(head: str, body: list[str], before: list[str]) -> Python:
    name, _, rest = head[2:].strip().partition(" ")
    commented = [*before, f"#{head}"]
    if name in WRITES:
        *options, path = rest.split() or [""]
        text = "\n".join([*body, ""])
        appended = {"-a", "--append"} & set(options)
        written = {f"+{path}" if appended else path: text} if path.endswith(".py") else {}
        return Python([*commented, *_blank(body)], written)
    if name in OTHER_LANGUAGES or name.startswith("!"):
        return Python([*commented, *_blank(body)])
    inner = python_of("\n".join(body)) if body else Python([])
    return Python([*commented, *inner.lines], inner.written)


def _blank(lines: list[str]) -> list[str]:
    """As many lines with nothing in them: what follows stays where it was."""
    return [""] * len(lines)


def _dedented(lines: list[str]) -> list[str]:
    """Take the first line's indentation away from every line that has it."""
    first = next((line for line in lines if line.strip()), "")
    space = INDENT.match(first)[0]  # type: ignore[index]
    return [line.removeprefix(space) for line in lines] if space else lines


def _without_prompts(lines: list[str]) -> list[str]:
    """Take away `>>>` or `In [1]:` where a session was pasted."""
    content = [line for line in lines if line.strip()]
    for first, any_line in zip(PROMPTS, AGAIN, strict=True):
        if content and (first.match(content[0]) or (content[1:] and any_line.match(content[1]))):
            return [any_line.sub("", line, count=1) for line in lines]
    return lines


def _is_automagic(line: str) -> bool:
    word, _, rest = line.partition(" ")
    if word not in AUTOMAGIC or rest.lstrip().startswith(("=", ",", "(")):
        return False
    try:
        ast.parse(line)
    except (SyntaxError, ValueError):
        return True
    return not rest


def _without_escapes(lines: list[str]) -> list[str]:
    """Replace what begins with an escape, ends with a question or is assigned from a magic."""
    kept, at = list[str](), 0
    while at < len(lines):
        if lines[at].lstrip()[:1] in ESCAPES and lines[at].strip():
            end = _end_of_continued(lines, at)
            kept += _escaped(lines[at:end])
        else:
            end, assigned, asks = _logical_line(lines, at)
            if assigned:
                kept += [f"{assigned}None", *_blank(lines[at + 1 : end])]
            else:
                kept += _passed(lines[at:end]) if asks else lines[at:end]
        at = end
    return kept


def _escaped(lines: list[str]) -> list[str]:
    """A magic or shell line; some magics run the Python behind them."""
    text = lines[0].lstrip()
    indent = lines[0][: len(lines[0]) - len(text)]
    if ran := RUN.match(text):
        return [f"{indent}from {ran[1]} import *"]
    name, _, statement = text[1:].partition(" ")
    if text[0] == "%" and name in RUNS_ITS_LINE and statement.strip() and len(lines) == 1:
        return [f"{indent}{statement.lstrip()}"]
    return _passed(lines)


def _passed(lines: list[str]) -> list[str]:
    text = lines[0].lstrip()
    indent = lines[0][: len(lines[0]) - len(text)]
    return [f"{indent}pass  # {text}", *_blank(lines[1:])]


def _end_of_continued(lines: list[str], at: int) -> int:
    while lines[at].endswith("\\") and at + 1 < len(lines):
        at += 1
    return at + 1


def _logical_line(lines: list[str], at: int) -> tuple[int, str, bool]:
    """Where a statement's line ends; what stands before a magic that is assigned; if it asks.

    Brackets, long strings and backslashes carry on a line, and what begins with `%` within is
    arithmetic.
    """
    depth, quote, end = 0, "", at
    while end < len(lines):
        line, place, continued, code = lines[end], 0, False, len(lines[end])
        while True:
            if quote:
                closed = _closing(line, place, quote)
                if closed is None:
                    break
                place, quote = closed, ""
            piece = PIECE.search(line, place)
            if piece is None:
                break
            place = piece.end()
            if piece["triple"]:
                quote = piece["triple"]
            elif piece["comment"]:
                code = piece.start()
            elif piece["assign"] and not depth and ANSWER.match(line, place):
                return _end_of_continued(lines, end), f"{line[:place]} ", False
            depth += bool(piece["open"]) - bool(piece["close"] and depth)
            continued = not piece["comment"] and piece[0].endswith("\\")
        end += 1
        if not (quote or depth or continued):
            return end, "", line[:code].rstrip().endswith("?") and not line[:code].isspace()
    return end, "", False


def _closing(line: str, start: int, quote: str) -> int | None:
    """Where a long string ends in the line."""
    while (found := line.find(quote, start)) >= 0:
        escapes = len(line[start:found]) - len(line[start:found].rstrip("\\"))
        if escapes % 2 == 0:
            return found + len(quote)
        start = found + 1
    return None
