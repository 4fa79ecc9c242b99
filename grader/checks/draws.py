"""Fast inputs: Hypothesis draws sizes, a recipe and a seed; NumPy fills the arrays.

The first quarter of a check's examples is drawn *plainly*: small integers, zeros, one-hot.  Most
mistakes show there, in a counterexample that can be followed by hand; the other examples are at
every scale and in every memory layout.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cached_property
from typing import Any

import numpy as np
from hypothesis import strategies as st

from grader.checks.hypothesis_internals import runner, without_constants

ORDINARY = (1.0, 30.0, 1e-3)
"""Scales of inputs where a statement promises nothing special."""

WIDE = (1.0, 30.0, 1e-3, 1e4)
"""Scales where a statement promises stability."""

PLAIN = tuple((kind, 1.0, "C") for kind in ("integers", "integers", "one-hot", "zeros"))
LAYOUTS = ("C", "F", "S")
SEEDS = st.integers(0, 2**20)
PLAIN_RECIPES = st.sampled_from(PLAIN)

SHAPES = (
    (3,),
    (2, 3),
    (3, 2),
    (1, 4),
    (2, 4, 3),
    (3, 1, 2),
    (1, 2, 5),
    (2, 1, 3, 4),
    (3, 2, 1, 5),
    (4, 1),
    (5,),
    (2, 3, 2, 4),
)

without_constants()


class Manner(Enum):
    """How the arrays of examples are drawn; whoever has Hypothesis draw passes it as the runner."""

    PLAINLY = auto()
    AT_EVERY_SCALE = auto()


class Fill:
    """Makes the arrays of one example: `fill(n, d)` is a float64 array of that shape.

    Every call continues one random stream, so arrays of an example differ from each other.
    """

    def __init__(self, kind: str, scale: float, layout: str, seed: int) -> None:
        self.kind, self.scale, self.layout, self.seed = kind, scale, layout, seed

    def __repr__(self) -> str:
        return f"Fill({self.kind!r}, {self.scale!r}, {self.layout!r}, {self.seed!r})"

    @cached_property
    def rng(self) -> np.random.Generator:
        """The random stream of this example, for whatever the other methods do not offer."""
        return np.random.default_rng(self.seed)

    def __call__(self, *shape: int) -> np.ndarray:
        """Floats around zero at the drawn scale: integers in -3..3, zeros, one-hot or normal."""
        return self._laid_out(self._values(shape))

    def number(self) -> float:
        """One float at the drawn scale."""
        return float(self._values(()))

    def uniform(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Floats in [low, high), whatever the recipe."""
        return self._laid_out(self.rng.uniform(low, high, shape))

    def distinct(self, *shape: int) -> np.ndarray:
        """Floats that differ pairwise: shuffled integers, stretched where the recipe is normal."""
        count = int(np.prod(shape))
        values = self.rng.permutation(count) - count // 2
        stretch = self.scale if self.kind == "normal" else 1.0
        return self._laid_out((values * stretch).reshape(shape).astype(np.float64))

    def off_centre(self, *shape: int) -> np.ndarray:
        """Floats at the drawn scale whose mean is not 0 along any axis."""
        values = self(*shape)
        values += self(shape[-1])
        return values

    def upstream(self, *shape: int) -> np.ndarray:
        """A gradient from above: of ordinary size whatever the scale, and hardly ever all zeros."""
        kind = "normal" if self.kind == "normal" else "integers"
        return Fill(kind, 1.0, self.layout, self.seed + 1)(*shape)

    def labels(self, classes: int, *shape: int) -> np.ndarray:
        """Integers in [0, classes)."""
        return self.rng.integers(0, classes, shape)

    def tensor(self, *shape: int, dtype: str = "float64") -> Any:
        """What `fill(*shape)` makes, as a torch tensor of that dtype."""
        import torch

        return torch.from_numpy(self._values(shape)).to(getattr(torch, dtype))

    def _values(self, shape: tuple[int, ...]) -> np.ndarray:
        if self.kind == "integers":
            return self.rng.integers(-3, 4, shape).astype(np.float64)
        if self.kind == "zeros":
            return np.zeros(shape)
        if self.kind == "one-hot":
            values = np.zeros(shape)
            if values.size:
                values.flat[self.rng.integers(values.size)] = 1.0
            return values
        return np.asarray(self.rng.standard_normal(shape) * self.scale)

    def _laid_out(self, values: np.ndarray) -> np.ndarray:
        """The same values in another memory layout: statements promise nothing about it."""
        if self.layout == "F":
            return np.asfortranarray(values)
        if self.layout == "S" and values.ndim:
            block = np.zeros((*values.shape[:-1], 2 * values.shape[-1]))
            view = block[..., ::2]
            view[...] = values
            return view
        return values


def fills(scales: tuple[float, ...] = ORDINARY) -> st.SearchStrategy[Fill]:
    """Draw how the arrays of an example are filled: kind, scale, memory layout, seed."""
    normal = tuple(("normal", scale, layout) for layout in LAYOUTS for scale in scales)
    return _fills(st.sampled_from(normal))


@st.composite
def _fills(draw: st.DrawFn, normal: st.SearchStrategy[tuple[str, float, str]]) -> Fill:
    kind, scale, layout = draw(PLAIN_RECIPES if runner(draw) is Manner.PLAINLY else normal)
    return Fill(kind, scale, layout, draw(SEEDS))


def sizes(low: int = 1, high: int = 5) -> st.SearchStrategy[int]:
    """Draw the length of an axis."""
    return st.integers(low, high)


def shapes(*ranks: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw a shape of one of these ranks (1 to 4 if none is named).

    The axes differ from each other, and some have length 1.
    """
    return st.sampled_from([shape for shape in SHAPES if len(shape) in (ranks or (1, 2, 3, 4))])
