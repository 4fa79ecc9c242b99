"""L1 and L2: keeping the weights small.

Give a model enough freedom and it will learn the noise.  Through any ten points side by side goes
a polynomial of degree nine; it meets every one of them and swings wildly in between, and what it
says about the eleventh point is worthless.  Such a fit has a mark by which it can be known: huge
weights that nearly cancel each other.  So we make size cost something.  To the error of chapter 1
we add a penalty, and minimise the sum:

    J(w, b) = 1/n · Σ_i (w · x_i + b − y_i)² + λ · penalty(w)

λ says how much we care: 0 gives chapter 1 back, a huge λ leaves nothing but the intercept b, which
says where the data lie and is never penalised.  Two penalties have become famous.

    L2 (ridge):   penalty = Σ_j w_j²      pulls hardest at large weights, shares between equal ones
    L1 (lasso):   penalty = Σ_j |w_j|     pulls at all alike, until some are exactly zero

The L2 penalty is smooth, and the minimum has a formula, which you will write: it works even where
there are more features than examples and least squares has no unique answer.  The L1 penalty has a
corner at zero.  The corner is the point: it is why the lasso selects features.  It also means that
there is no gradient there and no formula, so we walk again, with the proximal gradient: a plain
step downhill for the error, then a shrinking step, the soft threshold, for the penalty.

Deep networks are held back with the same two ideas and a third one.  AdamW applies the pull of L2
beside Adam's step instead of inside it, which turns out to be a different thing.  And dropout
penalises nothing at all: in each step of training it erases some inputs by chance, so that no part
of the network can lean on any other.

Chapter 1 gave the loop, this chapter gives it a conscience, chapter 3 will look after the scale of
what goes in: a penalty compares the weights of different features, and that is only fair when the
features are measured alike.

Throughout, X is (n, d), y is (n,), b is a number; w is (d,) in a regression, and may have any shape
where it stands alone.  λ is `lam` in the code, since lambda means something else in Python.
"""

import numpy as np


def polynomial_features(x, degree):
    """Turn each number into its powers, so that a line in them is a curve in x.

        answer[i, k] = x_i^(k + 1) for k = 0 … degree − 1

    x is (n,) and degree at least 1; the answer is (n, degree), with the columns x, x², …,
    x^degree in this order.  There is no column of ones: the intercept does its work.

    >>> polynomial_features(np.array([2.0, -3.0]), 3).tolist()
    [[2.0, 4.0, 8.0], [-3.0, 9.0, -27.0]]
    """
    raise NotImplementedError


def l2_penalty(w, lam):
    """Charge weights for the sum of their squares.

        penalty = λ · Σ_j w_j²

    w is an array of any shape, lam ≥ 0; the answer is one number.  The sum goes over all entries.
    There is no factor ½ and no root.

    >>> float(l2_penalty(np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 0.0]]), 0.5))
    7.0
    """
    raise NotImplementedError


def l2_gradient(w, lam):
    """Find the gradient of `l2_penalty`: the pull towards zero grows with the weight.

        ∂penalty/∂w_j = 2 · λ · w_j

    w is an array of any shape, lam ≥ 0; the answer is an array of w's shape.

    >>> l2_gradient(np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 0.0]]), 0.5).tolist()
    [[1.0, 0.0, -2.0], [0.0, 3.0, 0.0]]
    >>> l2_gradient(np.array([1.0, -2.0]), 0.25).tolist()
    [0.5, -1.0]
    """
    raise NotImplementedError


def l1_penalty(w, lam):
    """Charge weights for the sum of their absolute values.

        penalty = λ · Σ_j |w_j|

    w is an array of any shape, lam ≥ 0; the answer is one number.  The sum goes over all entries.

    >>> float(l1_penalty(np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 0.0]]), 0.5))
    3.0
    """
    raise NotImplementedError


def l1_subgradient(w, lam):
    """Find a subgradient of `l1_penalty`: the pull towards zero is the same for every weight.

        λ where w_j > 0,   −λ where w_j < 0,   0 where w_j = 0

    w is an array of any shape, lam ≥ 0; the answer is an array of w's shape.  At the corner
    w_j = 0 any number from −λ to λ would be a subgradient; here it is 0.

    >>> l1_subgradient(np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 0.0]]), 0.5).tolist()
    [[0.5, 0.0, -0.5], [0.0, 0.5, 0.0]]
    """
    raise NotImplementedError


