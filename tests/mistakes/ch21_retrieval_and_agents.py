"""What people get wrong in retrieval, agents and workflows."""

from grader.bank import slips

# -------------------------------------------------------------------------------------- chunk_text

slips(
    "chunk_text",
    """
    tail-inside-the-last: A window that holds overlap only says nothing new: stop before it.
        max(len(words) - overlap, 1) -> len(words)
    short-tail-dropped: The last window may be shorter: its words are text as well.
        max(len(words) - overlap, 1) -> len(words) - size + 1
    no-overlap: Neighbours share words: a window begins before the last one ends.
        text.split(), size - overlap -> text.split(), size
    overlap-makes-chunks-longer: A window has size words, its overlap among them.
        words[start : start + size] -> words[start : start + size + overlap]
    steps-by-overlap: The step is what is left of size when the overlap is taken off.
        text.split(), size - overlap -> text.split(), overlap or size
    characters: Windows are made of words, not of characters.
        text.split(), size -> text.strip(), size
        " ".join(words[start : start + size]) -> words[start : start + size]
    split-at-single-spaces: A line break parts words too, and two spaces make no empty word.
        text.split() -> text.split(" ")
    one-empty-chunk: A text without words has no chunks, not an empty one.
        if words else () ->
    words-in-lists: A chunk is a text: join its words.
        " ".join(words[start : start + size]) -> words[start : start + size]
    no-errors: An overlap of size or more never gets to the end: raise ValueError.
        if size < 1 or not 0 <= overlap < size: -> if False:
    no-words-no-error: The two numbers are wrong whatever the text is.
        if size < 1 -> if text.split() and size < 1
        or not 0 <= overlap -> or text.split() and not 0 <= overlap
    overlap-of-size-allowed: With overlap = size no window begins after the first.
        overlap < size -> overlap <= size
        text.split(), size - overlap -> text.split(), size - overlap or 1
    negative-overlap-allowed: A negative overlap leaves words out: raise ValueError.
        0 <= overlap < size -> overlap < size
    letters-and-digits-only: A word is what split() gives, punctuation included.
        text.split() -> __import__("re").findall(r"\\w+", text)
    three-kinds-of-blanks: split() knows more white space than space, tab and line feed.
        text.split() -> list(filter(None, __import__("re").split("[ \\t\\n]+", text)))
    """,
)

# ------------------------------------------------------------------------------------- bm25_scores

slips(
    "bm25_scores",
    """
    robertson-idf: Without the 1 in the logarithm a common word counts against a document.
        math.log(1 + (n - has.sum() + 0.5) / (has.sum() + 0.5))
        -> math.log((n - has.sum() + 0.5) / (has.sum() + 0.5))
    idf-floored-at-zero: A word in most documents still counts a little: 1 + … in the logarithm.
        math.log(1 + (n - has.sum() + 0.5) / (has.sum() + 0.5))
        -> max(math.log((n - has.sum() + 0.5) / (has.sum() + 0.5)), 0.0)
    plain-idf: This is the idf of TF-IDF: BM25 has halves, and the documents without the word.
        math.log(1 + (n - has.sum() + 0.5) / (has.sum() + 0.5)) -> math.log(n / max(has.sum(), 1))
    query-as-a-set: A word that stands twice in the query counts twice.
        for token in query: -> for token in sorted(set(query)):
    df-counts-occurrences: n_t counts documents, however often the word is in each.
        (n - has.sum() + 0.5) / (has.sum() + 0.5)
        -> max(n - f.sum() + 0.5, 0.0) / (f.sum() + 0.5)
    no-k1-plus-one: The fraction carries the factor k1 + 1, so that it is 1 for f = 1.
        idf * f[has] * (k1 + 1) -> idf * f[has]
    no-saturation: The count levels off: divide by f plus the norm.
        / (f[has] + norms[has]) -> / (1 + norms[has])
    b-exchanged: With b = 1 the length counts, with b = 0 it does not.
        k1 * (1 - b + b * lengths / mean) -> k1 * (b + (1 - b) * lengths / mean)
    length-ratio-inverted: A long document has a larger norm: its length stands above.
        lengths / mean -> mean / np.maximum(lengths, 1)
    b-ignored: The length of a document has not been taken off.
        k1 * (1 - b + b * lengths / mean) -> k1 * (1 + 0 * lengths)
    k1-outside-of-the-length: k1 multiplies the whole bracket, not only its first part.
        k1 * (1 - b + b * lengths / mean) -> k1 * (1 - b) + b * lengths / mean
    mean-without-empty-documents: The mean length is over all documents, empty ones too.
        lengths.mean() or 1.0 -> lengths[lengths > 0].mean() if lengths.any() else 1.0
    length-of-different-tokens: |d| counts every token, not every different one.
        len(document) for document -> len(set(document)) for document
    binary-counts: f is how often the token occurs, not whether it does.
        document.count(token) for -> float(token in document) for
    zero-over-zero: With k1 = 0 a document without the token gives 0 / 0: add nothing there.
        scores[has] += idf * f[has] * (k1 + 1) / (f[has] + norms[has])
        -> scores += idf * f * (k1 + 1) / (f + norms)
    lower-cased: Tokens are compared as they are: "Cat" is not "cat".
        document.count(token) -> [one.lower() for one in document].count(token.lower())
    base-ten-logarithm: The idf is a natural logarithm, to the base e.
        idf = math.log(1 + -> idf = math.log10(1 +
    tokens-popped: The caller's query is empty now: read it, and do not pop from it.
        return scores
        ->
        query.clear()
        return scores
    """,
)

