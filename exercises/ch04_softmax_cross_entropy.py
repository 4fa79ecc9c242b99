"""Logistic and softmax regression.

A linear model answers with scores, any real numbers, called *logits*.  This chapter turns them
into probabilities, says what a wrong probability costs, and finds the direction in which the
logits should move.  These three steps end almost every classifier there is, from a spam filter
to a language model that picks one of a hundred thousand next words:

    two classes:   p = 1 / (1 + exp(−z))            loss = −t·log p − (1 − t)·log(1 − p)
    C classes:     p_i = exp(z_i) / Σ_j exp(z_j)    loss = −log p_label

The logarithm makes a confident mistake expensive: whoever gives the truth one chance in a
million pays 13.8, whoever gives it a half pays 0.69.  And it makes the gradient astonishingly
short.  For both models, and for every logit, it is

    gradient = p − target

so a logit is pushed exactly as hard as its probability is wrong.

On paper that is all.  In float64, exp(710) is already infinite and exp(−746) is zero, the
logarithm of that zero is −inf, and inf / inf is nan: one bold prediction, and a whole training
run is lost.  So there is one more promise to keep.  **Every function here is right for logits up
to ±10 000, and NumPy has no reason to warn.**  The way there is a fact about all of them: adding
one constant to all logits of a row changes no probability.  Choose that constant well, and stay
with logarithms for as long as you can; `logsumexp` is where both ideas meet.

Chapter 3 kept the numbers inside a model at an ordinary size; this one handles those that come
out at its end.  Chapter 5 takes `p − target` and carries it backwards, layer by layer, to the
weights.

Arrays are float64, labels are integers counted from 0, losses are means over the batch, and no
function changes its inputs.
"""

import numpy as np


def sigmoid(z):
    """Turn every logit into a probability between 0 and 1.

        σ(z) = 1 / (1 + exp(−z))

    z has any shape, the answer the same.  It is right for logits up to ±1e4, where it is 0 or 1
    to all digits, and without NumPy's warnings (exp overflows above about 709).

    >>> z = np.array([[0.0, np.log(2.0), -np.log(3.0)], [1.0, -1.0, 10000.0]])
    >>> sigmoid(z).round(4).tolist()
    [[0.5, 0.6667, 0.25], [0.7311, 0.2689, 1.0]]
    """
    raise NotImplementedError


def binary_cross_entropy(logits, targets):
    """Say what the predictions σ(logits) cost when the targets come true.

        loss = mean of (−t·log σ(z) − (1 − t)·log(1 − σ(z)))

    logits and targets have one shape, any shape; the answer is a float, the mean over all
    entries.  Targets are probabilities: every number in [0, 1] is allowed, not only 0 and 1.
    It is right for logits up to ±1e4, without warnings and without clipping: a logit of −1e4
    where the target is 1 costs 10000.

    >>> logits = np.array([[0.0, 2.0, -1.0], [1.0, -3.0, 10000.0]])
    >>> targets = np.array([[1.0, 1.0, 0.0], [0.0, 0.5, 1.0]])
    >>> round(float(binary_cross_entropy(logits, targets)), 4)
    0.6659
    """
    raise NotImplementedError


def logistic_gradient(X, y, w, b):
    """Differentiate the loss of logistic regression by its weights and its bias.

        z = X w + b,   p = σ(z),   loss = binary_cross_entropy(z, y)

        dw = Xᵀ(p − y) / n,   db = mean of (p − y)

    X is (n, d), y (n,) with targets in [0, 1], w (d,) and b a float.  The answer is the pair
    (dw, db): dw of shape (d,) and db a float.  It is right for logits up to ±1e4, without
    warnings.

    >>> X = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    >>> y = np.array([1.0, 0.0, 1.0])
    >>> dw, db = logistic_gradient(X, y, np.array([0.5, -1.0]), 0.5)
    >>> dw.round(4).tolist(), round(float(db), 4)
    ([-0.2563, -0.045], -0.1955)
    """
    raise NotImplementedError


def logsumexp(z, axis=-1):
    """Take the logarithm of a sum of exponentials along one axis: a smooth maximum.

        logsumexp(z) = log Σ_j exp(z_j)

    z has any rank from 1 and any length along `axis`, which may be negative.  The answer has
    the shape of z without that axis; for a vector it is a number.  It is right for logits up to
    ±1e4, without warnings, however far apart they are.

    >>> z = np.array([[0.0, 0.0, 0.0], [0.0, np.log(2.0), 10000.0]])
    >>> logsumexp(z).round(4).tolist()
    [1.0986, 10000.0]
    >>> logsumexp(z, axis=0).round(4).tolist()
    [0.6931, 1.0986, 10000.0]
    """
    raise NotImplementedError


