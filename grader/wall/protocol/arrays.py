"""Arrays and tensors as bytes: a header of dtype, shape and layout, then the numbers."""

from __future__ import annotations

import math
import struct
import sys
from functools import lru_cache
from typing import Any

import msgpack
import numpy as np

from grader.wall.protocol.tokens import Opaque

LENGTH = struct.Struct(">I")
MAX_RANK = 16
LONGEST_HEADER = 256
HEADERS = 1024
"""Headers of arrays to remember: a chapter's arrays have few shapes."""

DTYPES = {
    name: np.dtype(name)
    for name in (
        "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
        "float16 float32 float64 complex64 complex128"
    ).split()
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
TENSOR_DTYPES = frozenset(
    (
        "bool int8 int16 int32 int64 uint8 float16 bfloat16 float32 float64 complex64 complex128"
    ).split()
)


class WireError(Exception):
    """The bytes of a frame are not plain data as agreed."""


def array_bytes(array: np.ndarray) -> bytes | None:
    """An array as bytes; None if it does not hold plain numbers."""
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    name = NAMES.get(array.dtype)
    if name is None or array.ndim > MAX_RANK:
        return None
    return _header(name, array.shape, _layout(array)) + array.tobytes()


def tensor_bytes(tensor: Any) -> bytes | None:
    """A torch tensor as bytes; None if it is sparse or of another kind of number."""
    torch = sys.modules["torch"]
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype not in TENSOR_DTYPES or tensor.layout is not torch.strided:
        return None
    layout = tensor_layout(tensor)
    known = tensor.view(torch.int16) if dtype == "bfloat16" else tensor  # NumPy has no bfloat16
    raw: bytes = known.numpy(force=True).tobytes()
    return _header(dtype, tuple(tensor.shape), layout) + raw


def array_of(data: bytes) -> np.ndarray:
    """The array that was packed.  Raises WireError."""
    return _rebuild_array(*_split(data))


def tensor_of(data: bytes) -> Any:
    """The tensor that was packed; Opaque where torch is not loaded.  Raises WireError."""
    return _rebuild_tensor(*_split(data))


def tensor_layout(tensor: Any) -> str:
    """C, F (column-major) or S (every second element of a larger block)."""
    if tensor.is_contiguous():
        return "C"
    return "F" if axes_reversed(tensor).is_contiguous() else "S"


def axes_reversed(tensor: Any) -> Any:
    """The same numbers with the axes in reversed order."""
    return tensor.permute(tuple(reversed(range(tensor.ndim))))


def _layout(array: Any) -> str:
    """C, F (column-major) or S (every second element of a larger block)."""
    if array.flags.c_contiguous:
        return "C"
    return "F" if array.flags.f_contiguous else "S"


@lru_cache(HEADERS)
def _header(dtype: str, shape: tuple[int, ...], layout: str) -> bytes:
    header = bytes(msgpack.packb([dtype, list(shape), layout]))
    return LENGTH.pack(len(header)) + header


def _split(data: bytes) -> tuple[str, tuple[int, ...], str, bytes]:
    """Split an array's bytes into dtype, shape, layout, raw; nothing is allocated yet."""
    if len(data) < LENGTH.size:
        raise WireError("an array without a header")
    (length,) = LENGTH.unpack_from(data)
    if length > LONGEST_HEADER:
        raise WireError("an array with a malformed header")
    end = LENGTH.size + length
    return *_checked(data[LENGTH.size : end]), data[end:]


@lru_cache(HEADERS)
def _checked(packed: bytes) -> tuple[str, tuple[int, ...], str]:
    """The header of an array.  Raises WireError for one that is none."""
    try:
        header = msgpack.unpackb(packed, raw=False)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException):
        raise WireError("an array with a malformed header") from None
    if not (isinstance(header, list) and len(header) == 3):
        raise WireError("an array with a malformed header")
    dtype, shape, layout = header
    if not (
        isinstance(dtype, str)
        and isinstance(shape, list)
        and len(shape) <= MAX_RANK
        and all(type(size) is int and 0 <= size < 2**31 for size in shape)
        and layout in ("C", "F", "S")
    ):
        raise WireError("an array with a malformed header")
    return dtype, tuple(shape), layout


def _rebuild_array(dtype: str, shape: tuple[int, ...], layout: str, raw: bytes) -> np.ndarray:
    if dtype not in DTYPES:
        raise WireError("an array of a dtype that is not allowed")
    if math.prod(shape) * DTYPES[dtype].itemsize != len(raw):
        raise WireError("an array whose bytes do not match its shape")
    array = np.frombuffer(raw, DTYPES[dtype]).reshape(shape)
    if layout == "C":
        return array.copy()
    if layout == "F":
        return array.copy(order="F")
    block = np.zeros((*shape[:-1], 2 * shape[-1]), DTYPES[dtype])
    view = block[..., ::2]
    view[...] = array
    return view


def _rebuild_tensor(dtype: str, shape: tuple[int, ...], layout: str, raw: bytes) -> Any:
    torch = sys.modules.get("torch")
    if torch is None:
        return Opaque("torch tensor")
    if dtype not in TENSOR_DTYPES:
        raise WireError("a tensor of a dtype that is not allowed")
    kind = getattr(torch, dtype)
    if math.prod(shape) * kind.itemsize != len(raw):
        raise WireError("a tensor whose bytes do not match its shape")
    flat = torch.frombuffer(bytearray(raw), dtype=kind) if raw else torch.empty(0, dtype=kind)
    tensor = flat.reshape(shape)
    if layout == "C" or not shape:
        return tensor
    if layout == "F":
        return axes_reversed(axes_reversed(tensor).contiguous())
    block = torch.zeros((*shape[:-1], 2 * shape[-1]), dtype=kind)
    view = block[..., ::2]
    view.copy_(tensor)
    return view
