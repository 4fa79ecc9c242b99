"""Reading a TOML file that people write: what is wrong is said with its place and what is due."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from grader.submission.errors import UnreadableSubmission

LONGEST = 200


class SettingsError(UnreadableSubmission):
    """The file cannot be used; the message says what to do."""


class Reader:
    """A table of the file, whose keys are read one by one; `finished` complains about others."""

    def __init__(self, where: str, table: dict[str, Any]) -> None:
        self.where = where
        self._table = table
        self._known: list[str] = []

    @classmethod
    def of_file(cls, path: Path) -> Reader:
        try:
            return cls(path.name, tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise SettingsError(f"{path.name} cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path.name} is no TOML: {error}") from None

    def text(self, key: str, default: str) -> str:
        value: str = self._of(key, str, "a text in quotes", default)
        if len(value) > LONGEST or not value.isprintable():
            raise SettingsError(f"{self.where}: {key} is one line of at most {LONGEST} characters")
        return value.strip()

    def whole(self, key: str, default: int) -> int:
        value: int = self._of(key, int, "a whole number", default)
        if isinstance(value, bool) or not 0 <= value < 2**63:
            raise SettingsError(f"{self.where}: {key} is a whole number from 0 on")
        return value

    def one_of(self, key: str, allowed: Sequence[str], default: str) -> str:
        value: str = self._of(key, str, "a text in quotes", default)
        if value not in allowed:
            raise SettingsError(f'{self.where}: {key} is one of {", ".join(allowed)}: "{value}"')
        return value

    def zone(self, key: str, default: str) -> ZoneInfo:
        name = self.text(key, default)
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise SettingsError(
                f'{self.where}: there is no {key} "{name}": it is like "Europe/Berlin"'
            ) from None

    def moment(self, key: str, zone: ZoneInfo, default: datetime | None) -> datetime | None:
        """A moment on the class's wall clock; one with an offset of its own is kept as moment."""
        due = "a day and time like 2026-10-15 23:59:00, without quotes"
        value = self._of(key, (datetime, date), due, default)
        if value is None:
            return None
        if not isinstance(value, datetime):
            raise SettingsError(f"{self.where}: {key} is {due}: the time is missing")
        return value.replace(tzinfo=zone) if value.tzinfo is None else value.astimezone(zone)

    def tables(self, allowed: Sequence[str]) -> Iterator[tuple[str, Reader]]:
        """The tables of this table, each of which must be called like one of these."""
        for key, value in self._table.items():
            if isinstance(value, dict):
                if key not in allowed:
                    raise SettingsError(f"{self.where}: [{key}] is no chapter{_near(key, allowed)}")
                self._known.append(key)
                yield key, Reader(f"{self.where}, [{key}]", value)

    def finished(self) -> None:
        """Raises SettingsError if there is a key that nobody read: it is misspelt."""
        for key in self._table:
            if key not in self._known:
                raise SettingsError(f"{self.where}: there is no {key}{_near(key, self._known)}")

    def _of(self, key: str, kind: Any, what: str, default: Any) -> Any:
        self._known.append(key)
        value = self._table.get(key, default)
        if value is not default and not isinstance(value, kind):
            raise SettingsError(f"{self.where}: {key} is {what}")
        return value


def _near(key: str, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, allowed, n=1)
    return f": did you mean {near[0]}?" if near else ""
