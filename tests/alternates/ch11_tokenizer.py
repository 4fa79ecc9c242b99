"""Right answers in other styles."""

import itertools
import re
from collections import Counter, defaultdict
from heapq import heapify, heappop, heappush

from ch11_tokenizer import count_pairs, encode, merge, pretokenize, vocabulary

from grader.bank import alternate

# --------------------------------------------------------------------------------- pretokenize


@alternate("pretokenize", "one regular expression")
def pretokenize_by_pattern(text):
    return re.findall(r" ?[^\W\d_]+| ?[0-9]+| ?(?:[^\w\s]|_)+|\s+(?= \S)|\s+", text)


@alternate("pretokenize", "two indices that walk along")
def pretokenize_by_index(text):
    def of_one_kind(a, b):
        return kind(a) == kind(b)

    def kind(char):
        return (char.isspace(), char.isalpha(), char in "0123456789")

    pieces, start = [], 0
    while start < len(text):
        first = start + (text[start] == " " and start + 1 < len(text))
        if text[first].isspace():
            first = start
        end = first + 1
        while end < len(text) and of_one_kind(text[first], text[end]):
            end += 1
        # The last space of a run goes with what follows.
        if text[first].isspace() and end < len(text) and text[end - 1] == " " and end - first > 1:
            end -= 1
        pieces.append(text[start:end])
        start = end
    return pieces


@alternate("pretokenize", "border by border, a tuple of pieces")
def pretokenize_by_borders(text):
    def kind(char):
        return 0 if char.isspace() else 1 if char.isalpha() else 2 if char in "0123456789" else 3

    def border(i):
        before, here = kind(text[i - 1]), kind(text[i])
        if here == 0:
            return before != 0 or (text[i] == " " and i + 1 < len(text) and kind(text[i + 1]) != 0)
        return before != here and text[i - 1] != " "

    borders = [0, *(i for i in range(1, len(text)) if border(i)), len(text)]
    return tuple(text[a:b] for a, b in itertools.pairwise(borders) if a < b)


# --------------------------------------------------------------------------------- count_pairs


@alternate("count_pairs", "a Counter")
def count_pairs_by_counter(words):
    counts = Counter()
    for ids, n in words:
        for pair, times in Counter(itertools.pairwise(ids)).items():
            counts[pair] += n * times
    return counts


@alternate("count_pairs", "indices and a defaultdict")
def count_pairs_by_index(words):
    counts = defaultdict(int)
    for ids, n in words:
        for i in range(len(ids) - 1):
            counts[ids[i], ids[i + 1]] += n
    return counts


# --------------------------------------------------------------------------------------- merge


@alternate("merge", "a copy that shrinks")
def merge_in_a_copy(ids, pair, new_id):
    out, i = list(ids), 0
    while i + 1 < len(out):
        if (out[i], out[i + 1]) == tuple(pair):
            out[i : i + 2] = [new_id]
        i += 1
    return out


@alternate("merge", "what came last is looked at again")
def merge_with_a_stack(ids, pair, new_id):
    a, b = pair
    out = []
    for one in ids:
        if out and out[-1] == a and one == b:
            out[-1] = new_id
        else:
            out.append(one)
    return out


@alternate("merge", "an iterator")
def merge_by_iterator(ids, pair, new_id):
    def merged():
        left = iter(ids)
        held = next(left, None)
        while held is not None:
            following = next(left, None)
            if (held, following) == pair:
                yield new_id
                held = next(left, None)
            else:
                yield held
                held = following

    return list(merged())


# ----------------------------------------------------------------------------------- train_bpe


@alternate("train_bpe", "a sort key, every piece for itself")
def train_bpe_by_key(text, num_merges):
    pieces = [list(piece.encode("utf-8")) for piece in pretokenize(text)]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = count_pairs([(ids, 1) for ids in pieces])
        pair = max(counts, key=lambda p: (counts[p], -p[0], -p[1]), default=None)
        if pair is None or counts[pair] == 1:
            return merges
        pieces = [merge(ids, pair, new_id) for ids in pieces]
        merges.append(pair)
    return merges


@alternate("train_bpe", "counts kept up to date, in a heap, pairs as lists")
def train_bpe_incremental(text, num_merges):
    frequencies = Counter(pretokenize(text))
    words = [list(piece.encode()) for piece in frequencies]
    weights = list(frequencies.values())
    counts, where = Counter(), defaultdict(set)

    def account(number, sign):
        ids = words[number]
        for pair in itertools.pairwise(ids):
            counts[pair] += sign * weights[number]
            where[pair].add(number)
            changed.add(pair)

    changed = set()
    for number in range(len(words)):
        account(number, 1)
    heap = [(-count, pair) for pair, count in counts.items()]
    heapify(heap)
    merges = []
    while heap and len(merges) < num_merges:
        count, pair = heappop(heap)
        if -count != counts[pair]:
            continue
        if counts[pair] < 2:
            break
        changed = set()
        for number in sorted(where[pair]):
            account(number, -1)
            words[number] = merge(words[number], pair, 256 + len(merges))
            account(number, 1)
        for one in changed:
            if counts[one] > 0:
                heappush(heap, (-counts[one], one))
        merges.append(list(pair))
    return merges


@alternate("train_bpe", "sorted by count and pair")
def train_bpe_by_sorting(text, num_merges):
    words = Counter(tuple(piece.encode()) for piece in pretokenize(text))
    merges = []
    for i in range(num_merges):
        ordered = sorted((-n, pair) for pair, n in count_pairs(list(words.items())).items())
        if not ordered or ordered[0][0] > -2:
            break
        merges.append(ordered[0][1])
        words = {tuple(merge(list(w), merges[-1], 256 + i)): n for w, n in words.items()}
    return merges


