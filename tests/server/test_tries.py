"""Tries: a bucket that fills again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from grader.server.settings import Tries
from grader.server.tries import Left, left

NOW = datetime(2026, 10, 15, 12, tzinfo=UTC)
SIX = Tries(6, 3600.0)


def ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=one) for one in minutes]


def test_the_bucket_begins_full():
    assert left(SIX, [], NOW) == Left(6)
    assert left(Tries(None), ago(*range(500)), NOW) == Left(None)


def test_each_takes_one_and_one_comes_every_ten_minutes():
    assert left(SIX, ago(1, 2, 3), NOW).tries == 3
    assert left(SIX, ago(11), NOW).tries == 6
    empty = left(SIX, ago(0, 0, 0, 0, 0, 0), NOW)
    assert empty == Left(0, NOW + timedelta(minutes=10))
    assert left(SIX, ago(*[9.99] * 6), NOW).tries == 0
    assert left(SIX, ago(*[10] * 6), NOW).tries == 1


def test_a_night_does_not_fill_it_beyond_its_size():
    assert left(SIX, ago(2000, 1, 1), NOW).tries == 4


def test_the_order_of_what_was_accepted_does_not_matter():
    assert left(SIX, ago(1, 30, 5), NOW) == left(SIX, ago(30, 5, 1), NOW)
