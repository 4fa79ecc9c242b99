"""Linear regression by gradient descent.

Every model in this course, the attention layer at the end included, is trained by the loop that
you write here: predict, measure the error, find the direction in which the error falls, take a
small step, and again.  We begin with the smallest model for which the loop is interesting, a line
through data with d features:

    ŷ_i = w · x_i + b

How bad a line is we measure by the mean of its squared errors,

    L(w, b) = 1/n · Σ_i (ŷ_i − y_i)²

The gradient points to where L grows fastest, so we walk the other way, with steps whose length is
set by the learning rate η:

    w ← w − η · ∂L/∂w
    b ← b − η · ∂L/∂b

That is all of gradient descent.  What follows makes it fit for practice.  A big data set need not
be read in full before each step: stochastic gradient descent steps after every small batch.
Narrow valleys, in which plain descent zigzags, call for momentum, a velocity that averages the
zigzag out.  Parameters whose gradients differ in size by orders of magnitude call for Adam, which
measures each one's gradient and steps by the ratio.  And when the loss on held-out data stops
falling, early stopping says when it was best and ends the training.

Linear regression has an exact solution too, and chapter 2 will use it; the loop has the advantage
that it never asks what the model is.  Chapter 2 also keeps the weights small, chapter 4 replaces
the line by probabilities, chapter 5 finds gradients for any stack of layers.  The loop stays.

Throughout, X is (n, d), a row per example; y and ŷ are (n,); w is (d,); b is one number.
"""

import numpy as np


def predict(X, w, b):
    """Predict one number for each row of X, by a weighted sum of its features.

        ŷ_i = Σ_j X_ij · w_j + b

    X is (n, d), w is (d,), b is a number; the answer is (n,).

    >>> X = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
    >>> predict(X, np.array([1.0, 2.0, 3.0]), 0.5).tolist()
    [7.5, 5.5]
    """
    raise NotImplementedError


def mse_loss(y_pred, y):
    """Measure predictions by the mean of their squared errors.

        L = 1/n · Σ_i (ŷ_i − y_i)²

    y_pred and y are (n,); the answer is one number.  It is the mean itself: no root, and no
    factor ½ as some books have it.

    >>> float(mse_loss(np.array([7.5, 5.5]), np.array([7.0, 7.5])))
    2.125
    """
    raise NotImplementedError


def mse_gradient(X, y, w, b):
    """Find the gradient of the mean squared error of the line (w, b) on the data (X, y).

    With the residuals r_i = ŷ_i − y_i:

        ∂L/∂w_j = 2/n · Σ_i r_i · X_ij
        ∂L/∂b = 2/n · Σ_i r_i

    X is (n, d), y is (n,), w is (d,), b is a number; the answer is the pair (dw, db) with dw of
    shape (d,) and db a number.  The 2 comes from the square, since the loss has no ½.

    >>> X = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [2.0, 0.0, 3.0]])
    >>> y = np.array([7.0, 7.5, 3.5, 10.5])
    >>> dw, db = mse_gradient(X, y, np.array([1.0, 2.0, 3.0]), 0.5)
    >>> dw.tolist(), float(db)
    ([1.25, -1.0, 1.0], -0.25)
    """
    raise NotImplementedError


def gradient_descent(X, y, lr, steps):
    """Fit a line to (X, y) by `steps` steps of gradient descent on the mean squared error.

        w ← w − lr · ∂L/∂w
        b ← b − lr · ∂L/∂b

    X is (n, d), y is (n,).  The walk starts at w = 0, b = 0.  Both parameters move at once: both
    gradients of a step are taken at the same old point.  No step is left out, even where the loss
    no longer falls; `steps` may be 0.

    The answer is (w, b, losses): w is (d,), b a number, and losses a list or array of steps + 1
    losses over all the data, the first at the start, the last at the w and b that are returned.

    The method is Cauchy's (1847).

    >>> X = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [2.0, 0.0, 1.0]])
    >>> w, b, losses = gradient_descent(X, np.array([3.0, 1.0, 2.0, 4.0]), lr=0.25, steps=2)
    >>> w.round(3).tolist(), round(float(b), 3)
    ([0.672, -0.031, 0.234], 0.281)
    >>> [round(float(loss), 4) for loss in losses]
    [7.5, 3.9922, 2.1252]
    """
    raise NotImplementedError


def minibatches(n, batch_size, rng):
    """Deal the indices 0 … n − 1 into batches, in random order: one epoch of training.

        permutation = rng.permutation(n)
        batch_k = permutation[k·batch_size : (k + 1)·batch_size]

    n and batch_size are positive integers, rng is a np.random.Generator.  The answer is a list of
    integer arrays.  Every index is in exactly one batch.  The order is that of one call of
    rng.permutation(n), cut from its front; nothing else is asked of rng.  If batch_size does not
    divide n, the last batch is shorter and is kept; a batch_size above n gives one batch of n.

    >>> np.random.default_rng(0).permutation(5).tolist()
    [2, 4, 3, 0, 1]
    >>> [batch.tolist() for batch in minibatches(5, 2, np.random.default_rng(0))]
    [[2, 4], [3, 0], [1]]
    """
    raise NotImplementedError


