"""What a learner might hand in.

pretokenize: failed, contractions
count_pairs: failed, overwritten
merge: failed, last-id-lost
train_bpe: failed, first-seen-wins-ties
vocabulary: passed
encode: failed, smallest-pair-first
decode: failed, token-by-token
encode_special: failed, in-given-order
render_chat: failed, end-not-learned + prompt-without-line-break
"""

import re


def pretokenize(text):
    return re.findall(r"'(?:[stmd]|re|ve|ll)| ?[^\W\d_]+| ?[0-9]+| ?(?:[^\w\s]|_)+|\s+(?= \S)|\s+", text)

def split_pieces(text):
    return re.findall(r" ?[^\W\d_]+| ?[0-9]+| ?(?:[^\w\s]|_)+|\s+(?= \S)|\s+", text)

def count_pairs(words):
    counts = {}
    for ids, n in words:
        for pair in zip(ids, ids[1:]):
            counts[pair] = n
    return counts

def merge(ids, pair, new_id):
    new = []
    i = 0
    while i < len(ids) - 1:
        if ids[i] == pair[0] and ids[i + 1] == pair[1]:
            new.append(new_id)
            i += 2
        else:
            new.append(ids[i])
            i += 1
    return new

def merge_right(ids, pair, new_id):
    new = []
    for i in ids:
        if new and (new[-1], i) == pair:
            new[-1] = new_id
        else:
            new.append(i)
    return new

def train_bpe(text, num_merges):
    words = {}
    for piece in split_pieces(text):
        words[tuple(piece.encode("utf-8"))] = words.get(tuple(piece.encode("utf-8")), 0) + 1
    merges = []
    for i in range(num_merges):
        counts = {}
        for ids, n in words.items():
            for pair in zip(ids, ids[1:]):
                counts[pair] = counts.get(pair, 0) + n
        if not counts:
            break
        best = max(counts, key=counts.get)
        if counts[best] < 2:
            break
        words = {tuple(merge_right(ids, best, 256 + i)): n for ids, n in words.items()}
        merges.append(best)
    return merges

def vocabulary(merges):
    vocab = {i: bytes([i]) for i in range(256)}
    for i, (a, b) in enumerate(merges):
        vocab[256 + i] = vocab[a] + vocab[b]
    return [vocab[i] for i in range(len(vocab))]

def encode(text, merges):
    ids = []
    for piece in split_pieces(text):
        tokens = list(piece.encode("utf-8"))
        while True:
            pairs = [p for p in zip(tokens, tokens[1:]) if p in merges]
            if not pairs:
                break
            tokens = merge_right(tokens, min(pairs), 256 + merges.index(min(pairs)))
        ids.extend(tokens)
    return ids

def decode(ids, merges):
    vocab = vocabulary(merges)
    for i in ids:
        if i < 0 or i >= len(vocab):
            raise ValueError("unknown token")
    return "".join(vocab[i].decode("utf-8", errors="replace") for i in ids)

def right_encode(text, merges):
    ids = []
    for piece in split_pieces(text):
        tokens = list(piece.encode("utf-8"))
        for i, pair in enumerate(merges):
            tokens = merge_right(tokens, pair, 256 + i)
        ids += tokens
    return ids

def encode_special(text, merges, special):
    if not special:
        return right_encode(text, merges)
    ids = []
    for part in re.split("(" + "|".join(re.escape(s) for s in special) + ")", text):
        ids += [special[part]] if part in special else right_encode(part, merges)
    return ids

def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    ids, mask = [], []
    for message in messages:
        head = [start_id] + right_encode(message["role"] + "\n", merges)
        body = right_encode(message["content"], merges)
        ids += head + body + [end_id] + right_encode("\n", merges)
        mask += [0] * len(head) + [1 if message["role"] == "assistant" else 0] * len(body)
        mask += [0] * (len(ids) - len(mask))
    if add_generation_prompt:
        ids += [start_id] + right_encode("assistant", merges)
        mask += [0] * (len(ids) - len(mask))
    return ids, mask
