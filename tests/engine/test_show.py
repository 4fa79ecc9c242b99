"""Pictures of a submission: drawn from right answers, and a kind line for any other."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from grader.cli.app import main
from grader.course.model import UnknownName
from grader.show.asking import Shown, asked, declared
from grader.show.picture import Curves, Heatmap, Passages, Undrawable
from grader.show.svg import page, sheet
from grader.show.terminal import drawn
from grader.submission.reading import read_submission

RIGHT = """
import numpy as np
def softmax(z, axis=-1):
    e = np.exp(z - z.max())
    return e / e.sum()
"""


def pictured(course, chapter: str, path: Path) -> list[Shown]:
    chosen = course.chapter(chapter)
    return list(asked(course, chosen, read_submission(path, chosen)))


def whys(course, tmp_path, source: str) -> list[str]:
    """Why there are no pictures of chapter 4, whose file is `source`; empty where there is one."""
    path = tmp_path / "ch04_softmax_cross_entropy.py"
    path.write_text(source)
    return [one.why for one in pictured(course, "ch4", path)]


def shown(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["show", *arguments])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def test_every_picture_is_drawn_from_the_references(course):
    having = [one.id for one in course.chapters if course.pictures(one).is_file()]
    assert having
    for chapter in having:
        found = pictured(course, chapter, course.root / "solutions")
        assert len(found) == len(declared(course, course.chapter(chapter))) > 0
        for one in found:
            assert one.drawing, f"{chapter}: {one.title}: {one.why}"
            lines = drawn(one.drawing).plain.splitlines()
            assert 4 < len(lines) < 30
            assert max(map(len, lines)) <= 80
            assert len(one.title) <= 80
        ElementTree.fromstring(sheet(found))
        text = page("a & b", found)
        assert text.count("<svg") == len(found)
        assert not re.search(r"<script|https?://(?!www\.w3\.org/2000/svg)", text)


def test_stubs_are_not_started_yet(course, capsys):
    code, out, err = shown(["ch1", "--submission", str(course.root / "exercises")], capsys)
    assert (code, err) == (1, "")
    assert "your gradient_descent is not started yet" in out
    assert "│" not in out


def test_a_picture_that_can_be_drawn_is_drawn_beside_one_that_cannot(course, tmp_path):
    drawn_one, missing = whys(course, tmp_path, RIGHT)
    assert (drawn_one, missing) == ("", "your file has no binary_cross_entropy yet")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return 5", "an array of shape (5,) is no matrix"),
        ("return 'text'", "not made of numbers"),
        ("return z * np.nan", "no finite number"),
        ("return print", "not made of numbers"),
        ("return z[:, None, None] * z", "is no matrix"),
        ("return z[0] / 'a'", "your softmax raised TypeError: ufunc"),
        ("import os; os._exit(0)", "your code did not answer: the process ended"),
    ],
)
def test_a_wrong_answer_leads_to_a_kind_line(course, tmp_path, body, why):
    (said, _) = whys(
        course, tmp_path, f"import numpy as np\ndef softmax(z, axis=-1):\n    {body}\n"
    )
    assert why in said
    assert "\n" not in said
    assert len(said) <= 200


def test_a_file_that_does_not_load_is_why_a_function_is_missing(course, tmp_path):
    (said, _) = whys(course, tmp_path, "import numpy as np\nsoftmax = np.nothing_of_that_name\n")
    assert said.startswith("your file has no softmax yet; line 2: softmax = np.nothing")


def test_what_a_submission_says_is_escaped(course, tmp_path, capsys):
    path = tmp_path / "ch04_softmax_cross_entropy.py"
    path.write_text("def softmax(z, axis=-1):\n    raise ValueError('[bold]<b>\\x1b[31m')\n")
    output = tmp_path / "pictures.html"
    arguments = ["ch4", "--submission", str(path)]
    assert "ValueError: [bold]<b>\N{REPLACEMENT CHARACTER}" in shown(arguments, capsys)[1]
    code, out, _ = shown([*arguments, "--output", str(output)], capsys)
    assert (code, out) == (1, f"{output}\n")
    assert "<b>" not in output.read_text()
    assert "[bold]&lt;b&gt;" in output.read_text()


def test_files_are_the_same_each_time(course, tmp_path, capsys):
    texts = set()
    for name in ("one.svg", "two.svg"):
        path = tmp_path / name
        arguments = ["ch4", "--submission", str(course.root / "solutions"), "--output", str(path)]
        assert shown(arguments, capsys)[0] == 0
        texts.add(path.read_bytes())
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ch2"], "ch2 has no pictures; these have: ch1, "),
        (["ch44"], "there is no ch44"),
        (["ch1", "--output", "picture.png"], "a file.svg or a file.html"),
        (["ch1", "--submission", "nowhere.py"], "nowhere.py"),
    ],
)
def test_bad_input_is_one_line(arguments, words, capsys):
    code, out, err = shown(arguments, capsys)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_no_pictures_is_an_unknown_name(course):
    with pytest.raises(UnknownName):
        declared(course, course.chapter("ch2"))


def test_a_line_goes_from_corner_to_corner():
    lines = drawn(Curves({"up": [0.0, 1.0]}, across="step", up="loss")).plain.splitlines()
    field = [line[10:] for line in lines[1:17]]
    assert lines[1].startswith("       1 │")
    assert lines[16].startswith("       0 │")
    assert field[0].rstrip()[-1] == "a"
    assert field[-1][0] == "⣀"
    columns = [line.rstrip().rfind(line.strip()[-1]) for line in field]
    assert columns == sorted(columns, reverse=True)


def test_shades_go_from_the_least_to_the_largest():
    text = drawn(Heatmap([[0.0, 0.5, 1.0], [np.inf, 0.25, 0.75]], rows=["a", "b"])).plain
    assert text.splitlines()[:2] == ["a    ▒▒██", "b  ??░░▓▓"]


def test_pieces_of_a_text_are_told_apart():
    passages = Passages({"cut": ["a\n", " b", "\t"], "long": ["词" * 50, "c"], "none": []})
    lines = drawn(passages).plain.splitlines()
    assert lines[:3] == ["cut", "a↵│ b│⇥│", "long"]
    assert "".join(lines[3:5]).replace("│", "") == "词" * 50 + "c"
    assert max(map(cell_len, lines)) <= 80
    assert lines[5:] == ["none", ""]
    words = ElementTree.fromstring(sheet([Shown("texts", passages)])).itertext()
    assert "词" * 50 in "".join(words).replace("\n", "")


def test_a_piece_of_a_text_is_escaped():
    bold = Passages({"<b>": ["<b>\x1b"]})
    assert "\x1b" not in drawn(bold).plain
    assert "<b>" not in sheet([Shown("texts", bold)])


@pytest.mark.parametrize("pieces", [[5], [None], [b"a"], ["a" * 20_000], ["a"] * 20_000])
def test_what_is_no_text_in_pieces_is_refused(pieces):
    with pytest.raises(Undrawable):
        Passages({"cut": pieces}).pieces()


def test_marked_entries_are_ringed():
    ringed = Heatmap([[0.0, 1.0], [0.5, 0.25]], marks=[(0, 1)])
    plain = Heatmap([[0.0, 1.0], [0.5, 0.25]])
    first, second, *_ = drawn(ringed).plain.splitlines()
    assert first == "  " + " " * 2 + "o█"
    assert "o" not in second + drawn(plain).plain.splitlines()[0]
    assert sheet([Shown("title", ringed)]).count("<circle") == 1
    assert "<circle" not in sheet([Shown("title", plain)])


@pytest.mark.parametrize(
    "curves",
    [
        Curves({"far": [-1e308, 1e308, 1.0]}, across="", up=""),
        Curves({"flat": [3.0, 3.0]}, across="", up=""),
        Curves({"one": [3.0], "none": [np.nan]}, across="", up=""),
    ],
)
def test_odd_numbers_can_be_drawn(curves):
    assert "a" in drawn(curves).plain
    assert "nan" not in sheet([Shown("odd", curves)])


@pytest.mark.parametrize("line", [[], [[1.0]], "word", None, ([1.0, 2.0], [1.0]), [1.0] * 20_000])
def test_what_is_no_line_of_numbers_is_refused(line):
    with pytest.raises(Undrawable):
        Curves({"line": line}, across="", up="").points()
