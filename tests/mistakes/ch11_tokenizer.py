"""What people get wrong in a tokenizer."""

import re

import ch11_tokenizer as reference

from grader.bank import mistake, slips

# -------------------------------------------------------------------------------------- pretokenize

slips(
    "pretokenize",
    r"""
    white-space-lost: split() throws white space away, and a text cannot be put together again
      without it.
        [piece for piece in pieces if piece] -> text.split()
    space-apart: A space directly before a word is part of the word's piece, not a piece of its own.
        run_kind != "space" and pieces and pieces[-1].endswith(" ") -> False
    space-behind: The space belongs to the word behind it, not to the word before.
        if run_kind != "space" and pieces and pieces[-1].endswith(" "):
            pieces[-1] = pieces[-1][:-1]
            piece = " " + piece
        ->
        if pieces and piece.startswith(" "):
            pieces[-1] += " "
            piece = piece[1:]
    all-spaces-taken: Only one space moves on to the word; those before it stay white space.
        pieces[-1] = pieces[-1][:-1]
        piece = " " + piece
        ->
        piece = " " * (len(pieces[-1]) - len(pieces[-1].rstrip(" "))) + piece
        pieces[-1] = pieces[-1].rstrip(" ")
    any-white-space-taken: Only the space itself moves on to the next piece, not a line break or a
      tab.
        pieces[-1].endswith(" ") -> pieces[-1].isspace()

        pieces[-1] = pieces[-1][:-1]
        piece = " " + piece
        ->
        pieces[-1], piece = pieces[-1][:-1], pieces[-1][-1] + piece
    run-takes-last-space: A run of white space must leave its last space to the word behind it.
        pieces[-1].endswith(" ") -> pieces[-1] == " "
    ascii-letters: There are more letters than a to z: é is one, and so are those of other scripts.
        char.isalpha() -> char.isalpha() and char.isascii()
    letters-with-digits: Letters and digits are two kinds: \w, like isalnum, takes both into one
      run.
        char.isalpha() -> char.isalnum()
    underscore-lost: The underscore is a sign, but \w counts it among the letters: look where it
      went.
        [piece for piece in pieces if piece]
        -> [kept for piece in pieces if (kept := piece.replace("_", ""))]
    underscore-a-letter: The underscore is a sign, though \w counts it among the letters.
        char.isalpha() -> char.isalpha() or char == "_"
    signs-one-by-one: Signs make runs too: !? is one piece.
        else "sign" -> else object()
    empty-pieces: Where the space has moved on, nothing may be left of a run of white space: no
      piece is empty.
        [piece for piece in pieces if piece] -> pieces
    """,
)


@mistake(
    "pretokenize",
    "contractions",
    "The apostrophe is a sign like any other: that 's is a piece is GPT-2's rule, not ours.",
)
def pretokenize(text):
    letters, sign = r"[^\W\d_]", r"(?:[^\w\s]|_)"
    pattern = rf"'(?:[stmd]|re|ve|ll)| ?{letters}+| ?[0-9]+| ?{sign}+|\s+(?= \S)|\s+"
    return re.findall(pattern, text)


# -------------------------------------------------------------------------------------- count_pairs

