"""PyMuPDF's layout model: boxes with kinds on a page that has text. Runs in workers; about 0.3 processor seconds a page."""

from collections.abc import Sequence
from typing import Any

import pymupdf
from msgspec import Struct

from ingest.document import BlockKind, Box

Group = dict[str, Any]
"""A box of the model in PyMuPDF's raw form; `ingest.tables` reads the grids of tables from it."""

_KINDS = {
    "text": BlockKind.TEXT,
    "title": BlockKind.TITLE,
    "section-header": BlockKind.TITLE,
    "list-item": BlockKind.LIST,
    "table": BlockKind.TABLE,
    "picture": BlockKind.FIGURE,
    "page-header": BlockKind.HEADER,
    "page-footer": BlockKind.FOOTER,
    "footnote": BlockKind.FOOTNOTE,
    "caption": BlockKind.CAPTION,
    "formula": BlockKind.FORMULA,
}
# The model draws the page at 72 dpi whatever its size, and makes a graph of its lines. A0 is 8 million pixels.
_PIXELS = 25_000_000
_WORDS = 12_000
"""Words that its preparation stands: 20,000 took 13 s, and the time grows with their square."""
_PATHS = 8_000
"""Drawn paths that the model's preparation stands: it compares each with each. A map of 187,000 took 88 s, where most pages have
under 500."""


class LayoutBox(Struct, frozen=True):
    """What the model sees in one place; `box` in points as displayed."""

    kind: BlockKind
    box: Box


def find_groups(page: pymupdf.Page, words: int) -> list[Group] | None:
    """The model's boxes of an unturned page, in its order; `page.layout_information` holds them afterwards. `words`: how many
    the page has. None where the page is too large for the model, or drawn in a way that it can't stand."""
    if page.rotation or page.rect.width * page.rect.height > _PIXELS or words > _WORDS:
        return None
    try:
        page.get_layout(return_raw=True)
    except (ValueError, IndexError, KeyError, TypeError, ZeroDivisionError, FloatingPointError, RuntimeError):
        # The model's own code fails on some odd pages (boxes without extent); rules still read them.
        return None
    groups: list[Group] | None = page.layout_information
    return groups if groups is not None else []


def is_drawn_out(page: pymupdf.Page) -> bool:
    """Whether a page has so many drawn paths that the model has to see a picture of it instead."""
    return sum("path" in kind for kind, _ in page.get_bboxlog()) > _PATHS


def boxes_of(groups: Sequence[Group]) -> list[LayoutBox]:
    """The model's boxes as ours."""
    return [LayoutBox(_KINDS[group["class_name"]], box_of(group)) for group in groups if group["class_name"] in _KINDS]


def box_of(group: Group) -> Box:
    """A group's box in points."""
    x0, y0, x1, y1 = (round(float(value), 2) for value in group["group_bbox"][:4])
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
