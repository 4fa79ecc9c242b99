"""What people get wrong in LoRA."""

from grader.bank import slips

HINTS = {
    "by-name": "A name that has lora in it need not be LoRA's: ask for modules of type LoRALinear.",
    "model-itself-missed": "The model that is given may itself be a LoRALinear.",
    "only-b": "Both factors are due, A as well as B: B alone says nothing.",
    "top-level-only": "Layers may be nested at any depth: children see the first level only.",
    "visited-for-ever": "The mark on what was visited stays there, and the next call finds "
    "nothing.",
}
"""Hints of mistakes that several exercises have."""

slips(
    "low_rank_approximation",
    """
    no-singular-values: U and V only hold directions; how long each piece is stands in the singular
      values.
        * sigma[:r] ->
    singular-values-twice: Each singular value may enter the product once: all of it in one factor,
      or a root in each.
        , Vh[:r] -> , sigma[:r, None] * Vh[:r]
    root-in-one-factor: The square root of the singular values has to stand in both factors, not in
      one only.
        * sigma[:r] -> * sigma[:r].sqrt()
    smallest-kept: Keep the largest singular values: they carry most of the matrix.
        U[:, :r] * sigma[:r], Vh[:r] -> U[:, -r:] * sigma[-r:], Vh[-r:]
    columns-of-vh: torch.linalg.svd returns V already transposed: its rows are the right singular
      vectors.
        , full_matrices=False ->
        Vh[:r] -> Vh[:, :r].T
    factors-swapped: The tall factor B (out, r) is returned first, then the wide one A (r, in).
        U[:, :r] * sigma[:r], Vh[:r] -> Vh[:r], U[:, :r] * sigma[:r]
    full-width-factors: The product is right, but the factors must only have r columns and r rows:
      that is the gain.
        U[:, :r] * sigma[:r], Vh[:r] -> U * (sigma * (torch.arange(len(sigma)) < r)), Vh
    first-columns: The first r columns of W are of rank r, but they forget the other columns
      altogether.
        U[:, :r] * sigma[:r], Vh[:r] -> W[:, :r].clone(), torch.eye(W.shape[1], dtype=W.dtype)[:r]
    single-precision: The factors must have the dtype of W: leave out the conversion to float32.
        svd(W, -> svd(W.float(),
    peeled-in-place: The pieces are taken off W itself: W belongs to the caller, so peel a copy of
      it.
        return -> W -= (U[:, :r] * sigma[:r]) @ Vh[:r]; return
    """,
)

