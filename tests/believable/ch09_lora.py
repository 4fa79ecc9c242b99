"""What a learner might hand in.

low_rank_approximation: failed, columns-of-vh
LoRALinear: error
inject_lora: failed, whole-name + silent-without-match
lora_parameters: error
count_parameters: error
lora_state_dict: error
load_lora_state_dict: failed, missing-ignored + other-weights-too
merge_lora: error
"""

import torch
from torch import nn


def low_rank_approximation(W, r):
    U, S, V = torch.linalg.svd(W)
    B = U[:, :r] @ torch.diag(S[:r])
    A = V[:, :r].T
    return B, A


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0):
        super().__init__()
        self.base = base
        self.base.weight.requires_grad = False
        self.lora_A = nn.Parameter(torch.randn(r, base.in_features) * 0.01)
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r))
        self.scale = alpha / r
        self.dropout = nn.Dropout(dropout)
        self.merged = False

    def forward(self, x):
        if self.merged:
            return self.base(x)
        return self.base(x) + self.scale * self.dropout(x) @ self.lora_A @ self.lora_B

    def delta_weight(self):
        return self.scale * self.lora_B @ self.lora_A

    def merge(self):
        self.base.weight += self.delta_weight()
        self.merged = True

    def unmerge(self):
        self.base.weight -= self.delta_weight()
        self.merged = False


def inject_lora(model, targets, r, alpha):
    replaced = []
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and name in targets:
            setattr(model, name, LoRALinear(module, r, alpha))
            replaced.append(name)
    return replaced


def lora_parameters(model):
    params = []
    for module in model.modules():
        if isinstance(module, LoRALinear):
            params += [module.A, module.B]
    return params


def count_parameters(model):
    trainable = 0
    total = 0
    for p in model.parameters():
        n = p.shape[0] * p.shape[1]
        total += n
        if p.requires_grad:
            trainable += n
    return trainable, total


def lora_state_dict(model):
    return {name: p for name, p in model.parameters() if "lora" in name}


def load_lora_state_dict(model, state):
    model.load_state_dict(state, strict=False)


def merge_lora(model):
    for module in model.modules():
        if isinstance(module, LoRALinear):
            module.merge()
    return model
