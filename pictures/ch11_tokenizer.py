"""Pictures of chapter 11: how a text shrinks as merges are learned, and who pays more."""

from grader.show.picture import Curves, Passages, picture

TEXT = """\
A tokenizer reads a text before the model does. The model never sees a letter: it sees the tokens,
and the tokens are what the tokenizer has seen often. What the tokenizer has seen often becomes one
token, and what it has seen once stays in pieces. The more it has read, the longer the tokens, and
the longer the tokens, the shorter the text. There is a limit to it. The tokens that are the longest
are the ones that come the least often, and in the end a token is not worth the place it takes.
Whoever reads the tokens of a tokenizer reads what it was given to read: the words of one language,
the names of one place, the signs of one kind of text. The rest is there, too, in letters, or in the
pieces of letters. It is there, and it is longer, and whoever pays by the token pays more for it.
"""
PASSAGE = "The more the tokenizer has read, the longer the tokens are, and the shorter the text."
UNSEEN = "Bread needs flour, water, salt and patience; somebody who hurries gets a brick."
STRANGERS = {
    "English": "The tokens are longer.",
    "German": "Die Wörter sind länger.",
    "Chinese": "词元更长了。",
    "emoji": "🙂🙃",
}
ROUNDS = (0, 20, 500)


def spelled(submission, ids, merges):
    """What each id stands for; bytes that are no whole characters are written in hexadecimal."""
    vocabulary = submission.vocabulary(merges)
    return [_legible(vocabulary[one]) for one in ids]


def _legible(token):
    text = token.decode("utf-8", errors="replace")
    return token.hex() if "\N{REPLACEMENT CHARACTER}" in text else text


def ratio(text, ids):
    return len(text.encode()) / max(len(ids), 1)


@picture("train_bpe, encode: the same sentence after more and more merges")
def sentence(submission):
    merges, texts = submission.train_bpe(TEXT, max(ROUNDS)), {}
    for rounds in ROUNDS:
        known = merges[:rounds]
        ids = submission.encode(PASSAGE, known)
        name = f"{len(known)} merges: {len(ids)} tokens, {ratio(PASSAGE, ids):.2f} bytes a token"
        texts[name] = spelled(submission, ids, known)
    return Passages(texts)


@picture("encode: what the merges of an English text do for others")
def strangers(submission):
    merges, texts = submission.train_bpe(TEXT, max(ROUNDS)), {}
    for language, text in STRANGERS.items():
        ids = submission.encode(text, merges)
        name = f"{language}: {len(text)} characters, {len(ids)} tokens"
        texts[name] = spelled(submission, ids, merges)
    return Passages(texts)


@picture("train_bpe: what one more merge is worth, here and elsewhere")
def returns(submission):
    merges = submission.train_bpe(TEXT, max(ROUNDS))
    steps = [round(len(merges) * (place / 12) ** 2) for place in range(13)]
    texts = {"the text that was learned from": TEXT, "another English text": UNSEEN}
    texts["Chinese"] = STRANGERS["Chinese"]
    lines = {
        name: (steps, [ratio(text, submission.encode(text, merges[:step])) for step in steps])
        for name, text in texts.items()
    }
    return Curves(lines, across="merges", up="bytes")
