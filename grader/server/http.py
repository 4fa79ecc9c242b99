"""What holds for every request and answer: sizes, headers, and errors said in a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.exceptions import HTTPException as StarletteError
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.course.model import UnknownName
from grader.server.views import render
from grader.wall.limits import MB

LARGEST_BODY = 2 * MB
SLOWEST_BODY = 30.0
"""Seconds in which a whole body must have come."""

TOO_LARGE = (
    "more than 2 MB was sent: hand in the .py file, or the notebook without its outputs "
    "(in Jupyter: Edit, Clear Outputs of All Cells)"
)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
TITLES = {
    401: "Not logged in",
    403: "Not allowed",
    404: "There is nothing here",
    405: "Not possible here",
    408: "Too slow",
    413: "Too large",
    422: "Not accepted",
    429: "Too often",
    503: "Not now",
}


class Guarded:
    """The application behind these bounds; a body is read before anybody looks at it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                if scope["path"].startswith("/static/"):  # it is nobody's, and may be kept
                    message["headers"] = [*message["headers"], (b"cache-control", b"no-cache")]
                    present.add(b"cache-control")
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.encode(), value.encode())
                        for name, value in HEADERS.items()
                        if name.encode() not in present
                    ),
                ]
            await send(message)

        try:
            body = await asyncio.wait_for(_body(scope, receive), SLOWEST_BODY)
        except TimeoutError:
            await _error(scope, 408, "what was sent came too slowly")(scope, receive, sending)
            return
        if body is None:
            await _error(scope, 413, TOO_LARGE)(scope, receive, sending)
            return
        first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return first.pop() if first else await receive()

        await self.app(scope, again, sending)


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """All of it, or None if it is too large."""
    said = dict(scope["headers"]).get(b"content-length", b"0")
    if said.isdigit() and int(said[:20]) > LARGEST_BODY:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return bytes(body)


def says_errors(app: FastAPI) -> None:
    """Have every error answered in a sentence: as JSON under /api, else as a page."""

    @app.exception_handler(StarletteError)
    async def known(request: Request, error: StarletteError) -> Response:
        detail = (
            str(error.detail)
            if isinstance(error, HTTPException)
            else TITLES.get(error.status_code, str(error.detail))
        )
        return _error(request.scope, error.status_code, detail, error.headers)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        return _error(request.scope, 422, _sentence(error))

    @app.exception_handler(UnknownName)
    async def unknown(request: Request, error: UnknownName) -> Response:
        return _error(request.scope, 404, str(error))

    @app.exception_handler(OperationalError)
    async def away(request: Request, error: OperationalError) -> Response:
        why = "the database does not answer: nothing was lost, try again in a moment"
        return _error(request.scope, 503, why, {"retry-after": "3"})

    app.add_exception_handler(DBAPIError, away)  # type: ignore[arg-type]


def _sentence(error: RequestValidationError) -> str:
    first: dict[str, Any] = dict(error.errors()[0])
    place = ".".join(str(part) for part in first["loc"][1:])
    what = str(first["msg"])
    return f"{place}: {what[:1].lower()}{what[1:]}"[:300] if place else what[:300]


def _error(
    scope: Scope, status: int, sentence: str, headers: Mapping[str, str] | None = None
) -> Response:
    if scope["path"].startswith("/api"):
        return JSONResponse({"detail": sentence}, status, dict(headers or {}))
    page = render("error.html.j2", title=TITLES.get(status, "Not possible"), sentence=sentence)
    return Response(page, status, dict(headers or {}), "text/html")
