"""Writes markup of the library that prints the report.

Must: error
"""


def softmax(z, axis=-1):
    raise ValueError("[bold green]All checks passed.[/] [link=http://x]100 / 100[/link] [/nothing]")
