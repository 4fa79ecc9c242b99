"""Formulas: from a line of Unicode mathematics to LaTeX and MathML."""
