"""Pictures of chapter 12: what a filter leaves, and a model that learns a line by heart."""

import math

import torch

from grader.show.picture import Curves, Heatmap, picture

LINE = "the cat sat on the mat and the dog sat on the cat. "
LETTERS = sorted(set(LINE))
SIZES = {"d_model": 32, "num_heads": 4, "d_hidden": 64, "num_layers": 2}
WINDOW = 24
PARTS, STEPS = 5, 25
"""A call has two seconds: training is cut into parts, each of so many steps."""


def train(module, sizes, text, window, learnt, steps):
    """train a GPT on windows of the text by Adam, and return its weights and losses

    `learnt` is None at first, afterwards the answer of the call before.
    """
    torch.default_generator.manual_seed(12)
    model = module.GPT(int(text.max()) + 1, 2 * window, **sizes)
    named, losses = dict(model.named_parameters()), []
    if learnt is None:
        zeros = {name: torch.zeros_like(one) for name, one in named.items()}
        # Embeddings that start small make the first guess an even one, as GPT-2's do.
        small = {
            name: one * (0.1 if name in ("tokens.weight", "positions.weight") else 1.0)
            for name, one in named.items()
        }
        learnt = {"state": small, "m": zeros, "v": zeros, "done": 0}
    model.load_state_dict(learnt["state"])
    m, v = dict(learnt["m"]), dict(learnt["v"])
    for step in range(learnt["done"] + 1, learnt["done"] + steps + 1):
        batch = torch.stack([text[(step * 7 + b * 5) % 50 :][:window] for b in range(8)])
        loss = module.next_token_loss(model(batch)[0], batch)
        gradients = torch.autograd.grad(loss, list(named.values()))
        losses.append(float(loss))
        with torch.no_grad():
            for (name, one), gradient in zip(named.items(), gradients, strict=True):
                m[name] = 0.9 * m[name] + 0.1 * gradient
                v[name] = 0.99 * v[name] + 0.01 * gradient**2
                bias = (1 - 0.99**step) ** 0.5 / (1 - 0.9**step)
                one -= 0.01 * bias * m[name] / (v[name].sqrt() + 1e-8)
    state = {name: one.detach() for name, one in model.state_dict().items()}
    return {"state": state, "m": m, "v": v, "done": learnt["done"] + steps, "losses": losses}


def learn(submission):
    """Train the submission's model; the last answer of `train`, and all losses."""
    text = torch.tensor([LETTERS.index(letter) for letter in LINE * 3])
    learnt, losses = None, []
    for _ in range(PARTS):
        learnt = submission.probe(train, SIZES, text, WINDOW, learnt, STEPS)
        losses += learnt["losses"]
    return learnt["state"], losses


def write(module, sizes, state, prompt, steps):
    """let the trained model go on greedily: its text, and what it expected at each place"""
    model = module.GPT(len(state["tokens.weight"]), len(state["positions.weight"]), **sizes)
    model.load_state_dict(state)
    with torch.no_grad():
        text = module.generate(model, prompt, steps, temperature=0)
        return text, model(text)[0].softmax(dim=-1)


def influence(module, sizes, state, tokens):
    """how much the logits at each place change when one token is another"""
    model = module.GPT(len(state["tokens.weight"]), len(state["positions.weight"]), **sizes)
    model.load_state_dict(state)
    with torch.no_grad():
        before, changes = model(tokens)[0], []
        for place in range(tokens.shape[1]):
            other = tokens.clone()
            other[:, place] = (other[:, place] + 3) % len(state["tokens.weight"])
            changes.append((model(other)[0] - before).abs().mean(dim=-1)[0])
    return torch.stack(changes, dim=1)


WORDS = "mat sofa roof floor table moon knee idea of quickly".split()
FILTERS = {
    "as it is": {},
    "temperature 0.5": {"temperature": 0.5},
    "temperature 2": {"temperature": 2.0},
    "top_k 4": {"top_k": 4},
    "top_p 0.7": {"top_p": 0.7},
    "2, then top_p 0.7": {"temperature": 2.0, "top_p": 0.7},
}


@picture("filter_logits: the cat sat on the …, and what each filter leaves")
def filters(submission):
    logits = torch.tensor([3.2, 2.6, 2.3, 2.9, 1.5, 0.3, 1.1, -0.4, -1.5, -0.9])
    rows = [
        submission.filter_logits(logits, **chosen).softmax(dim=-1) for chosen in FILTERS.values()
    ]
    return Heatmap(torch.stack(rows), rows=list(FILTERS), columns=WORDS)


@picture("GPT and next_token_loss: a small model learns a line by heart")
def learning(submission):
    _, losses = learn(submission)
    clueless = [math.log(len(LETTERS))] * len(losses)
    return Curves({"your model": losses, "all letters alike": clueless}, "step", "loss")


@picture("generate: it goes on from 't' (downwards), and what it expects next (across)")
def writing(submission):
    state, _ = learn(submission)
    prompt = torch.tensor([[LETTERS.index("t")]])
    text, expected = submission.probe(write, SIZES, state, prompt, WINDOW - 1)
    rows = [LETTERS[token] for token in text[0].tolist()]
    return Heatmap(expected[0], rows=rows, columns=LETTERS)


@picture("Block: who notices (row) that a letter (column) has changed? nobody before it")
def noticing(submission):
    state, _ = learn(submission)
    line = LINE[:WINDOW]
    tokens = torch.tensor([[LETTERS.index(letter) for letter in line]])
    return Heatmap(
        submission.probe(influence, SIZES, state, tokens), rows=list(line), columns=list(line)
    )
