"""The class report in Chromium: quiet, readable in dark and light, by keyboard and on paper."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grader.classroom.outcomes import write_results
from grader.classroom.results import Result
from grader.report.disclosure import Disclosure

pytestmark = pytest.mark.chromium

WIDE, NARROW = (1100, 900), (500, 900)

READABLE = """
const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const light = (c) => {
  const [r, g, b] = c.map((v) => v / 255).map(
    (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};
const behind = (node) => {
  for (let one = node; one; one = one.parentElement) {
    const color = rgb(getComputedStyle(one).backgroundColor);
    if (color.length === 3 || color[3] > 0) return color.slice(0, 3);
  }
  return [255, 255, 255];
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const parent = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || parent.closest('title, desc')) continue;
  const style = getComputedStyle(parent);
  const color = rgb(parent.closest('svg') ? style.fill : style.color).slice(0, 3);
  found.push([walker.currentNode.textContent.trim(), contrast(color, behind(parent))]);
}
const bars = [...document.querySelectorAll('rect.bar')].map(
  (bar) => contrast(rgb(getComputedStyle(bar).fill), behind(bar)));
const page = rgb(getComputedStyle(document.body).backgroundColor);
return {texts: found, bars: bars, page: light(page)};
"""

FOCUSED = """
const here = document.activeElement, style = getComputedStyle(here);
const all = [...document.querySelectorAll('a[href], summary')];
return {place: all.indexOf(here), outline: style.outlineStyle, width: style.outlineWidth,
        seen: here.checkVisibility()};
"""


@pytest.fixture(scope="module")
def report(make_class, hostile, graded, tmp_path_factory):
    """The address of a report with everything in it, hostile names included."""
    results = make_class(40, hostile, without_mark=9)
    copies = (Result(name, graded["right"].submission, graded["right"].report) for name in "yz")
    before = tuple(
        Result(one.student, one.submission, one.report, one.problem, before=graded["stub"].report)
        for one in results.results[:5]
    )
    students = (*before, *results.results[5:], *copies)
    folder = tmp_path_factory.mktemp("report")
    write_results(replace(results, results=students), folder, Disclosure.full, "")
    return (folder / "report.html").as_uri()


@pytest.fixture
def opened(browser, report):
    """Opens the report as somebody's system would show it."""

    def opened(*, scheme="light", medium="screen", size=WIDE, address=report):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": medium, "features": features}
        )
        browser.set_window_size(*size)
        browser.get(address)
        return browser

    return opened


def open_all(browser):
    browser.execute_script(
        "for (const one of document.querySelectorAll('details')) one.open = true"
    )


def test_nothing_is_loaded_and_nothing_goes_wrong(browser, opened, report):
    browser.get("about:blank")
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    opened()
    open_all(browser)
    assert browser.get_log("browser") == []
    messages = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    asked = [
        one["params"]["request"]["url"]
        for one in messages
        if one["method"] == "Network.requestWillBeSent"
    ]
    assert asked == [report]
    assert browser.title == "ch4 · Logistic and softmax regression: class report"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_readable(opened, scheme):
    browser = opened(scheme=scheme)
    open_all(browser)
    measured = browser.execute_script(READABLE)
    assert (measured["page"] > 0.5) == (scheme == "light")
    assert len(measured["texts"]) > 200
    assert [text for text, contrast in measured["texts"] if contrast < 4.5] == []
    assert measured["bars"]
    assert min(measured["bars"]) >= 3


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(opened):
    from selenium.webdriver.common.keys import Keys

    browser = opened()
    reachable = browser.execute_script(
        "return [...document.querySelectorAll('a[href], summary')]"
        ".map((one, place) => [place, one.checkVisibility()])"
    )
    expected = [place for place, visible in reachable if visible]
    places = []
    for _ in expected:
        browser.switch_to.active_element.send_keys(Keys.TAB)
        focused = browser.execute_script(FOCUSED)
        assert focused["seen"]
        assert focused["outline"] == "solid"
        assert focused["width"] == "2px"
        places.append(focused["place"])
    assert places == expected


def test_a_mistake_opens_with_the_keyboard_and_leads_to_who_made_it(opened):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    browser = opened()
    mistake = browser.find_element(By.CSS_SELECTOR, "section:has(#mistakes) details")
    link = mistake.find_element(By.CSS_SELECTOR, "a")
    assert not link.is_displayed()
    mistake.find_element(By.CSS_SELECTOR, "summary").send_keys(Keys.ENTER)
    assert link.is_displayed()
    link.send_keys(Keys.ENTER)
    assert "/students/" in browser.current_url
    assert "likely mistake" in browser.page_source


def test_on_paper_everything_is_open_and_black_on_white(opened):
    browser = opened(medium="print")
    hidden = browser.execute_script(
        "return [...document.querySelectorAll('details:not([open]) :is(td, li)')]"
        ".filter((one) => !one.checkVisibility({contentVisibilityAuto: true})"
        " || !one.getClientRects().length).map((one) => one.textContent)"
    )
    assert browser.execute_script("return document.querySelector('details:not([open])') !== null")
    assert hidden == []
    assert not browser.execute_script("return document.querySelector('nav').checkVisibility()")
    dark = opened(medium="print", scheme="dark")
    assert dark.execute_script(READABLE)["page"] > 0.9


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_nothing_is_wider_than_the_window(opened, size):
    browser = opened(size=size)
    open_all(browser)
    wide = browser.execute_script(
        "return [...document.querySelectorAll('body *')].filter("
        "(one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
        ".map((one) => one.outerHTML.slice(0, 80))"
    )
    assert wide == []


def test_a_screen_reader_finds_names_headings_and_tables(opened):
    browser = opened()
    open_all(browser)
    browser.execute_cdp_cmd("Accessibility.enable", {})
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named: dict[str, list[str]] = {}
    for node in nodes:
        if not node.get("ignored"):
            role, name = node["role"]["value"], node.get("name", {}).get("value", "")
            named.setdefault(role, []).append(name)
    assert "Distribution of marks" in named["image"][0]
    assert len(named["image"]) == 1, "bars beside a number are no news"
    assert all(name.strip() for name in named["link"] + named["heading"])
    assert named["heading"][0].startswith("ch4")
    assert "How many students have which marks" in named["table"]
    assert any("softmax" in name and "% passed" in name for name in named["DisclosureTriangle"])


def test_the_page_of_a_hostile_name_is_quiet(browser, opened, report):
    browser.get("about:blank")
    browser.get_log("browser")
    opened()
    links = browser.execute_script(
        "return [...document.querySelectorAll('#students ~ details a')].map((one) => one.href)"
    )
    assert len(links) == 42
    for link in links[:20]:
        opened(address=link)
        assert browser.title.startswith("ch4")
    assert browser.get_log("browser") == []
