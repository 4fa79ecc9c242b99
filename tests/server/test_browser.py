"""The pages in Chromium, by keyboard alone: from the log-in to the counterexample, and live."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import CLASS, free_port
from .crowd import Crowd, Serving

pytestmark = pytest.mark.chromium

SIZES = {"wide": (1100, 800), "narrow": (390, 844)}

READABLE = """
const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const light = (c) => {
  const [r, g, b] = c.map((v) => v / 255).map(
    (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (node) => {
  for (let one = node; one; one = one.parentElement) {
    const color = rgb(getComputedStyle(one).backgroundColor);
    if (color.length === 3 || color[3] > 0) return color.slice(0, 3);
  }
  return [255, 255, 255];
};
const bad = [];
let texts = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const parent = walker.currentNode.parentElement;
  const text = walker.currentNode.textContent.trim();
  if (!text || parent.closest('title, desc, script, noscript, option')) continue;
  texts += 1;
  const style = getComputedStyle(parent);
  const color = rgb(parent.closest('svg') ? style.fill : style.color).slice(0, 3);
  const [low, high] = [light(color), light(behind(parent))].sort((x, y) => x - y);
  if ((high + 0.05) / (low + 0.05) < 4.5) bad.push(text);
}
const page = light(rgb(getComputedStyle(document.body).backgroundColor));
return {texts, bad, page, overflow: document.documentElement.scrollWidth - innerWidth};
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, headless; skipped where it is missing, and never in CI."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        required = os.environ.get("GRADSCHOOL_REQUIRE_CHROMIUM")
        (pytest.fail if required else pytest.skip)("chromium and chromedriver are not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(str(shutil.which("chromedriver")))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def serving(small, tmp_path_factory, bubblewrap):
    place = tmp_path_factory.mktemp("serving")
    data = place / "class"
    data.mkdir()
    (data / "class.toml").write_text(CLASS.replace('"property"', '"full"'))
    found = Serving(small.written(place / "course"), data, free_port())
    found.invite(["ada", "ben", "cleo"])
    found.invite(["teach"], "--staff")
    found.start()
    yield found
    found.stop()


@pytest.fixture
def notebook(small, tmp_path):
    """A notebook with a mistake, and with pictures that are too large to be sent."""
    cells = [
        {
            "cell_type": "code",
            "source": small.WRONG_RELU,
            "metadata": {},
            "outputs": [{"output_type": "display_data", "data": {"image/png": "A" * 3_000_000}}],
        }
    ]
    path = tmp_path / "ch1.ipynb"
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    return path


class Keyboard:
    """What somebody does who has no mouse."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser

    def press(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()

    def tab_to(self, what: str) -> Any:
        """Press Tab until the element with that text, label or id has the focus."""
        from selenium.webdriver.common.keys import Keys

        for _ in range(60):
            here = self.browser.switch_to.active_element
            known = (here.get_attribute("id"), here.text.strip(), here.get_attribute("name"))
            if what in known or here.text.strip().startswith(what):
                outline = here.value_of_css_property("outline-style")
                assert outline != "none", f"{what} has the focus and does not show it"
                return here
            self.press(Keys.TAB)
        raise AssertionError(f"no key leads to {what}")


@pytest.fixture
def keyboard(browser):
    return Keyboard(browser)


def wait_for(browser, condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, browser.page_source[:3000]
        time.sleep(0.1)
    return found


def log_in(browser, keyboard, serving, name):
    from selenium.webdriver.common.keys import Keys

    browser.get("about:blank")
    browser.get(f"{serving.url}/login")
    browser.delete_all_cookies()
    browser.get(f"{serving.url}/login")
    keyboard.press(serving.tokens[name], Keys.ENTER)  # the field has the focus already
    wait_for(browser, lambda: "/login" not in browser.current_url)


def main_text(browser):
    return browser.execute_script("return document.querySelector('main')?.innerText || ''")


def test_from_the_log_in_to_the_counterexample_by_keyboard(browser, keyboard, serving, notebook):
    from selenium.webdriver.common.keys import Keys

    browser.get_log("browser")
    log_in(browser, keyboard, serving, "ada")
    # Only a system's own dialogue can choose a file: this stands for it.
    keyboard.tab_to("file").send_keys(str(notebook))
    keyboard.tab_to("Hand in")
    keyboard.press(Keys.ENTER)
    wait_for(browser, lambda: "/submissions/" in browser.current_url)
    number = browser.current_url.rsplit("/", 1)[1]
    text = wait_for(browser, lambda: "70" in (text := main_text(browser)) and text)
    assert f"/submissions/{number}" in browser.current_url
    assert browser.switch_to.active_element.tag_name == "h1"  # the verdict has the focus
    assert "absolute-value" in text
    assert "Negative entries become zero" in text
    assert "expected" in text
    summary = keyboard.tab_to("✗ ch1.relu")
    assert summary.tag_name == "summary"
    keyboard.press(Keys.ENTER)
    assert "absolute-value" not in main_text(browser)
    keyboard.press(Keys.ENTER)
    assert "absolute-value" in main_text(browser)
    problems = [one for one in browser.get_log("browser") if one["level"] == "SEVERE"]
    assert problems == []


def test_dropping_a_file_is_handing_it_in(browser, keyboard, serving, small):
    log_in(browser, keyboard, serving, "ben")
    browser.execute_script(
        """
        const files = new DataTransfer();
        files.items.add(new File([arguments[0]], "ch1.py", {type: "text/x-python"}));
        const form = document.querySelector("[data-drop]");
        form.dispatchEvent(new DragEvent("dragover", {dataTransfer: files, cancelable: true}));
        form.dispatchEvent(new DragEvent("drop", {dataTransfer: files, cancelable: true}));
        """,
        small.RIGHT,
    )
    from selenium.webdriver.common.keys import Keys

    assert browser.switch_to.active_element.text == "Hand in"
    keyboard.press(Keys.ENTER)
    wait_for(browser, lambda: "/submissions/" in browser.current_url)
    wait_for(browser, lambda: "100" in main_text(browser))


def test_the_class_page_is_live(browser, keyboard, serving, small):
    log_in(browser, keyboard, serving, "teach")
    browser.get(f"{serving.url}/class/ch1")
    row = "return document.querySelector('#those-who-did-not summary').innerText"
    did_not = browser.execute_script(row)
    browser.execute_script("document.querySelector('#those-who-did-not').open = true")
    crowd = Crowd(serving, {"cleo": small.WRONG_DOUBLE}, 0.1)
    for thread in crowd.hand_in():
        thread.join(30)
    wait_for(browser, lambda: browser.execute_script(row) != did_not)
    wait_for(browser, lambda: "squared" in browser.page_source)
    is_open = "return document.querySelector('#those-who-did-not').open"
    assert browser.execute_script(is_open)  # what somebody had opened stays open


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_on_every_screen(browser, keyboard, serving, small, scheme, size):
    width, height = SIZES[size]
    media = {"media": "screen", "features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        pages = {
            "ada": ["/", "/submissions/1", "/nowhere"],
            "teach": ["/class", "/class/ch1", "/students", "/students/1", "/queue", "/audit"],
        }
        for name, paths in pages.items():
            log_in(browser, keyboard, serving, name)
            for path in paths:
                browser.get(f"{serving.url}{path}")
                found = browser.execute_script(READABLE)
                assert found["texts"] > 2, path
                assert found["bad"] == [], path
                assert (found["page"] > 0.5) == (scheme == "light"), path
                assert found["overflow"] <= 0, path
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