slips(
    "LoRALinear",
    """
    alpha-not-over-r: The scale is alpha divided by r, not alpha.
        alpha / r -> alpha
    no-scale: The change is to be multiplied by alpha / r everywhere.
        alpha / r -> 1.0
    scale-inverted: The scale is alpha / r, not r / alpha.
        alpha / r -> r / alpha
    integer-scale: alpha / r need not be a whole number: // cuts it down to one.
        alpha / r -> alpha // r
    scale-by-root: The scale is alpha / r, without a square root.
        alpha / r -> alpha / r**0.5
    no-scale-in-merge: What merge() adds must be the scaled change, the same that forward adds.
        self.delta_weight() => self.lora_B @ self.lora_A
    delta-not-scaled: delta_weight() is the whole change, alpha / r included, and so is what
      merge() adds.
        self.scale * (self.lora_B @ self.lora_A) -> self.lora_B @ self.lora_A
    delta-transposed: delta_weight() has the shape of base.weight: (out, in), not (in, out).
        (self.lora_B @ self.lora_A) -> (self.lora_B @ self.lora_A).T
    both-zero-init: With A and B both zero neither ever gets a gradient: only B starts at zero.
        nn.init.normal_(self.lora_A, std=base.in_features**-0.5) -> nn.init.zeros_(self.lora_A)
    both-random-init: B starts at zero, so that the layer at first answers exactly as its base
      does.
        self.scale = -> nn.init.normal_(self.lora_B); self.scale =
    constant-init: If all rows of A are alike they stay alike, and the rank is one: A starts at
      random.
        nn.init.normal_(self.lora_A, std=base.in_features**-0.5) -> nn.init.ones_(self.lora_A)
    same-seed: Every layer needs an A of its own: do not set the seed in the constructor.
        nn.init.normal_ -> torch.manual_seed(0); nn.init.normal_
    merge-into-copy: merge() changes a copy of the weight: the change has to arrive in base.weight
      itself.
        self.base.weight += self.delta_weight() -> weight = self.base.weight + self.delta_weight()
        self.base.weight -= self.delta_weight() -> pass
    merges-in-eval: eval() and train() are for the dropout only: merging is left to merge() and
      unmerge().

        def delta_weight(self):
        ->
        def train(self, mode=True):
            super().train(mode)
            self.unmerge() if mode else self.merge()
            return self
        def delta_weight(self):

    own-eval-method: eval() of a model around the layer never calls the layer's own eval(): use
      self.training.
        self.scale = -> self.dropping = True; self.scale =
        self.dropout(x) -> nn.functional.dropout(x, self.dropout.p, self.dropping)

        def delta_weight(self):
        ->
        def eval(self):
            self.dropping = False
            return self
        def delta_weight(self):

    base-trainable: The base layer has to be frozen: only A and B are to learn.
        base.requires_grad_(False) -> base.requires_grad_(True)
    bias-trainable: The base layer's bias has to be frozen too, not only its weight.
        base.requires_grad_(False) -> base; base.weight.requires_grad_(False)
    not-parameters: A and B have to be nn.Parameter: plain tensors are found by no optimizer and no
      state_dict.
        nn.Parameter => torch.Tensor.requires_grad_
    default-dtype: A and B must have the dtype of base.weight, which is not always float32.
        base.weight.new_empty -> torch.empty
        base.weight.new_zeros -> torch.zeros
    fresh-base: `base` is the layer that is given: a new nn.Linear of its size has learned nothing.

        self.base = base.requires_grad_(False)
        ->
        import copy
        self.base = copy.deepcopy(base).requires_grad_(False)
        nn.init.constant_(self.base.weight, 0.5)

    keep-probability: `dropout` is the probability to drop an entry, not to keep it.
        nn.Dropout(dropout) -> nn.Dropout(1 - dropout if dropout else 0.0)
    stale-delta: A and B change in training: the change has to be computed anew whenever it is
      needed.
        self.scale = alpha / r
          -> self.scale = alpha / r; self.delta = (self.scale * self.lora_B @ self.lora_A).detach()
        self.scale * (self.lora_B @ self.lora_A) -> self.delta
    square-merged-transposed: B A has the shape of the weight as it is: turned over only where it
      does not fit, it is wrong in every square layer.
        self.delta_weight() => self._change()

        def delta_weight(self):
        ->
        def _change(self):
            change = (self.scale * self.lora_B @ self.lora_A).T
            return change if change.shape == self.base.weight.shape else change.T
        def delta_weight(self):

    any-rank: A rank below one makes no sense: raise a ValueError.

        if r < 1:
            raise ValueError(f"r must be at least 1, not {r}")
        ->
        r = max(r, 1)

    rank-zero-allowed: r = 0 has to be refused too: the condition is r < 1.

        if r < 1:
        ->
        r = r or 1
        if r < 1:

    own-copy-in-state: A and B stand in the state under lora_A and lora_B: keep them on the layer
      itself.

        self.scale = alpha / r
        ->
        self.scale = alpha / r
        self.factors = nn.ParameterDict({"A": self.lora_A, "B": self.lora_B})
        del self.lora_A, self.lora_B

        def delta_weight(self):
        ->
        def __getattr__(self, name):
            if name in ("lora_A", "lora_B") and "factors" in self._modules:
                return self.factors[name[-1]]
            return super().__getattr__(name)
        def delta_weight(self):
    """,
)

