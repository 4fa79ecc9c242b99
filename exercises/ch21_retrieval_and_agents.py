"""Retrieval, agents and workflows.

A language model knows what it has read, and neither your manual nor today's weather was among it.
There are two ways to help it, and both are plain programs around the model.  *Retrieval* looks for
the few passages that have to do with a question and writes them in front of it.  An *agent* lets
the model ask for more: it may answer with the call of a tool, the program runs the tool and
shows it the result, and so on until the answer is text.

    question ── chunks ── two rankings ── fused ── thinned out ── as many as fit ── model
                                                                    ▲                  │
                                                                    └── tool ◄─ call ──┘

Half of the chapter finds passages.  `chunk_text` cuts documents into overlapping windows.
`bm25_scores` ranks them by the words they share with the question, rare ones counting more;
`cosine_top_k` ranks by the angle between embeddings, which know that a car is an automobile.  One
is right where the other is blind, so `reciprocal_rank_fusion` adds up their ranks, since their
scores have no common unit.  Good passages often say the same thing: `maximal_marginal_relevance`
prefers those that bring something new, and `assemble_context` packs what fits into the prompt.
`ranking_metrics` says whether any of it helped.

The other half acts.  `parse_tool_call` reads what a model wrote, strictly, `run_agent` is the loop
between model and tools, which no mistake of either may stop, and `workflow_order` says in which
order tasks may run of which some need others.

No model and no network is needed for it: what calls itself one here is a function, and yours will
not notice when a real one takes its place.  Of earlier chapters it takes an idea only, that dot
products say how well two vectors agree (chapters 8 and 16).

A *word* is what `str.split()` gives.  Ids, tokens and tasks are strings that are not empty, and
are compared as they are.  Ranks count from 1, indices from 0.  A pair may be a tuple or a list.
Where a number of things is asked for, it may be more than there are.  Inputs are not changed.
"""

import heapq
import json
import math

import numpy as np


def chunk_text(text, size, overlap):
    """Cut a text into windows of `size` words, of which neighbours share `overlap`.

        chunk i = words  i (size − overlap)  to  i (size − overlap) + size − 1,  joined by spaces

    A thought that is cut by a border stands whole in the next window, if it is no longer than the
    overlap.  The first window that reaches the last word is the last one, and may be shorter: no
    chunk lies wholly in the one before.  A text without words has no chunks.  The answer is a list
    of str.

    Raises ValueError unless size ≥ 1 and 0 ≤ overlap < size, whatever the text.

    >>> chunk_text("one two  three four five six", 3, 1)
    ['one two three', 'three four five', 'five six']
    >>> chunk_text("one two three four five", 3, 1)
    ['one two three', 'three four five']
    """
    raise NotImplementedError


def bm25_scores(query, documents, k1=1.5, b=0.75):
    """Score documents by the words that they share with a query: Okapi BM25.

        score(d) = Σ_t idf(t) f (k1 + 1) / (f + k1 (1 − b + b |d| / m))
        idf(t)   = ln(1 + (n − n_t + ½) / (n_t + ½))

    The sum is over the tokens t of the query; one that is there twice counts twice.  f is how often
    t occurs in the document d, |d| the number of tokens of d, m the mean of |d| over all n
    documents, and n_t the number of documents in which t occurs at all.

    Three thoughts are in it.  A word that few documents have says much: idf, in the form of
    Lucene, which is never negative.  The tenth occurrence says less than the first: the fraction
    grows with f, but never beyond k1 + 1.  And long documents have more of every word: b = 1
    takes their length off entirely, b = 0 not at all.

    query is a list of tokens, documents a list, not empty, of such lists; the answer is a float64
    array (n,).  The query may be empty, and so may documents, all of them even: they score 0.  A
    token that d lacks adds 0, with k1 = 0 too.  k1 ≥ 0 and 0 ≤ b ≤ 1.

    Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009,
    section 3.4; the idf is Lucene's.

    >>> documents = [["red", "cat"], ["red", "red", "dog", "sat"], []]
    >>> bm25_scores(["cat", "red"], documents, k1=1.0, b=0.5).round(4).tolist()
    [1.4508, 0.5371, 0.0]
    """
    raise NotImplementedError


def cosine_top_k(query, vectors, k):
    """Find the k vectors that point most nearly where the query points.

        cos(q, v) = q · v / (‖q‖ ‖v‖),   and 0 where q or v is all zeros

    query is (D,), vectors (n, D) with n ≥ 1, and k ≥ 0.  The answer is (indices, scores): integers
    and floats, arrays of length min(k, n), by decreasing cosine.  Of equal cosines the lower index
    comes first.  With k = 0 both are empty.  There is no NaN in the answer.

    >>> vectors = np.array([[0.0, 2], [3, 0], [3, 4], [0, 0], [8, 0]])
    >>> indices, scores = cosine_top_k(np.array([0.5, 0]), vectors, 4)
    >>> indices.tolist(), scores.round(4).tolist()
    ([1, 4, 2, 0], [1.0, 1.0, 0.6, 0.0])
    """
    raise NotImplementedError


