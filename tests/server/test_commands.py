"""The instructor's commands: what they print, write and note, and what they refuse."""

from __future__ import annotations

import csv
import os
import stat

import pytest

from grader.cli.app import main


@pytest.fixture
def run(sqlite_room, monkeypatch, capsys, tmp_path):
    """Runs `grade serve …` in the course: exit code, stdout, stderr."""
    monkeypatch.chdir(sqlite_room.office.course.root)
    data = str(sqlite_room.office.data)

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["serve", *words, "--data", data])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_inviting_is_safe_to_repeat_and_loses_no_token(run, sqlite_room, tmp_path):
    roster, out = tmp_path / "roster.csv", tmp_path / "invitations.csv"
    roster.write_text("student,email\nada,a@x.org\nben,\n")
    code, said, _ = run("invite", str(roster), "--output", str(out))
    assert (code, said) == (0, f"wrote 2 invitations to {out}\n")
    assert stat.S_IMODE(os.stat(out).st_mode) == 0o600
    tokens = {row["student"]: row["token"] for row in csv.DictReader(out.open())}
    ada = sqlite_room.person("somebody")
    ada.token = tokens["ada"]
    assert ada.api("GET", "/me").json()["name"] == "ada"

    before = out.read_bytes()
    code, _, err = run("invite", str(roster), "--output", str(out))
    assert code == 2
    assert "is there already" in err
    assert out.read_bytes() == before

    roster.write_text("student\nada\nben\ncleo\n")
    again = tmp_path / "more.csv"
    code, said, err = run("invite", str(roster), "--output", str(again))
    assert "wrote 1 invitations" in said
    assert "2 were invited before" in err
    assert [row["student"] for row in csv.DictReader(again.open())] == ["cleo"]


def test_extending_and_revoking(run, sqlite_room):
    sqlite_room.set(
        'name = "x"\ntimezone = "Europe/Berlin"\n[ch1]\ndue = 2020-01-01 12:00:00\n[ch2]\n'
    )
    ada = sqlite_room.person("ada")
    code, out, _ = run("extend", "ada", "ch1", "2999-01-02 12:00")
    assert (code, out) == (0, "ada, ch1: Wed 02 Jan 2999, 12:00 CET\n")
    assert ada.api("GET", "/chapters").json()[0]["state"] == "open"
    assert run("extend", "ada", "ch1", "none")[1] == "ada, ch1: as for everybody\n"
    assert ada.api("GET", "/chapters").json()[0]["state"] == "closed"
    code, out, _ = run("revoke", "ada")
    assert code == 0
    assert ada.api("GET", "/me").status_code == 401
    ada.token = out.split()[-1]
    assert ada.api("GET", "/me").status_code == 200


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("extend", "ada", "ch1", "soon"), "soon is no time"),
        (("extend", "ada", "ch2", "2030-01-01"), "ch2 has no deadline"),
        (("extend", "nobody", "ch1", "2030-01-01"), "nobody in x is called nobody"),
        (("revoke", "nobody"), "nobody in x is called nobody"),
        (("invite", "nowhere.csv"), "nowhere.csv cannot be read"),
        (("--only", "nothing"), "it is pages or judges"),
        (("--database", "mysql://x/y"), "cannot be used"),
        (("--database", "nonsense"), "--database is an address"),
        (("--database", "sqlite://"), "the database must be a file"),
        (("--host", "203.0.113.7"), "cannot be used"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(run, sqlite_room, words, said):
    sqlite_room.set('name = "x"\n[ch1]\ndue = 2020-01-01 12:00:00\n[ch2]\n')
    sqlite_room.person("ada")
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_class_toml_that_is_wrong_is_said_before_anything_is_served(run, sqlite_room):
    sqlite_room.set("[ch1]\ndeu = 2020-01-01 12:00:00\n")
    code, _, err = run()
    assert code == 2
    assert "there is no deu: did you mean due?" in err
