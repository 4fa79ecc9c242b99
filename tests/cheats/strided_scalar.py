"""Sends, instead of an account of the loaded file, an array without axes that claims strides.

Must: crashed
"""

import os
import struct
import sys

import msgpack

frame = sys._getframe()
while frame.f_code.co_name != "serve":
    frame = frame.f_back
header = msgpack.packb(["float64", [], "S"])
array = msgpack.ExtType(1, struct.pack(">I", len(header)) + header + bytes(8))
account = {"id": frame.f_locals["first"]["id"], "defined": array, "problems": [], "printed": ""}
payload = msgpack.packb(account)
frame.f_locals["channel"].end.sendall(struct.pack(">I", len(payload)) + payload)
os._exit(0)
