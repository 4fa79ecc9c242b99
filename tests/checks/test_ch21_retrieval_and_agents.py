"""Checks of retrieval, agents and workflows.

Where a statement breaks ties, they are drawn where they are exact; elsewhere what is compared lies
apart, so that rounding decides nothing.  Models and tools are functions of this file.
"""

import itertools
import json
import math
import random

import numpy as np

from grader.checks import (
    as_parts,
    case,
    check,
    double_precision,
    example,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    fills,
    function,
    given,
    matches,
    sizes,
    st,
    untouched,
)

SEEDS = st.integers(0, 2**20)
FILLS = fills()
APART = 1e-6
"""No two scores that decide something are closer, unless they are equal."""

WORDS = ("rain", "a", "the", "roof", "Rain", "wet", "is", "x", "wet.", "it's", "3,5", "–", "café")
BLANKS = (" ", " ", " ", "  ", "\n", "\n\n", "\t", " \n ", "\r\n", "\u00a0", "\f")


def seeded(make):
    """A strategy for what `make(rng)` returns."""
    return SEEDS.map(lambda seed: make(random.Random(seed)))


# ------------------------------------------------------------------------------------ chunk_text


def text_of(rng, count, blanks=BLANKS):
    """So many words, with blanks between and now and then around them."""
    words = [rng.choice(WORDS) + str(rng.randrange(3)) * rng.randrange(2) for _ in range(count)]
    text = "".join(word + rng.choice(blanks) for word in words)
    return text.rstrip() if rng.random() < 0.7 else rng.choice(blanks) + text


def window(rng):
    """A text, a size and an overlap; every third text ends just where a window does."""
    size = rng.choice((1, 2, 3, 3, 4, 5, 7))
    overlap = rng.randrange(size)
    count = rng.randrange(15)
    if rng.random() < 0.35:
        count = size + (size - overlap) * rng.randrange(4)
    return text_of(rng, count), size, overlap


BORDERS = [
    ("a b c d e", 3, 1),
    ("a b c d e f", 3, 1),
    ("a b c d e f g", 3, 1),
    ("", 3, 1),
    (" \n\t ", 2, 0),
    ("a", 1, 0),
    ("a", 5, 4),
    ("a b", 5, 3),
    ("a  b\nc", 3, 2),
    ("a b c d", 3, 2),
    ("a b c d", 2, 0),
    ("a b c d e", 2, 0),
    ("a a a a a", 4, 3),
    ("a b c d e f g h", 5, 1),
    ("It's wet. – is it?", 2, 0),
    ("a\r\nb\u00a0c\x0bd", 2, 1),
]

example("chunk_text")
matches("chunk_text", seeded(window), first=BORDERS, exact=True)
matches(
    "chunk_text",
    seeded(lambda rng: (text_of(rng, rng.randint(1, 9), (" ",)), rng.randint(1, 4), 0)),
    title="is right where nothing overlaps",
    weight=3,
    examples=15,
    exact=True,
)


@check("chunk_text", "put together, the chunks are the text", practice=True)
@given(case=seeded(window))
def test_chunk_text_together(submission, case):
    text, size, overlap = case
    chunks = [chunk.split(" ") for chunk in submission.chunk_text(text, size, overlap)]
    words = [word for n, chunk in enumerate(chunks) for word in chunk[overlap if n else 0 :]]
    expect_equal(words, text.split(), "all words, the overlaps taken off")


@check("chunk_text", "every chunk brings a word that the one before has not", practice=True)
@given(case=seeded(window))
def test_chunk_text_idle(submission, case):
    text, size, overlap = case
    lengths = [len(chunk.split()) for chunk in submission.chunk_text(text, size, overlap)]
    expect(max(lengths, default=0) <= size, f"no chunk has more than {size} words", got=lengths)
    expect(
        all(length > overlap for length in lengths[1:]),
        f"a chunk of at most {overlap} words lies wholly in the one before",
        got=lengths,
    )


@check("chunk_text", "a text without words has no chunks", practice=True)
@given(text=st.sampled_from(("", " ", "\n", " \t\n ")), size=sizes(1, 3))
def test_chunk_text_nothing(submission, text, size):
    expect_equal(submission.chunk_text(text, size, size - 1), [], "no words")


@check("chunk_text", "sizes that make no sense raise ValueError", practice=True)
@given(
    text=st.sampled_from(("a b c d", "", "a")),
    size_and_overlap=st.sampled_from(((0, 0), (-1, 0), (2, 2), (2, 3), (3, -1), (0, -1), (1, 1))),
)
def test_chunk_text_errors(submission, text, size_and_overlap):
    expect_error("ValueError", submission.chunk_text, text, *size_and_overlap)


# ----------------------------------------------------------------------------------- bm25_scores

SHORT = ("cat", "dog", "red", "sat")
TOKENS = (*SHORT, "Cat", "tea", "o")


def documents_of(rng, tokens=TOKENS, least=0):
    """Documents of unequal length, some empty, in which tokens come more than once."""
    return [rng.choices(tokens, k=rng.randint(least, 7)) for _ in range(rng.randint(1, 5))]


def search(rng):
    """A query, documents, and parameters that are left out every third time."""
    query = rng.choices((*TOKENS, "unheard"), k=rng.randrange(6))
    documents = documents_of(rng)
    if rng.random() < 0.3:
        return case(query, documents)
    k1, b = rng.choice((1.5, 0.0, 1.2, 2.0, 0.5)), rng.choice((0.75, 0.0, 1.0, 0.3, 0.5))
    if rng.random() < 0.3:
        return rng.choice((case(query, documents, k1=k1), case(query, documents, b=b)))
    return case(query, documents, k1, b)


def plain_search(rng):
    """Different tokens, and documents that have some."""
    documents = documents_of(rng, SHORT, 1)
    return case(rng.sample(SHORT, rng.randint(1, 3)), documents)


CAT_AND_DOG = [["cat", "dog", "cat"], ["dog"], [], ["red", "sat", "tea", "dog"]]
SEARCHES = [
    (["cat"], [["cat"], ["dog"]]),
    (["cat"], [["cat", "red"], ["cat"], ["cat", "cat", "cat"]]),
    (["cat", "cat", "dog"], CAT_AND_DOG),
    ([], CAT_AND_DOG),
    (["cat"], [[], []]),
    (["unheard"], CAT_AND_DOG, 0.0, 0.75),
    (["cat", "dog"], CAT_AND_DOG, 0.0, 1.0),
    (["dog", "cat"], CAT_AND_DOG, 2.0, 0.0),
    (["dog", "cat"], CAT_AND_DOG, 1.2, 1.0),
    (["cat"], [["cat", "dog"]]),
    (["cat"], [[]], 0.0, 0.0),
]

