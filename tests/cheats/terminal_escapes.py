"""Clears the terminal, renames its window and moves the cursor.

Must: error
"""


def softmax(z, axis=-1):
    print("\x1b[2J\x1b]0;owned\x07\x9b31m")
    raise ValueError("\x1b[2J\x1b[1;1H\x1b[32mAll checks passed.\x1b]8;;http://x\x1b\\")
