"""What people get wrong in backpropagation."""

from grader.bank import slips

HINTS = {
    "averaged": "Rows are summed: a mean is dout's business, not yours.",
    "bias-gradient-one-number": "Every output has its own bias and gradient.",
    "changes-dout": "dout belongs to the caller: an operator with = writes into the array itself.",
    "changes-its-input": "x belongs to the caller: write the result to a new array.",
    "dw-transposed": "dW must have the shape of W, (out, in).",
    "empties-params": "pop takes layers out of the caller's list: read params without changing it.",
    "no-upstream": "The slope alone is not enough: dout has to come in.",
    "own-generator": "Draw from the rng that is given, not from one of your own.",
    "slope-one-at-zero": "At exactly 0 the slope of relu is 0 by convention.",
    "transposed": "The shape is (fan_out, fan_in), as for every W.",
}
"""Hints of mistakes that several exercises have."""

slips(
    "relu",
    """
    leaky: Negative inputs must give exactly 0, not a small negative number.
        np.maximum(x, 0.0) -> np.maximum(x, 0.01 * x)
    absolute-value: Negative inputs must give 0; they do not change sign.
        np.maximum(x, 0.0) -> np.abs(x)
    step: A positive input comes out as it is, not as 1: that would be the slope.
        np.maximum(x, 0.0) -> (x > 0).astype(float)
    capped-at-six: There is no upper limit: relu(100) is 100.
        np.maximum(x, 0.0) -> np.clip(x, 0.0, 6.0)
    changes-its-input:
        np.maximum(x, 0.0) -> np.maximum(x, 0.0, out=x)
    """,
    hints=HINTS,
)

slips(
    "relu_backward",
    """
    slope-one-at-zero:
        x > 0 -> x >= 0
    slope-half-at-zero: At exactly 0 the slope is 0, not between 0 and 1.
        np.where(x > 0, dout, 0.0) -> dout * (np.sign(x) + 1) / 2
    sign-of-upstream: Whether the gradient passes depends on the sign of x; negative gradients pass
      like others.
        x > 0 -> dout > 0
    no-upstream:
        x > 0, dout -> x > 0, 1.0
    value-for-slope: Multiply dout by the slope of relu at x, not by relu(x).
        x > 0, dout -> x > 0, dout * x
    relu-of-both: dout may be negative, and then so is the result where x > 0.
        x > 0, dout -> x > 0, np.maximum(dout, 0.0)
    changes-dout: dout belongs to the caller: mask a copy of it.
        np.where(x > 0, dout, 0.0) -> np.multiply(dout, x > 0, out=dout)
    """,
    hints=HINTS,
)

slips(
    "tanh_backward",
    """
    takes-x-for-the-output: 1 - x² is the slope if x is the output of tanh, but here x is what went
      in.
        np.tanh(x) -> x
    no-square: The slope has the square of tanh(x) in it.
        np.tanh(x) ** 2 -> np.tanh(x)
    no-upstream:
        dout * (1.0 - np.tanh(x) ** 2) -> 1.0 - np.tanh(x) ** 2
    precedence: dout multiplies the whole slope, 1 - tanh(x)²: look at the parentheses.
        dout * (1.0 - np.tanh(x) ** 2) -> dout * 1.0 - np.tanh(x) ** 2
    tanh-twice: Apply tanh once: x has not been through it yet.
        np.tanh(x) -> np.tanh(np.tanh(x))
    inverse-slope: That is 1 over the slope: tanh is flat for large x.
        (1.0 - np.tanh(x) ** 2) -> np.cosh(np.clip(x, -300, 300)) ** 2
    changes-dout:
        return -> dout *= 1.0 - np.tanh(x) ** 2; return dout; return
    """,
    hints=HINTS,
)

slips(
    "sigmoid_backward",
    """
    takes-x-for-the-output: x·(1 - x) is the slope if x is the sigmoid's output, but here x is what
      went in.
        1.0 / (1.0 + np.exp(-x)) -> x
    no-upstream:
        dout * s * (1.0 - s) -> s * (1.0 - s)
    half-the-slope: The slope is a product of two factors.
        dout * s * (1.0 - s) -> dout * s
    sigmoid-twice: Apply the sigmoid once: x has not been through it.
        return -> s = 1.0 / (1.0 + np.exp(-s)); return
    slope-of-tanh: 1 - s² is the slope of tanh, not of the sigmoid.
        dout * s * (1.0 - s) -> dout * (1.0 - s**2)
    changes-dout:
        return dout * s * (1.0 - s) -> dout *= s * (1.0 - s); return dout
    """,
    hints=HINTS,
)