# ------------------------------------------------------------------------------------ cosine_top_k

slips(
    "cosine_top_k",
    """
    dot-product: A longer vector is not a nearer one: divide by both lengths.
        vectors @ query / np.where(lengths > 0, lengths, 1.0) -> vectors @ query
    query-not-normalised: Divide by the length of the query too, or scores are no cosines.
        np.linalg.norm(vectors, axis=1) * np.linalg.norm(query) -> np.linalg.norm(vectors, axis=1)
    vectors-not-normalised: Each row is divided by its own length.
        np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
        -> np.full(len(vectors), np.linalg.norm(query))
    lengths-of-columns: The length of a vector is along its own axis: axis=1.
        np.linalg.norm(vectors, axis=1) -> np.linalg.norm(vectors)
    nan-for-zero: 0 / 0 is NaN: a vector of zeros has cosine 0.
        np.where(lengths > 0, lengths, 1.0) -> lengths
    small-number-below: A small number in the denominator changes the cosines of short vectors.
        np.where(lengths > 0, lengths, 1.0) -> (lengths + 1e-3)
    last-of-equals: Reversing a sort turns equals round: sort by the negative cosine.
        np.argsort(-cosines, kind="stable")[:k] -> np.argsort(cosines, kind="stable")[::-1][:k]
    minus-k-slice: With k = 0 the slice [-0:] is everything.
        np.argsort(-cosines, kind="stable")[:k]
        -> np.argsort(-cosines, kind="stable")[::-1][-k:][::-1]
    ascending: The best comes first.
        np.argsort(-cosines, kind="stable")[:k] -> np.argsort(-cosines, kind="stable")[:k][::-1]
    least-alike: The largest cosine is the nearest, not the least.
        np.argsort(-cosines, kind="stable") -> np.argsort(cosines, kind="stable")
    in-order-of-index: The answer is sorted by cosine, not by index.
        np.argsort(-cosines, kind="stable")[:k] -> np.sort(np.argsort(-cosines, kind="stable")[:k])
    distance: The cosine is asked for, not 1 minus it.
        return best, cosines[best] -> return best, 1 - cosines[best]
    euclidean: The angle counts, not the distance.
        cosines = vectors @ query / np.where(lengths > 0, lengths, 1.0)
        -> cosines = -np.linalg.norm(vectors - query, axis=1)
    one-always: With k = 0 nothing is asked for.
        kind="stable")[:k] -> kind="stable")[: max(k, 1)]
    magnitude-only: A vector that points the other way has cosine −1, not 1.
        cosines = vectors @ query / -> cosines = abs(vectors @ query) /
    scores-of-all: One score for each index of the answer, in its order.
        return best, cosines[best] -> return best, cosines
    normalises-in-place: The caller's vectors have length 1 now: divide a copy.
        return best, cosines[best]
        ->
        vectors /= np.where(lengths > 0, lengths, 1.0)[:, None]
        return best, cosines[best]
    sort-that-moves-equals: Ask for kind="stable": other sorts exchange equals, in long lists.
        np.argsort(-cosines, kind="stable") -> np.argsort(-cosines)
    """,
)

# -------------------------------------------------------------------------- reciprocal_rank_fusion