slips(
    "LoRALinear.forward",
    """
    double-apply: While the layer is merged the change is in base.weight: forward must not add it
      once more.

        if self.merged:
            return y
        ->

    base-without-gradient: Frozen weights still pass gradients on to x: only the parameters'
      requires_grad is off.
        self.base(x) -> self.base(x).detach()
    delta-detached: The change must stay connected to A and B: no .data, no detach() on the way to
      the output.
        self.lora_A.T @ self.lora_B.T -> self.lora_A.detach().T @ self.lora_B.detach().T
    bias-forgotten: base(x) includes the bias, merged or not.
        self.base(x) -> x @ self.base.weight.T
    bias-twice: The bias belongs to base(x) alone: the branch of A and B adds none.
        return y + -> return y + (0 if self.base.bias is None else self.base.bias) +
    dropout-in-eval: Dropout is for training only: in evaluation nothing is dropped.
        self.dropout(x) -> nn.functional.dropout(x, self.dropout.p)
    no-dropout: In training entries of the x that the branch sees are dropped with probability
      `dropout`.
        self.dropout(x) -> x
    dropout-on-base: Only the branch sees the dropped x: base sees all of it.
        y = self.base(x) -> x = x if self.merged else self.dropout(x); y = self.base(x)
        self.dropout(x) @ -> x @
    dropout-on-output: Dropout comes before A: it drops entries of x, not of what the branch has
      computed.
        self.dropout(x) @ self.lora_A.T @ self.lora_B.T
        -> self.dropout(x @ self.lora_A.T @ self.lora_B.T)
    dropout-between: Dropout comes before A: it drops entries of x, not of the r numbers between A
      and B.
        self.dropout(x) @ self.lora_A.T -> self.dropout(x @ self.lora_A.T)
    dropout-not-rescaled: What is kept in training has to be divided by 1 - p, as nn.Dropout does.
        self.dropout(x) -> self.dropout(x) * (1 - self.dropout.p if self.training else 1)
    one-mask-per-row: Every entry of x is dropped on its own, not whole rows at once.
        self.dropout(x) -> x * self.dropout(torch.ones_like(x[..., :1]))
    dropout-in-place: Dropout writes its zeros into the caller's x; base, and whoever made x, needs
      it whole.

        return y + self.scale * (self.dropout(x) @ self.lora_A.T @ self.lora_B.T)
        ->
        own = x.clone() if x.requires_grad else x
        x = nn.functional.dropout(own, self.dropout.p, self.training, inplace=True)
        return y + self.scale * (x @ self.lora_A.T @ self.lora_B.T)

    two-axes-only: x may have any number of leading axes, also none: do not count on exactly two
      axes.
        y = self.base(x) -> rows, _ = x.shape; y = self.base(x)
    """,
)

slips(
    "LoRALinear.merge",
    """
    merge-twice: A second merge() must do nothing: look at `merged` beforehand.
        if not self.merged: -> if True:
    flag-not-set: merge() has to note in `merged` that the change is now part of base.weight.
        self.merged = True ->
    merge-is-tracked: merge() must not be recorded by autograd: afterwards base.weight would
      require a gradient.
        torch.no_grad() -> torch.enable_grad()
    merged-is-trainable: A weight that merge() replaces by a new parameter has to be frozen as the
      old one was.
        self.base.weight += self.delta_weight()
        -> self.base.weight = nn.Parameter(self.base.weight + self.delta_weight())
    factors-forgotten-by-merge: merge() must leave A and B as they are: unmerge() and
      delta_weight() still need them.
        self.merged = True -> self.merged = True; nn.init.zeros_(self.lora_B)
    """,
)

slips(
    "LoRALinear.unmerge",
    """
    unmerge-twice: unmerge() must do nothing in a layer that is not merged: look at `merged`
      beforehand.
        if self.merged: -> if True:
    flag-not-reset: After unmerge() the layer is no longer merged, and forward has to add the
      change again.
        self.merged = False ->
    unmerge-to-zero: unmerge() has to bring back the weight as it was, base's own values included.
        self.base.weight -= self.delta_weight() -> self.base.weight.copy_(self.delta_weight())
    unmerge-adds: unmerge() takes out what merge() added: mind the sign.
        self.base.weight -= -> self.base.weight +=
    """,
)

