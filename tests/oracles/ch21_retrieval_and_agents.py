"""The same answers by independent means: SciPy, scikit-learn, the standard library, brute force."""

import ast
import graphlib
import itertools
import json
from fractions import Fraction

import numpy as np
import scipy.stats
from scipy.spatial.distance import cdist
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import ndcg_score

from grader.bank import alternate


@alternate("chunk_text", "every window that is no part of the one before")
def chunk_text(text, size, overlap):
    if size < 1 or overlap < 0 or overlap >= size:
        raise ValueError
    words = text.split()
    windows = [range(a, min(a + size, len(words))) for a in range(0, len(words), size - overlap)]
    kept = windows[:1] + [two for one, two in itertools.pairwise(windows) if not {*two} <= {*one}]
    return [" ".join(words[i] for i in window) for window in kept]


@alternate("bm25_scores", "scikit-learn's counts, and fractions in exact arithmetic")
def bm25_scores(query, documents, k1=1.5, b=0.75):
    k1, b = Fraction(k1), Fraction(b)
    vectorizer = CountVectorizer(analyzer=lambda tokens: tokens, vocabulary=sorted({*query, "?"}))
    counts = vectorizer.transform(documents).toarray().astype(int)
    place, n = vectorizer.vocabulary_, len(documents)
    total = sum(map(len, documents))
    scores = []
    for document, row in zip(documents, counts, strict=True):
        score = 0.0
        for token in query:
            f, df = int(row[place[token]]), int(np.count_nonzero(counts[:, place[token]]))
            if f:
                share = Fraction(len(document) * n, total)
                fraction = f * (k1 + 1) / (f + k1 * (1 - b + b * share))
                score += float(fraction) * float(
                    np.log(float(1 + Fraction(2 * (n - df) + 1, 2 * df + 1)))
                )
        scores.append(score)
    return np.array(scores)


@alternate("cosine_top_k", "SciPy's cosine distances, ranked")
def cosine_top_k(query, vectors, k):
    with np.errstate(all="ignore"):
        distances = cdist(np.ascontiguousarray(vectors), query[None], "cosine")[:, 0]
    cosines = np.where(np.isnan(distances), 0.0, 1 - distances)
    zero = ~vectors.any(axis=1) | (not query.any())
    cosines = np.where(zero, 0.0, cosines)
    ranks = scipy.stats.rankdata(-np.round(cosines, 12), method="ordinal").astype(int)
    best = np.argsort(ranks)[:k]
    return best, cosines[best]


@alternate("reciprocal_rank_fusion", "exact fractions")
def reciprocal_rank_fusion(rankings, k=60):
    scores, met = {}, []
    for ranking in rankings:
        for rank, one in zip(itertools.count(1), ranking, strict=False):
            if one not in scores:
                met.append(one)
                scores[one] = Fraction(0)
            scores[one] += Fraction(1, k + rank)
    order = sorted(met, key=lambda one: (-scores[one], met.index(one)))
    return [(one, float(scores[one])) for one in order]


@alternate("maximal_marginal_relevance", "SciPy's cosine distances, one choice after the other")
def maximal_marginal_relevance(query, vectors, k, lam):
    with np.errstate(all="ignore"):
        rows = np.vstack([query, vectors])
        near = np.nan_to_num(1 - cdist(rows, rows, "cosine"))
    zero = ~rows.any(axis=1)
    near[zero] = 0.0
    near[:, zero] = 0.0
    near = np.round(near, 12)
    chosen = []
    for _ in range(min(k, len(vectors))):
        worth = {
            i: lam * near[0, i + 1] - (1 - lam) * max(near[i + 1, j + 1] for j in chosen)
            if chosen
            else near[0, i + 1]
            for i in range(len(vectors))
            if i not in chosen
        }
        chosen.append(min(worth, key=lambda i: (-round(worth[i], 12), i)))
    return chosen


