"""Pictures of chapter 10: where a translator looks, and how much text a longer context needs."""

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


@picture("perplexity of a new text, by how many letters were counted before (k = 0.1)")
def perplexities(submission):
    training, new = letters(max(LENGTHS), seed=1), letters(1000, seed=2)
    found = {}
    for n, name in ((1, "single letters"), (2, "pairs"), (3, "triples")):
        heights = []
        for length in LENGTHS:
            counts = submission.ngram_counts(training[:length], n, len(ALPHABET))
            table = submission.ngram_probabilities(counts, 0.1)
            heights.append(float(submission.perplexity(new, table)))
        found[name] = ([thousands / 1000 for thousands in LENGTHS], heights)
    return Curves(found, across="thousand letters", up="perplexity")


# --- a translator of dates -----------------------------------------------------------------------

MONTHS = """
january february march april may june july august september october november december
""".split()
ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789 _"
DIGITS = "0123456789-"
START, END, PAD = 11, 12, 0
ROUNDS, STEPS = 8, 40
SHOWN = "march 3rd"


def dates():
    """Every date in words, as numbers padded to one length, and in digits, as lists of numbers."""
    pairs = [
        (f"{month} {day}{ENDINGS.get(day, 'th')}", f"{number:02}-{day:02}")
        for number, month in enumerate(MONTHS, 1)
        for day in range(1, 29)
    ]
    longest = max(len(words) for words, _ in pairs)
    sources = torch.tensor([spelled(words, longest) for words, _ in pairs])
    return sources, [[DIGITS.index(digit) for digit in digits] for _, digits in pairs]


def spelled(words, length):
    """A source as numbers, filled up with "_"."""
    return [LETTERS.index(letter) for letter in words.ljust(length, "_")]


def train(module, state, sources, sequences, steps, seed):
    """train the translator for some steps, and return its weights and those of the optimizer"""
    torch.manual_seed(seed)
    net = torch.nn.ModuleDict(
        {
            "letters": torch.nn.Embedding(38, 32),
            "around": torch.nn.Conv1d(32, 48, 3, padding=1),
            "digits": torch.nn.Embedding(13, 16),
            "cell": torch.nn.GRUCell(16 + 48, 48),
            "W_q": torch.nn.Linear(48, 32, bias=False),
            "W_k": torch.nn.Linear(48, 32, bias=False),
            "v": torch.nn.Linear(32, 1, bias=False),
            "answer": torch.nn.Linear(48 + 48, 13),
        }
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=0.008)
    if state is not None:
        net.load_state_dict(state)
    W_q, W_k, v = net["W_q"].weight, net["W_k"].weight, net["v"].weight[0]
    for _ in range(steps):
        chosen = torch.randperm(len(sources))[:64]
        source = sources[chosen]
        inputs, targets, mask = module.teacher_forcing(
            [sequences[i] for i in chosen.tolist()], 11, 12, 0
        )
        keys = torch.tanh(net["around"](net["letters"](source).transpose(1, 2)).transpose(1, 2))
        hidden = keys.new_zeros(len(source), 48)
        logits = []
        for digit in inputs.T:
            context, _ = module.additive_attention(hidden, keys, W_q, W_k, v, source != 37)
            hidden = net["cell"](torch.cat([net["digits"](digit), context], dim=1), hidden)
            logits.append(net["answer"](torch.cat([hidden, context], dim=1)))
        loss = module.masked_sequence_loss(torch.stack(logits, dim=1), targets, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net.state_dict(), float(loss)
