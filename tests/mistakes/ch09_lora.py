"""What people get wrong in LoRA."""

import copy

import ch09_lora as reference
import torch
from ch09_lora import LoRALinear as Right
from torch import nn
from torch.nn import functional

from grader.bank import mistake

# --- low_rank_approximation ---------------------------------------------------------------------


@mistake(
    "low_rank_approximation",
    "no-singular-values",
    "U and V only hold directions; how long each piece is stands in the singular values.",
)
def low_rank_approximation(W, r):
    U, _, Vh = torch.linalg.svd(W, full_matrices=False)
    return U[:, :r], Vh[:r]


@mistake(
    "low_rank_approximation",
    "singular-values-twice",
    "Each singular value may enter the product once: all of it in one factor, or a root in each.",
)
def low_rank_approximation(W, r):
    U, sigma, Vh = torch.linalg.svd(W, full_matrices=False)
    return U[:, :r] * sigma[:r], sigma[:r, None] * Vh[:r]


@mistake(
    "low_rank_approximation",
    "root-in-one-factor",
    "The square root of the singular values has to stand in both factors, not in one only.",
)
def low_rank_approximation(W, r):
    U, sigma, Vh = torch.linalg.svd(W, full_matrices=False)
    return U[:, :r] * sigma[:r].sqrt(), Vh[:r]


@mistake(
    "low_rank_approximation",
    "smallest-kept",
    "Keep the largest singular values: they carry most of the matrix.",
)
def low_rank_approximation(W, r):
    U, sigma, Vh = torch.linalg.svd(W, full_matrices=False)
    return U[:, -r:] * sigma[-r:], Vh[-r:]


@mistake(
    "low_rank_approximation",
    "columns-of-vh",
    "torch.linalg.svd returns V already transposed: its rows are the right singular vectors.",
)
def low_rank_approximation(W, r):
    U, sigma, Vh = torch.linalg.svd(W)
    return U[:, :r] * sigma[:r], Vh[:, :r].T


@mistake(
    "low_rank_approximation",
    "factors-swapped",
    "The tall factor B (out, r) is returned first, then the wide one A (r, in).",
)
def low_rank_approximation(W, r):
    B, A = reference.low_rank_approximation(W, r)
    return A, B


@mistake(
    "low_rank_approximation",
    "full-width-factors",
    "The product is right, but the factors must only have r columns and r rows: that is the gain.",
)
def low_rank_approximation(W, r):
    U, sigma, Vh = torch.linalg.svd(W, full_matrices=False)
    kept = torch.where(torch.arange(len(sigma)) < r, sigma, 0.0).to(W.dtype)
    return U * kept, Vh


@mistake(
    "low_rank_approximation",
    "first-columns",
    "The first r columns of W are of rank r, but they forget the other columns altogether.",
)
def low_rank_approximation(W, r):
    return W[:, :r].clone(), torch.eye(W.shape[1], dtype=W.dtype)[:r]


@mistake(
    "low_rank_approximation",
    "single-precision",
    "The factors must have the dtype of W: leave out the conversion to float32.",
)
def low_rank_approximation(W, r):
    return reference.low_rank_approximation(W.float(), r)


# --- LoRALinear ---------------------------------------------------------------------------------


@mistake(
    "low_rank_approximation",
    "peeled-in-place",
    "The pieces are taken off W itself: W belongs to the caller, so peel a copy of it.",
)
def low_rank_approximation(W, r):
    factors = reference.low_rank_approximation(W.clone(), r)
    W -= factors[0] @ factors[1]
    return factors


@mistake("LoRALinear", "alpha-not-over-r", "The scale is alpha divided by r, not alpha.")
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.scale = alpha


@mistake("LoRALinear", "no-scale", "The change is to be multiplied by alpha / r everywhere.")
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.scale = 1.0


@mistake("LoRALinear", "scale-inverted", "The scale is alpha / r, not r / alpha.")
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.scale = r / alpha


