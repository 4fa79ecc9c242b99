"""Shortcuts are found under every name; honest code is left alone."""

from __future__ import annotations

import pytest

from grader.course.model import Refused
from grader.submission.shortcuts import find_shortcuts

REFUSED = (
    Refused("torch.nn.functional.scaled_dot_product_attention", "it is the exercise"),
    Refused("scipy.special.softmax", "it is the exercise"),
)

SHORTCUTS = [
    "import torch\ndef f(q): return torch.nn.functional.scaled_dot_product_attention(q, q, q)",
    "import torch.nn.functional as F\ndef f(q): return F.scaled_dot_product_attention(q, q, q)",
    "from torch.nn import functional as G\ndef f(q): return G.scaled_dot_product_attention(q, q)",
    "from torch.nn.functional import scaled_dot_product_attention as a\ndef f(q): return a(q)",
    "import torch\ndef f(q):\n    import torch.nn.functional as F\n"
    "    return F.scaled_dot_product_attention(q)",
    "from torch.nn import functional as F\n"
    "def f(q): return getattr(F, 'scaled_dot_product_attention')(q)",
    "import importlib\ndef f(z): return importlib.import_module('scipy.special').softmax(z)",
    "def f(z): return __import__('scipy.special').special.softmax(z)",
    "from scipy import special\nhelp_me = special.softmax\ndef g(z): return help_me(z)\n"
    "def f(z): return g(z)",
    "from scipy import special as s\na = s.softmax\nb = a\nf = b\nb = 3",
    "import scipy.special\nclass f:\n    def forward(self, z): return scipy.special.softmax(z)",
]

HONEST = [
    "import torch\ndef f(q): return torch.softmax(q, -1)",
    "import torch.nn.functional as F\ndef f(q): return F.softmax(q, -1)",
    "def softmax(z): return z\ndef f(z): return softmax(z)",
    "import scipy.special\ndef other(z): return scipy.special.softmax(z)\ndef f(z): return z",
    "def f(z):\n    'like scipy.special.softmax'\n    return z  # torch.nn.functional",
    "def f(:",
]


@pytest.mark.parametrize("source", SHORTCUTS)
def test_a_shortcut_is_found(source):
    assert find_shortcuts(source, REFUSED)["f"].refused in REFUSED


@pytest.mark.parametrize("source", HONEST)
def test_honest_code_is_left_alone(source):
    assert "f" not in find_shortcuts(source, REFUSED)


def test_the_line_is_named():
    source = "import scipy.special\n\n\ndef f(z):\n    y = z\n    return scipy.special.softmax(y)\n"
    assert find_shortcuts(source, REFUSED)["f"].line == 6
