"""The formats of one report: what their readers expect is there, untrusted text is harmless."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from grader.cli.app import main
from grader.cli.grading import Drawing, write
from grader.report import as_github
from grader.report.as_github import Place, commands, outputs, summary, tell_runner
from grader.report.as_gradescope import no_mark, to_gradescope, zero
from grader.report.as_json import to_json
from grader.report.as_junit import to_junit
from grader.report.as_page import page_html
from grader.report.disclosure import Disclosure, disclosed_chapter
from grader.report.model import (
    CallShown,
    ChapterReport,
    CheckReport,
    Counterexample,
    ExerciseReport,
    MistakeShown,
)

HOSTILE = [
    "\x00\x07\x1b[2Jcontrol\x9b31m\x7f",
    "]]></failure></testcase><testcase name='mine'>",
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "first\n::error file=a.py::mine\n::stop-commands::x",
    "\r\n::set-output name=score::100\r##[set-output name=score;]100",
    "%0A::error::mine",
    "lone \ud800 surrogate \ufffe\uffff and \u202edrawkcab",
    "[bold red]rich[/bold red] [/] [link=https://a.b]x[/link]",
    "</pre>\n\n# mine\n\n[a](javascript:alert(1)) ![b](https://a.b/c.png) `x` | y | **z**",
    "{{ 7 * 7 }} {% raw %} ${{ secrets.COURSE_TOKEN }}",
    "&lt;b&gt; &amp; \"quoted' https://a.b @someone #1",
]


def report(text: str = "[1, 2]", exercises: int = 1, chapter: str = "ch4") -> ChapterReport:
    """A report of exercises that failed alike; `text` stands wherever a submission can put any."""
    call = CallShown("softmax", {"z": text, text: "0"}, text, "what a probe does", text)
    shown = Counterexample((call, call), text, text, text)
    checks = (
        CheckReport(f"{chapter}.softmax.a", "sums to one", "passed", 0.0, 2.0, None, True),
        CheckReport(f"{chapter}.softmax.b", "matches", "failed", 0.0, 6.0, shown, False),
        CheckReport(f"{chapter}.softmax.c", "ends", "timeout", 0.0, 2.0, shown, False),
    )
    mistake = MistakeShown("no-max-shift", "Subtract the maximum, which is 100 % safe.")
    own = tuple(
        ExerciseReport(f"{chapter}.f{n}", "failed", 0.0, 10.0, mistake, text, checks)
        for n in range(exercises)
    )
    done = ExerciseReport(
        f"{chapter}.done",
        "passed",
        5.0,
        5.0,
        None,
        None,
        (CheckReport(f"{chapter}.done.a", "works", "passed", 5.0, 5.0, None, False),),
    )
    title = f"Softmax, 100 %: {text}"
    return ChapterReport("course", chapter, title, "process", 0, (*own, done), (text,))


def workflow_commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands that GitHub's runner finds in a log, by the two grammars it knows."""
    found = []
    for line in re.split(r"\r\n|\r|\n", log):
        modern = re.match(r"\s*::([^ :]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$", line)
        if modern:
            pairs = (pair.split("=", 1) for pair in (modern[2] or "").split(","))
            properties = {name: _unescaped(value) for name, value in pairs}
            found.append((modern[1], properties, _unescaped(modern[3])))
        elif old := re.search(r"##\[([^ \]]+)", line):
            found.append((old[1], {}, ""))
    return found


