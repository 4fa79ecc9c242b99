"""The settings of the nbgrader course that a command is run in, as nbgrader itself reads them."""

from __future__ import annotations

from nbgrader.apps.nbgraderapp import NbGraderApp

from grader.nbgrader.config import missing


class ConfigFailed(Exception):
    """nbgrader_config.py raises an error; the message is that error."""


def settings_missing() -> list[str]:
    """What in nbgrader_config.py does not send notebooks to the grader, a line each.

    Raises ConfigFailed.
    """
    app = NbGraderApp()
    app.raise_config_file_errors = True
    try:
        app.initialize([])
    except Exception as error:  # the file is the instructor's own, and may do anything
        raise ConfigFailed(f"{type(error).__name__}: {error}") from None
    return list(missing(app.config))
