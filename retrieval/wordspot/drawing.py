"""Patches of made-up pages, with every word and character on record."""

from collections.abc import Callable, Mapping
from random import Random

import numpy as np

from retrieval.wordspot.charts import chart
from retrieval.wordspot.diagrams import flow, plan
from retrieval.wordspot.grounds import patterned, photographic
from retrieval.wordspot.layouts import paragraphs, slide
from retrieval.wordspot.pen import Canvas, Ease, Grey, Pen, Source, shades
from retrieval.wordspot.tables import form, statement, table

Layout = Callable[[Pen, Ease, int, int], None]

PLAIN = ("paragraphs", "paragraphs", "paragraphs", "table", "slide")
"""Layouts of the first run, and of the held-out print that its curve was measured on."""

VARIED = (*PLAIN, "paragraphs", "chart", "chart", "statement", "form", "plan", "flow")

LAYOUTS: Mapping[str, Layout] = {
    "paragraphs": paragraphs,
    "table": table,
    "slide": slide,
    "chart": chart,
    "statement": statement,
    "form": form,
    "plan": plan,
    "flow": flow,
}

PICTURED = "pictured"
"""Not a layout of its own: paragraphs on a photograph."""

_ON_PHOTOGRAPHS, _ON_PATTERNS = 0.12, 0.12
"""Shares of varied patches; the most, at level 1."""


def draw(size: tuple[int, int], source: Source, random: Random, ease: Ease) -> Canvas:
    """A canvas for patches of `size` (h, w), with some margin for turning it."""
    scale = random.choice([1.0, 1.0, 1.5, 2.0])
    full = (int((size[0] + 24) * scale), int((size[1] + 24) * scale))
    ground, ink = shades(random, ease)
    paper = np.full(full, ground, dtype=np.uint8)
    if ease.varied:
        paper, ground, ink = _paper(paper, source, random, ease, ink)
    pen = Pen(scale, source, random, paper)
    LAYOUTS[_layout(random, ease)](pen, ease, ground, ink)
    return Canvas(np.asarray(pen.image), pen.words, scale)


def _layout(random: Random, ease: Ease) -> str:
    if ease.layout:
        return "paragraphs" if ease.layout == PICTURED else ease.layout
    return random.choice(VARIED if ease.varied else PLAIN)


def _paper(paper: Grey, source: Source, random: Random, ease: Ease, ink: int) -> tuple[Grey, int, int]:
    """What to print on, its shade on the whole, and the ink."""
    size, ground = (paper.shape[0], paper.shape[1]), int(paper[0, 0])
    chance = random.random()
    if source.grounds and (ease.layout == PICTURED or chance < _ON_PHOTOGRAPHS * ease.level):
        paper, ink = photographic(random, source.grounds, size, ease.level)
        return paper, int(paper[::8, ::8].mean()), ink
    if 0 < 1 - chance < _ON_PATTERNS * ease.level:
        return patterned(random, size, ground, ink), ground, ink
    return paper, ground, ink