slips(
    "linear",
    """
    reshaped-not-transposed: reshape keeps the order of the entries: transpose W.
        W.T -> W.reshape(W.shape[1], W.shape[0])
    not-transposed: W is (out, in): the inputs are its columns.
        W.T -> W
    weights-first: Every row of x meets every row of W: x comes first, and W is transposed.
        x @ W.T -> W @ x
    transposed-where-it-fits: x @ W fits only where W is square, and is wrong there too: W is (out,
      in), always.
        W.T -> (W if W.shape[0] == W.shape[1] else W.T)
    no-bias: The bias is missing.
        x @ W.T + b -> x @ W.T
    batch-last: The result is (N, out): one row for every row of x.
        x @ W.T + b -> (x @ W.T + b).T
    bias-summed: Each output has a bias of its own.
        x @ W.T + b -> x @ W.T + b.sum()
    relu-inside: A linear layer has no relu: outputs may be negative.
        x @ W.T + b -> np.maximum(x @ W.T + b, 0.0)
    changes-the-bias: x, W and b belong to the caller: b += … and out=b write into the array itself.
        return x @ W.T + b -> out = x @ W.T + b; b += out[-1] - b; return out
    """,
    hints=HINTS,
)

slips(
    "linear_backward",
    """
    w-transposed: Going back, W maps outputs to inputs as it is: check dx with an unequal number of
      them.
        dout @ W -> dout @ W.T
    dw-transposed:
        dout.T @ x -> x.T @ dout
    bias-gradient-one-number:
        dout.sum(axis=0) -> dout.sum()
    bias-gradient-mean: Rows are summed: a mean is dout's business.
        dout.sum(axis=0) -> dout.mean(axis=0)
    averaged:
        dout.T @ x -> dout.T @ x / len(x)
        dout.sum(axis=0) -> dout.mean(axis=0)
    bias-gradient-row: db must have the shape of b, (out,).
        dout.sum(axis=0) -> dout.sum(axis=0, keepdims=True)
    wrong-order: The order of the results is dx, dW, db.
        dout @ W, dout.T @ x, dout.sum(axis=0) -> dout.T @ x, dout.sum(axis=0), dout @ W
    bias-gradient-per-row: db sums over the batch, the first axis of dout.
        dout.sum(axis=0) -> dout.sum(axis=1)
    dx-summed: Every row of x has a gradient of its own: dx is not summed.
        dout @ W -> np.ones_like(x) * (dout @ W).sum(axis=0)
    changes-dout:
        return dout @ W, dout.T @ x, dout.sum(axis=0)
        ->
        answer = dout @ W, dout.T @ x, dout.sum(axis=0)
        dout /= 2 * len(x)
        return answer
    takes-a-step: W belongs to the caller: its gradient is asked for, not a step.
        return dout @ W, dout.T @ x, dout.sum(axis=0)
        ->
        dx = dout @ W
        W -= 0.1 * dout.T @ x
        return dx, dout.T @ x, dout.sum(axis=0)
    """,
    hints=HINTS,
)