slips(
    "reciprocal_rank_fusion",
    """
    ranks-from-zero: The first of a ranking has rank 1.
        enumerate(ranking, start=1) -> enumerate(ranking)
        1 / (k + rank) -> 1 / max(k + rank, 1e-9)
    missing-ranks-last: A ranking says nothing of an id that it does not hold.
        return sorted(scores.items(), key=lambda item: -item[1])
        ->
        for ranking in rankings:
            for one in scores:
                if one not in ranking:
                    scores[one] += 1 / (k + len(ranking) + 1)
        return sorted(scores.items(), key=lambda item: -item[1])
    missing-ranks-by-length: A ranking says nothing of an id that it does not hold.
        return sorted(scores.items(), key=lambda item: -item[1])
        ->
        for ranking in rankings:
            for one in scores:
                if one not in ranking:
                    scores[one] += 1 / max(k + len(ranking), 1)
        return sorted(scores.items(), key=lambda item: -item[1])
    first-ranking-needed: There may be no ranking at all.
        scores = {} -> scores = dict.fromkeys(rankings[0], 0.0)
    rankings-emptied: The caller's rankings are empty now: read them, and pop nothing.
        for rank, one in enumerate(ranking, start=1):
            scores[one] = scores.get(one, 0.0) + 1 / (k + rank)
        ->
        rank = 0
        while ranking:
            one, rank = ranking.pop(0), rank + 1
            scores[one] = scores.get(one, 0.0) + 1 / (k + rank)
    sixty-always: k is a parameter, and 60 only what it is unless told otherwise.
        (k + rank) -> (60 + rank)
    k-ignored: k makes the first places count less: it stands below the line with the rank.
        1 / (k + rank) -> 1 / rank
    mean: Scores are added up: an id in two lists has more than its mean.
        return sorted(scores.items(), key=lambda item: -item[1])
        ->
        for one in scores:
            scores[one] /= sum(one in ranking for ranking in rankings)
        return sorted(scores.items(), key=lambda item: -item[1])
    divided-by-the-lists: The sum is not divided by the number of rankings.
        1 / (k + rank) -> 1 / (k + rank) / len(rankings)
    best-rank: Every ranking adds its part, not only the best one.
        scores.get(one, 0.0) + 1 / (k + rank) -> max(scores.get(one, 0.0), 1 / (k + rank))
    last-ranking-wins: Add to what an id has from the rankings before.
        scores.get(one, 0.0) + 1 / (k + rank) -> 1 / (k + rank)
    first-ranking-only: Ids that the first ranking lacks are found by others.
        in rankings: -> in rankings[:1]:
    intersection: An id in one ranking only has a score as well.
        return sorted(scores.items(), key=lambda item: -item[1])
        ->
        both = [one for one in scores if all(one in ranking for ranking in rankings)]
        return sorted(((one, scores[one]) for one in both), key=lambda item: -item[1])
    ties-by-name: Of equal scores the first that is met comes first, whatever its name.
        -item[1]) -> (-round(item[1], 12), item[0]))
    ties-reversed: Of equal scores the first that is met comes first.
        return sorted(scores.items(), key=lambda item: -item[1])
        -> return sorted(scores.items(), key=lambda item: item[1])[::-1]
    worst-first: The highest score comes first.
        -item[1] -> item[1]
    ids-alone: The answer is pairs of an id and its score.
        return sorted(scores.items(), key=lambda item: -item[1])
        -> return [one for one, _ in sorted(scores.items(), key=lambda item: -item[1])]
    unsorted: The answer is sorted by score, not as ids were met.
        sorted(scores.items(), key=lambda item: -item[1]) -> list(scores.items())
    met-rank-by-rank: Of equal scores the first that is met, one ranking after the other.
        for ranking in rankings:
            for rank, one in enumerate(ranking, start=1):
                scores[one] = scores.get(one, 0.0) + 1 / (k + rank)
        ->
        for rank in range(1, 1 + max(map(len, rankings), default=0)):
            for ranking in rankings:
                for one in ranking[rank - 1 : rank]:
                    scores[one] = scores.get(one, 0.0) + 1 / (k + rank)
    """,
)

# ---------------------------------------------------------------------- maximal_marginal_relevance

