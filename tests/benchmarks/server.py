"""A class's server under load, and killed: `tests/benchmarks/server.py lone load kill memory`.

All of it on loopback, in temporary folders, and bounded in count and time:

    lone     a submission to an idle server, until its verdict: ch4 (NumPy) and ch8 (torch)
    load     a class hands in ch4 while both cores judge: how long accepting and pages take, and
             the whole compared with `grade class` on the same files
    kill     300 submissions within 60 s, 20 kills of server, dispatcher, judges and, on PostgreSQL,
             the database: each has one verdict, the bytes of `grade class`
    memory   5,000 submissions of a small course: what the processes hold on the way
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from grader.course.reading import load_course, load_module  # noqa: E402
from grader.server.database import Database  # noqa: E402
from tests.server.conftest import Postgres, free_port  # noqa: E402
from tests.server.crowd import (  # noqa: E402
    Crowd,
    Serving,
    class_reports,
    reports_match,
    unfinished,
    until,
    verdicts,
)

SEED = 20261128
SETTINGS = f'name = "benchmark"\nseed = {SEED}\ntries = "unlimited"\nbefore = "full"\n'
LONGEST = 1800.0
STUDENTS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", nargs="+", choices=["lone", "load", "kill", "memory"])
    parser.add_argument("--students", type=int, default=STUDENTS)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--count", type=int, default=5000, help="submissions of memory")
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    measured = {"lone": lone, "load": load, "kill": kill, "memory": memory}
    for what in options.what:
        print(f"{what}:", flush=True)
        measured[what](options)


@contextmanager
def server(
    course: Path, names: list[str], *, postgres: bool, chapters: str = ""
) -> Iterator[tuple[Serving, Database, Postgres | None]]:
    """A server of a course with these students, on either database."""
    with tempfile.TemporaryDirectory(prefix="gradschool-bench-") as place:
        Path(place).chmod(0o755)
        data = Path(place) / "class"
        data.mkdir()
        (data / "class.toml").write_text(SETTINGS + chapters)
        cluster = Postgres(Path(place) / "cluster", free_port()) if postgres else None
        if cluster:
            cluster.make()
            cluster.start()
        serving = Serving(course, data, free_port(), cluster.database() if cluster else None)
        try:
            serving.invite(names)
            serving.invite(["teach"], "--staff")
            serving.start()
            url = serving.database or f"sqlite:///{data / 'class.db'}"
            yield serving, Database(url), cluster
        finally:
            if serving.process is not None and serving.process.poll() is None:
                serving.stop()
            if cluster:
                cluster.stop()


def lone(options: argparse.Namespace) -> None:
    """Seconds until the verdict of a submission that is alone."""
    course = load_course(ROOT)
    chapters = "[ch4]\n[ch8]\n"
    with server(ROOT, ["ada"], postgres=options.postgres, chapters=chapters) as (serving, _, _):
        for name in ("ch4", "ch8"):
            chapter = course.chapter(name)
            right = course.solution(chapter).read_text()
            wrong = (ROOT / "tests/believable" / f"{chapter.module}.py").read_text()
            one(serving, name, chapter.module, f"{right}\n# first\n")  # loads the chapter
            for kind, text in (("right", right), ("with mistakes", wrong)):
                took = [
                    one(serving, name, chapter.module, f"{text}\n# {number}\n")
                    for number in range(5)
                ]
                print(f"  {name} {kind}: {_spread(took)}")


def one(serving: Serving, target: str, module: str, text: str) -> float:
    client = serving.client("ada")
    begun = time.monotonic()
    body = {"target": target, "file": f"{target}.py", "files": {module: text}}
    number = client.post("/submissions", {**body, "key": f"key-{time.time_ns()}"})["id"]
    for event in client.events(f"/submissions/{number}/events"):
        if event["state"] in ("done", "failed"):
            break
    found = client.get(f"/submissions/{number}")
    assert found["state"] == "done", found
    return time.monotonic() - begun


def load(options: argparse.Namespace) -> None:
    """A class hands in at once, while its pages are looked at."""
    course = load_course(ROOT)
    chapter = course.chapter("ch4")
    right = course.solution(chapter).read_text()
    wrong = (ROOT / "tests/believable" / f"{chapter.module}.py").read_text()
    draw = random.Random(1)
    names = [f"s{number:04}" for number in range(options.students)]
    texts = {name: f"{draw.choice((right, right, wrong))}\n# {name}\n" for name in names}
    with server(ROOT, names, postgres=options.postgres, chapters="[ch4]\n") as found:
        serving, database, _ = found
        warm = {"ada": right + "\n# warm\n"}
        serving.invite(["ada"])
        _all_in(Crowd(serving, warm, 0.1, target="ch4", module=chapter.module))
        until(lambda: not unfinished(database), "never judged", LONGEST)
        pages: dict[str, list[float]] = {}
        ended = threading.Event()
        looking = threading.Thread(target=_look, args=[serving, names[0], pages, ended])
        crowd = Crowd(serving, texts, options.seconds, target="ch4", module=chapter.module)
        looking.start()
        begun = time.monotonic()
        _all_in(crowd)
        until(lambda: not unfinished(database), "never judged", LONGEST)
        took = time.monotonic() - begun
        ended.set()
        looking.join()
        print(f"  accepted {len(crowd.accepted)}: {_spread(crowd.took)}")
        for name, times in sorted(pages.items()):
            print(f"  page {name}: {_spread(times)}")
        ours = {name: one for name, one in verdicts(database).items() if name != "ada"}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "submissions"
        for name, text in texts.items():
            (folder / name).mkdir(parents=True)
            (folder / name / "ch4.py").write_text(text)
        journal = Path(place) / "journal.db"
        begun = time.monotonic()
        more = ("--seed", SEED, "--journal", journal)
        done = serving.grade("class", folder, "ch4", *more)
        alone = time.monotonic() - begun
        assert done.returncode in (0, 1), done.stderr
        wrong_ones = reports_match(ours, class_reports(journal))
    print(
        f"  judged in {took:.0f} s of which {options.seconds:.0f} s came in; grade class "
        f"{alone:.0f} s; {len(wrong_ones)} reports differ"
    )


def _look(
    serving: Serving, name: str, pages: dict[str, list[float]], ended: threading.Event
) -> None:
    """Load pages again and again, as a student and as whoever teaches."""
    student, staff = _logged_in(serving, name), _logged_in(serving, "teach")
    while not ended.is_set():
        for opener, path in (
            (student, "/"),
            (staff, "/class"),
            (staff, "/class/ch4"),
            (staff, "/students"),
            (staff, "/queue"),
        ):
            begun = time.monotonic()
            with opener.open(serving.url + path, timeout=30) as answer:
                answer.read()
            pages.setdefault(path, []).append(time.monotonic() - begun)
        ended.wait(0.3)


def _logged_in(serving: Serving, name: str) -> urllib.request.OpenerDirector:
    import http.cookiejar
    import urllib.parse

    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{serving.url}/login").read().decode()
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    form = urllib.parse.urlencode({"token": serving.tokens[name], "csrf": csrf})
    opener.open(f"{serving.url}/login", form.encode()).read()
    return opener


def kill(options: argparse.Namespace) -> None:
    """Whatever is killed, every accepted submission has one verdict."""
    with tempfile.TemporaryDirectory(prefix="gradschool-bench-") as place:
        small = load_module(ROOT / "tests/classroom/small_class.py", "small_class_of_a_benchmark")
        root = small.written(Path(place) / "course")
        kinds = (small.RIGHT, small.WRONG_RELU, small.WRONG_DOUBLE, small.STUB)
        texts = {f"s{n:03}": f"{kinds[n % 4]}\n# {n}\n" for n in range(options.students)}
        with server(root, list(texts), postgres=options.postgres, chapters="[ch1]\n") as found:
            serving, database, cluster = found
            crowd = Crowd(serving, texts, options.seconds)
            threads = crowd.hand_in()
            draw = random.Random(5)
            begun = time.monotonic()
            ways = [serving.kill_server, serving.kill_dispatcher, serving.kill_judges]
            for number in range(options.kills):
                due = begun + (number + draw.random()) * options.seconds / options.kills
                time.sleep(max(0.0, due - time.monotonic()))
                if cluster and number % 5 == 4:
                    cluster.kill()
                    cluster.start()
                else:
                    ways[number % len(ways)]()
            for thread in threads:
                thread.join()
            until(lambda: not unfinished(database), "something was never judged", LONGEST)
            ours = verdicts(database)
        room = small.Classroom(root)
        for name, text in texts.items():
            room.hand_in(name, text)
        run = room.start("--seed", str(SEED))
        run.communicate(timeout=LONGEST)
        accepted = {name: ours.get(name, []) for name in crowd.accepted}
        theirs = {
            name: one for name, one in class_reports(room.journal).items() if name in accepted
        }
        wrong = reports_match(accepted, theirs)
    print(
        f"  {options.kills} kills, {len(crowd.accepted)} of {len(texts)} accepted, "
        f"{sum(map(len, ours.values()))} verdicts, wrong: {wrong or 'none'}"
    )


def memory(options: argparse.Namespace) -> None:
    """What the processes hold, after every tenth of the submissions."""
    with tempfile.TemporaryDirectory(prefix="gradschool-bench-") as place:
        small = load_module(ROOT / "tests/classroom/small_class.py", "small_class_of_a_benchmark")
        root = small.written(Path(place) / "course")
        names = [f"s{n:02}" for n in range(50)]
        with server(root, names, postgres=options.postgres, chapters="[ch1]\n") as found:
            serving, database, _ = found
            part = max(len(names), options.count // 10)
            for sent in range(part, options.count + 1, part):
                for number in range(0, part, len(names)):
                    texts = {n: f"{small.RIGHT}\n# {sent} {number} {n}\n" for n in names}
                    _all_in(Crowd(serving, texts, 0.5))
                    until(lambda: unfinished(database) < 100, "never judged", LONGEST)
                until(lambda: not unfinished(database), "never judged", LONGEST)
                assert serving.process is not None
                family = [psutil.Process(serving.process.pid)]
                family += [
                    one
                    for one in family[0].children(recursive=True)
                    if any("grader." in word for word in one.cmdline())
                ]
                held = ", ".join(f"{one.memory_info().rss / 1e6:.0f}" for one in family)
                print(f"  after {sent}: {held} MB", flush=True)


def _all_in(crowd: Crowd) -> None:
    for thread in crowd.hand_in():
        thread.join()
    assert len(crowd.accepted) == len(crowd.texts), crowd.refused[:3]


def _spread(times: list[float]) -> str:
    ordered = sorted(times)
    late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"median {statistics.median(ordered):.3f} s, 95 % {late:.3f} s, most {ordered[-1]:.3f} s"


if __name__ == "__main__":
    main()