example("bm25_scores")
matches("bm25_scores", seeded(search), first=SEARCHES, scale=1.0)
matches(
    "bm25_scores",
    seeded(plain_search),
    title="is right for a few different words",
    weight=3,
    examples=15,
    scale=1.0,
)


@check("bm25_scores", "with k1 = 0 only rarity counts", practice=True)
@given(documents=seeded(documents_of), token=st.sampled_from(SHORT))
def test_bm25_scores_rarity(submission, documents, token):
    has = np.array([token in document for document in documents])
    idf = math.log(1 + (len(has) - has.sum() + 0.5) / (has.sum() + 0.5))
    got = submission.bm25_scores([token], documents, 0.0, 0.75)
    expect_close(got, np.where(has, idf, 0.0), "idf where the token is, 0 elsewhere", scale=1.0)


@check("bm25_scores", "the tenth occurrence says less than the first", practice=True)
@given(k1=st.sampled_from((1.5, 0.5, 2.0)), more=sizes(2, 9))
def test_bm25_scores_saturates(submission, k1, more):
    one, several = submission.bm25_scores(["cat"], [["cat"], ["cat"] * more], k1, 0.0)
    due = more * (1 + k1) / (more + k1)
    expect_close(several, due * one, f"{more} occurrences count {due:.4g} times one", scale=1.0)


@check("bm25_scores", "a word that stands twice in the query counts twice", practice=True)
@given(
    query=seeded(lambda rng: rng.choices(SHORT, k=rng.randint(1, 3))),
    documents=seeded(documents_of),
)
def test_bm25_scores_twice(submission, query, documents):
    once = submission.bm25_scores(query, documents)
    expect_close(submission.bm25_scores(query * 2, documents), 2 * np.asarray(once), scale=1.0)


@check("bm25_scores", "no score is below 0", practice=True, examples=20)
@given(case=seeded(plain_search))
def test_bm25_scores_sign(submission, case):
    got = submission.bm25_scores(*case.positional)
    lacking = [not set(case.positional[0]) & set(one) for one in case.positional[1]]
    expect(
        np.all(np.asarray(got) >= 0), "a document with a word is no worse than one without", got=got
    )
    expect(np.all(np.asarray(got)[lacking] == 0), "documents without a word score 0", got=got)


@check("bm25_scores", "length counts by b: not at all with 0, wholly with 1", weight=1, examples=20)
@given(
    documents=seeded(lambda rng: documents_of(rng, SHORT, 1)), b=st.sampled_from((0.0, 1.0, 0.25))
)
def test_bm25_scores_length(submission, reference, documents, b):
    query = ["cat", "dog", "red"]
    expected = reference.bm25_scores(query, documents, 1.5, b)
    expect_close(submission.bm25_scores(query, documents, 1.5, b), expected, scale=1.0)


@check("bm25_scores", "empty documents are documents", weight=1, examples=10)
@given(rng_seed=SEEDS, empty=sizes(1, 3))
def test_bm25_scores_empty(submission, reference, rng_seed, empty):
    documents = [["cat", "dog"]] * (rng_seed % 2) + [[]] * empty
    for query in (["cat"], ["dog", "sat"]):
        expected = reference.bm25_scores(query, documents)
        expect_close(submission.bm25_scores(query, documents), expected, scale=1.0)


untouched("bm25_scores", seeded(search), first=SEARCHES[:3])
double_precision("bm25_scores", seeded(plain_search), first=[(["cat", "dog"], CAT_AND_DOG)])


# ---------------------------------------------------------------------------------- cosine_top_k

TABLES = st.sampled_from(((4, 3), (3, 3), (1, 2), (5, 2), (2, 5), (6, 4), (3, 1), (1, 1)))


def directions(fill, n, d):
    """n vectors and a query: any, or powers of two along the axes, where ties are exact.

    Of each kind some are zeros; the others have cosines with the query that lie apart.
    """
    if fill.kind != "normal" or fill.rng.random() < 0.3:
        vectors = np.zeros((n, d))
        vectors[np.arange(n), fill.rng.integers(d, size=n)] = 2.0 ** fill.rng.integers(-2, 4, n)
        query = np.zeros(d)
        query[fill.rng.integers(d)] = 2.0 ** fill.rng.integers(-1, 3)
        query *= fill.rng.random() < 0.85
        zeros = 0.25
    else:
        vectors, query = spread(fill, n, d), fill(d)
        zeros = 0.1
    vectors[fill.rng.random(n) < zeros] = 0.0
    return query, vectors


def spread(fill, n, d):
    """Vectors of unequal lengths whose mean is not zero; with one axis all point one way."""
    vectors = fill(n, d)
    vectors[...] = vectors * fill.rng.uniform(0.2, 5.0, (n, 1)) + fill.scale * fill.rng.uniform(
        0, 1, d
    )
    return np.abs(vectors) * (1 + np.arange(n))[:, None] if d == 1 else vectors


def unit(v):
    """Vectors of length 1, and zeros where they are zeros."""
    size = np.sqrt(np.sum(v * v, axis=-1))[..., None]
    return np.divide(v, size, out=np.zeros_like(v), where=size > 0)


def lie_apart(values):
    """Whether no two of the values are nearly equal, but for those that are."""
    gaps = np.diff(np.sort(values))
    return bool(np.all((gaps == 0) | (gaps > APART)))


@st.composite
def nearest(draw):
    """A query, vectors and how many are asked for; cosines are equal or apart."""
    (n, d), fill = draw(TABLES), draw(FILLS)
    k = int(fill.rng.integers(0, n + 3))
    for _ in range(20):
        query, vectors = directions(fill, n, d)
        cosines = unit(vectors) @ unit(query)
        if d > 1 and lie_apart(np.round(cosines, 12)):
            return query, vectors, k
    return np.ones(d), np.eye(n, d) * 2, k


FOUND = ("indices", "scores")
AXES = np.array([[2.0, 0, 0], [0, 0, 0], [0, 4, 0], [0.5, 0, 0], [0, 0, 1]])
NEAREST = [
    (np.array([1.0, 0, 0]), AXES, 5),
    (np.array([1.0, 0, 0]), AXES, 0),
    (np.array([0.0, 0, 0]), AXES, 3),
    (np.array([0.0, 8, 0]), AXES, 9),
    (np.array([1.0, 2]), np.array([[10.0, 1], [1, 1], [0.1, 0.3], [-1, -2]]), 2),
    (np.array([3.0, 4]), np.array([[4.0, 3], [-3, -4], [30, 40], [0, 0]]), 4),
    (np.array([1.0, 2, 3]), np.array([[3.0, 1, 2], [1, 0, 0], [2, 3, 1]]), 3),
]

example("cosine_top_k")
matches("cosine_top_k", nearest(), first=NEAREST, names=FOUND, scale=1.0)
matches(
    "cosine_top_k",
    st.builds(
        lambda fill, n: (fill.uniform(0.5, 2, 3), fill.uniform(-2, 2, n, 3), n - 1),
        FILLS,
        sizes(2, 6),
    ),
    title="is right for ordinary vectors",
    names=FOUND,
    scale=1.0,
    weight=3,
    examples=15,
)


