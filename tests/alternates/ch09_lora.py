"""LoRA, right in other styles."""

import copy

import ch09_lora as reference
import numpy as np
import torch
from ch09_lora import LoRALinear as Right
from torch import nn
from torch.nn import functional

from grader.bank import alternate


@alternate("low_rank_approximation", "a root of the singular values in each factor")
def low_rank_approximation(W, r):
    U, sigma, Vh = torch.linalg.svd(W)
    root = torch.diag(sigma[:r].sqrt())
    return U[:, :r] @ root, root @ Vh[:r, :]


@alternate("low_rank_approximation", "NumPy, all of it in A")
def low_rank_approximation(W, r):
    U, sigma, Vh = np.linalg.svd(W.detach().cpu().numpy(), full_matrices=False)
    return torch.from_numpy(U[:, :r].copy()), torch.from_numpy(np.diag(sigma[:r]) @ Vh[:r])


@alternate("low_rank_approximation", "projection on the first left singular vectors")
def low_rank_approximation(W, r):
    basis = torch.linalg.svd(W, full_matrices=False).U[:, :r]
    return [basis, basis.T @ W]


@alternate("low_rank_approximation", "one rank-one piece after the other, signs turned")
def low_rank_approximation(W, r):
    columns, rows = [], []
    for _ in range(r):
        U, sigma, Vh = torch.linalg.svd(W)
        columns.append(-U[:, 0] * 2)
        rows.append(-sigma[0] * Vh[0] / 2)
        W = W - torch.outer(columns[-1], rows[-1])
    return torch.stack(columns, dim=1), torch.stack(rows)


@alternate("LoRALinear", "one dense weight in evaluation, in-place addmm to merge")
class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0):
        nn.Module.__init__(self)
        if r <= 0:
            raise ValueError("rank")
        self.r, self.alpha, self.p, self.merged = r, alpha, dropout, False
        like = {"dtype": base.weight.dtype, "device": base.weight.device}
        rows, columns = base.weight.shape
        self.lora_B = nn.Parameter(torch.zeros(rows, r, **like))
        self.lora_A = nn.Parameter(torch.empty(r, columns, **like))
        nn.init.kaiming_uniform_(self.lora_A, a=5**0.5)
        self.base = base
        for p in self.base.parameters():
            p.requires_grad = False

    def delta_weight(self):
        return torch.einsum("or,ri->oi", self.lora_B, self.lora_A) * self.alpha / self.r

    def forward(self, x):
        if self.merged:
            return functional.linear(x, self.base.weight, self.base.bias)
        if not self.training:
            return functional.linear(x, self.base.weight + self.delta_weight(), self.base.bias)
        kept = functional.dropout(x, self.p, training=True)
        return self.base(x) + functional.linear(kept, self.delta_weight())

    def merge(self):
        if self.merged:
            return
        scale = self.alpha / self.r
        self.base.weight.data.addmm_(self.lora_B.data, self.lora_A.data, alpha=scale)
        self.merged = True

    def unmerge(self):
        if not self.merged:
            return
        scale = self.alpha / self.r
        self.base.weight.data.addmm_(self.lora_B.data, self.lora_A.data, alpha=-scale)
        self.merged = False


@alternate("LoRALinear", "new tensors at every merge, the old weight kept aside, flag in a buffer")
class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__()
        if r < 1:
            raise ValueError
        self.base = base
        base.weight.requires_grad = False
        if base.bias is not None:
            base.bias.requires_grad = False
        A = torch.rand(r, base.in_features, dtype=base.weight.dtype) + 0.5
        self.register_parameter("lora_A", nn.Parameter(A))
        self.register_parameter(
            "lora_B", nn.Parameter(torch.zeros_like(base.weight[:, :1] * A[:, 0]))
        )
        self.scaling = torch.tensor(alpha / r, dtype=base.weight.dtype)
        self.p = dropout
        self.register_buffer("is_merged", torch.tensor(False), persistent=False)
        self.original = None

    @property
    def merged(self):
        return self.is_merged

    @torch.no_grad()
    def delta_weight(self):
        pieces = [torch.outer(b, a) for b, a in zip(self.lora_B.T, self.lora_A, strict=True)]
        return self.scaling * sum(pieces)

    def forward(self, x):
        y = self.base(x)
        if bool(self.merged):
            return y
        if self.training and self.p > 0:
            x = x * (torch.rand_like(x) >= self.p) / (1 - self.p)
        inner = torch.einsum("...i,ri->...r", x, self.lora_A)
        return y + torch.einsum("...r,or->...o", inner, self.lora_B) * self.scaling

    def merge(self):
        if not self.is_merged:
            self.original = self.base.weight.detach().clone()
            merged = self.original + self.delta_weight()
            self.base.weight = nn.Parameter(merged, requires_grad=False)
            self.is_merged.fill_(True)

    def unmerge(self):
        if self.is_merged:
            self.base.weight = nn.Parameter(self.original, requires_grad=False)
            self.is_merged.fill_(False)


