"""The same answers by independent means: Unicode's categories, str.replace, regular expressions.

A list of ids is a text when every id is taken for a character, and then Python's own `str.replace`
merges (from left to right, without overlap), and a regular expression that looks ahead counts.
"""

import codecs
import re
import unicodedata
from itertools import product

from grader.bank import alternate

SHIFT = 0xF0000
"""Ids as characters of a private area, where no surrogate and no meaning is near."""


def as_text(ids):
    return "".join(chr(SHIFT + one) for one in ids)


def as_ids(text):
    return [ord(char) - SHIFT for char in text]


def cut(text):
    """Unicode's categories: L are letters; where a kind ends is what one regex says."""
    kinds = "".join(
        "d"
        if char in "0123456789"
        else "b"
        if char == " "
        else "w"
        if char.isspace()
        else "l"
        if unicodedata.category(char).startswith("L")
        else "s"
        for char in text
    )
    spans = [found.span() for found in re.finditer("b?(l+|d+|s+)|[bw]+?(?=b[lds])|[bw]+", kinds)]
    return [text[start:end] for start, end in spans]


def merged_in_order(piece, merges):
    """Each merge once, in the order of learning: a merge makes only ids newer than itself."""
    row = as_text(piece.encode("utf-8"))
    for i, pair in enumerate(merges):
        row = row.replace(as_text(pair), as_text([256 + i]))
    return as_ids(row)


def encoded(text, merges):
    return [one for piece in cut(text) for one in merged_in_order(piece, merges)]


@alternate("pretokenize", "Unicode's categories and a regex over kinds")
def pretokenize(text):
    return cut(text)


@alternate("count_pairs", "all possible pairs, looked for with a regex")
def count_pairs(words):
    seen = sorted({one for ids, _ in words for one in ids})
    counts = {}
    for pair in product(seen, seen):
        ahead = re.compile(f"(?={re.escape(as_text(pair))})")
        total = sum(n * len(ahead.findall(as_text(ids))) for ids, n in words)
        if total:
            counts[pair] = total
    return counts


@alternate("merge", "str.replace")
def merge(ids, pair, new_id):
    return as_ids(as_text(ids).replace(as_text(pair), as_text([new_id])))


@alternate("train_bpe", "the whole text as one row, with borders that no pair may hold")
def train_bpe(text, num_merges):
    border = chr(0x10FFFF)
    row = border.join(as_text(piece.encode("utf-8")) for piece in cut(text))
    merges = []
    for i in range(num_merges):
        pairs = {row[k : k + 2] for k in range(len(row) - 1)}
        inside = [pair for pair in pairs if border not in pair]
        counts = {pair: len(re.findall(f"(?={re.escape(pair)})", row)) for pair in inside}
        # Characters are ordered as ids are, and texts as tuples are.
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < 2:
            break
        merges.append(tuple(as_ids(best)))
        row = row.replace(best, as_text([256 + i]))
    return merges


@alternate("vocabulary", "ids unfolded by str.replace, the newest first")
def vocabulary(merges):
    spelled = []
    for one in range(256 + len(merges)):
        row = as_text([one])
        for i in reversed(range(len(merges))):
            row = row.replace(as_text([256 + i]), as_text(merges[i]))
        spelled.append(bytes(as_ids(row)))
    return spelled


@alternate("encode", "every merge once, by str.replace")
def encode(text, merges):
    return encoded(text, merges)


@alternate("decode", "an incremental decoder, token by token")
def decode(ids, merges):
    spelled = vocabulary(merges)
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    if ids and (min(ids) < 0 or max(ids) >= len(spelled)):
        raise ValueError("unknown id")
    return "".join(decoder.decode(spelled[one]) for one in ids) + decoder.decode(b"", final=True)


@alternate("encode_special", "a tokenizer written as a recursion")
def encode_special(text, merges, special):
    for at in range(len(text)):
        for length in range(len(text) - at, 0, -1):
            if text[at : at + length] in special:
                known = special[text[at : at + length]]
                rest = encode_special(text[at + length :], merges, special)
                return [*encoded(text[:at], merges), known, *rest]
    return encoded(text, merges)


@alternate("render_chat", "a template, filled part by part")
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    parts = []
    for message in messages:
        own = message["role"] == "assistant"
        parts += [([start_id], False), (encoded(message["role"] + "\n", merges), False)]
        parts += [(encoded(message["content"], merges), own), ([end_id], own)]
        parts += [(encoded("\n", merges), False)]
    parts += [([start_id], False), (encoded("assistant\n", merges), False)][
        : 2 * add_generation_prompt
    ]
    row = [one for part, _ in parts for one in part]
    return row, [int(own) for part, own in parts for _ in part]
