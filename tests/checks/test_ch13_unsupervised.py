"""Checks of clustering, principal components, isolation forests and itemsets.

Ties are tested where a statement breaks them, on small integers, where every style computes them
exactly.  Elsewhere rows are such that nothing is decided by rounding: those drawn plainly come
from short lists of integers without ties, all others are normal.  The variances of the data for
`pca` are made to measure, each at least 1.5 times the next.
"""

import itertools

import numpy as np

from grader.checks import (
    ORDINARY,
    check,
    double_precision,
    example,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    fills,
    generator,
    given,
    matches,
    st,
    untouched,
)

SEEDS = st.integers(0, 2**16)


def drawn(make, fill, *choices):
    """Draw make(fill, *one of each of the choices): all of them at once, the first is simplest."""
    combinations = st.sampled_from(list(itertools.product(*choices)))
    return st.builds(lambda recipe, choice: make(recipe, *choice), fill, combinations)


def is_plain(fill):
    """Whether this example is to be one that can be followed by hand."""
    return fill.kind != "normal"


def kind_of_labels(module, name, position, *arguments):
    """call the function and look at the kind of its labels' dtype; position -1: labels are all"""
    answer = getattr(module, name)(*arguments)
    return str((answer if position < 0 else answer[position]).dtype.kind)


def expect_integers(kind):
    """Raise Mismatch unless it is the kind of an integer dtype."""
    names = {"f": "floats", "b": "booleans", "c": "complex numbers"}
    got = names.get(kind, "something else")
    expect(kind in ("i", "u"), f"labels are integers, not {got}", expected="integers", got=got)


def answer_and_next(module, name, *arguments):
    """call the function, then draw an integer and a float of your own from the same generator"""
    answer, rng = getattr(module, name)(*arguments), arguments[-1]
    return [answer, [int(rng.integers(2**31)), float(rng.random())]]


def next_draws(rng):
    """What `answer_and_next` would draw from this generator.

    An integer first: two small integers come out of one random word, so an integer too many may
    leave the floats as they are.
    """
    return [int(rng.integers(2**31)), float(rng.random())]


def expect_same_draws(submission, reference, name, *arguments):
    """Raise Mismatch unless the generator stands where the reference leaves it."""
    _, got = submission.probe(answer_and_next, name, *arguments)
    _, due = reference.probe(answer_and_next, name, *arguments)
    message = "the generator's next numbers: draws were left out, or there was one too many"
    expect_close(got, due, message, scale=0.0)


# ---------------------------------------------------------------------------- kmeans_plus_plus

CHOICES = ((4, 1, 3), (1, 1, 1), (2, 1, 2), (3, 2, 2), (5, 2, 3), (4, 3, 4), (6, 2, 6), (5, 1, 1))
SEVERAL = ((4, 1, 3), (3, 2, 2), (5, 2, 4), (6, 1, 2), (8, 3, 5))


def rows_to_choose_from(shapes=CHOICES, scales=ORDINARY):
    """Draw X, k and a generator; some rows are there twice, but at least k are different."""
    return drawn(_rows_to_choose_from, fills(scales), shapes)


def _rows_to_choose_from(fill, shape):
    n, d, k = shape
    X = fill.distinct(n, d) if is_plain(fill) else fill(n, d)
    if n > k and fill.rng.integers(2):
        X[-1] = X[0]
    return X, k, generator(int(fill.rng.integers(2**16)))


example("kmeans_plus_plus")
matches("kmeans_plus_plus", rows_to_choose_from())
matches(
    "kmeans_plus_plus",
    rows_to_choose_from(((3, 1, 2), (4, 2, 2), (6, 1, 2), (7, 3, 2))),
    title="is right for two centers",
    weight=2,
    examples=12,
)


@check("kmeans_plus_plus", "one center is one row, and one draw", practice=True, examples=8)
@given(case=rows_to_choose_from(((4, 1, 1), (3, 2, 1), (5, 3, 1))))
def test_kmeans_plus_plus_one(submission, case):
    X, _, drawn_from = case
    rng = np.random.default_rng(drawn_from.seed)
    row = rng.integers(len(X))
    got, after = submission.probe(answer_and_next, "kmeans_plus_plus", *case)
    expect_close(got, X[[row]], "the first center is row rng.integers(n)")
    expect_close(after, next_draws(rng), "for one center nothing more is drawn", scale=0.0)


@check("kmeans_plus_plus", "no row is chosen twice", practice=True, examples=10)
@given(case=rows_to_choose_from(((2, 1, 2), (4, 1, 4), (5, 2, 5), (6, 3, 6))))
def test_kmeans_plus_plus_different(submission, case):
    X, got = case[0], submission.kmeans_plus_plus(*case)
    order = np.lexsort(X.T)
    message = "as many centers as there are rows: each row once"
    expect_close(got[np.lexsort(got.T)], X[order], message)


@check("kmeans_plus_plus", "a far away group is found at once", practice=True, examples=10)
@given(fill=fills((1.0,)), d=st.integers(1, 3), seed=SEEDS)
def test_kmeans_plus_plus_far(submission, fill, d, seed):
    X = fill.uniform(0.0, 1.0, 9, d)
    X[3] += 1e7
    X[7] -= 1e7
    got = submission.kmeans_plus_plus(X, 3, generator(seed))
    groups = np.sort(np.sign(got[:, 0]) * (np.abs(got[:, 0]) > 10))
    expect_equal(groups, np.array([-1.0, 0.0, 1.0]), "three groups, so one center in each")


