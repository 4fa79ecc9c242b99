"""A tokenizer: byte-pair encoding.

A language model reads numbers, and text is none.  Something has to stand in between, and it is
trained before the model is: the tokenizer, which cuts text into *tokens* and gives each a number.
Whole words would be easy to predict, but tomorrow somebody writes one that nobody has seen.
Single bytes know every text there will ever be, but a page of them is long, and a model pays for
length.  Byte-pair encoding walks from the second towards the first, and stops where you like:

    t h e _ t h e n     every byte, here its character, is a token: ids 0 to 255
    t 256 _ t 256 n     a most frequent pair of neighbours, h e, becomes token 256
    257 _ 257 n         and so on: tokens that are made of tokens

What is frequent becomes short, what is rare stays possible, and nothing is ever unknown.  A model
that cannot count the letters of a word, that stumbles over numbers, that costs three times as
much in one language as in another: all of it is decided here, in about a hundred lines.

The chapter goes through them in the order of a text's way.  `pretokenize` cuts it where no token
may reach across.  `count_pairs` and `merge` are one round of training, `train_bpe` all rounds.
`vocabulary`, `encode` and `decode` use what was learned, there and back.  At the end stand two
parts that papers leave out and every chat needs: tokens that no text can spell
(`encode_special`), and a dialogue as the one row of ids that a model is trained on (`render_chat`).

It needs no earlier chapter and no library: lists, dictionaries and `bytes` are all it takes.
Chapter 12 builds the model that reads these ids.

Ids 0 to 255 are the bytes.  `merges` is a list of pairs of ids, the i-th of which makes id
256 + i out of two ids below that.  Text is `str`, ids are lists of `int`, pairs are tuples, and
no function changes its inputs.
"""

import itertools
import re
from collections import Counter


def pretokenize(text):
    r"""Cut a text into pieces across which no token will reach.

    There are four kinds of characters: letters (what `str.isalpha` says, in any script), the
    digits 0-9, white space (`str.isspace`), and signs, which are all others, the underscore too.
    A piece is a longest run of one kind.  One thing is moved: where a run of letters, digits or
    signs follows directly upon a space (" " itself, no other white space), that one space belongs
    to it and not to the white space before.

    The answer is a list of str.  Nothing is lost: joined, the pieces are the text again.  None of
    them is empty, and the empty text has none.

    A word with its space in front, so that most words of a text look alike wherever they stand,
    is how GPT-2 cuts: Radford et al., "Language Models are Unsupervised Multitask Learners",
    2019, section 2.2.

    >>> pretokenize("a  b\n\n c_1 don't 12é")
    ['a', ' ', ' b', '\n\n', ' c', '_', '1', ' don', "'", 't', ' 12', 'é']
    >>> pretokenize(" \n!? x\t ")
    [' \n', '!?', ' x', '\t ']
    """

    ### BEGIN SOLUTION
    def kind(char):
        if char.isspace():
            return "space"
        return "letter" if char.isalpha() else "digit" if char in "0123456789" else "sign"

    pieces = []
    for run_kind, run in itertools.groupby(text, kind):
        piece = "".join(run)
        if run_kind != "space" and pieces and pieces[-1].endswith(" "):
            pieces[-1] = pieces[-1][:-1]
            piece = " " + piece
        pieces.append(piece)
    return [piece for piece in pieces if piece]
    ### END SOLUTION


def count_pairs(words):
    """Count how often each pair of tokens stands side by side.

        c(a, b) = Σ_w n_w · (how often b stands directly behind a in word w)

    words is a list of (ids, n): a word as a list of ids, and n ≥ 1, how often it occurs in the
    text.  The answer is a dict from pairs (a, b) to their counts, in any order.  Pairs may
    overlap, so [7, 7, 7] holds (7, 7) twice; they do not reach from one word into the next; and
    a pair that never occurs is not in the dict.  The same ids may stand in several words.

    >>> count_pairs([([7, 7, 7], 2), ([7, 8], 1)])
    {(7, 7): 4, (7, 8): 1}
    """
    ### BEGIN SOLUTION
    counts = {}
    for ids, n in words:
        for pair in itertools.pairwise(ids):
            counts[pair] = counts.get(pair, 0) + n
    return counts
    ### END SOLUTION


