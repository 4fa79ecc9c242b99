"""Replaces the codec by one whose arrays claim to be larger than they are.

Must: crashed
"""

import sys

import msgpack
import numpy as np


def lie(value, **options):
    header = msgpack.Packer().pack(["float64", [1 << 20, 1 << 10], "C"])
    body = len(header).to_bytes(4, "big") + header + bytes(8)
    answer = {"id": value.get("id") if isinstance(value, dict) else 0, "printed": ""}
    return msgpack.Packer().pack({**answer, "value": msgpack.ExtType(1, body)})


def codec():
    frame = sys._getframe()
    while "channel" not in frame.f_locals:
        frame = frame.f_back
    return type(frame.f_locals["channel"]).receive.__globals__["pack"].__globals__


def softmax(z, axis=-1):
    codec()["_plain"] = lambda value, depth: value
    codec()["msgpack"] = type("Liar", (), {"packb": staticmethod(lie)})
    return np.zeros_like(z)
