"""JupyterLab in a headless Chromium: Validate tells the truth, and %grade shows its report."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

WAIT = 120
TOKEN = "practice"


@pytest.fixture(scope="module")
def browser():
    """Debian's chromium, headless; skipped where it is missing, and never in CI."""
    found = shutil.which("chromium") and shutil.which("chromedriver")
    if not found:
        required = os.environ.get("GRADSCHOOL_REQUIRE_NBGRADER")
        (pytest.fail if required else pytest.skip)("chromium and chromedriver are not installed")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(option)
    options.add_argument("--window-size=1400,1000")
    driver = webdriver.Chrome(
        options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))
    )
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def lab(released, kinds, tmp_path_factory):
    """JupyterLab on a student's folder with a stub and a solved notebook."""
    home = tmp_path_factory.mktemp("lab")
    fetched = nbformat.read(released.root / "home" / "ch1" / "ch1.ipynb", as_version=4)
    magics = [new_code_cell("%load_ext grader"), new_code_cell("%grade ch1.relu")]
    for kind in kinds.KINDS:
        if kind.name in ("stub", "correct"):
            notebook = nbformat.reads(kind.text(fetched, ""), as_version=4)
            notebook.cells += magics if kind.name == "correct" else []
            nbformat.write(notebook, home / f"{kind.name}.ipynb")
    # Practice finds the course at or above the notebook's folder.
    for name in ("exercises", "tests"):
        shutil.copytree(released.root / name, home / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("jupyter")), "lab", "--no-browser"]
    command += [f"--port={port}", f"--IdentityProvider.token={TOKEN}", "--allow-root"]
    command += [f"--ServerApp.root_dir={home}", "--expose-app-in-browser"]
    environment = {**os.environ, "HOME": str(home), "OMP_NUM_THREADS": "1"}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, env=environment)
    try:
        _until_it_answers(f"http://127.0.0.1:{port}/api?token={TOKEN}")
        yield f"http://127.0.0.1:{port}/lab/tree/{{}}?token={TOKEN}&reset"
    finally:
        server.terminate()
        server.wait(30)


def _until_it_answers(address: str) -> None:
    deadline = time.monotonic() + WAIT
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < deadline, "JupyterLab does not start"
            time.sleep(0.3)
        else:
            return


def shown(browser, selector: str):
    """The element, once it is there."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support import expected_conditions
    from selenium.webdriver.support.wait import WebDriverWait

    there = expected_conditions.visibility_of_element_located((By.CSS_SELECTOR, selector))
    return WebDriverWait(browser, WAIT).until(there)


def opened(browser, lab: str, name: str) -> None:
    browser.get(lab.format(f"{name}.ipynb"))
    shown(browser, ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-CodeCell")
    shown(browser, '.jp-Notebook-ExecutionIndicator[data-status="idle"]')


@pytest.mark.parametrize(
    ("name", "outcome", "text"),
    [
        ("stub", ".validation-failed", "not started"),
        ("correct", ".validation-success", "Success! Your notebook passes all the tests."),
    ],
)
def test_validate_tells_the_truth(browser, lab, name, outcome, text):
    opened(browser, lab, name)
    shown(browser, ".validate-button").click()
    assert text in shown(browser, outcome).text


def test_grade_shows_its_report_under_the_cell(browser, lab):
    opened(browser, lab, "correct")
    browser.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    report = shown(browser, ".jp-RenderedHTMLCommon b")
    assert report.text == "ch1.relu"
    assert "practice checks passed" in shown(browser, "body").text
