"""Checks of trees, margins and neighbours."""

import numpy as np

from grader.checks import (
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

KINDS = ((0, 1), (3, 7), (0, 1, 2), (2, 5, 9), (0, 4, 40, 6), (5,))
"""Labels: not only 0 to C - 1."""

MIXED = KINDS[:-1]
"""More than one label."""

FILLS, UNIT_FILLS = fills(), fills((1.0,))
CRITERIA = st.sampled_from((("gini",), ("entropy",), (), ("entropy",)))
COUNTS = st.integers(1, 12)

# With at most 12 rows of at most 4 labels two gains that are not equal differ by 2e-4 or more, by
# either criterion: rounding never decides between questions.
TABLES = st.sampled_from(
    ((6, 2), (4, 3), (8, 1), (3, 3), (7, 2), (10, 2), (5, 4), (2, 3), (1, 2), (9, 3), (12, 1))
)
SMALLER_TABLES = st.sampled_from(((5, 2), (3, 3), (6, 1), (4, 3), (7, 2), (2, 1), (8, 2), (1, 2)))
DEPTHS = st.sampled_from((2, 1, 3, 2, 4, 0, 30))
NEW_ROWS = (3, 1, 4, 2, 6)

BY_CRITERION = (
    ([0, 3, 2, 0, 4], [0, 1, 2, 1, 1]),
    ([2, 4, 0, 1, 4], [2, 1, 1, 0, 1]),
    ([3, 1, 2, 4, 4], [1, 2, 0, 0, 2]),
    ([3, 1, 5, 5, 2], [1, 0, 0, 2, 2]),
    ([0, 0, 2, 0, 2, 3, 5], [0, 1, 2, 2, 1, 2, 0]),
)
"""Columns and labels on which the two criteria ask different questions: first, or only later."""


def strided(y):
    """The same integers, not next to each other in memory."""
    return np.repeat(y, 2)[::2]


def one_of(fill, *choices):
    """One of the choices."""
    return choices[fill.rng.integers(len(choices))]


def labels(fill, n, kinds=KINDS):
    """n labels of one kind, each as likely as the others."""
    kind = np.array(one_of(fill, *kinds))
    y = kind[fill.rng.integers(len(kind), size=n)]
    return strided(y) if fill.layout == "S" else y


def columns(fill, n, d):
    """Features; every other time from a few levels only, so that rows agree in them."""
    if fill.kind == "normal" and fill.rng.random() < 0.5:
        return fill._laid_out(fill.rng.integers(-2, 3, (n, d)) * fill.scale)
    return fill(n, d)


def joined(*parts):
    """Draw the arguments of a call in several parts; a tuple is several arguments."""
    return st.tuples(*parts).map(
        lambda drawn: tuple(
            one for part in drawn for one in (part if isinstance(part, tuple) else (part,))
        )
    )


@st.composite
def labelled(draw, shapes=TABLES):
    """A table and its labels; now and then one on which the criteria differ."""
    (n, d), fill = draw(shapes), draw(FILLS)
    if fill.kind == "one-hot" or fill.rng.random() < 0.1:
        column, y = one_of(fill, *BY_CRITERION)
        return np.array([column], dtype=float).T, np.array(y)
    return columns(fill, n, d), labels(fill, n)


def gains(X, y, criterion):
    """The gain of every question."""

    def mixed(counts):
        p = counts / counts.sum(axis=-1, keepdims=True)
        if criterion == "gini":
            return 1 - np.sum(p**2, axis=-1)
        return -np.sum(p * np.log2(np.where(p > 0, p, 1)), axis=-1)

    one_hot = (y[:, None] == np.unique(y)).astype(float)
    whole, found = one_hot.sum(axis=0), []
    for column in X.T:
        values = np.unique(column)
        below = (column <= values[:-1, None]).astype(float)
        left = below @ one_hot
        share = below.mean(axis=1)
        children = share * mixed(left) + (1 - share) * mixed(whole - left)
        found.extend(mixed(whole) - children)
    return np.array(found)


# impurity


@st.composite
def bags(draw, kinds=KINDS):
    """Labels."""
    n, fill = draw(COUNTS), draw(UNIT_FILLS)
    return labels(fill, n, kinds)


example("impurity")
matches("impurity", joined(bags(), CRITERIA))


@check("impurity", "gini is right for two labels", value=True, weight=2, examples=16)
@given(y=bags(KINDS[:2]))
def test_impurity_gini(submission, reference, y):
    expect_close(submission.impurity(y, "gini"), reference.impurity(y, "gini"))


@check("impurity", "C equal shares have gini 1 - 1/C and log2(C) bits", practice=True, examples=10)
@given(kind=st.sampled_from(MIXED), times=st.integers(1, 3))
def test_impurity_equal_shares(submission, kind, times):
    y = np.array(kind * times)
    expect_close(submission.impurity(y, "gini"), 1 - 1 / len(kind), "gini")
    expect_close(submission.impurity(y, "entropy"), float(np.log2(len(kind))), "entropy")


@check("impurity", "is zero for labels that are all equal", practice=True, examples=10)
@given(label=st.sampled_from((0, 1, 7)), n=st.integers(1, 4), criterion=CRITERIA)
def test_impurity_pure(submission, label, n, criterion):
    got = submission.impurity(np.full(n, label), *criterion)
    expect_close(got, 0.0, "equal labels are pure", scale=1.0)


@check("impurity", "an unknown criterion raises ValueError", practice=True, examples=10)
@given(criterion=st.sampled_from(("log_loss", "Gini", "error", "")))
def test_impurity_criterion(submission, criterion):
    expect_error("ValueError", submission.impurity, np.array([0, 1, 1]), criterion)


untouched("impurity", joined(bags(), CRITERIA))


# best_split

SPLIT = ("feature", "threshold", "gain")


@st.composite
def clear_tables(draw):
    """Tables on which one question is better than all others, by either criterion."""
    (n, d), fill = draw(TABLES), draw(FILLS)
    for _ in range(20):
        X, y = fill.distinct(max(n, 4), d), labels(fill, max(n, 4), MIXED)
        found = [gains(X, y, criterion) for criterion in ("gini", "entropy")]
        if all(np.sum(each >= each.max() - 1e-9) == 1 and each.max() > 1e-9 for each in found):
            return X, y
    return np.array([[0.0, 1.0], [2.0, 0.0], [4.0, 0.0]]), np.array([1, 1, 0])


@st.composite
def separable(draw):
    """A table in which one question tells two labels apart, and that feature and threshold.

    In the other columns the lowest and the highest row have one label: no question does there.
    """
    (n, d), fill = draw(TABLES), draw(UNIT_FILLS)
    n = max(n, 4)
    X = fill.rng.permuted(np.tile(np.arange(n) * 2.0, (d, 1)), axis=1).T
    feature = int(fill.rng.integers(d))
    cut = int(fill.rng.integers(2, n - 1))
    kind = one_of(fill, *MIXED[:2])
    low = X[:, feature] < 2 * cut
    y = np.where(low, *kind)
    for other in range(d):
        if other != feature:
            one, two = fill.rng.permutation(np.flatnonzero(low))[:2]
            rest = np.setdiff1d(fill.rng.permutation(n), (one, two))
            X[[one, *fill.rng.permutation(rest), two], other] = np.arange(n) * 2.0
    return X, y, feature, 2.0 * cut - 1


example("best_split")
matches("best_split", joined(labelled(), CRITERIA), names=SPLIT)
matches(
    "best_split",
    joined(clear_tables(), CRITERIA),
    title="is right where one question is best",
    names=SPLIT,
    examples=20,
)


@check("best_split", "finds the question that tells two labels apart", practice=True, examples=10)
@given(case=separable())
def test_best_split_separable(submission, case):
    X, y, feature, threshold = case
    p = np.mean(y == y[0])
    message = "one question leaves both children pure"
    expect_close(submission.best_split(X, y), (feature, threshold, 2 * p * (1 - p)), message)


@check("best_split", "no question helps with the exclusive or", practice=True, examples=10)
@given(kind=st.sampled_from(KINDS[:2]), times=st.integers(1, 2), criterion=CRITERIA)
def test_best_split_xor(submission, kind, times, criterion):
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * times)
    y = np.array([kind[0], kind[1], kind[1], kind[0]] * times)
    got = submission.best_split(X, y, *criterion)
    expect_equal(got, None, "both children of every question are as mixed as their parent")


