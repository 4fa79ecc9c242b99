"""Writes HTML into its error.

Must: error
"""


def softmax(z, axis=-1):
    raise ValueError("<script>alert(1)</script><img src=x onerror=alert(2)>")
