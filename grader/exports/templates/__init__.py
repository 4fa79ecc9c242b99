"""The texts of what is exported, with `<< >>` and `<% %>` where something is filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

_environment = Environment(
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
    comment_start_string="<#",
    comment_end_string="#>",
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # shell, TOML, YAML and Markdown; what is filled in is checked before
)


def filled(name: str, **values: Any) -> str:
    """The text of a template, the same bytes on every system."""
    path = Path(__file__).resolve().parent / name
    return _environment.from_string(path.read_text(encoding="utf-8")).render(values)
