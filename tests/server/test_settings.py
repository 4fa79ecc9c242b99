"""`class.toml`: what it means, and what is said where it is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from grader.report.disclosure import Disclosure
from grader.server.settings import LAST, Tries, read_settings, written
from grader.server.toml import SettingsError

GOOD = """
name = "Machine learning"
timezone = "America/New_York"
seed = 12345
tries = "5 a day"
late = "3 days, 12.5 % a day"
grace = "2 hours"

[ch1]
opens = 2026-10-01 08:00:00
due = 2026-10-15T23:59:00
counts = "last"
after = "none"

[ch2]
due = 2026-10-15T12:00:00Z
tries = "unlimited"
late = "0 days"
"""


@pytest.fixture
def read(tmp_path, small_course):
    def read(text: str):
        path = tmp_path / "class.toml"
        path.write_text(text, "utf-8")
        return read_settings(path, small_course)

    return read


def test_all_that_can_be_said(read):
    settings = read(GOOD)
    one, two = settings.chapters["ch1"], settings.chapters["ch2"]
    assert (settings.seed, settings.zone.key) == (12345, "America/New_York")
    assert one.due.isoformat() == "2026-10-15T23:59:00-04:00"
    assert two.due.isoformat() == "2026-10-15T08:00:00-04:00"
    assert (one.tries, two.tries) == (Tries(5, 86400.0), Tries(None))
    assert (one.late.percent, one.late.days, two.late.days) == (12.5, 3, 0)
    assert one.late.grace == two.late.grace == timedelta(hours=2)
    assert (one.counts, one.after, two.after) == (LAST, Disclosure.none, Disclosure.full)


def test_without_chapters_all_are_open_and_with_some_only_those(read):
    assert list(read('name = "x"').chapters) == ["ch1", "ch2"]
    assert list(read("[ch2]").chapters) == ["ch2"]


def test_the_file_to_begin_with_is_right_and_its_seed_is_secret(read):
    first, second = read(written('a "class"')), read(written("a class"))
    assert first.seed != second.seed
    assert first.name == "a class"
    assert first.chapters["ch1"].tries == Tries(12, 3600.0)
    assert first.chapters["ch1"].before is Disclosure.property


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('timezone = "Berlin"', 'there is no timezone "Berlin"'),
        ('tries = "many"', 'tries is "12 an hour" or "unlimited", not "many"'),
        ('tries = "0 an hour"', "tries is"),
        ("tries = 3", "tries is a text in quotes"),
        ('before = "all"', "before is one of full, property, none"),
        ('late = "3 days, 200 % a day"', "late is like"),
        ('grace = "soon"', "grace is like"),
        ("[ch1]\ndue = 2026-10-15", "the time is missing"),
        ('[ch1]\ndue = "2026-10-15 12:00"', "due is a day and time like"),
        ("[ch1]\nopens = 2026-10-15 12:00:00\ndue = 2026-10-14 12:00:00", "due before it opens"),
        ("[ch1]\ndeu = 2026-10-15 12:00:00", "there is no deu: did you mean due?"),
        ("[chapter1]", "[chapter1] is no chapter"),
        ("[hc1]", "did you mean ch1?"),
        ("seed = true", "seed is a whole number"),
        ("seed = -1", "seed is a whole number"),
        ("seed = [", "class.toml is no TOML"),
        ('name = "a\\nb"', "name is one line"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(read, text, said):
    with pytest.raises(SettingsError) as error:
        read(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_becomes_wrong_changes_nothing(sqlite_room):
    office = sqlite_room.office
    assert office.settings.name == "A small class"
    sqlite_room.set("name = ")
    assert office.settings.name == "A small class"
    assert "what it said before holds" in office.complaint
    sqlite_room.set('name = "Another name"')
    assert office.settings.name == "Another name"
    assert office.complaint == ""