slips(
    "maximal_marginal_relevance",
    """
    lambda-exchanged: λ weighs how well a vector fits, 1 − λ how much it repeats.
        lam * fitness - (1 - lam) * alike -> (1 - lam) * fitness - lam * alike
    zero-lambda-is-the-default: `lam or …` takes 0 for nothing: 0 is a λ too.
        chosen = [] -> chosen, lam = [], lam or 0.5
    mean-redundancy: What counts is the chosen one that is most alike, not the mean of them.
        alike[:, chosen].max(axis=1) -> alike[:, chosen].mean(axis=1)
    summed-redundancy: What counts is the chosen one that is most alike, not the sum.
        alike[:, chosen].max(axis=1) -> alike[:, chosen].sum(axis=1)
    least-redundancy: What counts is the chosen one that is most alike, not the one least alike.
        alike[:, chosen].max(axis=1) -> alike[:, chosen].min(axis=1)
    first-only: All that are chosen count, not only the first.
        alike[:, chosen].max(axis=1) -> alike[:, chosen[:1]].max(axis=1)
    last-only: All that are chosen count, not only the last.
        alike[:, chosen].max(axis=1) -> alike[:, chosen[-1:]].max(axis=1)
    relevance-only: What repeats a chosen one has to lose by it.
        if chosen: -> if False:
    redundancy-added: Likeness to what is chosen is taken off, not added.
        lam * fitness - (1 - lam) -> lam * fitness + (1 - lam)
    redundancy-with-all: Only likeness to what is chosen counts, weighed after each choice.
        alike[:, chosen].max(axis=1) -> (alike - 2 * np.eye(len(alike))).max(axis=1)
    sorted-answer: The order is that of the choices.
        return chosen -> return sorted(chosen)
    starts-at-index-zero: The first is the one most like the query.
        chosen = [] -> chosen = [0][: min(k, len(vectors))]
    first-by-lambda: The first choice is by likeness to the query alone, at λ = 0 too.
        scores = fitness.copy() -> scores = lam * fitness
    dot-products: Cosines are meant: divide by the lengths.
        v / np.where(length > 0, length, 1.0) -> v
    not-normalised-among-themselves: Cosines are meant among the vectors too.
        unit(vectors) @ unit(vectors).T -> vectors @ vectors.T
    nan-for-zero: 0 / 0 is NaN: a vector of zeros has cosine 0 with everything.
        np.where(length > 0, length, 1.0) -> length
    zeros-alike-themselves: Zeros have cosine 0 with everything, also with other zeros.
        unit(vectors) @ unit(vectors).T
        -> np.where((vectors[:, None] == vectors).all(-1), 1.0, unit(vectors) @ unit(vectors).T)
    more-than-there-are: With k > n every vector is chosen once.
        min(k, len(vectors)) -> k
    one-always: With k = 0 nothing is chosen.
        min(k, len(vectors)) -> min(max(k, 1), len(vectors))
    last-of-equals: Of two equal ones take the first, not the last.
        int(np.argmax(scores)) -> len(scores) - 1 - int(np.argmax(scores[::-1]))
    normalises-in-place: The caller's vectors have length 1 now: divide a copy.
        fitness = unit(vectors) @ unit(query)
        ->
        vectors[...] = unit(vectors)
        fitness = vectors @ unit(query)
    vectors-for-indices: The answer is indices.
        return chosen -> return [vectors[i] for i in chosen]
    among-the-twenty-nearest: All vectors may be chosen, those far from the query as well.
        scores[chosen] = -np.inf
        ->
        scores[chosen] = -np.inf
        scores[np.argsort(-fitness, kind="stable")[max(20, k) :]] = -np.inf
    least-score-refused: A score of −1 is possible, and the best where all others are chosen.
        scores[chosen] = -np.inf
        ->
        scores[chosen] = -np.inf
        if scores.max() <= -1.0:
            break
    """,
)

# -------------------------------------------------------------------------------- assemble_context

slips(
    "assemble_context",
    r"""
    stops-at-the-first-too-long: A smaller chunk further down may still fit: go on.
        if words <= budget and chunks[i] not in [chunks[j] for j in chosen]:
            chosen.append(i)
            budget -= words
        ->
        if words > budget:
            break
        if chunks[i] not in [chunks[j] for j in chosen]:
            chosen.append(i)
            budget -= words
    by-score: Chunks are chosen by score and written in the order of the document.
        chosen.sort() -> pass
    indices-by-score: The indices are ascending, as the text has them.
        chosen.sort()
        return "\n\n".join(f"[{i}] {chunks[i]}" for i in chosen), chosen
        ->
        return "\n\n".join(f"[{i}] {chunks[i]}" for i in sorted(chosen)), chosen
    document-order-first: The best chunks are looked at first, not the first ones.
        key=lambda i: -scores[i] -> key=lambda i: i
    worst-first: The highest score is looked at first.
        key=lambda i: -scores[i] -> key=lambda i: scores[i]
    later-of-equals: Of equal scores the earlier chunk is looked at first.
        key=lambda i: -scores[i] -> key=lambda i: (-scores[i], -i)
    must-stay-below: A chunk that fills the budget exactly fits.
        words <= budget -> words < budget
    labels-from-one: The label is the index, and indices count from 0.
        [{i}] -> [{i + 1}]
    labels-count-the-chosen: The label is the index in chunks, not the place in the text.
        for i in chosen), chosen -> for n, i in enumerate(chosen)), chosen
        [{i}] -> [{n}]
    duplicates-kept: A text that was taken already brings nothing new.
        if words <= budget and chunks[i] not in [chunks[j] for j in chosen]: -> if words <= budget:
    duplicates-by-words: Strings that differ in white space are not equal.
        chunks[i] not in [chunks[j] for j in chosen]
        -> chunks[i].split() not in [chunks[j].split() for j in chosen]
    counts-characters: The budget is a number of words.
        len(chunks[i].split()) -> len(chunks[i])
    counts-spaces: Words are what split() gives: two spaces part no empty word.
        len(chunks[i].split()) -> len(chunks[i].split(" "))
    labels-cost: Labels are not counted.
        len(chunks[i].split()) -> len(chunks[i].split()) + 1
    budget-not-used-up: What was taken is no longer there for the next.
        budget -= words -> pass
    last-one-cut: A chunk is taken whole or not at all.
        if words <= budget and -> if budget > 0 and
        budget -= words -> budget -= min(words, budget)
    one-line-break: An empty line stands between chunks: two line breaks.
        "\n\n".join -> "\n".join
    white-space-changed: Chunks appear as they are.
        {chunks[i]}" -> {' '.join(chunks[i].split())}"
    marks-in-the-scores: The caller's scores are changed: remember elsewhere what was taken.
        budget -= words
        ->
        budget -= words
        scores[i] = float("-inf")
    no-labels: Each chunk has its label, so that an answer can cite it.
        f"[{i}] {chunks[i]}" -> chunks[i]
    letters-and-digits-only: A word is what split() gives: "it's" is one word.
        len(chunks[i].split()) -> len(__import__("re").findall(r"\w+", chunks[i]))
    duplicates-without-case: Strings that differ in a capital letter are not equal.
        chunks[i] not in [chunks[j] for j in chosen]
        -> chunks[i].lower() not in [chunks[j].lower() for j in chosen]
    """,
)

