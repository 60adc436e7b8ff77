"""Where pictures and straightened pages lie on the page as displayed: affine maps, and the quadrangles that detection gives.

A quadrangle is an array (4, 2): top left, top right, bottom right, bottom left of a line as it is read.
"""

from collections.abc import Sequence

import numpy as np
import pymupdf
from msgspec import Struct
from numpy.typing import NDArray

from ingest.document import Box
from ingest.ocr.decoding import Picture

Points = NDArray[np.float64]
"""Points (n, 2), x and y."""

# A line's direction is worth something from three times its height on, and the longer it is the more.
_LONG = 3.0
# A tilt is the page's if four lines and most of what is written agree: a title in italics seems to rise by half a degree, and text
# that is set at an angle on purpose (a stamp, a map) is alone.
_AGREE = 0.7
_LEAST_LINES = 4
_MOST_SKEW = 20.0


class Sheet(Struct, frozen=True):
    """A sheet that lies turned on the page: its width and height, and the matrix (2 x 3) that takes its points to the page's."""

    width: float
    height: float
    matrix: NDArray[np.float64]

    def to_page(self, points: Points) -> Points:
        mapped: Points = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        return mapped

    def from_page(self, points: Points) -> Points:
        mapped: Points = (points - self.matrix[:, 2]) @ np.linalg.inv(self.matrix[:, :2]).T
        return mapped


def straight_sheet(area: pymupdf.Rect, turn: int, skew: float) -> Sheet:
    """The sheet that stands straight when it lies on `area` turned by `turn` quarters and `skew` degrees, clockwise; large enough
    that nothing of the area falls off it."""
    angle = np.radians(skew + 90 * turn)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    forth = np.array([[cos, -sin], [sin, cos]])
    corners = np.array([(area.x0, area.y0), (area.x1, area.y0), (area.x1, area.y1), (area.x0, area.y1)])
    straight = corners @ forth
    low, high = straight.min(axis=0), straight.max(axis=0)
    return Sheet(float(high[0] - low[0]), float(high[1] - low[1]), np.column_stack((forth, forth @ low)))


def skew_of(quads: Sequence[Points]) -> float:
    """Degrees, clockwise, by which lines of text are tilted; 0 where too few agree. From -20 to 20.

    The median of the lines' directions, weighted by the square of their length: of a line 1,000 pixels long, detection tells
    0.06 degrees.
    """
    tilts, weights = [], []
    for quad in quads:
        along = (quad[1] + quad[2] - quad[0] - quad[3]) / 2
        length, height = float(np.hypot(*along)), float(np.hypot(*(quad[3] - quad[0])))
        if length >= _LONG * max(height, 1.0):
            tilts.append(float(np.degrees(np.arctan2(along[1], along[0]))))
            weights.append(length**2)
    if not tilts:
        return 0.0
    order = np.argsort(tilts)
    angles, share = np.array(tilts)[order], np.cumsum(np.array(weights)[order])
    middle = float(angles[np.searchsorted(share, share[-1] / 2)])
    agreeing = [w for tilt, w in zip(tilts, weights, strict=True) if abs(tilt - middle) <= _AGREE]
    sure = len(agreeing) >= _LEAST_LINES and sum(agreeing) >= share[-1] / 2
    return middle if sure and abs(middle) <= _MOST_SKEW else 0.0


def is_sideways(quads: Sequence[Points]) -> bool:
    """Whether most of the text runs up or down: by length of what is much longer than wide."""
    upright = standing = 0.0
    for quad in quads:
        width, height = size_of(quad)
        if height >= _LONG * width:
            standing += height
        elif width >= _LONG * height:
            upright += width
    return standing > 2 * upright and standing > 0


def size_of(quad: Points) -> tuple[float, float]:
    """Width and height: the longer of opposite sides."""
    top, right, bottom, left = (float(np.hypot(*(quad[n] - quad[n - 3]))) for n in range(4))
    return max(top, bottom), max(right, left)


def turned(quad: Points, quarters: int) -> Points:
    """The same place, read as if the paper had been turned clockwise so many quarters before."""
    return np.roll(quad, -quarters, axis=0)


def cut_out(picture: Picture, quad: Points) -> Picture:
    """What stands in a quadrangle (in pixels), straightened; beyond the picture its edge goes on."""
    import cv2

    width, height = (max(1, round(side)) for side in size_of(quad))
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    cut: Picture = cv2.warpPerspective(
        picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.uint8)
    return cut


def part_of(quad: Points, left: float, right: float) -> Points:
    """The part of a quadrangle between two shares (0 to 1) of its width."""
    (a, b, c, d) = quad
    return np.array([a + (b - a) * left, a + (b - a) * right, d + (c - d) * right, d + (c - d) * left])


def box_around(points: Points) -> Box:
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return Box(*(round(float(value), 2) for value in (x0, y0, x1, y1)))