@alternate("assemble_context", "the greedy choice over a ranking by SciPy")
def assemble_context(chunks, scores, budget):
    ranks = scipy.stats.rankdata([-score for score in scores], method="ordinal")
    taken = []
    for i in np.argsort(ranks):
        words = sum(len(chunks[j].split()) for j in [*taken, i])
        if words <= budget and chunks[i] not in {chunks[j] for j in taken}:
            taken.append(int(i))
    parts = [f"[{i}] {chunk}" for i, chunk in enumerate(chunks) if i in taken]
    return "\n\n".join(parts), sorted(taken)


@alternate("ranking_metrics", "scikit-learn's ndcg_score and sets")
def ranking_metrics(ranked, gains, k):
    if not gains:
        return 0.0, 0.0, 0.0
    unseen = [one for one in gains if one not in ranked]
    names = [*ranked, *unseen, "filler 1", "filler 2"]
    true = [[gains.get(one, 0.0) for one in names]]
    # What was not ranked stands behind k places of nothing.
    fillers = [0.0] * k
    scores = [
        [float(-place) for place in range(len(ranked))] + [-1e6 - i for i in range(len(unseen))]
    ]
    scores[0] += [-2e6, -2e6 - 1] + [-1e5 - i for i in range(k)]
    ndcg = ndcg_score([true[0] + fillers], scores, k=k)
    found = {*ranked[:k]} & {*gains}
    places = [ranked.index(one) + 1 for one in found]
    return len(found) / len(gains), max((1 / place for place in places), default=0.0), ndcg


@alternate("parse_tool_call", "a scanner that reads JSON from where the block begins")
def parse_tool_call(text):
    opened, closing = "<tool_call>", "</tool_call>"
    at = text.find(opened)
    if at < 0:
        return None
    start = at + len(opened)
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    value, end = json.JSONDecoder().raw_decode(text, start)
    if not text[end:].lstrip(" \t\r\n").startswith(closing) or opened in text[start:]:
        raise ValueError("no block")
    if not isinstance(value, dict) or not isinstance(value.get("arguments"), dict):
        raise ValueError("no call")
    if not (isinstance(value.get("name"), str) and len(value["name"])):
        raise ValueError("no name")
    return value["name"], value["arguments"]


@alternate("run_agent", "a generator of messages, calls read as Python after JSON was checked")
def run_agent(model, tools, question, max_steps):
    def said():
        history = [{"role": "user", "content": question}]
        yield history[0]
        for _ in range(max_steps):
            reply = model(list(history))
            for message in turn(reply):
                history.append(message)
                yield message
            if history[-1]["role"] == "assistant":
                return

    def turn(reply):
        yield {"role": "assistant", "content": reply}
        _, opened, rest = reply.partition("<tool_call>")
        if opened:
            yield {"role": "tool", "content": result(rest.split("</tool_call>"), reply)}

    def result(parts, reply):
        try:
            assert len(parts) == 2
            assert reply.count("<tool_call>") == 1
            value = json.loads(parts[0])
            assert value["name"]
            assert isinstance(value["name"], str)
            ast.literal_eval(repr(value))
            name, given = value["name"], dict(**value["arguments"])
        except (AssertionError, ValueError, TypeError, KeyError):
            return "error: read the format again"
        try:
            return str(tools[name](**given)) if name in tools else f"error: unknown tool {name}"
        except Exception as error:
            return ": ".join(("error", type(error).__name__, str(error)))

    messages = list(said())
    last = messages[-1]
    return last["content"] if last["role"] == "assistant" else None, messages


@alternate("workflow_order", "the standard library's sorter, one task at a time")
def workflow_order(dependencies):
    sorter = graphlib.TopologicalSorter({task: set(needs) for task, needs in dependencies.items()})
    sorter.prepare()  # raises CycleError, which is a ValueError
    ready, order = set(sorter.get_ready()), []
    while ready:
        task = min(ready)
        ready.remove(task)
        order.append(task)
        sorter.done(task)
        ready.update(sorter.get_ready())
    return order
