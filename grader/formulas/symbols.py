"""What the characters of a formula in Unicode are in LaTeX."""

from __future__ import annotations

FUNCTIONS = {"log", "exp", "tanh", "sin", "cos"}
GREEK = {
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "ε": r"\varepsilon",
    "η": r"\eta",
    "θ": r"\theta",
    "λ": r"\lambda",
    "μ": r"\mu",
    "π": r"\pi",
    "σ": r"\sigma",
    "τ": r"\tau",
    "φ": r"\varphi",
}
ACCENTS = {"\u0302": r"\hat", "\u0304": r"\bar"}
OPERATORS = {
    "+": "+",
    "−": "-",
    "-": "-",
    "·": r"\cdot",
    "⊙": r"\odot",
    "×": r"\times",
    "±": r"\pm",
    "∪": r"\cup",
    "∩": r"\cap",
    "*": "*",
}
RELATIONS = {
    "=": "=",
    "<": "<",
    ">": ">",
    "←": r"\leftarrow",
    "→": r"\to",
    "≤": r"\le",
    "≥": r"\ge",
    "≠": r"\ne",
    "≈": r"\approx",
    "∈": r"\in",
    "~": r"\sim",
}
SYMBOLS = {
    "Φ": r"\Phi",
    "…": r"\ldots",
    "...": r"\ldots",
    "∞": r"\infty",
    "ℓ": r"\ell",
    "½": r"\tfrac{1}{2}",
    "%": r"\%",
}
PREFIXES = {"∂": r"\partial", "Σ": r"\sum", "Π": r"\prod", "∫": r"\int"}
BRACKETS = {"(": "()", "[": "[]", "{": (r"\{", r"\}"), "⌊": (r"\lfloor", r"\rfloor")}
CLOSING = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "|": "|", "‖": "‖"}
GIVEN = "|"
"""Between two spaces it is no absolute value: p(y | x)."""

BARS = {"|": (r"\left|", r"\right|"), "‖": (r"\left\Vert", r"\right\Vert")}

CONNECTIVES = {r"\text{and}", r"\text{where}", r"\text{with}"}

LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋₊ᵢⱼₖₙₜ", "0123456789−+ijknt")
RAISED = {"²": "^2", "³": "^3", "ᵀ": r"^\top", "'": "'"}
