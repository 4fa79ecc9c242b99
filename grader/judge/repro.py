"""A counterexample as a few lines of Python that run beside the submission's file."""

from __future__ import annotations

import base64
import math
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.checks.answers import Call
from grader.submission.reading import Submission
from grader.wall.protocol.arrays import tensor_layout
from grader.wall.protocol.tokens import Function, Generator

SMALL = 64
"""Entries of an array that is written out; a larger one is made from its bytes."""

LONGEST = 12_000
"""Characters of a program: reports keep it, and a class has many."""

WORD = 76
"""Characters of a line of bytes."""

INFERRED = {np.dtype("float64"), np.dtype("int64"), np.dtype("bool"), np.dtype("complex128")}
"""What NumPy makes of a list by itself."""


def repro(
    calls: Sequence[tuple[Call, Sequence[str]]], submission: Submission, exercise: str
) -> str:
    """The calls as a program: the same numbers, dtypes and layouts; empty if it would be too long.

    It prints what each call answers.  With each call come its parameters' names.  `exercise` is
    the name that the submission may lack, where the command line gave it another.
    """
    if not calls:
        return ""
    program = _Program(submission, exercise)
    for call, parameters in calls:
        program.add(call, parameters)
    text = program.text()
    return text if len(text) <= LONGEST else ""


