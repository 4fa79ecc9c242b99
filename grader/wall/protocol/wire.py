"""What crosses the wall: length-capped msgpack frames of plain data, and nothing else.

Both sides use this module.  It never unpickles and never evaluates: an array travels as dtype,
shape, layout and raw bytes, and is rebuilt as a plain `numpy.ndarray` or `torch.Tensor`.
"""

from __future__ import annotations

import sys
from typing import Any

import msgpack
import numpy as np

from grader.wall.protocol.arrays import (
    WireError,
    array_bytes,
    array_of,
    tensor_bytes,
    tensor_of,
)
from grader.wall.protocol.tokens import Function, Generator, Opaque

ARRAY, TENSOR, TUPLE, OPAQUE, GENERATOR, FUNCTION, INTEGER, MAPPING = range(1, 9)
MAX_DEPTH = 16
MAX_ITEMS = 1_000_000
LONGEST_INTEGER = 1024
"""Bytes of an integer beyond 64 bits: what Python still writes out in decimals."""

MOST_COLLISIONS = 64
"""Keys of a dictionary with the hash of another: more are an attack, which takes quadratic time."""

AS_THEY_ARE = frozenset((float, bool, bytes, type(None)))
KEYS = frozenset((str, int, float, bool, bytes, tuple, type(None)))


class NotPlain(TypeError):
    """A check sends what cannot cross the wall: its author's mistake."""


def pack(value: Any) -> bytes:
    """Encode plain data; what is not plain becomes `Opaque`."""
    return _packed(_Encoder().plain(value, MAX_DEPTH))


def pack_question(value: Any) -> bytes:
    """Encode what a check sends.  Raises NotPlain for what is not plain."""
    return _packed(_AuthorsEncoder().plain(value, MAX_DEPTH))


def unpack(payload: bytes) -> Any:
    """Decode an answer: plain data alone.

    Raises WireError for anything else, and for what is of no sane size.  Functions and generators
    travel to the sandbox only: out of an answer, a check might give one to the reference, which
    would run a submission's text in the judge.
    """
    return _Decoder().decode(payload, MAX_DEPTH)


def unpack_question(payload: bytes) -> Any:
    """Decode what a check sent, functions and generators too.  Raises WireError."""
    return _QuestionDecoder().decode(payload, MAX_DEPTH)


class _Encoder:
    """Turns a value into what msgpack knows."""

    def plain(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind in AS_THEY_ARE:
            return value
        if kind is str:
            return value if _is_unicode(value) else self.opaque("text with half a surrogate pair")
        if kind is int:
            return value if -(2**63) <= value < 2**64 else self._integer(value)
        if depth == 0:
            return self.opaque("deeply nested data")
        if isinstance(value, np.ndarray):
            return self._array(value)
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, np.generic):
            return self._scalar(value)
        return self._structure(value, depth - 1)

    def opaque(self, type_name: str) -> Any:
        """What stands for a value that is not plain."""
        return msgpack.ExtType(OPAQUE, _packed(str(type_name)[:80]))

    def _structure(self, value: Any, depth: int) -> Any:
        if isinstance(value, tuple):
            return msgpack.ExtType(TUPLE, _packed([self.plain(item, depth) for item in value]))
        if isinstance(value, list):
            return [self.plain(item, depth) for item in value]
        if isinstance(value, dict):
            return self._mapping(value, depth)
        if isinstance(value, Generator):
            return msgpack.ExtType(GENERATOR, _packed(value.seed))
        if isinstance(value, Function):
            bound = self.plain(value.bound, depth)
            return msgpack.ExtType(FUNCTION, _packed([value.name, value.source, bound]))
        if isinstance(value, Opaque):  # an answer that a check passes on
            return _Encoder().opaque(value.type_name)
        for base in (int, float, str):
            if isinstance(value, base):
                return self.plain(base(value), depth)
        return self.opaque(type(value).__name__)

    def _integer(self, value: int) -> Any:
        size = value.bit_length() // 8 + 1
        if size > LONGEST_INTEGER:
            return self.opaque(f"integer of more than {8 * LONGEST_INTEGER} bits")
        return msgpack.ExtType(INTEGER, value.to_bytes(size, "big", signed=True))

    def _mapping(self, value: dict[Any, Any], depth: int) -> Any:
        if all(type(key) in (str, int) and _is_simple(key) for key in value):
            return {key: self.plain(item, depth) for key, item in value.items()}
        if not all(_is_key(key, depth) for key in value):
            return self.opaque("dict with keys that are neither text nor numbers")
        pairs = [[self.plain(part, depth) for part in pair] for pair in value.items()]
        return msgpack.ExtType(MAPPING, _packed(pairs))

    def _scalar(self, value: np.generic) -> Any:
        item = value.item()
        if type(item) in (bool, int, float):
            return item
        return self.opaque(type(value).__name__)

    def _array(self, array: np.ndarray) -> Any:
        raw = array_bytes(array)
        if raw is None:
            return self.opaque(f"array of dtype {array.dtype.name}")
        return msgpack.ExtType(ARRAY, raw)

    def _tensor(self, tensor: Any) -> Any:
        raw = tensor_bytes(tensor)
        if raw is None:
            return self.opaque(f"tensor of dtype {str(tensor.dtype).removeprefix('torch.')}")
        return msgpack.ExtType(TENSOR, raw)