slips(
    "numerical_gradient",
    """
    one-sided: Forward differences are less exact: step to both sides.
        (f(x + step) - f(x - step)) / (2 * h) -> (f(x + step) - f(x)) / h
    one-sided-backward: Step to both sides of x, not only below.
        (f(x + step) - f(x - step)) / (2 * h) -> (f(x) - f(x - step)) / h
    divided-by-h: The two points are 2h apart.
        (2 * h) -> h
    half-steps: Each of the two points is h away from x, not h/2.
        step[index] = h -> step[index] = h / 2
        (2 * h) -> h
    ignores-h: The step is a parameter: use the h that is given.
        gradient = -> h = 1e-5; gradient =
    other-default-step: Without an argument the step is 1e-5.
        h=1e-5 -> h=1e-4
    moves-all-entries: Moving every entry at once mixes all derivatives: move one entry at a time.
        step = np.zeros(x.shape) -> step = np.full(x.shape, h)
    never-moves-back: Put each entry back before you go on to the next one.
        gradient = -> x = x.copy(); gradient =
        gradient[index] = (f(x + step) - f(x - step)) / (2 * h)
          -> gradient[index] = (f(x + step) - f(x - step)) / (2 * h); x[index] -= h
    restores-by-arithmetic: x + h - 2h + h is not always x, because of rounding: keep the old value
      and write it back.
        gradient[index] = (f(x + step) - f(x - step)) / (2 * h)
        ->
        x[index] += h
        above = f(x)
        x[index] -= 2 * h
        gradient[index] = (above - f(x)) / (2 * h)
        x[index] += h
    moves-a-copy: For some memory layouts reshape and ravel copy, and then f never sees the step.
        gradient[index] = (f(x + step) - f(x - step)) / (2 * h)
        ->
        flat = x.reshape(-1)
        i = np.ravel_multi_index(index, x.shape)
        old = flat[i]
        flat[i] = old + h
        above = f(x)
        flat[i] = old - h
        gradient[index] = (above - f(x)) / (2 * h)
        flat[i] = old
    flat: The result must have the shape of x.
        return gradient -> return gradient.ravel()
    """,
    hints=HINTS,
)

slips(
    "mlp_forward",
    """
    relu-after-last: No relu after the last layer: logits may be negative.
        return linear(x, *params[-1]) -> return relu(linear(x, *params[-1]))
    no-relu: Without relu between them, all layers collapse into one.
        relu(linear(x, W, b)) -> linear(x, W, b)
    relu-before-layers: The input itself gets no relu, only hidden layers.
        relu(linear(x, W, b)) -> linear(relu(x), W, b)
        linear(x, *params[-1]) -> linear(relu(x), *params[-1])
    relu-first-layer-only: Every layer but the last has a relu.
        relu(linear(x, W, b)) -> (relu if W is params[0][0] else np.array)(linear(x, W, b))
    always-relu-first: A network of one layer has no relu at all.
        linear(x, *params[-1]) -> (np.array if len(params) > 1 else relu)(linear(x, *params[-1]))
    softmax-at-the-end: The logits are asked for, not probabilities.
        return linear(x, *params[-1])
        ->
        z = np.exp(linear(x, *params[-1]))
        return z / z.sum(axis=1, keepdims=True)
    no-biases: The biases are missing.
        linear(x, W, b) -> linear(x, W, 0.0 * b)
        linear(x, *params[-1]) -> linear(x, params[-1][0], 0.0 * params[-1][1])
    two-layers-only: params may hold any number of layers: loop over them.
        params[:-1] -> params[: min(1, len(params) - 1)]
    empties-params:
        return linear(x, *params[-1]) -> return linear(x, *params.pop())
    changes-its-input: x and params belong to the caller: an operator with = writes into the array
      itself.
        for W, b in params[:-1]:
        ->
        given = x
        for W, b in params[:-1]:

        return linear(x, *params[-1])
        ->
        logits = linear(x, *params[-1])
        np.maximum(given, 0.0, out=given)
        return logits
    """,
    hints=HINTS,
)