slips(
    "count_pairs",
    """
    counts-ignored: A word that occurs n times brings each pair n times.
        counts.get(pair, 0) + n -> counts.get(pair, 0) + 1
    across-words: The end of a word and the start of the next are no pair.
        in words: -> in [([one for ids, n in words for _ in range(n) for one in ids], 1)]:
    no-overlap: Pairs may overlap when they are counted: three equal ids hold two pairs.
        for pair in itertools.pairwise(ids):
            counts[pair] = counts.get(pair, 0) + n
        ->
        i = 0
        while i < len(ids) - 1:
            pair = (ids[i], ids[i + 1])
            counts[pair] = counts.get(pair, 0) + n
            i += 2 if ids[i] == ids[i + 1] and ids[i + 2 : i + 3] == [ids[i]] else 1
    once-per-word: A pair that stands twice in a word counts twice for it.
        itertools.pairwise(ids) -> set(itertools.pairwise(ids))
    unordered: (a, b) and (b, a) are two pairs: the order counts.
        itertools.pairwise(ids) -> map(tuple, map(sorted, itertools.pairwise(ids)))
    overwritten: A pair that was there before keeps its count: add to it instead of setting it.
        counts.get(pair, 0) + n -> n
    repeated-words-once: The same ids may stand in several words: as keys of a dict all but the last
      are lost.
        in words: -> in {tuple(ids): n for ids, n in words}.items():
    two-steps-at-a-time: The window moves by one id: the second id of a pair may be the first of the
      next.
        itertools.pairwise(ids) -> zip(ids[::2], ids[1::2], strict=False)
    last-pair-missed: n ids have n − 1 pairs: the last one is missing.
        itertools.pairwise(ids) -> itertools.pairwise(ids[:-1])
    eats-its-input: The caller's words have changed: pop takes from the very list that was given.
        for pair in itertools.pairwise(ids):
            counts[pair] = counts.get(pair, 0) + n
        ->
        while len(ids) > 1:
            pair = (ids.pop(0), ids[0])
            counts[pair] = counts.get(pair, 0) + n
    """,
)


# -------------------------------------------------------------------------------------------- merge

slips(
    "merge",
    """
    first-only: Every occurrence is merged, not only the first.
        == pair: -> == pair and len(merged) == i:
    from-the-right: Of three equal ids the first two are merged: go from left.
        merged, i = [], 0 -> ids, pair, merged, i = ids[::-1], pair[::-1], [], 0
        return merged -> return merged[::-1]
    overlapping: Both ids of a pair are used up by it: the second cannot be the first of another
      pair.
        i += 2 -> i += 1 if tuple(ids[i + 1 : i + 3]) == pair else 2
    last-id-lost: The last id has no right neighbour, and still it must be in the answer.
        i < len(ids) -> i < len(ids) - 1
    last-pair-missed: A pair may stand at the very end of the ids.
        == pair: -> == pair and i + 2 < len(ids):
    either-order: (b, a) is not the pair (a, b): the order counts.
        == pair: -> in (pair, pair[::-1]):
    keeps-the-second: The new id stands for both: neither of the two stays.
        merged.append(new_id) -> merged += [new_id, ids[i + 1]]
    text-replaced: In a text of digits 12 is also found in 112: compare ids as numbers.
        return merged
        ->
        text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new_id))
        return list(map(int, text.split()))
    in-place: The caller's list has changed: make a new one, and leave the old one as it was.
        return merged -> ids[:] = merged; return merged
    same-list-returned: Where there is nothing to merge the answer is still a new list, a copy.
        return merged -> return ids if merged == ids else merged
    """,
)


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


# ---------------------------------------------------------------------------------------- train_bpe

slips(
    "train_bpe",
    """
    no-pretokenization: Pairs are counted and merged within the pieces of pretokenize: no token
      reaches across words.
        Counter(pretokenize(text)).items() -> [(text, 1)]
    largest-wins-ties: Of pairs that are equally frequent the smallest is merged, not the largest.
        min(pair for -> max(pair for
    first-seen-wins-ties: max takes the first of equals, so the order of the words decides: break
      ties by the pair.
        min(pair for pair, count in counts.items() if count == most) -> max(counts, key=counts.get)
    last-seen-wins-ties: The last of equals is taken, so the order of the words decides: break ties
      by the pair.
        min(pair for pair, count in counts.items() if count == most)
        -> max(reversed(counts), key=counts.get)
    single-pairs-merged: Training ends when no pair occurs at least twice: what occurs once is not
      worth an id.
        most < 2 -> most < 1
    ends-below-three: A pair that occurs exactly twice is still merged.
        most < 2 -> most < 3
    frequencies-lost: Every piece counts as often as it occurs in the text: a set of pieces forgets
      how often.
        (list(piece.encode()), n) -> (list(piece.encode()), 1)
    counts-never-updated: After a merge there are new pairs, and fewer of the old ones: count again
      in every round.
        count_pairs(words) -> {p: n for p, n in count_pairs(words).items() if p not in merges}
        words = [(merge(ids, pair, 256 + len(merges)), n) for ids, n in words] ->
    numbered-from-257: The first merge makes id 256: bytes end at 255.
        256 + len(merges) -> 257 + len(merges)
    characters: The first ids are the UTF-8 bytes of a piece, not its characters' numbers.
        list(piece.encode()) -> list(map(ord, piece))
    vocabulary-size: num_merges says how many pairs to learn, not how large the vocabulary becomes.
        len(merges) < num_merges -> 256 + len(merges) < num_merges
    split-at-spaces: The pieces are those of pretokenize: with their spaces, and with signs apart
      from letters.
        pretokenize(text) -> text.split()
    one-merge-more: num_merges rounds are due, and there is one more.
        len(merges) < num_merges -> len(merges) <= num_merges
    """,
)


