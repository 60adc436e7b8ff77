"""Where a page shows ink: a small picture of it, compared with the boxes of its words."""

from collections.abc import Sequence

import numpy as np
import pymupdf
from numpy.typing import NDArray

from ingest.document import Box

_DPI = 50
# Pages larger than this are drawn smaller.
_MOST_PIXELS = 4_000_000
# Pixels that differ from the paper by more than JPEG noise does; 0.02 % of a page is one short word.
_CONTRAST = 48
_BLANK = 0.0002
# A line of print at this resolution is 3 to 14 pixels high, and longer than high.
_LINE_HEIGHTS = (2, 16)
_LINE_SHAPE = 4.0
_LINES = 8


class Ink:
    """Pixels that are not paper; paper is the commonest grey of the page. Boxes in points of the page as displayed."""

    def __init__(self, page: pymupdf.Page) -> None:
        area = max(1.0, page.rect.width * page.rect.height)
        self._zoom = min(_DPI / 72, (_MOST_PIXELS / area) ** 0.5)
        matrix = pymupdf.Matrix(self._zoom, self._zoom)
        pixmap = page.get_pixmap(matrix=matrix, colorspace=pymupdf.csGRAY, alpha=False)
        rows = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.stride)[:, : pixmap.width]
        paper = int(np.bincount(rows.ravel(), minlength=256).argmax())
        self._ink: NDArray[np.bool_] = np.abs(rows.astype(np.int16) - paper) > _CONTRAST

    @property
    def blank(self) -> bool:
        """Whether the page shows less than a word."""
        return self._ink.size == 0 or float(self._ink.mean()) < _BLANK

    def outside(self, boxes: Sequence[Box], within: Box | None = None) -> float:
        """The share of the ink, of the page or `within` a box, that lies in none of the boxes; 0 where there is no ink."""
        area = self._slice(within) if within is not None else (slice(None), slice(None))
        total = int(self._ink[area].sum())
        return float(self._without(boxes)[area].sum()) / total if total else 0.0

    def agreement(self, boxes: Sequence[Box], near: float) -> tuple[float, float]:
        """How well words' boxes lie on the ink: the correlation of the two (-1 to 1), the best within `near` points of where they
        are, and the best wherever they could be moved to on the page.

        All moves at once, as a product of Fourier transforms. Only boxes that lie well have paper between them where paper is.
        """
        height, width = self._ink.shape
        words = np.zeros((height, width))
        for box in boxes:
            words[self._slice(box)] = 1.0
        if not words.any() or not self._ink.any():
            return 0.0, 0.0
        words, ink = words - words.mean(), self._ink - self._ink.mean()
        # Twice the size: what is moved off one side must not come in on the other.
        size = (2 * height, 2 * width)
        moved = np.fft.irfft2(np.fft.rfft2(ink, size) * np.conj(np.fft.rfft2(words, size)), size)
        moved /= max(1e-9, float(np.linalg.norm(words) * np.linalg.norm(ink)))
        reach = max(1, round(near * self._zoom))
        around = np.take(np.take(moved, range(-reach, reach + 1), axis=0), range(-reach, reach + 1), axis=1)
        return float(around.max()), float(moved.max())

    def has_lines_of_text(self, boxes: Sequence[Box], within: Box) -> bool:
        """Whether what is inked outside the boxes looks like eight lines of print or more, not like a photograph."""
        import cv2

        left = self._without(boxes)[self._slice(within)].astype(np.uint8)
        # Letters and words of a line run together, lines don't.
        joined = cv2.morphologyEx(left, cv2.MORPH_CLOSE, np.ones((1, 9), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
        wide, high, area = (stats[1:, n] for n in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
        lines = (high >= _LINE_HEIGHTS[0]) & (high <= _LINE_HEIGHTS[1]) & (wide >= _LINE_SHAPE * high)
        return int(lines.sum()) >= _LINES and int(area[lines].sum()) > 0.5 * int(area.sum())

    def _without(self, boxes: Sequence[Box]) -> NDArray[np.bool_]:
        left = self._ink.copy()
        for box in boxes:
            left[self._slice(box)] = False
        return left

    def _slice(self, box: Box) -> tuple[slice, slice]:
        x0, y0, x1, y1 = (max(0, int(value * self._zoom)) for value in (box.x0, box.y0, box.x1, box.y1))
        return slice(y0, y1 + 1), slice(x0, x1 + 1)
