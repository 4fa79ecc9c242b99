"""Helpers beside a submission, links among them, and names that only notebooks have."""

from __future__ import annotations

import json

import pytest

from grader.cli.app import main

REST = """
def softmax(z, axis=-1):
    e = np.exp(shifted(z, axis))
    return e / e.sum(axis=axis, keepdims=True)
"""
HELPER = """import numpy as np


def shifted(z, axis):
    return z - z.max(axis=axis, keepdims=True)
"""


@pytest.fixture
def hand_in(tmp_path, bubblewrap, capsys, monkeypatch):
    """`hand_in(files, name)` grades ch4.softmax of a folder, or of one file in it."""
    monkeypatch.setenv("COLUMNS", "200")

    def grade(files: dict[str, str], name: str = "") -> tuple[float, str]:
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        with pytest.raises(SystemExit):
            main(["ch4.softmax", "--submission", str(tmp_path / name), "--format", "json"])
        out, err = capsys.readouterr()
        report = json.loads(out) if out else {"score": -1, "notes": []}
        return report["score"], "\n".join(report["notes"]) + err

    return grade


def notebook(*cells: str) -> str:
    listed = [
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": cell,
        }
        for cell in cells
    ]
    return json.dumps({"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


WAYS = {
    "plain": ({"helper.py": HELPER}, "from helper import shifted"),
    "relative": ({"helper.py": HELPER}, "from .helper import shifted"),
    "from dot": ({"helper.py": HELPER}, "from . import helper\nshifted = helper.shifted"),
    "importlib": (
        {"helper.py": HELPER},
        "import importlib\nshifted = importlib.import_module('helper').shifted",
    ),
    "package": (
        {"utils/__init__.py": "", "utils/ops.py": HELPER},
        "from utils.ops import shifted",
    ),
    "package that imports": (
        {"utils/__init__.py": "from .ops import shifted", "utils/ops.py": HELPER},
        "from utils import shifted",
    ),
    "no __init__": ({"utils/ops.py": HELPER}, "import utils.ops\nshifted = utils.ops.shifted"),
    "chain": ({"a.py": "from b import shifted", "b.py": HELPER}, "from a import *"),
    "up": (
        {"u/__init__.py": "", "u/a.py": "from ..b import shifted", "b.py": HELPER},
        "from u.a import shifted",
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [".py", ".ipynb"])
def test_helpers_of_the_folder_are_imported(hand_in, way, kind):
    files, first = WAYS[way]
    text = f"import numpy as np\n{first}\n"
    own = notebook(text, REST) if kind == ".ipynb" else text + REST
    assert hand_in({**files, f"ch4{kind}": own}) == (12.0, "")


def test_a_wrong_helper_is_a_wrong_answer(hand_in):
    wrong = HELPER.replace("z.max(axis=axis, keepdims=True)", "0")
    own = "import numpy as np\nfrom helper import shifted\n"
    assert hand_in({"helper.py": wrong, "ch4.py": own + REST})[0] < 12


def test_what_nobody_imports_costs_nothing(hand_in):
    data = "values = [" + "1234567, " * 200_000 + "]\n"
    own = "import numpy as np\n" + HELPER + REST
    assert hand_in({"data.py": data, "junk/more.py": data, "ch4.py": own}) == (12.0, "")


def test_a_helper_that_is_too_large_says_so_when_it_is_imported(hand_in):
    data = HELPER + "values = [" + "1234567, " * 200_000 + "]\n"
    own = "import numpy as np\nfrom data import shifted\n"
    score, said = hand_in({"data.py": data, "ch4.py": own + REST})
    assert score == 0
    assert "larger than 1 MB" in said


def test_a_file_handed_in_alone_is_told_to_bring_its_folder(hand_in):
    own = "import numpy as np\nfrom helper import shifted\n"
    score, said = hand_in({"helper.py": HELPER, "ch4.py": own + REST}, "ch4.py")
    assert score == 0
    assert "helper lies beside ch4.py, which was handed in alone: hand in the folder" in said


def test_a_link_to_the_reference_earns_nothing(hand_in, tmp_path, course):
    reference = course.solution(course.chapter("ch4"))
    (tmp_path / "answers.py").symlink_to(reference)
    score, said = hand_in({"ch4.py": "from answers import *\n"})
    assert score == 0
    assert "answers.py is a link, which is not followed" in said


def test_a_linked_package_leads_nowhere(hand_in, tmp_path, course):
    (tmp_path / "answers").symlink_to(course.root / "solutions", target_is_directory=True)
    text = "from answers.ch04_softmax_cross_entropy import *\n"
    assert hand_in({"ch4.py": text})[0] == 0


@pytest.mark.parametrize("name", ["ch4.py", ""], ids=["named", "in a folder"])
def test_a_link_in_place_of_the_file_shows_no_line_of_it(hand_in, tmp_path, name):
    secret = tmp_path.parent / "secret.txt"
    secret.write_text("root:x:0:0:secret\n")
    (tmp_path / "ch4.py").symlink_to(secret)
    score, said = hand_in({}, name)
    assert score == -1
    assert "ch4.py is a link, which is not followed: hand in the file itself" in said
    assert "root:" not in said


def test_what_every_notebook_has_exists_quietly(hand_in):
    cells = [
        "from IPython.display import display as show, clear_output",
        "from tqdm.auto import tqdm, trange",
        "display(1); get_ipython().system('ls')\nfor i in tqdm(range(3), desc='epochs'): pass",
        "with tqdm(total=3) as bar:\n    bar.update(); bar.set_postfix(loss=1)",
        "assert list(trange(2)) == [0, 1]",
        f"import numpy as np\n{HELPER}{REST}",
    ]
    assert hand_in({"ch4.ipynb": notebook(*cells)}) == (12.0, "")


def test_pictures_in_a_notebook_are_no_source(hand_in):
    text = json.loads(notebook(f"import numpy as np\n{HELPER}{REST}"))
    picture = {
        "output_type": "display_data",
        "data": {"image/png": "A" * 8_000_000},
        "metadata": {},
    }
    text["cells"][0]["outputs"] = [picture] * 5
    assert hand_in({"ch4.ipynb": json.dumps(text)}) == (12.0, "")
