"""Never finishes loading, and swallows interruptions.

Must: timeout failed
"""


def loop():
    while True:
        try:
            while True:
                continue
        except BaseException:
            continue


loop()


def softmax(z, axis=-1):
    return z
