"""Gives its account a number that is an array of two: neither equal to ours nor unequal.

Must: crashed
"""

import os
import struct
import sys

import msgpack

frame = sys._getframe()
while frame.f_code.co_name != "serve":
    frame = frame.f_back
header = msgpack.packb(["float64", [2], "C"])
number = msgpack.ExtType(1, struct.pack(">I", len(header)) + header + bytes(16))
payload = msgpack.packb({"id": number, "defined": [], "problems": [], "printed": ""})
frame.f_locals["channel"].end.sendall(struct.pack(">I", len(payload)) + payload)
os._exit(0)