@check(
    "best_split",
    "finds nothing in equal labels, in equal rows, in one row",
    practice=True,
    examples=10,
)
@given(shape=TABLES, fill=UNIT_FILLS, criterion=CRITERIA)
def test_best_split_nothing(submission, shape, fill, criterion):
    X, y = fill(*shape), labels(fill, shape[0])
    got = submission.best_split(X, np.full_like(y, y[0]), *criterion)
    expect_equal(got, None, "equal labels cannot become purer")
    got = submission.best_split(np.repeat(X[:1], len(X), axis=0), y, *criterion)
    expect_equal(got, None, "no question tells equal rows apart")
    expect_equal(submission.best_split(X[:1], y[:1], *criterion), None, "one row has no midpoint")


@check("best_split", "of tied questions takes the lowest feature", practice=True, examples=10)
@given(case=labelled(), criterion=CRITERIA)
def test_best_split_lowest_feature(submission, case, criterion):
    X, y = case
    alone = submission.best_split(X, y, *criterion)
    twice = submission.best_split(np.concatenate([X, X], axis=1), y, *criterion)
    expect_close(twice, alone, "with every column twice, the first of two equals is due")


@check("best_split", "of tied thresholds takes the lowest", practice=True, examples=10)
@given(kind=st.sampled_from(KINDS[:2]), n=st.sampled_from((4, 8, 5, 4, 3)), fill=UNIT_FILLS)
def test_best_split_lowest_threshold(submission, kind, n, fill):
    order = fill.rng.permutation(n)
    # The outermost rows have the other label: cutting off either of them gains the same.
    y = np.where((order == 0) | (order == n - 1), *kind)
    got = submission.best_split(np.stack([2.0 * order], axis=1), y)
    expect(got is not None, "cutting off the first or the last row leaves purer children", got=got)
    expect_close(got[:2], (0, 1.0), "the lower of two equally good thresholds", names=SPLIT[:2])