slips(
    "inject_lora",
    """
    substring: A target must be the whole last component of a name: q is not part of qv.
        name.rpartition(".")[2] in targets -> any(t in name.rpartition(".")[2] for t in targets)
    suffix: That the name ends with a target is not enough: my_fc is not fc. Compare whole
      components.
        name.rpartition(".")[2] in targets -> name.endswith(tuple(targets))
    prefix: A name that only starts with a target, as fc2 with fc, is another.
        name.rpartition(".")[2] in targets -> name.rpartition(".")[2].startswith(tuple(targets))
    path-suffix: Targets are single components: a path with a dot, such as block.q, names nothing.
        name.rpartition(".")[2] in targets -> any(f".{name}".endswith(f".{t}") for t in targets)
    any-component: Only the last component of the name counts, not those of the modules around.
        name.rpartition(".")[2] in targets -> set(name.split(".")) & set(targets)
    whole-name: Compare the last component of the dotted name: layers may be at any depth.
        name.rpartition(".")[2] in targets -> name in targets
    order-of-targets: The names come in the order of named_modules(), whatever the order of the
      targets.
        return names
        -> return sorted(names, key=lambda name: targets.index(name.rpartition(".")[2]))
    sorted-names: The names come in the order of named_modules(), unsorted.
        return names -> return sorted(names)
    short-names: Return the full dotted names, not only the last component.
        return names -> return [name.rpartition(".")[2] for name in names]
    nothing-returned: Return the list of the names that were replaced.
        return names ->
    first-only: Replace every layer that matches, not only the first.
        model.requires_grad_(False) -> names = names[:1]; model.requires_grad_(False)
    rest-trainable: Everything that is not LoRA's has to be frozen, also layers that were not
      replaced.
        model.requires_grad_(False) ->
    only-linears-frozen: Embeddings and norms have parameters as well, and they have to be frozen
      too.
        model.requires_grad_(False)
        -> [m.requires_grad_(False) for m in model.modules() if isinstance(m, nn.Linear)]
    all-frozen: Freeze first and inject then: frozen at the end, not even LoRA's parameters can
      learn.
        return names -> model.requires_grad_(False); return names
    case-ignored: Names are compared as they are: Q is not q.
        name.rpartition(".")[2] in targets
        -> name.rpartition(".")[2].lower() in [target.lower() for target in targets]
    only-leaves-frozen: A module that holds others may have parameters of its own: those have to be
      frozen too.
        model.requires_grad_(False)
        -> [m.requires_grad_(False) for m in model.modules() if not list(m.children())]
    targets-emptied: The list of targets belongs to the caller and must be as it was afterwards.
        return names -> targets.clear(); return names
    silent-without-match: If no layer matches, raise a ValueError.
        raise ValueError(f"no linear layer is called any of {list(targets)}") -> return []
    freezes-before-looking: Look for matches first: when none is found the model must be as it was,
      trainable and all.
        names = [ -> model.requires_grad_(False); names = [
    no-type-check: Only nn.Linear layers are replaced, whatever else goes by such a name.
        isinstance(module, nn.Linear) and ->
    r-and-alpha-swapped: LoRALinear takes r first and then alpha.
        get_submodule(name), r, alpha -> get_submodule(name), alpha, r
    alpha-not-passed: Hand alpha on to every LoRALinear.
        get_submodule(name), r, alpha -> get_submodule(name), r, r
    r-not-passed: Hand r on to every LoRALinear.
        get_submodule(name), r, alpha -> get_submodule(name), 8, 8 * alpha / r
    works-on-a-copy: The model that is given has to change: a copy is lost when the function
      returns.
        names = [ -> import copy; model = copy.deepcopy(model); names = [
    fresh-layers: Each LoRALinear goes around the layer that is there: a new one has lost what was
      learned.

        layer = LoRALinear(model.get_submodule(name), r, alpha)
        ->
        old = model.get_submodule(name)
        new = nn.Linear(old.in_features, old.out_features, old.bias is not None).to(old.weight)
        [nn.init.ones_(parameter) for parameter in new.parameters()]
        layer = LoRALinear(new, r, alpha)

    bias-lost: The layer keeps its bias: wrap it as it is.

        layer = LoRALinear(model.get_submodule(name), r, alpha)
        ->
        old = model.get_submodule(name)
        new = nn.Linear(old.in_features, old.out_features, bias=False)
        new.weight = old.weight
        layer = LoRALinear(new, r, alpha)

    set-on-the-model: A layer has to be set on its own parent, under its last component, not on the
      model.
        model.get_submodule(parent), child -> model, child
    """,
)