@check("cosine_top_k", "lengths play no part", practice=True)
@given(fill=FILLS, n=sizes(2, 5), factor=st.sampled_from((4.0, 0.25, 1024.0)))
def test_cosine_top_k_lengths(submission, fill, n, factor):
    query, vectors = fill.uniform(0.5, 2, 3), fill.uniform(-2, 2, n, 3)
    due = submission.cosine_top_k(query, vectors, n)
    got = submission.cosine_top_k(factor * query, vectors * factor ** np.arange(n)[:, None], n)
    expect_close(got, due, "the query and some vectors were made longer", names=FOUND, scale=1.0)


@check("cosine_top_k", "a vector finds itself, with cosine 1", practice=True, examples=20)
@given(fill=FILLS, n=sizes(1, 5))
def test_cosine_top_k_itself(submission, fill, n):
    vectors = fill.uniform(0.5, 2, n, n + 1) * (1 + 9 * np.eye(n, n + 1))
    indices, scores = as_parts(submission.cosine_top_k(vectors[n - 1], vectors, 1), FOUND)
    expect_equal(indices, np.array([n - 1]), "the vector that was asked for")
    expect_close(scores, np.array([1.0]), "its cosine with itself")


@check("cosine_top_k", "of equal cosines the lower index comes first", practice=True, examples=20)
@given(n=st.one_of(sizes(2, 6), st.just(60)), powers=SEEDS)
def test_cosine_top_k_ties(submission, n, powers):
    # With so few numbers many a sort that does not keep equals in order keeps them by chance.
    vectors = np.eye(2)[np.arange(n) % 2] * 2.0 ** ((powers >> np.arange(n) % 9) % 3)[:, None]
    indices, _ = as_parts(submission.cosine_top_k(np.array([0.0, 4.0]), vectors, n), FOUND)
    expect_equal(indices, np.array([*range(1, n, 2), *range(0, n, 2)]), "all have cosine 1 or 0")


@check("cosine_top_k", "zeros have cosine 0 with everything", practice=True, examples=10)
@given(n=sizes(1, 4), d=sizes(1, 3))
def test_cosine_top_k_zeros(submission, n, d):
    due = (np.arange(n), np.zeros(n))
    got = submission.cosine_top_k(np.zeros(d), np.ones((n, d)), n)
    expect_close(got, due, "the query is zeros", names=FOUND, scale=1.0)
    got = submission.cosine_top_k(np.ones(d), np.zeros((n, d)), n)
    expect_close(got, due, "all vectors are zeros", names=FOUND, scale=1.0)


@check("cosine_top_k", "has at most k, and at most all", practice=True, examples=15)
@given(fill=FILLS, n=sizes(1, 4), k=sizes(0, 6))
def test_cosine_top_k_count(submission, fill, n, k):
    indices, scores = as_parts(submission.cosine_top_k(fill(2), fill(n, 2), k), FOUND)
    for name, found, kinds in (("indices", indices, "iu"), ("scores", scores, "f")):
        found = np.asarray(found)
        expect_equal(found.shape, (min(k, n),), f"the shape of {name}")
        expect(
            found.dtype.kind in kinds,
            f"{name} are {'floats' if kinds == 'f' else 'integers'}",
            got=found,
        )


untouched("cosine_top_k", nearest(), first=NEAREST[:2])
double_precision(
    "cosine_top_k",
    st.builds(lambda fill: (fill.uniform(0.5, 2, 3), fill.uniform(-2, 2, 5, 3), 4), FILLS),
    names=FOUND,
)


# ------------------------------------------------------------------------ reciprocal_rank_fusion

IDS = ("a", "b", "c", "d", "e", "f")


def ranks_of(rankings):
    """For every id the ranks that it has, in order."""
    ranks = {}
    for ranking in rankings:
        for place, one in enumerate(ranking):
            ranks.setdefault(one, []).append(place + 1)
    return {one: tuple(sorted(found)) for one, found in ranks.items()}


def can_be_told(rankings, k):
    """Whether ids with equal scores have the same ranks, at most two, and others lie apart."""
    ranks = ranks_of(rankings)
    scores = {one: sum(1 / (k + rank) for rank in found) for one, found in ranks.items()}
    for one, other in itertools.combinations(ranks, 2):
        same = ranks[one] == ranks[other]
        if same and len(ranks[one]) > 2:
            return False
        if not same and abs(scores[one] - scores[other]) < 1e-8:
            return False
    return True


def lists(rng, most=4, ids=IDS):
    """Rankings of some of the ids, and k, which is left out every third time."""
    k = rng.choice((60, 0, 1, 10, 60, 100))
    rankings = []
    for _ in range(50):
        rankings = [rng.sample(ids, rng.randint(0, len(ids))) for _ in range(rng.randint(0, most))]
        if can_be_told(rankings, k):
            break
    else:
        rankings = []
    return case(rankings) if k == 60 and rng.random() < 0.6 else case(rankings, k)


MERGED = [
    ([["c", "b", "d"], ["a", "b", "c"]],),
    ([["b", "a"], ["a", "b"]],),
    ([["d", "c"], ["b", "a"]],),
    ([["c"], ["b"], ["a"]], 0),
    ([[], ["b", "a"], []], 1),
    ([],),
    ([[]], 60),
    ([["a", "b", "c", "d"], ["d"], ["d", "e"]], 60),
    ([["b", "x"], ["x", "a", "c"]], 1),
    ([["z", "y", "x", "w", "v", "u"], ["q"]], 60),
    ([["x", "y", "a"], ["b"], ["a", "z", "b"]], 10),
]

example("reciprocal_rank_fusion")
matches("reciprocal_rank_fusion", seeded(lists), first=MERGED)
matches(
    "reciprocal_rank_fusion",
    seeded(lambda rng: ([rng.sample(IDS, rng.randint(1, 6))], rng.choice((60, 1, 10)))),
    title="keeps a single ranking",
    weight=2,
    examples=15,
)


@check("reciprocal_rank_fusion", "agreement wins over one first place", practice=True, examples=15)
@given(names=seeded(lambda rng: rng.sample(IDS, 5)))
def test_reciprocal_rank_fusion_agreement(submission, names):
    first, second, both, *others = names
    got = submission.reciprocal_rank_fusion([[first, both, *others], [second, both]])
    found = [one for one, _ in got]
    expect(
        found[:1] == [both],
        f"{both}, second in both lists, beats two that are first in one",
        got=got,
    )


