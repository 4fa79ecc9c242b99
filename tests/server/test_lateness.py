"""The late policy, by the clock on the class's wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from grader.classroom.lateness import ON_TIME, Lateness, LatePolicy

BERLIN = ZoneInfo("Europe/Berlin")
DUE = datetime(2026, 10, 15, 23, 59, tzinfo=BERLIN)
POLICY = LatePolicy(grace=timedelta(minutes=10), percent=10, days=3)


def at(**later: float) -> datetime:
    return DUE + timedelta(**later)


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (at(days=-3), ON_TIME),
        (at(), ON_TIME),
        (at(minutes=10), ON_TIME),
        (at(minutes=10, seconds=1), Lateness(1, 10)),
        (at(days=1), Lateness(1, 10)),
        (at(days=1, seconds=1), Lateness(2, 20)),
        (at(days=3), Lateness(3, 30)),
        (at(days=3, seconds=1), None),
    ],
)
def test_days_are_counted_as_they_begin(received, expected):
    assert POLICY.of(DUE, received) == expected
    assert POLICY.of(DUE, received.astimezone(UTC)) == expected


def test_without_days_nothing_is_accepted_after_the_grace():
    strict = LatePolicy(grace=timedelta(minutes=5))
    assert strict.of(DUE, at(minutes=5)) == ON_TIME
    assert strict.of(DUE, at(minutes=5, seconds=1)) is None


def test_without_a_deadline_nothing_is_late():
    assert POLICY.of(None, datetime(2100, 1, 1, tzinfo=UTC)) == ON_TIME


@pytest.mark.parametrize("year_day", [(2026, 10, 24), (2026, 3, 28)])
def test_a_day_on_the_wall_has_23_or_25_hours_when_clocks_change(year_day):
    """The clocks change in the night after these days."""
    due = datetime(*year_day, 23, 59, tzinfo=BERLIN)
    same_time_next_day = datetime(*year_day[:2], year_day[2] + 1, 23, 59, tzinfo=BERLIN)
    hours = (same_time_next_day.timestamp() - due.timestamp()) / 3600
    assert hours != 24
    assert POLICY.of(due, same_time_next_day.astimezone(UTC)) == Lateness(1, 10)
    after = same_time_next_day.astimezone(UTC) + timedelta(seconds=1)
    assert POLICY.of(due, after) == Lateness(2, 20)


def test_an_hour_that_comes_twice_is_two_hours():
    due = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)  # the first of the two
    second = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN)
    strict = LatePolicy(grace=timedelta(minutes=30))
    assert strict.of(due, second.astimezone(UTC)) is None


def test_marks():
    assert Lateness(2, 20).mark(62.5) == 50.0
    assert Lateness(1, 33).mark(10) == 6.7
    assert Lateness(9, 100).mark(100) == 0
    assert LatePolicy(percent=60, days=3).of(DUE, at(days=2)).mark(100) == 0
    assert ON_TIME.mark(100) == 100
