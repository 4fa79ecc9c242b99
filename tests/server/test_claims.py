"""Claims: every judgement is done once, whoever dies, on each database."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

from sqlalchemy import select, update

from grader.report.model import ChapterReport, ExerciseReport
from grader.server.accounts import now
from grader.server.claims import (
    MOST_LOSSES,
    claim,
    enter,
    give_back,
    keep,
    release,
    report_in,
    text_of,
)
from grader.server.tables import DONE, FAILED, WAITING, Judgement


def a_report(score):
    return ChapterReport(
        "small",
        "ch1",
        "A small chapter",
        "bubblewrap",
        0,
        (ExerciseReport("ch1.double", "failed", score, 100.0, None, None, ()),),
    )


def states(room):
    with room.office.database.reading() as session:
        return Counter(session.scalars(select(Judgement.state)))


def test_many_judges_share_the_work_and_nothing_is_done_twice(room):
    for name in "abcdef":
        room.person(name)
        for _ in range(5):
            room.hand_in(name)
    done = Counter()
    lock = threading.Lock()

    def work(place):
        while (claimed := claim(room.office.database, place)) is not None:
            entered = enter(room.office.database, place, claimed, a_report(1.0), "v")
            with lock:
                done[claimed.submission_id] += entered

    threads = [threading.Thread(target=work, args=[f"place {n}"]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 30
    assert set(done.values()) == {1}
    assert states(room) == {DONE: 30}


def test_first_come_first_judged(room):
    room.person("ada")
    numbers = [room.hand_in("ada") for _ in range(4)]
    got = [claim(room.office.database, "here").submission_id for _ in numbers]
    assert got == numbers


def test_what_a_dead_place_had_is_judged_again_and_its_verdict_comes_too_late(room):
    room.person("ada")
    room.hand_in("ada")
    database = room.office.database
    first = claim(database, "dead")
    assert claim(database, "alive") is None
    with database.writing() as session:
        session.execute(update(Judgement).values(until=now() - timedelta(seconds=1)))
    second = claim(database, "alive")
    assert second.submission_id == first.submission_id
    assert not enter(database, "dead", first, a_report(1.0), "v")
    assert enter(database, "alive", second, a_report(2.0), "v")
    assert not enter(database, "alive", second, a_report(3.0), "v")
    with database.reading() as session:
        judgement = session.scalars(select(Judgement)).one()
        assert judgement.score == 2.0
        content = session.scalar(select(Judgement.report))
    assert text_of(report_in(content)) == text_of(a_report(2.0))


def test_a_place_that_lives_keeps_its_claims(room):
    room.person("ada")
    room.hand_in("ada")
    database = room.office.database
    mine = claim(database, "here")
    with database.writing() as session:
        session.execute(update(Judgement).values(until=now() + timedelta(seconds=1)))
    keep(database, "here", [mine.id], "")
    with database.reading() as session:
        assert session.scalar(select(Judgement.until)) > now() + timedelta(seconds=30)


def test_a_place_that_comes_back_gives_back_its_own_claims_only(room):
    room.person("ada")
    numbers = [room.hand_in("ada"), room.hand_in("ada")]
    database = room.office.database
    claim(database, "here"), claim(database, "there")
    release(database, "here")
    assert states(room) == {WAITING: 1, "judging": 1}
    assert claim(database, "here").submission_id == numbers[0]


def test_what_comes_to_nothing_again_and_again_waits_for_a_human(room):
    room.person("ada")
    room.hand_in("ada")
    database = room.office.database
    for _ in range(MOST_LOSSES):
        give_back(database, "here", claim(database, "here"), loss="the judge was killed")
    assert states(room) == {FAILED: 1}
    assert claim(database, "here") is None


def test_a_course_that_is_broken_costs_nothing(room):
    room.person("ada")
    room.hand_in("ada")
    for _ in range(3 * MOST_LOSSES):
        give_back(room.office.database, "here", claim(room.office.database, "here"))
    assert states(room) == {WAITING: 1}


def test_a_chapter_that_cannot_be_judged_keeps_no_other_one_waiting(room):
    room.person("ada")
    room.hand_in("ada", chapter="ch1")
    second = room.hand_in("ada", chapter="ch2")
    assert claim(room.office.database, "here", ["ch1"]).submission_id == second
    assert claim(room.office.database, "here", ["ch1", "ch2"]) is None
