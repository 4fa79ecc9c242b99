"""Normalization: keep numbers at a size that learning can work with.

Chapter 1 went downhill at one learning rate for all weights, chapter 2 put one penalty on all of
them. Both are fair only if the features are of a like size: with a floor area of 120 beside a
number of rooms of 3, the loss is a long, thin valley, gradient descent zigzags across it, and the
penalty weighs on one feature far more than on the other. The cure is old and cheap: subtract a
mean, divide by a spread.

    z = (x − μ) / σ

What makes a chapter of it is the question *whose* mean and spread. The first two exercises
prepare data. Their statistics come from the training rows, are frozen, and are then used on
everything else, since a test row that helps to choose its own scale has leaked.

Inside a network nothing stays frozen. The input of every layer drifts as the layers before it
learn, so the network normalizes as it goes, and then gives itself a gain γ and a bias β with which
it may undo what was done:

        out = γ · (x − μ) / √(σ² + ε) + β

The members of the family differ in where they take μ and σ² from:

    batch norm    down each column of the batch    training and evaluation differ
    layer norm    along each vector                no batch needed: Transformers
    RMS norm      along each vector, no mean       cheaper still: large language models
    group norm    groups of channels of an image   small batches of images

Batch norm needs a memory: in training it uses the batch, and meanwhile averages what it sees into
running statistics, with which a single example can be judged later. Two exercises go backwards.
Moving one entry of x moves μ and σ² as well, and with them every other output that shares them;
forget that and the gradient looks right, has the right shape, and is wrong. They are the hardest
part of this chapter and the best preparation for chapter 5, where whole networks are
differentiated. Before that, chapter 4 turns outputs into probabilities.

γ, β and ε are `gamma`, `beta` and `eps` in the code. Everywhere ε stands inside the square root,
and variances are biased (divided by the count) unless an exercise says otherwise.
"""

import numpy as np


def standardize(X_train, X):
    """Shift and scale the columns of X by the training data's mean and standard deviation.

        out[:, j] = (X[:, j] − μ_j) / σ_j

    X_train is (n, d) with n ≥ 1, X is (m, d), the answer (m, d). μ_j and σ_j are the mean and the
    standard deviation of column j of X_train alone. σ_j is that of the population: the mean of the
    squared deviations is over n, not n − 1. A column whose training values are all equal is divided
    by 1; it is still centred. Beware: the standard deviation of 0.1, 0.1, 0.1 comes out as 1e-17
    rather than 0, so ask the values, not σ.

    >>> X_train = np.array([[0.0, 5.0, 1.0], [4.0, 5.0, 3.0]])
    >>> X = np.array([[3.0, 7.0, 0.0]])
    >>> standardize(X_train, X).tolist()
    [[0.5, 2.0, -2.0]]
    """
    raise NotImplementedError


def min_max_scale(X_train, X, low=0.0, high=1.0):
    """Map the training data's range of each column to [low, high], and X along with it.

        out[:, j] = low + (X[:, j] − min_j) / range_j · (high − low)
        range_j = max_j − min_j

    X_train is (n, d) with n ≥ 1, X is (m, d), the answer (m, d); low < high. min_j and max_j come
    from column j of X_train alone. New data outside the training range lands outside [low, high]:
    nothing is clipped. The range of a column whose training values are all equal counts as 1.

    >>> X_train = np.array([[0.0, 5.0, 2.0], [4.0, 5.0, 10.0]])
    >>> X = np.array([[1.0, 6.0, 12.0]])
    >>> min_max_scale(X_train, X, low=-1.0, high=1.0).tolist()
    [[-0.5, 1.0, 1.5]]
    """
    raise NotImplementedError


