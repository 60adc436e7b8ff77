"""What a picture looks like, in a handful of numbers: how flat, how colourful, what its edges do, whether letters may be in it."""

import cv2
import numpy as np
import pymupdf
from msgspec import Struct
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Red, green, blue: shape (height, width, 3)."""

_DPI = 100
"""Letters of 6 points are 8 pixels high then: enough to tell that they are letters."""
_SIDE = 1200
_ALIKE = 6
"""Difference (of 255) up to which neighbours are one flat area: JPEG and anti-aliasing leave as much."""
_EDGE = 60
_TONES = 7
_SHAPES = 1200
"""Shapes compared with each other, from the middle of the picture: grain has many, and so has a page of print."""


class Look(Struct, frozen=True):
    """Measures of a picture, all shares from 0 to 1 except where said."""

    flat: float
    """Of pixels that have the colour of the pixel to their right and of that below."""
    plain: float
    """Of the commonest colour."""
    colours: int
    """How many colours (of 4,096) make up nine tenths of it: a drawing has a few, a photograph tens."""
    vivid: float
    """Of pixels of a saturated colour."""
    edges: float
    """Of pixels on a sharp edge."""
    straight: float
    """Of those, on long level or upright lines: axes, frames, bars."""
    toned: float
    """Of tiles (a sixth of each side) in which no colour prevails: all of a photograph, and the photographed part of a montage."""
    pie: bool
    """Whether it holds a disc of several plain colours that touch."""
    letters: int
    """Shapes that stand in rows as letters do (a count)."""


class Sight:
    """A page's pixels, drawn once, from which pictures are cut."""

    def __init__(self, page: pymupdf.Page) -> None:
        self._page = page
        self._zoom = min(_DPI / 72, _SIDE / max(page.rect.width, page.rect.height, 1))
        self._pixels: Pixels | None = None

    def look(self, rect: pymupdf.Rect) -> Look | None:
        """The measures of a region (points as displayed); None where it is too small to be seen."""
        if self._pixels is None:
            self._pixels = self._draw()
        box = [round(value * self._zoom) for value in rect & self._page.rect]
        cut = self._pixels[max(0, box[1]) : box[3], max(0, box[0]) : box[2]]
        return measure(cut) if min(cut.shape[:2]) >= 4 else None

    def _draw(self) -> Pixels:
        matrix = pymupdf.Matrix(self._zoom, self._zoom)
        drawn = self._page.get_pixmap(matrix=matrix, colorspace=pymupdf.csRGB, alpha=False)
        flat = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.stride)[:, : drawn.width * 3]
        return flat.reshape(drawn.height, drawn.width, 3)


def measure(pixels: Pixels) -> Look:
    """The measures of a picture of at least 4 by 4 pixels."""
    wide = pixels.astype(np.int16)
    right = np.abs(np.diff(wide, axis=1)).max(axis=2)[:-1]
    below = np.abs(np.diff(wide, axis=0)).max(axis=2)[:, :-1]
    change = np.maximum(right, below)
    edges = change > _EDGE
    counts = np.sort(_histogram(pixels))[::-1]
    within = np.cumsum(counts) / counts.sum()
    return Look(
        flat=float((change <= _ALIKE).mean()),
        plain=float(within[0]),
        colours=int(np.searchsorted(within, 0.9)) + 1,
        vivid=float((pixels.max(axis=2).astype(np.int16) - pixels.min(axis=2) > 60).mean()),
        edges=float(edges.mean()),
        straight=_straight(right > _EDGE, below > _EDGE, edges),
        toned=_toned(pixels),
        pie=_has_pie(pixels),
        letters=_letters(pixels),
    )


