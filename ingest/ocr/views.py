"""A page, or a part of it, drawn for OCR at the resolutions that its stages need; nothing is drawn twice."""

import numpy as np
import pymupdf
from msgspec import Struct
from numpy.typing import NDArray

from ingest.ocr.decoding import Picture
from ingest.ocr.frames import Points, Sheet

# Measured on 17 pages (reports whose text layer is known, and slides without one), one core: words found of those known
# 95.8 % at 1,200 pixels on the long side, 95.5 % at 1,400, 95.4 % at 1,600, 94.8 % at 2,000; words found on slides 793, 819,
# 832, 842; processor seconds a page 3.5, 3.7, 4.4, 5.1. Above 1,400 time and memory grow and words hardly do, but in small print.
LONG_SIDE = 1400
# Small pages are not blown up beyond what a scanner would give.
_MAX_DPI = 300
# Labels of a chart are set smaller than the text around it; a picture is read on its own, at a scanner's resolution.
_CLIP_DPI = 200
_SHORT_SIDE = 32
# Small print is drawn so much larger at most: on an A4 page, 240 dpi.
_FINER = 2.0
# An image is the page's own resolution if it covers this much of it.
_MOST = 0.5


class Drawn(Struct, frozen=True):
    """A picture of the area: pixel (0, 0) stands at `x`, `y` in pixels of the page, `zoom` pixels are a point."""

    picture: Picture
    zoom: float
    x: int
    y: int

    def to_pixels(self, points: Points) -> Points:
        pixels: Points = points * self.zoom - (self.x, self.y)
        return pixels


class View:
    """The area of a page that is read; boxes in points of the page as displayed."""

    def __init__(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> None:
        self.area = pymupdf.Rect(clip) & page.rect if clip is not None else page.rect
        longest = max(self.area.width, self.area.height, 1.0)
        self.zoom = min(LONG_SIDE / longest, (_CLIP_DPI if clip is not None else _MAX_DPI) / 72)
        self._page = page
        self._drawn: dict[float, Drawn] = {}

    @property
    def too_small(self) -> bool:
        """Whether there is no room for a letter."""
        return bool(min(self.area.width, self.area.height) * self.zoom < _SHORT_SIDE)

    def finest(self) -> float:
        """The largest zoom that still shows more: that of the scan, where the page is one; never below `zoom`."""
        return float(max(self.zoom, min(_FINER * self.zoom, self._own_zoom(), _MAX_DPI / 72)))

    def _own_zoom(self) -> float:
        zoom = 0.0
        for info in self._page.get_image_info():
            shown = pymupdf.Rect(info["bbox"]) * self._page.rotation_matrix
            if shown.is_empty or (shown & self.area).get_area() < _MOST * self.area.get_area():
                continue
            zoom = max(zoom, max(info["width"], info["height"]) / max(shown.width, shown.height))
        # Without one, the page is drawn from outlines, as sharp as one likes.
        return zoom or _MAX_DPI / 72

    def drawn(self, zoom: float) -> Drawn:
        """The area as it is displayed, at `zoom` pixels a point."""
        if zoom not in self._drawn:
            pixmap = self._page.get_pixmap(
                matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csRGB, alpha=False, clip=self.area
            )
            rows = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.stride)[:, : pixmap.width * 3]
            picture = rows.reshape(pixmap.height, pixmap.width, 3)[:, :, ::-1]
            self._drawn[zoom] = Drawn(np.ascontiguousarray(picture), zoom, pixmap.x, pixmap.y)
        return self._drawn[zoom]

    def straightened(self, sheet: Sheet, zoom: float) -> Picture:
        """The sheet as it would be displayed if it lay straight, at `zoom` pixels a point; paper grey where it ends."""
        drawn = self.drawn(zoom)
        if np.allclose(sheet.matrix[:, :2], np.eye(2)):
            return drawn.picture
        import cv2

        size = (max(1, round(sheet.width * zoom)), max(1, round(sheet.height * zoom)))
        # From pixels of the sheet to points of the page, to pixels of what was drawn.
        matrix: NDArray[np.float64] = sheet.matrix.copy()
        matrix[:, 2] = matrix[:, 2] * zoom - (drawn.x, drawn.y)
        paper = np.median(drawn.picture[::16, ::16].reshape(-1, 3), axis=0)
        straight: Picture = cv2.warpAffine(
            drawn.picture,
            matrix,
            size,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderValue=tuple(float(v) for v in paper),
        ).astype(np.uint8)
        return straight
