"""The one tolerance rule: by how much a right answer may differ, and what single precision costs.

Rounding is relative to the *terms' scale*: the largest number that enters a sum, not the small
difference that is left of it.  Where float64 is due, a deviation beyond its tolerance but within
that of float32 is forgiven if float32 arithmetic made it, and a property, "computed in double
precision", says so instead.  Who made a deviation can be seen: what float32 arithmetic answers
are float32 numbers, of whose 53 bits the last 29 are zero.  A rounded decimal or an epsilon too
many leaves such a number once in 2^29 times.
"""

from __future__ import annotations

import numpy as np

RELATIVE = {2: 1e-2, 4: 1e-4, 8: 1e-6}
"""Relative tolerance by bytes of a float: float16, float32, float64."""

SMALLEST_SCALE = {2: 1.0, 4: 1e-2, 8: 1e-6}
"""Rounding of intermediate results leaves this much even where the exact answer is 0."""

NOISE = 1e-9
"""Deviations up to this, relative to the terms' scale, come of float64 arithmetic in any order."""

PLAIN_BITS = 12
"""A number of so few bits (0, 1, 0.75) says nothing about the arithmetic that led to it."""

WHOLE = 2.0**23
"""From here on every float32 is a whole number; below, a whole number may be a rounded one."""

DECIMALS = range(1, 6)
FINER = 50
"""To so many decimals answers are rounded; a float32 shows it where it is so many times finer."""


def within(
    actual: np.ndarray,
    wanted: np.ndarray,
    size: int,
    *,
    scale: float | None = None,
    rounding: float = 0.0,
) -> np.ndarray:
    """Which entries of two arrays of one shape agree, as floats of `size` bytes.

    They may differ by r * (|wanted| + scale) + rounding; `scale` is the largest magnitude in
    `wanted` unless it is given, and never below the smallest scale of that size.
    """
    same = np.asarray((actual == wanted) | ((actual != actual) & (wanted != wanted)))
    if same.all():
        return same
    actual, wanted = actual.astype(np.complex128), wanted.astype(np.complex128)
    scale = max(_scale(wanted) if scale is None else scale, SMALLEST_SCALE[size])
    with np.errstate(all="ignore"):
        close = np.abs(actual - wanted) <= rounding + RELATIVE[size] * (np.abs(wanted) + scale)
    close &= np.isfinite(actual) & np.isfinite(wanted)
    return np.asarray(close | same)


def is_single(actual: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether float32 arithmetic led to `actual` where float64 numbers are due.

    By its dtype, or because every entry that deviates by more than noise is a float32 number, one
    of them at least a telling one; but not where decimals were rounded away before.
    """
    if wanted.dtype.kind not in "fc" or wanted.dtype.itemsize < _double(wanted):
        return False
    finite = np.isfinite(actual) & np.isfinite(wanted)
    scale = max(_scale(wanted), SMALLEST_SCALE[8])
    with np.errstate(all="ignore"):
        off = np.abs(actual - wanted)
        deviates = finite & (off > NOISE * (np.abs(wanted) + scale))
        far = finite & (off > RELATIVE[8] * (np.abs(wanted) + scale))
    if _are_decimals(_parts(actual[far])):
        return False
    if actual.dtype in (np.float32, np.complex64):
        return True
    mine = _parts(actual[deviates])
    narrow = mine.dtype == np.float64 and _are_float32(mine).all()
    return bool(narrow and _is_telling(mine).any())


def _double(values: np.ndarray) -> int:
    """Bytes of a number in double precision."""
    return 16 if values.dtype.kind == "c" else 8


def _scale(wanted: np.ndarray) -> float:
    finite = wanted[np.isfinite(wanted)]
    return float(np.abs(finite).max()) if finite.size else 0.0


def _parts(values: np.ndarray) -> np.ndarray:
    """The numbers themselves; of complex ones the real and the imaginary parts."""
    return np.concatenate([values.real, values.imag]) if values.dtype.kind == "c" else values


def _are_float32(values: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(values.astype(np.float32).astype(np.float64) == values)


def _are_decimals(values: np.ndarray) -> bool:
    """Whether all are rounded to a few decimals, of which a float32 could hold more."""
    if not values.size or values.dtype.kind != "f":
        return False
    narrow = values.astype(np.float32)
    return any(
        bool((np.abs(np.spacing(narrow)) < 10.0**-digits / FINER).all())
        and bool((np.round(values.astype(np.float64), digits).astype(np.float32) == narrow).all())
        for digits in DECIMALS
    )


def _is_telling(values: np.ndarray) -> np.ndarray:
    """Which float32 numbers have many bits, and are not whole because somebody rounded them."""
    significand = np.ldexp(np.frexp(values)[0], PLAIN_BITS)
    fraction = (values != np.round(values)) | (np.abs(values) >= WHOLE)
    return np.asarray((significand != np.round(significand)) & fraction)