class _AuthorsEncoder(_Encoder):
    """Refuses what is not plain: a check that sends it would ask another question than it says."""

    def opaque(self, type_name: str) -> Any:
        raise NotPlain(
            f"a check sends {type_name!r}, which cannot cross the wall: send numbers, text, bytes, "
            "arrays, tensors, lists, tuples or dicts, and functions and generators by "
            "function(...) and generator(...)"
        )


def _packed(value: Any) -> bytes:
    return bytes(msgpack.packb(value, use_bin_type=True))


def _is_unicode(text: str) -> bool:
    """Whether it can be encoded: half of a surrogate pair cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_simple(key: str | int) -> bool:
    """Whether msgpack knows it as a key."""
    return _is_unicode(key) if isinstance(key, str) else -(2**63) <= key < 2**64


def _is_key(key: Any, depth: int) -> bool:
    if type(key) is tuple:
        return depth > 0 and all(_is_key(part, depth - 1) for part in key)
    return type(key) in KEYS and (type(key) is not str or _is_unicode(key))


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
        except MemoryError:
            raise WireError("more than fits into memory") from None
        except Exception as error:  # whatever trips over these bytes, they are the submission's
            raise WireError(f"not a frame of plain data ({type(error).__name__})") from None

    def count(self, container: Any) -> Any:
        self.items += 1 + len(container)
        if self.items > MAX_ITEMS:
            raise WireError("more separate items than a frame may hold")
        return container

    def extension(self, code: int, data: bytes, depth: int) -> Any:
        if code == ARRAY:
            return array_of(data)
        if code == TENSOR:
            return tensor_of(data)
        if code == INTEGER and 0 < len(data) <= LONGEST_INTEGER:
            return int.from_bytes(data, "big", signed=True)
        value = self.decode(data, depth)
        if code == MAPPING:
            return _rebuild_mapping(value)
        if code == TUPLE and isinstance(value, list):
            return tuple(value)
        if code == OPAQUE and isinstance(value, str):
            return Opaque(value)
        return self.token(code, value)

    def token(self, code: int, value: Any) -> Any:
        raise WireError(f"an extension of type {code}, which no answer may hold")


class _QuestionDecoder(_Decoder):
    """Decodes what comes from the judge."""

    def token(self, code: int, value: Any) -> Any:
        if code == GENERATOR and type(value) is int:
            return Generator(value)
        if code == FUNCTION and type(value) is list and len(value) == 3:
            return Function(*value)
        return super().token(code, value)


def _rebuild_mapping(pairs: Any) -> dict[Any, Any]:
    if not isinstance(pairs, list) or not all(type(p) is list and len(p) == 2 for p in pairs):
        raise WireError("a dictionary that is not made of pairs")
    keys = [key for key, _ in pairs]
    if not all(_is_key(key, MAX_DEPTH) for key in keys):
        raise WireError("a dictionary with keys that are not allowed")
    if len(keys) - len(set(map(hash, keys))) > MOST_COLLISIONS:
        raise WireError("a dictionary whose keys collide")
    return dict(pairs)
