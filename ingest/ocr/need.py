"""Whether a page's text layer can be used, or the page has to be read by OCR."""

import unicodedata
from collections.abc import Sequence

import numpy as np
import pymupdf

from ingest.text.lines import Line

# A page of running text has 300 to 700 words, a slide about 40; a scan with a stamp or a page number has a handful.
_FEW_WORDS = 30
_GARBLED = 0.3
# Pixels that differ from the paper by more than JPEG noise does; 0.02 % of a page is one short word.
_CONTRAST = 48
_BLANK = 0.0002
_UNCOVERED = 0.8
_INK_DPI = 50


def needs_ocr(page: pymupdf.Page, lines: Sequence[Line]) -> bool:
    """True where the page shows more than its text layer says.

    - garbled: more than 30 % of the characters are replacement, private-use, control or unassigned code points, which is
      what fonts without a map to Unicode give;
    - few words (under 30), and over 80 % of the page's ink stands outside their boxes: a scan with a stamp, a slide that
      is a picture;
    - no words, and ink.
    """
    text = "".join(line.text for line in lines)
    if is_garbled(text):
        return True
    if sum(len(line.words) for line in lines) >= _FEW_WORDS:
        return False
    ink = _ink(page)
    share = float(ink.mean()) if ink.size else 0.0
    if share < _BLANK:
        return False
    return _outside(ink, lines, page) > _UNCOVERED * float(ink.sum())


def is_garbled(text: str) -> bool:
    """Whether a text is mostly code points that no font shows."""
    odd = sum(c == "\ufffd" or unicodedata.category(c) in ("Co", "Cc", "Cn") for c in text if not c.isspace())
    return odd > _GARBLED * max(1, len(text))


def _ink(page: pymupdf.Page) -> np.ndarray:
    """Pixels that are not paper, as booleans (height, width). Paper is the commonest grey of the page."""
    pixmap = page.get_pixmap(dpi=_INK_DPI, colorspace=pymupdf.csGRAY, alpha=False)
    grey = (
        np.frombuffer(pixmap.samples, np.uint8)
        .reshape(pixmap.height, pixmap.stride)[:, : pixmap.width]
        .astype(np.int16)
    )
    paper = int(np.bincount(grey.ravel(), minlength=256).argmax())
    return np.abs(grey - paper) > _CONTRAST


def _outside(ink: np.ndarray, lines: Sequence[Line], page: pymupdf.Page) -> float:
    left = ink.copy()
    zoom = _INK_DPI / 72
    for line in lines:
        box = line.box
        left[
            max(0, int(box.y0 * zoom)) : int(box.y1 * zoom) + 1, max(0, int(box.x0 * zoom)) : int(box.x1 * zoom) + 1
        ] = False
    return float(left.sum())