# --------------------------------------------------------------------------------------- vocabulary

slips(
    "vocabulary",
    """
    text-for-bytes: Entries are bytes: a token may be half a character.
        bytes([i]) -> chr(i)
    utf8-characters: chr(i).encode() is two bytes for i above 127; what is due is the one byte i.
        bytes([i]) -> chr(i).encode()
    swapped: The pair (a, b) stands for a's bytes first, then b's.
        spelled[a] + spelled[b] -> spelled[b] + spelled[a]
    ids-not-unfolded: The parts of a pair may be merged tokens themselves, which are longer than a
      byte.
        spelled[a] + spelled[b] -> bytes([a % 256, b % 256])
    zero-bytes: bytes(i) is i zeros; bytes([i]) is the byte i.
        bytes([i]) -> bytes(i)
    only-bytes: The merges have entries too, behind the 256 bytes.
        in merges: -> in []:
    only-merges: Ids 0 to 255 are in the vocabulary too: the single bytes.
        return spelled -> return spelled[256:]
    one-byte-missing: There are 256 bytes, from 0 to 255: the last one is missing, and all merges
      have moved.
        return spelled -> return spelled[:255] + spelled[256:]
    duplicates-left-out: Two ids may stand for the same bytes: every merge has an entry, whether new
      or not.
        return spelled -> return list(dict.fromkeys(spelled))
    eats-its-input: The caller's merges have changed: go through them without taking them out.
        for a, b in merges:
        ->
        while merges:
            a, b = merges.pop(0)
    """,
)


# ------------------------------------------------------------------------------------------- encode

slips(
    "encode",
    """
    leftmost-first: Of the pairs in a piece the one that was learned first is merged, wherever it
      stands.
        oldest = min(known, key=made.get)
        tokens = merge(tokens, oldest, made[oldest])
        ->
        i, pair = next((i, p) for i, p in enumerate(itertools.pairwise(tokens)) if p in known)
        tokens[i : i + 2] = [made[pair]]
    latest-merge-first: The pair that was learned first goes first: the lowest number, not the
      highest.
        min(known, key=made.get) -> max(known, key=made.get)
    smallest-pair-first: The smallest pair decides ties in training; here the order of learning
      decides.
        min(known, key=made.get) -> min(known)
    most-frequent-in-the-text: How often a pair occurs counted in training; here the order of
      learning decides.
        key=made.get -> key=lambda p: (-count_pairs([(tokens, 1)])[p], made[p])
    one-merge-each: Merging goes on until no known pair is left: one merge makes another one
      possible.
        while known -> if known
    single-pass: A walk from left to right does not see the pairs that merging makes: begin again.
        while known := made.keys() & set(itertools.pairwise(tokens)):
            oldest = min(known, key=made.get)
            tokens = merge(tokens, oldest, made[oldest])
        ids += tokens
        ->
        while tokens:
            pair = tuple(tokens[:2])
            ids.append(made.get(pair, tokens[0]))
            tokens = tokens[2 if pair in made else 1 :]
    no-pretokenization: Each piece of pretokenize is encoded on its own: no merge reaches across
      words.
        pretokenize(text) -> [text]
    code-points: A piece begins as its UTF-8 bytes: ord gives a character's number, which may be
      above 255.
        list(piece.encode()) -> list(map(ord, piece))
    latin-1: Bytes are those of UTF-8, in which é is two of them; Latin-1 knows 256 characters only.
        piece.encode() -> piece.encode("latin-1", errors="replace")
    numbered-from-257: The first merge makes id 256: bytes end at 255.
        return ids -> return [one + (one > 255) for one in ids]
    first-occurrence-only: A pair is merged wherever it stands in the piece, not only where it
      stands first.
        while known := made.keys() & set(itertools.pairwise(tokens)):
            oldest = min(known, key=made.get)
            tokens = merge(tokens, oldest, made[oldest])
        ->
        for pair, new_id in made.items():
            if pair in (pairs := list(itertools.pairwise(tokens))):
                i = pairs.index(pair)
                tokens[i : i + 2] = [new_id]
    pieces-kept-apart: The answer is one list of ids, not a list for every piece.
        ids += tokens -> ids.append(tokens)
    eats-the-merges: The caller's merges have changed: the next text has none left.
        return ids -> merges.clear(); return ids
    """,
)


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