@check("reciprocal_rank_fusion", "one more ranking lowers no score", practice=True)
@given(drawn=seeded(lambda rng: (lists(rng).positional[0], rng.sample(IDS, 3))))
def test_reciprocal_rank_fusion_more(submission, drawn):
    rankings, more = drawn
    before = dict(submission.reciprocal_rank_fusion(rankings, 10))
    after = dict(submission.reciprocal_rank_fusion([*rankings, more], 10))
    for one, score in before.items():
        gain = 1 / (11 + more.index(one)) if one in more else 0.0
        expect_close(after.get(one, 0.0), score + gain, f"the score of {one}, one ranking later")


def all_first(rng):
    """Rankings of one id each, now and then more than a sort keeps in order by chance."""
    ids = IDS if rng.random() < 0.8 else [f"{letter}{n}" for letter in IDS for n in range(10)]
    return [[one] for one in rng.sample(ids, rng.randint(2, 4) if ids is IDS else len(ids))], 60


@check("reciprocal_rank_fusion", "of equal scores the first that is met comes first", examples=25)
@given(case=seeded(all_first))
def test_reciprocal_rank_fusion_ties(submission, case):
    got = submission.reciprocal_rank_fusion(*case)
    expect_equal([one for one, _ in got], [one for (one,) in case[0]], "all are first in one list")


@check("reciprocal_rank_fusion", "nothing ranked is nothing found", practice=True, examples=6)
@given(count=sizes(0, 3))
def test_reciprocal_rank_fusion_nothing(submission, count):
    expect_equal(submission.reciprocal_rank_fusion([[]] * count), [], f"{count} empty rankings")


untouched("reciprocal_rank_fusion", seeded(lists), first=MERGED[:3])


# -------------------------------------------------------------------- maximal_marginal_relevance


def weighed(query, vectors, k, lam):
    """The smallest gap between what is chosen and the next, over all choices."""
    near, like = unit(vectors) @ unit(query), unit(vectors) @ unit(vectors).T
    left, taken, gap = set(range(len(vectors))), [], 1.0
    for _ in range(min(k, len(vectors))):
        worth = {
            i: lam * near[i] - (1 - lam) * max(like[i, j] for j in taken) if taken else near[i]
            for i in left
        }
        best, *others = sorted(worth, key=lambda i: -worth[i])
        gap = min(gap, worth[best] - worth[others[0]]) if others else gap
        taken.append(best)
        left.remove(best)
    return gap


def alike(fill, n, d):
    """Vectors of which some are almost others, and a query near one of them."""
    vectors = spread(fill, n, d)
    for i in range(1, n):
        if fill.rng.random() < 0.4:
            vectors[i] = vectors[fill.rng.integers(i)] * fill.rng.uniform(0.5, 3)
            vectors[i] += 0.1 * fill.scale * fill.rng.standard_normal(d)
    return vectors[fill.rng.integers(n)] + 0.3 * fill.scale * fill.rng.standard_normal(d), vectors


LAMBDAS = (0.5, 0.0, 1.0, 0.7, 0.25)


@st.composite
def choices(draw, lambdas=LAMBDAS):
    """Arguments of a choice that rounding does not decide."""
    (n, d), fill = draw(TABLES.filter(lambda shape: shape[1] > 1)), draw(FILLS)
    k, lam = int(fill.rng.integers(0, n + 3)), float(fill.rng.choice(lambdas))
    for _ in range(20):
        if fill.kind != "normal":
            query, vectors = directions(fill, n, d)
            return query, vectors, k, 0.5 if lam in (0.7, 0.25) else lam
        query, vectors = alike(fill, n, d)
        if weighed(query, vectors, k, lam) > 1e-4:
            return query, vectors, k, lam
    return np.ones(2), np.array([[1.0, 0], [3, 1], [0, 2]]), k, lam


THREE = np.array([[1.0, 0, 0], [1, 0.1, 0], [0.2, 1, 0], [0, 0.3, 1], [1, 0, 0.05]])
CHOICES = [
    (np.array([1.0, 0.2, 0.1]), THREE, 5, 0.5),
    (np.array([0.1, 0.9, 0.3]), THREE, 5, 0.0),
    (np.array([1.0, 0.2, 0.1]), THREE, 3, 1.0),
    (np.array([0.3, 1.0, 0.5]), THREE, 4, 0.7),
    (np.array([1.0, 0, 0]), AXES, 7, 0.5),
    (np.array([0.0, 0, 0]), AXES, 3, 0.0),
    (np.array([0.0, 2, 0]), AXES, 5, 1.0),
    (np.array([1.0, 1]), np.array([[3.0, 1], [1, 1], [1, 2]]), 0, 0.5),
    (np.array([1.0, 0]), np.array([[4.0, 0], [1, 0], [2, 0]]), 3, 0.0),
    (np.array([1.0, 0]), np.array([[0.0, 2], [-1, 0], [-2, 0]]), 3, 1.0),
    # The last of so many is far from the query, and next in turn because nothing is like it.
    (np.array([1.0, 0]), np.append(np.eye(2)[:1].repeat(60, 0), [[-2.0, 0]], 0), 2, 0.25),
]

example("maximal_marginal_relevance")
matches("maximal_marginal_relevance", choices(), first=CHOICES, exact=True)
matches(
    "maximal_marginal_relevance",
    choices((0.5, 0.7)),
    title="is right where both count",
    weight=3,
    examples=20,
    exact=True,
)


@check("maximal_marginal_relevance", "the first is the one most like the query", practice=True)
@given(case=choices())
def test_maximal_marginal_relevance_first(submission, case):
    query, vectors, k, lam = case
    best = int(np.argmax(unit(vectors) @ unit(query)))
    got = submission.maximal_marginal_relevance(query, vectors, max(k, 1), lam)
    expect(list(got)[:1] == [best], f"{best} is most like the query, and λ is {lam:g}", got=got)


@check("maximal_marginal_relevance", "chooses min(k, n) different ones", practice=True)
@given(case=choices())
def test_maximal_marginal_relevance_count(submission, case):
    _, vectors, k, _ = case
    got = [int(one) for one in submission.maximal_marginal_relevance(*case)]
    expect_equal(len(set(got)), min(k, len(vectors)), "how many different indices there are")
    expect_equal(len(got), min(k, len(vectors)), "how many indices there are")


@check("maximal_marginal_relevance", "with λ = 1 it is the ranking by cosine", examples=20)
@given(case=choices((1.0,)))
def test_maximal_marginal_relevance_fitness(submission, reference, case):
    expected = reference.maximal_marginal_relevance(*case)
    expect_equal(submission.maximal_marginal_relevance(*case), expected)


@check("maximal_marginal_relevance", "with λ = 0 what repeats nothing comes next", practice=True)
@given(order=seeded(lambda rng: rng.sample(range(4), 4)))
def test_maximal_marginal_relevance_new(submission, order):
    rows = np.array([[4.0, 1, 0], [8.0, 2, 0], [2.0, 2, 0], [-3.0, 1, 1]])
    got = submission.maximal_marginal_relevance(np.array([1.0, 0.3, 0]), rows[order], 2, 0.0)
    due = [min(order.index(0), order.index(1)), order.index(3)]
    expect_equal(got, due, "the best, then the one that is least like it")


