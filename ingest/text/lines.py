"""Words and lines of one page, from the text layer. What layout works on, whatever the words came from."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import median
from typing import Any

import pymupdf
from msgspec import Struct

from ingest.document import Box, HiddenText, Word
from ingest.geometry import centre, covered, enclose, holds
from ingest.text.accents import composed, overprinted
from ingest.text.visibility import Ground, hidden_by_style, why_flat

# Ligatures are kept in words, which stand as printed; white space is kept so that words split where the page splits them.
_FLAGS = pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE
_BOLD = pymupdf.TEXT_FONT_BOLD
_HIDDEN_KEPT = 2000
"""Characters of hidden text that are kept for each stretch: enough to see what it is."""

RawWord = tuple[float, float, float, float, str, int, int, int]


class Line(Struct):
    """A run of words on one base line. `group` is the number of the block that the source saw it in; `size` in points."""

    words: list[Word]
    box: Box
    size: float
    bold: bool = False
    group: int = 0
    upright: bool = True
    """False for text that runs up, down or across the page."""
    inked: bool = True
    """False for a layer without ink over a picture of the text, as scanners and OCR programs make it."""
    place: int = 0
    """Its number in the order of the page's content, where that matters."""

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def height(self) -> float:
        return self.box.y1 - self.box.y0


class Layer(Struct):
    """A page's text layer: lines that can be seen, in the order of the page's content, and text that can't."""

    lines: list[Line]
    hidden: list[HiddenText]


def read_lines(page: pymupdf.Page) -> list[Line]:
    """The lines of `read_layer`, without a look at what the page shows: quick, for a glance at other pages."""
    return [line for line, _ in _raw_lines(page) if line.words and _on_page(line.box, page.rect)]


def read_layer(page: pymupdf.Page) -> Layer:
    """The text layer, boxes as displayed (rotation and crop applied)."""
    layer = Layer([], [])
    ground = Ground(page)
    for line, spans in _raw_lines(page):
        if not line.words:
            continue
        if not _on_page(line.box, page.rect):
            layer.hidden.append(_hide(line.words, "outside"))
            continue
        seen = _seen(line, spans, ground, layer.hidden)
        if seen.words:
            layer.lines.append(seen)
    _without_second_layer(layer)
    return layer


def _raw_lines(page: pymupdf.Page) -> Iterable[tuple[Line, list[dict[str, Any]]]]:
    textpage = page.get_textpage(flags=_FLAGS, clip=pymupdf.INFINITE_RECT())
    styles = {
        (b["number"], n): line for b in textpage.extractDICT()["blocks"] for n, line in enumerate(b.get("lines", ()))
    }
    # PyMuPDF gives text in the coordinates of the unturned page.
    turn = page.rotation_matrix if page.rotation else None
    found: list[RawWord] = textpage.extractWORDS()
    pairs = overprinted(textpage, (word[4] for word in found))
    if pairs:
        found = [(*word[:4], composed(word[4], pairs), *word[5:]) for word in found]
    for (group, number), words in groupby(found, key=lambda w: (w[5], w[6])):
        style = styles.get((group, number)) or {}
        spans = [s for s in style.get("spans", ()) if s["text"].strip()]
        yield _line(words, style, spans, group, turn), spans


def _line(
    raw: Iterable[RawWord],
    style: dict[str, Any],
    spans: Sequence[dict[str, Any]],
    group: int,
    turn: pymupdf.Matrix | None,
) -> Line:
    words = [Word(w[4], _box(w[:4], turn)) for w in raw if w[4].strip()]
    box = enclose([w.box for w in words]) if words else Box(0, 0, 0, 0)
    size = median(s["size"] for s in spans) if spans else box.y1 - box.y0
    bold = bool(spans) and all(s["flags"] & _BOLD for s in spans)
    x, y = style.get("dir", (1.0, 0.0))
    if turn is not None:
        x, y = x * turn.a + y * turn.c, x * turn.b + y * turn.d
    return Line(words, box, float(size), bold, group, upright=x > 0.9 and abs(y) < 0.2)


def _seen(line: Line, spans: Sequence[dict[str, Any]], ground: Ground, hidden: list[HiddenText]) -> Line:
    """The line without its hidden words, which go to `hidden`."""
    reasons = [hidden_by_style(span) for span in spans]
    if not any(reasons) and not ground.is_flat(line.box):
        return line
    kept, inked = [], True
    for word in line.words:
        span = _span_of(word, spans)
        why = hidden_by_style(span) if span else None
        flat = ground.is_flat(word.box)
        if why == "invisible" and not flat:
            why, inked = None, False  # a layer over a picture of the text
        elif why is None and flat:
            why = why_flat(span["color"] if span else 0, ground.colour(word.box))
        if why is None:
            kept.append(word)
        else:
            _add_hidden(hidden, word, why)
    if not kept:
        return Line([], line.box, line.size)
    return Line(kept, enclose([w.box for w in kept]), line.size, line.bold, line.group, line.upright, inked)


def _span_of(word: Word, spans: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The span that a word's middle lies in, or the nearest: boxes of spans are not turned with the page."""
    if len(spans) == 1:
        return spans[0]
    x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2

    def apart(span: dict[str, Any]) -> float:
        x0, y0, x1, y1 = span["bbox"]
        return float(max(x0 - x, x - x1, 0.0) + max(y0 - y, y - y1, 0.0))

    return min(spans, key=apart, default=None)


def _add_hidden(hidden: list[HiddenText], word: Word, why: str) -> None:
    last = hidden[-1] if hidden else None
    beside = last is not None and last.why == why and abs(last.box.y0 - word.box.y0) < 3
    if last is None or not beside or len(last.text) > _HIDDEN_KEPT:
        hidden.append(_hide([word], why))
    else:
        hidden[-1] = HiddenText(f"{last.text} {word.text}", enclose([last.box, word.box]), why)


def _hide(words: Sequence[Word], why: str) -> HiddenText:
    return HiddenText(" ".join(w.text for w in words)[:_HIDDEN_KEPT], enclose([w.box for w in words]), why)


def _without_second_layer(layer: Layer) -> None:
    """A line without ink that lies over printed text has no picture of its own: it is hidden, or says the same a second time."""
    inked = [line.box for line in layer.lines if line.inked]
    if not inked or len(inked) == len(layer.lines):
        return
    kept = []
    for line in layer.lines:
        if not line.inked and any(covered(line.box, box) > 0.5 for box in inked):
            layer.hidden.append(_hide(line.words, "invisible"))
        else:
            kept.append(line)
    layer.lines = kept


def _box(rect: Sequence[float], turn: pymupdf.Matrix | None) -> Box:
    if turn is not None:
        rect = tuple(pymupdf.Rect(rect) * turn)
    return Box(*(round(float(v), 2) for v in rect))


def _on_page(box: Box, page: pymupdf.Rect) -> bool:
    return box.x1 > 0 and box.y1 > 0 and box.x0 < page.width and box.y0 < page.height


def is_known(line: Line, lines: Sequence[Line]) -> bool:
    """Whether there are words among `lines` where this line was seen."""
    return any(holds(known.box, centre(line.box)) for known in lines)


def body_size(lines: Sequence[Line]) -> float:
    """The size most characters are printed in, in points; 0 without text."""
    counts: dict[float, int] = {}
    for line in lines:
        size = round(line.size * 2) / 2
        counts[size] = counts.get(size, 0) + len(line.text)
    return max(counts, key=lambda s: counts[s]) if counts else 0.0
