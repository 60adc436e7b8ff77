"""Words and lines of one page, from the text layer. What layout works on, whatever the words came from."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import median
from typing import Any

import pymupdf
from msgspec import Struct

from ingest.document import Box, Word
from ingest.geometry import enclose

# Ligatures are kept in words, which stand as printed; white space is kept so that words split where the page splits them;
# text outside the page (hidden, or cropped away) is dropped, since no reader of the page can see it.
_FLAGS = pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
_BOLD = pymupdf.TEXT_FONT_BOLD


class Line(Struct):
    """A run of words on one base line. `group` is the number of the block that the source saw it in; `size` in points."""

    words: list[Word]
    box: Box
    size: float
    bold: bool = False
    group: int = 0
    upright: bool = True
    """False for text that runs up, down or across the page."""

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def height(self) -> float:
        return self.box.y1 - self.box.y0


def read_lines(page: pymupdf.Page) -> list[Line]:
    """Lines of the text layer in the order of the page's content, boxes as displayed (rotation and crop applied)."""
    textpage = page.get_textpage(flags=_FLAGS)
    styles = {
        (b["number"], n): line for b in textpage.extractDICT()["blocks"] for n, line in enumerate(b.get("lines", ()))
    }
    # PyMuPDF gives text in the coordinates of the unturned page.
    turn = page.rotation_matrix if page.rotation else None
    lines = []
    for (group, number), words in groupby(textpage.extractWORDS(), key=lambda w: (w[5], w[6])):
        line = _line(words, styles.get((group, number)), group, turn)
        if line.words and _visible(line.box, page.rect):
            lines.append(line)
    return lines


def _line(raw: Iterable[tuple[float, float, float, float, str, int, int, int]], style: dict[str, Any] | None, group: int,
          turn: pymupdf.Matrix | None) -> Line:  # fmt: skip
    words = [Word(w[4], _box(w[:4], turn)) for w in raw if w[4].strip()]
    box = enclose([w.box for w in words]) if words else Box(0, 0, 0, 0)
    spans = [s for s in (style or {}).get("spans", ()) if s["text"].strip()]
    size = median(s["size"] for s in spans) if spans else box.y1 - box.y0
    bold = bool(spans) and all(s["flags"] & _BOLD for s in spans)
    x, y = (style or {}).get("dir", (1.0, 0.0))
    if turn is not None:
        x, y = x * turn.a + y * turn.c, x * turn.b + y * turn.d
    return Line(words, box, float(size), bold, group, upright=x > 0.9 and abs(y) < 0.2)


def _box(rect: Sequence[float], turn: pymupdf.Matrix | None) -> Box:
    if turn is not None:
        rect = tuple(pymupdf.Rect(rect) * turn)
    return Box(*(round(float(v), 2) for v in rect))


def _visible(box: Box, page: pymupdf.Rect) -> bool:
    return box.x1 > 0 and box.y1 > 0 and box.x0 < page.width and box.y0 < page.height


def body_size(lines: Sequence[Line]) -> float:
    """The size most characters are printed in, in points; 0 without text."""
    counts: dict[float, int] = {}
    for line in lines:
        size = round(line.size * 2) / 2
        counts[size] = counts.get(size, 0) + len(line.text)
    return max(counts, key=lambda s: counts[s]) if counts else 0.0
