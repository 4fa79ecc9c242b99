"""The tables: a submission is a row, and so is each time that it is judged.

There is no queue beside them.  A submission is accepted when its row is on the disk, together with
its first judgement, which waits; a regrade adds judgements of a later round.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

WAITING, JUDGING, DONE, FAILED = "waiting", "judging", "done", "failed"
"""States of a judgement; `failed` is the grader's failure, and never a mark."""

FIRST = 0
"""The round of a submission's first verdict; a regrade's round is its number."""

OPEN, ACCEPTED, REJECTED = "open", "accepted", "rejected"
"""States of a regrade."""

NAMES = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so none is stored."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


class Table(DeclarativeBase):
    metadata = NAMES


class Account(Table):
    """Somebody of the class; `name` is what exports call the student."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    shown: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    staff: Mapped[bool]
    created: Mapped[datetime] = mapped_column(Moment)


class Token(Table):
    """A secret of an account, of which only the digest is kept."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime] = mapped_column(Moment)
    used: Mapped[datetime | None] = mapped_column(Moment)
    revoked: Mapped[datetime | None] = mapped_column(Moment)

    account: Mapped[Account] = relationship()


class Visit(Table):
    """A browser that is logged in; it ends with its token, by itself, or when it is too old."""

    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("tokens.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires: Mapped[datetime] = mapped_column(Moment)
    ended: Mapped[datetime | None] = mapped_column(Moment)

    token: Mapped[Token] = relationship()


class Extension(Table):
    """Another deadline for one student in one chapter."""

    __tablename__ = "extensions"
    __table_args__ = (UniqueConstraint("account_id", "chapter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    chapter: Mapped[str] = mapped_column(String(40))
    due: Mapped[datetime] = mapped_column(Moment)


class Submission(Table):
    """What a student handed in for a chapter; `round` is the judgement that stands.

    `key` is the sender's own: what is sent twice is one submission.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index(None, "chapter", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    key: Mapped[str] = mapped_column(String(64))
    chapter: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(120))
    received: Mapped[datetime] = mapped_column(Moment)
    file: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    round: Mapped[int]

    account: Mapped[Account] = relationship()
    judgements: Mapped[list[Judgement]] = relationship(
        back_populates="submission", order_by="Judgement.round"
    )


class Judgement(Table):
    """One time that a submission is judged, and the report once it is there.

    `place` and `until` say who judges it and until when that is believed; `losses` counts how often
    that came to nothing.
    """

    __tablename__ = "judgements"
    __table_args__ = (
        UniqueConstraint("submission_id", "round"),
        Index(None, "state", "round", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    round: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    place: Mapped[str | None] = mapped_column(String(64))
    until: Mapped[datetime | None] = mapped_column(Moment)
    losses: Mapped[int]
    finished: Mapped[datetime | None] = mapped_column(Moment)
    score: Mapped[float | None]
    most: Mapped[float | None]
    version: Mapped[str | None] = mapped_column(String(64))
    report: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    problem: Mapped[str | None] = mapped_column(Text)

    submission: Mapped[Submission] = relationship(back_populates="judgements")


class Regrade(Table):
    """All submissions of a chapter judged again; nothing counts before it is accepted."""

    __tablename__ = "regrades"

    id: Mapped[int] = mapped_column(primary_key=True)
    chapter: Mapped[str] = mapped_column(String(40))
    begun: Mapped[datetime] = mapped_column(Moment)
    begun_by: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    decided: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(200))


class Audit(Table):
    """Who did what, and when; rows are only ever added."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    who: Mapped[str] = mapped_column(String(200))
    what: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(Text)


class Place(Table):
    """A machine that judges, and what it says of itself: seen in the queue's page."""

    __tablename__ = "places"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen: Mapped[datetime] = mapped_column(Moment)
    problem: Mapped[str | None] = mapped_column(Text)
