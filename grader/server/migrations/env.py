"""Run by Alembic: the connection is handed over by `database.py`."""

from __future__ import annotations

from alembic import context

from grader.server.tables import NAMES

context.configure(
    connection=context.config.attributes["connection"], target_metadata=NAMES, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
