"""Formulas of a docstring, written in Unicode, as LaTeX.

A solution's docstring is read in an editor, in a terminal and in a notebook.  It is written for
the first two; here it is set for the third.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

FUNCTIONS = {"log", "exp", "tanh", "max", "min", "sin", "cos"}
SYMBOLS = {
    "−": "-",
    "·": r"\cdot ",
    "⊙": r"\odot ",
    "←": r"\leftarrow ",
    "→": r"\to ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≠": r"\ne ",
    "≈": r"\approx ",
    "∈": r"\in ",
    "∞": r"\infty ",
    "×": r"\times ",
    "±": r"\pm ",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "∂": r"\partial ",
    "Σ": r"\sum ",
    "‖": r"\Vert ",
    "…": r"\dots ",
    "²": "^2",
    "ᵀ": r"^\top ",
    "½": r"\tfrac12 ",
    "{": r"\{",
    "}": r"\}",
    "%": r"\%",
    "#": r"\#",
    "&": r"\&",
}
GREEK = {
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "ε": r"\varepsilon",
    "η": r"\eta",
    "θ": r"\theta",
    "λ": r"\lambda",
    "μ": r"\mu",
    "σ": r"\sigma",
    "τ": r"\tau",
    "φ": r"\varphi",
}
ACCENTS = {"ŷ": r"\hat{y}", "m̂": r"\hat{m}", "v̂": r"\hat{v}", "x̂": r"\hat{x}", "x̄": r"\bar{x}"}
PLAIN = set(" 0123456789=+-*/^<>|()[],.:;'") | set("√")

TOKEN = re.compile(
    r"(?P<gap>\s{2,})"
    r"|(?P<word>(?:[A-Za-z]\u0302|[A-Za-zŷα-ω])[A-Za-z0-9-]*(?:_\{[^}]*\}|_[A-Za-z0-9]+)*)"
    r"|(?P<marked>[_^](?:\{[^}]*\}|[A-Za-z0-9]+))"
    r"|(?P<other>.)",
    re.DOTALL,
)

WORDS = re.compile(r"(\\text\{[^}]*)\} \\text\{")
SPACING = (
    (r"(?<!\\) (?=[)\],}^_'(\[])", ""),
    (r"(\\text\{[^}]*\}) (?=\w|\\(?:log|exp|sum|sigma|partial)\b)", r"\1\\; "),
    (r"(?<![A-Za-z\\])(\w) (?=\\text)", r"\1\\; "),
)


def is_formula(lines: list[str]) -> bool:
    """Whether a block states something, or goes on deeper indented, in what LaTeX can set."""
    margin = _indent(lines[0])
    states = (re.search(r"[=←<≤]", line) for line in lines)
    goes_on = (number and _indent(line) > margin for number, line in enumerate(lines))
    return all(map(_can_be_set, lines)) and all(map(any, zip(states, goes_on, strict=True)))


def formula(lines: list[str]) -> str:
    """A displayed formula with the lines below each other."""
    rows = [to_latex(line.strip()) for line in lines]
    if len(rows) == 1:
        return f"$$\n{rows[0]}\n$$"
    body = " \\\\\n".join(f"& {row}" for row in rows)
    return "$$\n\\begin{aligned}\n" + body + "\n\\end{aligned}\n$$"


def to_latex(text: str) -> str:
    """One line of Unicode mathematics as LaTeX."""
    latex = re.sub(r" {2,}", " ", "".join(_parts(_with_roots(text)))).strip()
    while WORDS.search(latex):
        latex = WORDS.sub(r"\1 ", latex)
    for pattern, replacement in SPACING:
        latex = re.sub(pattern, replacement, latex)
    return latex


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _can_be_set(line: str) -> bool:
    known = PLAIN | set(SYMBOLS) | set(GREEK) | {"_", "\u0302", "ŷ", "∂"}
    return all(char in known or (char.isascii() and char.isalnum()) for char in line.strip())


def _with_roots(text: str) -> str:
    """Mark what a root covers: the parentheses behind it, or the next word."""
    while (start := text.find("√")) >= 0:
        end = _closing(text, start + 1)
        if end:
            inner = text[start + 2 : end]
            text = f"{text[:start]}\ue000{inner}\ue001{text[end + 1 :]}"
        else:
            found = re.match(r"[\w\u0302]+", text[start + 1 :])
            end = start + 1 + (found.end() if found else 0)
            text = f"{text[:start]}\ue000{text[start + 1 : end]}\ue001{text[end:]}"
    return text


def _closing(text: str, start: int) -> int:
    """Where the parenthesis that opens at `start` closes; 0 if none opens there."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place if place > start else 0
    return 0


def _parts(text: str) -> Iterator[str]:
    for token in TOKEN.finditer(text):
        if token["gap"]:
            yield r" \qquad "
        elif token["word"]:
            yield _word(token["word"]) + " "
        elif token["marked"]:
            yield token[0][0] + "{" + to_latex(token[0][1:].strip("{}")) + "}"
        else:
            roots = {"\ue000": r"\sqrt{", "\ue001": "}"}
            yield roots.get(token[0]) or SYMBOLS.get(token[0], token[0])


def _word(word: str) -> str:
    """A letter with its index, the name of a function, or a name in upright type."""
    name, _, index = word.partition("_")
    if name in FUNCTIONS and not index:
        return rf"\{name}"
    symbol = ACCENTS.get(name) or GREEK.get(name) or (name if len(name) == 1 else "")
    if symbol and not index:
        return symbol
    if symbol:
        return f"{symbol}_{{{_index(index)}}}"
    base, _, rest = word.rpartition("_")
    if base and (rest[0] == "{" or len(rest) == 1) and not rest.isdigit():
        return rf"\text{{{_upright(base)}}}_{{{to_latex(rest.strip('{}'))}}}"
    return rf"\text{{{_upright(word)}}}"


def _index(index: str) -> str:
    inner = index.strip("{}")
    if index.startswith("{") or len(inner) <= 2:
        return to_latex(inner) if not re.fullmatch(r"[A-Za-z]{2}", inner) else inner
    return rf"\text{{{_upright(inner)}}}"


def _upright(word: str) -> str:
    return word.replace("{", "").replace("}", "").replace("_", r"\_")