THIRDS = [0, 1, 2]
TIES = (
    ([[3], [1], [0], [3], [0]], [0, 2, 1, 0, 0], "entropy", (0, 0.5)),
    ([[1, 2], [0, 2], [0, 2], [2, 1], [3, 3]], [2, 0, 1, 0, 0], "entropy", (0, 0.5)),
    (
        [[0, 0], [0, 0], [1, 1], [2, 1], [2, 2], [0, 0], [0, 0]],
        [2, 2, 1, 1, 2, 1, 0],
        "entropy",
        (0, 0.5),
    ),
    (
        [[2, 2], [0, 3], [1, 1], [3, 1], [1, 1], [0, 2], [0, 3], [1, 0], [2, 1]],
        [1, 0, 1, 1, 0, 0, 0, 0, 0],
        "gini",
        (0, 0.5),
    ),
    (
        [[0, 0], [0, 1], [2, 2], [2, 1], [2, 1], [0, 0], [1, 0], [1, 2], [0, 2]],
        [1, 0, 1, 1, 1, 0, 0, 1, 1],
        "gini",
        (0, 1.5),
    ),
    ([[0]] * 3 + [[1]] * 3, THIRDS * 2, "gini", None),
    ([[0]] * 6 + [[1]] * 3, THIRDS * 3, "entropy", None),
    ([[0]] * 6 + [[1]] * 3, [3, 7, 7] * 3, "gini", None),
    ([[0]] * 6 + [[1]] * 3, THIRDS * 3, "gini", None),
)
"""Tables and what is due, though sums in floating point make a later question look better."""

NARROW = (
    ([[0]] * 5 + [[1]] * 7, [0] * 3 + [1] * 2 + [0] * 4 + [1] * 3),
    ([[1]] * 3 + [[0]] * 8, [0] * 2 + [1] + [0] * 5 + [1] * 3),
    ([[0]] * 2 + [[1]] * 9, [0] + [1] + [0] * 5 + [1] * 4),
)
"""Tables whose only question gains less than 0.002."""


@check("best_split", "rounding does not decide between questions", practice=True)
@given(case=st.sampled_from(TIES))
def test_best_split_rounding(submission, case):
    X, y, criterion, due = case
    got = submission.best_split(np.array(X, dtype=float), np.array(y), criterion)
    if due is None:
        expect_equal(got, None, "a gain of the size of rounding is none")
        return
    expect(got is not None, "a question is due", expected=due, got=got)
    expect_close(got[:2], due, "gains within 1e-9 are tied", names=SPLIT[:2])


@check("best_split", "a small gain is a gain", practice=True)
@given(case=st.sampled_from(NARROW), criterion=CRITERIA)
def test_best_split_narrow(submission, case, criterion):
    X, y = case
    got = submission.best_split(np.array(X, dtype=float), np.array(y), *criterion)
    expect(got is not None, "the one question there is gains more than 1e-9", got=got)
    expect_close(got[:2], (0, 0.5), names=SPLIT[:2])


untouched("best_split", joined(labelled(), CRITERIA))


# build_tree


def most_frequent(values):
    """The most frequent label, the smallest of tied ones."""
    found = [int(value) for value in values]
    return min(found, key=lambda label: (-found.count(label), label))


def leaf_of(tree, x):
    """The label of the leaf where the row x ends."""
    while "label" not in tree:
        tree = tree["left" if x[tree["feature"]] <= tree["threshold"] else "right"]
    return tree["label"]


def depth_of(tree):
    """How many questions follow each other at most."""
    if "label" in tree:
        return 0
    return 1 + max(depth_of(tree["left"]), depth_of(tree["right"]))


@st.composite
def curves(draw):
    """One feature of distinct values, and labels."""
    n, fill = draw(COUNTS), draw(UNIT_FILLS)
    return fill.distinct(n, 1), labels(fill, n)


example("build_tree")
matches("build_tree", joined(labelled(), DEPTHS, CRITERIA))
matches(
    "build_tree",
    joined(labelled(), st.sampled_from((1, 1, 0))),
    title="is right with one question at most",
    weight=2,
    examples=20,
)


@check("build_tree", "without a question it is the most frequent label", practice=True, examples=10)
@given(case=labelled())
def test_build_tree_leaf(submission, case):
    due = {"label": most_frequent(case[1])}
    expect_close(submission.build_tree(*case, 0), due, "the smallest of the most frequent labels")


@check("build_tree", "no path asks more than max_depth questions", practice=True, examples=10)
@given(case=labelled(), depth=st.integers(0, 3), criterion=CRITERIA)
def test_build_tree_depth(submission, case, depth, criterion):
    got = submission.build_tree(*case, depth, *criterion)
    found = depth_of(got)
    expect(found <= depth, f"{found} questions follow each other, {depth} are allowed", got=got)


@check("build_tree", "a deep tree of one feature knows every row", examples=10)
@given(case=curves(), criterion=CRITERIA)
def test_build_tree_by_heart(submission, case, criterion):
    X, y = case
    tree = submission.build_tree(X, y, 30, *criterion)
    got = np.array([leaf_of(tree, x) for x in X])
    expect_equal(got, y, "with distinct values and questions enough, each row ends in its label")


@check("build_tree", "by entropy it asks other questions, at every level", examples=10)
@given(case=st.sampled_from(BY_CRITERION), depth=st.sampled_from((3, 2, 30)))
def test_build_tree_entropy(submission, reference, case, depth):
    X, y = np.array([case[0]], dtype=float).T, np.array(case[1])
    got = submission.build_tree(X, y, depth, "entropy")
    expect_close(got, reference.build_tree(X, y, depth, "entropy"))


@check("build_tree", "greed gives up at once on the exclusive or", practice=True, examples=10)
@given(kind=st.sampled_from(((1, 0), (7, 3), (0, 1))), depth=st.integers(1, 4))
def test_build_tree_xor(submission, kind, depth):
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([kind[0], kind[1], kind[1], kind[0]])
    got = submission.build_tree(X, y, depth)
    expect_close(got, {"label": min(kind)}, "no first question gains anything")