@dataclass
class _Program:
    """Lines that are written so far, and the imports they need."""

    submission: Submission
    exercise: str
    body: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    theirs: dict[str, None] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)
    whole: bool = False

    def add(self, call: Call, parameters: Sequence[str]) -> None:
        """A call and the values it is made with, each under a name of its own."""
        count = len(call.arguments)
        numbered = [f"argument_{place + 1}" for place in range(count)]
        names = [*parameters[:count], *numbered[len(parameters) :]]
        for name, value in zip((*names, *call.keywords), self._values(call), strict=True):
            self.body.append(f"{name} = {value}")
        given = [*names, *(f"{name}={name}" for name in call.keywords)]
        if call.probe is None:
            self.theirs[call.name] = None
            self.body.append(f"print({call.name}({', '.join(given)}))\n")
        else:
            self.whole = True
            name = self._function(call.probe.function)
            self.body.append(f"print({name}({', '.join(['submission', *given])}))\n")

    def text(self) -> str:
        """The program."""
        libraries = {line for line in self.imports if line.startswith("import ")}
        if any("np." in line for line in self.body):
            libraries.add("import numpy as np")
        if any("torch." in line for line in self.body):
            libraries.add("import torch")
        own = self._imports_of_theirs(libraries)
        head = [*sorted(libraries), *sorted(self.imports - libraries)]
        # The hints of a probe may name what only its check file imports.
        hints = ["from __future__ import annotations"] if self.whole else []
        parts = ["\n".join([*hints, *head]), "\n".join(own), "\n".join(self.body)]
        return "\n\n".join(part for part in parts if part).rstrip() + "\n"

    def _imports_of_theirs(self, libraries: set[str]) -> list[str]:
        """The lines that get at what the student wrote, in a file of any name."""
        path, lines = self.submission.path, list[str]()
        if self.submission.is_notebook or not path.name:
            if self.whole:
                libraries.add("import sys")
                lines.append('submission = sys.modules["__main__"]')
            return ["# Run this in the notebook or session that defines it.", *lines]
        renamed = self.submission.source.rstrip().endswith(f"\n{self.exercise} = {self._mine()}")
        mine = self._mine() if renamed and self._mine() else self.exercise
        plain = path.suffix == ".py" and path.stem.isidentifier()
        if not plain:
            libraries |= {"import runpy", "import types"}
            lines.append(f"submission = types.SimpleNamespace(**runpy.run_path({path.name!r}))")
        elif self.whole or mine != self.exercise:
            lines.append(f"import {path.stem} as submission")
        else:
            return [f"from {path.stem} import {', '.join(self.theirs)}"]
        if mine != self.exercise:
            lines.append(f"submission.{self.exercise} = submission.{mine}")
        return [*lines, *(f"{name} = submission.{name}" for name in self.theirs)]

    def _mine(self) -> str:
        """The name on the right of the submission's last line, which `--map` adds."""
        last = self.submission.source.rstrip().rpartition("\n")[2]
        name, _, mine = last.partition(" = ")
        return mine if name == self.exercise and mine.isidentifier() else ""

    def _values(self, call: Call) -> list[str]:
        return [self._literal(value) for value in (*call.arguments, *call.keywords.values())]

    def _literal(self, value: Any) -> str:
        """Python that makes the value."""
        torch = sys.modules.get("torch")
        if isinstance(value, np.ndarray):
            return self._array(value)
        if torch is not None and isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, np.generic):
            return f"np.{value.dtype.name}({self._number(value.item())})"
        if isinstance(value, Generator):
            return f"np.random.default_rng({value.seed})"
        if isinstance(value, Function):
            return self._function(value)
        if isinstance(value, list):
            return f"[{', '.join(map(self._literal, value))}]"
        if isinstance(value, tuple):
            return f"({', '.join(map(self._literal, value))}{',' if len(value) == 1 else ''})"
        if isinstance(value, dict):
            items = (f"{self._literal(key)}: {self._literal(item)}" for key, item in value.items())
            return f"{{{', '.join(items)}}}"
        return self._number(value)

    def _number(self, value: Any) -> str:
        if isinstance(value, float) and not math.isfinite(value):
            self.imports.add("from math import inf, nan")
        return repr(value)

    def _array(self, array: np.ndarray) -> str:
        dtype = "" if array.dtype in INFERRED else f', dtype="{array.dtype.name}"'
        if array.size == 0:
            made = f'np.zeros({array.shape}, dtype="{array.dtype.name}")'
        elif array.size <= SMALL:
            made = f"np.array({self._literal(array.tolist())}{dtype})"
        else:
            made = self._bytes(array)
        if array.flags.c_contiguous:
            return made
        if array.flags.f_contiguous:
            return f"np.asfortranarray({made})"
        return f"np.repeat({made}, 2, axis=-1)[..., ::2]"

    def _bytes(self, array: np.ndarray) -> str:
        self.imports |= {"import base64", "import zlib"}
        packed = base64.b64encode(zlib.compress(array.tobytes(), 9)).decode("ascii")
        lines = (packed[start : start + WORD] for start in range(0, len(packed), WORD))
        quoted = "\n".join(f'    "{line}"' for line in lines)
        return (
            f"np.frombuffer(zlib.decompress(base64.b64decode(\n{quoted}\n"
            f')), dtype="{array.dtype.name}").reshape({array.shape}).copy()'
        )

    def _tensor(self, tensor: Any) -> str:
        torch = sys.modules["torch"]
        plain = tensor.detach()
        if plain.numel() <= SMALL:
            made = f"torch.tensor({self._literal(plain.tolist())}, dtype={plain.dtype})"
            made += f".reshape({tuple(plain.shape)})" if plain.numel() == 0 else ""
        elif plain.dtype is torch.bfloat16:
            made = f"torch.from_numpy({self._bytes(plain.float().numpy())}).to(torch.bfloat16)"
        else:
            made = f"torch.from_numpy({self._bytes(plain.contiguous().numpy())})"
        layout = tensor_layout(plain)
        if layout == "C":
            return made
        if layout == "F":
            reversed_axes = f"permute({tuple(reversed(range(plain.ndim)))})"
            return f"{made}.{reversed_axes}.contiguous().{reversed_axes}"
        return f"torch.repeat_interleave({made}, 2, dim=-1)[..., ::2]"

    def _function(self, function: Function) -> str:
        """The name of a function of the course, defined once; with what is bound to it."""
        if function.name not in self.defined:
            self.defined.add(function.name)
            self.body.insert(0, function.source.strip("\n") + "\n")
        if not function.bound:
            return function.name
        self.imports.add("import functools")
        bound = (f"{name}={self._literal(value)}" for name, value in function.bound.items())
        return f"functools.partial({function.name}, {', '.join(bound)})"
