"""Accounts and their secrets: tokens are random, kept as digests, and can be revoked."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from grader.server.tables import Account, Audit, Token, Visit

PREFIX = "gs_"
BYTES = 24
"""Random bytes of a token: 192 bits cannot be guessed, so one round of SHA-256 keeps them."""

LONGEST_TOKEN = 100
VISIT = timedelta(hours=12)
NOTED = timedelta(minutes=10)
"""How exactly it is noted when a token was used last: each note is a write."""


def now() -> datetime:
    return datetime.now(UTC)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def account_named(session: Session, name: str) -> Account | None:
    return session.scalar(select(Account).where(Account.name == name))


def add_account(
    session: Session, name: str, *, shown: str = "", email: str = "", staff: bool = False
) -> Account:
    """A new account, without any way to log in yet."""
    account = Account(name=name, shown=shown or name, email=email, staff=staff, created=now())
    session.add(account)
    session.flush()
    return account


def invite(session: Session, account: Account) -> str:
    """A new token of the account: the only time that anybody sees it."""
    secret = PREFIX + secrets.token_urlsafe(BYTES)
    session.add(Token(account_id=account.id, digest=digest_of(secret), created=now()))
    return secret


def revoke(session: Session, account: Account) -> int:
    """Revoke all tokens of the account, and end its visits; says how many there were."""
    valid = (Token.account_id == account.id, Token.revoked.is_(None))
    count = session.scalar(select(func.count()).select_from(Token).where(*valid)) or 0
    session.execute(update(Token).where(*valid).values(revoked=now()))
    return count


def tokens_of(session: Session, account: Account) -> list[Token]:
    """The account's tokens, revoked ones too."""
    return list(session.scalars(select(Token).where(Token.account_id == account.id)))


def holder(session: Session, secret: str) -> Token | None:
    """The token, if it is one and was not revoked."""
    if not secret.startswith(PREFIX) or len(secret) > LONGEST_TOKEN:
        return None
    valid = (Token.digest == digest_of(secret), Token.revoked.is_(None))
    return session.scalar(select(Token).where(*valid))


def begin_visit(session: Session, token: Token) -> str:
    """A browser logs in; returns the visit's secret."""
    secret = secrets.token_urlsafe(BYTES)
    visit = Visit(token_id=token.id, digest=digest_of(secret), expires=now() + VISIT)
    session.add(visit)
    return secret


def visitor(session: Session, secret: str) -> Visit | None:
    """The visit, if it has neither ended nor expired and its token was not revoked."""
    found = session.scalar(
        select(Visit)
        .join(Token)
        .where(Visit.digest == digest_of(secret), Visit.ended.is_(None), Token.revoked.is_(None))
    )
    return found if found is not None and found.expires > now() else None


def end_visit(session: Session, secret: str) -> None:
    session.execute(
        update(Visit)
        .where(Visit.digest == digest_of(secret), Visit.ended.is_(None))
        .values(ended=now())
    )


def note(session: Session, who: str, what: str, about: str) -> None:
    """A line of the audit log."""
    session.add(Audit(at=now(), who=who, what=what, about=about))