untouched("build_tree", joined(labelled(SMALLER_TABLES), DEPTHS))


# predict_tree

WALKS = st.sampled_from(
    ((3, 2, 2), (4, 1, 1), (1, 3, 3), (2, 2, 1), (5, 3, 4), (3, 3, 2), (6, 2, 3), (2, 4, 0))
)
"""Rows, features and how deep a tree may be."""

LEAVES, POSITIVE_LEAVES = (0, 3, 7, 1, 40), (3, 7, 1, 40)


def grown(rng, d, depth, values, leaves=LEAVES):
    """A random tree, often deeper on one side, with thresholds among `values`."""
    if depth == 0 or rng.random() < 0.2:
        return {"label": int(rng.choice(leaves))}
    sides = {side: grown(rng, d, depth - 1, values, leaves) for side in ("left", "right")}
    return {"feature": int(rng.integers(d)), "threshold": float(rng.choice(values)), **sides}


@st.composite
def walks(draw):
    """A tree and rows, some of which lie on thresholds."""
    (m, d, depth), fill = draw(WALKS), draw(FILLS)
    X = fill(m, d)
    # A row a little above a threshold goes right.
    values = np.concatenate([X.ravel(), X.ravel(), X.ravel() - fill.scale / 512])
    return grown(fill.rng, d, depth, values), X


@st.composite
def ordinary_walks(draw):
    """A tree with a question, without a label 0, and rows that lie on no threshold."""
    (m, d, depth), fill = draw(WALKS), draw(UNIT_FILLS)
    left, right = (grown(fill.rng, d, depth, (-0.5, 0.5), POSITIVE_LEAVES) for _ in range(2))
    root = {"feature": int(fill.rng.integers(d)), "threshold": 0.5, "left": left, "right": right}
    return root, fill.distinct(m, d)


example("predict_tree")
matches("predict_tree", walks(), exact=True)
matches(
    "predict_tree",
    ordinary_walks(),
    title="is right off the thresholds",
    exact=True,
    weight=2,
    examples=16,
)


@check("predict_tree", "a row on the threshold goes left", practice=True, examples=10)
@given(case=st.integers(0, 3), fill=UNIT_FILLS)
def test_predict_tree_on_threshold(submission, case, fill):
    X = fill.distinct(3, 4)
    sides = {"left": {"label": 2}, "right": {"label": 5}}
    tree = {"feature": case, "threshold": float(X[1, case]), **sides}
    due = np.where(X[:, case] <= X[1, case], 2, 5)
    expect_equal(submission.predict_tree(tree, X), due, "row 1 lies on the threshold")


@check("predict_tree", "a tree may be one leaf", practice=True, examples=10)
@given(label=st.sampled_from(LEAVES), m=st.integers(1, 4), fill=UNIT_FILLS)
def test_predict_tree_leaf(submission, label, m, fill):
    got = submission.predict_tree({"label": label}, fill(m, 2))
    expect_equal(got, np.full(m, label), "every row gets the one label there is")


@check("predict_tree", "each row goes its own way", practice=True, examples=10)
@given(case=walks())
def test_predict_tree_rows(submission, case):
    tree, X = case
    alone = submission.predict_tree(tree, X[-1:])
    together = submission.predict_tree(tree, X)
    expect_equal(alone, together[-1:], "the last row alone, against all rows at once")


untouched("predict_tree", walks())


# bagging_predict


def with_next_number(module, name, arguments):
    """call the function, then ask its generator for the next number"""
    getattr(module, name)(*arguments)
    return float(arguments[-1].random())


FORESTS_BY_CRITERION = (
    ([1, 1, 5, 2, 0], [2, 1, 1, 0, 1], 1, 1, 1),
    ([5, 0, 1, 4, 1, 0], [2, 2, 1, 2, 2, 0], 2, 1, 4),
    ([1, 4, 2, 3, 0, 5], [2, 2, 1, 0, 1, 1], 2, 2, 72),
    ([2, 3, 4, 5, 1, 0], [2, 0, 2, 1, 1, 2], 3, 1, 66),
)
"""Columns, labels, trees, depths and seeds for which trees by entropy vote otherwise."""

STEPS_ACROSS = np.arange(11.0)[:, None] / 2 + 0.25


@st.composite
def forests(draw, trees=(1, 3, 2, 5, 4), depths=(2, 1, 3, 0), shapes=SMALLER_TABLES):
    """Training rows, labels, new rows, the number of trees, their depth, a generator."""
    (n, d), fill = draw(shapes), draw(FILLS)
    if len(trees) > 3 and (fill.kind == "one-hot" or fill.rng.random() < 0.15):
        column, y, num_trees, depth, seed = one_of(fill, *FORESTS_BY_CRITERION)
        return (
            np.array([column]).T + 0.0,
            np.array(y),
            STEPS_ACROSS,
            num_trees,
            depth,
            generator(seed),
        )
    X, y, new = columns(fill, n, d), labels(fill, n), fill(one_of(fill, *NEW_ROWS), d)
    return (
        X,
        y,
        new,
        one_of(fill, *trees),
        one_of(fill, *depths),
        generator(int(fill.rng.integers(1000))),
    )


