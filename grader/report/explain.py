"""What an error of Python, NumPy or torch usually means, for someone who meets it first."""

from __future__ import annotations

import re

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


def explained(error: str) -> str | None:
    """A sentence of advice for the text of an error, None for errors that are not common."""
    return next((advice for pattern, advice in COMMON if re.search(pattern, error)), None)
