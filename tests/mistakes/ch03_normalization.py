"""What people get wrong in normalization."""

from grader.bank import slips

HINTS = {
    "axis-one": "The last axis is axis −1 at every rank; axis 1 is the last one of a matrix only.",
    "dgamma-uses-x": "gamma multiplies the normalized x̂, so that is what stands in its gradient.",
    "divides-by-variance": "Divide by the square root of variance plus eps.",
    "eps-missing": "The variance may be 0: eps belongs under the root.",
    "eps-outside-sqrt": "eps is added to the variance, before the root is taken.",
    "fixed-eps": "Use the eps that is passed in, whatever is customary.",
    "gamma-beta-swapped": "gamma multiplies, beta is added.",
    "gamma-forgotten": "The gradient of x̂ is dout times gamma.",
    "in-place-dout": "An in-place operator on dout changes the caller's array: make a new one.",
    "mean-path-missing": "One path from x to the output is missing: the one through the mean.",
    "only-first-term": "Mean and variance depend on x too: two more paths lead back to it.",
    "std-without-eps": "The standard deviation on the way back is the same as on the way there, "
    "eps included.",
    "variance-path-missing": "One path from x to the output is missing: the one through the "
    "variance.",
    "variance-path-sign": "The path through the variance has the wrong sign: a larger variance "
    "makes outputs smaller.",
}
"""Hints of mistakes that several exercises have."""

slips(
    "standardize",
    """
    ddof-one: The population standard deviation divides by n: look at the ddof of your std.
        std(axis=0 -> std(ddof=1, axis=0
    global-statistics: Every column has its own mean and standard deviation; yours are those of the
      whole matrix.
        (X_train == X_train[0]).all(axis=0) -> X_train.std() == 0
        X_train.std(axis=0) -> X_train.std()
        X_train.mean(axis=0) -> X_train.mean()
    row-axis: Features are columns: take the statistics down the rows, not across them.
        (X_train == X_train[0]).all(axis=0) -> X.std(axis=1, keepdims=True) == 0
        X_train.std(axis=0) -> X.std(axis=1, keepdims=True)
        X_train.mean(axis=0) -> X.mean(axis=1, keepdims=True)
    own-statistics: The new data is scaled by the training data's statistics, not by its own.
        (X_train == X_train[0]) -> (X == X[0])
        1.0, X_train -> 1.0, X
        X_train.mean -> X.mean
    pooled-statistics: Only X_train may be looked at for the statistics; pooling it with X leaks the
      new data.
        constant = -> X_train = np.concatenate([X_train, X]); constant =
    zero-variance-nan: A constant column has no spread to divide by: what is due there instead?
        where(constant -> where(False
    near-constant: The computed spread of 0.1, 0.1, 0.1 is 1e-17, not 0: recognise constant columns
      by values.
        (X_train == X_train[0]).all(axis=0) -> X_train.std(axis=0) == 0
    small-spread-is-none: A spread of 1e-9 is small only beside 1: ask whether the values are equal,
      not whether σ is below a threshold.
        np.where(constant, 1.0, X_train.std(axis=0))
        -> np.where(constant | (X_train.std(axis=0) < 1e-8), 1.0, X_train.std(axis=0))
    constant-not-centred: A constant column is divided by 1, but its mean is subtracted like any
      other.
        return (X - X_train.mean(axis=0)) -> return np.where(constant, X, X - X_train.mean(axis=0))
    constant-to-zero: New data may differ from a constant training column: the difference stays, it
      is not zeroed.
        return (X - X_train.mean(axis=0)) -> return np.where(constant, 0, X - X_train.mean(axis=0))
    divides-by-variance: Divide by the standard deviation, the root of the variance.
        X_train.std -> X_train.var
    eps-added: Nothing is added to the standard deviation here; constant columns are a case of
      their own.
        np.where(constant -> 1e-8 + np.where(False
    not-centred: The training mean of a column is subtracted first.
        X - X_train.mean(axis=0) -> X
    in-place:
        return (X - X_train.mean(axis=0)) / std
        ->
        X[...] = (X - X_train.mean(axis=0)) / std
        return X
    """,
)