example("bagging_predict")
matches("bagging_predict", forests(), exact=True)
matches(
    "bagging_predict",
    forests(trees=(1,), depths=(1, 2)),
    title="is right for one tree",
    exact=True,
    weight=2,
    examples=16,
)


@check("bagging_predict", "draws n row numbers for each tree, no more", practice=True, examples=10)
@given(case=forests())
def test_bagging_predict_draws(submission, case):
    _, y, _, count, _, drawn_from = case
    rng, n = np.random.default_rng(drawn_from.seed), len(y)
    for _ in range(count):
        rng.integers(n, size=n)
    got = submission.probe(with_next_number, "bagging_predict", list(case))
    expect_equal(got, rng.random(), "the next number of rng after the call")


@check("bagging_predict", "trees of depth 0 vote with the labels drawn", practice=True, examples=10)
@given(case=forests(trees=(2, 4, 3), depths=(0,)))
def test_bagging_predict_leaves(submission, case):
    _, y, X, num_trees, _, drawn_from = case
    rng, n = np.random.default_rng(drawn_from.seed), len(y)
    votes = [most_frequent(y[rng.integers(n, size=n)]) for _ in range(num_trees)]
    got = submission.bagging_predict(*case)
    due = np.full(len(X), most_frequent(votes))
    expect_equal(got, due, "each tree is the most frequent label of its own rows")


untouched("bagging_predict", forests())


# hinge_loss

HINGE = ("loss", "dw", "db")
MACHINES = st.sampled_from(((4, 2), (3, 3), (5, 1), (2, 4), (6, 3), (1, 2), (5, 3)))
PENALTIES = (0.5, 0.1, 2.0, 0.0)


def signs(fill, n):
    """Labels -1 and +1."""
    y = fill.rng.choice((-1, 1), n)
    return strided(y) if fill.layout == "S" else y


@st.composite
def machines(draw, recipes=FILLS):
    """Rows, labels, a line near which margins are of the size of 1, and a penalty."""
    (n, d), fill = draw(MACHINES), draw(recipes)
    X, y, w, b = fill(n, d), signs(fill, n), fill(d), fill.number()
    if fill.kind == "normal":
        w, b = w / fill.scale**2, b / fill.scale
    return X, y, w, b, one_of(fill, *PENALTIES)


@st.composite
def clear_machines(draw):
    """Machines with no row on its margin."""
    (n, d), fill = draw(MACHINES), draw(UNIT_FILLS)
    X, y, w = fill(n, d), signs(fill, n), fill.rng.integers(-2, 3, d) + 0.0
    b = float(np.round(fill.number())) + 0.25
    if fill.kind == "normal":
        X = np.round(X)
    return X, y, w, b, one_of(fill, *PENALTIES)


example("hinge_loss")
matches("hinge_loss", machines(), names=HINGE)
matches(
    "hinge_loss",
    clear_machines(),
    title="is right off the margin",
    names=HINGE,
    weight=3,
    examples=20,
)
matches(
    "hinge_loss",
    clear_machines(),
    title="the loss is right",
    names=HINGE,
    only=("loss",),
    weight=1,
    examples=16,
)


@check("hinge_loss", "a row exactly on its margin does not pull", practice=True, examples=10)
@given(n=st.integers(1, 4), fill=UNIT_FILLS, lam=st.sampled_from(PENALTIES))
def test_hinge_loss_edge(submission, n, fill, lam):
    y, w, b = signs(fill, n), np.array([2.0, 0.0]), 1.0
    X = np.stack([(y - b) / 2, fill.rng.integers(-2, 3, n)], axis=1)
    got = submission.hinge_loss(X, y, w, b, lam)
    message = "with every margin exactly 1 only the penalty is left"
    expect_close(got, (2.0 * lam, lam * w, 0.0), message, names=HINGE, scale=1.0)


@check("hinge_loss", "rows beyond the margin do not move the machine", practice=True, examples=10)
@given(case=clear_machines())
def test_hinge_loss_beyond(submission, case):
    X, y, w, b, lam = case
    inside = y * (X @ w + b) < 1
    _, dw, db = submission.hinge_loss(*case)
    if not inside.any():
        message = "with every row beyond the margin only the penalty is left"
        expect_close((dw, db), (lam * w, 0.0), message, names=("dw", "db"), scale=1.0)
        return
    _, dw_few, db_few = submission.hinge_loss(X[inside], y[inside], w, b, lam)
    part = float(inside.mean())
    due = (lam * w + part * (dw_few - lam * w), part * db_few)
    message = "without the rows beyond the margin the data's part changes by n / n' alone"
    expect_close((dw, db), due, message, names=("dw", "db"), scale=1.0)


@check("hinge_loss", "the slope touches the loss from below", practice=True, examples=10)
@given(case=clear_machines(), fill=UNIT_FILLS)
def test_hinge_loss_slope(submission, case, fill):
    X, y, w, b, lam = case
    loss, dw, db = submission.hinge_loss(*case)
    step, step_b = np.round(2 * fill(len(w))) / 64, float(np.round(2 * fill.number())) / 64
    there = submission.hinge_loss(X, y, w + step, b + step_b, lam)[0]
    rise = float(dw @ step + db * step_b)
    message = "a convex loss lies above the line of slope (dw, db)"
    expect(there >= loss + rise - 1e-9 * (1 + abs(loss)), message, expected=loss + rise, got=there)