def merge(ids, pair, new_id):
    """Replace every occurrence of a pair by one new id.

    ids is a list, pair the tuple (a, b), and new_id is none of the ids.  Occurrences are found
    from left to right and do not overlap: of [a, a, a] and the pair (a, a) the first two are
    taken.  The answer is a new list; ids stays as it is.

    >>> merge([1, 1, 1, 2], (1, 1), 256)
    [256, 1, 2]
    >>> merge([2, 1, 2, 3, 1, 2], (1, 2), 300)
    [2, 300, 3, 300]
    """
    ### BEGIN SOLUTION
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged
    ### END SOLUTION


def train_bpe(text, num_merges):
    """Learn which pairs to merge, the most frequent one first.

    The text is cut by `pretokenize`, and the UTF-8 bytes of each piece are its first ids.  Then,
    num_merges times: count all pairs, as `count_pairs` does, each piece as often as it occurs;
    take the pair with the largest count; and merge it everywhere, as `merge` does, into the next
    id, 256 for the first pair, 257 for the second.  The next round counts what is there now.

        pair_i = argmax of c(a, b) over all pairs,   (a, b) → 256 + i in every piece

    Of several pairs with the largest count the smallest is taken, compared as tuples:
    (97, 99) before (98, 97).  Training ends early when no pair occurs at least twice.  The answer
    is the list of pairs in the order in which they were merged.

    The algorithm is by Gage, "A New Algorithm for Data Compression", 1994; its use for words by
    Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units",
    2016, algorithm 1.

    >>> train_bpe("aaab aaab ab", 9)
    [(97, 97), (97, 98), (256, 257)]
    >>> train_bpe("ab cd ab cd", 1)
    [(32, 99)]
    """
    ### BEGIN SOLUTION
    words = [(list(piece.encode()), n) for piece, n in Counter(pretokenize(text)).items()]
    merges = []
    while len(merges) < num_merges:
        counts = count_pairs(words)
        most = max(counts.values(), default=0)
        if most < 2:
            break
        pair = min(pair for pair, count in counts.items() if count == most)
        words = [(merge(ids, pair, 256 + len(merges)), n) for ids, n in words]
        merges.append(pair)
    return merges
    ### END SOLUTION


def vocabulary(merges):
    """Spell every id out in bytes.

        v_i = the byte i for i < 256,   v_{256 + i} = v_a followed by v_b with (a, b) = merges[i]

    The answer is a list of `bytes` of length 256 + len(merges), whose entry i is what id i stands
    for.  They are bytes and not text: a token may be a part of a character only.  Two ids may
    stand for the same bytes.

    >>> v = vocabulary([(195, 169), (116, 256), (257, 257)])
    >>> v[97], v[195], v[256:]
    (b'a', b'\\xc3', [b'\\xc3\\xa9', b't\\xc3\\xa9', b't\\xc3\\xa9t\\xc3\\xa9'])
    """
    ### BEGIN SOLUTION
    spelled = [bytes([i]) for i in range(256)]
    for a, b in merges:
        spelled.append(spelled[a] + spelled[b])
    return spelled
    ### END SOLUTION


def encode(text, merges):
    """Turn a text into ids, with merges that were learned before.

    The text is cut by `pretokenize`, and each piece is encoded on its own.  It begins as its
    UTF-8 bytes.  Of all pairs of neighbours that are in it, the one that was learned first (that
    stands first in merges) is merged wherever it occurs, from left to right; and again, with the
    pairs that are there then, until no pair of merges is left.  The answer is the list of ids of
    all pieces.

    It is neither the longest token nor the leftmost pair that wins, but the oldest pair.  The
    merges may come from another text, and the same rule holds where they hardly fit this one.  No
    pair is in them twice.

    >>> encode("aaab b", [(97, 97), (97, 98)])
    [256, 257, 32, 98]
    >>> encode("abc", [(98, 99), (97, 98)])
    [97, 256]
    >>> encode("é", [])
    [195, 169]
    """
    ### BEGIN SOLUTION
    made = {pair: 256 + i for i, pair in enumerate(merges)}
    ids = []
    for piece in pretokenize(text):
        tokens = list(piece.encode())
        while known := made.keys() & set(itertools.pairwise(tokens)):
            oldest = min(known, key=made.get)
            tokens = merge(tokens, oldest, made[oldest])
        ids += tokens
    return ids
    ### END SOLUTION


