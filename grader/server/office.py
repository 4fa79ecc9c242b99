"""What every part of the server works with: the folder, the course, the database, the settings."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

from grader.course.model import Course
from grader.server.database import Database
from grader.server.settings import FILE, Settings, read_settings, written
from grader.server.toml import SettingsError

DATABASE, JOURNAL, KEY, PLACE = "class.db", "journal.db", "secret.key", "place"
KEY_BYTES = 32


@dataclass
class Office:
    """The server's folder and all that hangs on it.  Made by `opened`."""

    data: Path
    course: Course
    database: Database
    key: bytes
    place: str
    complaint: str = ""
    _settings: Settings | None = None
    _read: tuple[int, int] = (0, 0)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def journal(self) -> Path:
        return self.data / JOURNAL

    @property
    def settings(self) -> Settings:
        """The class as `class.toml` says now.

        A file that is wrong changes nothing: the last one that was right stays, and `complaint`
        says what is the matter.  Raises SettingsError if there was none yet.
        """
        path = self.data / FILE
        with self._lock:
            try:
                status = path.stat()
                stamp = status.st_mtime_ns, status.st_size
                if self._settings is None or stamp != self._read:
                    self._read = stamp
                    self._settings, self.complaint = read_settings(path, self.course), ""
            except OSError as error:
                self._complain(SettingsError(f"{FILE} cannot be read: {error.strerror}"))
            except SettingsError as error:
                self._complain(error)
            assert self._settings is not None
            return self._settings

    def _complain(self, error: SettingsError) -> None:
        if self._settings is None:
            raise error
        self.complaint = f"{error}; what it said before holds until it is mended"


def opened(data: Path, course: Course, url: str | None = None) -> Office:
    """Open the folder; one that is new gets a class.toml, a key, and an empty database.

    Raises SettingsError and DatabaseError.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        _once(data / FILE, written(course.name).encode(), 0o600)
        key = _once(data / KEY, secrets.token_bytes(KEY_BYTES), 0o600)
        name = f"{socket.gethostname()[:40]} {secrets.token_hex(4)}"
        place = _once(data / PLACE, name.encode(), 0o600).decode()
    except OSError as error:
        raise SettingsError(f"{data} cannot be used: {error.strerror}") from None
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{data / KEY} is damaged: delete it, and browsers must log in again")
    file = (data / DATABASE).resolve()
    database = Database(url or f"sqlite:///{file}")
    database.upgrade()
    office = Office(data, course, database, key, place)
    _ = office.settings
    return office


def _once(path: Path, content: bytes, mode: int) -> bytes:
    """What is in the file; it is written first if it is not there, whole or not at all."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        try:
            os.link(draft, path)  # unlike a renaming it leaves a file alone that came meanwhile
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
