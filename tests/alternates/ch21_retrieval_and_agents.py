"""Right answers in other styles."""

import collections
import json
import math
import re

import ch21_retrieval_and_agents as reference
import numpy as np

from grader.bank import alternate


@alternate("chunk_text", "a while loop that stops at the last word")
def chunk_text(text, size, overlap):
    if not (size >= 1 and 0 <= overlap < size):
        raise ValueError(f"{size=}, {overlap=}")
    words, chunks, start = text.split(), [], 0
    while start < len(words):
        window = words[start : start + size]
        chunks.append(" ".join(window))
        if start + size >= len(words):
            break
        start += size - overlap
    return chunks


@alternate("chunk_text", "a regular expression, a tuple")
def chunk_text(text, size, overlap):
    if size < 1 or overlap < 0 or overlap >= size:
        raise ValueError("no such windows")
    words = re.findall(r"\S+", text)
    count = 1 + math.ceil(max(0, len(words) - size) / (size - overlap)) if words else 0
    starts = (n * (size - overlap) for n in range(count))
    return tuple(" ".join(words[a : a + size]) for a in starts)


@alternate("bm25_scores", "plain loops over documents and tokens")
def bm25_scores(query, documents, k1=1.5, b=0.75):
    n, total = len(documents), sum(map(len, documents))
    df = collections.Counter(token for document in documents for token in set(document))
    scores = []
    for document in documents:
        counts, score = collections.Counter(document), 0.0
        for token in query:
            f = counts[token]
            if f:
                idf = math.log(1 + (n - df[token] + 0.5) / (df[token] + 0.5))
                length = len(document) * n / total
                score += idf * f * (k1 + 1) / (f + k1 * (1 - b + b * length))
        scores.append(score)
    return np.array(scores)


@alternate("bm25_scores", "a matrix of counts, the query as a vector")
def bm25_scores(query, documents, k1=1.5, b=0.75):
    tokens = sorted({*query, *(token for document in documents for token in document)})
    if not tokens:
        return np.zeros(len(documents))
    counts = np.array(
        [[document.count(token) for token in tokens] for document in documents], float
    )
    weights = np.array([query.count(token) for token in tokens], float)
    lengths, df = counts.sum(axis=1), (counts > 0).sum(axis=0)
    lengths = np.array([len(document) for document in documents], float)
    ratio = lengths / (lengths.mean() or 1.0)
    idf = np.log1p((len(documents) - df + 0.5) / (df + 0.5))
    below = counts + (k1 * (1 - b + b * ratio))[:, None]
    saturated = np.divide(counts * (k1 + 1), below, out=np.zeros_like(counts), where=counts > 0)
    return saturated @ (idf * weights)


@alternate("cosine_top_k", "normalised first, sorted by Python")
def cosine_top_k(query, vectors, k):
    def unit(v):
        length = math.sqrt(float(v @ v))
        return v / length if length else np.zeros(len(v))

    cosines = [float(unit(query) @ unit(row)) for row in vectors]
    best = sorted(range(len(cosines)), key=lambda i: (-cosines[i], i))[:k]
    return [np.array(best, dtype=np.int32), np.array([cosines[i] for i in best], dtype=float)]


@alternate("cosine_top_k", "errors of division replaced, lexsort")
def cosine_top_k(query, vectors, k):
    with np.errstate(all="ignore"):
        cosines = np.einsum("nd,d->n", vectors, query) / np.sqrt((query**2).sum())
        cosines = np.nan_to_num(cosines / np.sqrt((vectors**2).sum(axis=1)))
    order = np.lexsort((np.arange(len(cosines)), -cosines))
    return order[: min(k, len(order))], cosines[order][:k]


@alternate("reciprocal_rank_fusion", "ids in the order of their first place, then a stable sort")
def reciprocal_rank_fusion(rankings, k=60):
    met = list(dict.fromkeys(one for ranking in rankings for one in ranking))
    scores = [sum(1 / (k + r.index(one) + 1) for r in rankings if one in r) for one in met]
    return [(met[i], scores[i]) for i in sorted(range(len(met)), key=lambda i: -scores[i])]