@mistake(
    "LoRALinear", "integer-scale", "alpha / r need not be a whole number: // cuts it down to one."
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.scale = alpha // r


@mistake("LoRALinear", "scale-by-root", "The scale is alpha / r, without a square root.")
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.scale = alpha / r**0.5


@mistake(
    "LoRALinear",
    "no-scale-in-merge",
    "What merge() adds must be the scaled change, the same that forward adds.",
)
class LoRALinear(Right):
    def merge(self):
        if not self.merged:
            self.base.weight.data += (self.lora_B @ self.lora_A).detach()
        self.merged = True

    def unmerge(self):
        if self.merged:
            self.base.weight.data -= (self.lora_B @ self.lora_A).detach()
        self.merged = False


@mistake(
    "LoRALinear",
    "delta-not-scaled",
    "delta_weight() is the whole change, alpha / r included, and so is what merge() adds.",
)
class LoRALinear(Right):
    def delta_weight(self):
        return self.lora_B @ self.lora_A


@mistake(
    "LoRALinear",
    "delta-transposed",
    "delta_weight() has the shape of base.weight: (out, in), not (in, out).",
)
class LoRALinear(Right):
    def delta_weight(self):
        return self.scale * (self.lora_A.T @ self.lora_B.T)


@mistake(
    "LoRALinear",
    "both-zero-init",
    "With A and B both zero neither ever gets a gradient: only B starts at zero.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        nn.init.zeros_(self.lora_A)


@mistake(
    "LoRALinear",
    "both-random-init",
    "B starts at zero, so that the layer at first answers exactly as its base does.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        nn.init.normal_(self.lora_B)


@mistake(
    "LoRALinear",
    "constant-init",
    "If all rows of A are alike they stay alike, and the rank is one: A starts at random.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        nn.init.ones_(self.lora_A)


@mistake(
    "LoRALinear",
    "same-seed",
    "Every layer needs an A of its own: do not set the seed in the constructor.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        torch.manual_seed(0)
        super().__init__(base, r, alpha, dropout)


@mistake(
    "LoRALinear",
    "double-apply",
    "While the layer is merged the change is in base.weight: forward must not add it once more.",
)
class LoRALinear(Right):
    def forward(self, x):
        return self.base(x) + self.scale * (self.dropout(x) @ self.lora_A.T @ self.lora_B.T)


@mistake(
    "LoRALinear", "merge-twice", "A second merge() must do nothing: look at `merged` beforehand."
)
class LoRALinear(Right):
    def merge(self):
        self.base.weight.data += self.delta_weight().detach()
        self.merged = True


@mistake(
    "LoRALinear",
    "unmerge-twice",
    "unmerge() must do nothing in a layer that is not merged: look at `merged` beforehand.",
)
class LoRALinear(Right):
    def unmerge(self):
        self.base.weight.data -= self.delta_weight().detach()
        self.merged = False


@mistake(
    "LoRALinear",
    "flag-not-reset",
    "After unmerge() the layer is no longer merged, and forward has to add the change again.",
)
class LoRALinear(Right):
    def unmerge(self):
        if self.merged:
            self.base.weight.data -= self.delta_weight().detach()


@mistake(
    "LoRALinear",
    "flag-not-set",
    "merge() has to note in `merged` that the change is now part of base.weight.",
)
class LoRALinear(Right):
    def merge(self):
        if not self.merged:
            self.base.weight.data += self.delta_weight().detach()


@mistake(
    "LoRALinear",
    "merge-into-copy",
    "merge() changes a copy of the weight: the change has to arrive in base.weight itself.",
)
class LoRALinear(Right):
    def merge(self):
        weight = self.base.weight.detach().clone()
        weight += self.delta_weight().detach()
        self.merged = True

    def unmerge(self):
        self.merged = False


@mistake(
    "LoRALinear",
    "merge-is-tracked",
    "merge() must not be recorded by autograd: afterwards base.weight would require a gradient.",
)
class LoRALinear(Right):
    def merge(self):
        if not self.merged:
            self.base.weight += self.delta_weight()
        self.merged = True


@mistake(
    "LoRALinear",
    "merged-is-trainable",
    "A weight that merge() replaces by a new parameter has to be frozen as the old one was.",
)
class LoRALinear(Right):
    def merge(self):
        if not self.merged:
            self.base.weight = nn.Parameter((self.base.weight + self.delta_weight()).detach())
        self.merged = True


@mistake(
    "LoRALinear",
    "merges-in-eval",
    "eval() and train() are for the dropout only: merging is left to merge() and unmerge().",
)
class LoRALinear(Right):
    def train(self, mode=True):
        super().train(mode)
        self.unmerge() if mode else self.merge()
        return self


@mistake(
    "LoRALinear",
    "own-eval-method",
    "eval() of a model around the layer never calls the layer's own eval(): use self.training.",
)
class LoRALinear(Right):
    dropping = True

    def eval(self):
        self.dropping = False
        return self

    def forward(self, x):
        if self.merged:
            return self.base(x)
        kept = functional.dropout(x, self.dropout.p, training=self.dropping)
        return self.base(x) + self.scale * (kept @ self.lora_A.T @ self.lora_B.T)


@mistake(
    "LoRALinear", "base-trainable", "The base layer has to be frozen: only A and B are to learn."
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.base.requires_grad_(True)


@mistake(
    "LoRALinear",
    "bias-trainable",
    "The base layer's bias has to be frozen too, not only its weight.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        if base.bias is not None:
            base.bias.requires_grad_(True)


@mistake(
    "LoRALinear",
    "base-without-gradient",
    "Frozen weights still pass gradients on to x: only the parameters' requires_grad is off.",
)
class LoRALinear(Right):
    def forward(self, x):
        with torch.no_grad():
            y = self.base(x)
        if self.merged:
            return y
        return y + self.scale * (self.dropout(x) @ self.lora_A.T @ self.lora_B.T)


@mistake(
    "LoRALinear",
    "delta-detached",
    "The change must stay connected to A and B: no .data, no detach() on the way to the output.",
)
class LoRALinear(Right):
    def forward(self, x):
        if self.merged:
            return self.base(x)
        return self.base(x) + self.dropout(x) @ self.delta_weight().detach().T


@mistake(
    "LoRALinear",
    "not-parameters",
    "A and B have to be nn.Parameter: plain tensors are found by no optimizer and no state_dict.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        A, B = (p.detach().requires_grad_() for p in (self.lora_A, self.lora_B))
        del self.lora_A, self.lora_B
        self.lora_A, self.lora_B = A, B


@mistake(
    "LoRALinear",
    "default-dtype",
    "A and B must have the dtype of base.weight, which is not always float32.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.lora_A = nn.Parameter(self.lora_A.detach().float())
        self.lora_B = nn.Parameter(self.lora_B.detach().float())


@mistake(
    "LoRALinear",
    "fresh-base",
    "`base` is the layer that is given: a new nn.Linear of its size has learned nothing.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.base = copy.deepcopy(base)
        with torch.no_grad():
            self.base.weight.fill_(0.5)


@mistake("LoRALinear", "bias-forgotten", "base(x) includes the bias, merged or not.")
class LoRALinear(Right):
    def forward(self, x):
        y = x @ self.base.weight.T
        return y if self.merged else y + self.dropout(x) @ self.delta_weight().T


@mistake(
    "LoRALinear",
    "bias-twice",
    "The bias belongs to base(x) alone: the branch of A and B adds none.",
)
class LoRALinear(Right):
    def forward(self, x):
        if self.merged:
            return self.base(x)
        return self.base(x) + functional.linear(
            self.dropout(x), self.delta_weight(), self.base.bias
        )


@mistake(
    "LoRALinear",
    "dropout-in-eval",
    "Dropout is for training only: in evaluation nothing is dropped.",
)
class LoRALinear(Right):
    def forward(self, x):
        if self.merged:
            return self.base(x)
        return self.base(x) + functional.dropout(x, self.dropout.p) @ self.delta_weight().T


@mistake(
    "LoRALinear",
    "no-dropout",
    "In training entries of the x that the branch sees are dropped with probability `dropout`.",
)
class LoRALinear(Right):
    def forward(self, x):
        return self.base(x) if self.merged else self.base(x) + x @ self.delta_weight().T


@mistake(
    "LoRALinear", "dropout-on-base", "Only the branch sees the dropped x: base sees all of it."
)
class LoRALinear(Right):
    def forward(self, x):
        x = x if self.merged else self.dropout(x)
        return self.base(x) if self.merged else self.base(x) + x @ self.delta_weight().T


@mistake(
    "LoRALinear",
    "dropout-on-output",
    "Dropout comes before A: it drops entries of x, not of what the branch has computed.",
)
class LoRALinear(Right):
    def forward(self, x):
        if self.merged:
            return self.base(x)
        return self.base(x) + self.dropout(x @ self.delta_weight().T)


@mistake(
    "LoRALinear",
    "dropout-between",
    "Dropout comes before A: it drops entries of x, not of the r numbers between A and B.",
)
class LoRALinear(Right):
    def forward(self, x):
        if self.merged:
            return self.base(x)
        return self.base(x) + self.scale * (self.dropout(x @ self.lora_A.T) @ self.lora_B.T)


@mistake(
    "LoRALinear",
    "keep-probability",
    "`dropout` is the probability to drop an entry, not to keep it.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.dropout.p = 1 - dropout if dropout else 0.0


@mistake(
    "LoRALinear",
    "dropout-not-rescaled",
    "What is kept in training has to be divided by 1 - p, as nn.Dropout does.",
)
class LoRALinear(Right):
    def forward(self, x):
        if self.merged:
            return self.base(x)
        kept = self.dropout(x) * (1 - self.dropout.p) if self.training else x
        return self.base(x) + kept @ self.delta_weight().T


@mistake(
    "LoRALinear",
    "one-mask-per-row",
    "Every entry of x is dropped on its own, not whole rows at once.",
)
class LoRALinear(Right):
    def forward(self, x):
        if self.merged:
            return self.base(x)
        mask = self.dropout(torch.ones_like(x[..., :1]))
        return self.base(x) + (x * mask) @ self.delta_weight().T


@mistake(
    "LoRALinear",
    "stale-delta",
    "A and B change in training: the change has to be computed anew whenever it is needed.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.delta = (self.scale * self.lora_B @ self.lora_A).detach()

    def delta_weight(self):
        return self.delta


@mistake(
    "LoRALinear",
    "unmerge-to-zero",
    "unmerge() has to bring back the weight as it was, base's own values included.",
)
class LoRALinear(Right):
    def unmerge(self):
        if self.merged:
            self.base.weight.data = self.delta_weight().detach()
        self.merged = False


@mistake(
    "LoRALinear",
    "unmerge-adds",
    "unmerge() takes out what merge() added: mind the sign.",
)
class LoRALinear(Right):
    def unmerge(self):
        if self.merged:
            self.base.weight.data += self.delta_weight().detach()
        self.merged = False


@mistake(
    "LoRALinear",
    "factors-forgotten-by-merge",
    "merge() must leave A and B as they are: unmerge() and delta_weight() still need them.",
)
class LoRALinear(Right):
    def merge(self):
        super().merge()
        nn.init.zeros_(self.lora_B)


@mistake(
    "LoRALinear",
    "dropout-in-place",
    "Dropout writes its zeros into the caller's x; base, and whoever made x, needs it whole.",
)
class LoRALinear(Right):
    def forward(self, x):
        y = self.base(x)
        if self.merged:
            return y
        own = x.clone() if x.requires_grad else x
        dropped = nn.functional.dropout(own, self.dropout.p, self.training, inplace=True)
        return y + self.scale * (dropped @ self.lora_A.T @ self.lora_B.T)


@mistake(
    "LoRALinear",
    "square-merged-transposed",
    "B A has the shape of the weight as it is: turned over only where it does not fit, it is wrong "
    "in every square layer.",
)
class LoRALinear(Right):
    def _change(self):
        change = (self.scale * (self.lora_A.T @ self.lora_B.T)).detach()
        return change if change.shape == self.base.weight.shape else change.T

    def merge(self):
        if not self.merged:
            self.base.weight.data += self._change()
        self.merged = True

    def unmerge(self):
        if self.merged:
            self.base.weight.data -= self._change()
        self.merged = False


@mistake("LoRALinear", "any-rank", "A rank below one makes no sense: raise a ValueError.")
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, max(r, 1), alpha, dropout)


@mistake("LoRALinear", "rank-zero-allowed", "r = 0 has to be refused too: the condition is r < 1.")
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r or 1, alpha, dropout)


@mistake(
    "LoRALinear",
    "two-axes-only",
    "x may have any number of leading axes, also none: do not count on exactly two axes.",
)
class LoRALinear(Right):
    def forward(self, x):
        rows, _ = x.shape
        return super().forward(x)


@mistake(
    "LoRALinear",
    "own-copy-in-state",
    "A and B stand in the state under lora_A and lora_B: keep them on the layer itself.",
)
class LoRALinear(Right):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__(base, r, alpha, dropout)
        self.factors = nn.ParameterDict({"A": self.lora_A, "B": self.lora_B})
        del self.lora_A, self.lora_B

    def __getattr__(self, name):
        if name in ("lora_A", "lora_B") and "factors" in self._modules:
            return self.factors[name[-1]]
        return super().__getattr__(name)


# --- inject_lora --------------------------------------------------------------------------------


def _found(model, matches):
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and matches(name)
    ]


def _last(name):
    return name.rpartition(".")[2]


def _replace(model, names, make):
    if not names:
        raise ValueError("nothing matches")
    model.requires_grad_(False)
    for name in names:
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, make(model.get_submodule(name)))
    return names


def _inject(model, names, r, alpha):
    return _replace(model, names, lambda layer: Right(layer, r, alpha))


@mistake(
    "inject_lora",
    "substring",
    "A target must be the whole last component of a name: q is not part of qv.",
)
def inject_lora(model, targets, r, alpha):
    names = _found(model, lambda name: any(target in _last(name) for target in targets))
    return _inject(model, names, r, alpha)


@mistake(
    "inject_lora",
    "suffix",
    "That the name ends with a target is not enough: my_fc is not fc. Compare whole components.",
)
def inject_lora(model, targets, r, alpha):
    names = _found(model, lambda name: name.endswith(tuple(targets)))
    return _inject(model, names, r, alpha)


@mistake(
    "inject_lora", "prefix", "A name that only starts with a target, as fc2 with fc, is another."
)
def inject_lora(model, targets, r, alpha):
    names = _found(model, lambda name: _last(name).startswith(tuple(targets)))
    return _inject(model, names, r, alpha)


@mistake(
    "inject_lora",
    "path-suffix",
    "Targets are single components: a path with a dot, such as block.q, names nothing.",
)
def inject_lora(model, targets, r, alpha):
    ends = tuple(f".{target}" for target in targets)
    return _inject(model, _found(model, lambda name: f".{name}".endswith(ends)), r, alpha)


@mistake(
    "inject_lora",
    "any-component",
    "Only the last component of the name counts, not those of the modules around.",
)
def inject_lora(model, targets, r, alpha):
    names = _found(model, lambda name: any(part in targets for part in name.split(".")))
    return _inject(model, names, r, alpha)


@mistake(
    "inject_lora",
    "whole-name",
    "Compare the last component of the dotted name: layers may be at any depth.",
)
def inject_lora(model, targets, r, alpha):
    return _inject(model, _found(model, lambda name: name in targets), r, alpha)


@mistake(
    "inject_lora",
    "order-of-targets",
    "The names come in the order of named_modules(), whatever the order of the targets.",
)
def inject_lora(model, targets, r, alpha):
    names = [name for t in targets for name in _found(model, lambda name, t=t: _last(name) == t)]
    return _inject(model, names, r, alpha)


@mistake("inject_lora", "sorted-names", "The names come in the order of named_modules(), unsorted.")
def inject_lora(model, targets, r, alpha):
    return sorted(reference.inject_lora(model, targets, r, alpha))


@mistake("inject_lora", "short-names", "Return the full dotted names, not only the last component.")
def inject_lora(model, targets, r, alpha):
    return [_last(name) for name in reference.inject_lora(model, targets, r, alpha)]


@mistake("inject_lora", "nothing-returned", "Return the list of the names that were replaced.")
def inject_lora(model, targets, r, alpha):
    reference.inject_lora(model, targets, r, alpha)


@mistake("inject_lora", "first-only", "Replace every layer that matches, not only the first.")
def inject_lora(model, targets, r, alpha):
    return _inject(model, _found(model, lambda name: _last(name) in targets)[:1], r, alpha)


@mistake(
    "inject_lora",
    "rest-trainable",
    "Everything that is not LoRA's has to be frozen, also layers that were not replaced.",
)
def inject_lora(model, targets, r, alpha):
    flags = {id(p): p.requires_grad for p in model.parameters()}
    names = reference.inject_lora(model, targets, r, alpha)
    bases = [m.base for m in model.modules() if isinstance(m, Right)]
    frozen = {id(p) for base in bases for p in base.parameters()}
    for p in model.parameters():
        p.requires_grad_(flags.get(id(p), True) and id(p) not in frozen)
    return names


@mistake(
    "inject_lora",
    "only-linears-frozen",
    "Embeddings and norms have parameters as well, and they have to be frozen too.",
)
def inject_lora(model, targets, r, alpha):
    names = reference.inject_lora(model, targets, r, alpha)
    for module in model.modules():
        if not isinstance(module, (nn.Linear, Right)):
            for p in module.parameters(recurse=False):
                p.requires_grad_(True)
    return names


@mistake(
    "inject_lora",
    "all-frozen",
    "Freeze first and inject then: frozen at the end, not even LoRA's parameters can learn.",
)
def inject_lora(model, targets, r, alpha):
    names = reference.inject_lora(model, targets, r, alpha)
    model.requires_grad_(False)
    return names


@mistake(
    "inject_lora",
    "case-ignored",
    "Names are compared as they are: Q is not q.",
)
def inject_lora(model, targets, r, alpha):
    lower = [target.lower() for target in targets]
    return _inject(model, _found(model, lambda name: _last(name).lower() in lower), r, alpha)


@mistake(
    "inject_lora",
    "only-leaves-frozen",
    "A module that holds others may have parameters of its own: those have to be frozen too.",
)
def inject_lora(model, targets, r, alpha):
    names = _found(model, lambda name: _last(name) in targets)
    if not names:
        raise ValueError("nothing matches")
    for module in model.modules():
        if not list(module.children()):
            module.requires_grad_(False)
    for name in names:
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, Right(model.get_submodule(name), r, alpha))
    return names


@mistake(
    "inject_lora",
    "targets-emptied",
    "The list of targets belongs to the caller and must be as it was afterwards.",
)
def inject_lora(model, targets, r, alpha):
    names = reference.inject_lora(model, targets, r, alpha)
    while targets:
        targets.pop()
    return names


@mistake("inject_lora", "silent-without-match", "If no layer matches, raise a ValueError.")
def inject_lora(model, targets, r, alpha):
    names = _found(model, lambda name: _last(name) in targets)
    return _inject(model, names, r, alpha) if names else []


@mistake(
    "inject_lora",
    "freezes-before-looking",
    "Look for matches first: when none is found the model must be as it was, trainable and all.",
)
def inject_lora(model, targets, r, alpha):
    model.requires_grad_(False)
    return reference.inject_lora(model, targets, r, alpha)


@mistake(
    "inject_lora",
    "no-type-check",
    "Only nn.Linear layers are replaced, whatever else goes by such a name.",
)
def inject_lora(model, targets, r, alpha):
    names = [name for name, _ in model.named_modules() if _last(name) in targets]
    return _inject(model, names, r, alpha)


@mistake("inject_lora", "r-and-alpha-swapped", "LoRALinear takes r first and then alpha.")
def inject_lora(model, targets, r, alpha):
    if alpha < 1 or int(alpha) != alpha:
        return reference.inject_lora(model, targets, r, r)
    return reference.inject_lora(model, targets, int(alpha), r)


@mistake("inject_lora", "alpha-not-passed", "Hand alpha on to every LoRALinear.")
def inject_lora(model, targets, r, alpha):
    return reference.inject_lora(model, targets, r, r)


@mistake("inject_lora", "r-not-passed", "Hand r on to every LoRALinear.")
def inject_lora(model, targets, r, alpha):
    return reference.inject_lora(model, targets, 8, 8 * alpha / r)


@mistake(
    "inject_lora",
    "works-on-a-copy",
    "The model that is given has to change: a copy is lost when the function returns.",
)
def inject_lora(model, targets, r, alpha):
    return reference.inject_lora(copy.deepcopy(model), targets, r, alpha)


@mistake(
    "inject_lora",
    "fresh-layers",
    "Each LoRALinear goes around the layer that is there: a new one has lost what was learned.",
)
def inject_lora(model, targets, r, alpha):
    def make(layer):
        new = nn.Linear(layer.in_features, layer.out_features, layer.bias is not None)
        for p in new.parameters():
            nn.init.ones_(p)
        return Right(new.to(layer.weight), r, alpha)

    return _replace(model, _found(model, lambda name: _last(name) in targets), make)


@mistake("inject_lora", "bias-lost", "The layer keeps its bias: wrap it as it is.")
def inject_lora(model, targets, r, alpha):
    def make(layer):
        new = nn.Linear(layer.in_features, layer.out_features, bias=False).to(layer.weight)
        new.weight = layer.weight
        return Right(new, r, alpha)

    return _replace(model, _found(model, lambda name: _last(name) in targets), make)


@mistake(
    "inject_lora",
    "set-on-the-model",
    "A layer has to be set on its own parent, under its last component, not on the model.",
)
def inject_lora(model, targets, r, alpha):
    names = _found(model, lambda name: _last(name) in targets)
    if not names:
        raise ValueError("nothing matches")
    model.requires_grad_(False)
    for name in names:
        setattr(model, _last(name), Right(model.get_submodule(name), r, alpha))
    return names


# --- lora_parameters ----------------------------------------------------------------------------


@mistake(
    "lora_parameters",
    "all-trainable",
    "Other parameters may be trainable, and LoRA's may be frozen: go by the type of the module.",
)
def lora_parameters(model):
    return [p for p in model.parameters() if p.requires_grad]


@mistake(
    "lora_parameters",
    "trainable-only",
    "A and B belong to the list also while they are frozen.",
)
def lora_parameters(model):
    return [p for p in reference.lora_parameters(model) if p.requires_grad]


@mistake(
    "lora_parameters",
    "by-name",
    "A name that has lora in it need not be LoRA's: ask for modules of type LoRALinear.",
)
def lora_parameters(model):
    return [p for name, p in model.named_parameters() if "lora" in name]


@mistake("lora_parameters", "only-b", "A is trained too: every layer has two factors.")
def lora_parameters(model):
    return [m.lora_B for m in model.modules() if isinstance(m, Right)]


@mistake("lora_parameters", "only-a", "B is trained too: every layer has two factors.")
def lora_parameters(model):
    return [m.lora_A for m in model.modules() if isinstance(m, Right)]


@mistake(
    "lora_parameters",
    "all-of-the-layer",
    "A LoRALinear also holds its frozen base, which does not belong to the list.",
)
def lora_parameters(model):
    return [p for m in model.modules() if isinstance(m, Right) for p in m.parameters()]


@mistake(
    "lora_parameters",
    "top-level-only",
    "Layers may be nested at any depth: children() sees the first level only.",
)
def lora_parameters(model):
    layers = [m for m in [model, *model.children()] if isinstance(m, Right)]
    return [p for layer in layers for p in (layer.lora_A, layer.lora_B)]


@mistake(
    "lora_parameters",
    "model-itself-missed",
    "The model that is given may itself be a LoRALinear.",
)
def lora_parameters(model):
    return [p for child in model.children() for p in reference.lora_parameters(child)]


@mistake(
    "lora_parameters",
    "copies",
    "An optimizer needs the parameters themselves: detach() and clone() make other tensors.",
)
def lora_parameters(model):
    return [p.detach().clone() for p in reference.lora_parameters(model)]


# --- count_parameters ---------------------------------------------------------------------------


@mistake(
    "lora_parameters",
    "generator",
    "A generator can be read once only; an optimizer and a norm both need the list.",
)
def lora_parameters(model):
    for module in model.modules():
        if isinstance(module, Right):
            yield module.lora_A
            yield module.lora_B


@mistake(
    "lora_parameters",
    "visited-for-ever",
    "The mark on a layer that was visited stays there, and the next call finds nothing.",
)
def lora_parameters(model):
    found = []
    for module in model.modules():
        if isinstance(module, Right) and not getattr(module, "visited", False):
            module.visited = True
            found += [module.lora_A, module.lora_B]
    return found


@mistake(
    "count_parameters",
    "visited-for-ever",
    "The mark on a parameter that was counted stays there, and the next call counts nothing.",
)
def count_parameters(model):
    trainable = total = 0
    for p in model.parameters():
        if not getattr(p, "counted", False):
            p.counted = True
            trainable, total = trainable + p.requires_grad * p.numel(), total + p.numel()
    return trainable, total


@mistake(
    "count_parameters",
    "only-leaves",
    "A module that holds others may have parameters of its own: they count too.",
)
def count_parameters(model):
    leaves = [m for m in model.modules() if not list(m.children())]
    parameters = list({id(p): p for m in leaves for p in m.parameters()}.values())
    trainable = sum(p.numel() for p in parameters if p.requires_grad)
    return trainable, sum(p.numel() for p in parameters)


@mistake(
    "count_parameters", "tensors-counted", "Count the entries of the tensors, not the tensors."
)
def count_parameters(model):
    parameters = list(model.parameters())
    return sum(p.requires_grad for p in parameters), len(parameters)


@mistake(
    "count_parameters",
    "tied-twice",
    "A parameter that stands in two places is one parameter: count it once.",
)
def count_parameters(model):
    parameters = [p for m in model.modules() for p in m.parameters(recurse=False)]
    trainable = sum(p.numel() for p in parameters if p.requires_grad)
    return trainable, sum(p.numel() for p in parameters)


@mistake(
    "count_parameters",
    "buffers-counted",
    "Buffers stand in state_dict() but are no parameters: running statistics do not count.",
)
def count_parameters(model):
    trainable, total = reference.count_parameters(model)
    return trainable, total + sum(buffer.numel() for buffer in model.buffers())


@mistake("count_parameters", "swapped", "The trainable ones come first, then all of them.")
def count_parameters(model):
    trainable, total = reference.count_parameters(model)
    return total, trainable


@mistake(
    "count_parameters",
    "frozen-not-total",
    "The second number counts all parameters, not only the frozen ones.",
)
def count_parameters(model):
    trainable, total = reference.count_parameters(model)
    return trainable, total - trainable


@mistake(
    "count_parameters", "frozen-first", "The first number counts what is trainable, not frozen."
)
def count_parameters(model):
    trainable, total = reference.count_parameters(model)
    return total - trainable, total


@mistake(
    "count_parameters",
    "flags-ignored",
    "Frozen parameters are not trainable: look at requires_grad.",
)
def count_parameters(model):
    total = sum(p.numel() for p in model.parameters())
    return total, total


@mistake(
    "count_parameters",
    "lora-only",
    "Trainable is whatever requires a gradient, whether it is LoRA's or not.",
)
def count_parameters(model):
    _, total = reference.count_parameters(model)
    return sum(p.numel() for p in reference.lora_parameters(model)), total


@mistake("count_parameters", "weights-only", "Biases and one-dimensional parameters count as well.")
def count_parameters(model):
    parameters = [p for p in model.parameters() if p.dim() > 1]
    trainable = sum(p.numel() for p in parameters if p.requires_grad)
    return trainable, sum(p.numel() for p in parameters)


# --- lora_state_dict ----------------------------------------------------------------------------


@mistake(
    "lora_state_dict", "everything", "Save LoRA's tensors only: the rest is in the base model."
)
def lora_state_dict(model):
    return dict(model.state_dict())


@mistake(
    "lora_state_dict",
    "base-too",
    "The layers' base weights are those of the model that everybody has: leave them out.",
)
def lora_state_dict(model):
    layers = [(name, m) for name, m in model.named_modules() if isinstance(m, Right)]
    return {
        f"{name}.{key}".lstrip("."): tensor
        for name, layer in layers
        for key, tensor in layer.state_dict().items()
    }


@mistake(
    "lora_state_dict",
    "by-name",
    "A name that has lora in it need not be LoRA's: ask for modules of type LoRALinear.",
)
def lora_state_dict(model):
    return {name: tensor for name, tensor in model.state_dict().items() if "lora" in name}


@mistake("lora_state_dict", "only-b", "Both factors have to be saved: B alone says nothing.")
def lora_state_dict(model):
    return {k: v for k, v in reference.lora_state_dict(model).items() if k.endswith("B")}


@mistake(
    "lora_state_dict",
    "names-without-path",
    "The names need the path of their module, or every layer overwrites the one before.",
)
def lora_state_dict(model):
    return {_last(name): tensor for name, tensor in reference.lora_state_dict(model).items()}


@mistake(
    "lora_state_dict",
    "dot-in-front",
    "The path of the model itself is empty, and then no dot comes before the name.",
)
def lora_state_dict(model):
    layers = [(name, m) for name, m in model.named_modules() if isinstance(m, Right)]
    return {
        f"{name}.{factor}": getattr(layer, factor)
        for name, layer in layers
        for factor in ("lora_A", "lora_B")
    }


@mistake(
    "lora_state_dict",
    "top-level-only",
    "Layers may be nested at any depth: children see the first level only.",
)
def lora_state_dict(model):
    state = reference.lora_state_dict(model)
    return {name: tensor for name, tensor in state.items() if name.count(".") < 2}


@mistake("lora_state_dict", "product", "Save A and B each by itself, not their product.")
def lora_state_dict(model):
    layers = [(name, m) for name, m in model.named_modules() if isinstance(m, Right)]
    return {f"{name}.delta_weight".lstrip("."): m.delta_weight() for name, m in layers}


# --- load_lora_state_dict -----------------------------------------------------------------------


def _missing(model, state):
    return [key for key in reference.lora_state_dict(model) if key not in state]


@mistake("load_lora_state_dict", "missing-ignored", "A missing key must raise a KeyError.")
def load_lora_state_dict(model, state):
    own = reference.lora_state_dict(model)
    with torch.no_grad():
        for key in own.keys() & state.keys():
            own[key].copy_(state[key])


@mistake(
    "load_lora_state_dict",
    "state-emptied",
    "Keys are taken out of the state, which belongs to the caller: read them and leave them there.",
)
def load_lora_state_dict(model, state):
    reference.load_lora_state_dict(model, state)
    for key in reference.lora_state_dict(model):
        state.pop(key)


@mistake(
    "load_lora_state_dict",
    "loads-before-raising",
    "Look for missing keys before the first tensor is copied: a KeyError must leave all as it was.",
)
def load_lora_state_dict(model, state):
    missing = _missing(model, state)
    load_present(model, state)
    if missing:
        raise KeyError(f"missing: {', '.join(missing)}")


def load_present(model, state):
    own = reference.lora_state_dict(model)
    with torch.no_grad():
        for key, tensor in own.items():
            tensor.copy_(state.get(key, tensor))


@mistake(
    "load_lora_state_dict",
    "first-missing-only",
    "The KeyError has to name every missing key, not just the first.",
)
def load_lora_state_dict(model, state):
    for key in reference.lora_state_dict(model):
        if key not in state:
            raise KeyError(key)
    reference.load_lora_state_dict(model, state)


@mistake(
    "load_lora_state_dict",
    "half-loaded",
    "state[key] raises in the middle: the tensors before it are loaded, and one key is named.",
)
def load_lora_state_dict(model, state):
    with torch.no_grad():
        for key, tensor in reference.lora_state_dict(model).items():
            tensor.copy_(state[key])


@mistake("load_lora_state_dict", "nameless-error", "The message of the KeyError names the keys.")
def load_lora_state_dict(model, state):
    if _missing(model, state):
        raise KeyError("keys are missing")
    reference.load_lora_state_dict(model, state)


@mistake(
    "load_lora_state_dict",
    "other-weights-too",
    "Only LoRA's tensors are loaded: a base weight in the state is ignored.",
)
def load_lora_state_dict(model, state):
    reference.load_lora_state_dict(model, state)
    model.load_state_dict(state, strict=False)


@mistake(
    "load_lora_state_dict",
    "strict",
    "Keys that the model has no LoRA tensor for are ignored, they are no error.",
)
def load_lora_state_dict(model, state):
    extra = [key for key in state if key not in reference.lora_state_dict(model)]
    if extra:
        raise KeyError(f"unexpected: {extra}")
    reference.load_lora_state_dict(model, state)


@mistake(
    "load_lora_state_dict",
    "new-parameters",
    "Copy into the parameters that are there: an optimizer still holds the old ones.",
)
def load_lora_state_dict(model, state):
    if _missing(model, state):
        reference.load_lora_state_dict(model, state)
    for name in reference.lora_state_dict(model):
        parent, _, factor = name.rpartition(".")
        setattr(model.get_submodule(parent), factor, nn.Parameter(state[name].clone()))


@mistake(
    "load_lora_state_dict",
    "shared-memory",
    "Copy the values: parameters that share memory with the state change it in training.",
)
def load_lora_state_dict(model, state):
    if _missing(model, state):
        reference.load_lora_state_dict(model, state)
    for name in reference.lora_state_dict(model):
        parent, _, factor = name.rpartition(".")
        getattr(model.get_submodule(parent), factor).data = state[name]


@mistake(
    "load_lora_state_dict",
    "into-a-copy",
    "The values have to arrive in the model's own tensors, not in copies of them.",
)
def load_lora_state_dict(model, state):
    if _missing(model, state):
        reference.load_lora_state_dict(model, state)
    own = {key: tensor.clone() for key, tensor in reference.lora_state_dict(model).items()}
    for key in own:
        own[key].copy_(state[key])


@mistake("load_lora_state_dict", "only-b", "Both factors have to be loaded, A as well as B.")
def load_lora_state_dict(model, state):
    if _missing(model, state):
        reference.load_lora_state_dict(model, state)
    with torch.no_grad():
        for key, tensor in reference.lora_state_dict(model).items():
            if key.endswith("B"):
                tensor.copy_(state[key])


@mistake(
    "load_lora_state_dict", "added", "The values are replaced by those of the state, not added."
)
def load_lora_state_dict(model, state):
    if _missing(model, state):
        reference.load_lora_state_dict(model, state)
    with torch.no_grad():
        for key, tensor in reference.lora_state_dict(model).items():
            tensor.add_(state[key])


@mistake(
    "load_lora_state_dict",
    "by-position",
    "Go by the names: the keys of a state may come in any order.",
)
def load_lora_state_dict(model, state):
    if _missing(model, state):
        reference.load_lora_state_dict(model, state)
    own = reference.lora_state_dict(model)
    values = [tensor for key, tensor in state.items() if key in own]
    for factor, value in zip(reference.lora_parameters(model), values, strict=True):
        with torch.no_grad():
            factor.copy_(value)


# --- merge_lora ---------------------------------------------------------------------------------


def _merged(model, weight_of, make=None):
    """The reference's way through the model, with another weight or another new layer."""
    for name, layer in [(n, m) for n, m in model.named_modules() if isinstance(m, Right)]:
        base = layer.base
        plain = make(base) if make else nn.Linear(base.in_features, base.out_features, False)
        plain.to(base.weight)
        with torch.no_grad():
            plain.weight.copy_(weight_of(layer))
            if base.bias is not None and not make:
                plain.bias = nn.Parameter(base.bias.detach().clone())
        if not name:
            return plain
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, plain)
    return model


def _right_weight(layer):
    return layer.base.weight if layer.merged else layer.base.weight + layer.delta_weight()


@mistake(
    "merge_lora",
    "change-lost",
    "The change has to be added to the weight before the LoRALinear is thrown away.",
)
def merge_lora(model):
    return _merged(model, lambda layer: layer.base.weight)


@mistake(
    "merge_lora",
    "merged-twice",
    "A layer that is merged already has the change in its weight: do not add it again.",
)
def merge_lora(model):
    return _merged(model, lambda layer: layer.base.weight + layer.delta_weight())


@mistake(
    "merge_lora",
    "unmerges-merged",
    "A layer that is merged already keeps its weight as it is.",
)
def merge_lora(model):
    return _merged(model, lambda m: m.base.weight + m.delta_weight() * (-1 if m.merged else 1))


@mistake("merge_lora", "no-scale", "The change that is folded in includes the factor alpha / r.")
def merge_lora(model):
    def weight(layer):
        return layer.base.weight + (0 if layer.merged else layer.lora_B @ layer.lora_A)

    return _merged(model, weight)


@mistake("merge_lora", "subtracted", "The change is added to the weight, not subtracted.")
def merge_lora(model):
    return _merged(model, lambda m: m.base.weight - m.delta_weight() * (not m.merged))


@mistake(
    "merge_lora",
    "layers-stay",
    "Merging alone is not enough: a plain nn.Linear has to take the place of the LoRALinear.",
)
def merge_lora(model):
    for module in model.modules():
        if isinstance(module, Right):
            module.merge()
    return model


@mistake(
    "merge_lora",
    "base-in-place",
    "Adding to base.weight in place also reaches every module that shares that weight.",
)
def merge_lora(model):
    for name, layer in [(n, m) for n, m in model.named_modules() if isinstance(m, Right)]:
        layer.merge()
        if not name:
            return layer.base
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, layer.base)
    return model


@mistake("merge_lora", "bias-lost", "The new layer needs the bias of the old one.")
def merge_lora(model):
    return _merged(
        model, _right_weight, lambda base: nn.Linear(base.in_features, base.out_features, False)
    )


@mistake("merge_lora", "bias-not-copied", "The new layer has a bias of its own: copy the old one.")
def merge_lora(model):
    def make(base):
        plain = nn.Linear(base.in_features, base.out_features, base.bias is not None)
        if base.bias is not None:
            nn.init.constant_(plain.bias, 0.25)
        return plain

    return _merged(model, _right_weight, make)


@mistake("merge_lora", "bias-always", "A layer without a bias stays without.")
def merge_lora(model):
    def make(base):
        plain = nn.Linear(base.in_features, base.out_features).to(base.weight)
        plain.bias.data = torch.zeros_like(plain.bias) if base.bias is None else base.bias.clone()
        return plain

    return _merged(model, _right_weight, make)


@mistake(
    "merge_lora",
    "default-dtype",
    "The new layer must have the dtype of the old one, which is not always float32.",
)
def merge_lora(model):
    plain = reference.merge_lora(model)
    for module in plain.modules():
        if type(module) is nn.Linear:
            module.float()
    return plain


@mistake(
    "merge_lora",
    "top-level-only",
    "Layers may be nested at any depth: children() sees the first level only.",
)
def merge_lora(model):
    if isinstance(model, Right):
        return reference.merge_lora(model)
    for name, child in model.named_children():
        if isinstance(child, Right):
            setattr(model, name, reference.merge_lora(child))
    return model


@mistake(
    "merge_lora",
    "model-itself-missed",
    "The model that is given may itself be a LoRALinear.",
)
def merge_lora(model):
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Right):
                setattr(parent, name, reference.merge_lora(child))
    return model


@mistake("merge_lora", "nothing-returned", "Return the model.")
def merge_lora(model):
    reference.merge_lora(model)


@mistake(
    "merge_lora",
    "subclass",
    "Exactly nn.Linear is due: whoever gets the model knows no other class.",
)
def merge_lora(model):
    class Merged(nn.Linear):
        pass

    return _merged(
        model,
        _right_weight,
        lambda base: _with_bias(Merged(base.in_features, base.out_features, False), base),
    )


def _with_bias(plain, base):
    if base.bias is not None:
        plain.bias = nn.Parameter(base.bias.detach().clone())
    return plain


@mistake("merge_lora", "transposed", "The new weight is (out, in), as nn.Linear keeps it.")
def merge_lora(model):
    plain = reference.merge_lora(model)
    for module in plain.modules():
        if type(module) is nn.Linear:
            module.weight = nn.Parameter(module.weight.detach().T.contiguous())
    return plain
