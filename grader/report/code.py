"""Python on a terminal, in colours that every theme of a terminal has."""

from __future__ import annotations

from pygments.token import Comment, Keyword, Name, Number, Operator, String
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax

THEME = ANSISyntaxTheme(
    {
        Comment: Style(dim=True),
        Keyword: Style(color="magenta"),
        Keyword.Constant: Style(color="cyan"),
        Name.Class: Style(bold=True),
        Name.Decorator: Style(color="magenta"),
        Name.Function: Style(bold=True),
        Number: Style(color="cyan"),
        Operator.Word: Style(color="magenta"),
        String: Style(color="green"),
    }
)
"""No bright colours, no white and no black: each is unreadable on some background."""


def code(text: str) -> Syntax:
    """The text with colours; what is wider than the terminal goes on in the next line."""
    return Syntax(text, "python", theme=THEME, word_wrap=True)
