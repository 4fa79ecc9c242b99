"""Replaces the codec by one whose arrays claim to be larger than they are.

Must: crashed
"""

import gc

import msgpack
import numpy as np


def lie(value, **options):
    header = msgpack.Packer().pack(["float64", [1 << 20, 1 << 10], "C"])
    body = len(header).to_bytes(4, "big") + header + bytes(8)
    answer = {"id": value.get("id") if isinstance(value, dict) else 0, "printed": ""}
    return msgpack.Packer().pack({**answer, "value": msgpack.ExtType(1, body)})


def softmax(z, axis=-1):
    for module in gc.get_objects():
        if isinstance(module, dict) and module.get("__name__") == "grader.wall.wire":
            module["_plain"] = lambda value, depth: value
            module["msgpack"] = type("Liar", (), {"packb": staticmethod(lie)})
    return np.zeros_like(z)
