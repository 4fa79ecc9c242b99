"""Which server a student is logged in to, in a file that only she can read."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from grader.submission.errors import UnreadableSubmission

FILE = "server.json"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotLoggedIn(UnreadableSubmission):
    """There is no server yet."""


@dataclass(frozen=True)
class Credentials:
    """A server and the token for it."""

    url: str
    token: str


def checked_url(text: str) -> str:
    """The address of a server.  Raises UnreadableSubmission, also where tokens would be read."""
    url = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise UnreadableSubmission(f"{text} is no address: it is like https://grade.example.edu")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise UnreadableSubmission(
            f"{text} is not encrypted, everybody on the way could read your token: use https://"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def load() -> Credentials:
    """Raises NotLoggedIn."""
    try:
        data = json.loads(_path().read_text(encoding="utf-8"))
        return Credentials(str(data["url"]), str(data["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise NotLoggedIn(
            "you are not logged in: grade login URL, with the token of your invitation"
        ) from None


def save(credentials: Credentials) -> Path:
    """Keep them where nobody else can read them.  Raises UnreadableSubmission."""
    path = _path()
    draft = path.with_name(f".{FILE}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            json.dump(asdict(credentials), file)
        os.replace(draft, path)
    except OSError as error:
        raise UnreadableSubmission(f"{path} cannot be written: {error.strerror}") from None
    return path


def _path() -> Path:
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home())
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "gradschool" / FILE