def _unescaped(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


# JUnit

SUITE = {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id"}
CASE = {"name", "classname", "time", "status", "assertions"}


def check_junit(text: str) -> ElementTree.Element:
    """What the schema of Jenkins's JUnit plugin asks for: names, order, attributes, and counts."""
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    assert set(root.attrib) <= {"name", "time", "tests", "failures", "disabled", "errors"}
    totals = dict.fromkeys(("tests", "failures", "errors"), 0)
    for suite in root:
        assert suite.tag == "testsuite"
        assert {"name", "tests"} <= set(suite.attrib) <= SUITE
        tags = [child.tag for child in suite]
        assert tags == sorted(tags, key=["properties", "testcase"].index)
        assert tags.count("properties") <= 1
        cases = suite.findall("testcase")
        for case in cases:
            assert {"name", "classname"} <= set(case.attrib) <= CASE
            assert [child.tag for child in case] in ([], ["failure"], ["error"], ["skipped"])
            assert all(set(child.attrib) <= {"message", "type"} for child in case)
        for name, tag in (("tests", "."), ("failures", "failure"), ("errors", "error")):
            count = sum(case.find(tag) is not None for case in cases)
            assert int(suite.get(name, "0")) == count
            totals[name] += count
    assert {name: int(root.get(name, "-1")) for name in totals} == totals
    return root


def test_junit_has_a_suite_an_exercise_and_a_case_a_check():
    root = check_junit(to_junit([report()]))
    assert [suite.get("name") for suite in root] == ["ch4.f0", "ch4.done"]
    passed, failed, late = root[0].findall("testcase")
    assert list(passed) == []
    assert failed.find("failure").get("message") == "[1, 2]"
    assert "expected [1, 2]" in failed.find("failure").text
    assert "no-max-shift" in failed.find("failure").text
    assert late.find("error").get("type") == "timeout"
    assert "no-max-shift" not in late.find("error").text


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_survives_any_text(text):
    root = check_junit(to_junit([report(text)]))
    assert len(root.findall(".//testcase")) == 4
    assert "mine" not in {case.get("name") for case in root.iter("testcase")}
    to_junit([report(text)]).encode("utf-8")


def test_junit_of_undisclosed_checks_is_points():
    root = check_junit(to_junit([disclosed_chapter(report(), Disclosure.none)]))
    assert [case.get("name") for case in root.iter("testcase")] == ["points", "points"]
    assert root.find(".//failure").get("message") == "0 / 10"


# Gradescope

VISIBILITY = {"visible", "hidden", "after_due_date", "after_published"}
FORMATS = {"text", "html", "simple_format", "md", "ansi"}


def check_results(text: str) -> dict:
    """What Gradescope's specification of results.json asks for."""
    results = json.loads(text)
    assert results["visibility"] in VISIBILITY
    assert results["stdout_visibility"] == "hidden"
    for name in ("output_format", "test_output_format", "test_name_format"):
        assert results[name] == "text"
    for test in results.get("tests", ()):
        assert isinstance(test["score"], float)
        assert 0 <= test["score"] <= test["max_score"]
        assert test["status"] in ("passed", "failed")
        assert test["output_format"] in FORMATS
        assert test["visibility"] in VISIBILITY
        assert isinstance(test["name"], str)
        assert isinstance(test["output"], str)
    return results


def test_gradescope_results():
    results = check_results(to_gradescope([report(), report(chapter="ch7")]))
    assert results["score"] == 10.0
    numbers = [test["number"] for test in results["tests"]]
    assert numbers == ["4.1.1", "4.1.2", "4.1.3", "4.2.1", "7.1.1", "7.1.2", "7.1.3", "7.2.1"]
    first, second, third, _ = results["tests"][:4]
    assert (first["status"], first["score"]) == ("passed", 0.0)
    assert second["name"] == "ch4.f0: matches"
    assert "Subtract the maximum" in second["output"]
    assert third["name"] == "ch4.f0: ends (timeout)"
    assert sum(test["score"] for test in results["tests"]) == results["score"]
    assert [one["chapter"] for one in results["extra_data"]["chapters"]] == ["ch4", "ch7"]


@pytest.mark.parametrize("text", HOSTILE)
def test_gradescope_shows_any_text_as_it_is(text):
    results = to_gradescope([report(text)])
    results.encode("utf-8")
    assert "\x1b" not in json.dumps(check_results(results), ensure_ascii=False)


def test_without_a_mark_there_is_no_score():
    results = check_results(no_mark("the judge broke"))
    assert "score" not in results
    assert "tests" not in results
    assert results["output"] == "No mark is given: the judge broke"
    assert check_results(zero("no file"))["score"] == 0.0


# GitHub


def test_github_annotations():
    places = {"ch4.f0": Place("exercises/a,b:c.py", 12), "ch4.f1": Place("exercises/n.ipynb")}
    found = workflow_commands(commands([report(exercises=3)], places))
    assert [name for name, _, _ in found] == ["error"] * 3 + ["notice"] * 2
    _, properties, message = found[0]
    assert properties == {
        "file": "exercises/a,b:c.py",
        "line": "12",
        "title": "ch4.f0 failed, 0 / 10",
    }
    assert message.startswith("matches\nsoftmax(")
    assert message.endswith("Subtract the maximum, which is 100 % safe.")
    assert found[1][1].keys() == {"file", "title"}
    assert found[2][1].keys() == {"title"}
    assert found[3][1:] == ({"title": "Autograding complete"}, "Points 5/35")
    assert json.loads(found[4][2]) == {"totalPoints": 5.0, "maxPoints": 35.0}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_workflow_command(text):
    log = commands([report(text)], {"ch4.f0": Place(text, 1)})
    found = workflow_commands(log)
    assert [name for name, _, _ in found] == ["error", "notice", "notice"]
    assert set(found[0][1]) == {"file", "line", "title"}
    assert "##[" not in log
    assert log.count("\n") == 3
    assert not any(ord(character) < 32 for character in log.replace("\n", ""))
    log.encode("utf-8")


@pytest.mark.parametrize("exercises", [9, 10, 11, 40])
def test_no_more_annotations_than_github_shows(exercises):
    found = workflow_commands(commands([report("x" * 5000, exercises)], {}))
    errors = [(properties, message) for name, properties, message in found if name == "error"]
    assert len(errors) == min(exercises, 10)
    assert all(len(message) <= 4096 for _, message in errors)
    said = " ".join(properties["title"] + message for properties, message in errors)
    assert all(f"ch4.f{n}" in said for n in range(exercises))


def _parsed(markdown: str):
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markdown(text):
    tokens = _parsed(summary([report(text)]))
    plain = _parsed(summary([report("plain")]))
    assert [token.type for token in tokens] == [token.type for token in plain]
    for token in tokens:
        for child in token.children or ():
            assert child.type == "text" or child.type == "text_special", child
        if token.type == "html_block":
            inside = re.fullmatch(r"<pre>(.*)</pre>\n?", token.content, re.DOTALL)
            assert inside
            assert not re.search("[<>]", inside[1])


def test_the_summary_says_what_failed():
    text = summary([report()])
    assert "| ✅ | ch4\\.done | passed | 1/1 | 5 / 5 |" in text
    assert "| ❌ | ch4\\.f0 | failed | 1/3 | 0 / 10 |" in text
    assert html.escape("expected [1, 2]") in text


def test_the_summary_leaves_out_what_github_would_drop():
    text = summary([report("ä" * 2000, 400)])
    assert len(text.encode()) <= as_github.MOST_SUMMARY
    assert text.endswith(as_github.LEFT_OUT)
    assert text.count("<pre>") == text.count("</pre>")
    assert "ch4\\.f399" in text


def test_the_runners_files_are_appended_to(tmp_path):
    page, values = tmp_path / "summary.md", tmp_path / "output"
    page.write_text("x" * (as_github.MOST_SUMMARY - 100))
    values.write_text("other=1\n")
    tell_runner([report()], {"GITHUB_STEP_SUMMARY": str(page), "GITHUB_OUTPUT": str(values)})
    assert values.read_text() == "other=1\nscore=5\nmax_score=15\n"
    assert page.stat().st_size <= as_github.MOST_SUMMARY
    assert outputs([report()]).splitlines() == ["score=5", "max_score=15"]


# HTML


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.said += data


def test_the_page_shows_the_report():
    page = Page(page_html([report(), report(chapter="ch7")], heading="Ada"))
    for words in ("Ada", "5 / 15", "ch4.f0", "ch7.f0", "expected", "no-max-shift", "timeout"):
        assert words in page.said
    assert "color-scheme: light dark" in page.said


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_html(text):
    page, plain = (Page(page_html([report(one)], heading=one)) for one in (text, "plain"))
    assert page.tags == plain.tags
    assert [name for name, _ in page.attributes] == [name for name, _ in plain.attributes]
    page_html([report(text)]).encode("utf-8")


def test_the_page_loads_nothing_from_anywhere():
    text = page_html([report(HOSTILE[2])])
    page = Page(text)
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    links = [value for name, value in page.attributes if name in ("href", "src")]
    assert links
    assert all(link.startswith("#") for link in links)
    assert "default-src 'none'" in text
    assert "url(" not in text


def test_the_page_in_a_browser_in_dark_and_light(tmp_path):
    webdriver = pytest.importorskip("selenium.webdriver")
    (tmp_path / "page.html").write_text(page_html([report(HOSTILE[8], 2)]), encoding="utf-8")
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--window-size=400,1000"):
        options.add_argument(option)
    try:
        browser = webdriver.Chrome(options=options)
    except Exception as error:
        pytest.skip(f"no browser: {type(error).__name__}")
    colours = {}
    with browser:
        for scheme in ("light", "dark"):
            media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            browser.get((tmp_path / "page.html").as_uri())
            colours[scheme] = browser.execute_script(CONTRASTS)
            wide = "return document.documentElement.scrollWidth <= window.innerWidth"
            assert browser.execute_script(wide)
        assert browser.get_log("browser") == []
    assert colours["light"] != colours["dark"]
    for found in colours.values():
        assert found
        assert all(contrast >= 4.5 for contrast in found.values()), found


CONTRASTS = """
const channels = (color) => color.match(/[0-9.]+/g).map(Number);
const light = (color) => { const [r, g, b] = channels(color).map((c) => c / 255).map(
  (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = (node) => { for (; node; node = node.parentElement) {
  const color = getComputedStyle(node).backgroundColor;
  if (channels(color).length == 3) return color; } return "rgb(255, 255, 255)"; };
const found = {};
for (const node of document.querySelectorAll("body *")) {
  if (![...node.childNodes].some((child) => child.nodeType == 3 && child.data.trim())) continue;
  const [a, b] = [light(getComputedStyle(node).color), light(behind(node))];
  const key = getComputedStyle(node).color + " on " + behind(node);
  found[key] = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
return found;
"""


# Disclosure

SECRET = "[3.25, 4.75]"
DRAWN = {
    "json": to_json,
    "junit": to_junit,
    "gradescope": to_gradescope,
    "github": lambda reports: commands(reports, {}) + summary(reports),
    "html": page_html,
}


@pytest.mark.parametrize("format", DRAWN)
def test_every_format_obeys_the_disclosure(format):
    bare = replace(report(SECRET), title="Softmax", notes=())
    shown = {
        disclosure: DRAWN[format]([disclosed_chapter(bare, disclosure)])
        for disclosure in Disclosure
    }
    assert SECRET in shown[Disclosure.full]
    assert "no-max-shift" in shown[Disclosure.full]
    for disclosure in (Disclosure.property, Disclosure.none):
        assert SECRET not in shown[disclosure]
        assert "no-max-shift" not in shown[disclosure]
    assert "matches" in shown[Disclosure.property]
    assert "matches" not in shown[Disclosure.none]
    assert "ch4.f0" in shown[Disclosure.none].replace("\\", "")


def test_the_terminal_obeys_the_disclosure(capsys):
    for disclosure, present, absent in (
        (Disclosure.full, ["3.25", "no-max-shift", "matches", "1/3"], []),
        (Disclosure.property, ["matches", "1/3"], ["no-max-shift"]),
        (Disclosure.none, ["0 / 10", "failed"], ["matches", "1/3", "no-max-shift", "3.25"]),
    ):
        bare = replace(report(SECRET), title="Softmax")
        write([bare], Drawing("terminal", None, disclosure, detailed=True), {})
        out = capsys.readouterr().out
        assert all(words in out for words in present)
        assert not any(words in out for words in absent)


# The command

WRONG = """
import numpy as np


def softmax(z, axis=-1):
    print("<b>\\n::error::mine")
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)
"""


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """`run("--format", …)` grades a wrong softmax; (exit code, stdout, stderr)."""
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "ch4.py").write_text(WRONG)
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["ch4.softmax", "--submission", "exercises", *arguments])
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    return run


