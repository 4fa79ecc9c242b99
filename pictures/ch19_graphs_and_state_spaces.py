"""Pictures of chapter 19: a club falls apart, messages travel, and one system runs in two ways."""

import math

import torch

from grader.show.picture import Curves, Heatmap, picture

# Who met whom outside of the karate club (Zachary, 1977); members have numbers from 1 there.
CLUB = """
1: 2 3 4 5 6 7 8 9 11 12 13 14 18 20 22 32
2: 3 4 8 14 18 20 22 31
3: 4 8 9 10 14 28 29 33
4: 8 13 14
5: 7 11
6: 7 11 17
7: 17
9: 31 33 34
10: 34
14: 34
15: 33 34
16: 33 34
19: 33 34
20: 34
21: 33 34
23: 33 34
24: 26 28 30 33 34
25: 26 28 32
26: 32
27: 30 34
28: 34
29: 32 34
30: 33 34
31: 33 34
32: 33 34
33: 34
"""
MEMBERS = 34
TEACHER, PRESIDENT = 0, 33
WITH_TEACHER = [one - 1 for one in (1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 17, 18, 20, 22, 9)]


def meetings():
    """Every meeting in both directions."""
    pairs = []
    for line in CLUB.strip().splitlines():
        member, others = line.split(":")
        pairs += [(int(member) - 1, int(other) - 1) for other in others.split()]
    one_way = torch.tensor(pairs).T
    return torch.cat([one_way, one_way.flip(0)], dim=1)


EDGES = meetings()
ORDER = WITH_TEACHER + [one for one in range(MEMBERS) if one not in WITH_TEACHER]
"""First those who went with the teacher when the club split, then the others."""


def learned(matrix):
    """Weights of two layers that know of two members only which side they took."""
    noise = torch.Generator().manual_seed(19)
    weights = [torch.randn(8, MEMBERS, generator=noise) / 4, torch.zeros(8)]
    weights += [torch.randn(1, 8, generator=noise) / 2, torch.zeros(1)]
    start = [weight.clone() for weight in weights]
    for weight in weights:
        weight.requires_grad_()
    trainer = torch.optim.Adam(weights, lr=0.05)
    for _ in range(200):
        W, b, V, c = weights
        hidden = torch.tanh(matrix @ W.T + b)
        score = (matrix @ (hidden @ V.T) + c)[:, 0]
        loss = torch.nn.functional.softplus(torch.stack([-score[TEACHER], score[PRESIDENT]])).sum()
        trainer.zero_grad()
        loss.backward()
        trainer.step()
    return start, [weight.detach() for weight in weights]


@picture("gcn_layer, twice: two labels split the karate club (17 members went each way)")
def club(submission):
    matrix = submission.normalized_adjacency(EDGES, MEMBERS)
    lines = {}
    for name, (W, b, V, c) in zip(("untrained", "trained"), learned(matrix), strict=True):
        hidden = torch.tanh(submission.gcn_layer(torch.eye(MEMBERS), EDGES, W, b))
        lines[name] = submission.gcn_layer(hidden, EDGES, V, c)[ORDER, 0]
    return Curves(lines, across="member, the teacher's side first", up="teacher or president")


@picture("message_passing: a rumour of the president, a round in each row")
def rumour(submission):
    known = torch.zeros(MEMBERS, 1)
    known[PRESIDENT] = 1.0
    rows = [known]
    for _ in range(7):
        heard = submission.message_passing(rows[-1], EDGES, "mean")
        rows.append((rows[-1] + heard) / 2)
    return Heatmap(torch.cat(rows, dim=1).T[:, ORDER] ** 0.5)


@picture("ssm_scan and causal_convolution: one bell, struck three times, in two ways")
def bell(submission):
    steps, frequency = 160, 0.35
    A = torch.tensor([[-0.04, frequency], [-frequency, -0.04]])
    B, C = torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0])
    A_bar, B_bar = submission.discretize_zoh(A, B, 1.0)
    strokes = torch.zeros(steps)
    strokes[[5, 60, 110]] = torch.tensor([1.0, 0.7, -1.0])
    scanned, _ = submission.ssm_scan(A_bar, B_bar, C, strokes, torch.zeros(2))
    kernel = submission.ssm_kernel(A_bar, B_bar, C, steps)
    convolved = submission.causal_convolution(strokes[None], kernel)[0]
    places = torch.arange(steps)
    return Curves(
        {"scan": (places, scanned), "convolution, every 4th": (places[::4], convolved[::4])},
        across="step",
        up="sound",
    )


@picture("selective_scan: the input says when the state listens, and then it remembers")
def memory(submission):
    steps = 120
    places = torch.arange(steps)
    signal = torch.sin(places / 9) + 0.4 * torch.sin(places / 2.3)
    listens = torch.isin(places // 6, torch.tensor([2, 8, 15]))
    delta = torch.where(listens, 3.0, math.exp(-7.0))
    remembered = submission.selective_scan(
        signal.reshape(1, steps, 1),
        delta.reshape(1, steps, 1),
        torch.tensor([[-1.0]]),
        torch.ones(1, steps, 1),
        torch.full((1, steps, 1), 1 / 3),
        torch.zeros(1),
    )
    lines = {"input": signal, "remembered": remembered[0, :, 0]}
    return Curves(lines, across="step, it listens from 12, 48 and 90", up="signal")