slips(
    "min_max_scale",
    """
    own-range: Minimum and range are those of the training data, not of X.
        X_train.min(axis=0) -> X.min(axis=0)
        X_train.max(axis=0) -> X.max(axis=0)
    pooled-range: Only X_train may be looked at for minimum and range; pooling it with X leaks the
      new data.
        smallest = -> X_train = np.concatenate([X_train, X]); smallest =
    global-range: Every column has its own minimum and range; yours are those of the whole matrix.
        X_train.min(axis=0) -> X_train.min()
        X_train.max(axis=0) -> X_train.max()
    row-axis: Features are columns: take minimum and maximum down the rows, not across them.
        X_train.min(axis=0) -> X.min(axis=1, keepdims=True)
        X_train.max(axis=0) -> X.max(axis=1, keepdims=True)
    clipped: New data outside the training range lands outside [low, high]: do not clip.
        (X - smallest) / width -> np.clip((X - smallest) / width, 0, 1)
    bounds-ignored: The answer is to reach from low to high, which need not be 0 and 1.
        low + (X - smallest) -> (X - smallest)
        * (high - low) ->
    low-not-added: The training minimum is to land on low, not on 0.
        low + (X - smallest) -> (X - smallest)
    low-subtracted: Set brackets around high − low, and add low in front.
        low + (X - smallest) -> (X - smallest)
        (high - low) -> high - low
    high-for-width: Stretch by the width of the target range: with low = 2 and high = 5 that is 3.
        (high - low) -> high
    zero-range-nan: A constant column has no range to divide by: what does it count as?
        width = np.where(width == 0.0, 1.0, width) ->
    constant-to-low: New data may differ from a constant training column: its range counts as 1, no
      more.
        np.where(width == 0.0, 1.0, width) -> np.where(width == 0.0, np.inf, width)
    small-range-is-none: A range of 1e-9 is small only beside 1: ask whether it is 0.
        width == 0.0 -> width < 1e-8
    divides-by-maximum: Divide by the range, which is the maximum less the minimum.
        X_train.max(axis=0) - smallest -> X_train.max(axis=0)
    eps-added: Nothing is added to the range; constant columns are a case of their own.
        np.where(width == 0.0, 1.0, width) -> width + 1e-8
    in-place:
        return low + (X - smallest) / width * (high - low)
        ->
        X[...] = low + (X - smallest) / width * (high - low)
        return X
    """,
)

