"""A page that was read by OCR, as a page with a text layer: the layout model sees only text that a file holds."""

from collections.abc import Sequence

import pymupdf

from ingest.text.lines import Line

_DPI = 110
_PIXELS = 9_000_000
_FONT = "helv"


def with_text(page: pymupdf.Page, lines: Sequence[Line]) -> pymupdf.Document:
    """A document of one page as large as `page`, with its picture and the words of `lines` without ink, each in its box."""
    document = pymupdf.open()
    copy = document.new_page(width=page.rect.width, height=page.rect.height)
    zoom = min(_DPI / 72, (_PIXELS / max(1.0, page.rect.width * page.rect.height)) ** 0.5)
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csRGB, alpha=False)
    copy.insert_image(copy.rect, pixmap=pixmap)
    shape = copy.new_shape()
    for line in lines:
        for word in line.words:
            _write(shape, word.text, pymupdf.Rect(word.box.x0, word.box.y0, word.box.x1, word.box.y1))
    shape.commit()
    return document


def _write(shape: pymupdf.Shape, text: str, box: pymupdf.Rect) -> None:
    """One word, stretched to the width of its box."""
    # Only the places matter; letters that the font lacks stand in for themselves as a question mark.
    text = text.encode("latin-1", "replace").decode("latin-1")
    size = max(1.0, box.height / 1.2)
    width = pymupdf.get_text_length(text, fontname=_FONT, fontsize=size)
    if width <= 0 or box.is_empty:
        return
    start = pymupdf.Point(box.x0, box.y1 - 0.22 * box.height)
    shape.insert_text(
        start, text, fontname=_FONT, fontsize=size, render_mode=3, morph=(start, pymupdf.Matrix(box.width / width, 1))
    )