@check("kmeans_plus_plus", "draws what the statement says and no more", examples=10)
@given(case=rows_to_choose_from())
def test_kmeans_plus_plus_draws(submission, reference, case):
    expect_same_draws(submission, reference, "kmeans_plus_plus", *case)


untouched("kmeans_plus_plus", rows_to_choose_from())


# -------------------------------------------------------------------------------------- kmeans

LINE = np.array([[2.0], [3.0], [5.0], [10.0], [11.0], [16.0]])
PLANE = np.array([[1.0, 2.0], [2.0, 2.0], [1.0, 5.0], [10.0, 9.0], [9.0, 6.0], [7.0, 10.0]])
PLAIN_STARTS = ((LINE, (0, 3)), (LINE, (1, 2, 4)), (PLANE, (0, 1)), (PLANE, (5, 2, 3)))
NAMES = ("centers", "labels", "inertia")
DESIGNS = ((4, 1, 2), (1, 1, 1), (6, 2, 3), (5, 2, 1), (3, 3, 3), (7, 3, 2), (8, 1, 4), (2, 2, 4))


def clusterings(steps=(1, 0, 2, 3, 5), empty=(False, True), scales=ORDINARY):
    """Draw X, centers and a number of steps, without ties; a center may be far from every row."""
    return drawn(_clustering, fills(scales), DESIGNS, steps, empty)


def _clustering(fill, shape, steps, empty):
    n, d, k = shape
    if is_plain(fill):
        X, start = PLAIN_STARTS[fill.rng.integers(len(PLAIN_STARTS))]
        X, centers = X.copy(), X[list(start)]
    else:
        X, centers = fill(n, d), fill(k, d)
    if not empty:
        k = min(len(centers), len(X))
        return X, X[:k].copy() if not is_plain(fill) else centers, steps
    far = np.full((1, X.shape[1]), 1000.0 * max(np.abs(X).max(), 1e-3))
    return X, np.insert(centers, fill.rng.integers(len(centers) + 1), far, axis=0), steps


example("kmeans")
matches("kmeans", clusterings(), names=NAMES)
matches(
    "kmeans",
    clusterings((1, 2, 4), (False,), (1.0, 30.0)),
    title="is right while every center has rows",
    names=NAMES,
    weight=3,
    examples=16,
)


@check("kmeans", "no step, no move", examples=10)
@given(case=clusterings((0,)))
def test_kmeans_no_step(submission, reference, case):
    expect_close(submission.kmeans(*case), reference.kmeans(*case), names=NAMES)


@check("kmeans", "of two centers as near, the lower index has the row", examples=10)
@given(n=st.integers(1, 6), gap=st.integers(1, 3), steps=st.integers(0, 1), fill=fills())
def test_kmeans_ties(submission, reference, n, gap, steps, fill):
    middle = fill.rng.integers(-5, 6, 2).astype(float)
    X = middle + np.outer(fill.rng.permutation(n), [0.0, 1.0])
    across = np.array([float(gap), 0.0])
    centers = np.array([middle + across, middle - across, middle + across])
    # After a step, the second center still is on one side and all rows are at the first.
    got, expected = submission.kmeans(X, centers, steps), reference.kmeans(X, centers, steps)
    expect_close(got, expected, "the rows lie between the centers", names=NAMES)


@check("kmeans", "a center without rows stays where it is", practice=True, examples=8)
@given(steps=st.integers(1, 3), place=st.integers(0, 2))
def test_kmeans_empty(submission, steps, place):
    far = np.array([50.0, -60.0])
    centers, _, _ = submission.kmeans(PLANE, np.insert(PLANE[[0, 3]], place, far, axis=0), steps)
    expect_close(centers[place], far, "no row is near to this center")


@check("kmeans", "labels and inertia belong to the centers returned", practice=True, examples=10)
@given(fill=fills(), steps=st.integers(1, 2))
def test_kmeans_belong(submission, fill, steps):
    X = fill.uniform(-9.0, 9.0, 8, 2)
    centers, labels, inertia = submission.kmeans(X, X[:3].copy(), steps)
    _, again, once_more = submission.kmeans(X, centers, 0)
    message = "asked again for these centers, without a step"
    expect_close(once_more, float(inertia), f"{message}: inertia")
    expect_equal(again, labels, f"{message}: labels")


@check("kmeans", "a step never raises the inertia", practice=True, examples=10)
@given(fill=fills(), steps=st.integers(0, 3))
def test_kmeans_inertia_falls(submission, fill, steps):
    X = fill.uniform(-9.0, 9.0, 9, 2) ** 3
    inertia = [float(submission.kmeans(X, X[:3].copy(), s)[2]) for s in (steps, steps + 1)]
    before, after = inertia
    expect(after <= before * (1 + 1e-9), "one step more must not cost more", got=inertia)
    expect(after > 0, "nine different rows and three centers cost something", got=inertia)


@check("kmeans", "labels are integers", examples=6)
@given(case=clusterings())
def test_kmeans_integers(submission, case):
    expect_integers(submission.probe(kind_of_labels, "kmeans", 1, *case))


untouched("kmeans", clusterings())
double_precision("kmeans", clusterings(), names=NAMES)


# ---------------------------------------------------------------------------------- silhouette

