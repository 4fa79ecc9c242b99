"""Who asks: a token in the API, a visit in a browser; and that a form was really ours."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, HTTPException, Request
from sqlalchemy import update
from starlette.responses import Response

from grader.server.accounts import NOTED, VISIT, holder, now, visitor
from grader.server.limiter import Limiter
from grader.server.office import Office
from grader.server.tables import Account, Token

COOKIE, GATE = "gradschool", "gradschool-gate"
GATE_SECONDS = 3600
BEARER = "Bearer "


class NotLoggedIn(Exception):
    """A page is asked for by nobody; the browser is sent to the log-in."""


@dataclass
class Bounds:
    """How often somebody may do what costs us something."""

    failures: Limiter
    """Wrong tokens, by address."""

    submissions: Limiter
    """Submissions, by account, whatever the class allows."""

    writes: Limiter
    """What staff does that costs much, by account."""

    pictures: Limiter
    """Pictures that are drawn, by account."""


def bounds() -> Bounds:
    return Bounds(Limiter(20, 60.0), Limiter(30, 60.0), Limiter(30, 60.0), Limiter(6, 60.0))


@dataclass(frozen=True)
class Visitor:
    """Somebody in a browser; `csrf` is what her forms must carry."""

    account: Account
    csrf: str
    secret: str


def office_of(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


def bounds_of(request: Request) -> Bounds:
    found: Bounds = request.app.state.bounds
    return found


Here = Annotated[Office, Depends(office_of)]
Within = Annotated[Bounds, Depends(bounds_of)]


def address(request: Request) -> str:
    """Whose attempts are counted together."""
    return request.client.host if request.client else "unknown"


def by_token(request: Request, office: Here, bounds: Within) -> Account:
    """The account whose token the request carries.  Raises 401 and 429."""
    said = request.headers.get("authorization", "")
    if not bounds.failures.left(address(request)):
        raise HTTPException(429, "too many wrong tokens: wait a minute", {"retry-after": "60"})
    token = checked(office, said.removeprefix(BEARER)) if said.startswith(BEARER) else None
    if token is None:
        if said:
            bounds.failures.take(address(request))
        raise HTTPException(
            401,
            "the token is not valid: grade login, with the newest one",
            {"www-authenticate": "Bearer"},
        )
    return token.account


def checked(office: Office, secret: str) -> Token | None:
    """The token, if it is valid; that it was used is noted now and then."""
    with office.database.reading() as session:
        token = holder(session, secret)
        if token is None:
            return None
        _ = token.account
        stale = token.used is None or now() - token.used > NOTED
    if stale:
        with office.database.writing() as session:
            session.execute(update(Token).where(Token.id == token.id).values(used=now()))
    return token


def by_visit(request: Request, office: Here) -> Visitor:
    """Whoever is logged in with the browser.  Raises NotLoggedIn."""
    secret = unsigned(office.key, request.cookies.get(COOKIE, ""))
    if secret is None:
        raise NotLoggedIn
    with office.database.reading() as session:
        visit = visitor(session, secret)
        if visit is None:
            raise NotLoggedIn
        return Visitor(visit.token.account, csrf_of(office.key, secret), secret)


def by_form(
    visitor: Annotated[Visitor, Depends(by_visit)], csrf: Annotated[str, Form(max_length=200)] = ""
) -> Visitor:
    """Whoever sent one of our forms.  Raises NotLoggedIn and 403."""
    if not hmac.compare_digest(csrf.encode("utf-8", "replace"), visitor.csrf.encode()):
        raise HTTPException(
            403, "this form has expired: go back, load the page anew, and try again"
        )
    return visitor


def staff_only(visitor: Annotated[Visitor, Depends(by_visit)]) -> Visitor:
    """Whoever of the staff is logged in.  Raises NotLoggedIn and 403."""
    return _of_staff(visitor)


def staff_form(visitor: Annotated[Visitor, Depends(by_form)]) -> Visitor:
    """Whoever of the staff sent one of our forms.  Raises NotLoggedIn and 403."""
    return _of_staff(visitor)


def _of_staff(visitor: Visitor) -> Visitor:
    if not visitor.account.staff:
        raise HTTPException(403, "this page is for those who teach the class")
    return visitor


ByToken = Annotated[Account, Depends(by_token)]
ByVisit = Annotated[Visitor, Depends(by_visit)]
ByForm = Annotated[Visitor, Depends(by_form)]
Staff = Annotated[Visitor, Depends(staff_only)]
StaffForm = Annotated[Visitor, Depends(staff_form)]


def signed(key: bytes, secret: str) -> str:
    return f"{secret}.{_mac(key, 'visit', secret)}"


def unsigned(key: bytes, cookie: str) -> str | None:
    """The secret in a cookie that we signed."""
    secret, _, mac = cookie.rpartition(".")
    ours = _mac(key, "visit", secret).encode()
    return secret if secret and hmac.compare_digest(mac.encode("utf-8", "replace"), ours) else None


def csrf_of(key: bytes, secret: str) -> str:
    """What a form carries that a page of somebody else's cannot know."""
    return _mac(key, "form", secret)


def set_visit(response: Response, office: Office, secret: str) -> None:
    _set(response, office, COOKIE, signed(office.key, secret), int(VISIT.total_seconds()))


def open_gate(response: Response, office: Office) -> str:
    """For the log-in, which has no visit yet: a cookie, and what its form must carry."""
    secret = secrets.token_urlsafe(16)
    _set(response, office, GATE, signed(office.key, secret), GATE_SECONDS)
    return csrf_of(office.key, secret)


def through_gate(request: Request, office: Office, csrf: str) -> bool:
    secret = unsigned(office.key, request.cookies.get(GATE, ""))
    if secret is None:
        return False
    ours = csrf_of(office.key, secret).encode()
    return hmac.compare_digest(csrf.encode("utf-8", "replace"), ours)


def _set(response: Response, office: Office, name: str, value: str, seconds: int) -> None:
    secure = office.settings.url.startswith("https:")
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure, path="/"
    )


def _mac(key: bytes, what: str, secret: str) -> str:
    message = f"{what}:{secret}".encode("utf-8", "replace")
    return hmac.new(key, message, hashlib.sha256).hexdigest()