slips(
    "batch_norm_train",
    """
    momentum-inverted: Here momentum is the weight of the new batch, as in PyTorch, not of the old
      statistics.
        (1 - momentum) * running_mean + momentum -> momentum * running_mean + (1 - momentum)
        (1 - momentum) * running_var + momentum -> momentum * running_var + (1 - momentum)
    running-var-biased: The running variance collects the unbiased variance of the batch (divided by
      N − 1).
        x.var(axis=0, ddof=1) -> x.var(axis=0)
    out-unbiased: The batch itself is normalized by the biased variance (divided by N).
        np.sqrt(var + eps) -> np.sqrt(x.var(axis=0, ddof=1) + eps)
    ddof-swapped: Biased variance for the output, unbiased for the running one: you have them the
      other way.
        np.sqrt(var + eps) -> np.sqrt(x.var(axis=0, ddof=1) + eps)
        momentum * unbiased -> momentum * var
    eps-missing:
        np.sqrt(var + eps) -> np.sqrt(var)
    eps-outside-sqrt:
        np.sqrt(var + eps) -> (np.sqrt(var) + eps)
    fixed-eps:
        np.sqrt(var + eps) -> np.sqrt(var + 1e-5)
    divides-by-variance:
        np.sqrt(var + eps) -> (var + eps)
    feature-axis: Batch norm compares the rows of one column; you compare the columns of one row.
        x - mean -> x - x.mean(axis=1, keepdims=True)
        np.sqrt(var + eps) -> np.sqrt(x.var(axis=1, keepdims=True) + eps)
    global-statistics: Every column has its own mean and variance; yours are those of the whole
      batch.
        x.mean(axis=0), x.var(axis=0) -> x.mean(), x.var()
        momentum * unbiased -> momentum * var
    uses-running-statistics: In training the batch is normalized by its own statistics, not by the
      running ones.
        return out -> return gamma * (x - new_running_mean) / np.sqrt(new_running_var + eps) + beta
    running-not-updated: The second and third answers are the updated running statistics.
        return out, new_running_mean, new_running_var -> return out, running_mean, running_var
    running-std: The running variance collects variances, without root or eps.
        x.var(axis=0, ddof=1) -> x.std(axis=0, ddof=1)
    eps-in-running-variance: The running variance collects s² as it is: eps is only for the root.
        momentum * unbiased -> momentum * (unbiased + eps)
    running-swapped: The answer is (out, running mean, running variance), in this order.
        return out, new_running_mean, new_running_var
        -> return out, new_running_var, new_running_mean
    sum-of-squares: A variance is a mean of squared deviations: the sum is still to be divided.
        np.sqrt(var + eps) -> np.sqrt(len(x) * var + eps)
    gamma-beta-swapped:
        gamma * -> beta *
        + beta -> + gamma
    in-place-running: An in-place operator on a running statistic changes the caller's array: make a
      new one.
        new_running_mean = -> running_mean[...] =
        new_running_var = -> running_var[...] =
        return out, new_running_mean, new_running_var -> return out, running_mean, running_var
    """,
    hints=HINTS,
)

slips(
    "batch_norm_eval",
    """
    batch-statistics: In evaluation the running statistics are used; the batch at hand has none of
      its own.
        x - running_mean -> x - x.mean(axis=0)
        running_var + eps -> x.var(axis=0) + eps
    batch-mean: The running mean is subtracted, not the mean of the batch at hand.
        x - running_mean -> x - x.mean(axis=0)
    eps-missing: running_var may be 0: eps belongs under the root.
        running_var + eps -> running_var
    eps-outside-sqrt: eps is added to the running variance, before the root is taken.
        np.sqrt(running_var + eps) -> (np.sqrt(running_var) + eps)
    fixed-eps:
        running_var + eps -> running_var + 1e-5
    divides-by-variance: running_var is a variance: take the root before you divide.
        np.sqrt(running_var + eps) -> (running_var + eps)
    mean-after-division: Subtract the running mean first, then divide: the mean has the units of x.
        (x - running_mean) / np.sqrt(running_var + eps)
        -> (x / np.sqrt(running_var + eps) - running_mean)
    no-brackets: Division comes before subtraction: set brackets around x minus the mean.
        (x - running_mean) -> x - running_mean
    beta-forgotten: The bias is added at the end.
        + beta ->
    gamma-beta-swapped:
        gamma * -> beta *
        + beta -> + gamma
    updates-running: Evaluation only reads the running statistics: the arrays passed in must not
      change.
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
        ->
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
        running_mean += 0.1 * (x.mean(axis=0) - running_mean)
        running_var += 0.1 * (x.var(axis=0) - running_var)
        return out
    """,
    hints=HINTS,
)