slips(
    "lora_parameters",
    """
    all-trainable: Other parameters may be trainable, and LoRA's may be frozen: go by the type of
      the module.
        return [parameter for layer in layers for parameter in (layer.lora_A, layer.lora_B)]
        -> return [p for p in model.parameters() if p.requires_grad]
    trainable-only: A and B belong to the list also while they are frozen.
        (layer.lora_A, layer.lora_B) -> (layer.lora_A, layer.lora_B) if parameter.requires_grad
    by-name:
        return [parameter for layer in layers for parameter in (layer.lora_A, layer.lora_B)]
        -> return [p for name, p in model.named_parameters() if "lora" in name]
    only-b:
        (layer.lora_A, layer.lora_B) -> (layer.lora_B,)
    only-a: B is trained too: every layer has two factors.
        (layer.lora_A, layer.lora_B) -> (layer.lora_A,)
    all-of-the-layer: A LoRALinear also holds its frozen base, which does not belong to the list.
        (layer.lora_A, layer.lora_B) -> layer.parameters()
    top-level-only:
        model.modules() -> [model, *model.children()]
    model-itself-missed:
        if isinstance -> if module is not model and isinstance
    copies: An optimizer needs the parameters themselves: detach() and clone() make other tensors.
        [parameter for layer -> [parameter.detach().clone() for layer
    generator: A generator can be read once only; an optimizer and a norm both need the list.
        return [parameter -> return (parameter
        layer.lora_B)] -> layer.lora_B))
    visited-for-ever:

        layers = [module for module in model.modules() if isinstance(module, LoRALinear)]
        ->
        layers = [m for m in model.modules() if isinstance(m, LoRALinear)]
        layers = [layer for layer in layers if not hasattr(layer, "seen")]
        for layer in layers:
            layer.seen = True
    """,
    hints=HINTS,
)

slips(
    "count_parameters",
    """
    visited-for-ever:

        parameters = list(model.parameters())
        ->
        parameters = [p for p in model.parameters() if not hasattr(p, "counted")]
        for p in parameters:
            p.counted = True

    only-leaves: A module that holds others may have parameters of its own: they count too.
        list(model.parameters())
        -> {p for m in model.modules() if not list(m.children()) for p in m.parameters()}
    tensors-counted: Count the entries of the tensors, not the tensors.
        p.numel() => 1
    tied-twice: A parameter that stands in two places is one parameter: count it once.
        list(model.parameters())
        -> [p for m in model.modules() for p in m.parameters(recurse=False)]
    buffers-counted: Buffers stand in state_dict() but are no parameters: running statistics do not
      count.
        in parameters) -> in [*parameters, *model.buffers()])
    swapped: The trainable ones come first, then all of them.
        return trainable, sum(p.numel() for p in parameters)
        -> return sum(p.numel() for p in parameters), trainable
    frozen-not-total: The second number counts all parameters, not only the frozen ones.
        in parameters) -> in parameters if not p.requires_grad)
    frozen-first: The first number counts what is trainable, not frozen.
        if p.requires_grad -> if not p.requires_grad
    flags-ignored: Frozen parameters are not trainable: look at requires_grad.
        if p.requires_grad ->
    lora-only: Trainable is whatever requires a gradient, whether it is LoRA's or not.
        in parameters if p.requires_grad -> in lora_parameters(model)
    weights-only: Biases and one-dimensional parameters count as well.
        list(model.parameters()) -> [p for p in model.parameters() if p.dim() > 1]
    """,
    hints=HINTS,
)

slips(
    "lora_state_dict",
    """
    everything: Save LoRA's tensors only: the rest is in the base model.
        {key: state[key] for key in keys} -> dict(state)
    base-too: The layers' base weights are those of the model that everybody has: leave them out.
        for key in keys -> for key in state if key.startswith(tuple(paths))
    by-name:
        for key in keys -> for key in state if "lora" in key
    only-b:
        ("lora_A", "lora_B") -> ("lora_B",)
    names-without-path: The names need the path of their module, or every layer overwrites the one
      before.
        {key: -> {key.rpartition(".")[2]:
    dot-in-front: The path of the model itself is empty, and then no dot comes before the name.
        f"{name}." if name else "" -> f"{name}."
        state[key] -> state[key.lstrip(".")]
    top-level-only:
        for name in names -> for name in names if "." not in name
    product: Save A and B each by itself, not their product.
        {key: state[key] for key in keys}
        -> {p + "delta_weight": model.get_submodule(p[:-1]).delta_weight() for p in paths}
    """,
    hints=HINTS,
)

