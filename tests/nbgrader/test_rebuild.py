"""Rebuilding: what is the student's stays the student's, what is the instructor's comes back."""

from __future__ import annotations

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from grader.nbgrader.cells import cells_of
from grader.submission.errors import UnreadableSubmission


def rebuilt(release, cells):
    from grader.nbgrader.rebuild import rebuilt

    return rebuilt(release, cells)


@pytest.fixture
def release(released):
    path = released.assignments / "release" / "ch1" / "ch1.ipynb"
    return nbformat.read(path, as_version=4)


@pytest.fixture
def work(release):
    return copy.deepcopy(release)


def at(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def sources(release, work):
    return [cell.source for cell in rebuilt(release, cells_of(work)).cells]


def test_an_untouched_notebook_is_the_release_without_its_free_cell(release, work):
    assert sources(release, work) == [cell.source for cell in release.cells]


def test_instructors_cells_come_back(release, work):
    at(work, "ch1-setup").source = "np = None"
    at(work, "ch1-relu-statement").source = "nothing"
    at(work, "ch1-relu-checks").source = "40.0"
    assert sources(release, work) == [cell.source for cell in release.cells]


def test_added_cells_stay_where_they_were(release, work):
    place = work.cells.index(at(work, "ch1-relu"))
    work.cells[place:place] = [new_code_cell("helper = 1"), new_markdown_cell("my notes")]
    got = sources(release, work)
    assert got.index("helper = 1") == got.index(at(release, "ch1-relu").source) - 2


def test_added_cells_lose_outputs_and_metadata(release, work):
    forged = copy.deepcopy(at(work, "ch1-relu-checks"))
    forged.id, forged.metadata.nbgrader.grade_id, forged.source = "x", "another", "1.0"
    work.cells.append(forged)
    added = rebuilt(release, cells_of(work)).cells[-1]
    assert (added.source, added.metadata, added.outputs) == ("1.0", {}, [])


def test_of_duplicates_the_last_that_defines_the_function_wins(release, work):
    place = work.cells.index(at(work, "ch1-relu"))
    for number, source in enumerate(["def relu(x): return 1", "def relu(x): return 2", "y = 3"]):
        one = copy.deepcopy(at(work, "ch1-relu"))
        one.id, one.source = f"copy-{number}", source
        work.cells.insert(place + number, one)
    del work.cells[place + 3]
    got = sources(release, work)
    assert (
        got.index("def relu(x): return 1") < got.index("def relu(x): return 2") < got.index("y = 3")
    )
    notebook = rebuilt(release, cells_of(work))
    assert at(notebook, "ch1-relu").source == "def relu(x): return 2"


def test_stripped_cells_are_found_by_the_name_they_define(release, work):
    for number, cell in enumerate(work.cells):
        cell.metadata, cell.id = {}, f"c{number}"
        if cell.source.startswith("def relu"):
            cell.source = "# mine\n\ndef relu(x):\n    return x"
    notebook = rebuilt(release, cells_of(work))
    assert at(notebook, "ch1-relu").source.startswith("# mine")
    assert len(notebook.cells) == len(release.cells)


def test_a_deleted_solution_is_the_stub_again(release, work):
    work.cells.remove(at(work, "ch1-relu"))
    assert sources(release, work) == [cell.source for cell in release.cells]


def test_a_notebook_of_megabytes_is_not_read(release, work):
    rebuilt(release, cells_of(work))
    work.cells.append(new_code_cell("#" * 2_000_000))
    with pytest.raises(UnreadableSubmission, match="more than 1 MB"):
        rebuilt(release, cells_of(work))


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"cells": 3},
        {"cells": [1, None, {}, {"cell_type": "code"}]},
        [],
        "text",
        None,
        {"cells": [{"cell_type": "code", "source": ["a", 3], "metadata": {"nbgrader": []}}]},
    ],
)
def test_whatever_is_no_notebook_has_no_cells_that_hurt(release, broken):
    assert len(rebuilt(release, cells_of(broken)).cells) >= len(release.cells) - 1
