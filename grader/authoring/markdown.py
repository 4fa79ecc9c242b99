"""Text as Markdown: statements with their formulas, and lines that mean what they say."""

from __future__ import annotations

import inspect
import re

from grader.formulas.latex import formula, is_formula

MARKUP = re.compile(r"([\\*_\[\]<>$#|])")


def markdown(docstring: str) -> str:
    """A statement in Markdown: formulas in LaTeX, examples as code, the rest as it is."""
    blocks = (block for block in re.split(r"\n\s*\n", docstring) if block.strip())
    return "\n\n".join(_block(block.splitlines()) for block in blocks)


def _block(lines: list[str]) -> str:
    if lines[0].lstrip().startswith(">>>"):
        return _fenced("pycon", [re.sub(r"\s*# doctest:.*", "", line) for line in lines])
    if not lines[0].startswith("    "):
        return prose("\n".join(lines))
    return formula(lines) if is_formula(lines) else _fenced("text", lines)


def _fenced(language: str, lines: list[str]) -> str:
    return f"```{language}\n" + inspect.cleandoc("\n".join(lines)) + "\n```"


def prose(text: str) -> str:
    """Prose as Markdown: what Markdown would take for HTML or LaTeX is escaped."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"<(?=[\w/!])", "&lt;", part).replace("$", r"\$")
        for part in parts
    )


def plain(text: str) -> str:
    """One line of text without meaning as Markdown, but for `code`."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(one if one.startswith("`") else MARKUP.sub(r"\\\1", one) for one in parts)