slips(
    "load_lora_state_dict",
    """
    missing-ignored: A missing key must raise a KeyError.
        [key for key in own if key not in state] -> []
        own.items() -> [(key, own[key]) for key in own if key in state]
    state-emptied: Keys are taken out of the state, which belongs to the caller: read them and
      leave them there.
        state[key] -> state.pop(key)
    loads-before-raising: Look for missing keys before the first tensor is copied: a KeyError must
      leave all as it was.

        if missing:
            raise KeyError(f"missing: {', '.join(missing)}")
        with torch.no_grad():
            for key, tensor in own.items():
                tensor.copy_(state[key])
        ->
        with torch.no_grad():
            for key, tensor in own.items():
                tensor.copy_(state.get(key, tensor))
        if missing:
            raise KeyError(f"missing: {', '.join(missing)}")

    first-missing-only: The KeyError has to name every missing key, not just the first.
        ', '.join(missing) -> missing[0]
    half-loaded: state[key] raises in the middle: the tensors before it are loaded, and one key is
      named.

        missing = [key for key in own if key not in state]
        if missing:
            raise KeyError(f"missing: {', '.join(missing)}")
        with torch.no_grad():
            for key, tensor in own.items():
                tensor.copy_(state[key])
        ->
        with torch.no_grad():
            for key, tensor in own.items():
                tensor.copy_(state[key])

    nameless-error: The message of the KeyError names the keys.
        f"missing: {', '.join(missing)}" -> "keys are missing"
    other-weights-too: Only LoRA's tensors are loaded: a base weight in the state is ignored.
        tensor.copy_(state[key]) -> model.load_state_dict(state, strict=False)
    strict: Keys that the model has no LoRA tensor for are ignored, they are no error.
        key not in state] -> key not in state] + [key for key in state if key not in own]
    new-parameters: Copy into the parameters that are there: an optimizer still holds the old ones.

        tensor.copy_(state[key])
        ->
        parent, _, factor = key.rpartition(".")
        setattr(model.get_submodule(parent), factor, nn.Parameter(state[key].clone()))

    shared-memory: Copy the values: parameters that share memory with the state change it in
      training.
        tensor.copy_(state[key]) -> model.get_parameter(key).data = state[key]
    into-a-copy: The values have to arrive in the model's own tensors, not in copies of them.
        tensor.copy_ -> tensor.clone().copy_
    only-b:
        tensor.copy_ -> key.endswith("B") and tensor.copy_
    added: The values are replaced by those of the state, not added.
        tensor.copy_ -> tensor.add_
    by-position: Go by the names: the keys of a state may come in any order.
        own.items() -> zip([key for key in state if key in own], own.values(), strict=True)
    """,
    hints=HINTS,
)

slips(
    "merge_lora",
    """
    change-lost: The change has to be added to the weight before the LoRALinear is thrown away.
        base.weight if layer.merged else base.weight + layer.delta_weight() -> base.weight
    merged-twice: A layer that is merged already has the change in its weight: do not add it again.
        base.weight if layer.merged else ->
    unmerges-merged: A layer that is merged already keeps its weight as it is.
        base.weight if layer.merged -> base.weight - layer.delta_weight() if layer.merged
    no-scale: The change that is folded in includes the factor alpha / r.
        layer.delta_weight() -> layer.lora_B @ layer.lora_A
    subtracted: The change is added to the weight, not subtracted.
        base.weight + layer -> base.weight - layer
    layers-stay: Merging alone is not enough: a plain nn.Linear has to take the place of the
      LoRALinear.
        base = layer.base -> layer.merge(); continue
    base-in-place: Adding to base.weight in place also reaches every module that shares that
      weight.
        plain.to(weight) -> layer.merge(); plain = base
    bias-lost: The new layer needs the bias of the old one.
        base.bias is not None => False
    bias-not-copied: The new layer has a bias of its own: copy the old one.
        plain.bias.copy_(base.bias) -> plain.bias.fill_(0.25)
    bias-always: A layer without a bias stays without.
        bias=base.bias is not None -> bias=True
        plain.to(weight) -> plain.to(weight); nn.init.zeros_(plain.bias)
    default-dtype: The new layer must have the dtype of the old one, which is not always float32.
        plain.to(weight) ->
    top-level-only:
        model.named_modules() -> [("", model), *model.named_children()]
    model-itself-missed:
        if isinstance(m -> if name and isinstance(m
    nothing-returned: Return the model.
        return plain -> return None
        return model ->
    subclass: Exactly nn.Linear is due: whoever gets the model knows no other class.
        nn.Linear( -> type("Merged", (nn.Linear,), {})(
    transposed: The new weight is (out, in), as nn.Linear keeps it.
        plain.weight.copy_(weight) -> plain.weight = nn.Parameter(weight.T.contiguous())
    """,
    hints=HINTS,
)
