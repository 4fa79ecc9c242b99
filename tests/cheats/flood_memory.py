"""Takes all the memory it can get.

Must: crashed timeout
"""


def softmax(z, axis=-1):
    kept = []
    while True:
        kept.append(bytearray(1 << 26))
