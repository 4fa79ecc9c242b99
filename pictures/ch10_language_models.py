"""Pictures of chapter 10: where a translator looks, and how much text a longer context needs."""

import math
import random

import torch

from grader.show.picture import Curves, Heatmap, picture

# --- n-grams -------------------------------------------------------------------------------------

WORDS = """
the the the the the a a a of of of and and and to to to in in is it that he she was for on are
with as his her they be at one have this from or had by hot but some what there we can out other
were all your when up use word how said an each which their time if will way about many then them
would write like so these long make thing see him two has look more day could go come did my sound
no most number who over know water than call first people may down side been now find
""".split()
ALPHABET = "abcdefghijklmnopqrstuvwxyz "
LENGTHS = (30, 60, 120, 250, 500, 1000, 2000, 4000, 8000)


def letters(count, seed):
    """Frequent English words in no order, as numbers, one for each letter and space."""
    draw = random.Random(seed)
    text = ""
    while len(text) < count:
        text += draw.choice(WORDS) + " "
    return torch.tensor([ALPHABET.index(letter) for letter in text[:count]])


@picture("perplexity: a longer context needs more text before it pays")
def perplexities(submission):
    training, new = letters(max(LENGTHS), seed=1), letters(1000, seed=2)
    found = {}
    for n, name in ((1, "single letters"), (2, "pairs"), (3, "triples")):
        heights = []
        for length in LENGTHS:
            counts = submission.ngram_counts(training[:length], n, len(ALPHABET))
            table = submission.ngram_probabilities(counts, 0.5)
            heights.append(float(submission.perplexity(new, table)))
        found[name] = ([math.log10(length) for length in LENGTHS], heights)
    return Curves(found, across="letters counted, as a power of 10", up="perplexity")


# --- a translator of dates -----------------------------------------------------------------------

MONTHS = """
january february march april may june july august september october november december
""".split()
ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789 _"
DIGITS = "0123456789-"
ROUNDS, STEPS = 20, 16
SHOWN = "march 3rd"


def spelled(words):
    """A source as numbers, filled up with "_"."""
    return [LETTERS.index(letter) for letter in words.ljust(14, "_")]


def dates():
    """Dates in words as a tensor (N, 14), and in digits as lists of numbers."""
    sources, sequences = [], []
    for number, month in enumerate(MONTHS, 1):
        for day in range(1, 29):
            sources.append(spelled(f"{month} {day}{ENDINGS.get(day, 'th')}"))
            sequences.append([DIGITS.index(digit) for digit in f"{number:02}-{day:02}"])
    return torch.tensor(sources), sequences


def translator(module, state, sources, sequences, steps, seed):
    """train for so many steps and return all weights, or without steps translate one date"""
    start, end, pad, size, padding = 11, 12, 0, 13, 37
    torch.default_generator.manual_seed(seed)
    net = torch.nn.ModuleDict(
        {
            "letters": torch.nn.Embedding(38, 32),
            "around": torch.nn.Conv1d(32, 48, 3, padding=1),  # each letter and its neighbours
            "digits": torch.nn.Embedding(size, 16),
            "cell": torch.nn.GRUCell(16 + 48, 48),
            "W_q": torch.nn.Linear(48, 32, bias=False),
            "W_k": torch.nn.Linear(48, 32, bias=False),
            "v": torch.nn.Linear(32, 1, bias=False),
            "answer": torch.nn.Linear(48 + 48, size),
        }
    )
    if state is not None:
        net.load_state_dict(state)
    matrices = net["W_q"].weight, net["W_k"].weight, net["v"].weight[0]

    def write(source, inputs):
        """the logits and the weights of attention for each of the given digits"""
        keys = torch.tanh(net["around"](net["letters"](source).mT).mT)
        hidden, logits, weights = keys.new_zeros(len(source), 48), [], []
        for digit in inputs.T:
            found = module.additive_attention(hidden, keys, *matrices, source != padding)
            hidden = net["cell"](torch.cat([net["digits"](digit), found[0]], dim=1), hidden)
            logits.append(net["answer"](torch.cat([hidden, found[0]], dim=1)))
            weights.append(found[1])
        return torch.stack(logits, dim=1), torch.stack(weights, dim=1)

    optimizer = torch.optim.Adam(net.parameters(), lr=0.008)
    for _ in range(int(steps)):
        chosen = torch.randperm(len(sources))[:48].tolist()
        inputs, targets, mask = module.teacher_forcing(
            [sequences[i] for i in chosen], start, end, pad
        )
        logits, _ = write(sources[chosen], inputs)
        optimizer.zero_grad()
        module.masked_sequence_loss(logits, targets, mask).backward()
        optimizer.step()
    if steps:
        return net.state_dict()
    with torch.no_grad():
        tokens, _ = module.beam_search(
            lambda prefix: write(sources, torch.tensor([prefix]))[0][0, -1].log_softmax(dim=0),
            start,
            end,
            3,
            8,
        )
        _, weights = write(sources, torch.tensor([[start, *tokens[:-1]]]))
    return tokens, weights[0]


@picture("additive_attention: for each digit (row), where in the source it looks")
def alignment(submission):
    sources, sequences = dates()
    state = None
    for number in range(ROUNDS):
        state = submission.probe(translator, state, sources, sequences, STEPS, number)
    source = torch.tensor([spelled(SHOWN)])
    tokens, weights = submission.probe(translator, state, source, [], 0, 0)
    rows = [DIGITS[token] if token < len(DIGITS) else "end" for token in tokens]
    return Heatmap(weights[:, : len(SHOWN)], rows=rows, columns=list(SHOWN.replace(" ", "␣")))