def sgd(X, y, lr, batch_size, epochs, rng):
    """Fit a line to (X, y) by stochastic gradient descent: a step after every small batch.

        w ← w − lr · ∂L_batch/∂w
        b ← b − lr · ∂L_batch/∂b

    L_batch is the mean squared error over the rows of one batch; the mean is over the rows that
    the batch really has, also when the last one is short.  X is (n, d), y is (n,); the walk starts
    at w = 0, b = 0 and both parameters move at once, as in `gradient_descent`.  Each of the
    `epochs` (0 or more) goes once over `minibatches(n, batch_size, rng)`, always with the same
    rng, so that every epoch has an order of its own; indices count rows of X and y as they were
    given.  The answer is (w, b), with w of shape (d,) and b a number.

    The idea is Robbins' and Monro's (1951).

    >>> X = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])
    >>> y = np.array([3.0, 1.0, 2.0])
    >>> w, b = sgd(X, y, lr=0.1, batch_size=2, epochs=1, rng=np.random.default_rng(0))
    >>> w.round(3).tolist(), round(float(b), 3)
    ([0.7, 0.26], 0.56)
    """
    raise NotImplementedError


def momentum_step(w, grad, velocity, lr, beta):
    """Take one step of gradient descent with momentum: the heavy ball.

        v ← beta · v + grad
        w ← w − lr · v, with the new v

    w, grad and velocity are arrays of one shape, whichever it is; 0 ≤ beta < 1.  The answer is the
    pair (w, velocity), both new arrays.  The gradient enters v whole, not as a fraction
    1 − beta, and v does not contain lr; this is the convention of torch.optim.SGD.

    From Polyak (1964), "Some methods of speeding up the convergence of iteration methods".

    >>> w = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    >>> grad = np.array([[1.0, 0.0, -1.0], [2.0, 0.0, 0.0]])
    >>> w, v = momentum_step(w, grad, velocity=np.ones((2, 3)), lr=0.5, beta=0.5)
    >>> v.tolist()
    [[1.5, 0.5, -0.5], [2.5, 0.5, 0.5]]
    >>> w.tolist()
    [[0.25, 1.75, 3.25], [2.75, 4.75, 5.75]]
    """
    raise NotImplementedError


def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    """Take one step of Adam: momentum, divided by the running size of each entry's gradient.

        m ← beta1 · m + (1 − beta1) · grad
        v ← beta2 · v + (1 − beta2) · grad²
        m̂ = m / (1 − beta1^t)
        v̂ = v / (1 − beta2^t)
        w ← w − lr · m̂ / (√v̂ + eps)

    w, grad, m and v are arrays of one shape, whichever it is, and everything happens entry by
    entry.  t is the number of this step, 1 for the first; one call takes one step, whatever t is.
    0 ≤ beta1 < 1, 0 ≤ beta2 < 1, eps > 0; eps stands outside the root.

    The answer is (w, m, v), all new arrays: m and v as they are to be given to the next step,
    which means without the correction.  Why m̂ and v̂: m and v start at zero, so their first averages
    are too small, by exactly these factors.

    From Kingma and Ba (2015), "Adam: A Method for Stochastic Optimization".

    >>> w, zeros = np.array([1.0, 2.0, 3.0]), np.zeros(3)
    >>> grad = np.array([4.0, 0.0, -1.0])
    >>> w, m, v = adam_step(w, grad, zeros, zeros, 1, lr=0.1, beta1=0.5, beta2=0.75, eps=1.0)
    >>> w.round(3).tolist(), m.tolist(), v.tolist()
    ([0.92, 2.0, 3.05], [2.0, 0.0, -0.5], [4.0, 0.0, 0.25])
    >>> w, m, v = adam_step(w, -grad, m, v, 2, lr=0.1, beta1=0.5, beta2=0.75, eps=1.0)
    >>> w.round(3).tolist(), m.tolist(), v.tolist()
    ([0.947, 2.0, 3.033], [-1.0, 0.0, 0.25], [7.0, 0.0, 0.4375])
    """
    raise NotImplementedError


def early_stopping(val_losses, patience, min_delta=0.0):
    """Decide when training should have stopped, from the validation loss after every epoch.

        epoch e improves if val_losses[e] < best − min_delta

    val_losses is an array of at least one loss, and epochs count from 0.  best is the loss of the
    last epoch that improved, +∞ before there was one; a loss below best that does not improve
    leaves best as it is.  A tie, at best − min_delta exactly, does not improve, and NaN never does.

    Training stops at the `patience`-th epoch in a row that did not improve (patience ≥ 1,
    min_delta ≥ 0); later losses are not looked at.  The answer is (best_epoch, stop_epoch):
    best_epoch is the last epoch that improved, 0 if none did; stop_epoch is the epoch at which
    training stops, the last one if it never does.

    Prechelt (1998), "Early Stopping - But When?", compares such rules.

    >>> early_stopping(np.array([5.0, 3.0, 3.5, 2.5, 3.0, 1.0]), patience=3, min_delta=1.0)
    (1, 4)
    >>> early_stopping(np.array([5.0, 3.0, 3.5, 2.5, 3.0, 1.0]), patience=3)
    (5, 5)
    """
    raise NotImplementedError
