"""A page that was read by OCR, as a page with a text layer: the layout model sees only text that a file holds."""

from collections.abc import Sequence

import numpy as np
import pymupdf

from ingest.document import Box
from ingest.ocr.reading import StraightSheet
from ingest.text.lines import Line

_DPI = 110
_PIXELS = 9_000_000
_FONT = "helv"


def with_text(page: pymupdf.Page, lines: Sequence[Line], straight: StraightSheet | None = None) -> pymupdf.Document:
    """A document of one page with the picture of `page` and the words of `lines` without ink, each in its box. With `straight`, the
    page is that of the straightened sheet, and so are the lines."""
    width, height = (straight.width, straight.height) if straight else (page.rect.width, page.rect.height)
    document = pymupdf.open()
    copy = document.new_page(width=width, height=height)
    copy.insert_image(copy.rect, pixmap=_picture(page, straight))
    shape = copy.new_shape()
    for line in lines:
        for word in line.words:
            _write(shape, word.text, word.box)
    shape.commit()
    return document


def _picture(page: pymupdf.Page, straight: StraightSheet | None) -> pymupdf.Pixmap:
    zoom = min(_DPI / 72, (_PIXELS / max(1.0, page.rect.width * page.rect.height)) ** 0.5)
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csRGB, alpha=False)
    if straight is None:
        return pixmap
    import cv2

    image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.stride)[:, : pixmap.width * 3]
    image = image.reshape(pixmap.height, pixmap.width, 3)
    a, b, c, d, e, f = straight.matrix
    size = max(1, round(straight.width * zoom)), max(1, round(straight.height * zoom))
    # The matrix leads from the straight sheet to the page, which is the way round that a picture is looked up in.
    there = np.array([[a, c, e * zoom], [b, d, f * zoom]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned = cv2.warpAffine(image, there, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return pymupdf.Pixmap(pymupdf.csRGB, size[0], size[1], np.ascontiguousarray(turned).tobytes(), False)


def _write(shape: pymupdf.Shape, text: str, box: Box) -> None:
    """One word, stretched to the width of its box."""
    # Only the places matter; letters that the font lacks stand in for themselves as a question mark.
    text = text.encode("latin-1", "replace").decode("latin-1")
    width, height = box.x1 - box.x0, box.y1 - box.y0
    size = max(1.0, height / 1.2)
    natural = pymupdf.get_text_length(text, fontname=_FONT, fontsize=size)
    if natural <= 0 or width <= 0 or height <= 0:
        return
    start = pymupdf.Point(box.x0, box.y1 - 0.22 * height)
    stretch = pymupdf.Matrix(width / natural, 1)
    shape.insert_text(start, text, fontname=_FONT, fontsize=size, render_mode=3, morph=(start, stretch))