@check("hinge_loss", "the penalty leaves b alone", practice=True, examples=10)
@given(case=clear_machines())
def test_hinge_loss_bias(submission, case):
    *data, lam = case
    loss, _, db = submission.hinge_loss(*data, lam)
    more, _, db_more = submission.hinge_loss(*data, lam + 2.0)
    expect_close(db_more, db, "db must not depend on lam", scale=1.0)
    expect_close(more - loss, float(np.sum(data[2] ** 2)), "two more of λ cost ‖w‖²", scale=1.0)


untouched("hinge_loss", machines())
double_precision("hinge_loss", machines(), names=HINGE)


# pegasos

STEPS = (3, 2, 6, 4, 1, 10, 0)

# On integers a margin is an integer over λ(t - 1), which these λ keep 0.5 % away from 1.
SHARES = (0.37, 1.7, 0.083, 5.3)


@st.composite
def walks_of_steps(draw, shares=SHARES):
    """Rows, labels, λ, steps and a generator; λ is such that margins are of the size of 1."""
    (n, d), fill = draw(MACHINES), draw(FILLS)
    scale = fill.scale if fill.kind == "normal" else 1.0
    X, y, lam = fill(n, d), signs(fill, n), one_of(fill, *shares) * scale**2
    return X, y, lam, one_of(fill, *STEPS), generator(int(fill.rng.integers(1000)))


@st.composite
def crowded(draw):
    """The same with λ so large that every row stays inside its margin."""
    X, y, _, *rest = draw(walks_of_steps())
    return X, y, 2.0 * float(np.square(X).sum(axis=1).max()) + 0.5, *rest


example("pegasos")
matches("pegasos", walks_of_steps())
matches("pegasos", crowded(), title="is right while every row is inside", weight=2, examples=16)


@check("pegasos", "the first step goes to y x / λ", practice=True, examples=10)
@given(case=walks_of_steps())
def test_pegasos_first_step(submission, case):
    X, y, lam, _, drawn_from = case
    i = np.random.default_rng(drawn_from.seed).integers(len(y))
    got = submission.pegasos(X, y, lam, 1, drawn_from)
    expect_close(got, y[i] * X[i] / lam, "from zeros, with t = 1, nothing else is left")


@check("pegasos", "a margin of exactly 1 adds nothing", practice=True, examples=10)
@given(
    x=st.sampled_from(((1.0, 0.0), (0.0, 2.0), (1.0, 1.0), (2.0, 2.0))), y=st.sampled_from((-1, 1))
)
def test_pegasos_edge(submission, x, y):
    x = np.array([x])
    lam = float(np.square(x).sum())
    # After one step w is y x / λ, and the margin is |x|² / λ = 1.
    got = submission.pegasos(x, np.array([y]), lam, 2, generator(0))
    expect_close(got, y * x[0] / lam / 2, "the second step only shrinks w to its half")


@check("pegasos", "asks for the margin before it shrinks", practice=True, examples=10)
@given(case=walks_of_steps(), ratio=st.sampled_from((1.25, 1.5, 1.75)))
def test_pegasos_before(submission, case, ratio):
    x, y = case[0][:1] + np.array([1e-4]), case[1][:1]
    # After one step the margin is |x|² / λ: above 1, but below it once w has been halved.
    lam = float(np.square(x).sum()) / ratio
    got = submission.pegasos(x, y, lam, 2, generator(0))
    expect_close(got, y[0] * x[0] / lam / 2, "the second step only shrinks w to its half")


@check("pegasos", "draws one row number for each step", practice=True, examples=10)
@given(case=walks_of_steps())
def test_pegasos_draws(submission, case):
    _, y, _, count, drawn_from = case
    rng = np.random.default_rng(drawn_from.seed)
    for _ in range(count):
        rng.integers(len(y))
    got = submission.probe(with_next_number, "pegasos", list(case))
    expect_equal(got, rng.random(), "the next number of rng after the call")


untouched("pegasos", walks_of_steps())
double_precision("pegasos", walks_of_steps())


# svm_decision

WIDTHS = (1.0, 0.3, 2.5, 0.05)


@st.composite
def kernels(draw):
    """New rows, support vectors, their labels and weights, b, and gamma in units of the data."""
    (s, d), fill = draw(MACHINES), draw(FILLS)
    m = one_of(fill, *NEW_ROWS)
    scale = fill.scale if fill.kind == "normal" else 1.0
    gamma = one_of(fill, *WIDTHS) / scale**2
    alpha = fill.uniform(0.1, 2.0, s)
    b = one_of(fill, 0.5, -1.25, 2.0)
    return fill(m, d), fill(s, d), signs(fill, s), alpha, b, gamma


example("svm_decision")
matches("svm_decision", kernels(), scale=1.0)


@check("svm_decision", "is right without a bias", value=True, weight=2, examples=16)
@given(case=kernels())
def test_svm_decision_no_bias(submission, reference, case):
    X, support, y, alpha, _, gamma = case
    arguments = (X, support, y, alpha, 0.0, gamma)
    expect_close(submission.svm_decision(*arguments), reference.svm_decision(*arguments), scale=1.0)


@check("svm_decision", "at a lone support vector it is α y + b", practice=True, examples=10)
@given(case=kernels())
def test_svm_decision_alone(submission, case):
    _, support, y, alpha, b, gamma = case
    got = submission.svm_decision(support[:1], support[:1], y[:1], alpha[:1], b, gamma)
    expect_close(got, alpha[:1] * y[:1] + b, "at distance 0 the kernel is 1", scale=1.0)


