"""What people get wrong in a tokenizer."""

import re
from collections import Counter
from itertools import pairwise

import ch11_tokenizer as reference
from ch11_tokenizer import count_pairs, encode, merge, vocabulary

from grader.bank import mistake

LETTERS = r"[^\W\d_]"
SIGN = r"(?:[^\w\s]|_)"

# --------------------------------------------------------------------------------- pretokenize


@mistake(
    "pretokenize",
    "white-space-lost",
    "split() throws white space away, and a text cannot be put together again without it.",
)
def pretokenize(text):
    return text.split()


@mistake(
    "pretokenize",
    "space-apart",
    "A space directly before a word is part of the word's piece, not a piece of its own.",
)
def pretokenize(text):
    return re.findall(rf"{LETTERS}+|[0-9]+|{SIGN}+|\s+", text)


@mistake(
    "pretokenize",
    "space-behind",
    "The space belongs to the word behind it, not to the word before.",
)
def pretokenize(text):
    return re.findall(rf"{LETTERS}+ ?|[0-9]+ ?|{SIGN}+ ?|\s+", text)


@mistake(
    "pretokenize",
    "all-spaces-taken",
    "Only one space moves on to the word; those before it stay white space.",
)
def pretokenize(text):
    return re.findall(rf" *{LETTERS}+| *[0-9]+| *{SIGN}+|\s+?(?= *\S)|\s+", text)


@mistake(
    "pretokenize",
    "any-white-space-taken",
    "Only the space itself moves on to the next piece, not a line break or a tab.",
)
def pretokenize(text):
    return re.findall(rf"\s?{LETTERS}+|\s?[0-9]+|\s?{SIGN}+|\s+(?=\s\S)|\s+", text)


@mistake(
    "pretokenize",
    "run-takes-last-space",
    "A run of white space must leave its last space to the word behind it.",
)
def pretokenize(text):
    return re.findall(rf" ?{LETTERS}+| ?[0-9]+| ?{SIGN}+|\s+", text)


@mistake(
    "pretokenize",
    "ascii-letters",
    "There are more letters than a to z: é is one, and so are those of other scripts.",
)
def pretokenize(text):
    return re.findall(r" ?[A-Za-z]+| ?[0-9]+| ?[^A-Za-z0-9\s]+|\s+(?= \S)|\s+", text)


@mistake(
    "pretokenize",
    "letters-with-digits",
    r"Letters and digits are two kinds: \w, like isalnum, takes both into one run.",
)
def pretokenize(text):
    return re.findall(rf" ?[^\W_]+| ?{SIGN}+|\s+(?= \S)|\s+", text)


@mistake(
    "pretokenize",
    "underscore-lost",
    r"The underscore is a sign, but \w counts it among the letters: look where it went.",
)
def pretokenize(text):
    return re.findall(rf" ?{LETTERS}+| ?[0-9]+| ?[^\w\s]+|\s+(?= \S)|\s+", text)


@mistake(
    "pretokenize",
    "underscore-a-letter",
    r"The underscore is a sign, though \w counts it among the letters.",
)
def pretokenize(text):
    return re.findall(r" ?[^\W\d]+| ?[0-9]+| ?[^\w\s]+|\s+(?= \S)|\s+", text)


@mistake(
    "pretokenize",
    "signs-one-by-one",
    "Signs make runs too: !? is one piece.",
)
def pretokenize(text):
    return re.findall(rf" ?{LETTERS}+| ?[0-9]+| ?{SIGN}|\s+(?= \S)|\s+", text)


@mistake(
    "pretokenize",
    "contractions",
    "The apostrophe is a sign like any other: that 's is a piece is GPT-2's rule, not ours.",
)
def pretokenize(text):
    pattern = rf"'(?:[stmd]|re|ve|ll)| ?{LETTERS}+| ?[0-9]+| ?{SIGN}+|\s+(?= \S)|\s+"
    return re.findall(pattern, text)


@mistake(
    "pretokenize",
    "empty-pieces",
    "Where the space has moved on, nothing may be left of a run of white space: no piece is empty.",
)
def pretokenize(text):
    pieces = []
    for piece in re.findall(rf"{LETTERS}+|[0-9]+|{SIGN}+|\s+", text):
        if pieces and not piece.isspace() and pieces[-1].endswith(" "):
            pieces[-1] = pieces[-1][:-1]
            piece = " " + piece
        pieces.append(piece)
    return pieces


# --------------------------------------------------------------------------------- count_pairs


@mistake("count_pairs", "counts-ignored", "A word that occurs n times brings each pair n times.")
def count_pairs(words):
    return reference.count_pairs([(ids, 1) for ids, _ in words])