@alternate("reciprocal_rank_fusion", "a defaultdict, lists for pairs, reverse sorting keeps equals")
def reciprocal_rank_fusion(rankings, k=60):
    scores = collections.defaultdict(float)
    for ranking in rankings:
        for place in range(len(ranking)):
            scores[ranking[place]] += 1.0 / (place + 1 + k)
    return [[one, s] for one, s in sorted(scores.items(), key=lambda it: it[1], reverse=True)]


def cosine(a, b):
    lengths = math.sqrt(a @ a) * math.sqrt(b @ b)
    return float(a @ b) / lengths if lengths else 0.0


@alternate("maximal_marginal_relevance", "candidates crossed out of a list")
def maximal_marginal_relevance(query, vectors, k, lam):
    left, chosen = list(range(len(vectors))), []
    while left and len(chosen) < k:

        def worth(i):
            fitness = cosine(query, vectors[i])
            if not chosen:
                return fitness
            return lam * fitness - (1 - lam) * max(cosine(vectors[i], vectors[j]) for j in chosen)

        best = max(left, key=worth)
        left.remove(best)
        chosen.append(best)
    return chosen


@alternate("maximal_marginal_relevance", "the largest likeness kept up to date")
def maximal_marginal_relevance(query, vectors, k, lam):
    lengths = np.sqrt((vectors**2).sum(axis=1))
    units = np.divide(
        vectors, lengths[:, None], out=np.zeros_like(vectors), where=lengths[:, None] > 0
    )
    fitness = units @ (query / (np.linalg.norm(query) or 1.0))
    repeated, free = np.full(len(vectors), -np.inf), np.ones(len(vectors), dtype=bool)
    order = []
    for step in range(min(k, len(vectors))):
        worth = fitness if step == 0 else lam * fitness - (1 - lam) * repeated
        best = np.flatnonzero(free)[np.argmax(worth[free])]
        order.append(best)
        free[best] = False
        repeated = np.maximum(repeated, units @ units[best])
    return tuple(order)


@alternate("assemble_context", "a dict of labels, sorted at the end")
def assemble_context(chunks, scores, budget):
    taken, texts = {}, set()
    order = sorted(zip(scores, range(len(chunks)), strict=True), key=lambda it: (-it[0], it[1]))
    for _, i in order:
        cost = len(chunks[i].split())
        if cost > budget or chunks[i] in texts:
            continue
        budget = budget - cost
        texts.add(chunks[i])
        taken[i] = f"[{i}] {chunks[i]}"
    return "\n\n".join(taken[i] for i in sorted(taken)), sorted(taken)


@alternate("assemble_context", "argsort of the negative scores, a list for the pair")
def assemble_context(chunks, scores, budget):
    used, keep = 0, np.zeros(len(chunks), dtype=bool)
    for i in np.argsort(-np.array(scores), kind="stable"):
        words = len(chunks[i].split())
        again = any(keep[j] and chunks[j] == chunks[i] for j in range(len(chunks)))
        if not again and used + words <= budget:
            keep[i], used = True, used + words
    chosen = tuple(np.flatnonzero(keep))
    text = ""
    for i in chosen:
        text += ("\n\n" if text else "") + "[" + str(i) + "] " + chunks[i]
    return [text, chosen]


@alternate("ranking_metrics", "arrays and a vector of discounts")
def ranking_metrics(ranked, gains, k):
    if len(gains) == 0:
        return 0.0, 0.0, 0.0
    found = np.array([gains.get(one, 0) for one in ranked[:k]], dtype=float)
    best = -np.sort(-np.fromiter(gains.values(), dtype=float))[:k]
    discounts = 1 / np.log2(np.arange(2, 2 + max(len(found), len(best))))
    ndcg = (found @ discounts[: len(found)]) / (best @ discounts[: len(best)])
    first = np.argmax(found > 0) if (found > 0).any() else None
    return (
        np.mean([one in ranked[:k] for one in gains]),
        0.0 if first is None else 1 / (first + 1),
        ndcg,
    )


@alternate("ranking_metrics", "one loop that counts everything")
def ranking_metrics(ranked, gains, k):
    hits, first, dcg, idcg = 0, 0.0, 0.0, 0.0
    for place, one in enumerate(ranked):
        if place == k:
            break
        if one in gains:
            hits += 1
            first = first or 1 / (place + 1)
            dcg += gains[one] * math.log(2) / math.log(place + 2)
    for place, gain in enumerate(sorted(gains.values(), key=lambda g: -g)):
        idcg += gain * math.log(2) / math.log(place + 2) if place < k else 0.0
    return [hits / max(len(gains), 1), first, dcg / idcg if idcg else 0.0]