PARTITIONS = (
    (3, 3, 7, 7, 7, 5, 5),
    (0, 1),
    (3, 3, 7, 7),
    (0, 0, 1),
    (5, -2, 5, -2, 5),
    (1, 2, 3),
    (0, 0, 1, 1, 2),
    (9, 9, 4, 9, -7, 4, 4),
    (2, 0, 0, 2, 1, 1, 2, 0),
)
COMPANY = tuple(labels for labels in PARTITIONS if min(map(labels.count, labels)) > 1)


def partitions(which=PARTITIONS, scales=ORDINARY):
    """Draw rows of one to three features and a label for each."""
    return drawn(_partition, fills(scales), which, (1, 2, 3))


def _partition(fill, labels, d):
    n = len(labels)
    X = fill.distinct(n, d) if is_plain(fill) else fill(n, d)
    largest = np.flatnonzero(np.equal(labels, max(labels, key=labels.count)))
    equal = fill.rng.integers(4)
    if equal < 2:  # all rows of a cluster, so that a = 0, or two of them: a distance of 0 counts
        X[largest[: 2 if equal else None]] = X[largest[0]]
    return X, np.array(labels)


example("silhouette")
matches("silhouette", partitions(), scale=1.0)
matches(
    "silhouette",
    partitions(COMPANY),
    title="is right where nobody is alone",
    scale=1.0,
    weight=3,
    examples=16,
)


@check("silhouette", "the only row of a cluster gets 0", practice=True, examples=8)
@given(fill=fills(), alone=st.integers(0, 4), d=st.integers(1, 3))
def test_silhouette_alone(submission, fill, alone, d):
    labels = np.array([4, 4, 6, 6, 6])
    labels[alone] = 5
    got = submission.silhouette(fill.distinct(5, d), labels)
    expect_close(got[alone], 0.0, "the row that is alone", scale=1.0)


@check("silhouette", "a cluster of equal rows fits perfectly", practice=True, examples=8)
@given(fill=fills(), labels=st.sampled_from(COMPANY), d=st.integers(1, 3))
def test_silhouette_perfect(submission, fill, labels, d):
    X, mine = fill.distinct(len(labels), d), np.equal(labels, labels[0])
    X[mine] = X[0]
    got = submission.silhouette(X, np.array(labels))
    expect_close(got[mine], np.ones(mine.sum()), "here a = 0 and b > 0")


@check("silhouette", "rows that are all equal get 0", examples=8)
@given(case=partitions(COMPANY), value=st.integers(-3, 3))
def test_silhouette_equal(submission, case, value):
    X, labels = case
    got = submission.silhouette(np.full(X.shape, float(value)), labels)
    expect_close(got, np.zeros(len(labels)), "here a = b = 0", scale=1.0)


@check(
    "silhouette",
    "tight clusters far apart get nearly 1, swapped labels nearly −1",
    practice=True,
    examples=10,
)
@given(fill=fills(), d=st.integers(1, 3))
def test_silhouette_extremes(submission, fill, d):
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    X = 1000.0 * labels[:, None] + fill.uniform(0.0, 1.0, 9, d)
    got = submission.silhouette(X, labels)
    expect((got > 0.99).all() and (got <= 1).all(), "well inside its cluster is nearly 1", got=got)
    wrong = labels.copy()
    wrong[0] = 1
    got = submission.silhouette(X, wrong)
    expect(-1 <= got[0] < -0.99, "the first row is in the wrong cluster", got=got)


@check("silhouette", "other names for the clusters change nothing", practice=True, examples=10)
@given(case=partitions(), times=st.sampled_from((-1, -7, 5)), plus=st.integers(-3, 3))
def test_silhouette_names(submission, case, times, plus):
    X, labels = case
    got, due = submission.silhouette(X, times * labels + plus), submission.silhouette(X, labels)
    expect_close(got, due, "every label was given another number", scale=1.0)


untouched("silhouette", partitions())
double_precision("silhouette", partitions())


# --------------------------------------------------------------------------------- agglomerate

LINKAGES = ("single", "complete", "average")
SETS = ((4, 1), (2, 1), (3, 1), (4, 2), (5, 1), (5, 3), (6, 2), (7, 2), (8, 1), (3, 3))
UNEVEN = (0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 127.0)
"""Gaps that double: no two clusters of these are as far apart as two others."""


def sets_of_rows(linkages=LINKAGES, scales=ORDINARY):
    """Draw rows without ties, and a linkage."""
    return drawn(_set_of_rows, fills(scales), SETS, linkages)


def _set_of_rows(fill, shape, linkage):
    n, d = shape
    if not is_plain(fill):
        return fill(n, d), linkage
    X = np.zeros((n, d))
    X[:, -1] = fill.rng.permutation(UNEVEN[:n])
    return X, linkage


def lattices():
    """Draw rows at small integers, many of them as near as others, and single or complete."""
    shapes = ((4, 1), (3, 1), (4, 2), (6, 2), (5, 3))
    return drawn(_lattice, fills(), shapes, LINKAGES[:2], ("twins", "anywhere"))