@mistake("count_pairs", "across-words", "The end of a word and the start of the next are no pair.")
def count_pairs(words):
    row = [one for ids, n in words for _ in range(n) for one in ids]
    return reference.count_pairs([(row, 1)])


@mistake(
    "count_pairs",
    "no-overlap",
    "Pairs may overlap when they are counted: three equal ids hold two pairs.",
)
def count_pairs(words):
    counts = {}
    for ids, n in words:
        i = 0
        while i < len(ids) - 1:
            pair = (ids[i], ids[i + 1])
            counts[pair] = counts.get(pair, 0) + n
            i += 2 if ids[i + 2 : i + 3] == [ids[i]] == [ids[i + 1]] else 1
    return counts


@mistake(
    "count_pairs",
    "once-per-word",
    "A pair that stands twice in a word counts twice for it.",
)
def count_pairs(words):
    counts = Counter()
    for ids, n in words:
        for pair in set(pairwise(ids)):
            counts[pair] += n
    return dict(counts)


@mistake("count_pairs", "unordered", "(a, b) and (b, a) are two pairs: the order counts.")
def count_pairs(words):
    counts = Counter()
    for ids, n in words:
        for pair in pairwise(ids):
            counts[tuple(sorted(pair))] += n
    return dict(counts)


@mistake(
    "count_pairs",
    "overwritten",
    "A pair that was there before keeps its count: add to it instead of setting it.",
)
def count_pairs(words):
    return {pair: n for ids, n in words for pair in pairwise(ids)}


@mistake(
    "count_pairs",
    "repeated-words-once",
    "The same ids may stand in several words: as keys of a dict all but the last are lost.",
)
def count_pairs(words):
    return reference.count_pairs([*{tuple(ids): n for ids, n in words}.items()])


@mistake(
    "count_pairs",
    "two-steps-at-a-time",
    "The window moves by one id: the second id of a pair may be the first of the next.",
)
def count_pairs(words):
    counts = Counter()
    for ids, n in words:
        for pair in zip(ids[::2], ids[1::2], strict=False):
            counts[pair] += n
    return dict(counts)


@mistake("count_pairs", "last-pair-missed", "n ids have n − 1 pairs: the last one is missing.")
def count_pairs(words):
    return reference.count_pairs([(ids[:-1], n) for ids, n in words])


@mistake(
    "count_pairs",
    "eats-its-input",
    "The caller's words have changed: pop takes from the very list that was given.",
)
def count_pairs(words):
    counts = Counter()
    for ids, n in words:
        while len(ids) > 1:
            counts[ids.pop(0), ids[0]] += n
    return dict(counts)


# --------------------------------------------------------------------------------------- merge


@mistake("merge", "first-only", "Every occurrence is merged, not only the first.")
def merge(ids, pair, new_id):
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == pair:
            return ids[:i] + [new_id] + ids[i + 2 :]
    return list(ids)


@mistake("merge", "from-the-right", "Of three equal ids the first two are merged: go from left.")
def merge(ids, pair, new_id):
    return reference.merge(ids[::-1], pair[::-1], new_id)[::-1]


