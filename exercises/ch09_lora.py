"""LoRA: fine-tune a large model by training almost none of it.

A language model of chapter 8 has learned what it knows in matrices of millions of numbers.  To
teach it one more task, plain fine-tuning changes all of them, and every task costs a full copy of
the model.  LoRA (Hu et al. 2021, https://arxiv.org/abs/2106.09685) starts from an observation:
the *change* that a task needs is nearly of low rank.  So keep the matrix W as it is and learn the
change as a product of two thin ones:

    W x + (α/r) · B A x

where W is (out, in), B is (out, r), A is (r, in), and r is small; α, `alpha` in the code, is a
number that sets how much the change weighs.  For out = in = 4096 and r = 8 that is 65 536 numbers
instead of 16.8 million: 0.4 %.  Gradients and optimizer states shrink with them, a finished task
is a file of a few megabytes, and since

    W + (α/r) · B A

is again a matrix of W's size, it can be folded into W afterwards: the adapted model is as fast as
the one it came from.

The chapter goes the whole way.  `low_rank_approximation` shows how much of a matrix r directions
can hold; `LoRALinear` is the layer; `inject_lora` puts it into a model that knows nothing of it;
`lora_parameters` and `count_parameters` say what is trained, and how little that is;
`lora_state_dict` and `load_lora_state_dict` write and read a task's file; `merge_lora` gives back
a plain model.  It is the last chapter: the model that you adapt may be your own MultiHeadAttention
of chapter 8, whose q_proj and v_proj are what the paper adapts.

Everywhere the dtype and device of new tensors are those of the weight they belong to.
"""

import torch
from torch import nn


def low_rank_approximation(W, r):
    """Split a matrix into two thin factors whose product is as close to it as rank r allows.

        W = U diag(σ) Vᵀ with σ₁ ≥ σ₂ ≥ …
        B A = Σ_{i ≤ r} σ_i u_i v_iᵀ

    The first line is the singular value decomposition; u_i and v_i are the columns of U and V.

    W is (out, in) and 1 ≤ r ≤ min(out, in).  Returns (B, A): B is (out, r), A is (r, in), both of
    W's dtype, and no other matrix of rank r has a smaller ‖W − B A‖, the root of the sum of
    squares (Eckart and Young 1936).  How the product is shared out between B and A is up to you.

    >>> W = torch.tensor([[3.0, 0.0, 4.0], [0.0, 2.0, 0.0]])
    >>> B, A = low_rank_approximation(W, 1)
    >>> B.shape, A.shape
    (torch.Size([2, 1]), torch.Size([1, 3]))
    >>> (B @ A).round(decimals=4).abs().tolist()
    [[3.0, 0.0, 4.0], [0.0, 0.0, 0.0]]
    >>> round(float(torch.linalg.norm(W - B @ A)), 4)
    2.0
    """
    raise NotImplementedError


class LoRALinear(nn.Module):
    """A frozen linear layer with a trainable change of low rank beside it.

        y = base(x) + (α/r) · dropout(x) Aᵀ Bᵀ

    `base` is an `nn.Linear` with or without bias, x is (..., in), y is (..., out).  Attributes:

        base      the given layer; its parameters no longer require a gradient
        lora_A    parameter (r, in), random at first, so that B's gradient is not zero
        lora_B    parameter (out, r), zeros at first: training starts from base's own answers
        merged    whether the change stands in base.weight at the moment; False at first

    Both parameters have the dtype and device of `base.weight`.  `dropout` is the probability to
    drop an entry of x before A, in training mode only (as `nn.Dropout`); base always sees all
    of x.  Gradients flow to A, B and x.  `train()` and `eval()`, also when called on a model
    around the layer, switch the dropout and nothing else: only `merge()` and `unmerge()` merge.
    While a layer is merged its A and B stay as they are.

    Raises ValueError for r < 1.

    >>> base = nn.Linear(3, 2, bias=False)
    >>> base.weight.data = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
    >>> layer = LoRALinear(base, r=1, alpha=2)
    >>> x = torch.tensor([[1.0, 2.0, 3.0]])
    >>> layer(x).tolist()
    [[7.0, 2.0]]
    >>> layer.lora_A.data = torch.tensor([[1.0, 0.0, -1.0]])
    >>> layer.lora_B.data = torch.tensor([[3.0], [1.0]])
    >>> layer.delta_weight().tolist()
    [[6.0, 0.0, -6.0], [2.0, 0.0, -2.0]]
    >>> layer(x).tolist()
    [[-5.0, -2.0]]
    >>> layer.merge()
    >>> layer.base.weight.tolist(), layer(x).tolist()
    ([[7.0, 0.0, -4.0], [2.0, 1.0, -2.0]], [[-5.0, -2.0]])
    """

    def __init__(self, base, r, alpha, dropout=0.0):
        """Freeze `base` and make the two factors."""
        raise NotImplementedError

    def forward(self, x):
        """Return y (..., out) for x (..., in), the change being applied once, merged or not."""
        raise NotImplementedError

    def delta_weight(self):
        """Return the change (α/r) · B A as a matrix (out, in), merged or not."""
        raise NotImplementedError

    def merge(self):
        """Add the change to `base.weight`, which stays frozen; nothing if it is there already."""
        raise NotImplementedError

    def unmerge(self):
        """Take the change out of `base.weight` again; nothing if it is not there."""
        raise NotImplementedError