# --------------------------------------------------------------------------------- ranking_metrics

slips(
    "ranking_metrics",
    """
    precision: Recall is divided by all that is relevant, not by what was looked at.
        len(hits) / len(gains) -> len(hits) / k
    precision-of-what-is-there: Recall is divided by all that is relevant.
        len(hits) / len(gains) -> len(hits) / max(len(top), 1)
    divided-by-at-most-k: All relevant ids count below the line, more than k too.
        len(hits) / len(gains) -> len(hits) / min(len(gains), k)
    hit-rate: Recall is a share: how many of the relevant ids are there?
        len(hits) / len(gains) -> float(bool(hits))
    recall-not-cut: Only the first k places are looked at.
        len(hits) / len(gains) -> sum(one in gains for one in ranked) / len(gains)
    reciprocal-rank-not-cut: A first hit behind place k is no hit.
        1 / hits[0] if hits else 0.0
        -> next((1 / rank for rank, one in enumerate(ranked, 1) if one in gains), 0.0)
    mean-of-reciprocal-ranks: Only the first relevant id counts.
        1 / hits[0] if hits else 0.0 -> sum(1 / rank for rank in hits) / max(len(hits), 1)
    rank-itself: The reciprocal is asked for: 1 over the rank.
        1 / hits[0] if hits -> float(hits[0]) if hits
    ranks-from-zero: The first place has rank 1.
        hits = [rank for rank, one in enumerate(top, start=1) if one in gains]
        -> hits = [rank or 1e9 for rank, one in enumerate(top) if one in gains]
    ideal-of-what-was-found: What the ranking never found counts for the ideal as well.
        sorted(gains.values(), reverse=True)[:k]
        -> sorted((gains.get(one, 0.0) for one in top), reverse=True) if hits else [1.0]
    ideal-of-full-marks: The ideal has the gains that there are, not one at every place.
        sorted(gains.values(), reverse=True)[:k] -> [max(gains.values())] * min(k, max(len(top), 1))
    ideal-not-cut: The ideal ranking has k places too.
        sorted(gains.values(), reverse=True)[:k] -> sorted(gains.values(), reverse=True)
    ideal-not-sorted: The ideal ranking has the largest gain first.
        sorted(gains.values(), reverse=True)[:k] -> list(gains.values())[:k]
    not-normalised: nDCG is DCG divided by the ideal one.
        for one in top]) / dcg(ideal) -> for one in top])
    dcg-not-cut: Only the first k places are summed.
        for one in top]) / dcg(ideal) -> for one in ranked]) / dcg(ideal)
    exponential-gain: The gain itself is summed, not 2^gain − 1.
        return sum(gain / math.log2(rank + 1) -> return sum((2**gain - 1) / math.log2(rank + 1)
    binary-gain: How much an id is worth counts, not only whether it is relevant.
        return sum(gain / -> return sum((gain > 0) /
    discount-without-one: log₂ of rank 1 is 0: the discount is log₂(rank + 1).
        math.log2(rank + 1) -> max(math.log2(rank), 1.0)
    linear-discount: The discount is the logarithm of rank + 1.
        math.log2(rank + 1) -> rank
    natural-logarithm: The discount of the first place is log₂ 2 = 1.
        return sum(gain / math.log2(rank + 1) -> return sum(gain / math.log2(rank + 1) ** 2
    nothing-relevant-is-perfect: Where nothing is relevant nothing is perfect: three zeros.
        return 0.0, 0.0, 0.0 -> return 0.0, 0.0, 1.0
    nothing-relevant-divides: Where nothing is relevant there is nothing to divide by.
        if not gains: -> if False:
    """,
)