# ------------------------------------------------------------------------------------------- decode

slips(
    "decode",
    """
    token-by-token: A character may be cut by the border of two tokens: join all bytes before
      decoding them.
        b"".join(spelled[one] for one in ids).decode("utf-8", errors="replace")
        -> "".join(spelled[one].decode("utf-8", errors="replace") for one in ids)
    strict: Ids of a model need not be valid UTF-8: an error would end the whole conversation.
        , errors="replace" ->
    ignores-invalid: Invalid bytes become U+FFFD; they do not vanish.
        "replace" -> "ignore"
    latin-1: The bytes are UTF-8: a character may be several of them.
        "utf-8", errors="replace" -> "latin-1"
    negative-ids-wrap: Python counts a negative index from the end; here it stands for nothing and
      is an error.
        0 <= one < len(spelled) -> one < len(spelled)
    index-error: An id that is not in the vocabulary raises ValueError, not an error of the list.
        0 <= one < len(spelled) -> 0 <= one
    unknown-ids-skipped: An unknown id is an error, not nothing.
        for one in ids:
            if not 0 <= one < len(spelled):
                raise ValueError(f"id {one} is not in a vocabulary of {len(spelled)}")
        ->
        ids = [one for one in ids if 0 <= one < len(spelled)]
    spaces-between: Tokens bring their spaces along: join them with nothing.
        b"".join -> b" ".join
    eats-its-input: The caller's ids have changed: go through them without taking them out.
        spelled[one] for one in ids) -> [spelled[ids.pop(0)] for _ in range(len(ids))])
    """,
)


# ----------------------------------------------------------------------------------- encode_special

slips(
    "encode_special",
    """
    not-escaped: Characters like | and [ mean something in a regular expression: escape the strings.
        re.escape(string) for string in longest_first -> longest_first
        re.split(f"({pattern})", text) -> filter(None, re.split(f"({pattern})", text))
    in-given-order: Where several special strings begin the longest is taken, however the dict is
      ordered.
        sorted(special, key=len, reverse=True) -> list(special)
    shortest-first: Where several special strings begin the longest is taken: in the order of length
      or of the alphabet a string stands before those that it begins.
        sorted(special, key=len, reverse=True) -> sorted(special)
    dropped: The special tokens themselves are missing: re.split keeps them only from a group.
        f"({pattern})" -> pattern
    empty-special-breaks: Without special strings the pattern is empty, and splits between all
      characters.
        if not special: -> if False:
    encoded-as-text: A special token becomes its one id, not its bytes.
        if not special: -> if True:
    first-only: Special tokens are taken wherever they stand.
        , text): -> , text, maxsplit=1):
    whole-text-only: A special token may stand inside a text, not only be the whole of it.
        if not special: -> if text not in special:
    longest-anywhere: Reading goes from left to right: a longer string further on must not take a
      beginning away.
        for part in re.split(f"({pattern})", text):
        ->
        parts = [text]
        for string in map(re.escape, longest_first):
            rows = ([one] if one in special else re.split(f"({string})", one) for one in parts)
            parts = sum(rows, [])
        for part in parts:
    parts-stripped: White space beside a special token is text: it is encoded, not stripped.
        else encode(part, merges) -> else encode(part.strip(), merges)
    case-ignored: Special strings are compared to the letter: END is not end.
        longest_first = sorted(special, key=len, reverse=True)
        ->
        text, special = text.lower(), {string.lower(): one for string, one in special.items()}
        longest_first = sorted(special, key=len, reverse=True)
    fills-the-dict: The caller's dict has changed: it is for special tokens, not for what was
      encoded between.
        return ids -> special[text] = ids; return ids
    """,
)


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