@alternate("parse_tool_call", "a regular expression between the tags, DOTALL")
def parse_tool_call(text):
    if text.count("<tool_call>") == 0:
        return None
    found = re.search(r"<tool_call>(.*?)</tool_call>", text, re.DOTALL)
    if found is None or text.count("<tool_call>") > 1:
        raise ValueError("not one block")
    try:
        call = json.loads(found.group(1).strip())
        name, arguments = call["name"], call["arguments"]
    except (KeyError, TypeError) as error:
        raise ValueError("not a call") from error
    if type(name) is not str or name == "" or type(arguments) is not dict:
        raise ValueError("not a call")
    return [name, arguments]


class Malformed(ValueError):
    """An error of our own, derived from the one that is due."""


@alternate("parse_tool_call", "split, an error of its own")
def parse_tool_call(text):
    parts = text.split("<tool_call>")
    if len(parts) == 1:
        return None
    if len(parts) > 2 or "</tool_call>" not in parts[1]:
        raise Malformed
    try:
        match json.loads(parts[1].split("</tool_call>")[0]):
            case {"name": str(name), "arguments": dict(arguments)} if name:
                return name, arguments
    except json.JSONDecodeError as error:
        raise Malformed(error) from None
    raise Malformed


@alternate("run_agent", "a while loop, one try for each step")
def run_agent(model, tools, question, max_steps):
    messages = [dict(role="user", content=question)]
    step = 0
    while step < max_steps:
        step += 1
        reply = model(messages)
        messages += [dict(role="assistant", content=reply)]
        try:
            parsed = reference.parse_tool_call(reply)
        except ValueError:
            messages += [dict(role="tool", content="error: this call cannot be read")]
            continue
        if parsed is None:
            return [reply, messages]
        name, arguments = parsed
        tool = tools.get(name)
        if tool is None:
            messages += [dict(role="tool", content="error: unknown tool " + name)]
            continue
        try:
            text = str(tool(**arguments))
        except Exception as e:
            text = "error: " + e.__class__.__name__ + ": " + str(e)
        messages += [dict(role="tool", content=text)]
    return None, messages


@alternate("run_agent", "recursion over what was said, a new list each time")
def run_agent(model, tools, question, max_steps):
    def observe(reply):
        try:
            name, arguments = reference.parse_tool_call(reply)
        except ValueError as error:
            return f"error: malformed call ({error})"
        if name not in tools.keys():
            return f"error: unknown tool {name}"
        try:
            result = tools[name](**arguments)
        except Exception as error:
            return f"error: {type(error).__name__}: {error}"
        return str(result)

    def go_on(messages, steps):
        if steps == 0:
            return None, messages
        reply = model(list(messages))
        messages = [*messages, {"role": "assistant", "content": reply}]
        if "<tool_call>" not in reply:
            return reply, messages
        return go_on([*messages, {"content": observe(reply), "role": "tool"}], steps - 1)

    return go_on([{"role": "user", "content": question}], max_steps)


@alternate("workflow_order", "the smallest of the ready ones in a sorted list")
def workflow_order(dependencies):
    import bisect

    tasks = set(dependencies) | {one for needs in dependencies.values() for one in needs}
    missing = {task: len(set(dependencies.get(task, ()))) for task in tasks}
    later = collections.defaultdict(list)
    for task, needs in dependencies.items():
        for one in set(needs):
            later[one].append(task)
    ready, order = sorted(task for task in tasks if missing[task] == 0), []
    while ready:
        order.append(ready.pop(0))
        for task in later[order[-1]]:
            missing[task] -= 1
            if missing[task] == 0:
                bisect.insort(ready, task)
    if len(order) != len(tasks):
        raise ValueError("circle")
    return tuple(order)


@alternate("workflow_order", "looks at all that are left, each time")
def workflow_order(dependencies):
    left = {*dependencies}.union(*dependencies.values())
    waiting, done, order = dict(dependencies), set(), []
    while left:
        open_now = [t for t in left if all(one in done for one in waiting.get(t, []))]
        if not open_now:
            raise ValueError(f"{sorted(left)} wait for each other")
        task = min(open_now)
        left.discard(task)
        done.add(task)
        order.append(task)
    return order
