"""What an error of Python, NumPy or torch usually means, for someone who meets it first."""

from __future__ import annotations

import re
import sys
from importlib.machinery import PathFinder

from grader.report.syntax import syntax_advice

COMMON = (
    (
        r"truth value of an array|Boolean value of Tensor",
        "`if` decides once, and this is a whole array: np.where or torch.where decides entry by "
        "entry. To ask whether an argument was given, write `is not None`.",
    ),
    (
        r"matmul: Input operand|shapes cannot be multiplied|shapes .* not aligned",
        "A @ B needs as many columns in A as B has rows: print both shapes.",
    ),
    (
        r"could not be broadcast|must match the size of tensor|not broadcastable",
        "Shapes are compared from the last axis on, and sizes must be equal or 1: print both "
        "shapes; x[:, None] or keepdims=True adds an axis of size 1.",
    ),
    (
        r"before Module\.__init__",
        "The first line of __init__ must be super().__init__().",
    ),
    (
        r"NoneType",
        "Something here is None: did a function end without `return`, or was an argument left out?",
    ),
    (
        r"unsupported operand type\(s\) for .*: '(int|float)' and '(?!list|tuple|str|dict)",
        "With a plain number on the left, Python asks what stands on the right: __radd__, "
        "__rmul__, __rsub__ or __rtruediv__ answers.",
    ),
    (
        r"name '(np|numpy|torch|math|nn|F)' is not defined",
        "An import is missing at the top of the file.",
    ),
    (
        r"cannot be interpreted as an integer|slice indices must be integers|but got float"
        r"|must be tuple of (Symi|i)nts",
        "A whole number is needed, and / always gives a float: divide with //.",
    ),
    (
        r"read-only",
        "The input belongs to the caller: work on a copy of it.",
    ),
    (
        r"inhomogeneous",
        "Arrays of different shapes do not fit into one array: go through the list one by one.",
    ),
    (
        r"from dtype\('float\d+'\) to dtype\('int\d+'\)|can't be cast to the desired output type",
        "An array of whole numbers cannot take fractions in place: make it an array of floats.",
    ),
    (
        r"'(numpy\.ndarray|Tensor|tuple|list)' object is not callable",
        "Round brackets call a function; entries are picked with square ones.",
    ),
    (
        r"tuple index out of range",
        "x.shape has one entry for every axis, and here there are fewer axes than you ask for.",
    ),
    (
        r"values to unpack",
        "The names on the left must be as many as the values on the right; x.shape has one for "
        "every axis.",
    ),
    (
        r"leaf Variable that requires grad",
        "A parameter is changed in place only under `with torch.no_grad():`.",
    ),
    (
        r"required positional argument|unexpected keyword argument|positional arguments? but",
        "Call and `def` disagree: compare the names and their number with the statement.",
    ),
    (
        r"not associated with a value|referenced before assignment",
        "The name gets its value in a branch or loop that did not run for this input.",
    ),
    (
        r"maximum recursion depth",
        "The function calls itself without end: is it meant to call another one?",
    ),
)


NEWER_NAMES = {
    "typing": {"override": "3.12", "TypeAliasType": "3.12", "ReadOnly": "3.13", "TypeIs": "3.13"},
    "itertools": {"batched": "3.12"},
    "math": {"sumprod": "3.12", "fma": "3.13"},
    "copy": {"replace": "3.13"},
    "warnings": {"deprecated": "3.13"},
}
"""Names of the standard library and the version of Python that first had them."""

ABSENT_NAME = re.compile(
    r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'"
    r"|module '(?P<owner>[\w.]+)' has no attribute '(?P<attribute>\w+)'"
)
ABSENT_MODULE = re.compile(r"^ModuleNotFoundError: No module named '(?P<name>\w+)'")
NO_PYTHON = re.compile(r"(SyntaxError|IndentationError|TabError): ")


def explained(error: str, line: str = "", chapter: str = "") -> str | None:
    """A sentence of advice for the text of an error, None for errors that are not common.

    `line` is the line that it names, `chapter` the one that is graded.
    """
    if NO_PYTHON.match(error):
        return syntax_advice(error, line)
    if chapter and (absent := ABSENT_MODULE.match(error)):
        return _absent_module(absent["name"], chapter)
    if found := ABSENT_NAME.search(error):
        newer = _newer_name(found["module"] or found["owner"], found["name"] or found["attribute"])
        if newer:
            return newer
    return next((advice for pattern, advice in COMMON if re.search(pattern, error)), None)


def _absent_module(name: str, chapter: str) -> str:
    sentence = f"{name} is not available in {chapter}."
    if PathFinder.find_spec(name) is not None:
        return sentence
    return f"{sentence}  If it is a file of yours, hand in the folder that holds it."


def _newer_name(module: str, name: str) -> str | None:
    """What a name of the standard library is that this Python does not have."""
    if module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    since = NEWER_NAMES.get(module, {}).get(name)
    if since is None:
        return f"Python {here} grades here, and its {module} has no {name}: a newer one may."
    return f"Python {here} grades here; {module}.{name} is of {since}."
