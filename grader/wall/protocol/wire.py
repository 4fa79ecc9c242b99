"""What crosses the wall: length-capped msgpack frames of plain data, and nothing else.

Both sides use this module.  It never unpickles and never evaluates: an array travels as dtype,
shape, layout and raw bytes, and is rebuilt as a plain `numpy.ndarray` or `torch.Tensor`.
"""

from __future__ import annotations

import math
import struct
import sys
from functools import lru_cache
from types import ModuleType
from typing import Any

import msgpack
import numpy as np

from grader.wall.protocol.tokens import Function, Generator, Opaque

ARRAY, TENSOR, TUPLE, OPAQUE, GENERATOR, FUNCTION = range(1, 7)
LENGTH = struct.Struct(">I")
MAX_DEPTH = 16
MAX_RANK = 16
MAX_ITEMS = 1_000_000
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


AS_THEY_ARE = frozenset((float, bool, str, bytes, type(None)))


class WireError(Exception):
    """The bytes of a frame are not plain data as agreed."""


def pack(value: Any) -> bytes:
    """Encode plain data; what is not plain becomes `Opaque`."""
    return bytes(msgpack.packb(_plain(value, MAX_DEPTH), use_bin_type=True))


def unpack(payload: bytes) -> Any:
    """Decode a frame's payload.

    Raises WireError for anything but plain data of an allowed type and a sane size.
    """
    return _Decoder().decode(payload, MAX_DEPTH)


def _plain(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in AS_THEY_ARE:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**64 else _opaque("int beyond 64 bits")
    if depth == 0:
        return _opaque("deeply nested data")
    if isinstance(value, np.ndarray):
        return _array(value)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return _tensor(value, torch)
    if isinstance(value, np.generic):
        return _scalar(value)
    if isinstance(value, tuple):
        return msgpack.ExtType(TUPLE, _packed([_plain(item, depth - 1) for item in value]))
    if isinstance(value, list):
        return [_plain(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return _mapping(value, depth)
    if isinstance(value, Generator):
        return msgpack.ExtType(GENERATOR, _packed(value.seed))
    if isinstance(value, Function):
        bound = _plain(value.bound, depth - 1)
        return msgpack.ExtType(FUNCTION, _packed([value.name, value.source, bound]))
    for base in (int, float, str):
        if isinstance(value, base):
            return _plain(base(value), depth - 1)
    return _opaque(kind.__name__)


def _packed(value: Any) -> bytes:
    return bytes(msgpack.packb(value, use_bin_type=True))


def _opaque(type_name: str) -> msgpack.ExtType:
    return msgpack.ExtType(OPAQUE, _packed(str(type_name)[:80]))


def _mapping(value: dict[Any, Any], depth: int) -> Any:
    if not all(type(key) in (str, int) for key in value):
        return _opaque("dict with keys that are neither text nor integers")
    return {key: _plain(item, depth - 1) for key, item in value.items()}


def _scalar(value: np.generic) -> Any:
    item = value.item()
    if type(item) in (bool, int, float):
        return item
    return _opaque(type(value).__name__)


def _layout(array: Any) -> str:
    """C, F (column-major) or S (every second element of a larger block)."""
    if array.flags.c_contiguous:
        return "C"
    return "F" if array.flags.f_contiguous else "S"


def _array(array: np.ndarray) -> Any:
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    name = NAMES.get(array.dtype)
    if name is None or array.ndim > MAX_RANK:
        return _opaque(f"array of dtype {array.dtype.name}")
    return msgpack.ExtType(ARRAY, _header(name, array.shape, _layout(array)) + array.tobytes())


@lru_cache(HEADERS)
def _header(dtype: str, shape: tuple[int, ...], layout: str) -> bytes:
    header = _packed([dtype, list(shape), layout])
    return LENGTH.pack(len(header)) + header


def _tensor(tensor: Any, torch: ModuleType) -> Any:
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype not in TENSOR_DTYPES or tensor.layout is not torch.strided:
        return _opaque(f"tensor of dtype {dtype}")
    layout = "C" if tensor.is_contiguous() else "S"
    known = tensor.view(torch.int16) if dtype == "bfloat16" else tensor  # NumPy has no bfloat16
    raw = known.numpy(force=True).tobytes()
    return msgpack.ExtType(TENSOR, _header(dtype, tuple(tensor.shape), layout) + raw)


class _Decoder:
    """Decodes one frame, counting what it builds: a few bytes must not become gigabytes."""

    def __init__(self) -> None:
        self.items = 0

    def decode(self, payload: bytes, depth: int) -> Any:
        if depth == 0:
            raise WireError("data nested too deeply")
        try:
            return msgpack.unpackb(
                payload,
                ext_hook=lambda code, data: self.extension(code, data, depth - 1),
                list_hook=self.count,
                object_hook=self.count,
                raw=False,
                strict_map_key=False,
                max_array_len=MAX_ITEMS,
                max_map_len=MAX_ITEMS,
            )
        except WireError:
            raise
        except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
            raise WireError(f"not a frame of plain data ({type(error).__name__})") from None

    def count(self, container: Any) -> Any:
        self.items += 1 + len(container)
        if self.items > MAX_ITEMS:
            raise WireError("more separate items than a frame may hold")
        return container

    def extension(self, code: int, data: bytes, depth: int) -> Any:
        if code == ARRAY:
            return _rebuild_array(*_split(data))
        if code == TENSOR:
            return _rebuild_tensor(*_split(data))
        value = self.decode(data, depth)
        if code == TUPLE and isinstance(value, list):
            return tuple(value)
        if code == OPAQUE and isinstance(value, str):
            return Opaque(value)
        if code == GENERATOR and isinstance(value, int):
            return Generator(value)
        if code == FUNCTION and isinstance(value, list) and len(value) == 3:
            return Function(*value)
        raise WireError(f"malformed extension of type {code}")


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
    header = _Decoder().decode(packed, 2)
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
    block = torch.zeros((*shape[:-1], 2 * shape[-1]), dtype=kind)
    view = block[..., ::2]
    view.copy_(tensor)
    return view