slips(
    "batch_norm_backward",
    """
    only-first-term:
        dout - dbeta / len(x) - x_hat * dgamma / len(x) -> dout
    mean-path-missing:
        - dbeta / len(x) ->
    variance-path-missing:
        - x_hat * dgamma / len(x) ->
    sums-not-means: The mean is a sum divided by N: on the way back each row gets only its N-th
      part.
        dbeta / len(x) -> dbeta
        x_hat * dgamma / len(x) -> x_hat * dgamma
    mean-path-not-divided: The path through the mean lacks its 1/N.
        dbeta / len(x) -> dbeta
    variance-path-not-divided: The path through the variance lacks its 1/N.
        x_hat * dgamma / len(x) -> x_hat * dgamma
    variance-path-halved: The path through the variance is off by a factor 2: differentiate the
      square, too.
        x_hat * dgamma / len(x) -> x_hat * dgamma / len(x) / 2
    variance-path-sign:
        - x_hat * dgamma -> + x_hat * dgamma
    ddof-one: batch_norm_train normalizes by the biased variance; the way back must use the same.
        x.var(axis=0) -> x.var(axis=0, ddof=1)
    std-without-eps:
        x.var(axis=0) + eps -> x.var(axis=0)
    gamma-forgotten:
        gamma / std -> 1 / std
    std-forgotten: The last step from x̂ to x divides by the standard deviation.
        gamma / std -> gamma
    feature-axis: Batch norm averages over the rows of a column; you average over the columns of a
      row.
        x.var(axis=0) -> x.var(axis=1, keepdims=True)
        x.mean(axis=0) -> x.mean(axis=1, keepdims=True)

        dx = gamma / std * (dout - dbeta / len(x) - x_hat * dgamma / len(x))
        ->
        dx = dout * gamma - x_hat * (dout * gamma * x_hat).mean(axis=1, keepdims=True)
        dx = (dx - (dout * gamma).mean(axis=1, keepdims=True)) / std
    dgamma-uses-x:
        return dx, dgamma -> return dx, (dout * x).sum(axis=0)
    weights-averaged: dgamma and dbeta are sums over the batch: if the loss is a mean, dout knows
      that already.
        return dx, dgamma, dbeta -> return dx, dgamma / len(x), dbeta / len(x)
    weights-swapped: The answer is (dx, dgamma, dbeta), in this order.
        return dx, dgamma, dbeta -> return dx, dbeta, dgamma
    row-shaped-weights: dgamma and dbeta have gamma's shape (D,), not (1, D).
        return dx, dgamma, dbeta -> return dx, dgamma[None], dbeta[None]
    in-place-dout:
        return dx -> dout *= gamma; return dx
    """,
    hints=HINTS,
)

slips(
    "layer_norm",
    """
    ddof-one: The variance is the biased one, divided by D: look at the ddof.
        x.var(axis=-1, keepdims=True) -> x.var(axis=-1, keepdims=True, ddof=1)
    eps-outside-sqrt:
        np.sqrt(var + eps) -> (np.sqrt(var) + eps)
    sqrt-of-std: std is a root already: take the root of variance plus eps, once.
        np.sqrt(var + eps) -> np.sqrt(np.sqrt(var) + eps)
    divides-by-variance:
        np.sqrt(var + eps) -> (var + eps)
    eps-missing:
        np.sqrt(var + eps) -> np.sqrt(var)
    fixed-eps:
        np.sqrt(var + eps) -> np.sqrt(var + 1e-5)
    batch-axis: Statistics go along the last axis, within a vector; over the first axis it is batch
      norm.
        axis=-1 => axis=0
    axis-one:
        axis=-1 => axis=1
    over-last-two-axes: Only the last axis is averaged over: positions of a sequence do not mix.
        axis=-1 => axis=(-2, -1)
    all-but-batch: Only the last axis is averaged over, not everything but the first.
        axis=-1 => axis=tuple(range(1, x.ndim)) or 0
    global-statistics: Every vector has its own mean and variance; yours are those of the whole
      array.
        axis=-1 => axis=None
    not-centred: The mean is subtracted; without that it is RMS norm.
        x - mean -> x
        x.var(axis=-1, keepdims=True) -> (x**2).mean(axis=-1, keepdims=True)
    second-moment: The variance is the mean square of the deviations from the mean, not of x.
        x.var(axis=-1, keepdims=True) -> (x**2).mean(axis=-1, keepdims=True)
    gamma-beta-swapped:
        gamma * -> beta *
        + beta -> + gamma
    beta-before-gamma: beta is added last, gamma does not multiply it.
        + beta -> + gamma * beta
    in-place:
        return gamma * (x - mean) / np.sqrt(var + eps) + beta
        ->
        x -= mean
        return gamma * x / np.sqrt(var + eps) + beta
    """,
    hints=HINTS,
)

