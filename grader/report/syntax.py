"""What it means that text is no Python, for someone who wrote it as Python."""

from __future__ import annotations

import re
import sys
import unicodedata

COMMON = (
    (
        r"conflict marker",
        "Two versions of these lines stand one below the other, as git left them: keep one, and "
        "delete the lines that begin with <<<<<<<, ======= and >>>>>>>.",
    ),
    (
        r"^TabError|inconsistent use of tabs",
        "Some lines of this block are indented with tabs, others with spaces: use spaces only.",
    ),
    (
        r"expected an indented block",
        "What belongs to the line above stands further to the right than it.",
    ),
    (
        r"unindent does not match|unexpected indent",
        "Lines of one block begin in the same column.",
    ),
    (
        r"was never closed",
        "This bracket opens, and none closes it.",
    ),
    (
        r"^SyntaxError: (unmatched|closing parenthesis)",
        "A bracket closes here that was not opened, or one of another kind was.",
    ),
    (
        r"unterminated triple-quoted",
        'A text begins here and does not end: a docstring has """ before and after it.  Is there '
        'a """ too many above?',
    ),
    (
        r"unterminated (f-)?string",
        "The text that begins here has no closing quote on its line.",
    ),
    (
        r"Missing parentheses in call to '(print|exec)'",
        "This is Python 2: since Python 3 it is a function, called with round brackets.",
    ),
    (
        r"^SyntaxError: expected ':'",
        "The line that begins a block (def, class, if, for, while, with) ends with a colon.",
    ),
    (
        r"'(return|yield)' outside function",
        "It stands at the margin: indent it as far as the function that it belongs to.",
    ),
    (
        r"'(await|async \w+)' outside (async )?function|asynchronous comprehension outside",
        "Only an `async def`, and a cell of a notebook, may wait.",
    ),
    (
        r"'break' outside loop|'continue' not properly in loop",
        "No `for` or `while` is around it: is it indented far enough?",
    ),
    (
        r"duplicate argument",
        "Two parameters of one function cannot share a name.",
    ),
    (
        r"(no binding for|prior to|is parameter and|nonlocal at module|nonlocal and) ?\w*"
        r"|(global|nonlocal) declaration",
        "`global` and `nonlocal` say whose variable a name is: once, before it is used, and not "
        "for a parameter.",
    ),
    (
        r"positional argument follows keyword|non-default argument follows default",
        "What has no `name=` or default stands before what has one.",
    ),
    (
        r"null bytes",
        "It may have been saved in another encoding: save it as UTF-8.",
    ),
    (
        r"nested too deeply",
        "No right answer needs so many brackets or operators in one statement.",
    ),
    (
        r"^SyntaxError: invalid syntax$",
        "Python cannot read on from here: look at this line, and at the end of the one above it.",
    ),
)

NEWER = (
    (r"^(async +)?(def|class) +\w+ *\[", (3, 12)),
    (r"^type +\w+ *(\[.*\] *)?=", (3, 12)),
    (r"^except\*? +(?!.*\()[A-Z][\w.]*( *, *[A-Z][\w.]*)+ *:", (3, 14)),
    (r"(?<![\w\"'])([tT][rR]?|[rR][tT])[\"']", (3, 14)),
    (r"^lazy +(import|from) ", (3, 15)),
)
"""Lines that are Python only since a version."""

IN_FORMATTED = re.compile(r"f-string.*(backslash|'#'|expecting|unmatched|unterminated)|^f-string")
FORMATTED = re.compile(r"(?<!\w)(?:[fF][rR]?|[rR][fF])(?P<quote>\"\"\"|'''|\"|')")
PYTHON_2 = re.compile(r"^except +[\w.]+ *, *[a-z_]\w* *:")
CODE_POINT = re.compile(r"U\+([0-9A-F]{4,6})")
QUOTES = "“”„‟‘’‚‛«»‹›″′"
SIGNS = {"×": "*", "÷": "/", "·": "*", "≤": "<=", "≥": ">=", "≠": "!=", "²": "**2", "³": "**3"}


def syntax_advice(error: str, line: str) -> str | None:
    """A sentence for an error such as `SyntaxError: …` at a line of that text; None for none."""
    version = _since(error, line)
    if version is not None and sys.version_info[:2] < version:
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"Python {here} grades here; this is syntax of {version[0]}.{version[1]}."
    if PYTHON_2.search(line):
        return "This is Python 2: write `except Error as name`."
    if found := CODE_POINT.search(error):
        return _about_character(chr(int(found[1], 16)))
    return next((advice for pattern, advice in COMMON if re.search(pattern, error)), None)


def _since(error: str, line: str) -> tuple[int, int] | None:
    """The version of Python that first read such a line, if it is a newer kind of syntax."""
    if (IN_FORMATTED.search(error.partition(": ")[2]) or "invalid syntax" in error) and _nests(
        line
    ):
        return (3, 12)
    return next((version for pattern, version in NEWER if re.search(pattern, line)), None)


def _nests(line: str) -> bool:
    """Whether an f-string holds its own kind of quotes, a backslash or a comment in its braces."""
    for start in FORMATTED.finditer(line):
        quote, depth, place = start["quote"], 0, start.end()
        while place < len(line):
            if depth and line[place] in "\\#":
                return True
            if line.startswith(quote, place):
                if depth:
                    return line.count(quote, place) >= 2 and "}" in line[place:]
                break
            depth += {"{": 1, "}": -1}.get(line[place], 0)
            place += 1
    return False


def _about_character(character: str) -> str:
    """What a character is that Python does not read, and what to type instead."""
    name = unicodedata.name(character, f"character U+{ord(character):04X}").lower()
    category = unicodedata.category(character)
    if character in QUOTES:
        what = "Python reads straight quotes only, \" and '"
    elif category in ("Zs", "Zl", "Zp"):
        what = "it looks like a space: put an ordinary one in its place"
    elif category in ("Cf", "Cc", "Cn", "Co"):
        what = "it cannot be seen: delete it, or type the line anew"
    elif category == "Pd" or character == "\N{MINUS SIGN}":
        what = "Python's minus is the hyphen of the keyboard, -"
    elif character in SIGNS:
        what = f"Python writes {SIGNS[character]}"
    else:
        what = "Python has no use for it outside of texts and comments"
    return f"This character is a {name}, as it comes with copied text; {what}."