# --------------------------------------------------------------------------------- parse_tool_call

slips(
    "parse_tool_call",
    r"""
    braces-to-braces: Cut at the tags: braces may stand in the text around.
        block, closed, _ = rest.partition("</tool_call>")
        ->
        block, closed, _ = rest.partition("</tool_call>")
        block = text[text.find("{") : text.rfind("}") + 1]
    short-regex: Arguments may nest: do not stop at the first closing brace.
        json.loads(block) -> json.loads(block[: block.find("}") + 1] + "}")
    one-line-only: The JSON may go over several lines.
        json.loads(block) -> json.loads(block.splitlines()[0])
    python-for-json: JSON has true, false and null, and no single quotes: `json.loads` reads it.
        json.loads(block) -> eval(block)
    python-when-json-fails: What is not JSON is malformed, even if Python can read it.
        call = json.loads(block)
        ->
        try:
            call = json.loads(block)
        except ValueError:
            try:
                call = eval(block)
            except Exception as error:
                raise ValueError("no JSON") from error
    quotes-repaired: A single quote may belong to a text; repair nothing.
        json.loads(block) -> json.loads(block.replace("'", '"'))
    fences-stripped: A fence inside of the block is malformed: ask the model again.
        json.loads(block) -> json.loads(block.replace("```json", "").replace("```", ""))
    text-after-the-object: What stands behind the object makes the block malformed.
        json.loads(block) -> json.JSONDecoder().raw_decode(block.strip())[0]
    error-without-a-call: A text without a call is an answer, and no error: None.
        if not opened:
            return None
        ->
        if not opened:
            raise ValueError("no call")
    none-for-bad-json: None means that there is no call; a malformed one raises ValueError.
        call = json.loads(block)
        ->
        try:
            call = json.loads(block)
        except ValueError:
            return None
    none-without-closing-tag: A call that was begun and not closed is malformed: ValueError.
        if not closed or "<tool_call>" in rest:
            raise ValueError("one <tool_call> with its </tool_call> is due")
        ->
        if not closed:
            return None
        if "<tool_call>" in rest:
            raise ValueError("one <tool_call> with its </tool_call> is due")
    closing-tag-not-needed: A call that was not closed may be half of one: ValueError.
        if not closed or -> if
    first-of-several: Two calls in one text are malformed.
        if not closed or "<tool_call>" in rest: -> if not closed:
    key-error-for-a-missing-key: A missing key is a ValueError here.
        call.get("name"), call.get("arguments") -> call["name"], call["arguments"]
    type-error-for-a-list: JSON need not be an object: look before you ask for keys.
        if not isinstance(call, dict): -> if False:
    empty-arguments-refused: An empty object of arguments is an object.
        if not isinstance(arguments, dict): -> if not isinstance(arguments, dict) or not arguments:
    empty-name-allowed: An empty name is no name.
        or not name: -> :
    any-name: The name is a text.
        not isinstance(name, str) or not name -> not name
    arguments-of-any-kind: The arguments are an object.
        if not isinstance(arguments, dict): -> if arguments is None:
    arguments-in-a-text: Arguments as JSON in a text are malformed: they are an object.
        name, arguments = call.get("name"), call.get("arguments")
        ->
        name, arguments = call.get("name"), call.get("arguments")
        if isinstance(arguments, str):
            arguments = json.loads(arguments)
    no-arguments-is-empty: Missing arguments are malformed, not none at all.
        call.get("arguments") -> call.get("arguments", {})
    arguments-as-text: The arguments are a dict, not the text of one.
        return name, arguments -> return name, json.dumps(arguments)
    values-as-text: Values are what `json.loads` makes of them.
        return name, arguments -> return name, {key: str(value) for key, value in arguments.items()}
    whole-object: The answer is a pair, name and arguments.
        return name, arguments -> return call
    line-breaks-in-texts: JSON has no line break in a text: `json.loads` is strict, leave it so.
        json.loads(block) -> json.loads(block, strict=False)
    name-stripped: The name stays as it is.
        return name, arguments -> return name.strip(), arguments
    name-in-small-letters: The name stays as it is.
        return name, arguments -> return name.lower(), arguments
    parameters-too: "arguments" is missing, whatever other keys there are.
        call.get("arguments") -> call.get("arguments", call.get("parameters"))
    call-in-a-call: Name and arguments are those of the object itself.
        name, arguments = call.get("name"), call.get("arguments")
        ->
        call = call.get("function", call)
        name, arguments = call.get("name"), call.get("arguments")
    """,
)

