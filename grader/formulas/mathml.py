"""A Sphinx extension: formulas become MathML when the site is built, and no page runs a script.

A formula that the converter cannot set is a warning, which `build.py` treats as an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

BEFORE = (
    # The converter knows no escaped character within a text.
    (re.compile(r"\\_"), "_"),
    # Behind an accent or the word max it takes an index for a limit, which goes below.
    (re.compile(r"(\\(?:hat|bar)\{\\?\w+\}|\\text\{(?:max|min)\})(?=_)"), r"{\1{}}"),
    # Browsers set a function close to its argument.
    (re.compile(r"(\\(?:log|exp|tanh|sin|cos)) (?=[\w\\])"), r"\1\\, "),
)
AFTER = (
    # Browsers leave no space around an operator that has only texts beside it.
    (re.compile(r"<mtext>([^<]{2,})</mtext>"), r"<mi>\1</mi>"),
    # At the beginning of a cell they take a relation for a sign.
    (re.compile(r"(<mtd>\s*)<mo>(?=[=∼←])"), r'\1<mo form="infix">'),
)

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(_mathml(node, as_block=False))
    raise nodes.SkipNode


def _display(self: HTML5Translator, node: nodes.math_block) -> None:
    # Focusable, so that a formula wider than the screen can be scrolled with the keyboard too.
    self.body.append(f'<div class="formula" tabindex="0">{_mathml(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def _mathml(node: nodes.Element, *, as_block: bool) -> str:
    latex = _mended(node.astext().strip(), BEFORE)
    try:
        return _mended(str(tex2mathml(latex, as_block=as_block)), AFTER)
    except MathError as error:
        logger.warning("no MathML for %s: %s", latex, error, location=node)
        return ""


def _mended(text: str, mendings: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for pattern, replacement in mendings:
        text = pattern.sub(replacement, text)
    return text
