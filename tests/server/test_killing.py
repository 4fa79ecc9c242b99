"""Nothing is lost and nothing counts twice, whatever is killed meanwhile.

The long form, 300 submissions and 20 kills, is in tests/benchmarks/server.py.
"""

from __future__ import annotations

import random

import pytest

from .conftest import CLASS, SEED, Postgres, free_port
from .crowd import Crowd, Serving, class_reports, reports_match, unfinished, until, verdicts

STUDENTS, SECONDS = 30, 6.0


def written_differently(small, number: int) -> str:
    """One of the class's submissions, and no two the same."""
    texts = (small.RIGHT, small.WRONG_RELU, small.WRONG_DOUBLE, small.STUB)
    return f"{texts[number % len(texts)]}\n# {number}\n"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_accepted_submission_has_one_verdict_the_same_as_grade_class(
    kind, small, tmp_path, bubblewrap, request
):
    cluster: Postgres | None = None
    if kind == "postgresql":
        cluster = request.getfixturevalue("postgres")
    root = small.written(tmp_path / "course")
    data = tmp_path / "class"
    data.mkdir()
    (data / "class.toml").write_text(CLASS)
    serving = Serving(root, data, free_port(), cluster.database() if cluster else None)
    texts = {f"s{n:03}": written_differently(small, n) for n in range(STUDENTS)}
    serving.invite(list(texts))
    serving.start()
    crowd = Crowd(serving, texts, SECONDS)
    threads = crowd.hand_in()
    draw = random.Random(7)
    kills = [serving.kill_dispatcher, serving.kill_judges, serving.kill_server]
    try:
        for kill in kills:
            threads[draw.randrange(5, 12)].join(60)
            kill()
            if cluster is not None and kill is serving.kill_judges:
                cluster.kill()
                cluster.start()
            threads = threads[10:] or threads
        for thread in threads:
            thread.join(120)
        from grader.server.database import Database

        database = Database((cluster and serving.database) or f"sqlite:///{data / 'class.db'}")
        assert len(crowd.accepted) == STUDENTS, crowd.refused
        until(lambda: not unfinished(database), "something was never judged")
        ours = verdicts(database)
    finally:
        serving.stop()
    room = small.Classroom(root)
    for name, text in texts.items():
        room.hand_in(name, text)
    code, _, err = room.grade("--seed", str(SEED))
    assert code == 1, err
    assert reports_match(ours, class_reports(room.journal)) == []
    assert len(ours) == STUDENTS