# --------------------------------------------------------------------------------------- run_agent

slips(
    "run_agent",
    """
    tool-errors-escape: A tool that fails is told to the model; it does not end the program.
        except Exception as raised: -> except () as raised:
    some-errors-escape: Any Exception of a tool is told to the model.
        except Exception as raised: -> except ValueError as raised:
    wrong-arguments-escape: Wrong arguments are a TypeError of the tool's call: tell the model.
        except Exception as raised: -> except (KeyError, ValueError, ZeroDivisionError) as raised:
    unknown-tool-raises: A name that no tool has is told to the model.
        if name not in tools:
            return f"error: unknown tool {name}"
        ->
        tools[name]
    malformed-call-escapes: A malformed call is told to the model: catch the ValueError.
        except ValueError as error:
            observation = f"error: {error}"
        ->
        except ZeroDivisionError:
            observation = ""
    malformed-call-is-the-answer: A malformed call is no answer: tell the model and go on.
        observation = f"error: {error}" -> return reply, messages
    malformed-call-not-marked: What is told of a malformed call begins with `error: `.
        observation = f"error: {error}" -> observation = str(error)
    unknown-tool-as-key-error: Look whether there is such a tool before you call it.
        if name not in tools: -> if False:
    unknown-tool-unnamed: The model is told which name is unknown.
        f"error: unknown tool {name}" -> "error: unknown tool"
    one-step-more: The model is asked at most max_steps times.
        range(max_steps) -> range(max_steps + 1)
    one-step-less: The model may be asked max_steps times.
        range(max_steps) -> range(max_steps - 1)
    last-tool-not-run: The tool of the last step is still run.
        for _ in range(max_steps):
        ->
        for step in range(max_steps):

        observation = observe(*call)
        ->
        if step == max_steps - 1:
            break
        observation = observe(*call)
    last-reply-as-answer: Where all steps were used up by calls there is no answer: None.
        return None, messages -> return messages[-1]["content"], messages
    last-call-as-answer: Where all steps were used up by calls there is no answer: None.
        return None, messages -> return reply if max_steps else None, messages
    error-when-used-up: Using up all steps is no error: the answer is None.
        return None, messages -> raise RuntimeError("no answer")
    final-reply-not-recorded: The answer is a message too.
        messages.append({"role": "assistant", "content": reply})
        ->
        if "<tool_call>" in reply:
            messages.append({"role": "assistant", "content": reply})
    calls-not-recorded: The model has to see its own calls.
        messages.append({"role": "assistant", "content": reply})
        ->
        if "<tool_call>" not in reply:
            messages.append({"role": "assistant", "content": reply})
    observations-as-user: What a tool returned has the role "tool".
        {"role": "tool", "content": observation} -> {"role": "user", "content": observation}
    answer-stripped: The answer is the reply, unchanged.
        return reply, messages -> return reply.strip(), messages
    results-not-strings: An observation is a text.
        return str(tools[name](**arguments)) -> return tools[name](**arguments)
    representation-of-results: A text stays as it is: str, not repr.
        str(tools[name](**arguments)) -> repr(tools[name](**arguments))
    empty-results-dropped: None, 0 and "" are results: their text is observed.
        str(tools[name](**arguments)) -> str(tools[name](**arguments) or "")
    results-as-json: An observation is the result's str.
        str(tools[name](**arguments)) -> __import__("json").dumps(tools[name](**arguments))
    arguments-by-position: Arguments have names, and may come in any order.
        tools[name](**arguments) -> tools[name](*arguments.values())
    arguments-as-one: Each argument goes to the parameter of its name.
        tools[name](**arguments) -> tools[name](arguments)
    type-of-error-lost: The model is told the type of the error too.
        f"error: {type(raised).__name__}: {raised}" -> f"error: {raised}"
    representation-of-errors: The error is shown as its type, a colon and its text.
        f"error: {type(raised).__name__}: {raised}" -> f"error: {raised!r}"
    error-not-marked: What went wrong begins with `error: `.
        f"error: {type(raised).__name__}: {raised}" -> f"{type(raised).__name__}: {raised}"
    stops-at-an-error: The model can mend what it is told about: go on.
        messages.append({"role": "tool", "content": observation})
        ->
        messages.append({"role": "tool", "content": observation})
        if observation.startswith("error: "):
            break
    only-the-last-message: The model sees all messages so far.
        model(messages) -> model(messages[-1:])
    only-the-question: The model sees all messages so far.
        model(messages) -> model(messages[:1])
    model-asked-twice: Each step asks the model once: keep its reply.
        messages.append({"role": "assistant", "content": reply})
        ->
        messages.append({"role": "assistant", "content": model(messages)})
    asked-once-more-at-the-end: Where all steps are used up the model is not asked again.
        return None, messages
        ->
        model(messages)
        return None, messages
    tool-run-twice: A call runs its tool once: it may do something.
        return str(tools[name](**arguments))
        ->
        if tools[name](**arguments) is None:
            return "None"
        return str(tools[name](**arguments))
    long-results-cut: An observation is all that the tool returned.
        return str(tools[name](**arguments)) -> return str(tools[name](**arguments))[:1000]
    results-stripped: An observation is the result's str, white space included.
        return str(tools[name](**arguments)) -> return str(tools[name](**arguments)).strip()
    no-colon-without-a-message: The colon stands there even if the error has no message.
        return f"error: {type(raised).__name__}: {raised}"
        -> return f"error: {type(raised).__name__}: {raised}".rstrip(": ")
    """,
)