def elastic_net_penalty(w, lam, l1_ratio):
    """Charge weights by a mixture of both penalties: sparse like L1, fair to twins like L2.

        penalty = λ · (l1_ratio · Σ_j |w_j| + (1 − l1_ratio) · Σ_j w_j²)

    w is an array of any shape, lam ≥ 0, 0 ≤ l1_ratio ≤ 1; the answer is one number.  l1_ratio = 1
    is the L1 penalty, l1_ratio = 0 the L2 penalty; scikit-learn puts ½ before the squares, here
    there is none.

    From Zou and Hastie (2005), "Regularization and variable selection via the elastic net".

    >>> w = np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 0.0]])
    >>> float(elastic_net_penalty(w, 0.5, l1_ratio=0.25))
    6.0
    """
    raise NotImplementedError


def ridge_regression(X, y, lam):
    """Find the line with the smallest mean squared error plus L2 penalty, exactly.

        (w, b) minimise 1/n · Σ_i (w · x_i + b − y_i)² + λ · Σ_j w_j²

    X is (n, d), y is (n,), lam > 0; the answer is (w, b), w of shape (d,) and b a number.  The
    error is a mean over the n rows, without ½, and b is not penalised.  Because λ > 0 there is one
    minimum, which your answer must meet up to rounding, also with more features than rows, with
    duplicated columns, and with a single row.  X and y stay as they are.

    At the minimum both derivatives are zero.  The one for b says that b = ȳ − w · x̄, where ȳ and
    x̄ are the means over the rows; with it the one for w becomes, for X and y without their means,

        (X_cᵀ X_c + n · λ · I) w = X_cᵀ y_c

    From Hoerl and Kennard (1970), "Ridge regression: biased estimation for nonorthogonal problems".

    >>> X = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    >>> w, b = ridge_regression(X, np.array([3.0, 1.0, 5.0]), lam=0.5)
    >>> w.round(4).tolist(), round(float(b), 4)
    ([1.0667, 0.2667], 1.6667)
    """
    raise NotImplementedError


def soft_threshold(w, t):
    """Move each weight towards zero by t, and stop it at zero.

        w_j − t where w_j > t,   w_j + t where w_j < −t,   0 between

    w is an array of any shape, t ≥ 0; the answer is an array of w's shape, and w stays as it is.
    Each entry is the v that minimises ½ · (v − w_j)² + t · |v|: this is the proximal operator of
    the L1 penalty.

    >>> soft_threshold(np.array([[3.0, -3.0, 1.0], [-0.5, 0.0, 1.25]]), 1.0).tolist()
    [[2.0, -2.0, 0.0], [0.0, 0.0, 0.25]]
    """
    raise NotImplementedError


def lasso_step(X, y, w, b, lam, lr):
    """Take one proximal gradient step on the mean squared error plus L1 penalty.

        w ← soft_threshold(w − lr · ∂L/∂w, lr · λ)
        b ← b − lr · ∂L/∂b

    L is the mean squared error alone, L = 1/n · Σ_i (w · x_i + b − y_i)², whose gradient has the
    factor 2/n of chapter 1.  X is (n, d), y is (n,), w is (d,), b is a number, lam ≥ 0, lr > 0; the
    answer is the new (w, b), w of shape (d,) and b a number.  Both derivatives are taken at the old
    point.  b is not penalised, so it is not thresholded either.

    Daubechies, Defrise and De Mol (2004) show that such steps, if small enough, lead to the
    minimum.

    >>> X = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [2.0, 0.0, 1.0]])
    >>> y, w, b = np.array([3.0, 1.0, 2.0, 4.0]), np.array([0.5, -1.0, 0.25]), 1.0
    >>> w, b = lasso_step(X, y, w, b, lam=1.0, lr=0.25)
    >>> w.tolist(), float(b)
    ([1.0, -0.46875, 0.5625], 1.625)
    """
    raise NotImplementedError