def reciprocal_rank_fusion(rankings, k=60):
    """Make one ranking of several, by the ranks alone.

        score(id) = Σ 1 / (k + rank of id),   over the rankings that hold it

    Scores of BM25 and cosines have no common unit, ranks have.  The larger k, the less the top of
    a list counts above what follows: k = 60 lets two lists that agree on a second place outvote
    one that has its own first.

    rankings is a list of rankings, a ranking a list of distinct ids, best first, so that the
    first has rank 1.  A ranking adds nothing to an id that it does not hold.  There may be empty
    rankings, and none at all; k ≥ 0.  The answer is a list of (id, score) by decreasing score, of
    all ids that occur.  Of equal scores the one comes first that is met first when the rankings
    are read one after the other.

    Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank
    Learning Methods", 2009.

    >>> fused = reciprocal_rank_fusion([["a", "b", "c"], ["d", "c", "b"]], k=1)
    >>> [(one, round(score, 4)) for one, score in fused]
    [('b', 0.5833), ('c', 0.5833), ('a', 0.5), ('d', 0.5)]
    """
    raise NotImplementedError


def maximal_marginal_relevance(query, vectors, k, lam):
    """Choose vectors that fit a query and do not repeat each other.

        first:  argmax_i  cos(q, v_i),   whatever λ is
        then:   argmax_i  λ cos(q, v_i) − (1 − λ) max_j cos(v_i, v_j)

    i runs over those that are not chosen yet, j over those that are.  With λ = 1 only fitness
    counts, with λ = 0 only what is new.  Choosing is greedy: after each choice the others are
    weighed afresh.

    query is (D,), vectors (n, D) with n ≥ 1, k ≥ 0 and 0 ≤ lam ≤ 1.  The answer is a list of
    min(k, n) different indices in the order in which they were chosen.  A vector of zeros has
    cosine 0 with everything, also with itself.  Of equal ones the lower index is chosen.

    Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents
    and Producing Summaries", 1998; with the first choice of LangChain.

    >>> vectors = np.array([[1.0, 0], [4, 3], [4, 3], [0, 1]])
    >>> maximal_marginal_relevance(np.array([2.0, 1]), vectors, 3, 0.5)
    [1, 0, 2]
    >>> maximal_marginal_relevance(np.array([2.0, 1]), vectors, 3, 1.0)
    [1, 2, 0]
    """

    raise NotImplementedError


def assemble_context(chunks, scores, budget):
    r"""Pack the best chunks that fit into a prompt, in the order of the document.

    chunks is a list of strings of at least one word, scores a list of floats, as long.  Chunks are
    looked at by decreasing score, of equal scores the earlier one first.  A chunk is taken if its
    number of words fits what is left of the budget (filling it exactly fits) and no equal string
    was taken before.  One that does not fit is passed over; a smaller one after it may be taken.

    The answer is (text, chosen).  chosen are the indices of what was taken, in ascending order:
    that is how the document went on.  text is the taken chunks in that order, each as `[i] chunk`
    with its index i, so that an answer can cite it, with an empty line in between: "\n\n".  Labels
    cost nothing.  If nothing is taken the answer is ("", []).  budget ≥ 0 is a number of words, and
    chunks appear as they are.

    >>> chunks = ["it rained all day", "they met", "she  wore red", "they met", "on a bridge"]
    >>> assemble_context(chunks, [0.1, 0.9, 0.3, 0.8, 0.6], 8)
    ('[1] they met\n\n[2] she  wore red\n\n[4] on a bridge', [1, 2, 4])
    """
    raise NotImplementedError


def ranking_metrics(ranked, gains, k):
    """Measure the first k places of a ranking: recall, reciprocal rank and nDCG.

        recall          = relevant ids among the first k / all relevant ids
        reciprocal rank = 1 / rank of the first relevant id,  0 if it is not among the first k
        nDCG            = DCG / IDCG,   DCG = Σ gain / log₂(rank + 1)  over the first k

    IDCG is the DCG of the best ranking there could be: all gains, sorted decreasingly and cut at
    k, also those of ids that the ranking never found.  Recall asks whether a model could read the
    answer at all, the reciprocal rank how far down it had to read, nDCG for everything at once.

    ranked is a list of distinct ids, best first, perhaps empty or shorter than k; gains a dict from
    the relevant ids, and only those, to their gains > 0.  k ≥ 1.  The answer is (recall, reciprocal
    rank, ndcg), floats.  Where nothing is relevant all three are 0.

    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002; the gain
    itself is summed, as scikit-learn does, not 2^gain − 1.

    >>> gains = {"a": 3.0, "b": 1.0, "c": 2.0}
    >>> [round(one, 4) for one in ranking_metrics(["x", "b", "a", "y", "c"], gains, 3)]
    [0.6667, 0.5, 0.4475]
    """
    raise NotImplementedError