def softmax(z, axis=-1):
    """Turn logits into probabilities along one axis.

        softmax(z)_i = exp(z_i) / Σ_j exp(z_j)

    z has any rank from 1; the answer has its shape, is never negative and sums to 1 along
    `axis`, which may be negative.  It is right for logits up to ±1e4, without warnings.

    >>> z = np.log(np.array([[1.0, 1.0, 2.0], [1.0, 3.0, 6.0]]))
    >>> softmax(z).round(4).tolist()
    [[0.25, 0.25, 0.5], [0.1, 0.3, 0.6]]
    >>> softmax(z, axis=0).round(4).tolist()
    [[0.5, 0.25, 0.25], [0.5, 0.75, 0.75]]
    """
    raise NotImplementedError


def log_softmax(z, axis=-1):
    """Give the logarithms of the softmax probabilities along one axis.

        log_softmax(z)_i = z_i − log Σ_j exp(z_j)

    Shapes and `axis` are those of `softmax`.  It is right for logits up to ±1e4, without
    warnings: never −inf, also where the probability itself is too small for a float64.

    >>> z = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 10000.0]])
    >>> log_softmax(z).round(4).tolist()
    [[-1.0986, -1.0986, -1.0986], [-9999.0, -9998.0, 0.0]]
    """
    raise NotImplementedError


def softmax_backward(dout, p):
    """Carry a gradient backwards through a softmax over the last axis.

    With p = softmax(z) and dout the derivative of some loss by p, the answer is its derivative
    by z.  Every z_j moves every p_i of its row, so the whole Jacobian takes part:

        ∂p_i/∂z_j = p_i·([i = j] − p_j)        dz_j = Σ_i dout_i · ∂p_i/∂z_j

    dout and p have one shape, (..., C) with any number of leading axes, also none; so has the
    answer.  Probabilities may be exactly 0 or 1.

    >>> p = np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]])
    >>> dout = np.array([[1.0, 0.0, -1.0], [2.0, -1.0, 0.5]])
    >>> softmax_backward(dout, p).round(4).tolist()
    [[0.26, 0.09, -0.35], [0.0, 0.0, 0.0]]
    """
    raise NotImplementedError


def cross_entropy(logits, labels):
    """Say what the predictions softmax(logits) cost when the labels come true.

        loss = −(1/N) Σ_n log softmax(logits_n)[labels_n]

    logits is (N, C), labels (N,) with integers from 0 to C − 1; the answer is a float, the mean
    over the N rows.  It is right for logits up to ±1e4, without warnings and without clipping:
    a label that lies 1e4 below the winner costs 10000.

    >>> logits = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 10000.0]])
    >>> round(float(cross_entropy(logits, np.array([1, 2]))), 4)
    0.5493
    >>> round(float(cross_entropy(logits, np.array([1, 0]))), 4)
    5000.0493
    """
    raise NotImplementedError


def cross_entropy_gradient(logits, labels):
    """Differentiate `cross_entropy`, the mean over the batch, by the logits.

        gradient = (softmax(logits) − one-hot(labels)) / N

    logits is (N, C), labels (N,) with integers from 0 to C − 1; the answer is (N, C).  It is
    right for logits up to ±1e4, without warnings.

    >>> logits = np.log(np.array([[1.0, 1.0, 2.0], [1.0, 3.0, 6.0]]))
    >>> cross_entropy_gradient(logits, np.array([0, 2])).round(4).tolist()
    [[-0.375, 0.125, 0.25], [0.05, 0.15, -0.2]]
    """
    raise NotImplementedError


def smoothed_cross_entropy(logits, labels, smoothing):
    """Compute the cross-entropy with labels that are not quite certain.

        q_n = (1 − s)·one-hot(labels_n) + s/C
        loss = −(1/N) Σ_n Σ_i q_ni · log softmax(logits_n)_i

    logits is (N, C), labels (N,) with integers from 0 to C − 1, and s = smoothing a number with
    0 ≤ s ≤ 1, both ends included: 0 is the plain cross-entropy, 1 forgets the labels.  All C
    classes share the mass s, the labelled one as well, as in `torch.nn.CrossEntropyLoss`.  The
    answer is a float, the mean over the N rows, right for logits up to ±1e4, without warnings.

    Label smoothing keeps a model from becoming ever more certain: Szegedy et al., "Rethinking
    the Inception Architecture for Computer Vision", 2016, section 7.

    >>> logits = np.log(np.array([[1.0, 1.0, 2.0], [1.0, 3.0, 6.0]]))
    >>> labels = np.array([0, 2])
    >>> [round(float(smoothed_cross_entropy(logits, labels, s)), 4) for s in (0.0, 0.3, 1.0)]
    [0.9486, 1.0381, 1.2472]
    """
    raise NotImplementedError