untouched("maximal_marginal_relevance", choices(), first=CHOICES[:2])


# ------------------------------------------------------------------------------ assemble_context


def passages(rng):
    """Chunks, scores of which some are equal, and a budget that often is filled exactly."""
    chunks = [text_of(rng, rng.randint(1, 4)).strip() for _ in range(rng.randrange(7))]
    for i in range(1, len(chunks)):
        if rng.random() < 0.25:
            chunks[i] = chunks[rng.randrange(i)]
    scores = [rng.choice((0.5, 0.25, -1.0, 2.0, 0.75, 3.5)) for _ in chunks]
    some = rng.sample(chunks, rng.randint(0, len(chunks)))
    budget = sum(len(chunk.split()) for chunk in some) + rng.choice((0, 0, 0, 1, 30))
    return chunks, scores, budget


FOUR = ["one two three", "four", "five six", "seven eight nine"]
PACKED = [
    (FOUR, [0.1, 0.2, 0.3, 0.4], 5),
    (FOUR, [0.4, 0.3, 0.2, 0.1], 4),
    (FOUR, [0.4, 0.3, 0.2, 0.1], 5),
    (FOUR, [0.5, 0.5, 0.5, 0.5], 6),
    (FOUR, [1.0, 2.0, 3.0, 4.0], 0),
    (["a b c", "d", "a b c"], [0.1, 0.2, 0.3], 7),
    (["d", "d"], [1.0, 1.0], 5),
    (["a  b", "a b"], [1.0, 2.0], 4),
    (["Rain", "rain", "rain."], [1.0, 2.0, 3.0], 4),
    ([], [], 3),
    (["a b c d", "e f", "g"], [3.0, 2.0, 1.0], 3),
    (["a", "b", "c"], [-1.0, -3.0, -2.0], 2),
    (["it's wet.", "a-b c", "3,5"], [3.0, 2.0, 1.0], 4),
    ([f"w{n}" for n in range(60)], [1.0 * (n % 2) for n in range(60)], 45),
]
PACK = ("text", "chosen")

example("assemble_context")
matches("assemble_context", seeded(passages), first=PACKED, names=PACK, exact=True)
matches(
    "assemble_context",
    seeded(lambda rng: (FOUR[: rng.randint(1, 4)], [4.0, 3.0, 2.0, 1.0][: len(FOUR)], 30)).map(
        lambda drawn: (drawn[0], drawn[1][: len(drawn[0])], drawn[2])
    ),
    title="is right where everything fits",
    names=PACK,
    weight=2,
    examples=6,
    exact=True,
)


@check("assemble_context", "writes in the order of the document", practice=True)
@given(case=seeded(passages))
def test_assemble_context_order(submission, case):
    text, chosen = as_parts(submission.assemble_context(*case), PACK)
    chosen = [int(i) for i in chosen]
    expect_equal(chosen, sorted(set(chosen)), "the indices, in ascending order")
    expect_equal(text, "\n\n".join(f"[{i}] {case[0][i]}" for i in chosen), "the chunks chosen")


@check("assemble_context", "passes over what is too long and goes on", practice=True, examples=15)
@given(long=sizes(3, 6), short=sizes(1, 2))
def test_assemble_context_goes_on(submission, long, short):
    chunks = ["w " * long + "end", "v " * short + "end"]
    _, chosen = as_parts(submission.assemble_context(chunks, [2.0, 1.0], short + 1), PACK)
    expect_equal(chosen, [1], "the first is too long, the second fills the budget exactly")


@check("assemble_context", "stays within the budget", practice=True, examples=20)
@given(case=seeded(passages))
def test_assemble_context_budget(submission, case):
    chunks, _, budget = case
    _, chosen = as_parts(submission.assemble_context(*case), PACK)
    words = sum(len(chunks[i].split()) for i in chosen)
    expect(words <= budget, f"{words} words were taken, the budget is {budget}", got=chosen)


@check("assemble_context", "takes no text twice", examples=15)
@given(times=sizes(2, 3), scores=seeded(lambda rng: [rng.choice((1.0, 2.0)) for _ in range(4)]))
def test_assemble_context_twice(submission, reference, times, scores):
    call = (["so be it", *["no more"] * times][:4], scores[: times + 1], 20)
    expected = reference.assemble_context(*call)
    expect_equal(submission.assemble_context(*call), expected, names=PACK)


untouched("assemble_context", seeded(passages), first=PACKED[:3])


# ------------------------------------------------------------------------------- ranking_metrics

MEASURES = ("recall", "reciprocal rank", "ndcg")


def judged(rng):
    """A ranking, the gains of relevant ids, some of which it has not, and how far one looks."""
    ranked = rng.sample(IDS, rng.randint(0, len(IDS)))
    relevant = rng.sample((*IDS, "x", "y"), rng.randrange(5))
    gains = {one: rng.choice((1.0, 2.0, 3.0, 0.5, 5.0)) for one in relevant}
    return ranked, gains, rng.choice((1, 2, 3, 4, 10))


def judged_plainly(rng):
    """Everything relevant was found, and everything is looked at."""
    ranked = rng.sample(IDS, rng.randint(2, 5))
    return ranked, dict.fromkeys(rng.sample(ranked, rng.randint(1, 2)), 1.0), len(ranked)


TRIED = [
    (["a", "b", "c"], {"b": 1.0}, 3),
    (["a", "b", "c", "d"], {"c": 3.0, "x": 1.0, "a": 2.0}, 3),
    (["a", "b", "c", "d"], {"d": 1.0, "c": 2.0}, 2),
    (["a"], {"a": 1.0, "b": 1.0, "c": 5.0}, 2),
    (["a", "b"], {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0, "e": 5.0}, 4),
    ([], {"a": 2.0}, 3),
    (["a", "b"], {}, 1),
    ([], {}, 5),
    (["b", "a"], {"a": 3.0, "b": 0.5}, 10),
]

example("ranking_metrics")
matches("ranking_metrics", seeded(judged), first=TRIED, names=MEASURES, scale=1.0)
matches(
    "ranking_metrics",
    seeded(judged_plainly),
    title="is right where all is found",
    names=MEASURES,
    scale=1.0,
    weight=2,
    examples=15,
)
matches(
    "ranking_metrics",
    seeded(judged),
    title="recall and reciprocal rank are right",
    first=TRIED,
    names=MEASURES,
    only=MEASURES[:2],
    weight=2,
    scale=1.0,
    examples=25,
)


