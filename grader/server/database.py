"""The database: SQLite in the server's folder, or PostgreSQL; made and brought up to date here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Engine, Select, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from grader.submission.errors import UnreadableSubmission

PATIENCE = 30
"""Seconds to wait for another process that writes to SQLite."""

CONNECT = 5
"""Seconds until PostgreSQL must have answered."""

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
UPGRADING = 7_031_201
"""The number of the lock that one process at a time upgrades a PostgreSQL database under."""


class DatabaseError(UnreadableSubmission):
    """The database cannot be used; the message says what to do."""


class Database:
    """Where everything is kept.  Raises DatabaseError where the address is none."""

    def __init__(self, url: str) -> None:
        self.url = _url(url)
        if self.sqlite and self.url.database in (None, "", ":memory:"):
            raise DatabaseError("the database must be a file: nothing is kept in memory")
        options: dict[str, Any] = {"pool_pre_ping": True, "pool_size": 20, "max_overflow": 30}
        if self.sqlite:
            options["connect_args"] = {"timeout": PATIENCE}
        else:
            options["connect_args"] = {"connect_timeout": CONNECT}
        try:
            self.engine: Engine = create_engine(self.url, **options)
        except (ModuleNotFoundError, NoSuchModuleError):
            raise DatabaseError(
                f"{self.url.drivername} cannot be used: sqlite and postgresql can"
            ) from None
        if self.sqlite:
            event.listen(self.engine, "connect", _as_we_need_it)
            event.listen(self.engine, "begin", _begin_immediately)

    @property
    def sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing and waits for no writer."""
        engine = self.engine.execution_options(reads=True)
        with Session(engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are on the disk when it ends, or not at all."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def locked(self, query: Select[Any], *, skip: bool = False) -> Select[Any]:
        """The query, with its rows ours until the transaction ends; `skip` those of others.

        In SQLite one transaction writes at a time anyhow.
        """
        return query if self.sqlite else query.with_for_update(skip_locked=skip)

    def upgrade(self) -> None:
        """Make the tables, or bring them up to date.  Raises DatabaseError."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        try:
            with self.engine.begin() as connection:
                if not self.sqlite:  # several servers may start at once
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADING})"))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except CommandError as error:
            raise DatabaseError(
                f"{self.shown} was made by another version of gradschool: {error}"
            ) from None
        except SQLAlchemyError as error:
            raise DatabaseError(f"{self.shown} cannot be used: {_reason(error)}") from None

    @property
    def shown(self) -> str:
        """The address without its password."""
        return self.url.render_as_string(hide_password=True)


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise DatabaseError(
            "--database is an address such as postgresql://name@host/database"
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().split("\n")[0]


def _as_we_need_it(connection: Any, record: object) -> None:
    """Readers do not wait for writers, and what is committed is on the disk."""
    connection.isolation_level = None  # we begin transactions ourselves
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediately(connection: Any) -> None:
    """A writer takes its lock at once: to take it late is to find that others were faster."""
    reads = connection.get_execution_options().get("reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
