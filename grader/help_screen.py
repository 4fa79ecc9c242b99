"""`grade --help`: one screen for whoever works through a course, a line for whoever gives one."""

from __future__ import annotations

import textwrap
from typing import Any

import typer.core

WIDTH = 80
HELP = """\
Usage: grade [CHAPTER or EXERCISE ...]      grade COMMAND ...

Grade exercises in machine learning from scratch.

  grade                        all chapters, a line each
  grade ch3                    one chapter
  grade ch3.layer_norm         one exercise
  grade ch3 --submission FILE  another file, folder or notebook

Work through a course:
  grade init mycourse          write the exercises into a folder of your own
  grade next                   what to do now, and why
  grade watch ch3              grade on every save; keys for hints and more
  grade list ch3               points, and what is done or started
  grade hint ch3.layer_norm    a step towards the answer, one more each time
  grade reset EXERCISE         the stub again; a backup is kept
  grade solution EXERCISE      the reference, once yours passes
  grade doctor                 what grades here, and what is missing
"""
SHOWN = ("init", "next", "watch", "list", "hint", "reset", "solution", "doctor")


class OneScreen(typer.core.TyperGroup):
    """Commands whose help is written by hand; those it does not show are named at its end."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        others = [
            name for name, one in self.commands.items() if name not in SHOWN and not one.hidden
        ]
        teach = f"Give a course, or write one: {', '.join(others)}."
        more = (
            "grade run --help and grade COMMAND --help say more; grade --install-completion "
            "completes names."
        )
        formatter.write(HELP + "\n")
        for paragraph in (teach, more):
            formatter.write(textwrap.fill(paragraph, WIDTH) + "\n")