slips(
    "mlp_gradients",
    """
    sum-instead-of-mean: The loss is a mean over the batch.
        mean() -> sum()
        dz /= len(labels) ->
    gradient-not-averaged: The loss is a mean over the batch, so dz needs 1/N.
        dz /= len(labels) ->
    averaged-twice: 1/N enters once, at the logits, and not in dW again.
        dz /= len(labels) -> dz /= len(labels) ** 2
    averaged-in-every-layer: 1/N enters once, at the logits; the gradient handed down carries it
      already.
        relu_backward(dh, h) -> relu_backward(dh, h) / len(labels)
    divided-by-classes: The mean is over the batch, not over classes too.
        dz /= len(labels) -> dz /= dz.size
    relu-slope-missing: On the way back every relu has to be passed, too.
        relu_backward(dh, h) -> dh
    relu-slope-of-upstream: A relu lets the gradient through where its input was positive, whatever
      the gradient's sign.
        relu_backward(dh, h) -> relu(dh)
    slope-one-at-zero:
        inputs = [x]
        ->
        inputs = [x]
        before = {}

        inputs.append(relu(linear(inputs[-1], W, b)))
        ->
        z = linear(inputs[-1], W, b)
        inputs.append(relu(z))
        before[id(inputs[-1])] = z

        relu_backward(dh, h) -> np.where(before.get(id(h), h) >= 0, dh, 0.0)
    relu-slope-at-logits: The logits went through no relu: their gradient passes unmasked.
        dz /= len(labels) -> dz *= (linear(inputs[-1], *params[-1]) > 0) / len(labels)
    inputs-before-relu: A layer was given the output of the relu below it, not the pre-activation:
      dW needs that.
        inputs = [x]
        ->
        inputs = [x]
        before = {}

        inputs.append(relu(linear(inputs[-1], W, b)))
        ->
        z = linear(inputs[-1], W, b)
        inputs.append(relu(z))
        before[id(inputs[-1])] = z

        linear_backward(dz, h, W) -> linear_backward(dz, before.get(id(h), h), W)
    labels-forgotten: Subtract 1 at each row's label from probabilities.
        dz[rows, labels] -= 1.0 ->
    sign-flipped: This is the direction downhill: the gradient points uphill.
        dz /= len(labels) -> dz /= -len(labels)
    last-layer-first: Return the gradients in the order of params.
        gradients[::-1] -> gradients
    dw-transposed:
        (dW, db)) -> (dW.T, db))
    bias-gradient-one-number:
        (dW, db)) -> (dW, np.full_like(db, db.sum())))
    softmax-twice: The cross-entropy takes logits: one softmax is enough.
        logits = logits - logits.max(axis=1, keepdims=True)
        ->
        logits = np.exp(logits - logits.max(axis=1, keepdims=True))
        logits /= logits.sum(axis=1, keepdims=True)
    updates-on-the-way: Change no weights here: the layers below need the W that was used going
      forward.
        (W, _) in zip -> (W, b) in zip

        dh, dW, db = linear_backward(dz, h, W)
        ->
        _, dW, db = linear_backward(dz, h, W)
        W -= 0.1 * dW
        b -= 0.1 * db
        dh = dz @ W
    updates-at-the-end: The gradients are right, but params belong to the caller: taking a step is
      not asked here.
        return loss, gradients[::-1]
        ->
        for (W, b), (dW, db) in zip(reversed(params), gradients, strict=True):
            W -= 0.1 * dW
            b -= 0.1 * db
        return loss, gradients[::-1]
    empties-params:
        return -> params.pop(); return
    """,
    hints=HINTS,
)

slips(
    "he_init",
    """
    no-factor-two: Relu halves the mean square: the variance needs a 2.
        2.0 -> 1.0
    fan-out-for-fan-in: A unit sums fan_in products: that is what σ is about.
        2.0 / fan_in -> 2.0 / fan_out
    xavier-variance: Only fan_in is in σ; the sum of both is Xavier's rule.
        2.0 / fan_in -> 2.0 / (fan_in + fan_out)
    variance-for-deviation: 2/fan_in is the variance; σ is its root.
        np.sqrt(2.0 / fan_in) -> 2.0 / fan_in
    uniform: A normal distribution is due; this one is uniform.
        rng.normal(0.0, np.sqrt(2.0 / fan_in), -> np.sqrt(6.0 / fan_in) * rng.uniform(-1.0, 1.0,
    transposed:
        (fan_out, fan_in)) -> (fan_out, fan_in)).T
    own-generator:
        rng.normal -> np.random.default_rng(42).normal
    rows-alike: Draw every weight by itself: equal rows learn equal things.
        (fan_out, fan_in)) -> fan_in) * np.ones((fan_out, 1))
    """,
    hints=HINTS,
)

slips(
    "xavier_init",
    """
    fan-in-only: The limit depends on the sum of fan_in and fan_out.
        (fan_in + fan_out) -> fan_in
    deviation-for-limit: √(2 / (fan_in + fan_out)) is the standard deviation; a uniform distribution
      reaches further.
        6.0 -> 2.0
    root-of-six-only: The fraction as a whole stands under the root.
        np.sqrt(6.0 / (fan_in + fan_out)) -> np.sqrt(6.0) / (fan_in + fan_out)
    only-positive: Half of the weights must be negative.
        -a, a -> 0.0, a
    normal: A uniform distribution is due; this one is normal.
        rng.uniform(-a, a, -> rng.normal(0.0, a / np.sqrt(3.0),
    transposed:
        (fan_out, fan_in)) -> (fan_out, fan_in)).T
    own-generator:
        rng.uniform -> np.random.default_rng(42).uniform
    """,
    hints=HINTS,
)

