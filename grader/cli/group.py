"""How `grade` reads its first word, its help on one screen, and its mistakes in one line."""

from __future__ import annotations

import difflib
import re
import textwrap
from typing import Any

import typer
from typer.core import TyperGroup

GRADING = "run"
"""The command that is meant where none is named: `grade ch3` is `grade run ch3`."""

GENERAL = ("--help", "--install-completion", "--show-completion")
STUDENTS = ("init", "next", "watch", "list", "hint", "reset", "solution", "show", "doctor")
HANDING_IN = ("login", "submit", "submissions")
AUTHORS = ("audit", "docs", "notebooks", "stubs")
WIDTH = 79
CHAPTER = re.compile("ch|chapter", re.IGNORECASE)

UsageError: Any = typer.BadParameter.__base__
"""Click's, or the copy of it that newer versions of Typer carry."""

EXAMPLES = """\
Usage: grade [CHAPTER or EXERCISE]... [OPTIONS]     or: grade COMMAND ...

  grade                         all chapters, a line each
  grade ch3                     one chapter
  grade ch3.layer_norm          one exercise
  grade ch3 --submission FILE   another file, folder or notebook
"""
MORE = """
grade run --help lists the options of grading, grade COMMAND --help a command's.
Tab completes commands and exercises after: grade --install-completion
"""


class CommandGroup(TyperGroup):
    """The commands of `grade`, to which files of their own may add."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What names no command is something to grade; a shell that completes may yet name one."""
        first = args[0] if args else ""
        completing = ctx.resilient_parsing and not args
        if not completing and first not in self.commands and first not in GENERAL:
            args = [GRADING, *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Examples, a line for each command of a student, the names of the others."""
        formatter.write(EXAMPLES)
        shown = [name for name, command in self.commands.items() if not command.hidden]
        students = [name for name in STUDENTS if name in shown]
        formatter.write("\nFor students:\n")
        for name in students:
            formatter.write(f"  {name:<10}{self.commands[name].get_short_help_str(WIDTH - 12)}\n")
        authors = [name for name in AUTHORS if name in shown]
        handing_in = [name for name in HANDING_IN if name in shown]
        others = (*students, *handing_in, *authors)
        instructors = [name for name in shown if name not in others]
        formatter.write(_names("  With a class's server", handing_in))
        formatter.write("\n" + _names("For instructors", sorted(instructors)))
        formatter.write(_names("For authors of a course", authors))
        formatter.write(MORE)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Commands and options, those of grading too, and what there is to grade."""
        grading = self.commands[GRADING]
        items = super().shell_complete(ctx, incomplete)
        known = {item.value for item in items}
        options = grading.shell_complete(ctx, incomplete)
        items += [item for item in options if item.value not in known]
        if not incomplete.startswith("-"):
            items += grading.params[0].shell_complete(ctx, incomplete)
        return items


def spelt_apart(words: list[str]) -> list[str]:
    """The words with `ch 1` and `chapter 1` as one, `ch1`."""
    joined = list[str]()
    for word in words:
        after_option = len(joined) > 1 and joined[-2].startswith("--")
        if joined and not after_option and CHAPTER.fullmatch(joined[-1]) and word[:1].isdigit():
            joined[-1] = f"ch{word}"
        else:
            joined.append(word)
    return joined


def usage(error: Any) -> str:
    """A mistake on the command line as one line that says what to do."""
    message = " ".join(str(error.format_message()).split()).rstrip(".")
    if hasattr(error, "possibilities"):
        near = difflib.get_close_matches(error.option_name, error.possibilities or (), n=1)
        message = f"there is no {error.option_name}"
        if near:
            return f"{message}: did you mean {near[0]}?"
    command = error.ctx.command_path if error.ctx else "grade"
    return f"{message[:1].lower()}{message[1:]}: see {command} --help"


def misspelt_command(words: list[str], names: list[str]) -> str | None:
    """`grade lst` names no chapter, and probably means `grade list`."""
    if not words or words[0].startswith("-") or words[0] in names:
        return None
    near = difflib.get_close_matches(words[0], names, n=1, cutoff=0.7)
    return f"there is no {words[0]}: did you mean grade {near[0]}?" if near else None


def _names(head: str, names: list[str]) -> str:
    text = f"{head}: {', '.join(names)}"
    return textwrap.fill(text, WIDTH, subsequent_indent="  ") + "\n" if names else ""