def _has_pie(pixels: Pixels) -> bool:
    vivid = (pixels.max(axis=2).astype(np.int16) - pixels.min(axis=2) > 60).astype(np.uint8)
    # Thin white lines part the slices of most pies.
    closed = cv2.morphologyEx(vivid, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, names, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    for name in range(1, min(count, 200)):
        left, top, width, height, filled = (int(value) for value in stats[name])
        if min(width, height) < 0.3 * min(pixels.shape[:2]) or not 0.9 < width / height < 1.11:
            continue
        shape = names[top : top + height, left : left + width] == name
        if not 0.74 < filled / (width * height) < 0.83 or not _is_disc(shape):  # pi / 4 of the square around it
            continue
        inside = pixels[top : top + height, left : left + width][shape]
        shares = np.sort(_histogram(inside[None, :]))[::-1] / len(inside)
        if (shares >= 0.04).sum() >= 2 and shares[:8].sum() > 0.75:
            return True
    return False


def _is_disc(shape: NDArray[np.bool_]) -> bool:
    rows, columns = np.ogrid[-1 : 1 : shape.shape[0] * 1j, -1 : 1 : shape.shape[1] * 1j]
    return bool((shape == (rows**2 + columns**2 <= 1)).mean() > 0.95)


def _toned(pixels: Pixels) -> float:
    tiles = [tile for band in np.array_split(pixels, 6) for tile in np.array_split(band, 6, axis=1) if tile.size]
    counts = [_histogram(tile) for tile in tiles]
    toned = [bool(np.count_nonzero(count) > _TONES and count.max() < 0.45 * count.sum()) for count in counts]
    return float(np.mean(toned))


def _histogram(pixels: Pixels) -> NDArray[np.int64]:
    coarse = (pixels >> 4).astype(np.int32)
    return np.bincount((coarse[..., 0] << 8 | coarse[..., 1] << 4 | coarse[..., 2]).ravel(), minlength=4096)


def _straight(upright: NDArray[np.bool_], level: NDArray[np.bool_], edges: NDArray[np.bool_]) -> float:
    """The share of edge pixels on runs longer than a tenth of the picture's side, upright or level."""
    total = int(edges.sum())
    if not total:
        return 0.0
    height, width = edges.shape
    tall = cv2.morphologyEx(upright.astype(np.uint8), cv2.MORPH_OPEN, np.ones((max(12, height // 10), 1), np.uint8))
    broad = cv2.morphologyEx(level.astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, max(12, width // 10)), np.uint8))
    return float(((tall > 0) | (broad > 0)).sum()) / total


def _letters(pixels: Pixels) -> int:
    """Small shapes darker or lighter than their ground that stand in rows with others of their height."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    kernel = np.ones((13, 13), np.uint8)
    return max(
        _in_rows(np.asarray(cv2.morphologyEx(grey, operation, kernel), np.uint8))
        for operation in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)
    )


def _in_rows(relief: NDArray[np.uint8]) -> int:
    _, mask = cv2.threshold(relief, 70, 255, cv2.THRESH_BINARY)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return 0
    left, top, width, height = (np.asarray(stats[1:, column], np.int32) for column in range(4))
    fits = (height >= 4) & (height <= 30) & (width >= 1) & (width <= 2.5 * height) & (stats[1:, cv2.CC_STAT_AREA] >= 6)
    kept = np.flatnonzero(fits)
    if len(kept) > _SHAPES:
        middle = (len(kept) - _SHAPES) // 2
        kept = kept[middle : middle + _SHAPES]
    return _rows(left[kept], top[kept], width[kept], height[kept])


def _rows(left: NDArray[np.int32], top: NDArray[np.int32], width: NDArray[np.int32], height: NDArray[np.int32]) -> int:
    """Shapes that have a fellow to the right: its foot on the same line, its height alike, no further off than a letter."""
    if len(left) < 2:
        return 0
    foot = top + height
    gap = left[None, :] - (left + width)[:, None]
    tallest = np.maximum(height[None, :], height[:, None])
    alike = (np.abs(foot[None, :] - foot[:, None]) <= 0.2 * tallest) & (
        np.abs(height[None, :] - height[:, None]) <= 0.4 * tallest
    )
    return int((alike & (gap > -1) & (gap <= 0.7 * tallest)).any(axis=1).sum())