@alternate("LoRALinear", "dropout module, scale folded into x, .data throughout")
class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__()
        if r < 1:
            raise ValueError(f"bad rank {r}")
        for p in base.parameters():
            p.requires_grad_(False)
        self.drop = nn.Dropout(dropout) if dropout > 0 else nn.Identity()
        self.factor = alpha / r
        self.lora_A = nn.Parameter(torch.randn(r, base.in_features).to(base.weight) * 0.01)
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r).to(base.weight))
        self.base = base
        self.merged = False

    def forward(self, x):
        if self.merged:
            return self.base(x)
        return functional.linear(
            functional.linear(self.factor * self.drop(x), self.lora_A), self.lora_B
        ).add(self.base(x))

    def delta_weight(self):
        return (self.lora_A.T @ (self.factor * self.lora_B.T)).T

    def _shift(self, sign):
        self.base.weight.data = self.base.weight.data + sign * self.delta_weight().data
        self.merged = sign > 0

    def merge(self):
        None if self.merged else self._shift(1)

    def unmerge(self):
        self._shift(-1) if self.merged else None


@alternate("inject_lora", "recursion over children")
def inject_lora(model, targets, r, alpha):
    def descend(module, path):
        for name, child in module.named_children():
            here = f"{path}{name}"
            if name in targets and isinstance(child, nn.Linear):
                found.append((module, name, here))
            else:
                descend(child, f"{here}.")

    found = []
    descend(model, "")
    if not found:
        raise ValueError("no such layer")
    for p in model.parameters():
        p.requires_grad = False
    for module, name, _ in found:
        module._modules[name] = Right(module._modules[name], r, alpha)
    return [here for _, _, here in found]


@alternate("inject_lora", "frozen at the end by identity, a walk with getattr")
def inject_lora(model, targets, r, alpha):
    wanted = set(targets)
    names = []
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and name.split(".")[-1] in wanted:
            *path, last = name.split(".")
            parent = model
            for part in path:
                parent = getattr(parent, part)
            setattr(parent, last, Right(module, r=r, alpha=alpha))
            names.append(name)
    if len(names) == 0:
        raise ValueError(targets)
    keep = {id(p) for p in reference.lora_parameters(model)}
    for p in model.parameters():
        p.requires_grad_(id(p) in keep)
    return names


@alternate("lora_parameters", "all B first, then all A")
def lora_parameters(model):
    layers = [module for _, module in model.named_modules() if isinstance(module, Right)]
    return [layer.lora_B for layer in layers] + [layer.lora_A for layer in layers]


@alternate("lora_parameters", "own parameters of the layers, a tuple")
def lora_parameters(model):
    found = []
    for module in model.modules():
        if isinstance(module, Right):
            found.extend(module.parameters(recurse=False))
    return tuple(found)


@alternate("count_parameters", "a loop, sizes as products of shapes")
def count_parameters(model):
    counts = {True: 0, False: 0}
    for _, p in model.named_parameters():
        counts[p.requires_grad] += int(np.prod(p.shape))
    return counts[True], counts[True] + counts[False]


@alternate("count_parameters", "a set of identities, a list, tensor sums")
def count_parameters(model):
    seen = {}
    for module in model.modules():
        for p in module._parameters.values():
            if p is not None:
                seen[id(p)] = p
    sizes = torch.tensor([[p.nelement() * p.requires_grad, p.nelement()] for p in seen.values()])
    return sizes.sum(0).tolist()


@alternate("lora_state_dict", "picked by identity, cloned")
def lora_state_dict(model):
    own = {id(p) for p in reference.lora_parameters(model)}
    return {n: p.detach().clone() for n, p in model.named_parameters() if id(p) in own}


@alternate(
    "lora_state_dict", "names by their last component, an OrderedDict of the state's own kind"
)
def lora_state_dict(model):
    state = model.state_dict()
    for key in list(state):
        if key.split(".")[-1] not in ("lora_A", "lora_B"):
            del state[key]
    return state


@alternate("load_lora_state_dict", "set difference, .data, a list in the message")
def load_lora_state_dict(model, state):
    wanted = {
        f"{name}.{factor}" if name else factor: getattr(module, factor)
        for name, module in model.named_modules()
        if isinstance(module, Right)
        for factor in ("lora_A", "lora_B")
    }
    missing = set(wanted) - set(state)
    if missing:
        raise KeyError(sorted(missing))
    for key, parameter in wanted.items():
        parameter.data[:] = state[key]


@alternate("load_lora_state_dict", "load_state_dict with the other keys left out")
def load_lora_state_dict(model, state):
    keys = reference.lora_state_dict(model).keys()
    if not keys <= state.keys():
        raise KeyError(*[key for key in keys if key not in state])
    return model.load_state_dict({key: state[key] for key in keys}, strict=False)


@alternate("merge_lora", "a deep copy, recursion over children")
def merge_lora(model):
    def plain(module):
        if not isinstance(module, Right):
            for name, child in module.named_children():
                setattr(module, name, plain(child))
            return module
        module.eval()
        weight = module.base.weight.detach().clone()
        if not module.merged:
            weight += module.delta_weight().detach()
        bias = module.base.bias
        layer = nn.Linear(weight.shape[1], weight.shape[0], bias is not None, dtype=weight.dtype)
        layer.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias}))
        return layer

    return plain(copy.deepcopy(model))


@alternate("merge_lora", "the base itself with a new weight parameter, after unmerge")
def merge_lora(model):
    places = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
        if isinstance(child, Right)
    ]
    if isinstance(model, Right):
        places, model = [(None, "", model)], None
    for parent, name, layer in places:
        weight = layer.base.weight.data
        total = weight if layer.merged else weight + layer.delta_weight().data
        layer.base.weight = nn.Parameter(total.clone(), requires_grad=False)
        if parent is None:
            return layer.base
        parent._modules[name] = layer.base
    return model