slips(
    "residual_block",
    """
    no-shortcut: x itself has to be added at the end.
        x + linear -> linear
    relu-after-sum: No relu after the sum: the shortcut stays clear.
        x + linear(relu(linear(x, W1, b1)), W2, b2)
          -> relu(x + linear(relu(linear(x, W1, b1)), W2, b2))
    relu-before-sum: Only the hidden layer has a relu.
        linear(relu(linear(x, W1, b1)), W2, b2) -> relu(linear(relu(linear(x, W1, b1)), W2, b2))
    no-relu: The hidden layer needs its relu.
        relu(linear(x, W1, b1)) -> linear(x, W1, b1)
    shortcut-of-hidden: The shortcut starts at the input x, not after a relu.
        x + linear -> relu(x) + linear
    x-twice: The sum is x plus what the layers make of it, once each.
        x + linear -> x + x + linear
    changes-its-input: x belongs to the caller: add without writing into it.
        return x + linear(relu(linear(x, W1, b1)), W2, b2)
        ->
        x += linear(relu(linear(x, W1, b1)), W2, b2)
        return x
    """,
    hints=HINTS,
)

slips(
    "residual_block_backward",
    """
    no-shortcut: x is used twice: dout itself flows to dx, too.
        dout + dx -> dx
    relu-slope-missing: Between the two layers the gradient has to pass the relu.
        relu_backward(dh, z) -> dh
    slope-one-at-zero:
        relu_backward(dh, z) -> np.where(z >= 0, dh, 0.0)
    input-before-relu: The second layer was given relu(z), not z: dW2 needs what it was given.
        linear_backward(dout, relu(z), W2) -> linear_backward(dout, z, W2)
    bias-gradient-before-relu: db1 belongs to the first layer: its gradient has passed the relu,
      like dW1's.
        dout + dx, dW1, db1 -> dout + dx, dW1, dh.sum(axis=0)
    relu-slope-of-upstream: The relu lets the gradient through where z was positive, whatever the
      gradient's sign.
        relu_backward(dh, z) -> relu(dh)
    averaged: Rows are summed: a mean is dout's business.
        dout + dx, dW1, db1, dW2, db2
          -> dout + dx, dW1 / len(x), db1 / len(x), dW2 / len(x), db2 / len(x)
    first-bias-forgotten: The pre-activation has to be computed as it was going forward, with b1.
        linear(x, W1, b1) -> linear(x, W1, 0.0 * b1)
    changes-dout: dout belongs to the caller: dx = dout makes no copy, so do not add to it in place.
        return dout + dx, dW1, db1, dW2, db2
        ->
        dout += dx
        return dout, dW1, db1, dW2, db2
    """,
    hints=HINTS,
)