slips(
    "layer_norm_backward",
    """
    batch-norm-axis: This is the backward pass of batch norm: the averages for dx go along the last
      axis.
        axis=-1 => axis=0
    means-over-batch-axis: x̂ is along the last axis, and so are the two averages that are
      subtracted in dx.
        dx_hat.mean(axis=-1, keepdims=True) -> dx_hat.mean(axis=0)
        (dx_hat * x_hat).mean(axis=-1, keepdims=True) -> (dx_hat * x_hat).mean(axis=0)
    gamma-outside: gamma differs along the axis of the averages: multiply dout by it before
      averaging.
        dout * gamma -> dout
        dx = -> dx = gamma *
    gamma-forgotten:
        dout * gamma -> dout
    only-first-term:
        - along_ones - x_hat * along_x_hat ->
    mean-path-missing:
        - along_ones ->
    variance-path-missing:
        - x_hat * along_x_hat ->
    variance-path-sign:
        - x_hat * along_x_hat -> + x_hat * along_x_hat
    sums-not-means: Mean and variance are sums divided by D: on the way back each entry gets its
      D-th part.
        dx_hat.mean -> dx_hat.sum
        (dx_hat * x_hat).mean -> (dx_hat * x_hat).sum
    divided-by-batch-size: The averages are over the D entries of a vector, so that is what to
      divide by.
        dx_hat.mean(axis=-1, keepdims=True) -> dx_hat.sum(axis=-1, keepdims=True) / len(x)
        (dx_hat * x_hat).mean(axis=-1, keepdims=True)
        -> (dx_hat * x_hat).sum(axis=-1, keepdims=True) / len(x)
    ddof-one: layer_norm uses the biased variance; the way back must use the same.
        x.var(axis=-1, keepdims=True) -> x.var(axis=-1, keepdims=True, ddof=1)
    std-without-eps:
        x.var(axis=-1, keepdims=True) + eps -> x.var(axis=-1, keepdims=True)
    eps-outside-sqrt: The standard deviation on the way back is the same as on the way there, eps
      under the root.
        np.sqrt(x.var(axis=-1, keepdims=True) + eps) -> x.std(axis=-1, keepdims=True) + eps
    weights-over-first-axis: dgamma and dbeta have gamma's shape (D,): sum over every axis but the
      last.
        axis=leading => axis=0
    weights-over-last-axis: gamma is shared by the vectors, so its gradient sums over them and not
      along them.
        axis=leading => axis=-1
    weights-averaged: dgamma and dbeta are sums over the vectors: a mean in the loss is in dout
      already.
        sum(axis=leading) => mean(axis=leading)
    dgamma-uses-x:
        (dout * x_hat).sum -> (dout * x).sum
    in-place-dout:
        return dx, (dout * x_hat).sum(axis=leading), dout.sum(axis=leading)
        ->
        weights = (dout * x_hat).sum(axis=leading), dout.sum(axis=leading)
        dout *= gamma
        return dx, *weights
    """,
    hints=HINTS,
)