@check("ranking_metrics", "the best ranking has an nDCG of 1", practice=True)
@given(
    gains=seeded(lambda rng: {one: float(rng.randint(1, 5)) for one in rng.sample(IDS, 4)}),
    k=sizes(1, 6),
)
def test_ranking_metrics_best(submission, gains, k):
    ranked = sorted(gains, key=lambda one: -gains[one])
    got = submission.ranking_metrics(ranked, gains, k)
    expect_close(got, (min(k, 4) / 4, 1.0, 1.0), "sorted by gain", names=MEASURES)


@check("ranking_metrics", "looks at the first k places only", practice=True)
@given(case=seeded(judged))
def test_ranking_metrics_cut(submission, case):
    ranked, gains, k = case
    cut = submission.ranking_metrics(ranked[:k], gains, k)
    expect_close(submission.ranking_metrics(*case), cut, "with and without what follows", scale=1.0)


@check("ranking_metrics", "where nothing is relevant all are 0", practice=True, examples=8)
@given(ranked=seeded(lambda rng: rng.sample(IDS, rng.randrange(4))), k=sizes(1, 3))
def test_ranking_metrics_nothing(submission, ranked, k):
    expect_close(
        submission.ranking_metrics(ranked, {}, k), (0.0, 0.0, 0.0), names=MEASURES, scale=1.0
    )


@check("ranking_metrics", "what was never found counts for the ideal", weight=1, examples=20)
@given(rest=seeded(lambda rng: {one: rng.choice((1.0, 4.0)) for one in ("x", "y")}), k=sizes(1, 4))
def test_ranking_metrics_ideal(submission, reference, rest, k):
    call = (["a", "b", "c"], {"b": 2.0, **rest}, k)
    expected = reference.ranking_metrics(*call)
    expect_close(submission.ranking_metrics(*call), expected, names=MEASURES, scale=1.0)


untouched("ranking_metrics", seeded(judged), first=TRIED[:3])
double_precision("ranking_metrics", seeded(judged), names=MEASURES, first=TRIED[1:2])


# ------------------------------------------------------------------------------- parse_tool_call

VALUES = (
    '"rain"', "3", "-1.5", "true", "false", "null", "[1, 2]", "[]", "{}", '{"a": {"b": [null]}}',
    '"it\'s"', '"a } b"', '"{"', '"say \\"hi\\""', '"two\\nlines"', '"caf\\u00e9"', '"中"', "1e3",
    '""',
)  # fmt: skip
AROUND = ("", "Let me look.", "a {b} c", "\n\n", "It's {", "```json\n", "} so")
SPACE = ("", " ", "\n", "\n  ", "\t", "\r\n")


def block(name, arguments, space="", extra=""):
    """The text of a call, from the texts of its parts."""
    return (
        f'<tool_call>{space}{{"name": {name}, "arguments": {arguments}{extra}}}{space}</tool_call>'
    )


def called(rng):
    """The text of a call, in whatever there may be around it."""
    keys = rng.sample(("query", "k", "a b", "", "é"), rng.randrange(3))
    comma, colon = rng.choice(((", ", ": "), (",", ":"), (",\n  ", " : ")))
    body = comma.join(f'"{key}"{colon}{rng.choice(VALUES)}' for key in keys)
    extra = rng.choice(("", "", ', "id": 7', ', "why": {"name": 1}'))
    name = rng.choice(('"search"', '"Add"', '"a.b-c"', '"look up"', '" f "', '"caf\\u00e9"'))
    text = block(name, "{" + body + "}", rng.choice(SPACE), extra)
    return rng.choice(AROUND) + text + rng.choice(AROUND)


NO_CALLS = (
    "",
    "It rains.",
    '{"name": "add", "arguments": {}}',
    "<tool call>",
    "tool_call",
    "a {b}",
)
CALLS = [
    (block('"add"', "{}"),),
    (block('"add"', '{"a": {"b": {"c": 1}}, "d": [{}]}'),),
    (block('"add"', '{"a": "}"}', "\n"),),
    ("{ before " + block('"f"', '{"x": null, "y": true, "z": "it\'s"}', " ") + " after }",),
    ('<tool_call>{"arguments": {"b": 1, "a": 2}, "extra": [], "name": "g"}</tool_call>',),
    *((text,) for text in NO_CALLS[:3]),
]
MALFORMED = (
    ("no closing tag", '<tool_call>{"name": "f", "arguments": {}}'),
    ("two calls", block('"f"', "{}") + block('"g"', "{}")),
    ("two opening tags", "<tool_call>" + block('"f"', "{}")),
    ("single quotes", "<tool_call>{'name': 'f', 'arguments': {}}</tool_call>"),
    ("a comma at the end", '<tool_call>{"name": "f", "arguments": {},}</tool_call>'),
    ("a fence inside", '<tool_call>```json\n{"name": "f", "arguments": {}}\n```</tool_call>'),
    ("text after the object", '<tool_call>{"name": "f", "arguments": {}} now</tool_call>'),
    ("text before the object", '<tool_call>call {"name": "f", "arguments": {}}</tool_call>'),
    ("a line break in a text", block('"f"', '{"a": "x\ny"}')),
    ("parameters for arguments", '<tool_call>{"name": "f", "parameters": {"a": 1}}</tool_call>'),
    ("a call in a call", '<tool_call>{"function": {"name": "f", "arguments": {}}}</tool_call>'),
    ("two objects", '<tool_call>{"name": "f", "arguments": {}} {}</tool_call>'),
    ("nothing", "<tool_call></tool_call>"),
    ("white space only", "<tool_call> \n</tool_call>"),
    ("a list", '<tool_call>[{"name": "f", "arguments": {}}]</tool_call>'),
    ("a text", '<tool_call>"f"</tool_call>'),
    ("null", "<tool_call>null</tool_call>"),
    ("a number", "<tool_call>3</tool_call>"),
    ("no name", '<tool_call>{"arguments": {}}</tool_call>'),
    ("no arguments", '<tool_call>{"name": "f"}</tool_call>'),
    ("a name that is a number", block("3", "{}")),
    ("a name that is null", block("null", "{}")),
    ("an empty name", block('""', "{}")),
    ("a name that is a list", block('["f"]', "{}")),
    ("arguments that are a text", block('"f"', '"{}"')),
    ("arguments that are JSON in a text", block('"f"', '"{\\"a\\": 1}"')),
    ("arguments that are a list", block('"f"', '["a"]')),
    ("an empty list of arguments", block('"f"', "[]")),
    ("arguments that are null", block('"f"', "null")),
    ("arguments that are false", block('"f"', "false")),
    ("arguments that are 0", block('"f"', "0")),
    ("unfinished JSON", '<tool_call>{"name": "f", "arguments": {"a": 1}</tool_call>'),
    ("Python for JSON", block('"f"', '{"a": None, "b": True}')),
)

