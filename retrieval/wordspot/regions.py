"""Which parts of a page are read at a scale: those within its margins, with print for it, and with small print."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""

_MARGIN = 16
"""Pixels around what is printed."""

_TILE = (64, 32)
"""Pixels of a tile, width and height: some letters of a line or two."""

_TALL = 11
"""Pixels up to which a mark may be a letter of print that half the scale reads worse: small letters of an em of 21."""

_FEW = 3
"""Marks of that height that make a tile worth reading."""

_AMONG = 0.4
"""The share of a tile's marks that they have to be: dots and commas of large print are few."""

_WORDS = 3
"""Words of small print that make an area worth reading again."""

_MOSTLY = 0.3
"""Share of an area's words that they have to be."""

_APART = 0.02
"""Of the page's sides: what is nearer than that is read in one area."""

_ONE = 0.6
"""Of the box around all areas: where they fill more of it, it is read at once."""


def printed(grey: Grey) -> Box:
    """The part of a page within its blank margins."""
    import cv2

    lively = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 16
    down, across = np.flatnonzero(lively.any(axis=1)), np.flatnonzero(lively.any(axis=0))
    if not len(down):
        down, across = np.array([0]), np.array([0])
    height, width = grey.shape
    return (
        max(0, int(across[0]) - _MARGIN),
        max(0, int(down[0]) - _MARGIN),
        min(width, int(across[-1]) + _MARGIN),
        min(height, int(down[-1]) + _MARGIN),
    )


def busy(grey: Grey, ink: Floats) -> list[Box]:
    """The parts with marks as small as the letters that only this scale reads well. `ink`: the first channel of the
    normalised page. Doubtful parts are among them: a picture's grain, broken letters."""
    import cv2

    _, _, found, middles = cv2.connectedComponentsWithStats((ink > 0.8).astype(np.uint8), connectivity=8)
    width, height, area = found[1:, cv2.CC_STAT_WIDTH], found[1:, cv2.CC_STAT_HEIGHT], found[1:, cv2.CC_STAT_AREA]
    letters = (height >= 3) & (height <= 64) & (width <= 6 * height) & (area >= 5)
    shape = (-(-grey.shape[0] // _TILE[1]), -(-grey.shape[1] // _TILE[0]))
    columns, rows = (middles[1:] // _TILE).astype(int).T
    every, low = np.zeros(shape), np.zeros(shape)
    np.add.at(every, (rows[letters], columns[letters]), 1)
    short = letters & (height <= _TALL)
    np.add.at(low, (rows[short], columns[short]), 1)
    tiles = (low >= _FEW) & (low >= _AMONG * every)
    grown = cv2.dilate(tiles.astype(np.uint8), np.ones((3, 5), np.uint8)) > 0
    left, top, right, bottom = printed(grey)
    boxes = [
        (max(left, x * _TILE[0]), max(top, y * _TILE[1]), min(right, x2 * _TILE[0]), min(bottom, y2 * _TILE[1]))
        for x, y, x2, y2 in _boxes(grown)
    ]
    return _together([box for box in boxes if box[0] < box[2] and box[1] < box[3]])


def small(boxes: Floats, chosen: Mask) -> list[tuple[float, float, float, float]]:
    """Areas, as shares of the page, around the words in small print: `chosen` of the boxes (n, 4). Stray ones, and those
    amid larger words, are left out: specks look small."""
    if not chosen.any():
        return []
    cells = int(1 / _APART) * 2
    mask = np.zeros((cells, cells), bool)
    for left, top, right, bottom in (np.clip(boxes[chosen], 0, 1) * cells).astype(int).tolist():
        mask[max(0, top - 1) : bottom + 2, max(0, left - 1) : right + 2] = True
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2 * cells
    areas = []
    for left, top, right, bottom in _boxes(mask):
        inside = (middles >= (left, top)).all(axis=1) & (middles <= (right, bottom)).all(axis=1)
        words = int((inside & chosen).sum())
        if words >= max(_WORDS, _MOSTLY * inside.sum()):
            areas.append((left, top, right, bottom))
    return [(left / cells, top / cells, right / cells, bottom / cells) for left, top, right, bottom in _together(areas)]


def _boxes(mask: Mask) -> list[Box]:
    """The boxes of a mask's connected parts."""
    import cv2

    _, _, found, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return [(int(x), int(y), int(x + width), int(y + height)) for x, y, width, height, _ in found[1:]]


def _together(boxes: list[Box]) -> list[Box]:
    """Boxes that overlap as one; all of them as one where they fill most of it."""
    done: list[Box] = []
    for box in boxes:
        joined = box
        while rivals := [other for other in done if _touch(joined, other)]:
            done = [other for other in done if other not in rivals]
            joined = _around([joined, *rivals])
        done.append(joined)
    if len(done) > 1 and sum(map(_area, done)) > _ONE * _area(_around(done)):
        return [_around(done)]
    return done


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _around(boxes: list[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