# -------------------------------------------------------------------------------------- render_chat

slips(
    "render_chat",
    r"""
    end-not-learned: A model that never learns the end_id behind its answer never stops.
        ], merges), end_id], int(message["role"] == "assistant"))
        -> ], merges)], int(message["role"] == "assistant")); put([end_id])
    header-learned: The header of an assistant's turn is given to the model, so it is not learned.
        message["role"] + "\n", merges)])
        -> message["role"] + "\n", merges)], int(message["role"] == "assistant"))
    newline-learned: Learning ends with end_id: the line break behind it is put by whoever runs the
      model.
        encode("\n", merges)) -> encode("\n", merges), int(message["role"] == "assistant"))
    everything-learned: A model that is trained on all of it learns to speak for the user as well.
        int(message["role"] == "assistant") -> 1
    all-but-user: There are more roles than two: system and tool are not the assistant.
        int(message["role"] == "assistant") -> int(message["role"] != "user")
    last-turn-only: Every answer of the assistant is learned, not only the last.
        message["role"] == "assistant" -> message["role"] == "assistant" and message is messages[-1]
    special-tokens-in-content: Content is plain text: a user who writes <|im_end|> must not end a
      turn.
        for message in messages:
        ->
        marks = {"<|im_start|>": start_id, "<|im_end|>": end_id}
        for message in messages:

        encode(message["content"], merges) -> encode_special(message["content"], merges, marks)
    markers-as-text: start_id and end_id are single ids: as text <|im_start|> would be twelve, and
      forgeable.
        start_id, *encode(message -> *encode("<|im_start|>", merges), *encode(message
        end_id], -> *encode("<|im_end|>", merges)],
        start_id, *encode("assistant\n" -> *encode("<|im_start|>", merges), *encode("assistant\n"
    prompt-always: The prompt for an answer is put only if it is asked for.
        if add_generation_prompt: -> if True:
    prompt-never: With add_generation_prompt the row ends with a header.
        if add_generation_prompt: -> if False:
    prompt-is-a-message: The prompt opens a turn and leaves it open: no end_id, no line break behind
      it.
        "assistant\n", merges)]) -> "assistant\n", merges), end_id, *encode("\n", merges)])
    prompt-without-line-break: The prompt is a whole header, with the line break that ends it: the
      answer begins behind it.
        "assistant\n" -> "assistant"
    mask-shifted: The mask stands at the ids that are learned, not at those from which they are
      predicted.
        return ids, mask -> return ids, mask[1:] + [0] * bool(mask)
    mask-of-booleans: The mask holds the numbers 1 and 0, which a loss is multiplied by, not True
      and False.
        [learned] -> [bool(learned)]
    encoded-in-one: Header, content and line break are encoded each on its own: joined, their pieces
      would melt.
        put([start_id, *encode(message["role"] + "\n", merges)])
        put([*encode(message["content"], merges), end_id], int(message["role"] == "assistant"))
        ->
        head = len(encode(message["role"] + "\n", merges))
        row = encode(message["role"] + "\n" + message["content"], merges)
        put([start_id, *row[:head]])
        put([*row[head:], end_id], int(message["role"] == "assistant"))
    content-stripped: The content is taken as it is, white space at its ends included.
        message["content"] -> message["content"].strip()
    line-break-missing: Behind the end_id of every message stands an encoded line break.
        put(encode("\n", merges)) -> pass
    messages-changed: The caller's messages have changed: the next call would see what this one put
      there.
        return ids, mask
        ->
        for message in messages:
            message["content"] += "\n"
        return ids, mask
    """,
)