def decode(ids, merges):
    """Turn ids back into the text that they stand for.

        text = UTF-8 of v_{id_1} v_{id_2} … v_{id_n}

    with v as in `vocabulary`.  The bytes of all ids are joined first and decoded then: where a
    token ends inside of a character, the next one brings the rest.  Ids need not come from
    `encode`; what is no valid UTF-8 in the end becomes U+FFFD, as Python's `errors="replace"`
    has it.  Raises ValueError for an id below 0, or beyond the vocabulary.

    >>> decode([257, 33, 240, 159, 153], [(195, 169), (116, 256)])
    'té!�'
    """
    ### BEGIN SOLUTION
    spelled = vocabulary(merges)
    for one in ids:
        if not 0 <= one < len(spelled):
            raise ValueError(f"id {one} is not in a vocabulary of {len(spelled)}")
    return b"".join(spelled[one] for one in ids).decode("utf-8", errors="replace")
    ### END SOLUTION


def encode_special(text, merges, special):
    """Encode a text in which some strings are tokens of their own.

    special is a dict from such strings, none of them empty, to their ids; it may be empty.  The
    text is read from left to right.  Where a special string begins it becomes its one id,
    the longest if several begin there, and reading goes on behind it.  What lies between is
    encoded on its own, by `encode`: no piece and no merge reaches across a special token.  The
    strings may hold any characters, also ones that mean something in a regular expression, and
    one may be the beginning of another, or a part of it.

    Special tokens say what text cannot: here a document ends, here somebody else speaks.

    >>> encode_special("a<|x|>b<|x|>!", [], {"<|x|>": 256, "<|x|>!": 257})
    [97, 256, 98, 257]
    """
    ### BEGIN SOLUTION
    if not special:
        return encode(text, merges)
    longest_first = sorted(special, key=len, reverse=True)
    pattern = "|".join(re.escape(string) for string in longest_first)
    ids = []
    for part in re.split(f"({pattern})", text):
        ids += [special[part]] if part in special else encode(part, merges)
    return ids
    ### END SOLUTION


def render_chat(messages, merges, start_id, end_id, add_generation_prompt=False):
    r"""Write a dialogue as one row of ids, and mark what a model shall learn to say.

    messages is a list, perhaps empty, of dicts with the texts "role" and "content".  Each message
    becomes

        start_id, encode(role + "\n"), encode(content), end_id, encode("\n")

    every text encoded on its own, by `encode`.  With add_generation_prompt the row ends with
    start_id and encode("assistant\n"), and it is the model's turn to write.

    The answer is (ids, mask), two lists of int, as long as each other.  The mask is 1 where the
    model learns: on the content of every message whose role is exactly "assistant", and on the
    end_id behind it, from which it learns to stop.  Elsewhere it is 0: in headers, in the line
    break at the end, in what others say.

    The content is plain text: where somebody writes "<|im_end|>", these are ten ordinary
    characters.  Only this function puts start_id and end_id, so nobody can forge a turn.

    >>> talk = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]
    >>> ids, mask = render_chat(talk, [], 256, 257)
    >>> ids[:10]
    [256, 117, 115, 101, 114, 10, 104, 105, 257, 10]
    >>> ids[10:]
    [256, 97, 115, 115, 105, 115, 116, 97, 110, 116, 10, 121, 111, 257, 10]
    >>> mask[:10], mask[10:]
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0])
    """
    ### BEGIN SOLUTION
    ids, mask = [], []

    def put(tokens, learned=0):
        ids.extend(tokens)
        mask.extend([learned] * len(tokens))

    for message in messages:
        put([start_id, *encode(message["role"] + "\n", merges)])
        put([*encode(message["content"], merges), end_id], int(message["role"] == "assistant"))
        put(encode("\n", merges))
    if add_generation_prompt:
        put([start_id, *encode("assistant\n", merges)])
    return ids, mask
    ### END SOLUTION
