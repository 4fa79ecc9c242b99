"""The site of statements: complete, self-contained, and readable in a real browser."""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import grader.bank
import grader.checks
from grader.authoring.api import POLICY, api_page
from grader.authoring.notebooks import notebook_of
from grader.authoring.pages import API
from grader.authoring.site import LISTING, build_site
from grader.cli.app import main
from grader.course.model import Course, CourseError
from grader.course.reading import load_course
from grader.course.stubs import BEGIN, END, stub_of
from grader.judge.chapter import load_chapter

pytestmark = [
    # Of Sphinx's next version but one, about its own extensions.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]

LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


@pytest.fixture(scope="module")
def site(course: Course, tmp_path_factory) -> Path:
    return build_site(course, tmp_path_factory.mktemp("site")).parent


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, object]:
    from bs4 import BeautifulSoup

    found = {path.name: path.read_text(encoding="utf-8") for path in site.glob("*.html")}
    return {name: BeautifulSoup(text, "html.parser") for name, text in found.items()}


def formulas(course: Course, chapter) -> int:
    cells = json.loads(notebook_of(course, chapter))["cells"]
    return sum("".join(cell["source"]).count("\n$$") for cell in cells) // 2


def titles(course: Course, chapter) -> tuple[set[str], set[str]]:
    """Of the practice checks and of the hidden ones."""
    loaded = load_chapter(course, chapter).checks.values()
    checks = [check for own in loaded for check in own]
    practice = {check.title.replace("`", "") for check in checks if check.practice}
    return practice, {check.title.replace("`", "") for check in checks if not check.practice}


def test_every_chapter_has_a_page_with_every_exercise(course, pages):
    for chapter in course.chapters:
        page = pages[f"{chapter.id}.html"]
        assert [h2.get_text().rstrip("¶#") for h2 in page.article.find_all("h2")] == [
            exercise.name for exercise in chapter.exercises
        ]
        words = page.article.get_text()
        for exercise in chapter.exercises:
            assert f"{exercise.points} points" in words
            for hint in exercise.hints:
                plain = hint.replace("`", "")
                assert any(plain in details.get_text() for details in page.find_all("details"))
        assert f'"{chapter.id}.html"' in str(pages["index.html"].article)


def test_a_page_says_what_a_course_may_import(pages):
    page = pages[f"{API}.html"]
    words = page.article.get_text()
    names = [h3.get_text().rstrip("¶#") for h3 in page.article.find_all("h3")]
    for module in (grader.checks, grader.bank, grader):
        assert set(module.__all__) <= set(names)
    assert "Before version 1.0 it is the minor version that says so." in " ".join(words.split())
    assert grader.__version__ in words
    assert " at 0x" not in words
    assert f'"{API}.html"' in str(pages["index.html"])


def test_every_public_name_is_documented():
    page = api_page()
    for entry in re.split(r"(?m)^### ", page)[1:]:
        name, _, about = entry.partition("\n")
        prose = re.sub(r"(?s)```.*?```", "", about.partition("\n## ")[0]).strip()
        assert prose or name == r"\_\_version\_\_", f"{name} says nothing"
    assert 'kind: "' not in page
    assert "examples: int | None = None," in page