@check("svm_decision", "far from all support vectors only b is left", practice=True, examples=10)
@given(case=kernels())
def test_svm_decision_far(submission, case):
    X, support, y, alpha, b, gamma = case
    far = np.abs(X) + np.abs(support).max() + 10 / np.sqrt(gamma)
    got = submission.svm_decision(far, support, y, alpha, b, gamma)
    expect_close(got, np.full(len(X), b), "the kernel vanishes with the distance", scale=1.0)


@check("svm_decision", "moving everything together changes nothing", practice=True, examples=10)
@given(case=kernels())
def test_svm_decision_shift(submission, case):
    X, support, y, alpha, b, gamma = case
    here = submission.svm_decision(*case)
    step = np.arange(1.0, X.shape[1] + 1) / np.sqrt(gamma)
    there = submission.svm_decision(X + step, support + step, y, alpha, b, gamma)
    expect_close(there, here, "only differences of rows matter", scale=1.0)


untouched("svm_decision", kernels())
double_precision("svm_decision", kernels())


# knn_predict


def apart(X_train, X):
    """Whether the distances of every new row differ by 1e-4 of their size or more."""
    squared = np.sort(((X[:, None] - X_train) ** 2).sum(axis=-1), axis=1)
    return bool((np.diff(squared) > 1e-3 * squared[:, 1:]).all())


@st.composite
def neighbourhoods(draw):
    """Training rows, labels, new rows and k; small integers with ties, or no two distances alike.

    Rows that lie exactly on new rows are among the former.
    """
    (n, d), fill = draw(TABLES), draw(FILLS)
    m = one_of(fill, *NEW_ROWS)
    X, new = fill(n, d), fill(m, d)
    if fill.kind == "normal":
        attempts = (fill(m, d) for _ in range(20))
        new = next((found for found in attempts if apart(X, found)), X[:1] + fill.scale / 16)
    return X, labels(fill, n), new, int(fill.rng.integers(1, n + 1))


@st.composite
def uneven(draw):
    """Training rows on a line at distances 1, 2, 4, … from the new row, in mixed order."""
    (n, d), fill = draw(TABLES), draw(UNIT_FILLS)
    order = fill.rng.permutation(n)
    X, new = np.zeros((n, d)), fill.rng.integers(-3, 4, (1, d)) + 0.0
    X[:, -1] = 2.0**order * fill.rng.choice((-1, 1), n)
    return new + X, labels(fill, n), new, order


example("knn_predict")
matches("knn_predict", neighbourhoods(), exact=True)


@check("knn_predict", "is right without ties", value=True, weight=2, examples=20)
@given(case=uneven(), half=st.integers(0, 2))
def test_knn_predict_untied(submission, reference, case, half):
    X, y, new, _ = case
    two, k = np.where(y == y[0], 8, 3), min(2 * half + 1, len(y) - (len(y) + 1) % 2)
    arguments = (X, two, new, k)
    expect_equal(submission.knn_predict(*arguments), reference.knn_predict(*arguments))


@check("knn_predict", "counts the k nearest rows, all alike", practice=True, examples=10)
@given(case=uneven(), k=st.integers(1, 12))
def test_knn_predict_vote(submission, case, k):
    X, y, new, order = case
    k = min(k, len(y))
    due = np.array([most_frequent(y[order < k])])
    expect_equal(submission.knn_predict(X, y, new, k), due, f"the vote of the {k} nearest rows")


@check("knn_predict", "of equally near rows takes the lower index", practice=True, examples=10)
@given(n=st.integers(2, 6), fill=UNIT_FILLS, k=st.integers(1, 5))
def test_knn_predict_equally_near(submission, n, fill, k):
    X = np.eye(n) * fill.rng.choice((-2.0, 2.0), n)
    y, k = labels(fill, n, MIXED), min(k, n)
    got = submission.knn_predict(X, y, np.zeros((1, n)), k)
    expect_equal(got, np.array([most_frequent(y[:k])]), f"all are at distance 2: the first {k}")


@check("knn_predict", "keeps equally near rows in order, however many", practice=True, examples=10)
@given(fill=UNIT_FILLS, n=st.sampled_from((40, 64, 100)), k=st.sampled_from((20, 30, 10)))
def test_knn_predict_many(submission, fill, n, k):
    X, y = fill.rng.integers(0, 2, (n, 3)) + 0.0, fill.rng.permutation(n)
    nearest = sorted(range(n), key=lambda i: (X[i].sum(), i))[:k]
    got = submission.knn_predict(X, y, np.zeros((1, 3)), k)
    expect_equal(got, y[nearest].min(keepdims=True), "the lowest indices of equally near rows")


@check("knn_predict", "of tied labels takes the smallest", practice=True, examples=10)
@given(kind=st.sampled_from(MIXED), fill=UNIT_FILLS)
def test_knn_predict_tied(submission, kind, fill):
    y = fill.rng.permutation(np.array(kind))
    X = fill.distinct(len(y), 2)
    got = submission.knn_predict(X, y, X, len(y))
    expect_equal(got, np.full(len(y), min(kind)), "every label has one vote")


untouched("knn_predict", neighbourhoods())


# naive_bayes_log_posterior

SMOOTHINGS = ((), (0.5,), (1e-2,), (1e-9,), (2.0,))
SEVERAL = ((3, 2), (2, 2), (2, 4, 3), (5, 2), (3, 2, 2, 4))
SEVERAL_CLASSES, CLASSES = st.sampled_from(SEVERAL), st.sampled_from((*SEVERAL, (4,)))