def lasso_regression(X, y, lam, lr, steps):
    """Fit a line to (X, y) under the L1 penalty, by `steps` proximal gradient steps from zeros.

        w ← 0,   b ← 0
        (w, b) ← lasso_step(X, y, w, b, lam, lr), as often as steps says

    X is (n, d), y is (n,), lam ≥ 0, lr > 0; the answer is (w, b), w of shape (d,) and b a number.
    Exactly `steps` steps are taken, even where nothing seems to change any more; `steps` may be 0.

    From Tibshirani (1996), "Regression shrinkage and selection via the lasso".

    >>> X = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [2.0, 0.0, 1.0]])
    >>> w, b = lasso_regression(X, np.array([3.0, 1.0, 2.0, 4.0]), lam=2.0, lr=0.125, steps=2)
    >>> w.tolist(), float(b)
    ([0.6484375, 0.0, 0.4140625], 0.84375)
    """
    raise NotImplementedError


def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    """Take one step of AdamW: Adam on the gradient, and a decay of the weights beside it.

        m ← beta1 · m + (1 − beta1) · grad
        v ← beta2 · v + (1 − beta2) · grad²
        m̂ = m / (1 − beta1^t)
        v̂ = v / (1 − beta2^t)
        w ← w − lr · weight_decay · w − lr · m̂ / (√v̂ + eps), with the old w on the right

    w, grad, m and v are arrays of one shape, whichever it is, and everything happens entry by
    entry.  grad is the gradient of the loss without any penalty.  t is the number of this step, 1
    for the first; one call takes one step, whatever t is.  0 ≤ beta1 < 1, 0 ≤ beta2 < 1, eps > 0
    and outside the root, weight_decay ≥ 0.

    The answer is (w, m, v), all new arrays, m and v without the correction, as in Adam.  Why not
    simply add the L2 gradient to grad: Adam divides by the size of what it is given, and weights
    with large gradients would hardly decay at all.

    From Loshchilov and Hutter (2019), "Decoupled weight decay regularization", with the decay
    multiplied by lr as in torch.optim.AdamW.

    >>> w, zeros = np.array([1.0, 2.0, 3.0]), np.zeros(3)
    >>> grad, settings = np.array([4.0, 0.0, -1.0]), (0.1, 0.5, 0.75, 1.0, 0.5)
    >>> w, m, v = adamw_step(w, grad, zeros, zeros, 1, *settings)
    >>> w.round(3).tolist(), m.tolist(), v.tolist()
    ([0.87, 1.9, 2.9], [2.0, 0.0, -0.5], [4.0, 0.0, 0.25])
    >>> w, m, v = adamw_step(w, -grad, m, v, 2, *settings)
    >>> w.round(3).tolist()
    [0.853, 1.805, 2.738]
    """
    raise NotImplementedError


def dropout(x, p, rng, training):
    """Erase entries of x by chance in training, and let everything pass in evaluation.

        mask_i = 0 with probability p, 1 / (1 − p) otherwise     in training
        mask_i = 1                                               in evaluation
        out = x · mask, entry by entry

    x is an array of any shape, 0 ≤ p < 1 the probability to drop, rng a np.random.Generator,
    training a bool; the answer is (out, mask), both of x's shape, and x stays as it is.  Every
    entry is dropped or kept on its own, independently of all others and of earlier calls.  All
    chance comes from rng, in any way you like: answers are judged by their distribution.  The
    factor 1 / (1 − p) makes up for what is lost: on average out is x, and evaluation has nothing
    to correct.  This is inverted dropout, as in torch.nn.Dropout.

    Raises ValueError unless 0 ≤ p < 1, in evaluation too.

    From Srivastava, Hinton and others (2014), "Dropout: a simple way to prevent neural networks
    from overfitting".

    >>> x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    >>> out, mask = dropout(x, 0.75, np.random.default_rng(0), training=True)
    >>> set(mask.ravel().tolist()) <= {0.0, 4.0}
    True
    >>> bool((out == x * mask).all())
    True
    >>> out, mask = dropout(x, 0.75, np.random.default_rng(0), training=False)
    >>> out.tolist(), mask.tolist()
    ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    """
    raise NotImplementedError
