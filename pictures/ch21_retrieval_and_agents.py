"""Pictures of chapter 21: two rankings that are blind to different things, and their fusion."""

import numpy as np

from grader.show.picture import Curves, Heatmap, picture

PASSAGES = (
    "the automobile did not start in the cold",
    "a car model 7 has a motor of 90 horses",
    "a car model 9 has a motor of 70 horses",
    "physicians say that sleep heals a cold",
    "a doctor gave the driver of the car tea",
    "in winter every vehicle starts badly",
    "tea is drunk hot with milk",
    "a remedy against fever is rest",
)
QUESTIONS = {
    "car that does not start": {0: 3.0, 5: 2.0},
    "motor of model 9": {2: 3.0, 1: 1.0},
    "what doctors say about a cold": {3: 3.0, 7: 1.0},
    "medicine against fever": {7: 3.0, 3: 1.0},
    "hot tea": {6: 3.0, 4: 1.0},
}
MEANINGS = (
    {"car", "automobile", "vehicle", "driver", "model", "motor", "horses"},
    {"doctor", "doctors", "physicians", "medicine", "remedy", "fever", "heals", "rest", "sleep"},
    {"start", "starts", "badly"},
    {"cold", "winter", "fever"},
    {"tea", "milk", "drunk", "hot"},
)
"""What an embedding may know of words: which ones belong together."""

FIRST = 3
BY = ("words", "meaning", "both")


def embedded(text):
    """How many words of a text have each meaning."""
    return (
        np.array([[word in meaning for word in text.split()] for meaning in MEANINGS]).sum(1) * 1.0
    )


def rankings(submission, question):
    """Passages, best first: by BM25, by cosine, and by both."""
    scores = submission.bm25_scores(question.split(), [one.split() for one in PASSAGES])
    words = [str(i) for i in np.argsort(-np.asarray(scores), kind="stable")]
    vectors = np.array([embedded(one) for one in PASSAGES])
    nearest, _ = submission.cosine_top_k(embedded(question), vectors, len(PASSAGES))
    meaning = [str(i) for i in nearest]
    both = [one for one, _ in submission.reciprocal_rank_fusion([words, meaning], k=3)]
    return dict(zip(BY, (words, meaning, both), strict=True))


@picture("reciprocal_rank_fusion: 1 / rank before and after; ringed is what was looked for")
def before_and_after(submission):
    question, wanted = next(iter(QUESTIONS.items()))
    ranked = rankings(submission, question)
    rows = [[1 / (ranked[by].index(str(i)) + 1) for by in BY] for i in range(len(PASSAGES))]
    marks = [(i, column) for i in wanted for column in range(len(BY))]
    return Heatmap(rows, rows=PASSAGES, columns=BY, marks=marks)


@picture("ranking_metrics: nDCG of the first three, for five questions")
def measured(submission):
    lines = {by: [] for by in BY}
    for question, wanted in QUESTIONS.items():
        gains = {str(i): gain for i, gain in wanted.items()}
        for by, ranked in rankings(submission, question).items():
            lines[by].append(submission.ranking_metrics(ranked, gains, FIRST)[2])
    return Heatmap(
        [lines[by] for by in BY], rows=BY, columns=[f"{n + 1}" for n in range(len(QUESTIONS))]
    )


@picture("maximal_marginal_relevance: what the chosen passages have in common, as λ grows")
def repeated(submission):
    vectors, steps = np.array([embedded(one) for one in PASSAGES]), np.linspace(0, 1, 11)
    lines = {"like the question": [], "like each other": []}
    query = embedded("car model motor start")
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for lam in steps:
        chosen = submission.maximal_marginal_relevance(query, vectors, FIRST, lam)
        near = units[list(chosen)]
        lines["like the question"].append(float((near @ query / np.linalg.norm(query)).mean()))
        lines["like each other"].append(
            float((near @ near.T)[np.triu_indices(len(near), 1)].mean())
        )
    return Curves(
        {name: (steps, line) for name, line in lines.items()}, across="λ", up="mean cosine"
    )
