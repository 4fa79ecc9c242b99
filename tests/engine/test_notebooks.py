"""The notebooks of the nbgrader course: fresh, valid, and readable."""

import re
from pathlib import Path

import nbformat
import pytest

from grader.authoring.markdown import markdown
from grader.authoring.notebooks import notebook_of, notebook_path
from grader.course.model import Course
from grader.formulas.latex import formula
from grader.formulas.notation import to_latex

ALLOWED = {"cell_type", "grade", "grade_id", "locked", "points", "schema_version", "solution"}


def chapters(course: Course):
    for chapter in course.chapters:
        yield chapter, nbformat.reads(notebook_of(course, chapter), as_version=4)


def test_notebooks_are_fresh(course):
    for chapter in course.chapters:
        path = notebook_path(course, chapter)
        assert path.exists(), "run `grade notebooks`"
        assert path.read_text(encoding="utf-8") == notebook_of(course, chapter), "grade notebooks"


def test_no_other_notebook_lies_in_the_course(course):
    folder = course.root / "assignments" / "source"
    expected = {notebook_path(course, chapter) for chapter in course.chapters}
    assert set(folder.glob("**/*.ipynb")) == expected


def test_generation_gives_the_same_bytes(course):
    for chapter in course.chapters:
        assert notebook_of(course, chapter) == notebook_of(course, chapter)


def test_notebooks_are_valid_and_hold_nothing_beyond_the_schema(course):
    for _, notebook in chapters(course):
        nbformat.validate(notebook)
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)
        for cell in notebook.cells[:-1]:
            assert set(cell.metadata) == {"nbgrader"}
            own = cell.metadata.nbgrader
            assert set(own) - {"task"} <= ALLOWED
            assert re.fullmatch(r"[A-Za-z0-9_-]+", own.grade_id)
            assert own.schema_version == 3
        assert notebook.cells[-1].metadata == {}


def test_every_exercise_has_statement_solution_and_points(course):
    for chapter, notebook in chapters(course):
        cells = {cell.id: cell for cell in notebook.cells}
        for exercise in chapter.exercises:
            name = f"{chapter.id}-{exercise.name}"
            solution, checks = cells[name], cells[f"{name}-checks"]
            assert cells[f"{name}-statement"].source.startswith(f"## {exercise.name} · ")
            assert solution.source.count("### BEGIN SOLUTION") >= 1
            assert solution.source.count("### BEGIN") == solution.source.count("### END")
            assert checks.metadata.nbgrader.points == exercise.points
            assert "SOLUTION" not in checks.source


def test_the_cells_of_a_notebook_are_the_chapter(course):
    """Nothing of the module is lost: the code cells define what the solution defines."""
    for chapter, notebook in chapters(course):
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        source = "\n".join(cell.source for cell in code if not cell.metadata.get("grade"))
        compile(source, chapter.id, "exec")
        solution = Path(course.solution(chapter)).read_text(encoding="utf-8")
        for marked in re.findall(r"### BEGIN SOLUTION\n.*?### END", solution, re.DOTALL):
            assert marked in source


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("σ(z) = 1 / (1 + exp(−z))", r"\sigma(z) = \frac{1}{1 + \exp(-z)}"),
        ("w − lr · m̂ / (√v̂ + eps)", r"\text{lr} \cdot \frac{\hat{m}}{\sqrt{\hat{v}} + \text{eps}}"),
        ("(x − μ) / √(σ² + ε)", r"\frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}"),
        ("softmax(Q Kᵀ / √d_k) V", r"\left(\frac{Q\, K^\top}{\sqrt{d_{k}}} \right)\, V"),
        ("z_i / Σ_j exp(z_j) + 1", r"\frac{z_{i}}{\sum_{j} \exp(z_{j})} + 1"),
        ("1/n · Σ_i |r_i|", r"\frac{1}{n} \cdot \sum_{i} \left|r_{i} \right|"),
        ("p(y | x_1) = Π_i p(y_i | x_1)", r"p(y \mid x_{1}) = \prod_{i} p(y_{i} \mid x_{1})"),
        ("√(2/π) · Φ(x³)", r"\sqrt{\frac{2}{\pi}} \cdot \Phi(x^3)"),
        ("−(α/r) · f(1/n)", r"-\frac{\alpha}{r} \cdot f\left(\frac{1}{n} \right)"),
        ("x_i^(k + 1) = 10^(−2i/d)", r"x_{i}^{k + 1} = 10^{-2i/d}"),
        ("x̂_i + ȳ + dx̂", r"\hat{x}_{i} + \bar{y} + d\hat{x}"),
        ("hₖ₋₁ Wₖᵀ", r"h_{k-1}\, W_{k}^\top"),
        ("h' = tanh(x W_ihᵀ + b_ih)", r"h' = \tanh(x\, W_{ih}^\top + b_{ih})"),
        ("mean of a column", r"\text{mean of a column}"),
        ("0 where x ≤ 0", r"0\; \text{where}\; x \le 0"),
        ("max_norm / norm", r"\frac{\text{max\_norm}}{\text{norm}}"),
    ],
)
def test_formulas_become_latex(text, latex):
    assert to_latex(text).endswith(latex)


def test_statements_stand_below_each_other():
    assert formula(["μ = mean,   out = x − μ"]) == (
        "$$\n\\begin{aligned}\n\\mu & = \\text{mean} \\\\\n"
        "\\text{out} & = x - \\mu\n\\end{aligned}\n$$"
    )


def test_columns_stay_columns():
    rows = ["two:   p = 1/n", "all:   q = 2"]
    assert r"& \text{two:} && p = \frac{1}{n} \\" in formula(rows)
    assert r"& \text{all:} && q = 2" in formula(rows)


def test_markdown_escapes_what_it_would_take_for_markup():
    assert markdown("a <script> and `<b>` for $5") == "a &lt;script> and `<b>` for \\$5"


def test_diagrams_stay_text():
    assert markdown("    x ──► y\n    a table") == "```text\nx ──► y\na table\n```"