def inject_lora(model, targets, r, alpha):
    """Put a LoRALinear around every linear layer of a model that goes by one of the given names.

    Replaced are the `nn.Linear` submodules, at any depth, whose last name component equals one of
    the strings in the list `targets`: "q" means blocks.0.q, but neither blocks.0.q2 nor
    blocks.q.0, and "blocks.q" means nothing.  Other modules of such a name are left alone.  Each
    layer becomes the `base` of its `LoRALinear(base, r, alpha)`.

    Changes `model` in place and returns the dotted names of the replaced layers, in the order of
    `model.named_modules()`.  Afterwards every parameter of the model that is not LoRA's is frozen:
    it does not require a gradient.

    Raises ValueError if nothing matches; the model, and what in it is frozen, is then as before.

    >>> block = nn.Sequential()
    >>> block.add_module("q", nn.Linear(3, 2))
    >>> block.add_module("out", nn.Linear(2, 3))
    >>> model = nn.Sequential(block, nn.Linear(3, 1))
    >>> inject_lora(model, ["q", "v"], r=2, alpha=4)
    ['0.q']
    >>> type(block.q).__name__, type(block.out).__name__
    ('LoRALinear', 'Linear')
    >>> [name for name, p in model.named_parameters() if p.requires_grad]
    ['0.q.lora_A', '0.q.lora_B']
    """
    raise NotImplementedError


def lora_parameters(model):
    """Return the A and B of every LoRALinear in a model, to be given to an optimizer.

    A list, in any order, of the parameters themselves: of every `LoRALinear` at any depth (`model`
    itself may be one), frozen or not.  Nothing else belongs to it, be it trainable or have "lora"
    in its name.

    >>> model = nn.Sequential(LoRALinear(nn.Linear(3, 2), r=1, alpha=2), nn.Linear(2, 4))
    >>> sorted(tuple(p.shape) for p in lora_parameters(model))
    [(1, 3), (2, 1)]
    """
    raise NotImplementedError


def count_parameters(model):
    """Count the numbers in a model's parameters that are trainable, and all of them.

    Returns (trainable, total), two integers; trainable are the entries of parameters that require
    a gradient.  A parameter that stands in several places of the model (it is tied) counts once;
    buffers, such as the running statistics of a batch norm, are no parameters.

    >>> model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 4, bias=False))
    >>> count_parameters(model)
    (16, 16)
    >>> _ = model[0].requires_grad_(False)
    >>> count_parameters(model)
    (8, 16)
    """
    raise NotImplementedError


def lora_state_dict(model):
    """Return what has to be saved of an adapted model: its LoRA tensors, and nothing else.

    A dict with the A and B of every `LoRALinear` at any depth (`model` itself may be one), under
    their names in `model.state_dict()`.  Other tensors stay out, also those of the layers'
    `base` and of modules that only have "lora" in their name.

    >>> model = nn.Sequential(nn.Linear(3, 2), LoRALinear(nn.Linear(2, 4), r=1, alpha=2))
    >>> {name: tuple(tensor.shape) for name, tensor in lora_state_dict(model).items()}
    {'1.lora_A': (1, 2), '1.lora_B': (4, 1)}
    """
    raise NotImplementedError


def load_lora_state_dict(model, state):
    """Copy saved LoRA tensors into a model that has the same LoRALinear layers.

    `state` is a dict as `lora_state_dict` returns it.  The values are copied into the parameters
    that the model has, so that an optimizer which holds them goes on working and `state` never
    changes.  Keys of `state` that name no LoRA tensor of the model are ignored, those of other
    weights too.

    Raises KeyError if LoRA tensors of the model are missing in `state`: its message names every
    missing key, and nothing is loaded.

    >>> model = nn.Sequential(LoRALinear(nn.Linear(3, 2), r=1, alpha=2))
    >>> A, B = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[4.0], [5.0]])
    >>> load_lora_state_dict(model, {"0.lora_A": A, "0.lora_B": B, "0.base.bias": torch.ones(2)})
    >>> model[0].lora_A.tolist(), model[0].lora_B.tolist()
    ([[1.0, 2.0, 3.0]], [[4.0], [5.0]])
    >>> load_lora_state_dict(model, {"0.lora_A": A})
    Traceback (most recent call last):
    KeyError: 'missing: 0.lora_B'
    """
    raise NotImplementedError


def merge_lora(model):
    """Give back a plain model that answers as the adapted one: every change folded in.

        W ← W + (α/r) · B A

    Returns the model, the given one or a copy, in which a plain `nn.Linear` stands in place of
    every `LoRALinear` at any depth, whether or not that was merged before: same name, same dtype,
    a bias if and only if its `base` has one.  In eval mode the outputs are the same as before.  If
    `model` itself is a `LoRALinear`, an `nn.Linear` is returned.

    The new layers own their weights.  Where the weight of a `base` that is not merged is tied to
    another module, say an embedding, that module keeps its value; so every other parameter does.

    >>> layer = LoRALinear(nn.Linear(3, 2), r=1, alpha=2)
    >>> layer.base.weight.data = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
    >>> layer.lora_A.data = torch.tensor([[1.0, 0.0, -1.0]])
    >>> layer.lora_B.data = torch.tensor([[3.0], [1.0]])
    >>> model = merge_lora(nn.Sequential(layer, nn.ReLU()))
    >>> type(model[0]) is nn.Linear, model[0].weight.tolist()
    (True, [[7.0, 0.0, -4.0], [2.0, 1.0, -2.0]])
    """
    raise NotImplementedError