@mistake(
    "merge",
    "overlapping",
    "Both ids of a pair are used up by it: the second cannot be the first of another pair.",
)
def merge(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            out.append(new_id)
            while tuple(ids[i + 1 : i + 3]) == pair:
                out.append(new_id)
                i += 1
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


@mistake(
    "merge",
    "last-id-lost",
    "The last id has no right neighbour, and still it must be in the answer.",
)
def merge(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


@mistake("merge", "last-pair-missed", "A pair may stand at the very end of the ids.")
def merge(ids, pair, new_id):
    if tuple(ids[-2:]) != pair:
        return reference.merge(ids, pair, new_id)
    head = reference.merge(ids[:-2], pair, new_id)
    whole = reference.merge(ids, pair, new_id)
    return whole if whole[-1] != new_id else head + ids[-2:]


@mistake("merge", "either-order", "(b, a) is not the pair (a, b): the order counts.")
def merge(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) in (pair, pair[::-1]):
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


@mistake("merge", "keeps-the-second", "The new id stands for both: neither of the two stays.")
def merge(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            out += [new_id, ids[i + 1]]
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


@mistake(
    "merge",
    "text-replaced",
    "In a text of digits 12 is also found in 112: compare ids as numbers.",
)
def merge(ids, pair, new_id):
    a, b = pair
    text = " ".join(map(str, ids)).replace(f"{a} {b}", str(new_id))
    return [int(one) for one in text.split()]


@mistake(
    "merge",
    "repeated-until-none",
    "One walk is enough: what a merge puts together is not looked at again.",
)
def merge(ids, pair, new_id):
    out = []
    for one in ids:
        out.append(one)
        while tuple(out[-2:]) == pair or (new_id in out[-2:-1] and out[-1] == pair[1]):
            out[-2:] = [new_id]
    return out


@mistake(
    "merge",
    "in-place",
    "The caller's list has changed: make a new one, and leave the old one as it was.",
)
def merge(ids, pair, new_id):
    i = 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            ids[i : i + 2] = [new_id]
        i += 1
    return list(ids)


@mistake(
    "merge",
    "same-list-returned",
    "Where there is nothing to merge the answer is still a new list, a copy.",
)
def merge(ids, pair, new_id):
    merged = reference.merge(ids, pair, new_id)
    return ids if merged == ids else merged


# ----------------------------------------------------------------------------------- train_bpe


def trained(words, num_merges, choose, *, least=2, first=256):
    """The loop of training with another choice, another end or other numbers."""
    merges = []
    while len(merges) < num_merges:
        counts = reference.count_pairs(words)
        if max(counts.values(), default=0) < least:
            break
        pair = choose(counts)
        words = [(reference.merge(ids, pair, first + len(merges)), n) for ids, n in words]
        merges.append(pair)
    return merges


def words_in(text):
    return [(list(p.encode()), n) for p, n in Counter(reference.pretokenize(text)).items()]


def best(counts):
    return min(counts, key=lambda pair: (-counts[pair], pair))


@mistake(
    "train_bpe",
    "no-pretokenization",
    "Pairs are counted and merged within the pieces of pretokenize: no token reaches across words.",
)
def train_bpe(text, num_merges):
    return trained([(list(text.encode()), 1)], num_merges, best)


@mistake(
    "train_bpe",
    "largest-wins-ties",
    "Of pairs that are equally frequent the smallest is merged, not the largest.",
)
def train_bpe(text, num_merges):
    return trained(words_in(text), num_merges, lambda c: max(c, key=lambda p: (c[p], p)))


@mistake(
    "train_bpe",
    "first-seen-wins-ties",
    "max takes the first of equals, so the order of the words decides: break ties by the pair.",
)
def train_bpe(text, num_merges):
    return trained(words_in(text), num_merges, lambda c: max(c, key=c.get))


@mistake(
    "train_bpe",
    "last-seen-wins-ties",
    "The last of equals is taken, so the order of the words decides: break ties by the pair.",
)
def train_bpe(text, num_merges):
    return trained(words_in(text), num_merges, lambda c: max(reversed(c), key=c.get))


@mistake(
    "train_bpe",
    "single-pairs-merged",
    "Training ends when no pair occurs at least twice: what occurs once is not worth an id.",
)
def train_bpe(text, num_merges):
    return trained(words_in(text), num_merges, best, least=1)


@mistake(
    "train_bpe",
    "ends-below-three",
    "A pair that occurs exactly twice is still merged.",
)
def train_bpe(text, num_merges):
    return trained(words_in(text), num_merges, best, least=3)


@mistake(
    "train_bpe",
    "frequencies-lost",
    "Every piece counts as often as it occurs in the text: a set of pieces forgets how often.",
)
def train_bpe(text, num_merges):
    return trained([(ids, 1) for ids, _ in words_in(text)], num_merges, best)


@mistake(
    "train_bpe",
    "counts-never-updated",
    "After a merge there are new pairs, and fewer of the old ones: count again in every round.",
)
def train_bpe(text, num_merges):
    counts = reference.count_pairs(words_in(text))
    ordered = sorted(counts, key=lambda pair: (-counts[pair], pair))
    return [pair for pair in ordered if counts[pair] >= 2][:num_merges]


@mistake("train_bpe", "numbered-from-257", "The first merge makes id 256: bytes end at 255.")
def train_bpe(text, num_merges):
    return trained(words_in(text), num_merges, best, first=257)


@mistake(
    "train_bpe",
    "characters",
    "The first ids are the UTF-8 bytes of a piece, not its characters' numbers.",
)
def train_bpe(text, num_merges):
    pieces = Counter(reference.pretokenize(text))
    return trained([([*map(ord, piece)], n) for piece, n in pieces.items()], num_merges, best)


@mistake(
    "train_bpe",
    "vocabulary-size",
    "num_merges says how many pairs to learn, not how large the vocabulary becomes.",
)
def train_bpe(text, num_merges):
    return trained(words_in(text), max(num_merges - 256, 0), best)


@mistake(
    "train_bpe",
    "split-at-spaces",
    "The pieces are those of pretokenize: with their spaces, and with signs apart from letters.",
)
def train_bpe(text, num_merges):
    words = [(list(word.encode()), n) for word, n in Counter(text.split()).items()]
    return trained(words, num_merges, best)


@mistake("train_bpe", "one-merge-more", "num_merges rounds are due, and there is one more.")
def train_bpe(text, num_merges):
    return trained(words_in(text), num_merges + 1, best)


# ---------------------------------------------------------------------------------- vocabulary


def latin(merges):
    spelled = [chr(i) for i in range(256)]
    for a, b in merges:
        spelled.append(spelled[a] + spelled[b])
    return spelled


@mistake("vocabulary", "text-for-bytes", "Entries are bytes: a token may be half a character.")
def vocabulary(merges):
    return latin(merges)


@mistake(
    "vocabulary",
    "utf8-characters",
    "chr(i).encode() is two bytes for i above 127; what is due is the one byte i.",
)
def vocabulary(merges):
    return [text.encode() for text in latin(merges)]


@mistake("vocabulary", "swapped", "The pair (a, b) stands for a's bytes first, then b's.")
def vocabulary(merges):
    spelled = [bytes([i]) for i in range(256)]
    for a, b in merges:
        spelled.append(spelled[b] + spelled[a])
    return spelled


@mistake(
    "vocabulary",
    "ids-not-unfolded",
    "The parts of a pair may be merged tokens themselves, which are longer than a byte.",
)
def vocabulary(merges):
    return [bytes([i]) for i in range(256)] + [bytes([a % 256, b % 256]) for a, b in merges]


@mistake("vocabulary", "zero-bytes", "bytes(i) is i zeros; bytes([i]) is the byte i.")
def vocabulary(merges):
    spelled = [bytes(i) for i in range(256)]
    for a, b in merges:
        spelled.append(spelled[a] + spelled[b])
    return spelled


@mistake("vocabulary", "only-bytes", "The merges have entries too, behind the 256 bytes.")
def vocabulary(merges):
    return [bytes([i]) for i in range(256)]


@mistake("vocabulary", "only-merges", "Ids 0 to 255 are in the vocabulary too: the single bytes.")
def vocabulary(merges):
    return reference.vocabulary(merges)[256:]


@mistake(
    "vocabulary",
    "one-byte-missing",
    "There are 256 bytes, from 0 to 255: the last one is missing, and all merges have moved.",
)
def vocabulary(merges):
    whole = reference.vocabulary(merges)
    return whole[:255] + whole[256:]


@mistake(
    "vocabulary",
    "duplicates-left-out",
    "Two ids may stand for the same bytes: every merge has an entry, whether new or not.",
)
def vocabulary(merges):
    known = dict.fromkeys(reference.vocabulary(merges))
    return list(known)


@mistake(
    "vocabulary",
    "eats-its-input",
    "The caller's merges have changed: go through them without taking them out.",
)
def vocabulary(merges):
    spelled = [bytes([i]) for i in range(256)]
    while merges:
        a, b = merges.pop(0)
        spelled.append(spelled[a] + spelled[b])
    return spelled


# -------------------------------------------------------------------------------------- encode


def encoded(text, merges, piecewise):
    """Every piece on its own, by another rule."""
    made = {pair: 256 + i for i, pair in enumerate(merges)}
    pieces = reference.pretokenize(text)
    return [one for piece in pieces for one in piecewise(list(piece.encode()), made)]


@mistake(
    "encode",
    "longest-match",
    "It is not the longest token of the vocabulary that is taken: merge, the oldest pair first.",
)
def encode(text, merges):
    spelled = reference.vocabulary(merges)
    ids = {}
    for i, token in enumerate(spelled):
        ids.setdefault(token, i)
    longest_first = sorted(ids, key=len, reverse=True)
    out = []
    for piece in reference.pretokenize(text):
        rest = piece.encode()
        while rest:
            token = next(one for one in longest_first if rest.startswith(one))
            out.append(ids[token])
            rest = rest[len(token) :]
    return out


@mistake(
    "encode",
    "leftmost-first",
    "Of the pairs in a piece the one that was learned first is merged, wherever it stands.",
)
def encode(text, merges):
    def leftmost(ids, made):
        while True:
            found = next((i for i, p in enumerate(pairwise(ids)) if p in made), None)
            if found is None:
                return ids
            ids[found : found + 2] = [made[ids[found], ids[found + 1]]]

    return encoded(text, merges, leftmost)


@mistake(
    "encode",
    "latest-merge-first",
    "The pair that was learned first goes first: the lowest number, not the highest.",
)
def encode(text, merges):
    def latest(ids, made):
        while known := [pair for pair in pairwise(ids) if pair in made]:
            pair = max(known, key=made.get)
            ids = reference.merge(ids, pair, made[pair])
        return ids

    return encoded(text, merges, latest)


@mistake(
    "encode",
    "smallest-pair-first",
    "The smallest pair decides ties in training; here the order of learning decides.",
)
def encode(text, merges):
    def smallest(ids, made):
        while known := [pair for pair in pairwise(ids) if pair in made]:
            ids = reference.merge(ids, min(known), made[min(known)])
        return ids

    return encoded(text, merges, smallest)


@mistake(
    "encode",
    "most-frequent-in-the-text",
    "How often a pair occurs counted in training; here the order of learning decides.",
)
def encode(text, merges):
    def most_frequent(ids, made):
        while known := {p: n for p, n in reference.count_pairs([(ids, 1)]).items() if p in made}:
            pair = min(known, key=lambda p: (-known[p], made[p]))
            ids = reference.merge(ids, pair, made[pair])
        return ids

    return encoded(text, merges, most_frequent)


@mistake(
    "encode",
    "one-merge-each",
    "Merging goes on until no known pair is left: one merge makes another one possible.",
)
def encode(text, merges):
    def once(ids, made):
        known = [pair for pair in pairwise(ids) if pair in made]
        pair = min(known, key=made.get, default=None)
        return ids if pair is None else reference.merge(ids, pair, made[pair])

    return encoded(text, merges, once)


@mistake(
    "encode",
    "single-pass",
    "A walk from left to right does not see the pairs that merging makes: begin again.",
)
def encode(text, merges):
    def walk(ids, made):
        out, i = [], 0
        while i < len(ids):
            pair = tuple(ids[i : i + 2])
            out.append(made.get(pair, ids[i]))
            i += 2 if pair in made else 1
        return out

    return encoded(text, merges, walk)


@mistake(
    "encode",
    "no-pretokenization",
    "Each piece of pretokenize is encoded on its own: no merge reaches across words.",
)
def encode(text, merges):
    ids = list(text.encode())
    for i, pair in enumerate(merges):
        ids = reference.merge(ids, pair, 256 + i)
    return ids


@mistake(
    "encode",
    "code-points",
    "A piece begins as its UTF-8 bytes: ord gives a character's number, which may be above 255.",
)
def encode(text, merges):
    out = []
    for piece in reference.pretokenize(text):
        ids = [ord(char) for char in piece]
        for i, pair in enumerate(merges):
            ids = reference.merge(ids, pair, 256 + i)
        out += ids
    return out


@mistake(
    "encode",
    "latin-1",
    "Bytes are those of UTF-8, in which é is two of them; Latin-1 knows 256 characters only.",
)
def encode(text, merges):
    out = []
    for piece in reference.pretokenize(text):
        ids = list(piece.encode("latin-1", errors="replace"))
        for i, pair in enumerate(merges):
            ids = reference.merge(ids, pair, 256 + i)
        out += ids
    return out


@mistake("encode", "numbered-from-257", "The first merge makes id 256: bytes end at 255.")
def encode(text, merges):
    return [one + (one > 255) for one in reference.encode(text, merges)]


@mistake(
    "encode",
    "first-occurrence-only",
    "A pair is merged wherever it stands in the piece, not only where it stands first.",
)
def encode(text, merges):
    def each_once(ids, made):
        for pair, new_id in made.items():
            place = next((i for i, p in enumerate(pairwise(ids)) if p == pair), None)
            if place is not None:
                ids[place : place + 2] = [new_id]
        return ids

    return encoded(text, merges, each_once)


@mistake(
    "encode",
    "pieces-kept-apart",
    "The answer is one list of ids, not a list for every piece.",
)
def encode(text, merges):
    return [reference.encode(piece, merges) for piece in reference.pretokenize(text)]


@mistake(
    "encode",
    "eats-the-merges",
    "The caller's merges have changed: the next text has none left.",
)
def encode(text, merges):
    ids, new_id = [list(piece.encode()) for piece in reference.pretokenize(text)], 256
    while merges:
        pair = merges.pop(0)
        ids = [reference.merge(one, pair, new_id) for one in ids]
        new_id += 1
    return [one for piece in ids for one in piece]


# -------------------------------------------------------------------------------------- decode


def spelled_out(ids, merges):
    known = reference.vocabulary(merges)
    if ids and not 0 <= min(ids) <= max(ids) < len(known):
        raise ValueError("no such id")
    return [known[one] for one in ids]


@mistake(
    "decode",
    "token-by-token",
    "A character may be cut by the border of two tokens: join all bytes before decoding them.",
)
def decode(ids, merges):
    return "".join(token.decode("utf-8", "replace") for token in spelled_out(ids, merges))


@mistake(
    "decode",
    "strict",
    "Ids of a model need not be valid UTF-8: an error would end the whole conversation.",
)
def decode(ids, merges):
    return b"".join(spelled_out(ids, merges)).decode("utf-8")


@mistake("decode", "ignores-invalid", "Invalid bytes become U+FFFD; they do not vanish.")
def decode(ids, merges):
    return b"".join(spelled_out(ids, merges)).decode("utf-8", errors="ignore")


@mistake("decode", "latin-1", "The bytes are UTF-8: a character may be several of them.")
def decode(ids, merges):
    return b"".join(spelled_out(ids, merges)).decode("latin-1")


@mistake(
    "decode",
    "negative-ids-wrap",
    "Python counts a negative index from the end; here it stands for nothing and is an error.",
)
def decode(ids, merges):
    known = reference.vocabulary(merges)
    if ids and max(ids) >= len(known):
        raise ValueError("no such id")
    return b"".join(known[one] for one in ids).decode("utf-8", "replace")


@mistake(
    "decode",
    "index-error",
    "An id that is not in the vocabulary raises ValueError, not an error of the list.",
)
def decode(ids, merges):
    known = reference.vocabulary(merges)
    if ids and min(ids) < 0:
        raise ValueError("no such id")
    return b"".join(known[one] for one in ids).decode("utf-8", "replace")


@mistake("decode", "unknown-ids-skipped", "An unknown id is an error, not nothing.")
def decode(ids, merges):
    known = [one for one in ids if 0 <= one < 256 + len(merges)]
    return reference.decode(known, merges)


@mistake("decode", "spaces-between", "Tokens bring their spaces along: join them with nothing.")
def decode(ids, merges):
    return b" ".join(spelled_out(ids, merges)).decode("utf-8", "replace")


@mistake(
    "decode",
    "eats-its-input",
    "The caller's ids have changed: go through them without taking them out.",
)
def decode(ids, merges):
    tokens = spelled_out(ids, merges)
    ids.clear()
    return b"".join(tokens).decode("utf-8", "replace")


# ------------------------------------------------------------------------------ encode_special


def split_at(text, merges, special, strings, flags=0):
    """Split at these strings, in this order, and encode what lies between."""
    out = []
    pattern = "|".join(re.escape(string) for string in strings)
    for part in re.split(f"({pattern})", text, flags=flags) if strings else [text]:
        out += [special[part]] if part in special else reference.encode(part, merges)
    return out


@mistake(
    "encode_special",
    "not-escaped",
    "Characters like | and [ mean something in a regular expression: escape the strings.",
)
def encode_special(text, merges, special):
    if not special:
        return reference.encode(text, merges)
    pattern = "|".join(sorted(special, key=len, reverse=True))
    out = []
    for part in re.split(f"({pattern})", text):
        if part:
            out += [special[part]] if part in special else reference.encode(part, merges)
    return out


@mistake(
    "encode_special",
    "in-given-order",
    "Where several special strings begin the longest is taken, however the dict is ordered.",
)
def encode_special(text, merges, special):
    return split_at(text, merges, special, list(special))


@mistake(
    "encode_special",
    "shortest-first",
    "Where several special strings begin the longest is taken: in the order of length or of the "
    "alphabet a string stands before those that it begins.",
)
def encode_special(text, merges, special):
    return split_at(text, merges, special, sorted(special))


@mistake(
    "encode_special",
    "dropped",
    "The special tokens themselves are missing: re.split keeps them only from a group.",
)
def encode_special(text, merges, special):
    whole = reference.encode_special(text, merges, special)
    return [one for one in whole if one not in special.values()]


@mistake(
    "encode_special",
    "empty-special-breaks",
    "Without special strings the pattern is empty, and splits between all characters.",
)
def encode_special(text, merges, special):
    if special:
        return reference.encode_special(text, merges, special)
    return [one for char in text for one in reference.encode(char, merges)]


@mistake("encode_special", "encoded-as-text", "A special token becomes its one id, not its bytes.")
def encode_special(text, merges, special):
    return reference.encode(text, merges)


@mistake("encode_special", "first-only", "Special tokens are taken wherever they stand.")
def encode_special(text, merges, special):
    places = [(text.find(s), -len(s), s) for s in special if s in text]
    if not places:
        return reference.encode(text, merges)
    at, _, string = min(places)
    rest = text[at + len(string) :]
    return [*reference.encode(text[:at], merges), special[string], *reference.encode(rest, merges)]


@mistake(
    "encode_special",
    "whole-text-only",
    "A special token may stand inside a text, not only be the whole of it.",
)
def encode_special(text, merges, special):
    return [special[text]] if text in special else reference.encode(text, merges)


@mistake(
    "encode_special",
    "longest-anywhere",
    "Reading goes from left to right: a longer string further on must not take a beginning away.",
)
def encode_special(text, merges, special):
    for string in sorted(special, key=len, reverse=True):
        if string in text:
            before, _, after = text.partition(string)
            return [
                *encode_special_longest_anywhere(before, merges, special),
                special[string],
                *encode_special_longest_anywhere(after, merges, special),
            ]
    return reference.encode(text, merges)


encode_special_longest_anywhere = encode_special


@mistake(
    "encode_special",
    "parts-stripped",
    "White space beside a special token is text: it is encoded, not stripped.",
)
def encode_special(text, merges, special):
    out = []
    pattern = "|".join(re.escape(s) for s in sorted(special, key=len, reverse=True))
    for part in re.split(f"({pattern})", text) if special else [text]:
        if part in special:
            out.append(special[part])
        else:
            out += reference.encode(part.strip() if special else part, merges)
    return out


@mistake(
    "encode_special",
    "case-ignored",
    "Special strings are compared to the letter: END is not end.",
)
def encode_special(text, merges, special):
    lowered = {string.lower(): one for string, one in special.items()}
    return reference.encode_special(text.lower(), merges, lowered)


@mistake(
    "encode_special",
    "looked-for-among-ids",
    "Once all is encoded a special string may have melted with its neighbours: look for it before.",
)
def encode_special(text, merges, special):
    row = reference.encode(text, merges)
    spelled = {tuple(reference.encode(string, merges)): one for string, one in special.items()}
    longest_first = sorted(spelled, key=len, reverse=True)
    out, i = [], 0
    while i < len(row):
        here = [ids for ids in longest_first if tuple(row[i : i + len(ids)]) == ids]
        out.append(spelled[here[0]] if here else row[i])
        i += len(here[0]) if here else 1
    return out


@mistake(
    "encode_special",
    "fills-the-dict",
    "The caller's dict has changed: it is for special tokens, not for what was encoded between.",
)
def encode_special(text, merges, special):
    answer = reference.encode_special(text, merges, special)
    special[text] = answer
    return answer


# --------------------------------------------------------------------------------- render_chat


def rendered(case, learned=None, header=True):
    """The row of a chat; `learned(part, role)` says whether a part is marked."""
    messages, merges, start_id, end_id, prompt = case
    ids, mask = [], []

    def put(part, tokens, role):
        ids.extend(tokens)
        right = role == "assistant" and part in ("content", "end")
        mark = right if learned is None else learned(part, role)
        mask.extend([int(mark)] * len(tokens))

    for message in messages:
        role = message["role"]
        put("start", [start_id], role)
        put("header", reference.encode(role + "\n", merges) if header else [], role)
        put("content", reference.encode(message["content"], merges), role)
        put("end", [end_id], role)
        put("newline", reference.encode("\n", merges), role)
    if prompt:
        put("start", [start_id], "")
        put("header", reference.encode("assistant\n", merges), "")
    return ids, mask


@mistake(
    "render_chat",
    "end-not-learned",
    "A model that never learns the end_id behind its answer never stops.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    case = (messages, merges, start_id, end_id, add_generation_prompt)
    return rendered(case, lambda part, role: role == "assistant" and part == "content")


@mistake(
    "render_chat",
    "header-learned",
    "The header of an assistant's turn is given to the model, so it is not learned.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    case = (messages, merges, start_id, end_id, add_generation_prompt)
    learned = ("start", "header", "content", "end")
    return rendered(case, lambda part, role: role == "assistant" and part in learned)


@mistake(
    "render_chat",
    "newline-learned",
    "Learning ends with end_id: the line break behind it is put by whoever runs the model.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    case = (messages, merges, start_id, end_id, add_generation_prompt)
    learned = ("content", "end", "newline")
    return rendered(case, lambda part, role: role == "assistant" and part in learned)


@mistake(
    "render_chat",
    "everything-learned",
    "A model that is trained on all of it learns to speak for the user as well.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    case = (messages, merges, start_id, end_id, add_generation_prompt)
    return rendered(case, lambda part, role: part in ("content", "end"))


@mistake(
    "render_chat",
    "all-but-user",
    "There are more roles than two: system and tool are not the assistant.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    case = (messages, merges, start_id, end_id, add_generation_prompt)
    ids, mask = rendered(
        case, lambda part, role: role not in ("user", "") and part in ("content", "end")
    )
    return ids, mask


@mistake(
    "render_chat",
    "last-turn-only",
    "Every answer of the assistant is learned, not only the last.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    head = rendered((messages[:-1], merges, start_id, end_id, False))[0]
    ids, mask = reference.render_chat(messages, merges, start_id, end_id, add_generation_prompt)
    return ids, [0] * len(head) + mask[len(head) :]


@mistake(
    "render_chat",
    "special-tokens-in-content",
    "Content is plain text: a user who writes <|im_end|> must not end a turn.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    marks = {"<|im_start|>": start_id, "<|im_end|>": end_id}
    ids, mask = [], []
    for message in messages:
        head = [start_id, *reference.encode(message["role"] + "\n", merges)]
        body = [*reference.encode_special(message["content"], merges, marks), end_id]
        tail = reference.encode("\n", merges)
        ids += head + body + tail
        mask += [0] * len(head) + [int(message["role"] == "assistant")] * len(body)
        mask += [0] * len(tail)
    if add_generation_prompt:
        prompt = [start_id, *reference.encode("assistant\n", merges)]
        ids, mask = ids + prompt, mask + [0] * len(prompt)
    return ids, mask


@mistake(
    "render_chat",
    "markers-as-text",
    "start_id and end_id are single ids: as text <|im_start|> would be twelve, and forgeable.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    ids, mask = reference.render_chat(messages, merges, start_id, end_id, add_generation_prompt)
    markers = {start_id: "<|im_start|>", end_id: "<|im_end|>"}
    row = []
    for one, mark in zip(ids, mask, strict=True):
        spelled = reference.encode(markers[one], merges) if one in markers else [one]
        row += [(part, mark) for part in spelled]
    return [one for one, _ in row], [mark for _, mark in row]


@mistake("render_chat", "prompt-always", "The prompt for an answer is put only if it is asked for.")
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    return reference.render_chat(messages, merges, start_id, end_id, True)


@mistake("render_chat", "prompt-never", "With add_generation_prompt the row ends with a header.")
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    return reference.render_chat(messages, merges, start_id, end_id, False)


@mistake(
    "render_chat",
    "prompt-is-a-message",
    "The prompt opens a turn and leaves it open: no end_id, no line break behind it.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    more = [{"role": "assistant", "content": ""}] if add_generation_prompt else []
    ids, mask = reference.render_chat(messages + more, merges, start_id, end_id)
    return ids, mask[: len(mask) - 2 * len(more)] + [0] * 2 * len(more)


@mistake(
    "render_chat",
    "prompt-without-line-break",
    "The prompt is a whole header, with the line break that ends it: the answer begins behind it.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    ids, mask = reference.render_chat(messages, merges, start_id, end_id)
    if add_generation_prompt:
        ids += [start_id, *reference.encode("assistant", merges)]
    return ids, mask + [0] * (len(ids) - len(mask))


@mistake(
    "render_chat",
    "mask-shifted",
    "The mask stands at the ids that are learned, not at those from which they are predicted.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    ids, mask = reference.render_chat(messages, merges, start_id, end_id, add_generation_prompt)
    return ids, mask[1:] + [0] * bool(mask)


@mistake(
    "render_chat",
    "mask-of-booleans",
    "The mask holds the numbers 1 and 0, which a loss is multiplied by, not True and False.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    ids, mask = reference.render_chat(messages, merges, start_id, end_id, add_generation_prompt)
    return ids, [bool(mark) for mark in mask]


@mistake(
    "render_chat",
    "encoded-in-one",
    "Header, content and line break are encoded each on its own: joined, their pieces would melt.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    ids, mask = [], []
    for message in messages:
        text = message["role"] + "\n" + message["content"]
        head = 1 + len(reference.encode(message["role"] + "\n", merges))
        row = [start_id, *reference.encode(text, merges), end_id]
        learned = int(message["role"] == "assistant")
        ids += [*row, *reference.encode("\n", merges)]
        mask += [0] * min(head, len(row)) + [learned] * (len(row) - head)
        mask += [0] * (len(ids) - len(mask))
    if add_generation_prompt:
        ids += [start_id, *reference.encode("assistant\n", merges)]
        mask += [0] * (len(ids) - len(mask))
    return ids, mask


@mistake(
    "render_chat",
    "content-stripped",
    "The content is taken as it is, white space at its ends included.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    stripped = [{**one, "content": one["content"].strip()} for one in messages]
    return reference.render_chat(stripped, merges, start_id, end_id, add_generation_prompt)


@mistake(
    "render_chat",
    "line-break-missing",
    "Behind the end_id of every message stands an encoded line break.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    case = (messages, merges, start_id, end_id, add_generation_prompt)
    ids, mask = rendered(case)
    kept = [i for i, one in enumerate(ids) if i == 0 or ids[i - 1] != end_id]
    return [ids[i] for i in kept], [mask[i] for i in kept]


@mistake(
    "render_chat",
    "messages-changed",
    "The caller's messages have changed: the next call would see what this one put there.",
)
def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    answer = reference.render_chat(messages, merges, start_id, end_id, add_generation_prompt)
    for message in messages:
        message["content"] += "\n"
    return answer