example("parse_tool_call")
matches(
    "parse_tool_call",
    st.one_of(seeded(lambda rng: (called(rng),)), st.sampled_from([(text,) for text in NO_CALLS])),
    first=CALLS,
    exact=True,
)
matches(
    "parse_tool_call",
    seeded(lambda rng: (block(rng.choice(('"add"', '"search"')), '{"a": 1, "b": "two"}'),)),
    title="is right for a plain call",
    weight=2,
    examples=4,
    exact=True,
)


@check("parse_tool_call", "a text without a call is None", practice=True)
@given(text=st.sampled_from(NO_CALLS))
def test_parse_tool_call_none(submission, text):
    expect_equal(submission.parse_tool_call(text), None, "there is no <tool_call> in it")


@check("parse_tool_call", "braces may nest, and stand in texts", practice=True)
@given(value=st.sampled_from(('"}"', '{"a": {}}', '"{"', '[{"b": "}}"}]', '"</x>"')))
def test_parse_tool_call_nested(submission, value):
    got = submission.parse_tool_call("a { b " + block('"f"', '{"x": ' + value + "}") + " } c")
    expect_equal(got, ("f", {"x": json.loads(value)}), names=("name", "arguments"))


@check("parse_tool_call", "what cannot be read raises ValueError", practice=True, weight=3)
@given(case=st.sampled_from(MALFORMED))
def test_parse_tool_call_malformed(submission, case):
    expect_error("ValueError", submission.parse_tool_call, case[1])


@check("parse_tool_call", "every kind of malformed call raises ValueError", weight=2)
def test_parse_tool_call_all(submission):
    for _, text in MALFORMED:
        for around in ("", "So: "):
            expect_error("ValueError", submission.parse_tool_call, around + text)


# ------------------------------------------------------------------------------------- run_agent


def scripted(messages, replies):
    """the reply that is due next"""
    return replies[sum(message["role"] == "assistant" for message in messages)]


def once(messages, replies):
    """the next reply; there is none left for whoever asks once more than is due"""
    return replies.pop(0)


def parrot(messages, replies):
    """the replies, and at the end all that was said"""
    said = sum(message["role"] == "assistant" for message in messages)
    if said < len(replies):
        return replies[said]
    return " | ".join(
        message["role"] + message["content"].replace("<", "(") for message in messages
    )


def add(a, b=10):
    """a sum"""
    return a + b


def echo(value):
    """what it was given"""
    return value


def divide(a, b):
    """a quotient"""
    return a / b


def fail(message="no luck"):
    """an error with a message"""
    raise KeyError(message)


def refuse():
    """a ValueError: it is not the model's call that is malformed"""
    raise ValueError("closed on Sundays")


def halt():
    """an error without a message"""
    raise RuntimeError


def run_out():
    """an error that would end a loop over an iterator"""
    return next(iter(()))


def nothing():
    """None"""


def tick(times):
    """how often it was called in this run"""
    times.append(1)
    return len(times)


def repeat(text, times):
    """a long text"""
    return text * times


TOOLS = {
    tool.__name__: function(tool)
    for tool in (add, echo, divide, fail, refuse, halt, run_out, nothing, repeat)
} | {"tick": function(tick, times=[])}
GOOD = (
    block('"add"', '{"b": 3, "a": 2}'),
    block('"add"', '{"a": 5}'),
    block('"echo"', '{"value": "wet"}'),
    "I will look. " + block('"echo"', '{"value": [1, {"a": null}]}', " "),
    block('"divide"', '{"b": 4, "a": 1}'),
    block('"repeat"', '{"text": "It rains. ", "times": 500}'),
)
FALSY = (
    block('"nothing"', "{}"),
    block('"echo"', '{"value": 0}'),
    block('"echo"', '{"value": ""}'),
    block('"echo"', '{"value": false}'),
    block('"echo"', '{"value": []}'),
    block('"echo"', '{"value": " wet\\n"}'),
)
FAILING = (
    block('"divide"', '{"a": 1, "b": 0}'),
    block('"fail"', "{}"),
    block('"fail"', '{"message": "lost"}'),
    block('"refuse"', "{}"),
    block('"halt"', "{}"),
    block('"run_out"', "{}"),
)
UNKNOWN = (block('"Add"', '{"a": 1}'), block('"search"', "{}"), block('"get"', '{"value": 1}'))
WRONG_ARGUMENTS = (
    block('"add"', "{}"),
    block('"nothing"', '{"a": 1}'),
    block('"divide"', '{"a": 1, "c": 2}'),
)
BROKEN = tuple(text for _, text in MALFORMED)
ANSWERS = ("It rains.", "", "  two\nlines ", "5", '{"name": "add"}')
QUESTIONS = ("Does it rain?", "", "2 + 3?")
RUN = ("answer", "messages")


def talk(*kinds, model=scripted, steps=(1, 1, 2, 5), most=4):
    """Arguments of a run whose model makes some calls of these kinds, and then answers.

    `steps` are counted from the last call: with 1 there is one left for the answer.
    """

    def make(rng):
        calls = [rng.choice(rng.choice(kinds)) for _ in range(rng.randint(0, most))]
        replies = calls if model is parrot else [*calls, rng.choice(ANSWERS)]
        allowed = max(len(calls) + rng.choice(steps), 0)
        return function(model, replies=replies), TOOLS, rng.choice(QUESTIONS), allowed

    return seeded(make)


def run_of(*replies, steps=9):
    return function(scripted, replies=list(replies)), TOOLS, "Does it rain?", steps


RUNS = [
    run_of("It rains."),
    run_of(GOOD[0], "5"),
    run_of(GOOD[1], FALSY[0], ""),
    run_of(FAILING[0], UNKNOWN[0], FAILING[1], "No."),
    run_of(GOOD[0], GOOD[1], "late", steps=2),
    run_of("It rains.", steps=0),
    run_of(GOOD[0], "5", steps=2),
    run_of(GOOD[0], "5", steps=1),
]

example("run_agent")
matches(
    "run_agent",
    talk(GOOD, FALSY, FAILING, UNKNOWN, steps=(1, 1, 2, 5, 0, -1, -4)),
    first=RUNS,
    names=RUN,
    exact=True,
)
matches(
    "run_agent",
    talk(GOOD),
    title="is right where nothing goes wrong",
    names=RUN,
    weight=3,
    examples=15,
    exact=True,
)
matches(
    "run_agent",
    talk(GOOD, model=parrot, steps=(1, 2, 3), most=3),
    title="shows the model all messages so far",
    names=RUN,
    weight=1,
    examples=15,
    exact=True,
)
matches(
    "run_agent",
    talk(FALSY, GOOD[:1]),
    title="what a tool returns may be empty",
    names=RUN,
    weight=1,
    examples=15,
    exact=True,
)
matches(
    "run_agent",
    talk(FAILING),
    first=[run_of(call, "No.") for call in (FAILING[3], FAILING[0], FAILING[4], FAILING[5])],
    title="a tool that fails is told to the model",
    names=RUN,
    weight=2,
    examples=15,
    exact=True,
)