def parse_tool_call(text):
    """Read the call of a tool that a model has written, and accept nothing that is almost one.

        <tool_call>{"name": "search", "arguments": {"query": "rain"}}</tool_call>

    A text without `<tool_call>` has no call in it: the answer is None.  Otherwise it is (name,
    arguments) of its one block.  Between the tags stands JSON, with white space around it or not:
    an object with "name", a string that is not empty, and "arguments", an object, which may be
    empty; other keys are ignored.  The arguments are a dict with the values that `json.loads`
    gives.  Any text may stand before and after the block, and the JSON may go over several lines.

    Raises ValueError, or an error derived from it, where the block cannot be read: no closing tag
    after the opening one; more than one `<tool_call>`; JSON that `json.loads` rejects, such as
    single quotes, a Markdown fence, text behind the object or nothing at all; no object; name or
    arguments missing, empty name, or one of them of another type, arguments as a string of JSON
    too.  What is guessed here is executed later: a strict reader asks the model again instead.

    >>> parse_tool_call('So: <tool_call> {"name": "add", "arguments": {"a": [1, 2]}} </tool_call>')
    ('add', {'a': [1, 2]})
    >>> parse_tool_call("It rains.") is None
    True
    """
    raise NotImplementedError


def run_agent(model, tools, question, max_steps):
    """Let a model use tools until it answers.

    messages begins as [{"role": "user", "content": question}].  A step calls model(messages) and
    appends its reply as {"role": "assistant", "content": reply}.  If `parse_tool_call` finds no
    call in the reply, it is the answer, unchanged, and the loop ends.  Otherwise what came of the
    call is appended as {"role": "tool", "content": observation}, and the next step begins.  The
    observation is a text:

        str(tools[name](**arguments))      what the tool returned
        error: unknown tool NAME           if tools has no such name
        error: TYPE: MESSAGE               if it raised an Exception e: type(e).__name__, str(e)
        error: …                           if `parse_tool_call` raised ValueError; any text

    A model can mend what it is told about, so nothing that goes wrong ends the loop.  model is
    called at most max_steps times, max_steps ≥ 0, and the tool of the last step still runs.

    model is a function from the messages so far, a list of dicts, to a str; tools a dict from names
    to functions.  What a tool returns may be anything, None, 0 or "" too.  The answer is (reply,
    messages), and (None, messages) if all steps were used up by calls.

    Yao et al., "ReAct: Synergizing Reasoning and Acting in Language Models", 2023.

    >>> def model(messages):
    ...     if messages[-1]["role"] == "tool":
    ...         return "It is " + messages[-1]["content"] + "."
    ...     return '<tool_call>{"name": "add", "arguments": {"b": 3, "a": 2}}</tool_call>'
    >>> answer, messages = run_agent(model, {"add": lambda a, b: a + b}, "2 + 3?", 4)
    >>> answer, [message["role"] for message in messages]
    ('It is 5.', ['user', 'assistant', 'tool', 'assistant'])
    >>> run_agent(model, {}, "2 + 3?", 1)[1][-1]
    {'role': 'tool', 'content': 'error: unknown tool add'}
    """

    raise NotImplementedError


def workflow_order(dependencies):
    """Put tasks into an order in which each comes after all that it needs.

    dependencies is a dict from a task to the list of tasks that it needs before it.  A task that
    stands in a list only needs nothing.  One may stand in a list twice, which means no more than
    once.  The answer is a list of all tasks, each once.

    There are many such orders, and this is the one of them: of the tasks that are ready, the
    alphabetically smallest (Python's < between strings) comes next, chosen anew after every task.
    {} gives [].

    Raises ValueError if tasks need each other in a circle, a task that needs itself included.
    A chain may be 2000 tasks long, which is too deep for recursion, and shall take no longer than
    a moment: remember what is done in a set, not in a list.

    Kahn, "Topological sorting of large networks", 1962.

    >>> workflow_order({"eat": ["cook", "lay"], "cook": ["shop"], "write": ["shop"], "buy": []})
    ['buy', 'lay', 'shop', 'cook', 'eat', 'write']
    """
    raise NotImplementedError