def test_github_from_the_command_line(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    code, out, err = run("--format", "github")
    assert (code, err) == (1, "")
    (name, properties, message), *notices = workflow_commands(out)
    assert name == "error"
    assert (properties["file"], properties["line"]) == ("exercises/ch4.py", "5")
    assert "no-max-shift" in message
    assert len(notices) == 2
    assert "### ch4\\.softmax" in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize("format", ["junit", "gradescope", "html"])
def test_a_format_in_a_file(run, format, tmp_path):
    paths = [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        code, out, err = run("--format", format, "--output", str(path), "--disclosure", "property")
        assert (code, out, err) == (1, "", "")
    text = paths[0].read_text(encoding="utf-8")
    assert text == paths[1].read_text(encoding="utf-8")
    assert "matches the reference" in text
    assert "no-max-shift" not in text


def test_where_nothing_can_be_written(run):
    code, out, err = run("--format", "junit", "--output", "no/such/folder.xml")
    assert (code, out) == (2, "")
    assert err == "grade: no/such/folder.xml cannot be written: No such file or directory\n"


def test_the_annotation_of_a_notebook_names_no_line(course, tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    from grader.cli.grading import Choice, places

    cells = [nbformat.v4.new_code_cell(WRONG)]
    path = tmp_path / "ch4.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    found = places(course, Choice(("ch4.softmax",), path, 0, 50))
    assert found == {"ch4.softmax": Place("ch4.ipynb", None)}
