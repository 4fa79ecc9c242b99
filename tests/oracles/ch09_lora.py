"""LoRA by independent means."""

import math

import torch
from ch09_lora import LoRALinear as Right
from torch import nn

from grader.bank import alternate


@alternate("low_rank_approximation", "eigenvectors of W Wᵀ in float64")
def low_rank_approximation(W, r):
    W64 = W.double()
    _, vectors = torch.linalg.eigh(W64 @ W64.T)
    B = vectors[:, -r:]
    return B.to(W.dtype), (B.T @ W64).to(W.dtype)


class _Branch(torch.autograd.Function):
    """s x Aᵀ Bᵀ entry by entry from the definition, with the derivative worked out by hand."""

    @staticmethod
    def forward(ctx, x, A, B, s):
        ctx.save_for_backward(x, A, B)
        ctx.s = s
        rows = x.reshape(-1, x.shape[-1]).tolist()
        a, b = A.tolist(), B.tolist()
        out = [
            [
                s
                * math.fsum(
                    b[o][k] * a[k][i] * row[i] for k in range(len(a)) for i in range(len(row))
                )
                for o in range(len(b))
            ]
            for row in rows
        ]
        return torch.tensor(out, dtype=x.dtype).reshape(*x.shape[:-1], len(b))

    @staticmethod
    def backward(ctx, up):
        x, A, B = ctx.saved_tensors
        up2, x2 = up.reshape(-1, up.shape[-1]), x.reshape(-1, x.shape[-1])
        dx = (ctx.s * up2 @ (B @ A)).reshape(x.shape)
        return dx, ctx.s * (B.T @ (up2.T @ x2)), ctx.s * ((up2.T @ x2) @ A.T), None


@alternate("LoRALinear", "sums from the definition, derivative by hand")
class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__()
        if r < 1:
            raise ValueError("r < 1")
        self.base = base.requires_grad_(False)
        self.lora_A = nn.Parameter(torch.randn_like(base.weight[:1].repeat(r, 1)))
        self.lora_B = nn.Parameter(torch.zeros_like(base.weight[:, :1].repeat(1, r)))
        self.s, self.p, self.merged = alpha / r, dropout, False

    def forward(self, x):
        y = self.base(x)
        if self.merged:
            return y
        if self.training and self.p:
            x = x * torch.bernoulli(torch.full_like(x, 1 - self.p)) / (1 - self.p)
        return y + _Branch.apply(x, self.lora_A, self.lora_B, self.s)

    def delta_weight(self):
        unit = torch.eye(self.lora_A.shape[1], dtype=self.lora_A.dtype)
        return _Branch.apply(unit, self.lora_A, self.lora_B, self.s).T

    def merge(self):
        if not self.merged:
            self.base.weight.data.add_(self.delta_weight().data)
        self.merged = True

    def unmerge(self):
        if self.merged:
            self.base.weight.data.sub_(self.delta_weight().data)
        self.merged = False


@alternate("inject_lora", "a stack over __dict__, names rebuilt from the paths")
def inject_lora(model, targets, r, alpha):
    stack, found, everything = [("", model)], [], []
    while stack:
        path, module = stack.pop()
        everything.append(module)
        children = [(path + n, module, n, c) for n, c in module.__dict__["_modules"].items()]
        stack += [(f"{full}.", child) for full, _, _, child in children]
        found += [
            (full, parent, name, child)
            for full, parent, name, child in children
            if type(child) is nn.Linear and any(name == target for target in targets)
        ]
    if not found:
        raise ValueError("nothing")
    for module in everything:
        for p in module.__dict__["_parameters"].values():
            if p is not None:
                p.requires_grad = False
    order = [name for name, _ in model.named_modules()]
    found.sort(key=lambda place: order.index(place[0]))
    for _, parent, name, child in found:
        parent.__dict__["_modules"][name] = Right(child, r, alpha)
    return [full for full, _, _, _ in found]


@alternate("lora_parameters", "by the last component of the name, in a module of the right type")
def lora_parameters(model):
    return [
        p
        for name, p in model.named_parameters()
        if name.rpartition(".")[2] in ("lora_A", "lora_B")
        and isinstance(model.get_submodule(name.rpartition(".")[0]), Right)
    ]


@alternate("count_parameters", "storage addresses of the tensors in state_dict")
def count_parameters(model):
    names = [name for name, _ in model.named_parameters(remove_duplicate=False)]
    state = model.state_dict(keep_vars=True)
    tensors = {state[name].data_ptr(): state[name] for name in names}.values()
    return sum(math.prod(t.shape) for t in tensors if t.requires_grad), sum(
        math.prod(t.shape) for t in tensors
    )


@alternate("lora_state_dict", "the state of each layer without that of its base")
def lora_state_dict(model):
    state = {}
    for name, module in model.named_modules():
        if isinstance(module, Right):
            prefix = f"{name}." if name else ""
            own = module.state_dict(prefix=prefix)
            state |= {k: v for k, v in own.items() if not k.startswith(f"{prefix}base.")}
    return state


@alternate("load_lora_state_dict", "through state_dict and a strict load_state_dict of everything")
def load_lora_state_dict(model, state):
    full = model.state_dict()
    own = [
        key
        for key in full
        if key.rpartition(".")[2] in ("lora_A", "lora_B")
        and isinstance(model.get_submodule(key.rpartition(".")[0]), Right)
    ]
    missing = [key for key in own if key not in state]
    if missing:
        raise KeyError(f"{len(missing)} keys are missing: {missing}")
    model.load_state_dict({**full, **{key: state[key] for key in own}}, strict=True)


@alternate("merge_lora", "every layer asked for its answers to unit vectors")
def merge_lora(model):
    def plain(layer):
        layer.eval()
        dtype, size = layer.base.weight.dtype, layer.base.weight.shape[1]
        with torch.no_grad():
            offset = layer(torch.zeros(size, dtype=dtype))
            weight = (layer(torch.eye(size, dtype=dtype)) - offset).T.contiguous()
        new = nn.Linear(size, len(offset), bias=layer.base.bias is not None)
        new.weight = nn.Parameter(weight)
        if new.bias is not None:
            new.bias = nn.Parameter(offset)
        return new

    if isinstance(model, Right):
        return plain(model)
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, Right):
                setattr(module, name, plain(child))
    return model