TICKS = (block('"tick"', "{}"),)


def exactly(rng):
    """A run in which every reply is needed, be the last of them an answer or a call."""
    replies = [rng.choice((*TICKS, *GOOD)) for _ in range(rng.randint(0, 3))]
    replies += rng.choice(([], [rng.choice(ANSWERS)]))
    return function(once, replies=replies), TOOLS, rng.choice(QUESTIONS), len(replies)


matches(
    "run_agent",
    seeded(exactly),
    title="asks the model once a step, and runs a tool once",
    names=RUN,
    weight=1,
    examples=15,
    exact=True,
)


@check("run_agent", "a tool that is not there is told to the model", practice=True, examples=10)
@given(call=st.sampled_from(UNKNOWN))
def test_run_agent_unknown(submission, call):
    answer, messages = as_parts(submission.run_agent(*run_of(call, "Well.")), RUN)
    name = call.partition('"name": "')[2].partition('"')[0]
    due = {"role": "tool", "content": f"error: unknown tool {name}"}
    expect_equal(list(messages)[2:3], [due], "the third message")
    expect_equal(answer, "Well.", "the answer after it")


@check("run_agent", "a malformed call is told to the model", practice=True, weight=2, examples=20)
@given(call=st.sampled_from(BROKEN), steps=sizes(1, 3))
def test_run_agent_malformed(submission, call, steps):
    expect_told(submission, call, steps, "error: ")


@check("run_agent", "wrong arguments are told to the model", practice=True, examples=10)
@given(call=st.sampled_from(WRONG_ARGUMENTS), steps=sizes(1, 3))
def test_run_agent_arguments(submission, call, steps):
    expect_told(submission, call, steps, "error: TypeError: ")


def expect_told(submission, call, steps, beginning):
    """Raise Mismatch unless the call's observation begins like this, and the run goes on."""
    replies = [call, GOOD[0], "Well."]
    model = function(scripted, replies=replies)
    answer, messages = as_parts(submission.run_agent(model, TOOLS, "So?", steps), RUN)
    expect_equal(answer, "Well." if steps == 3 else None, "answer")
    roles = ["user", *["assistant", "tool"] * min(steps, 2), *["assistant"] * (steps > 2)]
    expect_equal([message["role"] for message in messages], roles, "who speaks")
    expect_equal([messages[1]["content"], messages[0]["content"]], [call, "So?"], "what was said")
    told = str(messages[2]["content"])
    expect(told.startswith(beginning), f"the observation begins with {beginning!r}", got=told)


@check(
    "run_agent", "asks at most max_steps times, and runs the last call", practice=True, examples=15
)
@given(steps=sizes(0, 4))
def test_run_agent_steps(submission, steps):
    model = function(scripted, replies=[GOOD[0]] * 9)
    answer, messages = as_parts(submission.run_agent(model, TOOLS, "2 + 3?", steps), RUN)
    expect_equal(answer, None, "the model never answered")
    roles = [message["role"] for message in messages]
    expect_equal(roles, ["user", *["assistant", "tool"] * steps], f"who speaks in {steps} steps")


# -------------------------------------------------------------------------------- workflow_order

TASKS = ("cook", "buy", "eat", "lay", "Zip", "a", "ab", "b", "wash", "10", "9")


def plan(rng, most=9):
    """Tasks that need others, without a circle, entered in any order."""
    tasks = rng.sample(TASKS, rng.randint(0, most))
    needs = {}
    for at, task in enumerate(tasks):
        before = rng.sample(tasks[:at], min(at, rng.choice((0, 1, 1, 2, 3))))
        needs[task] = before + before[: rng.random() < 0.2]
    named = {one for before in needs.values() for one in before}
    entered = [task for task in needs if needs[task] or task not in named or rng.random() < 0.5]
    rng.shuffle(entered)
    return ({task: needs[task] for task in entered},)


def circle(rng):
    """A plan with a circle of one to four tasks somewhere in it."""
    (needs,) = plan(rng, 5)
    ring = rng.sample(("p", "q", "r", "s"), rng.randint(1, 4))
    needs |= {task: [ring[at - 1], *needs.get(task, [])] for at, task in enumerate(ring)}
    if needs and rng.random() < 0.5:
        needs["zz"] = [ring[0]]
    return needs


PLANS = [
    ({},),
    ({"b": [], "a": []},),
    ({"a": ["b"]},),
    ({"a": ["z"], "b": []},),
    ({"c": ["a"], "b": ["a"], "a": []},),
    ({"z": ["y"], "y": [], "a": ["z"], "b": ["y"]},),
    ({"d": ["b", "c"], "b": ["a"], "c": ["a"], "e": []},),
    ({"b": ["a", "a"], "c": ["b", "a", "b"]},),
    ({"10": [], "9": [], "Zip": [], "ab": []},),
    ({"x": ["m"], "m": ["n"], "c": ["n"], "y": []},),
]

example("workflow_order")
matches("workflow_order", seeded(plan), first=PLANS, exact=True)
matches(
    "workflow_order",
    seeded(lambda rng: ({b: [a] for a, b in itertools.pairwise(rng.sample(TASKS, 4))},)),
    title="is right for a chain",
    weight=2,
    examples=12,
    exact=True,
)


@check("workflow_order", "every task is there once, after all it needs", practice=True)
@given(case=seeded(plan))
def test_workflow_order_valid(submission, case):
    (needs,) = case
    got = submission.workflow_order(needs)
    place = {task: at for at, task in enumerate(got)}
    all_tasks = sorted({*needs, *(one for before in needs.values() for one in before)})
    expect_equal(sorted(got), all_tasks, "all tasks, sorted")
    for task, before in needs.items():
        late = [one for one in before if place[one] > place[task]]
        expect(not late, f"{task} needs {', '.join(late)} before it", got=got)


@check("workflow_order", "tasks that need nothing are sorted", practice=True, examples=10)
@given(tasks=seeded(lambda rng: rng.sample(TASKS, rng.randint(0, 6))))
def test_workflow_order_sorted(submission, tasks):
    due = sorted(tasks)
    expect_equal(submission.workflow_order({task: [] for task in tasks}), due, "none needs another")


@check("workflow_order", "a circle raises ValueError", practice=True, weight=2)
@given(needs=st.one_of(st.sampled_from(({"a": ["b"], "b": ["a"]}, {"a": ["a"]})), seeded(circle)))
def test_workflow_order_circle(submission, needs):
    expect_error("ValueError", submission.workflow_order, needs)


@check("workflow_order", "2000 tasks in a chain take a moment", weight=1)
def test_workflow_order_chain(submission):
    names = [f"t{n:04}" for n in range(2000)]
    needs = {task: [before] for before, task in itertools.pairwise(names)}
    expect_equal(submission.workflow_order(dict(reversed(needs.items()))), names)


untouched("workflow_order", seeded(plan), first=PLANS[4:8])