# ---------------------------------------------------------------------------------- workflow_order

slips(
    "workflow_order",
    """
    reversed-edges: The tasks in a list come before the task, not after it.
        needs = {task: set(before) for task, before in dependencies.items()}
        for before in dependencies.values():
            for task in before:
                needs.setdefault(task, set())
        ->
        needs = {task: set() for task in dependencies}
        for later, before in dependencies.items():
            for task in before:
                needs.setdefault(task, set()).add(later)
    largest-first: The smallest of those that are ready comes next.
        heapq.heappop(ready) -> ready.pop(ready.index(max(ready)))
    first-come-first-served: Choose anew after every task: a new one may be smaller.
        done = heapq.heappop(ready) -> done = ready.pop(0)
        heapq.heapify(ready) -> ready.sort()
        heapq.heappush(ready, task) -> ready.append(task)
    level-by-level: A task comes as soon as it is ready, not with the next level.
        done = heapq.heappop(ready)
        order.append(done)
        for task in needed_by[done]:
            needs[task].discard(done)
            if not needs[task]:
                heapq.heappush(ready, task)
        ->
        level, ready = sorted(ready), []
        order += level
        for done in level:
            for task in needed_by[done]:
                needs[task].discard(done)
                if not needs[task]:
                    ready.append(task)
    depth-first: What has just become ready need not be the smallest.
        done = heapq.heappop(ready) -> done = ready.pop()
        heapq.heapify(ready) -> ready.sort(reverse=True)
        heapq.heappush(ready, task) -> ready.append(task)
    order-of-the-dict: Of the ready ones the smallest comes first, wherever the dict has it.
        done = heapq.heappop(ready)
        ->
        ready.sort(key=list(needs).index)
        done = ready.pop(0)
    without-regard-to-case: Python's < puts capital letters first.
        done = heapq.heappop(ready)
        ->
        done = min(ready, key=str.lower)
        ready.remove(done)
    shortest-first: The smallest is meant as < compares strings, not the shortest.
        done = heapq.heappop(ready)
        ->
        done = min(ready, key=lambda task: (len(task), task))
        ready.remove(done)
    only-keys: A task that stands in a list only is a task as well.
        return order -> return [task for task in order if task in dependencies]
    unknown-task-is-an-error: Not every task is a key: one may be named in a list alone.
        needs.setdefault(task, set()) -> needs[task]
    cycle-cut: A circle has no order: raise ValueError.
        if len(order) < len(needs): -> if False:
    cycle-broken-anywhere: A circle has no order: raise ValueError.
        if len(order) < len(needs):
            raise ValueError("tasks need each other in a circle")
        ->
        order += sorted(needs.keys() - set(order))
    cycle-is-none: A circle raises ValueError.
        raise ValueError("tasks need each other in a circle") -> return None
    itself-allowed: A task that needs itself is a circle of one.
        set(before) for task, before -> set(before) - {task} for task, before
    double-need-counts-twice: A task that is named twice is needed once.
        set(before) for task, before -> list(before) for task, before
        needs[task].discard(done) -> needs[task].remove(done)
        for other in before: -> for other in set(before):
    lists-emptied: The caller's lists are shorter now: take off a copy.
        return order
        ->
        for before in dependencies.values():
            before.clear()
        return order
    """,
)