def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    """Normalize every column of a batch by its own statistics and update the running ones.

        μ = mean of a column,   σ² = 1/N · Σ (x − μ)²,   s² = 1/(N − 1) · Σ (x − μ)²
        out = γ · (x − μ) / √(σ² + ε) + β
        new_running_mean = (1 − momentum) · running_mean + momentum · μ
        new_running_var = (1 − momentum) · running_var + momentum · s²

    x is (N, D) with N ≥ 2; gamma, beta, running_mean and running_var are (D,); momentum is
    between 0 and 1, eps > 0. The answer is (out, new_running_mean, new_running_var), of shapes
    (N, D), (D,) and (D,). As in torch.nn.BatchNorm1d, `out` uses the biased variance σ², while
    the running variance collects the unbiased s². The running statistics are not used for `out`,
    and the arrays passed in stay as they are.

    Source: Ioffe and Szegedy, "Batch Normalization" (2015), https://arxiv.org/abs/1502.03167

    >>> x = np.array([[1.0, 2.0, 0.0], [9.0, 2.0, 8.0]])
    >>> gamma, beta = np.array([5.0, 2.0, -10.0]), np.array([1.0, -1.0, 0.5])
    >>> old_mean, old_var = np.array([1.0, 0.0, 2.0]), np.array([8.0, 4.0, 0.0])
    >>> out, mean, var = batch_norm_train(x, gamma, beta, old_mean, old_var, 0.25, 9.0)
    >>> out.round(4).tolist()
    [[-3.0, -1.0, 8.5], [5.0, -1.0, -7.5]]
    >>> mean.tolist(), var.tolist()
    ([2.0, 0.5, 2.5], [14.0, 3.0, 8.0])
    """
    raise NotImplementedError


def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    """Normalize every column by the running statistics, so that each row is judged by itself.

        out = γ · (x − running_mean) / √(running_var + ε) + β

    x is (N, D) with N ≥ 1; gamma, beta, running_mean and running_var are (D,); running_var ≥ 0
    and eps > 0. The answer is (N, D). The batch's own mean and variance play no part, and the
    running statistics stay as they are.

    >>> x = np.array([[6.0, 3.0, 2.0], [1.0, -6.0, 10.0]])
    >>> gamma, beta = np.array([2.0, -1.0, 0.5]), np.array([1.0, 0.5, -1.0])
    >>> mean, var = np.array([1.0, 0.0, 2.0]), np.array([16.0, 0.0, 7.0])
    >>> batch_norm_eval(x, gamma, beta, mean, var, 9.0).tolist()
    [[3.0, -0.5, -1.0], [1.0, 2.5, 0.0]]
    """
    raise NotImplementedError


def batch_norm_backward(dout, x, gamma, eps):
    """Carry a gradient back through the `out` of batch_norm_train.

        x̂ = (x − μ) / √(σ² + ε),   out = γ · x̂ + β
        dgamma = Σ dout · x̂,   dbeta = Σ dout
        dx[i, j] = Σ_k dout[k, j] · ∂out[k, j]/∂x[i, j]

    dout is ∂L/∂out, the gradient of a loss L for `out`; Σ without an index is a sum over the batch,
    one for each column.

    dout and x are (N, D) with N ≥ 2, gamma is (D,), eps > 0. The answer is (dx, dgamma, dbeta),
    of shapes (N, D), (D,) and (D,). μ and σ² are those of batch_norm_train (biased), and they
    depend on every row of x: through them x[i, j] reaches every out[k, j]. That is why the sum
    over k is there.

    Source: Ioffe and Szegedy, "Batch Normalization" (2015), section 3

    >>> x = np.array([[1.0, 2.0, 0.0], [9.0, 2.0, 8.0]])
    >>> dout = np.array([[1.0, 2.0, 0.0], [3.0, -4.0, 1.0]])
    >>> dx, dgamma, dbeta = batch_norm_backward(dout, x, np.array([5.0, 3.0, -5.0]), 9.0)
    >>> dx.round(4).tolist()
    [[-0.36, 3.0, 0.18], [0.36, -3.0, -0.18]]
    >>> dgamma.round(4).tolist(), dbeta.tolist()
    ([1.6, 0.0, 0.8], [4.0, -2.0, 1.0])
    """
    raise NotImplementedError