def varied(fill, n, d):
    """Columns in which any two rows differ, by the recipe's scale."""
    scale = fill.scale if fill.kind == "normal" else 1.0
    ranks = fill.rng.permuted(np.tile(np.arange(n) - n // 2, (d, 1)), axis=1).T
    return fill._laid_out((ranks + fill.rng.choice((0.0, 0.25), (n, d))) * scale)


@st.composite
def classes(draw, reach=1.0, sizes=CLASSES):
    """Training rows of classes of unequal size, in mixed order; new rows within `reach`."""
    counts, fill = draw(sizes), draw(FILLS)
    d, m = one_of(fill, 2, 1, 3, 4), one_of(fill, *NEW_ROWS)
    names = np.sort(fill.rng.permutation((0, 1, 3, 7, 40))[: len(counts)])
    y = fill.rng.permutation(np.repeat(fill.rng.permutation(names), counts))
    X, scale = varied(fill, len(y), d), fill.scale if fill.kind == "normal" else 1.0
    new = fill.uniform(-2.0, 2.0, m, d) * (scale * reach)
    return X, (strided(y) if fill.layout == "S" else y), new, one_of(fill, *SMOOTHINGS)


POSTERIORS = classes().map(lambda case: (*case[:3], *case[3]))
"""The same as arguments: smoothing may be left out."""


@st.composite
def flat_columns(draw):
    """One column is constant in one class, another in all rows; new rows agree with both."""
    X, y, new, _ = draw(classes(sizes=SEVERAL_CLASSES))
    value = X[0, 0]
    X, new = np.array(X), np.array(new)
    X[y == y[0], 0] = value
    new[:, 0] = value
    flat, flat_new = np.full((len(X), 1), 0.75), np.full((len(new), 1), 0.75)
    return np.hstack([X, flat]), y, np.hstack([new, flat_new])


example("naive_bayes_log_posterior")
matches("naive_bayes_log_posterior", POSTERIORS, scale=1.0)


@check(
    "naive_bayes_log_posterior", "is right for a small smoothing", value=True, weight=2, examples=20
)
@given(case=classes(reach=0.5))
def test_naive_bayes_unsmoothed(submission, reference, case):
    got = submission.naive_bayes_log_posterior(*case[:3], 1e-9)
    expect_close(got, reference.naive_bayes_log_posterior(*case[:3], 1e-9), scale=1.0)


@check("naive_bayes_log_posterior", "is right far away from the data", examples=10)
@given(case=classes(reach=100.0))
def test_naive_bayes_far(submission, reference, case):
    X_train, y_train, X, smoothing = case
    got = submission.naive_bayes_log_posterior(X_train, y_train, X, *smoothing)
    due = reference.naive_bayes_log_posterior(X_train, y_train, X, *smoothing)
    expect_close(got, due, "densities are 0 in floating point there", scale=1.0)


@check("naive_bayes_log_posterior", "smooths by a share of the largest variance", examples=12)
@given(case=flat_columns(), smoothing=st.sampled_from(((), (1e-9,), (0.1,))))
def test_naive_bayes_flat(submission, reference, case, smoothing):
    got = submission.naive_bayes_log_posterior(*case, *smoothing)
    due = reference.naive_bayes_log_posterior(*case, *smoothing)
    expect_close(got, due, "a column without any variance in a class", scale=1.0)


@check(
    "naive_bayes_log_posterior", "the probabilities of a row sum to one", practice=True, examples=10
)
@given(near=classes(), far=classes(reach=1000.0))
def test_naive_bayes_sums(submission, near, far):
    for where, (X_train, y_train, X, smoothing) in (("near", near), ("far", far)):
        got = submission.naive_bayes_log_posterior(X_train, y_train, X, *smoothing)
        sums = np.exp(np.asarray(got)).sum(axis=1)
        expect_close(sums, np.ones(len(X)), f"exp of the answer, {where} the data")


@check(
    "naive_bayes_log_posterior",
    "half way between equal spreads the priors decide",
    practice=True,
    examples=10,
)
@given(case=classes(), times=st.sampled_from((2, 3)), smoothing=st.sampled_from(SMOOTHINGS))
def test_naive_bayes_priors(submission, case, times, smoothing):
    one = case[0]
    other = np.tile(-one, (times, 1))
    y = np.repeat((4, 1), (len(one), len(other)))
    middle = np.zeros((1, one.shape[1]))
    got = submission.naive_bayes_log_posterior(np.vstack([one, other]), y, middle, *smoothing)
    due = np.log([[times / (times + 1), 1 / (times + 1)]])
    expect_close(got, due, "both densities are equal at 0: what is left are the shares of rows")


@check(
    "naive_bayes_log_posterior",
    "the order of the training rows is no matter",
    practice=True,
    examples=10,
)
@given(case=classes())
def test_naive_bayes_order(submission, case):
    X_train, y_train, X, smoothing = case
    here = submission.naive_bayes_log_posterior(X_train, y_train, X, *smoothing)
    backwards = X_train[::-1], y_train[::-1]
    there = submission.naive_bayes_log_posterior(*backwards, X, *smoothing)
    expect_close(there, here, "with the training rows in reverse order", scale=1.0)


untouched("naive_bayes_log_posterior", POSTERIORS)
double_precision("naive_bayes_log_posterior", POSTERIORS)
