"""The wire carries plain data faithfully and refuses everything else."""

from __future__ import annotations

import sys

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from grader.wall.protocol.arrays import DTYPES, LENGTH, WireError
from grader.wall.protocol.tokens import Function, Generator, Opaque
from grader.wall.protocol.wire import (
    ARRAY,
    INTEGER,
    LONGEST_INTEGER,
    MAPPING,
    MAX_ITEMS,
    TUPLE,
    NotPlain,
    pack,
    pack_question,
    unpack,
    unpack_question,
)

one_key = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.binary() | st.text()
)
keys = one_key | st.tuples(one_key, st.tuples(one_key))

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**8000), 2**8000)
    | st.floats(allow_nan=False)
    | st.binary()
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=10,
)


@given(plain)
def test_plain_data_arrives_as_it_was(value):
    back = unpack(pack(value))
    assert back == value
    assert type(back) is type(value)


@given(
    numpy_strategies.arrays(
        st.sampled_from(sorted(DTYPES)), numpy_strategies.array_shapes(min_dims=0, min_side=0)
    )
)
def test_arrays_keep_dtype_shape_and_bytes(array):
    back = unpack(pack(array))
    assert type(back) is np.ndarray
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    assert back.flags.writeable


@pytest.mark.parametrize(
    "array",
    [np.arange(12.0).reshape(3, 4).T, np.arange(12.0).reshape(3, 4)[:, ::2], np.arange(5.0)[::-1]],
    ids=["column-major", "strided", "reversed"],
)
def test_arrays_that_are_not_contiguous_arrive_so(array):
    back = unpack(pack(array))
    assert np.array_equal(back, array)
    assert not back.flags.c_contiguous


def test_tensors_arrive_with_their_dtype():
    import torch

    for dtype in (torch.bfloat16, torch.float32, torch.int64, torch.bool):
        tensor = torch.arange(6).reshape(2, 3).to(dtype)
        back = unpack(pack(tensor))
        assert back.dtype is dtype
        assert torch.equal(back, tensor)
    assert unpack(pack(torch.tensor(2.0))).shape == ()
    assert not unpack(pack(torch.zeros(4, 6)[:, ::2])).is_contiguous()
    turned = torch.arange(24.0).reshape(4, 3, 2).permute(2, 1, 0)
    back = unpack(pack(turned))
    assert torch.equal(back, turned)
    assert back.stride() == turned.stride()


def test_seeds_and_sources_travel_as_such():
    function = Function("f", "def f(x): return x", {"A": 2})
    assert unpack_question(pack([Generator(3), function])) == [Generator(3), function]
    for token in (Generator(3), function):
        with pytest.raises(WireError, match="which no answer may hold"):
            unpack(pack([token]))


def test_what_is_not_plain_becomes_opaque():
    class Yes:
        __eq__ = lambda self, other: True  # noqa: E731
        __hash__ = None

    objects = [
        Yes(),
        {frozenset(): 2},
        {(1, object()): 2},
        2**9000,
        -(2**9000),
        "\ud800",
        {"\ud800": 1},
        {1, 2},
        np.array([Yes()], object),
        np.zeros(2, "U3"),
    ]
    for value in objects:
        assert type(unpack(pack(value))) is Opaque
        with pytest.raises(NotPlain, match="cannot cross the wall"):
            pack_question([value])


def test_a_question_may_hold_what_a_submission_answered():
    assert unpack(pack_question([Opaque("set")])) == [Opaque("set")]


def test_true_and_one_stay_apart_as_keys():
    assert [type(key) for key in unpack(pack({True: 0, 2: 1}))] == [bool, int]


def test_subclasses_become_what_they_are_made_of():
    class Own(np.ndarray):
        __sub__ = __eq__ = lambda self, other: True

    back = unpack(pack(np.zeros(3).view(Own)))
    assert type(back) is np.ndarray
    assert type(unpack(pack(np.float64(1.5)))) is float


def test_cycles_end():
    loop: list[object] = []
    loop.append(loop)
    assert "deeply nested" in repr(unpack(pack(loop)))


def extension(code: int, data: bytes) -> bytes:
    return msgpack.packb(msgpack.ExtType(code, data))


def array_frame(dtype: object, shape: object, raw: bytes, layout: object = "C") -> bytes:
    header = msgpack.packb([dtype, shape, layout])
    return extension(ARRAY, LENGTH.pack(len(header)) + header + raw)


def tuple_bomb(depth: int) -> bytes:
    data = msgpack.packb([])
    for _ in range(depth):
        data = extension(TUPLE, data)
    return data


def colliding(count: int) -> bytes:
    """Keys with one hash: a dictionary of them takes a time that grows with their square."""
    step = sys.hash_info.modulus
    keys = [msgpack.ExtType(INTEGER, (i * step).to_bytes(16, "big")) for i in range(count)]
    return extension(MAPPING, msgpack.packb([[key, 0] for key in keys]))


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xc1",
        b"\x01\x02",
        array_frame("object", [1], bytes(8)),
        array_frame("float64", [1 << 20, 1 << 10], bytes(8)),
        array_frame("float64", [-1], bytes(8)),
        array_frame("float64", [1.0], bytes(8)),
        array_frame("float64", 1, bytes(8)),
        array_frame("float64", [1], bytes(8), "Z"),
        array_frame(["float64"], [1], bytes(8)),
        extension(ARRAY, b""),
        extension(ARRAY, LENGTH.pack(1 << 30)),
        extension(99, b"x"),
        extension(TUPLE, msgpack.packb(1)),
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 10_000,
        tuple_bomb(100),
        extension(INTEGER, b""),
        extension(INTEGER, bytes(LONGEST_INTEGER + 1)),
        extension(MAPPING, msgpack.packb(1)),
        extension(MAPPING, msgpack.packb([1])),
        extension(MAPPING, msgpack.packb([[1]])),
        extension(MAPPING, msgpack.packb([[[1], 2]])),
        colliding(1000),
        msgpack.packb([[]] * (MAX_ITEMS - 1)),
    ],
    ids=lambda frame: frame[:12].hex(),
)
def test_malformed_frames_are_refused(frame):
    with pytest.raises(WireError):
        unpack(frame)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(payload):
    try:
        unpack(payload)
    except WireError:
        return