slips(
    "Value.backward",
    """
    overwrites-grad: A Value may be used many times: every use adds to its gradient, none replaces
      it.
        node.grad += flow[node] -> node.grad = flow[node]
        flow[source] += slope -> flow[source] = slope
    no-topological-order: A node hands its gradient on before all its uses have contributed: sort
      the graph first.
        flow = dict.fromkeys(order, 0.0)  # the derivative by this backward alone
        flow[self] = 1.0
        for node in reversed(order):
            node.grad += flow[node]
            for source, slope in node._inputs:
                flow[source] += slope * flow[node]
        ->
        def hand_on(node):
            for source, slope in node._inputs:
                source.grad += slope * node.grad
            for source, _ in node._inputs:
                hand_on(source)
        self.grad += 1.0
        hand_on(self)
    breadth-first-order: Distance from the result is no safe order: a node may be used near it and
      far from it.
        visit(self)
        ->
        order.append(self)
        for node in order:
            order += [source for source, _ in node._inputs if source not in order]
        order.reverse()
    visits-twice: A node must stand once in the order, or it hands its gradient on more than once.
        if node not in seen: -> if True:
    order-not-reversed: Start at the result and go towards the leaves, not up to it.
        flow = dict.fromkeys(order, 0.0)  # the derivative by this backward alone
        flow[self] = 1.0
        for node in reversed(order):
            node.grad += flow[node]
            for source, slope in node._inputs:
                flow[source] += slope * flow[node]
        ->
        self.grad += 1.0
        for node in order:
            for source, slope in node._inputs:
                source.grad += slope * node.grad
    no-upstream: Local slopes have to be multiplied by the gradient of the result.
        slope * flow[node] -> slope
    old-gradient-flows-again: What an earlier backward left in .grad must not be handed on once
      more.
        flow = dict.fromkeys(order, 0.0)  # the derivative by this backward alone
        flow[self] = 1.0
        for node in reversed(order):
            node.grad += flow[node]
            for source, slope in node._inputs:
                flow[source] += slope * flow[node]
        ->
        self.grad += 1.0
        for node in reversed(order):
            for source, slope in node._inputs:
                source.grad += slope * node.grad
    backward-resets: backward adds to .grad: what earlier graphs have contributed stays.
        node.grad += flow[node] -> node.grad = flow[node]
    visited-for-ever: Which Values were visited holds for one backward only: the next one has to
      visit them again.
        if node not in seen: -> if not hasattr(node, "visited"):
        seen.add(node) -> node.visited = True

        flow = dict.fromkeys(order, 0.0)  # the derivative by this backward alone
        flow[self] = 1.0
        for node in reversed(order):
            node.grad += flow[node]
            for source, slope in node._inputs:
                flow[source] += slope * flow[node]
        ->
        self.grad += 1.0
        for node in reversed(order):
            for source, slope in node._inputs:
                source.grad += slope * node.grad
    equal-numbers-are-one-node: Two Values that hold the same number are two nodes: tell them apart
      by identity.
        if node not in seen: -> if node.data not in seen:
        seen.add(node) -> seen.add(node.data)
        flow[source] += slope * flow[node]
          -> flow[source] = flow.get(source, 0.0) + slope * flow[node]
    leaves-only: Inner nodes get their gradient too, not only the leaves.
        node.grad += flow[node] -> node.grad += 0.0 if node._inputs else flow[node]
    own-gradient-missing: The result's own gradient is 1 after its backward.
        node.grad += flow[node] -> node.grad += 0.0 if node is self else flow[node]
    """,
)

slips(
    "Value",
    """
    number-minus-self: k - a is not a - k: mind which side the number is on.
        -self + other -> self - other
    number-over-self: k / a is not a / k: mind which side the number is on.
        self**-1.0 * other -> self / other
    number-on-the-left: A number may stand on the left, too: 2 * a, 1 - a, 1 / a.
        __radd__, __rmul__ = __add__, __mul__ -> __radd__ = __rmul__ = None
        def __rsub__ -> def subtracted_from
        def __rtruediv__ -> def divided_by
    minus-loses-its-sign: a - b falls when b grows: the slope towards b is negative.
        return self + other * -1.0
        ->
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data - other.data)
        out._inputs = ((self, 1.0), (other, 1.0))
        return out
    own-factor: The slope of a·b towards a is b.
        (self, other.data), (other, self.data) -> (self, self.data), (other, other.data)
    denominator-slope-sign: a / b falls when b grows (for a, b > 0).
        return self * other**-1.0
        ->
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data / other.data)
        out._inputs = ((self, 1.0 / other.data), (other, self.data / other.data**2))
        return out

        self**-1.0 * other -> Value(other) / self
    exponent-not-lowered: The exponent goes down by one in the slope.
        (exponent - 1) -> exponent
    slope-of-exp: exp is its own slope.
        (self, out.data) -> (self, self.data)
    slope-of-log: The slope of log at a is 1/a, not 1 over the result.
        1.0 / self.data -> 1.0 / (out.data or 1.0)
    slope-of-tanh: The slope of tanh is one minus its square.
        1.0 - out.data**2 -> 1.0 - out.data
    tanh-of-input: In 1 - t² the t is the output of tanh, not the number that went in.
        1.0 - out.data**2 -> 1.0 - self.data**2
    relu-slope-at-zero: At exactly 0 relu's slope is 0 by convention.
        self.data > 0 -> self.data >= 0
    relu-slope-of-upstream: relu lets the gradient through where its input was positive, whatever
      the gradient's sign.
        out._inputs = ((self, float(self.data > 0)),)
        ->
        out._inputs = ((self, 1.0),)
        out.rectified = True

        slope * flow[node]
          -> slope * (max(flow[node], 0.0) if hasattr(node, "rectified") else flow[node])
    relu-passes-everything: relu passes no gradient where its input was negative.
        float(self.data > 0) -> 1.0
    """,
)
