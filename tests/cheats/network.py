"""Asks somebody else for the answer.

Must: error
"""

import socket
import urllib.request


def softmax(z, axis=-1):
    for address in (("127.0.0.1", 80), ("192.0.2.1", 80)):
        try:
            socket.create_connection(address, timeout=0.3)
        except OSError:
            continue
        return z
    return urllib.request.urlopen("http://localhost:8000/answer", timeout=0.3).read()