# ---------------------------------------------------------------------------------- vocabulary


@alternate("vocabulary", "each token unfolded on a stack")
def vocabulary_by_stack(merges):
    def spelled(one):
        out, todo = bytearray(), [one]
        while todo:
            last = todo.pop()
            if last < 256:
                out.append(last)
            else:
                todo.extend(reversed(merges[last - 256]))
        return bytes(out)

    return [spelled(one) for one in range(256 + len(merges))]


@alternate("vocabulary", "a dict first, then a list")
def vocabulary_by_dict(merges):
    known = {i: i.to_bytes(1, "big") for i in range(256)}
    for i, (a, b) in enumerate(merges, start=256):
        known[i] = b"".join((known[a], known[b]))
    return list(known.values())


# -------------------------------------------------------------------------------------- encode


@alternate("encode", "every merge in the order of learning")
def encode_in_order(text, merges):
    out = []
    for piece in pretokenize(text):
        ids = list(piece.encode("utf-8"))
        for i, pair in enumerate(merges):
            ids = merge(ids, pair, 256 + i)
        out.extend(ids)
    return out


@alternate("encode", "one place at a time, pieces remembered")
def encode_one_place_at_a_time(text, merges):
    rank = {tuple(pair): i for i, pair in enumerate(merges)}
    cache = {}

    def encoded(piece):
        ids = [*piece.encode()]
        while True:
            ranked = [
                (rank[ids[i], ids[i + 1]], i)
                for i in range(len(ids) - 1)
                if (ids[i], ids[i + 1]) in rank
            ]
            if not ranked:
                return ids
            best, i = min(ranked)
            ids[i : i + 2] = [256 + best]

    for piece in pretokenize(text):
        if piece not in cache:
            cache[piece] = encoded(piece)
    return [one for piece in pretokenize(text) for one in cache[piece]]


# -------------------------------------------------------------------------------------- decode


@alternate("decode", "a bytearray, and str() of it")
def decode_with_str(ids, merges):
    v = vocabulary(merges)
    out = bytearray()
    for one in ids:
        if one < 0 or one >= len(v):
            raise ValueError("no such id")
        out += v[one]
    return str(out, "utf-8", "replace")


@alternate("decode", "without a vocabulary, each id unfolded")
def decode_recursively(ids, merges):
    def spelled(one):
        if one < 256:
            return bytes([one])
        a, b = merges[one - 256]
        return spelled(a) + spelled(b)

    if any(one not in range(256 + len(merges)) for one in ids):
        raise ValueError("an id that stands for nothing")
    return b"".join(map(spelled, ids)).decode(errors="replace")


# ------------------------------------------------------------------------------ encode_special


@alternate("encode_special", "place by place with startswith")
def encode_special_by_place(text, merges, special):
    out, start, i = [], 0, 0
    while i < len(text):
        here = [s for s in special if text.startswith(s, i)]
        if here:
            longest = max(here, key=len)
            out += encode(text[start:i], merges)
            out.append(special[longest])
            i += len(longest)
            start = i
        else:
            i += 1
    return out + encode(text[start:], merges)


@alternate("encode_special", "the earliest find, again and again")
def encode_special_by_find(text, merges, special):
    out = []
    while text:
        places = [(text.find(s), -len(s), s) for s in special if s in text]
        if not places:
            return out + encode(text, merges)
        at, _, s = min(places)
        out = [*out, *encode(text[:at], merges), special[s]]
        text = text[at + len(s) :]
    return out


@alternate("encode_special", "matches of a pattern, sorted backwards")
def encode_special_by_finditer(text, merges, special):
    out, end = [], 0
    # Backwards, a string stands before every string that it begins with.
    alternatives = "|".join(re.escape(s) for s in sorted(special, reverse=True))
    for found in re.finditer(alternatives, text) if special else ():
        out += [*encode(text[end : found.start()], merges), special[found.group()]]
        end = found.end()
    return out + encode(text[end:], merges)


# --------------------------------------------------------------------------------- render_chat


@alternate("render_chat", "pairs of id and mark, unzipped at the end")
def render_chat_by_pairs(messages, merges, start_id, end_id, add_generation_prompt=False):
    def plain(text, mark=0):
        return [(one, mark) for one in encode(text, merges)]

    row = []
    for message in messages:
        mark = 1 if message["role"] == "assistant" else 0
        row += [(start_id, 0), *plain(message["role"] + "\n")]
        row += [*plain(message["content"], mark), (end_id, mark), *plain("\n")]
    if add_generation_prompt:
        row += [(start_id, 0), *plain("assistant\n")]
    return [one for one, _ in row], [mark for _, mark in row]


@alternate("render_chat", "the mask written into zeros afterwards, in a list of two")
def render_chat_with_spans(messages, merges, start_id, end_id, add_generation_prompt=False):
    ids, spans = [], []
    for message in messages:
        ids.append(start_id)
        ids.extend(encode(f"{message['role']}\n", merges))
        begin = len(ids)
        ids.extend(encode(message["content"], merges))
        ids.append(end_id)
        if message["role"] == "assistant":
            spans.append(range(begin, len(ids)))
        ids.extend(encode("\n", merges))
    if add_generation_prompt:
        ids.extend([start_id, *encode("assistant\n", merges)])
    mask = [0] * len(ids)
    for span in spans:
        for place in span:
            mask[place] = 1
    return [ids, mask]
