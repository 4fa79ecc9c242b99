"""Two dozen ordinary things to do with torch; each returns plain data, here as behind the wall."""

import copy
import io

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


def _model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))


def _train(make):
    model = _model()
    optimizer = make(model.parameters())
    x, y = torch.linspace(-1, 1, 24).reshape(6, 4), torch.tensor([0, 1, 0, 1, 1, 0])
    for _ in range(3):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def sgd():
    return _train(lambda ps: torch.optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True))


def adam():
    return _train(lambda ps: torch.optim.Adam(ps, lr=0.1, amsgrad=True))


def adamw():
    return _train(lambda ps: torch.optim.AdamW(ps, lr=0.1))


def rmsprop():
    return _train(lambda ps: torch.optim.RMSprop(ps, lr=0.01))


def schedulers():
    optimizer = torch.optim.SGD(_model().parameters(), lr=1.0)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    step = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    for _ in range(3):
        optimizer.step()
        cosine.step()
        step.step()
    return cosine.get_last_lr()


def deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        return torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def checkpoint():
    from torch.utils.checkpoint import checkpoint

    model, x = _model(), torch.ones(3, 4, requires_grad=True)
    checkpoint(model, x, use_reentrant=False).sum().backward()
    return x.grad.sum().item()


def autocast():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = _model()(torch.ones(2, 4))
    return [str(out.dtype), out.float().sum().item()]


def func_grad():
    return torch.func.grad(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0])).tolist()


def vmap():
    return torch.func.vmap(torch.dot)(torch.ones(2, 3), torch.arange(6.0).view(2, 3)).tolist()


def jvp():
    return [part.item() for part in torch.func.jvp(torch.sin, (torch.ones(()),), (torch.ones(()),))]


def jacobian():
    return torch.func.jacrev(lambda x: x * x)(torch.tensor([1.0, 2.0])).tolist()


def hessian():
    return torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.ones(2)).tolist()


def functional_call():
    model = _model()
    zeros = {name: torch.zeros_like(value) for name, value in model.named_parameters()}
    return torch.func.functional_call(model, zeros, torch.ones(1, 4)).tolist()


def script():
    return torch.jit.script(_model())(torch.ones(1, 4)).tolist()


def trace():
    return torch.jit.trace(_model(), torch.ones(1, 4))(torch.zeros(1, 4)).tolist()


def fx():
    return [node.op for node in torch.fx.symbolic_trace(_model()).graph.nodes]


def make_fx():
    from torch.fx.experimental.proxy_tensor import make_fx

    graph = make_fx(lambda x: F.silu(x) @ x)(torch.ones(2, 2)).graph
    return [str(node.target) for node in graph.nodes]


def export():
    return len(list(torch.export.export(_model(), (torch.ones(1, 4),)).graph.nodes))


def compile_eagerly():
    return torch.compile(_model(), backend="eager")(torch.ones(1, 4)).tolist()


def compile_to_a_program():
    """The sandbox compiles nothing: what is to be compiled runs as it is."""
    return torch.compile(_model())(torch.ones(1, 4)).tolist()


def lstm():
    torch.manual_seed(0)
    out, _ = nn.LSTM(3, 4, batch_first=True)(torch.ones(2, 5, 3))
    return out.sum().item()


def normalized_convolution():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.SiLU(), nn.MaxPool2d(2))
    out = layers(torch.arange(36.0).view(1, 1, 6, 6))
    out.sum().backward()
    return out.sum().item()


def embedding_and_layer_norm():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Embedding(5, 8), nn.LayerNorm(8), nn.Dropout(0.5))
    return layers(torch.tensor([[1, 2], [3, 4]])).sum().item()


def saved_and_loaded():
    file, model, other = io.BytesIO(), _model(), _model()
    torch.save(model.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True))
    return torch.equal(other[0].weight, copy.deepcopy(model)[0].weight)


def own_function():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def backward(ctx, grad):
            return 2 * grad

    x = torch.ones(2, requires_grad=True)
    Double.apply(x).sum().backward()
    return x.grad.tolist()


def own_operator():
    library = torch.library.Library("student", "FRAGMENT")
    library.define("twice(Tensor x) -> Tensor")
    library.impl("twice", lambda x: x + x, "CompositeImplicitAutograd")
    return torch.ops.student.twice(torch.ones(2)).tolist()


def dispatch_mode():
    from torch.utils._python_dispatch import TorchDispatchMode

    seen = []

    class Log(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            seen.append(str(func))
            return func(*args, **(kwargs or {}))

    with Log():
        torch.softmax(torch.ones(2, 2), -1) @ torch.ones(2, 2)
    return seen


def data_loader():
    loader = torch.utils.data.DataLoader(torch.arange(5), batch_size=2)
    return [batch.tolist() for batch in loader]


def decompositions():
    value = torch.linalg.svd(torch.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    return [value.tolist(), torch.einsum("ij,jk", torch.ones(2, 2), torch.eye(2)).tolist()]


CALLS = [
    name
    for name, value in list(globals().items())
    if getattr(value, "__module__", "") == __name__ and not name.startswith("_")
]
"""The names of all of them, in order."""