def test_the_policy_stands_in_contributing_as_on_the_page():
    root = Path(__file__).resolve().parents[2]
    assert POLICY in (root / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_formula_is_set(course, pages):
    for chapter in course.chapters:
        page = pages[f"{chapter.id}.html"]
        assert len(page.find_all("math")) == formulas(course, chapter) > 2
        assert not page.find_all("merror")
        assert "$$" not in page.article.get_text()


def test_no_solution_and_no_hidden_check_is_on_a_page(course, pages):
    everything = "\n".join(page.get_text() for page in pages.values())
    for chapter in course.chapters:
        source = course.solution(chapter).read_text(encoding="utf-8")
        stub = stub_of(course.solution(chapter), chapter)
        for body in re.findall(rf"{BEGIN}\n(.*?){END}", source, re.DOTALL):
            for line in map(str.strip, body.splitlines()):
                # Shorter ones, as `return dx, dw, db`, are in worked examples too.
                assert len(line) < 24 or line in stub or line not in everything
        shown = {item.get_text() for item in pages[f"{chapter.id}.html"].find_all("li")}
        practice, hidden = titles(course, chapter)
        assert practice <= shown
        assert hidden - practice
        assert not (hidden - practice) & shown


def test_nothing_is_loaded_from_elsewhere(site, pages):
    for page in pages.values():
        for tag, attribute in LOADS.items():
            for found in page.find_all(tag):
                address = found.get(attribute, "")
                assert not urlsplit(address).scheme, address
                assert not address.startswith("//"), address
    for sheet in site.rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert "@import" not in text
        assert not re.search(r"url\([\"']?(?:https?:)?//", text), sheet


def test_every_link_within_the_site_leads_somewhere(site, pages):
    ids = {name: {tag["id"] for tag in page.find_all(id=True)} for name, page in pages.items()}
    checked = 0
    for name, page in pages.items():
        for tag in page.find_all(href=True) + page.find_all(src=True):
            parts = urlsplit(tag.get("href") or tag.get("src"))
            if parts.scheme:
                continue
            target = unquote(parts.path) or name
            assert (site / target).is_file(), f"{name}: {target}"
            if parts.fragment and target in ids:
                assert parts.fragment in {*ids[target], "top"}, f"{name}: #{parts.fragment}"
            checked += 1
    assert checked > 100


def test_the_same_course_gives_the_same_bytes(course, site, tmp_path):
    again = build_site(course, tmp_path / "again").parent
    names = [path.relative_to(site) for path in site.rglob("*") if path.is_file()]
    assert len(names) > 20
    assert (site / LISTING).read_text().count("\n") == len(names) - 1
    assert filecmp.cmpfiles(site, again, names, shallow=False) == ([*names], [], [])


def tiny(folder: Path, statement: str) -> Course:
    """A course of one exercise with that statement."""
    (folder / "exercises").mkdir(parents=True)
    (folder / "exercises" / "course.toml").write_text(
        'name = "tiny"\n[[chapter]]\nid = "ch1"\nmodule = "ch01_tiny"\ntitle = "Tiny"\n'
        '[[chapter.exercise]]\nname = "double"\npoints = 100\nhints = ["a_b", "*b*", "<b>"]\n'
    )
    (folder / "solutions").mkdir()
    (folder / "solutions" / "ch01_tiny.py").write_text(
        f'"""Tiny.\n\nIt is small.\n"""\n\n\ndef double(x):\n    """{statement}"""\n'
        f"    {BEGIN}\n    return x * 2\n    {END}\n"
    )
    (folder / "tests" / "checks").mkdir(parents=True)
    (folder / "tests" / "checks" / "test_ch01_tiny.py").write_text(
        "from grader.checks import check\n\n\n"
        '@check("double", "is twice x", practice=True, value=True)\n'
        "def test_double(submission):\n    submission.double(1)\n"
    )
    return load_course(folder)


def test_hints_are_text_and_not_markup(tmp_path):
    page = build_site(tiny(tmp_path / "course", "Double x."), tmp_path / "site").with_name(
        "ch1.html"
    )
    for hint in ("<p>a_b</p>", "<p>*b*</p>", "<p>&lt;b&gt;</p>"):
        assert hint in page.read_text()


def test_a_warning_of_sphinx_is_an_error(tmp_path):
    broken = tiny(tmp_path / "course", "Double x, as [there](#nowhere).")
    with pytest.raises(CourseError, match=r"the site cannot be built: .*nowhere"):
        build_site(broken, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that `grade docs` says instead of writing."""
    with pytest.raises(SystemExit) as left:
        main(["docs", *arguments])
    said = capsys.readouterr()
    assert (left.value.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    return said.err


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tiny(tmp_path / "course", "Double x.").root)
    mine = tmp_path / "mine" / "index.html"
    mine.parent.mkdir()
    mine.write_text("mine")
    assert "holds something else" in refused([str(mine.parent)], capsys)
    assert "holds something else" in refused([str(mine)], capsys)
    assert [path.name for path in mine.parent.iterdir()] == ["index.html"]
    assert mine.read_text() == "mine"


def test_a_site_is_replaced_and_nothing_beside_it(tmp_path):
    course = tiny(tmp_path / "course", "Double x.")
    site = build_site(course, tmp_path / "site").parent
    outside = tmp_path / "outside.html"
    for path in (site / "CNAME", site / "ch7.html", outside):
        path.write_text("there")
    with (site / LISTING).open("a") as listing:
        listing.write("ch7.html\n../outside.html\n")
    build_site(course, site)
    assert (site / "CNAME").is_file()
    assert not (site / "ch7.html").exists()
    assert outside.is_file()
    assert "outside" not in (site / LISTING).read_text()


def test_without_sphinx_it_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tiny(tmp_path / "course", "Double x.").root)
    monkeypatch.setitem(sys.modules, "furo", None)
    assert "pip install 'gradschool[docs]'" in refused([str(tmp_path / "site")], capsys)
    assert not (tmp_path / "site").exists()


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Debian's chromium, headless; skipped where it is missing, and never in CI."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        required = os.environ.get("GRADSCHOOL_REQUIRE_NBGRADER")
        (pytest.fail if required else pytest.skip)("chromium and chromedriver are not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


def show(browser, address: str, width: int, scheme: str) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    colours = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", colours)
    browser.get(address)


def requests(browser) -> set[str]:
    """The schemes of all that was asked for since the last call."""
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    asked = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return {urlsplit(params["request"]["url"]).scheme for params in asked}


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_pages_are_readable_in_a_browser(browser, site, pages, course, width, scheme):
    for name in ("index.html", *(f"{chapter.id}.html" for chapter in course.chapters)):
        show(browser, (site / name).as_uri(), width, scheme)
        boxes = browser.execute_script(
            "return [...document.querySelectorAll('math')].map(formula => {"
            " const box = formula.getBoundingClientRect(); return [box.width, box.height]; })"
        )
        assert len(boxes) == len(pages[name].find_all("math"))
        assert all(across > 25 and up > 10 for across, up in boxes), name
        across, wide, colour = browser.execute_script(
            "const page = document.documentElement, style = getComputedStyle(document.body);"
            "return [page.scrollWidth, innerWidth, style.backgroundColor];"
        )
        assert across <= wide == width, f"{name} is wider than the screen"
        bright = sum(map(int, re.findall(r"\d+", colour)[:3])) > 3 * 128
        assert bright == (scheme == "light")
        assert browser.get_log("browser") == []
        assert requests(browser) <= {"file", "data"}


def test_search_works_from_the_disk(browser, site):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.wait import WebDriverWait

    show(browser, f"{(site / 'search.html').as_uri()}?q=momentum", 390, "light")
    wait = WebDriverWait(browser, 60)
    wait.until(lambda page: "Search finished" in page.find_element(By.TAG_NAME, "body").text)
    found = browser.find_elements(By.CSS_SELECTOR, "#search-results li a")
    assert any("ch1.html" in link.get_attribute("href") for link in found)
    assert browser.get_log("browser") == []
    assert requests(browser) <= {"file", "data"}
