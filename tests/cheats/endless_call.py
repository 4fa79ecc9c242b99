"""Never answers.

Must: timeout
"""


def softmax(z, axis=-1):
    while True:
        continue
