"""Asking a class's server: every failure is a sentence that says what to do."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from grader.client.credentials import Credentials
from grader.report.text import harmless
from grader.submission.errors import UnreadableSubmission

PATIENCE = 30.0
QUIET = 60.0
"""Seconds without a word after which a stream is taken for dead: the server speaks every 15."""

LARGEST = 32_000_000
"""Bytes of an answer that are read."""

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts while a server or its database is away."""


class ServerError(UnreadableSubmission):
    """The server cannot be asked, or refuses; the message says why."""


class _Away(Exception):
    """It does not answer just now."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token is never carried on to another address."""

    def redirect_request(self, *arguments: Any) -> None:
        return None


@dataclass(frozen=True)
class Server:
    """A class's server, asked with a student's token."""

    credentials: Credentials

    def get(self, path: str) -> Any:
        """Raises ServerError."""
        return self._insisting("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """What is sent again after a failure must be known to the server by its key.

        Raises ServerError.
        """
        return self._insisting("POST", path, json.dumps(body).encode("ascii"))

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        """Server-sent events until the stream ends.  Raises ServerError."""
        try:
            with self._open("GET", path, None, QUIET) as answer:
                for line in answer:
                    if line.startswith(b"data: "):
                        yield json.loads(line[6:])
        except _Away:
            return
        except (OSError, HTTPException, ValueError):
            return

    def _insisting(self, method: str, path: str, body: bytes | None) -> Any:
        for pause in (*PAUSES, None):
            try:
                with self._open(method, path, body, PATIENCE) as answer:
                    return json.loads(answer.read(LARGEST))
            except _Away as away:
                if pause is None:
                    raise ServerError(str(away)) from None
                time.sleep(pause)
            except (OSError, HTTPException, ValueError) as error:
                if pause is None:
                    raise ServerError(
                        f"{self.credentials.url} does not answer: {_reason(error)}"
                    ) from None
                time.sleep(pause)

    def _open(self, method: str, path: str, body: bytes | None, seconds: float) -> Any:
        headers = {
            "Authorization": f"Bearer {self.credentials.token}",
            "User-Agent": "gradschool",
            "Accept": "application/json, text/event-stream",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = f"{self.credentials.url}/api{path}"
        request = urllib.request.Request(url, body, headers, method=method)
        opener = urllib.request.build_opener(_NoRedirects)
        try:
            return opener.open(request, timeout=seconds)
        except urllib.error.HTTPError as error:
            sentence = _detail(error)
            if error.code in (502, 503, 504):
                raise _Away(sentence) from None
            raise ServerError(sentence) from None


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        said = str(json.loads(error.read(LARGEST))["detail"])
    except (ValueError, KeyError, TypeError, OSError, HTTPException):
        said = f"the server answered {error.code}: is it a gradschool server?"
    return harmless(said, 400).replace("\n", " ")


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return harmless(str(getattr(reason, "strerror", None) or reason), 200).replace("\n", " ")
