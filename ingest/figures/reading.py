"""Pictures on a page, and the words in their pixels: charts and diagrams that were put in as images.

Words that the text layer has already are left out, and so is what OCR believes to see in photographs. Runs in workers.
"""

from collections.abc import Sequence
from typing import Protocol

import pymupdf
from msgspec import Struct

from ingest.document import Box
from ingest.layout.columns import in_reading_order
from ingest.text.lines import Line

# Smaller pictures are icons, bullets, rules and portraits in passing; on the reports at hand they held no words.
_SHARE = 0.03
# One picture over the whole page is a scan or a background, which is the business of `ingest.ocr.need`.
_WHOLE = 0.9
_AT_ONCE = 6
"""Pictures read on one page, largest first: a page of more is a gallery, and each costs up to a second."""
_CONFIDENT = 0.75
"""Mean confidence of a line below which it is texture: scraps on photographs come at 0.5 to 0.7, labels of charts above 0.9."""


class ClipReader(Protocol):
    def read(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> list[Line]: ...


class Figure(Struct):
    """A picture: its box in points as displayed, and the labels read in it (none: a photograph, or not read).

    A label is the lines that stand together: "Public service / contracts / 14%" beside a slice of a pie.
    """

    box: Box
    labels: list[list[Line]]


def find_figures(page: pymupdf.Page) -> list[pymupdf.Rect]:
    """Boxes of the page's pictures, as displayed; pictures that touch (strips of one that was cut up) count as one."""
    area = page.rect.width * page.rect.height
    if not area:
        return []
    turn = page.rotation_matrix if page.rotation else pymupdf.Identity
    rects = [pymupdf.Rect(info["bbox"]) * turn & page.rect for info in page.get_image_info()]
    parts = [rect for rect in rects if not rect.is_empty and rect.get_area() <= _WHOLE * area]
    return [rect for rect in _merged(parts) if _SHARE * area <= rect.get_area() <= _WHOLE * area]


def read_figures(page: pymupdf.Page, lines: Sequence[Line], ocr: ClipReader | None) -> list[Figure]:
    """The page's pictures, with the words that stand only in their pixels. `lines` is what the text layer has."""
    found = []
    for rank, rect in enumerate(sorted(find_figures(page), key=lambda r: -r.get_area())):
        seen: list[Line] = []
        if ocr is not None and rank < _AT_ONCE:
            seen = [line for line in ocr.read(page, rect) if _confident(line) and not _known(line, lines)]
        found.append(Figure(_box(rect), _labels(in_reading_order(seen))))
    return sorted(found, key=lambda figure: (figure.box.y0, figure.box.x0))


def _merged(rects: list[pymupdf.Rect]) -> list[pymupdf.Rect]:
    """Unites rectangles that touch, until none do."""
    merged: list[pymupdf.Rect] = []
    for rect in sorted(rects, key=lambda r: (r.y0, r.x0)):
        joined = pymupdf.Rect(rect)
        apart = []
        for other in merged:
            if joined.intersects(pymupdf.Rect(other.x0 - 1, other.y0 - 1, other.x1 + 1, other.y1 + 1)):
                joined |= other
            else:
                apart.append(other)
        merged = [*apart, joined]
    return merged if len(merged) == len(rects) else _merged(merged)


def _labels(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines gathered into labels: one under the other, centred or flush, no further apart than lines of a paragraph."""
    labels: list[list[Line]] = []
    for line in lines:
        home = next((label for label in labels if _continues(label[-1], line)), None)
        if home is None:
            labels.append([line])
        else:
            home.append(line)
    return labels


def _continues(upper: Line, lower: Line) -> bool:
    height = min(upper.height, lower.height)
    gap = lower.box.y0 - upper.box.y1
    shared = min(upper.box.x1, lower.box.x1) - max(upper.box.x0, lower.box.x0)
    narrower = min(upper.box.x1 - upper.box.x0, lower.box.x1 - lower.box.x0)
    return -0.4 * height <= gap <= 0.5 * height and shared >= 0.7 * narrower


def _confident(line: Line) -> bool:
    known = [word.confidence for word in line.words if word.confidence is not None]
    return not known or sum(known) / len(known) >= _CONFIDENT


def _known(line: Line, lines: Sequence[Line]) -> bool:
    """Whether the text layer has words where this line was seen."""
    x, y = (line.box.x0 + line.box.x1) / 2, (line.box.y0 + line.box.y1) / 2
    return any(n.box.x0 <= x <= n.box.x1 and n.box.y0 <= y <= n.box.y1 for n in lines)


def _box(rect: pymupdf.Rect) -> Box:
    return Box(*(round(float(value), 2) for value in rect))
