"""A Sphinx extension: formulas become MathML when the site is built, and no page runs a script.

A formula that the converter cannot set is a warning, which `build.py` treats as an error.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

BASE = re.compile(r"(\\(?:hat|bar)\{\w\}|\\text\{(?:max|min)\})(?=_)")

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
    # Behind an accent or the word max the converter takes an index for a limit that goes below.
    latex = BASE.sub(r"{\1{}}", node.astext().strip())
    try:
        return str(tex2mathml(latex, as_block=as_block))
    except MathError as error:
        logger.warning("no MathML for %s: %s", latex, error, location=node)
        return ""