def _lattice(fill, shape, linkage, kind):
    if kind == "anywhere":
        return fill.rng.integers(0, 4, shape).astype(float), linkage
    # Two and two rows are neighbours, and which two is for the numbers to say.
    X = np.zeros(shape)
    X[:, 0] = [10 * (i // 2) + i % 2 for i in fill.rng.permutation(len(X))]
    return X, linkage


example("agglomerate")
matches("agglomerate", sets_of_rows())
matches(
    "agglomerate",
    sets_of_rows(("single",)),
    title="is right for single linkage",
    weight=2,
    examples=12,
)
matches(
    "agglomerate",
    sets_of_rows(("complete",)),
    title="is right for complete linkage",
    weight=2,
    examples=12,
)
matches(
    "agglomerate",
    sets_of_rows(("average",)),
    title="is right for average linkage",
    weight=2,
    examples=12,
)


@check("agglomerate", "of tied pairs the smallest is merged", weight=2, examples=14)
@given(case=lattices())
def test_agglomerate_ties(submission, reference, case):
    expect_close(submission.agglomerate(*case), reference.agglomerate(*case))


@check("agglomerate", "another linkage is a ValueError", examples=6)
@given(case=sets_of_rows(("centroid", "Single", "", "ward")))
def test_agglomerate_error(submission, case):
    expect_error("ValueError", submission.agglomerate, *case)


@check("agglomerate", "an average of three rows is over all pairs", practice=True)
def test_agglomerate_mean(submission):
    got = submission.agglomerate(np.array([[0.0], [1.0], [3.0], [7.0]]), "average")
    due = [[0.0, 1.0, 1.0, 2.0], [2.0, 4.0, 5 / 2, 3.0], [3.0, 5.0, 17 / 3, 4.0]]
    expect_close(got, np.array(due))


@check("agglomerate", "every cluster but the last is merged once", practice=True, examples=10)
@given(case=sets_of_rows())
def test_agglomerate_numbers(submission, case):
    X, _ = case
    got = submission.agglomerate(*case)
    pairs = got[:, :2]
    due = np.arange(2.0 * len(X) - 2)
    expect_close(np.sort(pairs.ravel()), due, "clusters 0 … 2n − 3, each in one merge")
    expect((pairs[:, 0] < pairs[:, 1]).all(), "the smaller number stands first", got=got)
    expect_close(got[-1, 3], float(len(X)), "the last cluster holds every row")


@check("agglomerate", "distances never decrease", practice=True, examples=10)
@given(fill=fills(), linkage=st.sampled_from(LINKAGES), others=st.integers(0, 3))
def test_agglomerate_monotone(submission, fill, linkage, others):
    # The middle of two corners is nearer to the third than the corners are to each other.
    corners = np.array([[0.0, 0.0], [10.0, 0.0], [5.0, 9.0]])
    X = fill.rng.permutation(np.concatenate([corners, fill.uniform(40.0, 90.0, others, 2)]))
    distances = submission.agglomerate(X, linkage)[:, 2]
    falls = np.diff(distances) < -1e-9 * np.abs(distances).max()
    expect(not falls.any(), "the nearest are merged first, and merging brings nobody nearer")
    expect((distances > 0).all(), "rows that differ have a distance", got=distances)


untouched("agglomerate", sets_of_rows())
double_precision("agglomerate", sets_of_rows(("average", "complete")))


# ----------------------------------------------------------------------------------------- pca

PARTS = ("mean", "components", "variance", "ratio")
SPECTRA = ((4, 2, 1), (4, 2, 2), (2, 1, 1), (2, 3, 1), (5, 3, 2), (3, 5, 2), (4, 3, 3), (3, 2, 1))
SPECTRA += ((8, 4, 2), (6, 5, 3), (3, 3, 2), (12, 3, 1))


def clouds(shapes=SPECTRA, scales=ORDINARY):
    """Draw X and k; every variance is at least 1.5 times the next."""
    return drawn(_cloud, fills(scales), shapes)


def _cloud(fill, shape):
    n, d, k = shape
    if is_plain(fill):
        return _cross(fill.rng, max(d, 2), k)
    rank = min(n - 1, d)
    rows = fill.rng.standard_normal((n, rank))
    spread, _ = np.linalg.qr(rows - rows.mean(axis=0))
    directions, _ = np.linalg.qr(fill.rng.standard_normal((d, rank)))
    sizes = fill.scale * fill.rng.uniform(1.25, 2.0, rank).cumprod()
    X = fill(n, d)
    X[...] = (spread * sizes) @ directions.T + 3.0 * fill.scale * fill.rng.standard_normal(d)
    return X, k


def _cross(rng, d, k):
    """Two rows along each axis, around a center of integers: each axis is a direction."""
    arms = np.diag(rng.permutation(np.arange(1.0, d + 1)))
    return np.concatenate([arms, -arms]) + rng.integers(-3, 4, d), k


def upright_pca(module, X, k):
    """call pca and turn each direction so that its product with (1, e, e², …) is not negative"""
    answer = module.pca(X, k)
    if not isinstance(answer, (tuple, list)) or len(answer) != 4:
        return answer
    mean, components, variance, ratio = answer
    if isinstance(components, np.ndarray) and components.ndim == 2:
        down = components @ np.exp(np.arange(components.shape[1])) < 0
        components = np.where(down[:, None], -components, components)
    return mean, components, variance, ratio


example("pca")


@check("pca", "matches the reference", value=True)
@given(case=clouds())
def test_pca_value(submission, reference, case):
    got, due = submission.probe(upright_pca, *case), reference.probe(upright_pca, *case)
    expect_close(got, due, names=PARTS)


@check("pca", "finds the mean and the directions", value=True, weight=2, examples=14)
@given(case=clouds())
def test_pca_directions(submission, reference, case):
    got, due = submission.probe(upright_pca, *case), reference.probe(upright_pca, *case)
    expect_close(got[:2], due[:2], names=PARTS[:2])


@check("pca", "directions are orthonormal", practice=True, examples=10)
@given(case=clouds())
def test_pca_orthonormal(submission, case):
    _, k = case
    _, components, _, _ = submission.pca(*case)
    message = "every direction has length 1, and none a part along another"
    expect_close(components @ components.T, np.eye(k), message)


@check("pca", "what is lost is the variance that was not kept", practice=True, examples=10)
@given(case=clouds())
def test_pca_reconstruction(submission, case):
    X, k = case
    most = min(len(X) - 1, X.shape[1])
    mean, components, _, _ = submission.pca(X, k)
    _, _, variance, _ = submission.pca(X, most)
    again = mean + (X - mean) @ components.T @ components
    lost, due = ((X - again) ** 2).sum(), (len(X) - 1) * variance[k:].sum()
    message = "squared error of the reconstruction, and (n − 1) times the dropped variances"
    expect_close(lost, float(due), message, scale=float((len(X) - 1) * variance.sum()))
    expect(variance.min() > 0, "here every variance is positive", got=variance)


@check("pca", "all ratios sum to one, a part of them to less", practice=True, examples=10)
@given(case=clouds(((4, 2, 1), (5, 3, 2), (3, 5, 1), (8, 4, 3))))
def test_pca_ratio(submission, case):
    X, k = case
    every = submission.pca(X, min(len(X) - 1, X.shape[1]))[3]
    part = submission.pca(X, k)[3]
    expect_close(every.sum(), 1.0, "all directions together have all of the variance")
    expect_close(part, every[:k], "the total is over all directions, also those not asked for")


@check("pca", "moving all rows moves the mean and nothing else", examples=10)
@given(case=clouds(), fill=fills((1.0,)))
def test_pca_moved(submission, case, fill):
    X, k = case
    by = np.abs(X).max() * fill.uniform(1.0, 2.0, X.shape[1])
    mean, *others = submission.probe(upright_pca, X, k)
    moved, *same = submission.probe(upright_pca, X + by, k)
    expect_close(moved, mean + by, "mean")
    expect_close(same, others, names=PARTS[1:])


untouched("pca", clouds())
double_precision("pca", clouds(), names=PARTS, probe=upright_pca)


# ------------------------------------------------------------------------------ isolation_tree

FORESTS = (
    (3, 1, 2),
    (3, 2, 1),
    (1, 2, 3),
    (2, 1, 0),
    (5, 2, 2),
    (4, 3, 3),
    (6, 2, 1),
    (7, 1, 4),
    (8, 3, 5),
    (2, 2, 4),
)


KINDS = ("all vary", "constant", "repeated", "coarse")


def rows_to_cut(shapes=FORESTS, scales=ORDINARY, kinds=KINDS):
    """Draw X, max_depth and a generator; a feature may be constant, and rows may be repeated."""
    return drawn(_rows_to_cut, fills(scales), shapes, kinds)


def _rows_to_cut(fill, shape, kind):
    n, d, depth = shape
    X = fill.distinct(n, d) if is_plain(fill) else fill(n, d)
    if kind == "constant" and d > 1:
        X[:, fill.rng.integers(d)] = 5.0
    elif kind == "repeated":
        X[n // 2 :] = X[-1]
    elif kind == "coarse":
        X[...] = X - np.median(X, axis=0) > 0
    return X, depth, generator(int(fill.rng.integers(2**16)))


def leaves(tree, depth=0):
    """All leaves of a tree with their depths, from left to right."""
    if "size" in tree:
        return [(tree, depth)]
    return leaves(tree["left"], depth + 1) + leaves(tree["right"], depth + 1)


example("isolation_tree")
matches("isolation_tree", rows_to_cut())
matches(
    "isolation_tree",
    rows_to_cut(((3, 1, 1), (3, 2, 1), (5, 2, 1), (6, 4, 1)), kinds=("all vary",)),
    title="makes the first cut right",
    weight=3,
    examples=16,
)


@check("isolation_tree", "a feature that is constant is never cut", examples=14)
@given(case=rows_to_cut(((3, 2, 1), (4, 3, 1), (5, 4, 2)), kinds=("constant",)))
def test_isolation_tree_constant(submission, reference, case):
    expect_close(submission.isolation_tree(*case), reference.isolation_tree(*case))


@check("isolation_tree", "equal rows are a leaf, and nothing is drawn", practice=True, examples=8)
@given(n=st.integers(1, 4), d=st.integers(1, 3), depth=st.integers(0, 3), seed=SEEDS)
def test_isolation_tree_equal(submission, n, d, depth, seed):
    X = np.tile(np.arange(1.0, d + 1), (n, 1))
    asked = ("isolation_tree", X, depth, generator(seed))
    tree, after = submission.probe(answer_and_next, *asked)
    expect_close(tree, {"size": n}, "all rows are equal")
    due = next_draws(np.random.default_rng(seed))
    expect_close(after, due, "a leaf draws nothing", scale=0.0)


@check("isolation_tree", "every row is in one leaf", practice=True, examples=10)
@given(case=rows_to_cut())
def test_isolation_tree_sizes(submission, case):
    X, depth, _ = case
    found = leaves(submission.isolation_tree(*case))
    total = sum(leaf["size"] for leaf, _ in found)
    expect_equal(total, len(X), "the sizes of all leaves together")
    deepest = max(at for _, at in found)
    expect(deepest <= depth, "a leaf is deeper than max_depth", expected=depth, got=deepest)


@check("isolation_tree", "deep enough, everybody is alone", practice=True, examples=10)
@given(fill=fills(), n=st.integers(2, 6), d=st.integers(1, 3), seed=SEEDS)
def test_isolation_tree_alone(submission, fill, n, d, seed):
    tree = submission.isolation_tree(fill.distinct(n, d), n, generator(seed))
    sizes = [leaf["size"] for leaf, _ in leaves(tree)]
    expect_close(sizes, [1] * n, "n different rows and n levels: n leaves")


def kinds_of_numbers(module, X, max_depth, rng):
    """grow a tree and collect the dtypes' kinds of its features, thresholds and sizes"""
    kinds, waiting = {}, [module.isolation_tree(X, max_depth, rng)]
    while waiting:
        node = waiting.pop()
        for key, value in node.items():
            if isinstance(value, dict):
                waiting.append(value)
            else:
                kinds.setdefault(key, set()).add(np.asarray(value).dtype.kind)
    return {key: "".join(sorted(kinds[key])) for key in sorted(kinds)}


@check("isolation_tree", "features and sizes are ints, thresholds floats", examples=8)
@given(case=rows_to_cut())
def test_isolation_tree_kinds(submission, case):
    kinds = submission.probe(kinds_of_numbers, *case)
    for key, due in (("size", "iu"), ("feature", "iu"), ("threshold", "f")):
        kind = {"i": "int", "u": "int", "f": "float", "b": "bool"}.get(kinds.get(key, due[0]))
        wanted = {"i": "int", "f": "float"}[due[0]]
        expect(kind == wanted, f"a {key} must be of another type", expected=wanted, got=kind)


@check("isolation_tree", "draws what the statement says and no more", examples=10)
@given(case=rows_to_cut())
def test_isolation_tree_draws(submission, reference, case):
    expect_same_draws(submission, reference, "isolation_tree", *case)


untouched("isolation_tree", rows_to_cut())


# ------------------------------------------------------------------------------ anomaly_scores

GROVES = ((2, 1, 1, 1), (1, 1, 1, 0), (3, 2, 2, 2), (4, 3, 3, 3), (2, 2, 4, 1), (5, 1, 3, 4))
CROWDED = (3, 4, 7, 20, 150)
LONELY = (1, 2)


def scored_rows(leaf_sizes=LONELY + CROWDED, samples=(4, 2, 3, 16, 256), on_threshold=False):
    """Draw X (m, d), some trees over its features, and a sample size.

    Rows are integers and thresholds lie halfway between two, unless rows are to lie on them.
    """
    return drawn(_scored_rows, fills(), GROVES, (leaf_sizes,), samples, (on_threshold,))


def _scored_rows(fill, shape, leaf_sizes, sample_size, on_threshold):
    m, d, count, depth = shape
    X = fill.distinct(m, d)
    X[...] = fill.rng.integers(-3, 4, (m, d))
    shift = 0.0 if on_threshold else 0.5
    trees = [random_tree(fill.rng, depth, d, leaf_sizes, shift) for _ in range(count)]
    return X, trees, sample_size


def random_tree(rng, depth, d, leaf_sizes, shift=0.5):
    """A tree of at most that depth, each threshold an integer plus the shift."""
    if depth == 0 or rng.random() < 0.2:
        return {"size": int(rng.choice(leaf_sizes))}
    cut = {"feature": int(rng.integers(d)), "threshold": float(rng.integers(-2, 3)) + shift}
    sides = [random_tree(rng, depth - 1, d, leaf_sizes, shift) for _ in range(2)]
    return cut | {"left": sides[0], "right": sides[1]}


example("anomaly_scores")
matches("anomaly_scores", scored_rows())
matches(
    "anomaly_scores",
    scored_rows(CROWDED, (4, 16, 256)),
    title="is right for leaves of many rows",
    weight=3,
    examples=16,
)


@check("anomaly_scores", "is right for leaves of two rows and fewer", examples=14)
@given(case=scored_rows((*LONELY, 0), (4, 256)))
def test_anomaly_scores_lonely(submission, reference, case):
    expect_close(submission.anomaly_scores(*case), reference.anomaly_scores(*case))


@check("anomaly_scores", "a row on the threshold goes right", examples=14)
@given(case=scored_rows(CROWDED, (4, 16), on_threshold=True))
def test_anomaly_scores_threshold(submission, reference, case):
    expect_close(submission.anomaly_scores(*case), reference.anomaly_scores(*case))


@check("anomaly_scores", "trees that cut nothing score one half", practice=True, examples=8)
@given(fill=fills(), m=st.integers(1, 4), n=st.sampled_from((2, 3, 8, 256)), d=st.integers(1, 3))
def test_anomaly_scores_half(submission, fill, m, n, d):
    got = submission.anomaly_scores(fill(m, d), [{"size": n}, {"size": n}], n)
    expect_close(got, np.full(m, 0.5), "a leaf with the whole sample is no anomaly, nor normal")


@check("anomaly_scores", "trees that are there twice change nothing", practice=True, examples=10)
@given(case=scored_rows(CROWDED))
def test_anomaly_scores_twice(submission, case):
    X, trees, sample_size = case
    got = submission.anomaly_scores(X, trees + trees, sample_size)
    expect_close(got, submission.anomaly_scores(X, trees, sample_size), "h̄ is a mean over trees")


@check("anomaly_scores", "who is alone sooner scores higher", practice=True, examples=8)
@given(n=st.sampled_from((4, 16, 256)), levels=st.integers(2, 6))
def test_anomaly_scores_sooner(submission, n, levels):
    tree = {"size": 1}
    for level in range(levels):
        tree = {"feature": 0, "threshold": level + 0.5, "left": tree, "right": {"size": 1}}
    got = submission.anomaly_scores(np.arange(levels + 1.0)[:, None], [tree], n)
    expect((got > 0).all() and (got < 1).all(), "scores lie between 0 and 1", got=got)
    expect((np.diff(got[1:]) > 0).all(), "the last row needs one cut, the others more", got=got)


untouched("anomaly_scores", scored_rows())
double_precision("anomaly_scores", scored_rows())


# ------------------------------------------------------------------------------- pseudo_labels

GUESSES = ((3, 2), (1, 2), (2, 3), (4, 3), (3, 3), (6, 4), (2, 5), (4, 1))


def guesses(kinds=("ordinary", "exact"), thresholds=(0.5, 0.75, 0.25, 0.0)):
    """Draw y, probabilities and a threshold.

    Exact ones are eighths: classes may be tied, and the largest may be the threshold itself.
    """
    return drawn(_guess, fills(), GUESSES, kinds, thresholds)


def _guess(fill, shape, kind, threshold):
    n, classes = shape
    y = np.where(fill.rng.random(n) < 0.6, -1, fill.labels(classes, n))
    p = fill.uniform(0.0, 1.0, n, classes)
    if kind == "exact":
        p[...] = fill.rng.multinomial(4, np.full(classes, 1 / classes), n) / 4
    else:
        p[...] = p**4 / (p**4).sum(axis=1, keepdims=True)
    return y, p, threshold


example("pseudo_labels")
matches("pseudo_labels", guesses(), exact=True)
matches(
    "pseudo_labels",
    guesses(("ordinary",)),
    title="is right where nothing is tied",
    exact=True,
    weight=3,
    examples=16,
)


@check("pseudo_labels", "as sure as the threshold is not sure", examples=10)
@given(classes=st.integers(2, 4), threshold=st.sampled_from((0.5, 0.75, 1.0)))
def test_pseudo_labels_threshold(submission, classes, threshold):
    p = np.zeros((classes, classes))
    p[:, 0] += 1 - threshold
    p[np.arange(classes), np.arange(classes)[::-1]] += threshold
    p[-1] = [threshold, 1 - threshold, *[0] * (classes - 2)]
    got = submission.pseudo_labels(np.full(classes, -1), p, threshold)
    expect_equal(got, np.full(classes, -1), "no probability is above the threshold")


@check("pseudo_labels", "of tied classes the lowest is taken", examples=10)
@given(first=st.integers(0, 2), second=st.integers(3, 4), n=st.integers(1, 3))
def test_pseudo_labels_ties(submission, first, second, n):
    p = np.zeros((n, 5))
    p[:, [first, second]] = 0.5
    got = submission.pseudo_labels(np.full(n, -1), p, 0.25)
    expect_equal(got, np.full(n, first), "two classes have probability one half")


@check("pseudo_labels", "labels are integers", examples=6)
@given(case=guesses())
def test_pseudo_labels_integers(submission, case):
    expect_integers(submission.probe(kind_of_labels, "pseudo_labels", -1, *case))


@check("pseudo_labels", "rows with a label keep it", practice=True, examples=10)
@given(case=guesses(), threshold=st.sampled_from((0.0, 0.5)))
def test_pseudo_labels_kept(submission, case, threshold):
    y, p, _ = case
    got = submission.pseudo_labels(y, p, threshold)
    known = y >= 0
    expect_equal(got[known], y[known], "labels that were there")
    expect_equal(submission.pseudo_labels(y, p, 1.0), y, "nobody is surer than 1")


@check("pseudo_labels", "above no threshold, everybody has a class", practice=True, examples=10)
@given(case=guesses(("ordinary",)))
def test_pseudo_labels_all(submission, case):
    y, p, _ = case
    got = submission.pseudo_labels(y, p, 0.0)
    expect((got >= 0).all(), "every largest probability is above 0", got=got)
    chosen, rows = p[np.arange(len(y)), got], y == -1
    expect_close(chosen[rows], p.max(axis=1)[rows], "the class is the most probable one")


untouched("pseudo_labels", guesses())


# --------------------------------------------------------------------------- frequent_itemsets

GOODS = (("a", "b", "c", "d"), (1, 2, 10, 30), ("tea", "milk", "Ham", "eggs"), (7, -5, 9, 100, 0))
EXACT = ((4, 0.5), (4, 0.25), (4, 1.0), (8, 0.375), (8, 0.5), (16, 0.25), (4, 0.75))
INEXACT = ((3, 1), (5, 2), (6, 2), (7, 1), (8, 3), (4, 0), (5, 0), (9, 3))
"""(transactions, k) for a least support that lies between k and k + 1 of them."""


def baskets(supports=("exact", "between")):
    """Draw transactions and a least support, which may be that of some set exactly."""
    pairs = [pair for pair in EXACT if "exact" in supports]
    if "between" in supports:
        pairs += [(n, (k + 0.5) / n) for n, k in INEXACT]
    return drawn(_baskets, fills(), pairs, GOODS)


def _baskets(fill, pair, goods):
    n, least = pair
    return [basket(fill.rng, goods) for _ in range(n)], least


def basket(rng, goods):
    """Some of the goods in any order, one of them perhaps twice; sometimes nothing."""
    if rng.random() < 0.1:
        return []
    taken = [item for item in goods if rng.random() < 0.6]
    if taken and rng.random() < 0.4:
        taken.append(taken[0])
    return [taken[place] for place in rng.permutation(len(taken))]


example("frequent_itemsets")
matches("frequent_itemsets", baskets())
matches(
    "frequent_itemsets",
    baskets(("between",)),
    title="is right where no set is at the limit",
    weight=3,
    examples=16,
)


@check("frequent_itemsets", "a set exactly as frequent as asked is frequent", examples=8)
@given(n=st.sampled_from((4, 8, 16)), k=st.integers(1, 4), goods=st.sampled_from(GOODS))
def test_frequent_itemsets_limit(submission, n, k, goods):
    one, two = sorted(goods)[:2]
    share = k / n
    got = submission.frequent_itemsets([[two, one]] * k + [[]] * (n - k), share)
    expect_close(got, [((one,), share), ((two,), share), ((one, two), share)])


@check("frequent_itemsets", "an item that is repeated counts once", practice=True, examples=8)
@given(case=baskets(), times=st.integers(2, 3))
def test_frequent_itemsets_repeated(submission, case, times):
    transactions, least = case
    plain = [list(dict.fromkeys(items)) for items in transactions]
    got = submission.frequent_itemsets([items * times for items in plain], least)
    due = submission.frequent_itemsets(plain, least)
    expect_close(got, due, f"every item stands {times} times in its transaction")


@check("frequent_itemsets", "support never grows with the set", practice=True, examples=10)
@given(case=baskets())
def test_frequent_itemsets_monotone(submission, case):
    transactions, least = case
    found = {frozenset(items): share for items, share in submission.frequent_itemsets(*case)}
    for items, share in found.items():
        expect(share >= least, "a set is listed that is not frequent", got=share)
        for item in items if len(items) > 1 else ():
            part = found.get(items - {item}, 0.0)
            message = "a part of a frequent set must be listed, with at least its support"
            expect(part >= share, message, expected=share, got=part)
    single = {item for items in transactions for item in items}
    often = [i for i in single if sum(i in t for t in transactions) > least * len(transactions)]
    expect(all(frozenset([item]) in found for item in often), "a frequent item is missing")


@check(
    "frequent_itemsets",
    "small sets first, each size in ascending order",
    practice=True,
    examples=10,
)
@given(case=baskets())
def test_frequent_itemsets_order(submission, case):
    got = [tuple(items) for items, _ in submission.frequent_itemsets(*case)]
    expect(got == sorted(got, key=lambda items: (len(items), items)), "the order is wrong", got=got)
    ascending = [tuple(sorted(set(items))) for items in got]
    expect(got == ascending, "an itemset is an ascending tuple", expected=ascending, got=got)


untouched("frequent_itemsets", baskets())


# -------------------------------------------------------------------------------- rule_metrics

METRICS = ("support", "confidence", "lift")
RULES = ((1, 1), (2, 1), (1, 2), (2, 2))


def rules(sizes=RULES):
    """Draw transactions, and two lists without a common item that are each held somewhere."""
    return drawn(_rule, fills(), (6, 1, 3, 4, 9, 12), sizes, GOODS)


def _rule(fill, n, sizes, goods):
    rng = fill.rng
    items = [goods[place] for place in rng.permutation(len(goods))]
    antecedent, consequent = items[: sizes[0]], items[sizes[0] : sum(sizes)]
    transactions = [basket(rng, goods) for _ in range(n)]
    for needed in (antecedent, consequent):
        transactions[rng.integers(n)] += needed
    return transactions, antecedent, consequent


example("rule_metrics")
matches("rule_metrics", rules(), names=METRICS, scale=1.0)
matches(
    "rule_metrics",
    rules(((1, 1),)),
    title="is right for single items",
    names=METRICS,
    scale=1.0,
    weight=2,
    examples=14,
)


@check(
    "rule_metrics", "support and lift do not care which side is which", practice=True, examples=10
)
@given(case=rules())
def test_rule_metrics_symmetric(submission, case):
    transactions, a, c = case
    support, _, lift = submission.rule_metrics(transactions, a, c)
    back, _, same = submission.rule_metrics(transactions, c, a)
    due = (float(support), float(lift))
    expect_close((back, same), due, "A → C and C → A", names=("support", "lift"))


@check("rule_metrics", "a rule that always holds has confidence 1", practice=True, examples=8)
@given(case=rules(), empty=st.integers(0, 3))
def test_rule_metrics_always(submission, case, empty):
    transactions, a, c = case
    held = [[*c, *items] for items in transactions] + [[]] * empty
    _, confidence, lift = submission.rule_metrics(held, a, c)
    due = (1.0, len(held) / len(transactions))
    message = "C is wherever A is, and some transactions are empty"
    expect_close((confidence, lift), due, message, names=METRICS[1:])


@check("rule_metrics", "repeating the transactions changes nothing", practice=True, examples=8)
@given(case=rules())
def test_rule_metrics_twice(submission, case):
    transactions, a, c = case
    due = tuple(map(float, submission.rule_metrics(transactions, a, c)))
    got = submission.rule_metrics(transactions + transactions, a, c)
    expect_close(got, due, "shares, not counts", names=METRICS)


untouched("rule_metrics", rules())