def layer_norm(x, gamma, beta, eps):
    """Normalize every vector along the last axis by its own mean and variance.

        μ = mean over the last axis,   σ² = 1/D · Σ (x − μ)²
        out = γ · (x − μ) / √(σ² + ε) + β

    x is (..., D) of any rank from 1 up, gamma and beta are (D,), eps > 0; the answer has the
    shape of x. Every vector is on its own, whatever the other axes mean; there are no running
    statistics and no difference between training and evaluation.

    Source: Ba, Kiros and Hinton, "Layer Normalization" (2016), https://arxiv.org/abs/1607.06450

    >>> x = np.array([[0.0, 0.0, 6.0], [7.0, 1.0, 1.0]])
    >>> gamma, beta = np.array([3.0, 6.0, -1.5]), np.array([1.0, 0.5, 2.5])
    >>> layer_norm(x, gamma, beta, 1.0).round(4).tolist()
    [[-1.0, -3.5, 0.5], [5.0, -3.5, 3.5]]
    """
    raise NotImplementedError


def layer_norm_backward(dout, x, gamma, eps):
    """Carry a gradient back through layer_norm.

        x̂ = (x − μ) / √(σ² + ε),   out = γ · x̂ + β
        dgamma = Σ dout · x̂,   dbeta = Σ dout
        dx[..., i] = Σ_k dout[..., k] · ∂out[..., k]/∂x[..., i]

    dout is ∂L/∂out, the gradient of a loss L for layer_norm's answer `out`; Σ without an index is a
    sum over all axes but the last.

    dout and x are (..., D) of any rank from 1 up, gamma is (D,), eps > 0. The answer is
    (dx, dgamma, dbeta), of shapes (..., D), (D,) and (D,). It looks like batch_norm_backward with
    the axes exchanged, but for one thing: γ is no longer constant along the axis that μ and σ²
    are taken over.

    >>> x = np.array([[0.0, 0.0, 6.0], [7.0, 1.0, 1.0]])
    >>> dout = np.array([[1.0, 0.0, 2.0], [0.0, -1.0, 2.0]])
    >>> dx, dgamma, dbeta = layer_norm_backward(dout, x, np.array([3.0, 6.0, -1.5]), 1.0)
    >>> dx.round(4).tolist()
    [[0.5556, -0.4444, -0.1111], [0.1111, -0.5556, 0.4444]]
    >>> dgamma.round(4).tolist(), dbeta.tolist()
    ([-0.6667, 0.6667, 1.3333], [1.0, -1.0, 4.0])
    """
    raise NotImplementedError


def rms_norm(x, gamma, eps):
    """Divide every vector along the last axis by its root mean square.

        m = 1/D · Σ x²
        out = γ · x / √(m + ε)

    x is (..., D) of any rank from 1 up, gamma is (D,), eps > 0; the answer has the shape of x.
    No mean is subtracted and no bias is added: before γ, a vector keeps its direction and gets a
    standard length.

    Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (2019),
    https://arxiv.org/abs/1910.07467

    >>> x = np.array([[1.0, 2.0, 2.0], [4.0, -5.0, 2.0]])
    >>> rms_norm(x, np.array([2.0, -1.0, 3.0]), 1.0).tolist()
    [[1.0, -1.0, 3.0], [2.0, 1.25, 1.5]]
    """
    raise NotImplementedError


def group_norm(x, num_groups, gamma, beta, eps):
    """Normalize every image by groups of neighbouring channels.

        out = γ_c · (x − μ) / √(σ² + ε) + β_c

    c is the channel of an entry; μ and σ² (biased) are the mean and variance of all entries of its
    group in its image.

    x is (N, C, H, W), gamma and beta are (C,), one number per channel; num_groups divides C,
    eps > 0. The answer has the shape of x. The first C/num_groups channels are the first group,
    the next as many the second, and so on; a group in one image is (C/num_groups) · H · W
    numbers. One group is layer norm over a whole image, C groups are instance norm.

    Source: Wu and He, "Group Normalization" (2018), https://arxiv.org/abs/1803.08494

    >>> x = np.array([1.0, 1.0, 9.0, 9.0, 0.0, 8.0, 8.0, 0.0]).reshape(1, 4, 1, 2)
    >>> gamma, beta = np.array([5.0, 10.0, -5.0, 2.5]), np.array([1.0, 0.5, 0.25, -1.0])
    >>> group_norm(x, 2, gamma, beta, 9.0).round(4).reshape(4, 2).tolist()
    [[-3.0, -3.0], [8.5, 8.5], [4.25, -3.75], [1.0, -3.0]]
    """
    raise NotImplementedError