slips(
    "rms_norm",
    """
    divides-by-rsqrt: One over a root is already a factor: multiply by it, or divide by the root.
        x / np.sqrt -> x * np.sqrt
    root-missing: Divide by the square root of mean square plus eps.
        np.sqrt(mean_square + eps) -> (mean_square + eps)
    root-of-root: The root is taken once, of mean square plus eps.
        np.sqrt(mean_square + eps) -> np.sqrt(np.sqrt(mean_square) + eps)
    uses-std: No mean is subtracted anywhere: the root mean square is not the standard deviation.
        (x**2).mean(axis=-1, keepdims=True) -> x.var(axis=-1, keepdims=True)
    centred: No mean is subtracted; with it this is layer norm.
        (x**2).mean(axis=-1, keepdims=True) -> x.var(axis=-1, keepdims=True)
        gamma * x -> gamma * (x - x.mean(axis=-1, keepdims=True))
    sum-not-mean: The squares are averaged, so that longer vectors do not get smaller entries.
        (x**2).mean -> (x**2).sum
    mean-of-absolutes: Root mean square: square, average, then the root.
        (x**2).mean(axis=-1, keepdims=True) -> np.abs(x).mean(axis=-1, keepdims=True) ** 2
    eps-outside-sqrt: eps is added to the mean square, before the root.
        np.sqrt(mean_square + eps) -> (np.sqrt(mean_square) + eps)
    eps-missing: The mean square may be 0: eps belongs under the root.
        mean_square + eps -> mean_square
    fixed-eps:
        mean_square + eps -> mean_square + 1e-5
    batch-axis: The mean square goes along the last axis, within a vector, not over the first.
        axis=-1 -> axis=0
    axis-one:
        axis=-1 -> axis=1
    global-statistics: Every vector has its own mean square; yours is that of the whole array.
        axis=-1 -> axis=None
    in-place:
        return gamma * x / np.sqrt(mean_square + eps)
        ->
        x /= np.sqrt(mean_square + eps)
        return gamma * x

    unit-offset: The gain is gamma itself, not 1 + gamma.
        gamma * x -> (1 + gamma) * x
    """,
    hints=HINTS,
)

slips(
    "group_norm",
    """
    interleaved-groups: Neighbouring channels make a group; you took every num_groups-th one.
        num_groups, -1 -> -1, num_groups, *x.shape[2:]
        axis=-1 => axis=(1, 3, 4)
    group-size-for-number: num_groups says how many groups there are, not how many channels are in
      one.
        num_groups, -1 -> x.shape[1] // num_groups, -1
    over-the-batch: Every image is normalized by itself: the batch axis is not averaged over.
        axis=-1 => axis=(0, -1)
    every-channel-alone: The channels of one group share mean and variance; one channel alone is
      instance norm.
        num_groups, -1 -> x.shape[1], -1
    every-pixel-alone: Mean and variance run over height and width too, not only over the channels
      of a group.
        num_groups, -1 -> num_groups, -1, *x.shape[2:]
        axis=-1 => axis=2
    groups-ignored: Mean and variance belong to one group; yours are those of the whole image.
        num_groups, -1 -> 1, -1
    ddof-one: The variance is the biased one, divided by the size of the group: look at the ddof.
        groups.var(axis=-1, keepdims=True) -> groups.var(axis=-1, keepdims=True, ddof=1)
    eps-outside-sqrt:
        np.sqrt(var + eps) -> (np.sqrt(var) + eps)
    eps-missing:
        np.sqrt(var + eps) -> np.sqrt(var)
    fixed-eps:
        np.sqrt(var + eps) -> np.sqrt(var + 1e-5)
    divides-by-variance:
        np.sqrt(var + eps) -> (var + eps)
    weights-per-group: gamma and beta are per channel: the channels of a group differ in them.
        groups = -> first = np.arange(num_groups).repeat(len(gamma) // num_groups); groups =
        gamma[:, None, None] -> gamma[:: len(gamma) // num_groups][first, None, None]
        beta[:, None, None] -> beta[:: len(gamma) // num_groups][first, None, None]
    weights-along-width: gamma and beta belong to the channels: without extra axes they meet the
      width.
        [:, None, None] =>
    gamma-beta-swapped:
        gamma[:, None, None] -> beta[:, None, None]
        beta[:, None, None] -> gamma[:, None, None]
    in-place: Writing into x, or into a view of it, changes the caller's array: make a new one.
        return gamma[:, None, None] * x_hat + beta[:, None, None]
        ->
        x[...] = gamma[:, None, None] * x_hat + beta[:, None, None]
        return x
    """,
    hints=HINTS,
)
