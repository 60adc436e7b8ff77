"""Which text of a page a reader can see. What can't be seen may carry instructions meant for a model, so it is kept apart.

Decided by how the text is drawn, and by what the drawn page shows where it stands: text whose place is one flat colour is not there
for the eye. A text layer that a scanner put without ink over its picture is a case of its own: the ink is in the picture.
Not found out: text over which a picture with structure of its own is drawn.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pymupdf

from ingest.document import Box

# MuPDF's bits for characters that are filled or stroked; without either they leave no ink (render mode 3).
_INKED = 16 | 32
# Print is legible down to 3 points. Pages drawn at a tenth of their size exist; then all their text is small.
_TINY = 1.5
# Levels of 255 between the lightest and the darkest pixel of a line, in any channel. Six-point print on white gives over 100 at
# this resolution, light grey (#ddd) on white 20.
_FLAT = 10
_ZOOM = 1.0
_PIXELS = 12_000_000


class Ground:
    """The page as drawn, small: where ink shows. Drawn at first need: pages without text never ask."""

    def __init__(self, page: pymupdf.Page) -> None:
        self._page = page
        self._image: np.ndarray | None = None
        self._zoom = _ZOOM

    def is_flat(self, box: Box) -> bool:
        """Whether the place shows one colour only, so that no text can be read there."""
        part = self._part(box)
        return part.size > 0 and int(np.ptp(part.reshape(-1, part.shape[2]), axis=0).max()) < _FLAT

    def colour(self, box: Box) -> int:
        """The mean colour of a place as 0xRRGGBB."""
        part = self._part(box)
        red, green, blue = (int(value) for value in part.reshape(-1, part.shape[2]).mean(axis=0))
        return red << 16 | green << 8 | blue

    def _part(self, box: Box) -> np.ndarray:
        image, zoom = self._drawn(), self._zoom
        x0, y0 = max(0, int(box.x0 * zoom)), max(0, int(box.y0 * zoom))
        part: np.ndarray = image[y0 : max(y0, int(box.y1 * zoom)) + 1, x0 : max(x0, int(box.x1 * zoom)) + 1]
        return part

    def _drawn(self) -> np.ndarray:
        if self._image is None:
            area = max(1.0, self._page.rect.width * self._page.rect.height)
            self._zoom = min(_ZOOM, (_PIXELS / area) ** 0.5)
            pixmap = self._page.get_pixmap(
                matrix=pymupdf.Matrix(self._zoom, self._zoom), colorspace=pymupdf.csRGB, alpha=False
            )
            samples = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.stride)
            self._image = samples[:, : pixmap.width * 3].reshape(pixmap.height, pixmap.width, 3)
        return self._image


def hidden_by_style(span: Mapping[str, Any]) -> str | None:
    """Why a span of text can't be seen by the way it is drawn: `invisible` or `tiny`."""
    if not int(span.get("char_flags", _INKED)) & _INKED or span.get("alpha", 255) == 0:
        return "invisible"
    return "tiny" if span["size"] < _TINY else None


def why_flat(colour: int, ground: int) -> str:
    """Of text that a flat place hides: `paper` where it has the colour of the ground, else `covered`."""
    apart = max(abs((colour >> shift & 255) - (ground >> shift & 255)) for shift in (0, 8, 16))
    return "paper" if apart < 2 * _FLAT else "covered"
