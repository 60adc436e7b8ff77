"""Pictures on a page, and the words in their pixels: charts and diagrams that were put in as images.

Words that the text layer has already are left out, and so is what OCR believes to see in photographs. Runs in workers.
"""

from collections.abc import Sequence
from typing import Protocol

import pymupdf
from msgspec import Struct

from ingest.columns import in_reading_order
from ingest.document import Box
from ingest.lines import Line

# Smaller pictures are icons, bullets, rules and portraits in passing; on the reports at hand they held no words.
_SHARE = 0.03
# One picture over the whole page is a scan or a background, which is the business of `ingest.usable`.
_WHOLE = 0.9
_PIXELS = 80
"""A picture with fewer pixels on a side can't hold a readable line and its surroundings."""
_AT_ONCE = 6
"""Pictures read on one page, largest first: a page of more is a gallery, and each costs up to a second."""
_CONFIDENT = 0.75
"""Mean confidence of a line below which it is texture: on photographs OCR reports scraps at 0.5 to 0.7, on charts labels above 0.9."""


class ClipReader(Protocol):
    def read(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> list[Line]: ...


class Figure(Struct):
    """A picture: its box in points as displayed, and the lines read in it (none: a photograph, or not read)."""

    box: Box
    lines: list[Line]


def find_figures(page: pymupdf.Page) -> list[pymupdf.Rect]:
    """Boxes of the page's pictures, as displayed; pictures that touch (strips of one that was cut up) count as one."""
    area = page.rect.width * page.rect.height
    if not area:
        return []
    turn = page.rotation_matrix if page.rotation else pymupdf.Identity
    large = [info for info in page.get_image_info() if min(info["width"], info["height"]) >= 2]
    rects = [(pymupdf.Rect(info["bbox"]) * turn & page.rect, info) for info in large]
    whole = [rect for rect, _ in rects if not rect.is_empty and rect.get_area() <= _WHOLE * area]
    return [rect for rect in _merged(whole) if _SHARE * area <= rect.get_area() <= _WHOLE * area]


def read_figures(page: pymupdf.Page, lines: Sequence[Line], ocr: ClipReader | None) -> list[Figure]:
    """The page's pictures, with the words that stand only in their pixels. `lines` is what the text layer has."""
    found = []
    for rank, rect in enumerate(sorted(find_figures(page), key=lambda r: -r.get_area())):
        seen: list[Line] = []
        if ocr is not None and rank < _AT_ONCE:
            seen = [line for line in ocr.read(page, rect) if _confident(line) and not _known(line, lines)]
        found.append(Figure(_box(rect), in_reading_order(seen)))
    return sorted(found, key=lambda figure: (figure.box.y0, figure.box.x0))


def _merged(rects: list[pymupdf.Rect]) -> list[pymupdf.Rect]:
    """Unites rectangles that touch, until none do."""
    merged: list[pymupdf.Rect] = []
    for rect in sorted(rects, key=lambda r: (r.y0, r.x0)):
        joined = pymupdf.Rect(rect)
        apart = []
        for other in merged:
            if joined.intersects(other + (-1, -1, 1, 1)):
                joined |= other
            else:
                apart.append(other)
        merged = [*apart, joined]
    return merged if len(merged) == len(rects) else _merged(merged)


def _confident(line: Line) -> bool:
    known = [word.confidence for word in line.words if word.confidence is not None]
    return not known or sum(known) / len(known) >= _CONFIDENT


def _known(line: Line, lines: Sequence[Line]) -> bool:
    """Whether the text layer has words where this line was seen."""
    x, y = (line.box.x0 + line.box.x1) / 2, (line.box.y0 + line.box.y1) / 2
    return any(n.box.x0 <= x <= n.box.x1 and n.box.y0 <= y <= n.box.y1 for n in lines)


def _box(rect: pymupdf.Rect) -> Box:
    return Box(*(round(float(value), 2) for value in rect))
